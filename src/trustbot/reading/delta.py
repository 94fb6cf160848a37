"""A low-rank change of an encoder's weights: W becomes W + b @ a for each of its linear layers.

Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models", with the factor alpha / r at 1. Both factors are
stored in float16, so they are rounded before anything is measured with them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from trustbot.errors import ModelError

A, B = ".lora_a", ".lora_b"
"""Ends of the names of the two factors, shape (rank, inputs) and (outputs, rank)."""


def linears(transformer: Any) -> Iterator[tuple[str, Any, str, Any]]:
    """Each linear layer of the encoder's blocks: its name, the module it stands in, its name there, and itself."""
    import torch

    for name, module in list(transformer.named_modules()):
        for own, child in list(module.named_children()):
            if isinstance(child, torch.nn.Linear) and "pooler" not in name:
                yield f"{name}.{own}", module, own, child


def add_trainable(transformer: Any, rank: int) -> list[Any]:
    """Freeze the weights of `transformer` and put a trainable change beside each linear layer; its parameters."""
    import torch

    class Changed(torch.nn.Module):  # type: ignore[misc, name-defined, unused-ignore]
        def __init__(self, linear: Any) -> None:
            super().__init__()
            self.linear = linear
            self.a = torch.nn.Parameter(torch.randn(rank, linear.in_features) / math.sqrt(linear.in_features))
            self.b = torch.nn.Parameter(torch.zeros(linear.out_features, rank))

        def forward(self, inputs: Any) -> Any:
            return self.linear(inputs) + (inputs @ self.a.T) @ self.b.T

    for parameter in transformer.parameters():
        parameter.requires_grad = False
    for _, home, own, linear in linears(transformer):
        setattr(home, own, Changed(linear))
    return [p for p in transformer.parameters() if p.requires_grad]


def factors(transformer: Any) -> dict[str, Any]:
    """The trained change as float16 arrays, by layer; the transformer's own are rounded alike."""
    import torch

    found = {}
    for name, module in transformer.named_modules():
        if type(module).__name__ == "Changed":
            with torch.no_grad():
                module.a.copy_(module.a.half().float())
                module.b.copy_(module.b.half().float())
            found[name + A] = module.a.detach().half().numpy()
            found[name + B] = module.b.detach().half().numpy()
    return found


def merge(transformer: Any, tensors: Mapping[str, Any]) -> None:
    """Add the change in `tensors` to the weights; ModelError where it doesn't fit them."""
    import torch

    layers = {name: linear for name, _, _, linear in linears(transformer)}
    named = {key.removesuffix(A) for key in tensors if key.endswith(A)}
    if not named <= set(layers):
        raise ModelError(
            "The trained change belongs to another encoder. Train it again with `trustbot-ingest --train`."
        )
    changes = {name: _product(tensors, name) for name in named}
    if any(change is None or change.shape != layers[name].weight.shape for name, change in changes.items()):
        raise ModelError("The trained change has other shapes than the encoder. Train it again.")
    with torch.no_grad():
        for name, change in changes.items():
            layers[name].weight += change


def mean(changes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The mean of several changes of the same layers, each brought back to the rank of the first one's.

    Wortsman et al. 2022, "Model soups": models that were trained apart from the same start lie in one basin, where the
    mean of their weights reads better than any of them. The nearest matrix of a rank is its truncated singular value
    decomposition (Eckart and Young 1936). Raises ModelError where they don't fit each other.
    """
    import numpy as np

    found: dict[str, Any] = {}
    first, *_ = changes
    for name in sorted(key.removesuffix(A) for key in first if key.endswith(A)):
        products = [_product(change, name) if name + A in change else None for change in changes]
        known = [product.numpy() for product in products if product is not None]
        if len(known) < len(changes) or len({product.shape for product in known}) > 1:
            raise ModelError("The trained changes are of other layers or shapes. Train them again on one encoder.")
        left, singular, right = np.linalg.svd(sum(known) / len(known), full_matrices=False)
        rank = len(first[name + A])
        root = np.sqrt(singular[:rank])
        found[name + A] = (root[:, None] * right[:rank]).astype(np.float16)
        found[name + B] = (left[:, :rank] * root).astype(np.float16)
    return found


def _product(tensors: Mapping[str, Any], name: str) -> Any:
    """What one layer's weights are changed by; None where its two factors don't fit each other."""
    import torch

    a, b = tensors[name + A], tensors.get(name + B)
    if b is None or (a.ndim, b.ndim) != (2, 2) or b.shape[1] != a.shape[0]:
        return None
    return torch.from_numpy(b.astype("float32")) @ torch.from_numpy(a.astype("float32"))

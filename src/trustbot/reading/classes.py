"""The classes of a corpus as they are learned: vectors that questions must be near to, and whether anything answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from trustbot.reading.bank import Example
from trustbot.reading.model import ReaderModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

SEED = 20261130


def targets_of(examples: Sequence[Example], classes: Mapping[str, int]) -> Any:
    import torch

    targets = torch.zeros(len(examples), len(classes))
    for row, example in enumerate(examples):
        for name in example.gold:
            targets[row, classes[name]] = 1
    return targets


def answer_loss(scores: Any, targets: Any) -> Any:
    """Of scores and the classes that answer, both shape (batch, classes): each class for itself, and among all."""
    import torch

    functional = torch.nn.functional
    alone = functional.binary_cross_entropy_with_logits(scores, targets, reduction="sum") / len(scores)
    answered = targets.sum(1) > 0
    if not answered.any():
        return alone
    share = functional.log_softmax(scores[answered], -1).masked_fill(targets[answered] == 0, -1e4)
    return alone - torch.logsumexp(share, -1).mean()


class Classes:
    """The classes of one corpus as torch parameters, and the head that says whether anything answers."""

    def __init__(self, start: Any) -> None:
        """`start`, shape (classes, d), is where both vectors of each class begin."""
        import torch

        count, size = start.shape
        self.own = torch.nn.Parameter(start.clone())
        self.joined = torch.nn.Parameter(start.clone())
        self.bias = torch.nn.Parameter(torch.full((count,), -4.0))
        self.scale = torch.nn.Parameter(torch.tensor(6.0))
        self.covered = torch.nn.Linear(2 * size, 1)

    @classmethod
    def of(cls, model: ReaderModel) -> Classes:
        """The classes of a model, to go on from."""
        import torch

        found = cls(torch.from_numpy(model.own.copy()))
        size = model.own.shape[1]
        with torch.no_grad():
            found.joined.copy_(torch.from_numpy(model.joined))
            found.bias.copy_(torch.from_numpy(model.bias))
            found.scale.fill_(model.scale)
            found.covered.weight[0].copy_(torch.from_numpy(model.covered[: 2 * size] / HEAD_SCALE))
            found.covered.bias.fill_(float(model.covered[-1]))
        return found

    def groups(self) -> list[dict[str, Any]]:
        """Parameter groups for an optimizer, with their rates."""
        return [
            {"params": [self.own, self.joined], "lr": 2e-3, "weight_decay": 0.0},
            {"params": [self.bias], "lr": 2e-2, "weight_decay": 0.0},
            {"params": [self.scale], "lr": 1e-2, "weight_decay": 0.0},
            {"params": list(self.covered.parameters()), "lr": 2e-3, "weight_decay": 1e-3},
        ]

    def __call__(self, own: Any, conversation: Any) -> tuple[Any, Any]:
        """Scores of the classes and of the answerable head, shape (batch, classes) and (batch,)."""
        import torch

        unit = torch.nn.functional.normalize
        scores = self.scale * (own @ unit(self.own, dim=-1).T + conversation @ unit(self.joined, dim=-1).T) + self.bias
        return scores, self.covered(torch.cat([own, conversation], -1) * HEAD_SCALE).squeeze(-1)

    def model(self, names: Sequence[str]) -> ReaderModel:
        """What was learned, as numpy arrays."""
        import numpy as np
        import torch

        def array(tensor: Any) -> Array:
            return np.asarray(tensor.detach().numpy(), dtype=np.float32)

        unit = torch.nn.functional.normalize
        head = np.concatenate([array(self.covered.weight[0]) * HEAD_SCALE, array(self.covered.bias)])
        return ReaderModel(
            tuple(names),
            array(unit(self.own, dim=-1)),
            array(unit(self.joined, dim=-1)),
            array(self.bias),
            float(self.scale.item()),
            head,
        )


HEAD_SCALE = 4.0
"""Unit vectors are stretched before the answerable head, or it would learn more slowly than the rest."""


ADAPTER_PASSES = 60
ADAPTER_BATCH = 256
SETTLING_PASSES = 20
"""Of classes that were trained together with the encoder, and go on from there."""


def learn_classes(
    classes: Classes, own: Any, conversation: Any, targets: Any, passes: int = ADAPTER_PASSES, seed: int = SEED
) -> None:
    """Learn classes alone, on vectors that stay as they are; some seconds for thousands of questions."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(classes.groups())
    for _ in range(passes):
        order = torch.randperm(len(targets), generator=generator)
        for some in order.split(ADAPTER_BATCH):
            scores, covered = classes(own[some], conversation[some])
            loss = answer_loss(scores, targets[some]) + covered_loss(covered, targets[some])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def covered_loss(covered: Any, targets: Any) -> Any:
    import torch

    return torch.nn.functional.binary_cross_entropy_with_logits(covered, (targets.sum(1) > 0).float())

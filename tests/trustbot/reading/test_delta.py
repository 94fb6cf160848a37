"""The low-rank change: merged into the weights it does what it did when it was trained, and it fits or is refused."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from trustbot.errors import ModelError
from trustbot.reading import delta
from trustbot.reading.encoder import Encoder

TEXTS = ["Does observation build trust?", "Who keeps the key of the food bank on a busy day?", "x"]
RANK = 2


class Trained(NamedTuple):
    """An encoder with a change that some steps have trained, and that change as it is stored."""

    encoder: Encoder
    factors: dict[str, Any]


@pytest.fixture(scope="module")
def trained(encoder_folder: str, _one_thread: None) -> Trained:
    """A change that draws the three texts to one another."""
    import torch

    torch.manual_seed(7)
    encoder = Encoder(encoder_folder)
    before = encoder.vectors(TEXTS)
    parameters = delta.add_trainable(encoder.model, RANK)
    assert torch.equal(encoder.vectors(TEXTS), before), "a change must begin as none"
    optimizer = torch.optim.Adam(parameters, lr=1e-2)
    for _ in range(4):
        rows = encoder(TEXTS)
        loss = -(rows @ rows.T).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    found = delta.factors(encoder.model)
    assert float((encoder.vectors(TEXTS) - before).abs().max()) > 1e-2, "nothing was trained"
    return Trained(encoder, found)


@pytest.fixture
def fresh(encoder_folder: str) -> Encoder:
    """The packaged encoder; a test that was refused leaves it as it was."""
    return Encoder(encoder_folder)


def weights(model: Any) -> dict[str, Any]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def test_merged_weights_are_the_trained_ones(trained: Trained, fresh: Encoder) -> None:
    packaged = weights(fresh.model)
    delta.merge(fresh.model, trained.factors)
    changed = 0
    for name, module in trained.encoder.model.named_modules():
        if type(module).__name__ == "Changed":
            trained_weight = (module.linear.weight + module.b @ module.a).detach()
            merged = fresh.model.get_submodule(name).weight.detach()
            assert float((merged - trained_weight).abs().max()) <= 1e-6
            assert float((merged - packaged[f"{name}.weight"]).abs().max()) > 0
            changed += 1
    assert changed == len(trained.factors) // 2 == 36  # six blocks of six linear layers
    after = weights(fresh.model)
    touched = {name for name in packaged if not bool((after[name] == packaged[name]).all())}
    assert touched == {key.removesuffix(delta.A) + ".weight" for key in trained.factors if key.endswith(delta.A)}


def test_merged_vectors_are_the_trained_ones(trained: Trained, encoder_folder: str) -> None:
    merged = Encoder(encoder_folder, [trained.factors])
    np.testing.assert_allclose(merged.vectors(TEXTS), trained.encoder.vectors(TEXTS), atol=1e-6)


def test_changes_add_up(trained: Trained, encoder_folder: str) -> None:
    half = {k: (v / 2).astype(np.float16) if k.endswith(delta.B) else v for k, v in trained.factors.items()}
    once, twice = Encoder(encoder_folder, [trained.factors]), Encoder(encoder_folder, [half, half])
    np.testing.assert_allclose(twice.vectors(TEXTS), once.vectors(TEXTS), atol=1e-3)


def test_only_the_change_was_trained(trained: Trained, fresh: Encoder) -> None:
    packaged = weights(fresh.model)
    for name, value in weights(trained.encoder.model).items():
        if not name.endswith((".a", ".b")):
            assert bool((value == packaged[name.replace(".linear.", ".")]).all())


def test_factors_are_small_and_named_by_layer(trained: Trained) -> None:
    assert {k.rpartition(".lora_")[2] for k in trained.factors} == {"a", "b"}
    assert {v.dtype for v in trained.factors.values()} == {np.dtype(np.float16)}
    for key, value in trained.factors.items():
        assert value.shape[0 if key.endswith(delta.A) else 1] == RANK
        assert np.isfinite(value).all()
        assert "pooler" not in key


def _without_b(change: dict[str, Any], name: str) -> None:
    del change[name + delta.B]


def _flat(change: dict[str, Any], name: str) -> None:
    change[name + delta.A] = change[name + delta.A].ravel()


def _fewer_inputs(change: dict[str, Any], name: str) -> None:
    change[name + delta.A] = change[name + delta.A][:, :-1]


def _fewer_outputs(change: dict[str, Any], name: str) -> None:
    change[name + delta.B] = change[name + delta.B][:-1]


def _other_rank(change: dict[str, Any], name: str) -> None:
    change[name + delta.B] = change[name + delta.B][:, :1]


@pytest.mark.parametrize("spoil", [_without_b, _flat, _fewer_inputs, _fewer_outputs, _other_rank])
def test_a_change_of_other_shapes_is_refused_whole(trained: Trained, fresh: Encoder, spoil: Any) -> None:
    change = dict(trained.factors)
    spoil(change, sorted(k.removesuffix(delta.A) for k in change if k.endswith(delta.A))[-1])
    before = weights(fresh.model)
    with pytest.raises(ModelError, match=r"^The trained change has other shapes than the encoder\. Train it again\.$"):
        delta.merge(fresh.model, change)
    assert all(bool((value == before[name]).all()) for name, value in fresh.model.state_dict().items())


def test_a_change_of_another_encoder_is_refused_whole(trained: Trained, fresh: Encoder) -> None:
    key = "encoder.layer.6.output.dense"
    change = {**trained.factors, key + delta.A: np.ones((1, 4)), key + delta.B: np.ones((4, 1))}
    before = weights(fresh.model)
    with pytest.raises(ModelError, match=r"belongs to another encoder\..*`trustbot-ingest --train`"):
        delta.merge(fresh.model, change)
    assert all(bool((value == before[name]).all()) for name, value in fresh.model.state_dict().items())


def test_no_change_changes_nothing(fresh: Encoder) -> None:
    before = weights(fresh.model)
    delta.merge(fresh.model, {"sentences": np.ones((2, 2))})
    assert all(bool((value == before[name]).all()) for name, value in fresh.model.state_dict().items())

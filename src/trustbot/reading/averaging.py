"""Several trained readers of one corpus -> one: the mean of their changes, with the classes learned anew on it.

Two trainings on two states of a bank go wrong in different places. Their mean keeps what both know, and its classes are
settled on the bank as it is, so that a class may be new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from trustbot.reading import delta
from trustbot.reading.bank import Bank
from trustbot.reading.encoder import Encoder
from trustbot.reading.fit import calibrated, guidance_of, parted, settled
from trustbot.reading.material import Guidance
from trustbot.reading.model import ReaderModel
from trustbot.reading.training import start_of
from trustbot.types import Corpus

Reader = tuple[ReaderModel, Mapping[str, Any]]
"""A model, and the change of the encoder that it was trained with."""


def averaged(
    readers: Sequence[Reader], bank: Bank, corpus: Corpus, folder: str, change: Mapping[str, Any]
) -> tuple[dict[str, Any], ReaderModel, dict[str, float]]:
    """The mean of two or more readers on top of `change`: its change, the model, its figures on what is held out.

    Raises ModelError where their changes don't fit each other.
    """
    rest, kept = parted(guidance_of(bank, corpus))
    found = delta.mean([factors for _, factors in readers])
    encoder = Encoder(folder, [change, found])
    model = _between([model for model, _ in readers], rest, encoder)
    model, told = calibrated(settled(model, rest, encoder), encoder, kept)
    return found, model, told


def _between(models: Sequence[ReaderModel], guidance: Guidance, encoder: Encoder) -> ReaderModel:
    """Where the classes go on from: the mean of those that all models have, and the start of any other."""
    import numpy as np

    first = models[0]
    places = [{name: place for place, name in enumerate(model.classes)} for model in models]
    own = start_of(guidance, encoder).numpy()
    joined, bias = own.copy(), np.full(len(own), np.median(first.bias), dtype=np.float32)
    for row, name in enumerate(guidance.classes):
        if all(name in known for known in places):
            at = [(model, known[name]) for model, known in zip(models, places, strict=True)]
            own[row] = _unit(sum(model.own[place] for model, place in at))
            joined[row] = _unit(sum(model.joined[place] for model, place in at))
            bias[row] = sum(model.bias[place] for model, place in at) / len(at)
    return replace(
        first,
        classes=tuple(guidance.classes),
        own=own,
        joined=joined,
        bias=bias,
        scale=sum(model.scale for model in models) / len(models),
        covered=np.mean([model.covered for model in models], axis=0, dtype=np.float32),
    )


def _unit(vector: Any) -> Any:
    import numpy as np

    return vector / np.linalg.norm(vector)

"""What the safety stage learned: two linear heads on the vectors of a message's word pieces, in one safetensors file.

The head of kinds reads the mean and the maximum of the unit vectors of the pieces, the head of tags each of them. The
encoder has read the earlier messages with this one, but only this one's pieces are looked at.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from trustbot.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from trustbot.types import TokenVectors

    Array = NDArray[np.float32]

FILE = "safety.safetensors"
FORMAT = "1"
KINDS = ("self_harm", "emergency", "distress", "clinical", "attack")
"""Rows of the head of kinds, the gravest first; a last row stands for everything else."""
TAGS = ("NAME", "ADDRESS", "DATE", "CONTACT", "NUMBER", "AGE", "FILE")
"""Rows of the head of tags; a last row stands for no identifier."""
TURNS = 2
TURN_END = 200
"""Characters of an earlier message that are read with this one, the last ones."""
JOIN = " / "
WINDOW = 2_000
"""Characters of which a window is taken: more than the encoder reads at a time, so that the rest costs nothing."""
OVERLAP = 24
"""Word pieces that two windows of a long text have in common, at most."""
KEPT = 512
"""Readings that are remembered, since a conversation brings its earlier messages with every question."""


def in_conversation(text: str, turns: Sequence[str]) -> tuple[str, int]:
    """What the encoder reads, and where `text` begins in it."""
    before = "".join(turn[-TURN_END:] + JOIN for turn in turns[-TURNS:])
    return before + text, len(before)


@dataclass(frozen=True)
class Read:
    """What the heads make of one message."""

    kinds: Mapping[str, float]
    """Probability of each of KINDS; what is missing to one is harmless."""
    pieces: tuple[tuple[int, int], ...]
    """Where the word pieces of the message stand in it."""
    tags: Array
    """Shape (pieces, TAGS + 1): probabilities, the last column that of no identifier."""


class PieceEncoder(Protocol):
    """What this module needs of an encoder."""

    def token_vectors(self, texts: Sequence[str]) -> list[TokenVectors]:
        """Unit vectors of the word pieces of each text, cut where the encoder reads no further."""


@dataclass(frozen=True)
class Heads:
    """The learned numbers, for vectors of length d."""

    kinds: Array
    """Shape (KINDS + 1, 2 d + 1): weights of the mean, of the maximum, and a bias."""
    tags: Array
    """Shape (TAGS + 1, d + 1)."""
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """By kind, and `tag`: the least probability that counts; `sure`: that of all kinds but an attack together, from
    which help comes first whatever else is asked."""
    metadata: Mapping[str, str] = field(default_factory=dict)

    def to_bytes(self, tensors: Mapping[str, Any]) -> bytes:
        """The file's content, with the encoder's change in `tensors`."""
        from safetensors.numpy import save

        metadata = {**self.metadata, "format": FORMAT, "thresholds": json.dumps(dict(self.thresholds))}
        metadata |= {"kinds": json.dumps(KINDS), "tags": json.dumps(TAGS)}
        content: bytes = save({"kinds": self.kinds, "tags": self.tags, **tensors}, metadata)
        return content


def load_heads(content: bytes, name: str) -> tuple[Heads, dict[str, Any]]:
    """The heads in `content`, and the change of the encoder that they read with; ModelError for anything else."""
    import numpy as np
    from safetensors.numpy import load

    try:
        size = int.from_bytes(content[:8], "little")
        metadata: dict[str, str] = json.loads(content[8 : 8 + size])["__metadata__"]
        tensors = load(content)
        if metadata.pop("format") != FORMAT or json.loads(metadata.pop("kinds")) != list(KINDS):
            raise ModelError(f"{name} was made by another version of this program. Install trustbot again.")
        kinds, tags = (tensors.pop(key).astype(np.float32) for key in ("kinds", "tags"))
        thresholds = {key: float(value) for key, value in json.loads(metadata.pop("thresholds")).items()}
        width = tags.shape[1] - 1
        if kinds.shape != (len(KINDS) + 1, 2 * width + 1) or tags.shape[0] != len(json.loads(metadata["tags"])) + 1:
            raise ValueError("shapes")
        if not all(np.isfinite(array).all() for array in (kinds, tags)) or not {*KINDS, "sure", "tag"} <= set(
            thresholds
        ):
            raise ValueError("numbers")
    except ModelError:
        raise
    except Exception as error:  # a damaged file fails in as many ways as there are parsers below
        raise ModelError(f"{name} holds no safety stage ({type(error).__name__}). Install trustbot again.") from None
    return Heads(kinds, tags, thresholds, metadata), tensors


def packaged() -> Path:
    """The path of the packaged file."""
    return Path(str(resources.files("trustbot.query.safety").joinpath(FILE)))


def packaged_heads() -> tuple[Heads, dict[str, Any]]:
    """What the package ships; ModelError if it is missing or damaged."""
    try:
        return load_heads(packaged().read_bytes(), str(packaged()))
    except OSError as error:
        raise ModelError(f"{packaged()} can't be read ({error.strerror}). Install trustbot again.") from None


class SafetyModel:
    """Reads messages with an encoder and `Heads`. Safe to share between threads."""

    def __init__(self, encoder: PieceEncoder, heads: Heads) -> None:
        self.thresholds = heads.thresholds
        self.read = lru_cache(KEPT)(lambda text, turns=(): _read(encoder, heads, text, turns))
        """Text and earlier messages (a tuple) -> Read; a long text is read in windows, and its gravest one counts."""


def _read(encoder: PieceEncoder, heads: Heads, text: str, turns: tuple[str, ...]) -> Read:
    import numpy as np

    kinds = np.zeros(len(KINDS), dtype=np.float32)
    pieces: list[tuple[int, int]] = []
    tags = [np.empty((0, heads.tags.shape[0]), dtype=np.float32)]
    for at, found in _windows(encoder, text, turns):
        rows = found.vectors
        features = np.concatenate([rows.mean(0), rows.max(0), [np.float32(1)]])
        kinds = np.maximum(kinds, _softmax(heads.kinds @ features)[:-1])
        new = [i for i, (start, _) in enumerate(found.offsets) if not pieces or at + start >= pieces[-1][1]]
        pieces += [(at + int(found.offsets[i][0]), at + int(found.offsets[i][1])) for i in new]
        tags.append(_softmax(rows[new] @ heads.tags[:, :-1].T + heads.tags[:, -1]))
    return Read(dict(zip(KINDS, map(float, kinds), strict=True)), tuple(pieces), np.concatenate(tags))


def _windows(encoder: PieceEncoder, text: str, turns: tuple[str, ...]) -> Iterator[tuple[int, TokenVectors]]:
    """The word pieces of `text` as far as the encoder reads at a time, each window with where it begins.

    The first is read behind `turns`, unless these leave no room for it.
    """
    from trustbot.types import TokenVectors

    at, end = 0, len(text.rstrip())
    while at < end:
        part = text[at : min(at + WINDOW, end)]
        whole, begin = in_conversation(part, turns)
        (found,) = encoder.token_vectors([whole])
        own = [i for i, (start, stop) in enumerate(found.offsets) if start >= begin and stop > start]
        if not own and turns:
            turns = ()
            continue
        turns = ()
        if not own:
            at += len(part)
            continue
        offsets = found.offsets[own] - begin
        yield at, TokenVectors(offsets, found.vectors[own])
        read = int(offsets[-1][1])
        if at + read >= end:
            return
        at += int(offsets[-OVERLAP][0]) if len(own) > 2 * OVERLAP else read


def _softmax(scores: Array) -> Array:
    import numpy as np

    raised = np.exp(scores - scores.max(-1, keepdims=True))
    result: Array = raised / raised.sum(-1, keepdims=True)
    return result

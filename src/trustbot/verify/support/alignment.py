"""Word by word: which words of a sentence stand where in the passages that it cites.

In: a sentence, the texts of passages, an embedder's token vectors. Out: an `Alignment`: the sentence's content words,
the passages' own sentences, and how alike each word of the one is to each word of the other, 0 to 1. Words of the same
stem are wholly alike; others are as alike as the vectors that the embedder gives them in their own sentences. This
module knows no claim, no number and no verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from trustbot.text.sentences import split_sentences
from trustbot.text.terms import Term, content_terms
from trustbot.types import TokenVectors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST = 10
"""Sentences of the passages that are weighed: those that share most of the sentence's words. It bounds the time."""
LONGEST = 60
"""Words of one unit: tables and lists without full stops are cut, so that the model reads all of them."""


class TokenSource(Protocol):
    """The part of the embedder that this module needs."""

    def token_vectors(self, texts: Sequence[str]) -> list[TokenVectors]:
        """One entry per text, without the special tokens."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One sentence of a passage; `likeness` has a row per term of the checked sentence, a column per term of this
    one."""

    text: str
    passage: int
    """Which of the passages it comes from, counted from 0."""
    terms: tuple[Term, ...]
    likeness: NDArray[np.float32]
    cosine: float
    """Of the two sentences as wholes, -1 to 1."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """A sentence beside the passages' sentences, in the order of the passages."""

    sentence: str
    terms: tuple[Term, ...]
    units: tuple[Unit, ...]
    passages: tuple[str, ...]


def align(sentence: str, passages: Sequence[str], source: TokenSource) -> Alignment:
    """`sentence` beside `passages`. A sentence or passages without words give an alignment without units."""
    terms = tuple(content_terms(sentence))
    chosen = _nearest(terms, _units(passages))
    if not terms or not chosen:
        return Alignment(sentence, terms, (), tuple(passages))
    own, *theirs = source.token_vectors([sentence, *(text for _, text in chosen)])
    if not len(own.vectors):
        return Alignment(sentence, terms, (), tuple(passages))
    rows, whole = _of_words(own, terms), _of_whole(own)
    units = []
    for (place, text), held in zip(chosen, theirs, strict=True):
        if not len(held.vectors):  # nothing but characters that the model doesn't know
            continue
        found = tuple(content_terms(text))
        likeness = _likeness(rows, held, terms, found)
        units.append(Unit(text, place, found, likeness, float(whole @ _of_whole(held))))
    return Alignment(sentence, terms, tuple(units), tuple(passages))


def _units(passages: Sequence[str]) -> list[tuple[int, str]]:
    """The sentences of `passages`, each with its passage's place; long ones in pieces."""
    units = []
    for place, passage in enumerate(passages):
        for start, end in split_sentences(passage):
            said = passage[start:end].split()
            units += [(place, " ".join(said[i : i + LONGEST])) for i in range(0, len(said), LONGEST)]
    return list(dict.fromkeys(units))


def _nearest(terms: Sequence[Term], units: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """The `MOST` units that hold most of the terms' weight, in their own order."""
    if len(units) <= MOST:
        return units
    weights = {t.stem: t.weight for t in terms}

    def shared(place: int) -> float:
        return sum(weights.get(s, 0.0) for s in {t.stem for t in content_terms(units[place][1])})

    best = sorted(range(len(units)), key=lambda i: (-shared(i), i))[:MOST]
    return [units[i] for i in sorted(best)]


def _likeness(
    rows: NDArray[np.float32], vectors: TokenVectors, terms: Sequence[Term], found: Sequence[Term]
) -> NDArray[np.float32]:
    import numpy as np

    likeness = np.clip(rows @ _of_words(vectors, found).T, 0.0, 1.0)
    stems = np.array([t.stem for t in found])
    for row, term in enumerate(terms):
        likeness[row, stems == term.stem] = 1.0
    return np.asarray(likeness, dtype=np.float32)


def _of_words(vectors: TokenVectors, terms: Sequence[Term]) -> NDArray[np.float32]:
    """One unit vector a term: the mean of its word pieces; zeros for what the model didn't read."""
    import numpy as np

    made = np.zeros((len(terms), vectors.vectors.shape[1]), dtype=np.float32)
    starts, ends = vectors.offsets[:, 0], vectors.offsets[:, 1]
    for row, term in enumerate(terms):
        inside = (starts < term.end) & (ends > term.start)
        if inside.any():
            made[row] = vectors.vectors[inside].mean(axis=0)
    lengths = np.linalg.norm(made, axis=1, keepdims=True)
    return np.asarray(made / np.maximum(lengths, 1e-12), dtype=np.float32)


def _of_whole(vectors: TokenVectors) -> NDArray[np.float32]:
    import numpy as np

    mean = vectors.vectors.mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), dtype=np.float32)

"""Questions of a data set that a reader may know: they stand in the corpus's question bank, or nearly so.

In: questions by the id of their line, a bank, and an embedder. Out: those that are shared, each with its twin. The
bank's vectors are kept in a folder, by the bank's hash and the embedder's. This module reads no setting.
"""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from trustbot.reading.bank import Bank

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

ALIKE = 0.95
"""Least cosine of two questions that count as one."""
SLICE = 128
"""Texts embedded between two steps of the progress bar."""
LENGTH_NOISE = 1e-3


class TextEmbedder(Protocol):
    """What this module needs of an embedder."""

    weights_hash: str
    dimension: int

    def embed_array(self, texts: Sequence[str]) -> Vectors:
        """Vectors of length one, shape (len(texts), dimension)."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A question of a data set, by the id of its line, and the question of the bank that is the same or nearly so."""

    id: str
    question: str
    known: str


def shared(questions: Mapping[str, str], bank: Bank, embedder: TextEmbedder, kept: Path) -> list[Shared]:
    """The questions, by id, that the bank has in the same words or with a cosine of at least `ALIKE`, in their order.

    Last questions are compared, whatever was asked before them. The bank's vectors are kept in the folder `kept`.
    """
    texts = list(dict.fromkeys(example.text for example in bank.examples))
    if not texts:
        return []
    same = {fold(text): text for text in reversed(texts)}
    rows = bank_vectors(texts, bank, embedder, kept)
    found = []
    for (name, question), near in zip(questions.items(), _nearest(questions.values(), rows, embedder), strict=True):
        known = same.get(fold(question)) or (None if near is None else texts[near])
        if known is not None:
            found.append(Shared(name, question, known))
    return found


def fold(text: str) -> str:
    """`text` as compared: without case, white space and punctuation."""
    return "".join(re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).casefold()))


def bank_vectors(texts: Sequence[str], bank: Bank, embedder: TextEmbedder, kept: Path) -> Vectors:
    """Vectors of the bank's `texts`: those kept in the folder `kept`, or made, which takes some 6 ms each, and kept."""
    import numpy as np

    path = kept / f"{bank.content_hash[:32]}-{embedder.weights_hash[:12]}.npy"
    found = _load(path, (len(texts), embedder.dimension))
    if found is not None:
        return found
    made = np.concatenate([*_embedded(texts, embedder)])
    with suppress(OSError):  # without them the next run makes them again, and that is all
        kept.mkdir(parents=True, exist_ok=True)
        whole = path.with_suffix(f".{os.getpid()}")
        with whole.open("wb") as file:
            np.save(file, made)
        whole.replace(path)
    return made


def _load(path: Path, shape: tuple[int, int]) -> Vectors | None:
    """The vectors in a file; None where it is missing, damaged or of another shape."""
    import numpy as np

    try:
        with path.open("rb") as file:
            found = np.lib.format.read_array(file, allow_pickle=False)
    except (OSError, ValueError, EOFError, MemoryError):
        return None
    if found.shape != shape or found.dtype != np.float32:
        return None
    # Written as what holds, so that what is no number fails it too.
    whole = bool(np.all(np.abs(np.linalg.norm(found, axis=1) - 1) < LENGTH_NOISE))
    return found if whole else None


def _embedded(texts: Sequence[str], embedder: TextEmbedder) -> Iterator[Vectors]:
    from tqdm import tqdm

    with tqdm(total=len(texts), desc="Reading the bank", unit="question", file=sys.stderr, disable=None) as progress:
        for first in range(0, len(texts), SLICE):
            batch = texts[first : first + SLICE]
            yield embedder.embed_array(batch)
            progress.update(len(batch))


def _nearest(questions: Iterable[str], rows: Vectors, embedder: TextEmbedder) -> Iterator[int | None]:
    """For each question the place of the nearest row, where that is near enough."""
    asked = list(questions)
    for first in range(0, len(asked), SLICE):
        cosines = embedder.embed_array(asked[first : first + SLICE]) @ rows.T
        for row in cosines:
            place = int(row.argmax())
            yield place if row[place] >= ALIKE else None

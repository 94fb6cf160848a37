"""What a question becomes: the query that is searched for, and the passages and quotes that it finds.

In: chunks of a corpus. Out: the types that the stages before an answer hand on. This module knows no index and no
answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from trustbot.types.corpus import Chunk

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Role = Literal["user", "assistant"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the conversation so far."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for: `asked` as typed but for identifiers, `text` standing alone, `resolved` what each part
    became."""

    asked: str
    text: str
    resolved: Mapping[str, str] = field(default_factory=dict)
    turns: tuple[str, ...] = ()
    """The reader's earlier questions, oldest first, for whoever reads this one in its conversation."""
    references: tuple[int, ...] = ()
    """The works that the question names: only they may answer."""
    years: tuple[int, ...] = ()
    """Years that the question holds; they name a work where facts on works are asked for."""
    said: tuple[str, ...] = ()
    """Ids of the chunks that the last answer quoted, in its order."""
    about: tuple[str, ...] = ()
    """Ids of the chunks that the question quotes, or points at in the last answer."""


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """A text's tokens, special ones left out: character offsets, shape (n, 2), and unit vectors, (n, dimension)."""

    offsets: NDArray[np.int64]
    vectors: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that came back from retrieval."""

    chunk: Chunk
    score: float
    rank: int
    retriever: str
    similarity: float = 0.0
    """Cosine with the query, -1 to 1."""
    lexical: float = 0.0
    """BM25 score divided by the query's best possible score on this corpus, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A verbatim span of a chunk; offsets count from the start of the stored document."""

    chunk: Chunk
    start: int
    end: int
    text: str
    score: float = 0.0

    def __post_init__(self) -> None:
        inside = self.chunk.text[self.start - self.chunk.start : self.end - self.chunk.start]
        exact = self.end - self.start == len(self.text) and inside == self.text
        if not self.text or self.start < self.chunk.start or not exact:
            raise ValueError(f"quote {self.text[:40]!r} is not characters {self.start}-{self.end} of its document")

"""The seam between a question and the sentences that may answer it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from trustbot.stopping import Stop
from trustbot.types import Query, Quote


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader makes of one question beside the sentences that could be quoted."""

    answers: tuple[float, ...]
    """Probability that each sentence is part of an answer, 0 to 1, in the order in which they were given."""
    covered: float
    """Probability that the corpus answers the question at all, 0 to 1."""
    operations: Mapping[str, float] = field(default_factory=dict)
    """Probability of each operation on the last answer, 0 to 1, by its name in `product.OPERATIONS`."""
    near: bool = False
    """Whether the reader says itself that its sentences lie near the question and don't answer it."""
    standalone: str | None = None
    """The question as it stands alone, where the reader rewrote it."""
    model: str = ""
    """What read it."""


class Reader(Protocol):
    """Reads a question in its conversation. Implementations may be shared between threads."""

    def read(self, query: Query, sentences: Sequence[Quote], stop: Stop | None = None) -> Reading:
        """How likely each of `sentences` answers `query`; `answers` is as long as `sentences`.

        Raises TooSlow once `stop` allows no more time.
        """
        ...

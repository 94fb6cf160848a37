"""The seam between a question and the sentences that may answer it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Protocol

from trustbot.runtime.stopping import Stop
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

    def among(self, places: Set[int] | None) -> Reading:
        """The reading where only the sentences at `places` may answer; itself for None.

        What made the reader think that something answers may not be among them, so that is less likely too.
        """
        if places is None or not self.answers:
            return self
        best = max(self.answers)
        left = tuple(p if i in places else 0.0 for i, p in enumerate(self.answers))
        return replace(self, answers=left, covered=self.covered * (max(left) / best if best else 1.0))


class Reader(Protocol):
    """Reads a question in its conversation. Implementations may be shared between threads."""

    def read(self, query: Query, sentences: Sequence[Quote], stop: Stop | None = None) -> Reading:
        """How likely each of `sentences` answers `query`; `answers` is as long as `sentences`.

        Raises TooSlow once `stop` allows no more time.
        """
        ...

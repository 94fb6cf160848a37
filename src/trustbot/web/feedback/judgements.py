"""What readers can say of an answer, and counts of what they said.

In: an Answer and its reader's verdict, or rows as they are kept. Out: frozen values. This module knows neither where
feedback is kept nor how it is shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from trustbot.errors import InvalidInput
from trustbot.types import Answer, Outcome

Verdict = Literal["helpful", "not helpful"]
Reason = Literal["wrong citation", "missing", "unclear", "should have declined", "should have answered"]
COMMENT_LIMIT = 500
"""Most characters that a reader adds in words."""
REASONS: Mapping[Outcome, tuple[Reason, ...]] = {
    "answered": ("wrong citation", "missing", "unclear", "should have declined"),
    "partly": ("wrong citation", "missing", "unclear", "should have declined"),
    "closest": ("should have answered", "unclear"),
    "abstained": ("should have answered", "unclear"),
    "refused": ("should have answered", "unclear"),
}
"""What can be wrong with an answer of each outcome, in the order in which it is asked. On an outcome that is not here,
no feedback is taken."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a reader says of an answer; reasons only where it was not helpful, and only those of its outcome."""

    answer: Answer
    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    corpus: str = ""
    """Id of the corpus that was asked."""
    language: str = "en"
    persona: str | None = None
    question: str | None = None
    """As typed; the store drops it unless it was made to keep questions."""
    comment: str | None = None
    """What the reader adds in words, without identifiers; the store drops it unless it was made to keep comments."""

    def __post_init__(self) -> None:
        if self.verdict not in get_args(Verdict):
            raise InvalidInput(f"{_cut(self.verdict)} is no verdict. Give one of: {', '.join(get_args(Verdict))}.")
        if self.answer.outcome not in REASONS:
            raise InvalidInput("No feedback is taken on what somebody is told who needs help.")
        fitting = REASONS[self.answer.outcome] if self.verdict == "not helpful" else ()
        wrong = next((r for r in self.reasons if r not in fitting), None)
        if wrong is not None:
            told = ", ".join(fitting) or "none"
            raise InvalidInput(f"{_cut(wrong)} is no reason here. Reasons for {self.verdict!r} are: {told}.")


@dataclass(frozen=True, slots=True)
class Place:
    """A cited place: characters `start` to `end` of the stored document with that hash."""

    number: int
    document: str
    hash: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Row:
    """Feedback as it is kept. `given` is when it was last changed, ISO 8601 in UTC; `answer` is the Answer's id."""

    id: int
    given: str
    answer: str
    outcome: Outcome
    corpus: str
    corpus_version: str
    fingerprint: str
    places: tuple[Place, ...]
    language: str
    persona: str | None
    verdict: Verdict
    reasons: tuple[Reason, ...]
    question: str | None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """Some rows counted."""

    helpful: int
    not_helpful: int
    reasons: Mapping[Reason, int]
    """Every reason; one row may give several."""

    @property
    def total(self) -> int:
        """How many rows."""
        return self.helpful + self.not_helpful


@dataclass(frozen=True, slots=True)
class Summary:
    """All rows counted, and grouped; `first` and `last` are times of rows, None where there are none."""

    all: Tally
    first: str | None
    last: str | None
    outcomes: Mapping[str, Tally]
    versions: Mapping[str, Tally]
    languages: Mapping[str, Tally]
    personas: Mapping[str, Tally]
    """Rows that name a persona."""


def summarise(rows: Iterable[Row]) -> Summary:
    """The rows, counted and grouped."""
    rows = tuple(rows)
    return Summary(
        all=tally(rows),
        first=rows[0].given if rows else None,
        last=rows[-1].given if rows else None,
        outcomes={o: tally(r for r in rows if r.outcome == o) for o in REASONS},
        versions=_by(rows, "corpus_version"),
        languages=_by(rows, "language"),
        personas=_by(rows, "persona"),
    )


def tally(rows: Iterable[Row]) -> Tally:
    """The verdicts and reasons of some rows."""
    rows = tuple(rows)
    reasons = Counter(reason for row in rows for reason in row.reasons)
    helpful = sum(row.verdict == "helpful" for row in rows)
    return Tally(helpful, len(rows) - helpful, {reason: reasons[reason] for reason in get_args(Reason)})


def _by(rows: tuple[Row, ...], name: str) -> dict[str, Tally]:
    values = sorted({getattr(row, name) for row in rows} - {None})
    return {value: tally(row for row in rows if getattr(row, name) == value) for value in values}


def _cut(value: object) -> str:
    return repr(str(value)[:40])

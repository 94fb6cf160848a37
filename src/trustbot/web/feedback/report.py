"""Readers' feedback as a report for who looks after the corpus: which answers help, and which statements are marked.

In: rows of feedback, and a function that reads a stored text by its hash. Out: lines for a person, or plain JSON types.
A reader marks an answer, not one of its citations: what is said of an answer counts for each statement that it cites.
This module reads no file itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from trustbot.presentation.wording import date
from trustbot.types import GIVEN
from trustbot.web.feedback.judgements import REASONS, Place, Row, Summary, Tally, summarise, tally

SHOWN = 10
"""Most statements, and most questions, that are listed for a person; JSON has all."""
WIDTH = 160
"""Most characters of a quote or a question in a line."""

StoredText = Callable[[str], str | None]
"""The text with this `sha256:...`; None if there is none."""


@dataclass(frozen=True, slots=True)
class Statement:
    """Words that answers cited, and the feedback on those answers; `place` is where they were cited last."""

    place: Place
    quote: str | None
    """None where the text is no longer stored."""
    current: bool
    """Whether the corpus still has that version of the document."""
    feedback: Tally

    @property
    def wrong(self) -> int:
        """How many readers found a citation wrong."""
        return self.feedback.reasons["wrong citation"]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that is shown."""

    corpus: str
    rows: tuple[Row, ...]
    summary: Summary
    statements: tuple[Statement, ...]
    """Those marked wrong most often first, then those in most answers that were not helpful."""
    since: datetime | None = None


def make(
    corpus: str, rows: Sequence[Row], stored: StoredText, current: Collection[str], since: datetime | None = None
) -> Report:
    """The report on these rows; `current` are the hashes of the documents that the corpus has now."""
    return Report(corpus, tuple(rows), summarise(rows), tuple(_statements(rows, stored, current)), since)


def to_dict(report: Report) -> dict[str, Any]:
    """The report as plain JSON types, with every row."""
    summary = report.summary
    return {
        "corpus": report.corpus,
        "since": report.since.date().isoformat() if report.since else None,
        "summary": {
            **_tally(summary.all),
            "first": summary.first,
            "last": summary.last,
            "outcomes": _tallies(summary.outcomes),
            "corpus_versions": _tallies(summary.versions),
            "languages": _tallies(summary.languages),
            "personas": _tallies(summary.personas),
        },
        "statements": [
            {**asdict(s.place), "quote": s.quote, "current": s.current, **_tally(s.feedback)} for s in report.statements
        ],
        "rows": [asdict(row) for row in report.rows],
    }


def lines(report: Report) -> list[str]:
    """The report for a person."""
    summary = report.summary
    since = f" since {report.since:%Y-%m-%d}" if report.since else ""
    if not summary.all.total or summary.first is None or summary.last is None:
        return [f"No feedback has been given on {report.corpus}{since} yet."]
    days = " to ".join(dict.fromkeys(date(when[:10]) for when in (summary.first, summary.last)))
    told = [f"Feedback on {_count(summary.all.total, 'answer')} from {report.corpus}{since}: {days}."]
    given, declined = ([o for o in REASONS if (o in GIVEN) is yes] for yes in (True, False))
    for title, outcomes in (("Answered", given), ("Not answered", declined)):
        told += _outcomes(title, tally(row for row in report.rows if row.outcome in outcomes), outcomes)
    told += _marked(report.statements)
    groups = (("corpus version", summary.versions), ("language", summary.languages), ("role", summary.personas))
    for title, group in groups:
        if len(group) > 1 or (title == "role" and group):
            told += ["", f"By {title}", *(f"  {name}: {_verdicts(of)}" for name, of in group.items())]
    return [*told, *_questions(report.rows), *_comments(report.rows)]


def _outcomes(title: str, counted: Tally, outcomes: Sequence[str]) -> Iterator[str]:
    if not counted.total:
        return
    yield ""
    yield f"{title}: {_count(counted.total, 'answer')}, {_verdicts(counted)}"
    for reason in dict.fromkeys(r for outcome, fitting in REASONS.items() if outcome in outcomes for r in fitting):
        if counted.reasons[reason]:
            yield f"  {reason}: {_share(counted.reasons[reason], counted.total)}"


def _marked(statements: Sequence[Statement]) -> Iterator[str]:
    marked = [s for s in statements if s.feedback.not_helpful]
    if not marked:
        return
    yield ""
    yield "Statements in answers that were not helpful, those with a wrong citation first"
    for s in marked[:SHOWN]:
        quote = f"“{_cut(s.quote)}”" if s.quote else "its text is no longer stored"
        version = "" if s.current else ", an earlier version"
        yield f"  [{s.place.number}] {quote}"
        yield (
            f"      {s.place.document}, characters {s.place.start}–{s.place.end}{version}: wrong citation {s.wrong}, "
            f"not helpful {s.feedback.not_helpful} of {s.feedback.total}"
        )
    if len(marked) > SHOWN:
        yield f"  {len(marked) - SHOWN} more with --json"
    yield "  A reader marks an answer: it counts for each statement that the answer cites."


def _questions(rows: Sequence[Row]) -> Iterator[str]:
    asked = [row for row in reversed(rows) if row.question and row.verdict == "not helpful"]
    if not asked:
        return
    yield ""
    yield "Questions whose answers were not helpful, the latest first"
    for row in asked[:SHOWN]:
        yield f"  {_cut(row.question or '')} ({'; '.join((row.outcome, *row.reasons))})"
    if len(asked) > SHOWN:
        yield f"  {len(asked) - SHOWN} more with --json"


def _comments(rows: Sequence[Row]) -> Iterator[str]:
    told = [row for row in reversed(rows) if row.comment]
    if not told:
        return
    yield ""
    yield "What readers added, the latest first"
    yield from (f"  {_cut(row.comment or '')} ({'; '.join((row.outcome, *row.reasons))})" for row in told[:SHOWN])
    if len(told) > SHOWN:
        yield f"  {len(told) - SHOWN} more with --json"


def _statements(rows: Sequence[Row], stored: StoredText, current: Collection[str]) -> list[Statement]:
    """The same words of one document are one statement, in whichever version they were cited."""
    texts = {h: stored(h) for h in {place.hash for row in rows for place in row.places}}
    found: dict[tuple[object, ...], dict[int, Row]] = {}
    last: dict[tuple[object, ...], tuple[Place, str | None]] = {}
    for row in rows:
        for place in row.places:
            text = texts[place.hash]
            quote = text[place.start : place.end] if text else None
            key = (place.number, place.document, quote) if quote else (place,)
            found.setdefault(key, {})[row.id] = row
            last[key] = (place, quote)
    made = [Statement(*last[key], last[key][0].hash in current, tally(of.values())) for key, of in found.items()]
    return sorted(made, key=lambda s: (-s.wrong, -s.feedback.not_helpful, s.place.number, s.place.start))


def _tallies(group: Mapping[str, Tally]) -> dict[str, Any]:
    return {name: _tally(counted) for name, counted in group.items()}


def _tally(counted: Tally) -> dict[str, Any]:
    return {
        "total": counted.total,
        "helpful": counted.helpful,
        "not_helpful": counted.not_helpful,
        "reasons": dict(counted.reasons),
    }


def _verdicts(counted: Tally) -> str:
    return f"{_share(counted.helpful, counted.total)} helpful, {counted.not_helpful} not"


def _share(count: int, total: int) -> str:
    return f"{count} of {total} ({100 * count / total:.0f} %)"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' if number != 1 else ''}"


def _cut(text: str) -> str:
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return plain if len(plain) <= WIDTH else plain[: WIDTH - 1] + "…"

"""A `Report` as lines for a person.

In: a report. Out: plain lines, the most important last. This module checks nothing.
"""

from __future__ import annotations

from collections import Counter

from trustbot.exports.checking import STANDING, QuoteCheck, Report, Status
from trustbot.exports.layout import moment

TOLD: dict[Status, str] = {
    "holds": "holds",
    "moved": "holds in the version it quoted; another version is current, and has the same words",
    "superseded": "holds in the version it quoted; superseded: the current version has no such words",
    "changed": "CHANGED: these are not the words of the document",
    "unknown": "UNKNOWN: no stored document has this name and this hash",
}


def lines(report: Report) -> list[str]:
    """The report, line by line."""
    record, today = report.record, report.against
    made = f"{record.product.name} {record.product.version}"
    told = [
        f"Record of {moment(record.created)}, made by {made} from {record.corpus.id} {record.corpus.version}: "
        f"{_count(len(record.turns), 'turn')}, {_count(len(report.quotes), 'quote')}.",
        f"Checked against {today.id} {today.version}, indexed {moment(today.indexed)}.",
        "",
    ]
    for number, turn in enumerate(record.turns, 1):
        told.append(f"Turn {number}, {turn.outcome}: {_clip(turn.question)}")
        for quote in (q for q in report.quotes if q.turn == number):
            told += _quote(quote)
        told += [f"  {'!' if f.fails else '-'} {f.text}" for f in report.findings if f.turn == number]
    told += [f"{'!' if f.fails else '-'} {f.text}" for f in report.findings if f.turn is None]
    return [*told, "", summary(report)]


def summary(report: Report) -> str:
    """The outcome in one sentence."""
    counts = Counter(q.status for q in report.quotes)
    standing = sum(counts[s] for s in STANDING)
    total = len(report.quotes)
    parts = [f"{standing} of {_count(total, 'quote')} hold" + ("s" if standing == total == 1 else "")]
    parts += [f"{counts[s]} {s}" for s in ("changed", "unknown") if counts[s]]
    failing = sum(f.fails for f in report.findings)
    if failing:
        parts.append(f"{_count(failing, 'other problem')}")
    if report.holds:
        return "Every quote holds." if total else "There is nothing to check: the record has no quote."
    return f"The record does not hold: {', '.join(parts)}."


def first_problem(report: Report) -> str:
    """The first thing that doesn't hold, in one sentence."""
    bad = next((q for q in report.quotes if q.status not in STANDING), None)
    if bad:
        found = "are not the words of" if bad.status == "changed" else "name no stored version of"
        return f"Turn {bad.turn}, citation {bad.place}, [{bad.number}]: its words {found} the document {bad.document}."
    finding = next(f for f in report.findings if f.fails)
    return f"Turn {finding.turn}: {finding.text}" if finding.turn else finding.text


def _quote(quote: QuoteCheck) -> list[str]:
    place = f"{quote.document}, characters {quote.start}–{quote.end}"
    told = [f"  [{quote.number}] citation {quote.place}, {place}: {TOLD[quote.status]}"]
    if quote.status == "changed":
        told += [f"      in the record:   “{quote.recorded}”", f"      in the document: “{quote.stored}”"]
    elif quote.status == "unknown":
        told.append(f"      in the record:   “{quote.recorded}”")
    return told


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _clip(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 100 else flat[:99] + "…"

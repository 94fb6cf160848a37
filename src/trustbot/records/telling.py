"""A `Report` as lines for a person, or as plain JSON.

In: a report. Out: plain lines, the most important last; or plain JSON types. This module checks nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict

from trustbot.records.checking import STANDING, QuoteCheck, Report, Status
from trustbot.records.layout import moment
from trustbot.records.signing import Provenance

TOLD: dict[Status, str] = {
    "holds": "holds",
    "moved": "holds in the version it quoted; another version is current, and has the same words",
    "superseded": "holds in the version it quoted; superseded: the current version has no such words",
    "changed": "CHANGED: these are not the words of the document",
    "unknown": "UNKNOWN: no stored document has this name and this hash",
}
SIGNED: dict[Provenance, str] = {
    "signed": "Trustbot said these words: the record is as it was signed here.",
    "changed": "",
    "elsewhere": "That trustbot said these words can't be shown here: the record was signed with another key.",
    "unsigned": "That trustbot said these words can't be shown: the record is not signed.",
}
"""What a record whose quotes hold shows besides; one that was changed doesn't hold."""
TURN_SIGNED = "Trustbot said these words: the turn is as it was signed here."


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
        if report.signed != "signed" and report.turns_signed[number - 1 : number] == ("signed",):
            told.append(f"  - {TURN_SIGNED}")
        told += [f"  {'!' if f.fails else '-'} {f.text}" for f in report.findings if f.turn == number]
    told += [f"{'!' if f.fails else '-'} {f.text}" for f in report.findings if f.turn is None]
    return [*told, "", summary(report)]


def summary(report: Report) -> str:
    """The outcome: whether the quotes hold, and whether trustbot is shown to have said the words around them."""
    counts = Counter(q.status for q in report.quotes)
    standing = sum(counts[s] for s in STANDING)
    total = len(report.quotes)
    parts = [f"{standing} of {_count(total, 'quote')} hold" + ("s" if standing == total == 1 else "")]
    parts += [f"{counts[s]} {s}" for s in ("changed", "unknown") if counts[s]]
    failing = sum(f.fails for f in report.findings)
    if failing:
        parts.append(f"{_count(failing, 'other problem')}")
    if report.holds:
        held = "Every quote holds." if total else "There is nothing to check: the record has no quote."
        return f"{held} {SIGNED[report.signed]}"
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


def report_to_dict(report: Report) -> dict[str, object]:
    """The report as plain JSON types."""
    record = report.record
    return {
        "holds": report.holds,
        "record": {"created": record.created, "product": asdict(record.product), "corpus": asdict(record.corpus)},
        "against": asdict(report.against),
        "signed": {"record": report.signed, "turns": list(report.turns_signed)},
        "quotes": [asdict(q) for q in report.quotes],
        "findings": [asdict(f) for f in report.findings],
    }

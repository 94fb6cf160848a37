"""What is said beside an answer, or instead of one: reasons and notices, from the sentences of `wording`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from trustbot.evidence import Decision
from trustbot.presentation import wording
from trustbot.types import CRISIS, Citation, Notice, SafetyKind, SafetyNote


def reason(decision: Decision, examples: Sequence[str]) -> str:
    """Why a question is not answered, in one sentence; two, with examples of what is covered, where it is unclear."""
    if decision.verdict == "unclear":
        return wording.UNCLEAR.format(examples=wording.listing(examples)) if examples else wording.UNCLEAR_PLAIN
    return wording.CLOSEST if decision.verdict == "closest" else wording.NOT_COVERED


def notices(cited: Sequence[Citation], decision: Decision | None) -> tuple[Notice, ...]:
    """What must be seen beside an answer: what its statements go beyond, what no longer holds, where documents differ,
    and that it may be incomplete."""
    found = []
    # In the order of the documents, so that they are the same however the statements were put in order.
    for citation in sorted(cited, key=lambda c: (c.document.id, c.quote.start)):
        audit = citation.audit
        if audit and audit.check != "supported":
            caution = wording.caution(audit.check, audit.notice or audit.reason).strip("()")
            found.append(Notice("overreach", f"[{citation.number}] {caution}"))
    found += withdrawn(cited)
    found += superseded(cited)
    found += _conflicts(cited)
    if decision and decision.missing:
        found += [Notice("partial", wording.PART_MISSING.format(part=part)) for part in decision.missing]
    elif decision and decision.verdict == "partly":
        found.append(Notice("partial", wording.PARTIAL))
    return tuple(dict.fromkeys(found))


def withdrawn(cited: Sequence[Citation]) -> tuple[Notice, ...]:
    """Which of the works cited were retracted, or are under an expression of concern, each with its notice."""
    told: list[Notice] = []
    for source in sorted({c.source.id: c.source for c in cited}.values(), key=lambda s: s.number):
        if found := source.retraction:
            form = wording.RETRACTED if found.date else wording.RETRACTED_UNDATED
            day = wording.date(found.date or "")
            told.append(Notice("retracted", form.format(title=source.title, date=day, address=found.notice)))
            continue
        for one in (u for u in source.updates if u.kind == "concern"):
            told.append(Notice("concern", wording.CONCERN.format(title=source.title, address=one.notice)))
    return tuple(told)


def superseded(cited: Sequence[Citation]) -> tuple[Notice, ...]:
    """Which of the documents cited no longer hold, and what took their place."""
    told = []
    for citation in sorted(cited, key=lambda c: c.document.id):
        standing = citation.document.standing
        if citation.currency == "expired":
            told.append(wording.EXPIRED.format(title=_dated(citation), date=wording.date(standing.expires or "")))
        elif citation.newer:
            named = wording.enumerated([wording.dated(d.title, d.standing.date) for d in citation.newer])
            told.append(wording.REPLACED.format(title=_dated(citation), newer=named))
        elif citation.currency == "replaced":
            told.append(wording.REPLACED_BY_UNREAD.format(title=_dated(citation)))
    return tuple(Notice("superseded", text) for text in dict.fromkeys(told))


def _conflicts(cited: Sequence[Citation]) -> tuple[Notice, ...]:
    """Which documents say different things on one matter, each with its date."""
    told: dict[frozenset[str], str] = {}
    for one in sorted(cited, key=lambda c: c.number):
        for other in (c for c in cited if c.number in one.differs_from and one.number in c.differs_from):
            pair = frozenset((one.document.id, other.document.id))
            told.setdefault(pair, wording.CONFLICT.format(one=_dated(one), other=_dated(other)))
    return tuple(Notice("conflict", text) for text in told.values())


def _dated(citation: Citation) -> str:
    """The title of a document with its date, or where none is known, what is known of its source."""
    source = citation.source
    known = citation.document.standing.date or source.last_updated or (str(source.year) if source.year else None)
    return wording.dated(citation.document.title, known)


def help_first(note: SafetyNote) -> str:
    """What is said where somebody needs help before anything else: what to do now, then the rest, on a line each."""
    if note.again:
        return wording.SAFETY_AGAIN[note.kind]
    return f"{wording.SAFETY_FIRST[note.kind]}\n{wording.SAFETY_THEN[note.kind]}"


def with_contacts(said: str, note: SafetyNote) -> str:
    """The same with whom to turn to, a line each, for whoever shows nothing but an answer's text."""
    return "\n".join((said, *(f"- {wording.contact(contact)}" for contact in note.contacts)))


def help_notice(kind: SafetyKind) -> Notice:
    """What must be seen beside it."""
    named: Literal["crisis", "clinical"] = "crisis" if kind in CRISIS else "clinical"
    return Notice(named, wording.SAFETY_NOTICE[named])


def masked(kinds: Sequence[str]) -> tuple[Notice, ...]:
    """That identifiers were taken out of a question, where any were; `kinds` are those of `wording.IDENTIFIERS`."""
    told = dict.fromkeys(wording.IDENTIFIERS.get(kind, wording.IDENTIFIERS["OTHER"]) for kind in kinds)
    return (Notice("identifier", wording.MASKED.format(identifiers="; ".join(told))),) if told else ()

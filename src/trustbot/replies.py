"""What is said beside an answer, or instead of one: reasons and notices, from the sentences of `wording`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from trustbot import wording
from trustbot.evidence import Decision
from trustbot.types import CRISIS, Citation, Notice, SafetyKind, SafetyNote


def reason(decision: Decision, examples: Sequence[str]) -> str:
    """Why a question is not answered, in one sentence; two, with examples of what is covered, where it is unclear."""
    if decision.verdict == "unclear":
        return wording.UNCLEAR.format(examples=wording.listing(examples)) if examples else wording.UNCLEAR_PLAIN
    return wording.CLOSEST if decision.verdict == "closest" else wording.NOT_COVERED


def notices(cited: Sequence[Citation], decision: Decision | None) -> tuple[Notice, ...]:
    """What must be seen beside an answer: what its statements go beyond, and that it may be incomplete."""
    found = []
    # In the order of the documents, so that they are the same however the statements were put in order.
    for citation in sorted(cited, key=lambda c: (c.document.id, c.quote.start)):
        audit = citation.audit
        if audit and audit.check != "supported":
            caution = wording.caution(audit.check, audit.notice or audit.reason).strip("()")
            found.append(Notice("overreach", f"[{citation.number}] {caution}"))
    if decision and decision.verdict == "partly":
        found.append(Notice("partial", wording.PARTIAL))
    return tuple(dict.fromkeys(found))


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

"""What is said beside an answer, or instead of one: reasons and notices, from the sentences of `wording`."""

from __future__ import annotations

from collections.abc import Sequence

from trustbot import wording
from trustbot.evidence import Decision
from trustbot.types import Citation, Notice


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

"""What is said beside an answer, or instead of one: reasons, clarifying questions, notices.

In: a decision and what it rests on. Out: sentences of `wording`, filled in. This module decides nothing and quotes
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from trustbot import wording
from trustbot.answerability import Decision
from trustbot.suggestions import OFFERED, Suggestions
from trustbot.types import Citation, Notice, Query

NAMED = 3
"""Words of a question that are named as not covered, at most."""


def reason(decision: Decision, query: Query, suggestions: Suggestions) -> str:
    """Why a question is not answered, in one sentence; two, with an example, where it is unclear."""
    if decision.verdict == "unclear":
        names = [topic.name for topic in suggestions.nearest(query.text)]
        return wording.UNCLEAR.format(examples=wording.listing(names)) if names else wording.UNCLEAR_PLAIN
    if query.exclude:
        return wording.NOTHING_MORE
    if decision.party:
        return wording.NOT_COVERED_PARTY.format(party=decision.party)
    if decision.figure:
        return wording.NOT_COVERED_FIGURE
    if decision.uncovered:
        return wording.NOT_COVERED_WORDS.format(words=wording.listing(decision.uncovered[:NAMED]))
    return wording.NOT_COVERED


def asks_back(thing: str, titles: Sequence[str]) -> str:
    """One clarifying question; `titles` of what was found, best first, serve as examples of what may be meant."""
    # A single word with figures in it is a file's name, not a title.
    telling = [t for t in dict.fromkeys(titles) if len(t.split()) > 1 or t.isalpha()][:OFFERED]
    if not telling:
        return wording.WHICH.format(thing=thing)
    return wording.WHICH_OF.format(thing=thing, examples=wording.listing(telling, last=""))


def notices(cited: Sequence[Citation], decision: Decision | None, premise: str | None = None) -> tuple[Notice, ...]:
    """What must be seen beside an answer: a wrong premise set right, what its statements go beyond, what is missing."""
    found = [Notice("premise", premise)] if premise else []
    for citation in cited:
        audit = citation.audit
        if audit and audit.check != "supported":
            caution = wording.caution(audit.check, audit.notice or audit.reason).strip("()")
            found.append(Notice("overreach", f"[{citation.number}] {caution}"))
    if decision and decision.verdict == "partly" and not premise:
        found.append(Notice("partial", wording.PARTIAL.format(words=wording.listing(decision.uncovered[:NAMED]))))
    return tuple(dict.fromkeys(found))

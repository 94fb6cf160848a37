"""The step between condensing and searching: a question about the sources, or one that compares them, settled here.

In: a question without slips, what condensing made of it, the conversation, the corpus, a matcher. Out: the quotes that
answer, with what must be seen beside them, or the reason why there are none; or nothing, where the question goes on to
the search. This module composes no answer: that is done for these quotes as for all others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from trustbot import comparison, provenance, recorded, wording
from trustbot.comparison import Compared
from trustbot.matching import Matcher
from trustbot.recorded import Found
from trustbot.source_vocabulary import Topic
from trustbot.types import Citation, Comparison, Corpus, Notice, Query, Quote, Row, Turn


@dataclass(frozen=True, slots=True)
class Settled:
    """`quotes` in reading order; where there are none, `reason` says why."""

    query: Query
    quotes: tuple[Quote, ...]
    notices: tuple[Notice, ...] = ()
    reason: str = ""
    compared: Compared | None = None

    def comparison(self, cited: Sequence[Citation], corpus: Corpus) -> Comparison | None:
        """The rows of a comparison, with those of its quotes that passed every check."""
        if self.compared is None:
            return None
        sources = [s for n in self.compared.point.numbers for s in [corpus.numbered(n)] if s]
        rows = tuple(Row(s, tuple(c for c in cited if c.number == s.number)) for s in sources)
        return Comparison(self.compared.point.topic, rows)


def settle(text: str, query: Query, history: Sequence[Turn], corpus: Corpus, matcher: Matcher) -> Settled | None:
    """What answers `text` if it is about the sources or compares them; None for any other question."""
    asked = provenance.parse(text, query, history, corpus) if corpus.records else None
    if asked is not None:
        return _facts(text, query, recorded.select(asked, corpus), corpus)
    compared = comparison.find(text, query, history, corpus, matcher)
    return _rows(query, compared) if compared else None


def _facts(text: str, query: Query, found: Found, corpus: Corpus) -> Settled:
    guidance = [s.number for s in corpus.sources if s.kind == "guidance"]
    asked = found.asked
    # The topic that condensing carried over is no part of a question about sources.
    resolved = {k: v for k, v in query.resolved.items() if v != query.carried}
    if asked.pointer:
        resolved[asked.pointer] = " ".join(f"[{n}]" for n in asked.numbers)
    query = replace(query, text=text, resolved=resolved, carried=None, alternatives=())
    missing = " ".join(
        wording.NOT_RECORDED.format(works=wording.named(numbers, guidance), facts=wording.SOURCE_FACTS[topic])
        for topic, numbers in found.missing
    )
    if found.quotes:
        return Settled(query, found.quotes, (Notice("partial", missing),) if missing else ())
    known = [
        wording.SOURCE_FACTS[topic]
        for topic in KNOWN
        if recorded.select(replace(asked, topics=(topic,)), corpus).quotes
    ]
    told = wording.RECORDED.format(facts=wording.enumerated(known)) if known else ""
    return Settled(query, (), reason=f"{missing} {told}".strip())


KNOWN: tuple[Topic, ...] = ("authors", "published", "design", "participants", "access", "licence", "status", "updated")
"""What a reader is told is recorded, where what was asked for is not."""


def _rows(query: Query, compared: Compared) -> Settled:
    numbers = compared.point.numbers
    if not compared.quotes:
        topic = wording.listing([compared.point.topic])
        return Settled(query, (), reason=wording.ALL_SILENT.format(topic=topic, works=wording.named(numbers)))
    if not compared.silent:
        return Settled(query, compared.quotes, compared=compared)
    works = wording.named(compared.silent)
    notice = Notice("silence", wording.SILENT.format(works=works[0].upper() + works[1:]))
    return Settled(query, compared.quotes, (notice,), compared=compared)

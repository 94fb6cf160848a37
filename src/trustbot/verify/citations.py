"""Markers -> claims -> citations: pure functions on text.

In: a draft with `[n]` markers, and the quotes it may cite. Out: its sentences with their markers; later the
numbered citations of what survived checking, each with the range of text that it supports. This module knows
no corpus search and judges nothing. A bad marker is never just deleted: its claim falls with it (`verify`).
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence

from trustbot.types import MARKER, Audit, Citation, Claim, Corpus, Currency, Quote, Verdict


def parse(draft: str) -> tuple[Claim, ...]:
    """The claims of a draft: one per line, which is how drafts are composed; blank lines are skipped."""
    claims = []
    position = 0
    for line in draft.split("\n"):
        text = line.strip()
        if text:
            start = position + line.index(text)
            numbers = tuple(dict.fromkeys(int(n) for n in MARKER.findall(text)))
            claims.append(Claim(text, start, start + len(text), numbers))
        position += len(line) + 1
    return tuple(claims)


def number_of(quote: Quote, corpus: Corpus) -> int:
    """The number that readers see: the article's own reference for its statement, else the source's number."""
    return corpus.number_of(quote.chunk)


def number(
    verdicts: Sequence[Verdict], corpus: Corpus, join: Callable[[Sequence[str]], str]
) -> tuple[str, tuple[Citation, ...]]:
    """The final text of the supported claims, put together by `join`, and a citation for each of their quotes.

    Only supported claims are used. A quote used by two claims is one citation that supports two ranges.
    """
    kept = [v for v in verdicts if v.support == "supported"]
    text = join([v.claim.text for v in kept])
    spans: dict[tuple[str, int, int], list[tuple[int, int]]] = {}
    quotes: dict[tuple[str, int, int], Quote] = {}
    position = 0
    for verdict in kept:
        start = text.index(verdict.claim.text, position)
        position = start + len(verdict.claim.text)
        for quote in verdict.quotes:
            key = (quote.chunk.document_id, quote.start, quote.end)
            quotes.setdefault(key, quote)
            spans.setdefault(key, []).append((start, position))
    return text, tuple(cite(quotes[key], tuple(spans[key]), corpus) for key in quotes)


def cite(quote: Quote, supports: tuple[tuple[int, int], ...], corpus: Corpus) -> Citation:
    """The citation of one quote, which stands for the ranges `supports` of an answer's text."""
    source_number = number_of(quote, corpus)
    source = corpus.numbered(source_number) or corpus.source(quote.chunk.source_id)
    document = corpus.document(quote.chunk.document_id)
    currency: Currency = "retracted" if source.retraction else document.standing.at(datetime.date.today())
    newer = tuple(d for d in corpus.documents if d.id in document.standing.replaced_by)
    return Citation(source_number, quote, source, document, _audit(quote, corpus), supports, currency, newer)


def _audit(quote: Quote, corpus: Corpus) -> Audit | None:
    return corpus.audit(quote.chunk.claim_id)

"""Evidence -> a draft with `[n]` markers, by extraction: the sources' own sentences, in reading order.

In: chosen quotes and the corpus. Out: a draft, one claim a line, and the quotes that it may cite. The only words that
are not quoted come from `wording`'s closed set of phrases and from the audit. This module judges nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from trustbot import wording
from trustbot.evidence import Evidence
from trustbot.types import Audit, Corpus, Query, Quote

YES_NO = re.compile(
    r"^(?:and\s+|but\s+|so\s+)?(?:is|are|was|were|do|does|did|can|could|should|would|will|has|have|had|may|might|must)\b",
    re.IGNORECASE,
)
NEGATION = re.compile(
    r"\b(?:not|no|never|without|less|lower|reduce[sd]?|harm\w*|n['’]t|nor|neither|worse\w*)\b", re.IGNORECASE
)
SAYS_SO = 0.8
"""Share of a yes/no question that a statement must meet before it is said to say so."""


def extract(query: Query, evidence: Evidence, corpus: Corpus) -> str:
    """The draft that quotes every chosen sentence once, in order; a statement never without its caution."""
    groups = _groups(evidence.quotes, corpus)
    direct = ""
    if groups and _says_so(query, evidence):
        asked = evidence.chosen[0].quote
        groups[0].sort(key=lambda q: q != asked)  # a yes or no is about the words that were asked about
        direct = wording.direct(corpus.audit(asked.chunk.claim_id))
    return direct + "\n".join(line(group, corpus) for group in groups)


def line(group: Sequence[Quote], corpus: Corpus) -> str:
    """One claim: the words of the first quote, its marker, its caution; the others say the same elsewhere."""
    quote, *twins = group
    number = corpus.number_of(quote.chunk)
    lead = wording.lead(corpus.document(quote.chunk.document_id).kind, quote.chunk.kind)
    parts = [f"{lead}{said(quote)} [{number}]."]
    parts += _cautions(quote, corpus)
    parts += [wording.also(t.chunk.headings[-1], corpus.audit(t.chunk.claim_id)) for t in twins]
    return " ".join(parts)


def said(quote: Quote) -> str:
    """The words of a quote as they stand in an answer: in one line, without a full stop."""
    return " ".join(quote.text.split()).rstrip(" .")


def join(claims: Sequence[str]) -> str:
    """Claims as the text of an answer: one as it is, more as a list."""
    return claims[0] if len(claims) == 1 else "\n".join(f"- {claim}" for claim in claims)


def _groups(quotes: Sequence[Quote], corpus: Corpus) -> list[list[Quote]]:
    """Quotes that give the same advice together, the best supported first; every other quote alone."""
    groups: list[list[Quote]] = []
    for quote in quotes:
        home = next(
            (g for g in groups if _same(corpus.audit(g[0].chunk.claim_id), corpus.audit(quote.chunk.claim_id))),
            None,
        )
        if home is None:
            groups.append([quote])
        else:
            home.append(quote)
            home.sort(key=lambda q: _check(q, corpus) != "supported")
    return groups


def _same(one: Audit | None, other: Audit | None) -> bool:
    return one is not None and other is not None and one.same_advice(other)


def _check(quote: Quote, corpus: Corpus) -> str:
    audit = corpus.audit(quote.chunk.claim_id)
    return audit.check if audit else "supported"


def _cautions(quote: Quote, corpus: Corpus) -> list[str]:
    audit = corpus.audit(quote.chunk.claim_id)
    return [wording.caution(audit.check, audit.notice)] if audit and audit.notice else []


def _says_so(query: Query, evidence: Evidence) -> bool:
    """Whether the first sentence is a statement that meets a yes/no question nearly whole, with nothing negated."""
    first = evidence.chosen[0]
    whole = first.chunk.kind == "statement" and first.chunk.document_id == "article" and first.score >= SAYS_SO
    negated = NEGATION.search(query.asked) or NEGATION.search(first.quote.text)
    return whole and bool(YES_NO.match(query.asked)) and not negated

"""Evidence -> a draft with `[n]` markers, by extraction: the sources' own sentences, in reading order.

In: chosen quotes and the corpus. Out: a draft, one claim a line, and the quotes that it may cite. The only words that
are not quoted come from `wording`'s closed set of phrases and from the audit. This module judges nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from trustbot.evidence import Evidence
from trustbot.evidence.select import is_alike
from trustbot.presentation import wording
from trustbot.text.inline import in_line
from trustbot.types import ARTICLE, Audit, Corpus, Query, Quote


def extract(query: Query, evidence: Evidence, corpus: Corpus) -> str:
    """The draft that quotes every chosen sentence once, in order; a statement never without its caution."""
    groups = _groups(evidence.chosen, corpus)
    direct = ""
    if groups and _quotes_it(query, evidence, corpus):
        asked = evidence.chosen[0]
        groups[0].sort(key=lambda q: q != asked)  # what is confirmed is the words that were asked about
        direct = wording.direct(corpus.audit(asked.chunk.claim_id))
    return direct + "\n".join(line(group, corpus) for group in groups)


def line(group: Sequence[Quote], corpus: Corpus) -> str:
    """One claim: the words of the first quote, its marker, its caution; the others say the same elsewhere.

    Where others say it in the same words, their markers stand beside the first.
    """
    quote = group[0]
    alike = [q for q in group if is_alike(q, quote, corpus)]
    twins = [q for q in group if q not in alike]
    numbers = dict.fromkeys(corpus.number_of(q.chunk) for q in alike)
    lead = wording.lead(corpus.document(quote.chunk.document_id).kind, quote.chunk.kind)
    parts = [f"{lead}{said(quote)} {''.join(f'[{n}]' for n in numbers)}."]
    parts += _cautions(quote, corpus)
    parts += [wording.also(t.chunk.headings[-1], corpus.audit(t.chunk.claim_id)) for t in twins]
    return " ".join(parts)


def said(quote: Quote) -> str:
    """The words of a quote as they stand in an answer: in one line, without a full stop."""
    return in_line(quote).rstrip(" .")


def join(claims: Sequence[str]) -> str:
    """Claims as the text of an answer: one as it is, more as a list."""
    return claims[0] if len(claims) == 1 else "\n".join(f"- {claim}" for claim in claims)


def _groups(quotes: Sequence[Quote], corpus: Corpus) -> list[list[Quote]]:
    """Quotes that give the same advice together, the best supported first; every other quote alone."""
    groups: list[list[Quote]] = []
    for quote in quotes:
        home = next(
            (
                g
                for g in groups
                if is_alike(g[0], quote, corpus)
                or _same(corpus.audit(g[0].chunk.claim_id), corpus.audit(quote.chunk.claim_id))
            ),
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


def _quotes_it(query: Query, evidence: Evidence, corpus: Corpus) -> bool:
    """Whether the question quotes the first statement word for word, so that the article says just that."""
    chunk = evidence.chosen[0].chunk
    if chunk.kind != "statement" or chunk.document_id != ARTICLE or chunk.id not in query.about:
        return False
    return " ".join(evidence.chosen[0].text.split()).rstrip(" .").casefold() in " ".join(query.asked.split()).casefold()

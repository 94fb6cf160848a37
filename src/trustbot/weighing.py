"""Sentences beside a query: how well each meets what is asked for, by its words and by what the audit knows of it.

In: a query, chunks, a matcher, the corpus with its audit. Out: the query's terms, each with what it counts for, and
`Scored` sentences, best first. This module chooses no sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from trustbot.matching import Match, Matcher, QueryTerm
from trustbot.ordering import descending
from trustbot.sentences import split_sentences
from trustbot.terms import content_stems
from trustbot.types import Chunk, Corpus, Passage, Query, Quote, Span

TOLD_SHARE = 0.4
"""What a term of a sentence that only tells the asker's situation counts for, beside one of the sentence that asks."""
CARRIED_SHARE = 0.9
"""What a term carried over from an earlier turn counts for, beside a term of the question itself."""
READ = 12_000
"""Characters of passages whose sentences are weighed: some 3,000 tokens, half a second on two cores."""
FEW = 6_000
"""Characters up to which all statements of a guidance are weighed, however far from the question the search put them:
so few cost nothing, and which of them answers is told better word by word than by vectors of whole texts."""
ABOUT = 0.6
"""How well a statement meets someone whom its audit says that it is about, and whom its own words may not name."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A sentence that could be quoted, and how well it answers."""

    quote: Quote
    match: Match

    @property
    def score(self) -> float:
        """Weighted share of the query that the sentence meets, 0 to 1."""
        return self.match.score

    @property
    def chunk(self) -> Chunk:
        """The chunk that the sentence belongs to."""
        return self.quote.chunk


def asked_terms(query: Query, matcher: Matcher, parties: frozenset[str]) -> tuple[QueryTerm, ...]:
    """The terms of the query, those of a carried topic at their lower weight, the numbers of works left out.

    Who is asked about now takes the place of whoever was asked about before: "and for residents?".
    """
    carried_from = query.text.rfind(query.carried) if query.carried else len(query.text)
    numbers = {str(n) for n in query.references}
    told = _told(query.text[:carried_from])
    terms = [t for t in matcher.query_terms(query.text) if t.text not in numbers]
    replaced = any(t.start < carried_from and t.stems <= parties for t in terms)
    return tuple(
        t.scaled(CARRIED_SHARE)
        if t.start >= carried_from
        else t.scaled(TOLD_SHARE)
        if any(start <= t.start < end for start, end in told)
        else t
        for t in terms
        if t.start < carried_from or not (replaced and t.stems <= parties)
    )


def _told(question: str) -> list[Span]:
    """The sentences that tell of the asker's situation before or after the sentence that asks."""
    sentences = split_sentences(question)
    asking = [question[s:e].rstrip().endswith("?") for s, e in sentences]
    return [span for span, asks in zip(sentences, asking, strict=True) if not asks] if any(asking) else []


def readable(passages: Sequence[Passage]) -> list[Chunk]:
    """The best passages, as many as can be read within the time of an answer; at least one."""
    lengths = accumulate(len(p.chunk.text) for p in passages)
    return [p.chunk for p, end in zip(passages, lengths, strict=True) if end <= READ or p is passages[0]]


def few_statements(corpus: Corpus) -> list[Chunk]:
    """The statements of the guidance, if all of them can be read beside what was found; else none."""
    statements = [c for c in corpus.chunks if c.kind == "statement"]
    return statements if sum(len(c.text) for c in statements) <= FEW else []


def score(query: Query, terms: Sequence[QueryTerm], chunks: Sequence[Chunk], matcher: Matcher) -> tuple[Scored, ...]:
    """Every sentence of `chunks`, best first; equal scores keep the order of `chunks`."""
    sentences = [(chunk, start, end) for chunk in chunks for start, end in chunk.sentences]
    texts = [chunk.text[start:end] for chunk, start, end in sentences]
    above = [chunk.headings[-1] if chunk.headings and chunk.kind == "statement" else "" for chunk, _, _ in sentences]
    matches = matcher.match(query.text, terms, texts, above)
    scored = [
        Scored(Quote(c, c.start + s, c.start + e, c.text[s:e], m.score), m)
        for (c, s, e), m in zip(sentences, matches, strict=True)
    ]
    return tuple(scored[i] for i in descending([s.score for s in scored]))


def with_known_parties(
    scored: Sequence[Scored], terms: Sequence[QueryTerm], parties: frozenset[str], corpus: Corpus
) -> tuple[Scored, ...]:
    """The same, best first, where a statement also meets whoever its audit says that it is about, named or not."""
    asked = {i: t.stems for i, t in enumerate(terms) if t.stems <= parties}
    if not asked:
        return tuple(scored)
    made = []
    for one in scored:
        audit = corpus.audit(one.chunk.claim_id)
        about = content_stems(audit.direction) if audit else frozenset()
        met = [max(m, ABOUT) if asked.get(i, {""}) <= about else m for i, m in enumerate(one.match.similarities)]
        share = sum(t.weight * m for t, m in zip(terms, met, strict=True)) / (weight_of(terms) or 1.0)
        made.append(Scored(replace(one.quote, score=share), Match(share, tuple(met))))
    return tuple(made[i] for i in descending([s.score for s in made]))


def weight_of(terms: Iterable[QueryTerm]) -> float:
    """What terms weigh together."""
    return sum(t.weight for t in terms)

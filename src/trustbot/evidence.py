"""Passages -> the sentences that answer: verbatim quotes, scored, and only those that bear on the question.

In: a query, the passages that came back, the corpus they belong to. Out: `Evidence`: the chosen quotes in the
order they should be read, with the signals that the decision to answer rests on. This module knows neither how
passages were found nor how an answer is worded.

A question is answered by a *list* when it asks for what a heading of the guidance promises; otherwise by the
statements that score close to the best one. Notes on the works add what a study really found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TypeVar

from trustbot.matching import Match, Matcher, QueryTerm
from trustbot.terms import content_stems
from trustbot.types import Chunk, Corpus, Passage, Query, Quote

LIMIT_STEMS = content_stems("limits limitations weakness weaknesses shortcomings caveats bias gaps unanswered")
"""Words with which a reader asks what a work does not show."""
T = TypeVar("T")

KEEP = 0.82
"""A statement is kept when it scores at least this share of the best one, if the best one meets the query well."""
KEEP_UNSURE = 0.92
"""The same where even the best one meets half of the query: the less is certain, the less is said."""
SURE, UNSURE = 0.75, 0.45
"""Best scores at which `KEEP` and `KEEP_UNSURE` hold; between them the share changes in proportion."""
KEEP_NOTE = 0.90
"""The same for a sentence of a note, which comes on top of the article's own words."""
LEAST = 0.30
"""Below this no sentence is evidence, however it compares with the others."""
MOST_STATEMENTS = 6
MOST_NOTES = 2
HEADING = 0.66
"""A heading and a question that match at least this well, both ways, are about the same thing."""
CARRIED_SHARE = 0.6
"""What a term carried over from an earlier turn counts for, beside a term of the question itself."""
TAKEOVER = 1.5
"""A sentence that is not the guidance's own answers alone only if it is this much better than every statement."""
OWN_WEIGHT = 0.5
"""Terms that weigh less than this together ask for nothing in particular: "what does reference 5 say?"."""
IMPLIED_SHARE = 0.2
"""What the words of the corpus's own title count for in a heading: everything here is about them."""
READ = 12_000
"""Characters of passages whose sentences are weighed: some 3,000 tokens, half a second on two cores."""
FINDINGS_HEADING = "what it found"
LIMITS_HEADING = "what it does not show"
QUIET_HEADINGS = frozenset({LIMITS_HEADING, "record"})
"""Sections of a note that speak about the work, not its subject: they never volunteer, only answer."""


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


@dataclass(frozen=True, slots=True)
class Evidence:
    """The chosen sentences, in reading order, and everything that was weighed."""

    chosen: tuple[Scored, ...]
    ranked: tuple[Scored, ...]
    terms: tuple[QueryTerm, ...]
    heading: tuple[str, ...] | None = None
    """The heading whose whole list answers, if the question asks for one."""
    heading_score: float = 0.0
    passages: tuple[Passage, ...] = field(default=())

    @property
    def quotes(self) -> tuple[Quote, ...]:
        """The chosen quotes, in reading order."""
        return tuple(s.quote for s in self.chosen)


def select(query: Query, passages: Sequence[Passage], corpus: Corpus, matcher: Matcher) -> Evidence:
    """Score every sentence of `passages` and choose those that answer `query`."""
    terms = _terms(query, matcher)
    pool = _readable(passages)
    heading, fit = (
        (None, 0.0) if query.references or query.about or query.focus else _heading(query, terms, corpus, matcher)
    )
    if heading is not None:  # a list is given whole or not at all
        pool = _unique([*pool, *(c for c in corpus.chunks if c.headings[: len(heading)] == heading)])
    if query.references:
        pool = [c for c in corpus.chunks if corpus.number_of(c) in query.references]
    elif query.focus or query.about:
        pool = _unique([*(c for c in corpus.chunks if c.id in (*query.focus, *query.about)), *pool])
    ranked = score(query, terms, pool, matcher)
    chosen = choose(query, ranked, terms, corpus, heading, fit)
    return Evidence(chosen, ranked, terms, heading, fit, tuple(passages))


def _readable(passages: Sequence[Passage]) -> list[Chunk]:
    """The best passages, as many as can be read within the time of an answer; at least one."""
    lengths = accumulate(len(p.chunk.text) for p in passages)
    return [p.chunk for p, end in zip(passages, lengths, strict=True) if end <= READ or p is passages[0]]


def score(query: Query, terms: Sequence[QueryTerm], chunks: Sequence[Chunk], matcher: Matcher) -> tuple[Scored, ...]:
    """Every sentence of `chunks`, best first; equal scores keep the order of `chunks`."""
    sentences = [(chunk, start, end) for chunk in chunks for start, end in chunk.sentences]
    texts = [chunk.text[start:end] for chunk, start, end in sentences]
    headings = [chunk.headings[-1] if chunk.headings and chunk.kind == "statement" else "" for chunk, _, _ in sentences]
    matches = matcher.match(query.text, terms, texts, headings)
    scored = [
        Scored(Quote(c, c.start + s, c.start + e, c.text[s:e], m.score), m)
        for (c, s, e), m in zip(sentences, matches, strict=True)
    ]
    return tuple(sorted(scored, key=lambda s: -s.score))


def choose(
    query: Query,
    ranked: Sequence[Scored],
    terms: Sequence[QueryTerm],
    corpus: Corpus,
    heading: tuple[str, ...] | None = None,
    fit: float = 0.0,
) -> tuple[Scored, ...]:
    """The sentences of `ranked` that answer, in reading order: the guidance's own first, then notes."""
    statements = [s for s in ranked if s.chunk.kind == "statement"]
    others = [s for s in ranked if s.chunk.kind != "statement" and not _quiet(s.chunk)]
    kept = _statements(query, statements, terms, heading, fit)
    best = max((s.score for s in kept), default=0.0)
    if query.references and _weight(terms) < OWN_WEIGHT:  # all that the work is cited for, and what it found
        found = [s for s in others if s.chunk.headings and s.chunk.headings[-1].lower() == FINDINGS_HEADING]
        return (*kept, *sorted(found, key=lambda s: s.quote.start)[:MOST_NOTES])
    speaking = [s for s in ranked if s.chunk.kind != "statement" and not (_limit(s.chunk) and not _asks_limits(query))]
    if max((s.score for s in speaking), default=0.0) > best * TAKEOVER:
        return tuple(_near(speaking, KEEP_NOTE)[:MOST_NOTES])
    return (*kept, *_notes(kept, others, corpus, best))


def _statements(
    query: Query,
    statements: Sequence[Scored],
    terms: Sequence[QueryTerm],
    heading: tuple[str, ...] | None,
    fit: float,
) -> list[Scored]:
    """The statements of the guidance that answer, in reading order."""
    in_order = sorted(statements, key=lambda s: s.quote.start)
    if query.about and query.about == query.focus:  # the authority behind the last answer is asked for
        return [s for s in in_order if s.chunk.id in query.about]
    if query.references and _weight(terms) < OWN_WEIGHT:
        return in_order
    if query.about:
        return _about(query, statements, terms)
    if query.focus:
        statements = [s for s in statements if s.chunk.id in query.focus] or statements
    if heading is not None:
        listed = [
            s for s in in_order if s.chunk.headings[: len(heading)] == heading and s.chunk.id not in query.exclude
        ]
        if listed:  # what answers better than anything in the list leads it
            best = max(fit, *(s.score for s in listed))
            return [*(s for s in statements[:1] if s.score > best and s not in listed), *listed]
    share = _share(max((s.score for s in statements), default=0.0))
    return [s for s in _near(statements, share) if s.chunk.id not in query.exclude][:MOST_STATEMENTS]


def _about(query: Query, statements: Sequence[Scored], terms: Sequence[QueryTerm]) -> list[Scored]:
    """The statement that "the second one" stands for, or what answers a question about it."""
    pointed = [s for s in statements if s.chunk.id in query.about]
    quoted = [(query.text.find(s.quote.text), len(s.quote.text)) for s in pointed]
    own = [t for t in terms if not any(at <= t.start < at + length for at, length in quoted)]
    rest = [s for s in statements if s.chunk.id not in query.about]
    if _weight(own) < OWN_WEIGHT:
        return pointed
    return _near(rest, KEEP_UNSURE)[: MOST_STATEMENTS // 2] or pointed


def _share(best: float) -> float:
    doubt = min(1.0, max(0.0, (SURE - best) / (SURE - UNSURE)))
    return KEEP + doubt * (KEEP_UNSURE - KEEP)


def _near(scored: Sequence[Scored], share: float) -> list[Scored]:
    """Those that score at least `share` of the best, and at least `LEAST`."""
    best = max((s.score for s in scored), default=0.0)
    return [s for s in scored if s.score >= max(share * best, LEAST)]


def _notes(kept: Sequence[Scored], others: Sequence[Scored], corpus: Corpus, best: float) -> list[Scored]:
    """At most one sentence for each work that the kept statements cite, if it answers as well as they do."""
    works = {corpus.number_of(s.chunk) for s in kept}
    found: dict[int, Scored] = {}
    for scored in others:
        number = corpus.number_of(scored.chunk)
        if number in works and scored.score >= max(KEEP_NOTE * best, LEAST):
            found.setdefault(number, scored)
    return list(found.values())[:MOST_NOTES]


def _heading(
    query: Query, terms: Sequence[QueryTerm], corpus: Corpus, matcher: Matcher
) -> tuple[tuple[str, ...] | None, float]:
    """The heading that the question and nothing but the question is about, with how well it fits, 0 to 1."""
    counted = Counter(
        c.headings[:n] for c in corpus.chunks if c.kind == "statement" for n in range(1, len(c.headings) + 1)
    )
    paths = [path for path, count in counted.items() if count > 1]  # one statement is no list
    if not paths or not terms:
        return None, 0.0
    names = [path[-1] for path in paths]
    forward = matcher.match(query.text, terms, names)
    implied = content_stems(corpus.title)
    fits = []
    for path, name, asked in zip(paths, names, forward, strict=True):
        promised = [t.scaled(IMPLIED_SHARE) if t.stems & implied else t for t in matcher.query_terms(name)]
        back = matcher.match(name, promised, [query.text])[0]
        fits.append((min(asked.score, back.score), path))
    fit, path = max(fits, key=lambda pair: pair[0])
    return (path, fit) if fit >= HEADING else (None, fit)


def _terms(query: Query, matcher: Matcher) -> tuple[QueryTerm, ...]:
    """The terms of the query, those of a carried topic at their lower weight, the numbers of works left out."""
    carried_from = query.text.rfind(query.carried) if query.carried else len(query.text)
    numbers = {str(n) for n in query.references}
    return tuple(
        t if t.start < carried_from else t.scaled(CARRIED_SHARE)
        for t in matcher.query_terms(query.text)
        if t.text not in numbers
    )


def _limit(chunk: Chunk) -> bool:
    return bool(chunk.headings) and chunk.headings[-1].lower() == LIMITS_HEADING


def _asks_limits(query: Query) -> bool:
    """Whether the question is about what the works don't show; else their limits are no answer to it."""
    return bool(query.references) or bool(content_stems(query.text) & LIMIT_STEMS)


def _quiet(chunk: Chunk) -> bool:
    return (bool(chunk.headings) and chunk.headings[-1].lower() in QUIET_HEADINGS) or chunk.kind in (
        "page",
        "disclaimer",
    )


def _weight(terms: Iterable[QueryTerm]) -> float:
    return sum(t.weight for t in terms)


def _unique(items: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(items))

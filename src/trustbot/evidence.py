"""Passages -> the sentences that answer: verbatim quotes, scored, and only those that bear on the question.

In: a query, the passages that came back, the corpus they belong to. Out: `Evidence`: the chosen quotes in the
order they should be read, with the signals that the decision to answer rests on. This module knows neither how
passages were found nor how an answer is worded.

A question is answered by a *list* when it asks for what a heading of the guidance promises; otherwise by the
statements that score close to the best one. Notes on the works add what a study really found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from trustbot import headings, selection, weighing
from trustbot.matching import Matcher, QueryTerm
from trustbot.notes import is_finding, is_limit, is_record
from trustbot.selection import Candidate
from trustbot.terms import content_stems
from trustbot.types import Chunk, Corpus, Passage, Query, Quote
from trustbot.weighing import Scored, weight_of

LIMIT_STEMS = content_stems("limits limitations weakness weaknesses shortcomings caveats bias gaps unanswered")
"""Words with which a reader asks what a work does not show."""
T = TypeVar("T")
COUNT = re.compile(
    r"\b(?:name|give|list|tell|mention|what\s+(?:is|are)|what['’]s)\s+(?:me\s+)?(?:just\s+|only\s+|the\s+(?:top|first)\s+)?"
    r"(\d|one|two|three|four|five|six)\b(?!\s*[-:])",
    re.IGNORECASE,
)
"""How many items of a list are asked for: "name two strategies"."""
NUMERALS: Mapping[str, int] = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}

BEARS = 0.27
"""Probability from which a statement is said beside the best one. A list of near misses buries the one right sentence,
so what is left out costs less than what is said beside the point."""
KEEP = 0.82
"""A statement chosen among those of the last answer scores at least this share of the best of them."""
AS_WELL = 0.9
"""Share of the best match of what is named now that a statement must reach to be what is meant."""
MEETS = 0.7
"""Share of a follow-up's own words that a statement must meet to be what they ask for."""
KEEP_ABOUT = 0.92
"""The same for what is said about a statement that was pointed at."""
KEEP_NOTE = 0.90
"""The same for a sentence of a note, which comes on top of the article's own words."""
LEAST = 0.30
"""Below this no sentence is evidence, however it compares with the others."""
MOST_STATEMENTS = 6
MOST_NOTES = 2
TAKEOVER = 1.5
"""A sentence that is not the guidance's own answers alone only if it is this much better than every statement."""
OWN_WEIGHT = 0.5
"""Terms that weigh less than this together ask for nothing in particular: "what does reference 5 say?"."""


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
    settled: bool = False
    """Whether nothing is left to choose: an overview is asked for, or works by number and nothing more of them."""
    headings: Mapping[str, float] = field(default_factory=dict)
    """How well each heading that has statements under it meets the query, 0 to 1."""
    promised: tuple[float, ...] = ()
    """How well the heading whose list answers meets each term; empty if there is none."""

    @property
    def quotes(self) -> tuple[Quote, ...]:
        """The chosen quotes, in reading order."""
        return tuple(s.quote for s in self.chosen)


def select(query: Query, passages: Sequence[Passage], corpus: Corpus, matcher: Matcher) -> Evidence:
    """Score every sentence of `passages` and choose those that answer `query`."""
    parties = headings.parties(corpus)
    terms = weighing.asked_terms(query, matcher, parties)
    pool = weighing.readable(passages)
    heading, fit, held = headings.asked_for(query, terms, corpus, matcher)
    if heading is not None:  # a list is given whole or not at all
        pool = _unique([*pool, *(c for c in corpus.chunks if c.headings[: len(heading)] == heading)])
    openings = headings.openings(corpus) if headings.asks_overview(query, terms) else []
    if openings:
        pool = openings
    elif query.references:
        pool = [c for c in corpus.chunks if corpus.number_of(c) in query.references]
    else:
        pointed = (c for c in corpus.chunks if c.id in (*query.focus, *query.about))
        pool = _unique([*pointed, *pool, *(weighing.few_statements(corpus) if passages else ())])
    ranked = weighing.with_known_parties(weighing.score(query, terms, pool, matcher), terms, parties, corpus)
    settled = bool(openings) or (bool(query.references) and weight_of(terms) < OWN_WEIGHT)
    names = list(
        dict.fromkeys(s.chunk.headings[-1] for s in ranked if s.chunk.kind == "statement" and s.chunk.headings)
    )
    met = [m.score for m in matcher.match(query.text, terms, names)]
    weighed = Evidence(
        (), ranked, terms, heading, fit, tuple(passages), settled, dict(zip(names, met, strict=True)), held
    )
    return replace(weighed, chosen=choose(query, weighed, corpus))


def choose(query: Query, weighed: Evidence, corpus: Corpus) -> tuple[Scored, ...]:
    """The ranked sentences that answer, in reading order: the guidance's own first, then notes."""
    ranked = weighed.ranked
    statements = [s for s in ranked if s.chunk.kind == "statement"]
    others = [s for s in ranked if s.chunk.kind != "statement" and not _quiet(s.chunk)]
    if weighed.settled:  # the openings; or all that the work is cited for, and what it found
        found = [s for s in others if is_finding(s.chunk)]
        kept = sorted(statements, key=lambda s: s.quote.start)
        return (*kept, *sorted(found, key=lambda s: s.quote.start)[:MOST_NOTES])
    if weighed.heading is not None:
        listed = _listed(query, statements, weighed)
        if listed or query.exclude:  # a list that was given whole leaves nothing more to say
            return tuple(listed)
    kept = _statements(query, statements, weighed, corpus)
    best = max((s.score for s in kept), default=0.0)
    speaking = [
        s for s in ranked if s.chunk.kind != "statement" and not (is_limit(s.chunk) and not _asks_limits(query))
    ]
    if max((s.score for s in speaking), default=0.0) > best * TAKEOVER:
        return tuple(_near(speaking, KEEP_NOTE)[:MOST_NOTES])
    return (*kept, *_notes(kept, others, corpus, best))


def _listed(query: Query, statements: Sequence[Scored], weighed: Evidence) -> list[Scored]:
    """The list under the heading, in order, as far as it was asked for; empty if all of it was given before."""
    path = weighed.heading or ()
    under = [s for s in statements if s.chunk.headings[: len(path)] == path and s.chunk.id not in query.exclude]
    listed = sorted(under, key=lambda s: s.quote.start)
    if not listed:
        return []
    match = COUNT.search(query.asked)
    if match:
        return listed[: int(match[1]) if match[1].isdigit() else NUMERALS[match[1].lower()]]
    best = max(weighed.heading_score, *(s.score for s in listed))
    # What answers better than anything in the list leads it.
    return [*(s for s in statements[:1] if s.score > best and s not in listed), *listed]


def candidates(statements: Sequence[Scored], met: Mapping[str, float], corpus: Corpus) -> list[Candidate]:
    """The statements as `selection` weighs them."""
    return [
        Candidate(
            s.score,
            met.get(s.chunk.headings[-1], 0.0) if s.chunk.headings else 0.0,
            s.chunk.headings,
            corpus.number_of(s.chunk),
            corpus.audit(s.chunk.claim_id),
        )
        for s in statements
    ]


def _statements(query: Query, statements: Sequence[Scored], weighed: Evidence, corpus: Corpus) -> list[Scored]:
    """The statements of the guidance that answer, best first, or in reading order where they were pointed at."""
    if query.about and query.about == query.focus:  # the authority behind the last answer is asked for
        return sorted((s for s in statements if s.chunk.id in query.about), key=lambda s: s.quote.start)
    if query.about:
        return _about(query, statements, weighed.terms)
    if query.focus:
        chosen_among = [s for s in statements if s.chunk.id in query.focus] or list(statements)
        return _near(chosen_among, KEEP)[:MOST_STATEMENTS]
    left = _on_what_is_named(query, [s for s in statements if s.chunk.id not in query.exclude], weighed.terms)
    bearing = selection.probabilities(candidates(left, weighed.headings, corpus))
    best = max((s.score for s in left), default=0.0)
    likely = [s for s, p in zip(left, bearing, strict=True) if s.score >= LEAST and (p >= BEARS or s.score == best)]
    return _with_twins(_with_what_is_asked_now(query, likely, left, weighed.terms)[:MOST_STATEMENTS], left, corpus)


def _with_twins(chosen: Sequence[Scored], left: Sequence[Scored], corpus: Corpus) -> list[Scored]:
    """The chosen statements, and those that give the same advice elsewhere: the two are said as one."""
    audits = [a for s in chosen if (a := corpus.audit(s.chunk.claim_id))]
    twins = [
        s for s in left if (a := corpus.audit(s.chunk.claim_id)) and s not in chosen and any(map(a.same_advice, audits))
    ]
    return [*chosen, *twins]


def _on_what_is_named(query: Query, statements: Sequence[Scored], terms: Sequence[QueryTerm]) -> list[Scored]:
    """Where a question only names something ("what about goals?"): what meets that, of the last answer if it does."""
    own = _own(query, terms)
    if not query.recent or not own:
        return list(statements)
    met = [_share(s, own, terms) for s in statements]
    best = max(met, default=0.0)
    naming = [s for s, m in zip(statements, met, strict=True) if m >= AS_WELL * best > 0]
    return [s for s in naming if s.chunk.id in query.recent] or naming


def _with_what_is_asked_now(
    query: Query, likely: list[Scored], left: Sequence[Scored], terms: Sequence[QueryTerm]
) -> list[Scored]:
    """The same behind the statement that meets a follow-up's own words, where what was asked before drowned it."""
    own = _own(query, terms)
    if weight_of(terms[i] for i in own) < OWN_WEIGHT:
        return likely
    best = max(left, key=lambda s: _share(s, own, terms), default=None)
    if best is None or (met := _share(best, own, terms)) < MEETS:
        return likely
    return likely if any(_share(s, own, terms) >= AS_WELL * met for s in likely) else [best, *likely]


def _own(query: Query, terms: Sequence[QueryTerm]) -> list[int]:
    """Places of the terms that a follow-up brings itself; none where nothing was carried over to it."""
    return [i for i, t in enumerate(terms) if query.carried and t.start < query.text.rfind(query.carried)]


def _share(scored: Scored, places: Sequence[int], terms: Sequence[QueryTerm]) -> float:
    """Weighted share of the terms in these places that a sentence meets, 0 to 1."""
    weight = sum(terms[i].weight for i in places) or 1.0
    return sum(terms[i].weight * scored.match.similarities[i] for i in places) / weight


def _about(query: Query, statements: Sequence[Scored], terms: Sequence[QueryTerm]) -> list[Scored]:
    """The statement that "the second one" stands for, or what answers a question about it."""
    pointed = [s for s in statements if s.chunk.id in query.about]
    quoted = [(query.text.find(s.quote.text), len(s.quote.text)) for s in pointed]
    own = [t for t in terms if not any(at <= t.start < at + length for at, length in quoted)]
    rest = [s for s in statements if s.chunk.id not in query.about]
    if weight_of(own) < OWN_WEIGHT:
        return pointed
    return _near(rest, KEEP_ABOUT)[: MOST_STATEMENTS // 2] or pointed


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


def _asks_limits(query: Query) -> bool:
    """Whether the question is about what the works don't show; else their limits are no answer to it."""
    return bool(query.references) or bool(content_stems(query.text) & LIMIT_STEMS)


def _quiet(chunk: Chunk) -> bool:
    """Whether it speaks about a work or the page, not their subject: such chunks never volunteer, only answer."""
    return is_limit(chunk) or is_record(chunk) or chunk.kind in ("page", "disclaimer")


def _unique(items: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(items))

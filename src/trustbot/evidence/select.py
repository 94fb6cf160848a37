"""A reading of sentences -> the few that will be said, in reading order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from trustbot.corpus.facts import CORPUS_RECORD
from trustbot.models.ordering import descending
from trustbot.reading.reader import Reading
from trustbot.text.inline import in_line
from trustbot.text.terms import content_stems
from trustbot.types import Chunk, Corpus, Passage, Query, Quote, Span

DEFAULTS: Mapping[str, float] = {"keep": 0.25, "list": 0.6}
"""Thresholds where the reader's model has none of its own: probability from which a sentence is said beside the best
one, and from which it counts as an item of a list that was asked for."""
BESIDE = 3
"""Sentences said beside the best one, unless a list was asked for."""
MOST = 8
"""Sentences of a list: a screen of a phone and a half."""
CLOSEST = 3
ROW = 0.75
"""Share of the best row's probability from which another row is said beside it, where no word tells them apart."""
CONTINUED = 240
"""Characters of a quote that goes on over a place where speech without marks was cut."""
READ = 6_000
"""Characters of passages whose sentences are read, of a corpus that is too large to be read whole."""
SMALL = 60_000
"""Characters up to which a corpus is read whole: a guidance, with the notes on its works."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The chosen sentences, and those that lie nearest, best first."""

    chosen: tuple[Quote, ...] = ()
    nearest: tuple[Quote, ...] = ()
    listed: bool = False
    """Whether a list was asked for, each of whose items answers."""
    best: float = 0.0
    """Probability of the best sentence, 0 to 1."""
    passages: tuple[Passage, ...] = field(default=())


def is_small(corpus: Corpus) -> bool:
    """Whether a corpus is read whole; it adds up all chunks, so ask once for each corpus."""
    return sum(len(c.text) for c in corpus.chunks) <= SMALL


def candidates(query: Query, passages: Sequence[Passage], corpus: Corpus, *, whole: bool) -> tuple[Chunk, ...]:
    """The chunks whose sentences are read: all of a small corpus, else the best passages; a named work's alone.

    The records and the help text are always among them; what stands around the guidance on its page is not, as the
    records say in sentences what it says in fragments.
    """
    found = corpus.chunks if whole else _readable(passages)
    pool = (*(c for c in found if c.kind != "page"), *corpus.records)
    if not query.references:
        return pool
    if not whole:
        pool = (*(c for c in corpus.chunks if c.kind != "page"), *corpus.records)
    return tuple(c for c in pool if corpus.number_of(c) in query.references)


def _readable(passages: Sequence[Passage]) -> tuple[Chunk, ...]:
    """The best passages within `READ` characters, at least one."""
    kept: list[Chunk] = []
    length = 0
    for passage in passages:
        length += len(passage.chunk.text)
        if kept and length > READ:
            break
        kept.append(passage.chunk)
    return tuple(kept)


def select(
    query: Query,
    reading: Reading,
    sentences: Sequence[Quote],
    corpus: Corpus,
    thresholds: Mapping[str, float] = DEFAULTS,
) -> Evidence:
    """Choose among `sentences` by what the reader made of them."""
    answers = list(reading.answers)
    scores = [_about(query, quote, answers[i]) for i, quote in enumerate(sentences)]
    meant = _works_meant(query, corpus)
    order = [i for i in descending(scores) if _allowed(sentences[i].chunk, meant, corpus)]
    if not order:
        return Evidence()
    every = [_scored(sentences[i], scores[i]) for i in order]
    ranked = _of_rows(query, _once(every, corpus))
    keep, listed = (thresholds.get(name, DEFAULTS[name]) for name in ("keep", "list"))
    likely = [q for q in ranked if q.score >= listed]
    is_list = len(likely) > 1 + BESIDE
    if is_list:
        chosen = _in_order(likely[:MOST], corpus)
    else:
        chosen = [ranked[0], *(q for q in ranked[1 : 1 + BESIDE] if q.score >= keep)]
    chosen = _with_twins(chosen, every, corpus)
    chosen = _continued(chosen, corpus)
    nearest = [q for q in ranked if q.chunk.kind == "statement"] or ranked
    return Evidence(tuple(chosen), tuple(nearest[:CLOSEST]), is_list, ranked[0].score)


def _scored(quote: Quote, score: float) -> Quote:
    return replace(quote, score=score)


def _about(query: Query, quote: Quote, answer: float) -> float:
    """The probability of a sentence; 1 where the question quotes it or points at it."""
    return 1.0 if quote.chunk.id in query.about else answer


def _allowed(chunk: Chunk, meant: frozenset[int], corpus: Corpus) -> bool:
    """Whether its sentences may answer: facts on works only on those that are meant."""
    return not is_fact(chunk, corpus) or corpus.number_of(chunk) in meant


def is_fact(chunk: Chunk, corpus: Corpus) -> bool:
    """Whether it is recorded of one source among several, so that the question must mean that source."""
    return corpus.document(chunk.document_id).kind == "record" and chunk.document_id != CORPUS_RECORD


def _works_meant(query: Query, corpus: Corpus) -> frozenset[int]:
    """The sources that a question on works is about: named, or by their year, or those last cited, or all."""
    if query.references:
        return frozenset(query.references)
    by_year = {s.number for s in corpus.sources if s.year in query.years and s.kind == "work"}
    if by_year:
        return frozenset(by_year)
    pointed = query.about or query.said
    cited = {corpus.number_of(c) for c in (*corpus.chunks, *corpus.records) if c.id in pointed} if pointed else set()
    return frozenset(cited or (s.number for s in corpus.sources))


def _in_order(quotes: Sequence[Quote], corpus: Corpus) -> list[Quote]:
    """The items of a list, the best one's heading first, each heading in the order of its document."""
    heading = quotes[0].chunk.headings
    documents = {d.id: i for i, d in enumerate(corpus.documents)}
    return sorted(quotes, key=lambda q: (q.chunk.headings != heading, documents[q.chunk.document_id], q.start))


def is_alike(one: Quote, other: Quote, corpus: Corpus) -> bool:
    """Whether two sentences are one said at two places; what an audit found of either holds for that one alone."""
    if one is other:
        return True
    if one.chunk.claim_id or other.chunk.claim_id or _words(one) != _words(other):
        return False
    first, second = (corpus.document(q.chunk.document_id).kind for q in (one, other))
    return first == second and one.chunk.kind == other.chunk.kind


def _words(quote: Quote) -> str:
    return in_line(quote).rstrip(" .").casefold()


def _once(ranked: Sequence[Quote], corpus: Corpus) -> list[Quote]:
    """The sentences without those that say again, word for word, what a better one says."""
    first: dict[str, Quote] = {}
    return [q for q in ranked if not is_alike(first.setdefault(_words(q), q), q, corpus) or first[_words(q)] is q]


def _of_rows(query: Query, ranked: Sequence[Quote]) -> list[Quote]:
    """The sentences; of one table only the rows that hold most of the words that the question shares with any row.

    Rows are near a question for their header, which is the same for all: what parts them is their own cells.
    """
    asked = content_stems(query.text)
    shared = [len(asked & content_stems(q.text)) if q.chunk.lead else 0 for q in ranked]
    most: dict[tuple[str, Span], tuple[int, float]] = {}
    for quote, count in zip(ranked, shared, strict=True):
        if quote.chunk.lead:
            place = (quote.chunk.document_id, quote.chunk.lead)
            most[place] = max(most.get(place, (0, 0.0)), (count, quote.score))
    kept = []
    for quote, count in zip(ranked, shared, strict=True):
        best, score = most[quote.chunk.document_id, quote.chunk.lead] if quote.chunk.lead else (0, 0.0)
        if count == best and (count or quote.score >= ROW * score):
            kept.append(quote)
    return kept


def _continued(chosen: Sequence[Quote], corpus: Corpus) -> list[Quote]:
    """The chosen sentences; one that was cut out of speech without marks has what follows it, in one quote."""
    kept: list[Quote] = []
    for quote in (_longer(q, corpus) for q in chosen):
        held = (k for k in kept if k.chunk.document_id == quote.chunk.document_id)
        if not any(k.start < quote.end and quote.start < k.end for k in held):
            kept.append(quote)
    return kept


def _longer(quote: Quote, corpus: Corpus) -> Quote:
    chunk, document = quote.chunk, corpus.document(quote.chunk.document_id)
    end = quote.end
    for start, stop in sorted(chunk.sentences):
        follows = chunk.start + start > end and document.text[end : chunk.start + start].strip(" ") == ""
        if follows and document.text[end - 1].isalnum() and chunk.start + stop - quote.start <= CONTINUED:
            end = chunk.start + stop
    text = document.text[quote.start : end]
    return replace(quote, end=end, text=text) if end > quote.end and document.terms.allow(text) else quote


def _with_twins(chosen: Sequence[Quote], ranked: Sequence[Quote], corpus: Corpus) -> list[Quote]:
    """The chosen sentences, and those that say the same or give the same advice elsewhere: they are said as one."""
    said = {_words(q) for q in chosen}
    again = [q for q in ranked if q not in chosen and _words(q) in said and any(is_alike(q, c, corpus) for c in chosen)]
    chosen = [*chosen, *again]
    audits = [a for q in chosen if (a := corpus.audit(q.chunk.claim_id))]
    twins = [
        q
        for q in ranked
        if q not in chosen and (a := corpus.audit(q.chunk.claim_id)) and any(a.same_advice(other) for other in audits)
    ]
    return [*chosen, *twins]

"""What is recorded: the stored sentences that answer a question about the sources.

In: the facts asked for and the works that they are asked of, the corpus. Out: verbatim quotes from the records, the
notes and the article, and what is recorded of none. This module reads no question and words nothing: what it finds is
composed, verified and numbered like any other evidence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from trustbot.notes import is_limit
from trustbot.provenance import IDENTITY, Asked
from trustbot.records import CORPUS_RECORD, HEADINGS, Fact
from trustbot.source_vocabulary import HEADINGS_OF, PHRASES, Topic
from trustbot.terms import stem, words
from trustbot.types import Chunk, Corpus, Quote, Source

OF_CORPUS: dict[Topic, tuple[Fact, ...]] = {
    "works": ("works",),
    "trial": ("trials",),
    "support": ("support",),
    "statements": ("support",),
    "limits": ("scope",),
    "scope": ("scope", "works"),
    "version": ("version",),
    "use": ("use",),
}
"""What the record of the corpus says on a topic, where all works or the guidance are meant."""
OF_EACH: dict[Topic, tuple[Fact, ...]] = {
    "works": ("title",),
    "scope": ("title",),
    "trial": ("design",),
    "support": ("statements",),
    "design": ("design",),
}
"""What is said of each work where all are meant: enough to tell them apart."""
OF_GUIDANCE: dict[Topic, tuple[Fact, ...]] = {
    "published": ("published", "updated"),
    "support": ("status",),
    "version": (),
    "works": (),
    "scope": (),
}
LOOKED_UP: dict[Topic, tuple[str, ...]] = {"reading": ("read",), "affiliation": ("university",)}
"""Words, beside a topic's own, by which a note's sentence on it is known."""
REVIEWING = frozenset({stem("reviewed"), stem("approved")})


@dataclass(frozen=True, slots=True)
class Found:
    """The quotes that answer, and what is recorded of none of the works asked about."""

    asked: Asked
    quotes: tuple[Quote, ...]
    missing: tuple[tuple[Topic, tuple[int, ...]], ...] = ()


def select(asked: Asked, corpus: Corpus) -> Found:
    """The stored sentences that answer, in reading order: of the corpus as a whole first, then work by work."""
    sources = [s for n in asked.numbers for s in [corpus.numbered(n)] if s is not None]
    whole = asked.every or any(s.kind == "guidance" for s in sources)
    about_all = {topic: _of_corpus(topic, corpus) if whole else [] for topic in asked.topics}
    by_work = {(s.number, topic): _of_source(topic, s, asked, corpus) for s in sources for topic in asked.topics}
    missing = []
    for topic in () if asked.topics == IDENTITY else asked.topics:
        without = tuple(s.number for s in sources if not by_work[s.number, topic])
        if without and not about_all[topic]:
            missing.append((topic, without))
    chunks = [c for found in (*about_all.values(), *by_work.values()) for c in found]
    return Found(asked, tuple(dict.fromkeys(map(_whole, chunks))), tuple(missing))


def _of_corpus(topic: Topic, corpus: Corpus) -> list[Chunk]:
    """What is said of all works together; on its use, the guidance's own disclaimer with it."""
    record = [c for c in corpus.records if c.document_id == CORPUS_RECORD]
    own = [c for c in corpus.chunks if c.kind == "disclaimer"] if topic == "use" else []
    return [*_under(OF_CORPUS.get(topic, ()), record), *own]


def _of_source(topic: Topic, source: Source, asked: Asked, corpus: Corpus) -> list[Chunk]:
    """What is said of one work: by its record, by the article that cites it, by the note on it."""
    record = [c for c in corpus.records if c.source_id == source.id and c.document_id != CORPUS_RECORD]
    if topic == "limits" and source.kind == "work" and (limits := _limits(source, corpus)):
        return limits[:1] if asked.every else limits
    found = _under(_facts(topic, source, asked), record)
    if topic == "status":
        page = HEADINGS["page"]
        found = [c for c in found if c.headings[-1] != page or _stems(c.text) & REVIEWING]
    if topic == "statements" and not asked.count and not asked.every:
        found += [c for c in corpus.chunks if c.kind == "statement" and c.reference == source.number]
    if topic not in HEADINGS_OF or topic == "reading":
        found = _looked_up(topic, source, corpus) or found
    return found


def _facts(topic: Topic, source: Source, asked: Asked) -> tuple[Fact, ...]:
    """The headings of a source's record that answer a topic."""
    if asked.topics == IDENTITY:
        return HEADINGS_OF[topic][:1]
    special = OF_GUIDANCE if source.kind == "guidance" else OF_EACH if asked.every else {}
    return special.get(topic, HEADINGS_OF.get(topic, ()))


def _under(facts: Iterable[Fact], chunks: Iterable[Chunk]) -> list[Chunk]:
    """The sentences under the headings of these facts, in the order of the facts."""
    held = list(chunks)
    return [c for fact in facts for c in held if c.headings[-1] == HEADINGS[fact]]


def _limits(source: Source, corpus: Corpus) -> list[Chunk]:
    return [c for c in _notes(source, corpus) if is_limit(c)]


def _looked_up(topic: Topic, source: Source, corpus: Corpus) -> list[Chunk]:
    """The last sentence of the work's note that holds a word for the topic; the record has no heading for it."""
    own = {stem(phrase) for phrase in (*PHRASES[topic], *LOOKED_UP.get(topic, ())) if " " not in phrase}
    if topic == "reading":  # an abstract is named in many sentences; what was read, in one
        own.discard(stem("abstract"))
    return [c for c in _notes(source, corpus) if _stems(c.text) & own][-1:]


def _notes(source: Source, corpus: Corpus) -> list[Chunk]:
    notes = {d.id for d in corpus.documents if d.kind == "note" and d.source_id == source.id}
    return [c for c in corpus.chunks if c.document_id in notes]


def _stems(text: str) -> set[str]:
    return {stem(word) for word, _, _ in words(text)}


def _whole(chunk: Chunk) -> Quote:
    return Quote(chunk, chunk.start, chunk.end, chunk.text)

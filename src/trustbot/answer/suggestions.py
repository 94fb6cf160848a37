"""What to ask next: questions that people ask, each tried when the corpus was ingested; and the topics that it covers.

Nothing is worded here. A topic is a heading, named where a question is not answered; a suggestion is a question of the
corpus's bank, offered for who is asking and for what was said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trustbot.query.personas import Personas
from trustbot.types import Chunk, Corpus, Quote, Suggestion, Turn

OPENING = 6
"""Suggestions to begin with."""
OFFERED = 3
"""Suggestions after an answer, and topics named instead of one."""
NEAR = 2 * OFFERED
"""Suggestions near what was said among which those come first that suit who is asking."""
MOST_TOPICS = 40
"""Topics kept of a corpus that has more."""
OTHERS = 3
"""Rank of a suggestion in the words of somebody else than who is asking."""
UNTIED = 4
"""How far a suggestion is from what was said, where nothing ties it to that; see `_distance`."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A heading, and the ids of the chunks under it."""

    name: str
    chunk_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Had:
    """What a conversation has had: the questions as typed, and everything that was said."""

    asked: tuple[str, ...] = ()
    said: str = ""


def had(history: Sequence[Turn], question: str, answer: str = "") -> Had:
    """What a conversation has had once `question` has its `answer`."""
    asked = (*(t.text for t in history if t.role == "user"), question)
    return Had(asked, "\n".join([*(t.text for t in history if t.role == "assistant"), answer]))


class Suggestions:
    """The suggestions and topics of one corpus."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._topics = topics_of(corpus)
        self._personas = Personas(corpus)
        self._known = {_plain(s.question) for s in corpus.suggestions}
        self._chunks = {c.id: c for c in (*corpus.chunks, *corpus.records)}
        self._texts = {s.question: tuple(self._said_as(i) for i in s.cites) for s in corpus.suggestions}

    def is_known(self, question: str) -> bool:
        """Whether a question is one of the suggestions, word for word."""
        return _plain(question) in self._known

    def nearest(self, ranked: Sequence[Quote]) -> tuple[str, ...]:
        """Names of the topics of `ranked` sentences, the nearest first, and then of others."""
        order = {chunk_id: place for place, chunk_id in enumerate(dict.fromkeys(q.chunk.id for q in ranked))}
        near = sorted(self._topics, key=lambda t: min((order.get(i, len(order)) for i in t.chunk_ids), default=0))
        return tuple(topic.name for topic in near[:OFFERED])

    def openings(self, persona: str | None = None) -> tuple[str, ...]:
        """Questions to begin with, on the guidance where there is one: those that suit `persona`, the broadest of each
        topic."""
        every = self._corpus.suggestions
        guided = [s for s in every if any(self._chunks[i].kind == "statement" for i in s.about)]
        broad = sorted(guided if len(guided) >= OPENING else every, key=lambda s: -len(s.about))
        return tuple(s.question for s in self._spread(self._suited(broad, persona), OPENING))

    def after(
        self, ranked: Sequence[Quote], shown: set[str], had: Had = Had(), persona: str | None = None
    ) -> tuple[str, ...]:
        """Questions near `ranked` sentences, whose answers say something that no answer has said; `shown` are the
        chunks that the last one cited. Where too few are near, others fill up."""
        new = [s for s in self._new(had) if not set(s.about) <= shown]
        near = {s.question: self._distance(s, ranked) for s in new}
        tied = [s for s in new if near[s.question][0] < UNTIED]
        # Somebody else's words only for want of others.
        tied.sort(key=lambda s: (self._rank(s, persona) == OTHERS, near[s.question]))
        others = [s for s in self._suited(new, persona) if near[s.question][0] >= UNTIED]
        chosen = [*self._suited(tied[:NEAR], persona)[:OFFERED], *self._spread(others, OFFERED)]
        return tuple(s.question for s in chosen[:OFFERED])

    def _new(self, had: Had) -> Iterable[Suggestion]:
        """The suggestions that were not asked yet, and whose answer would say something that was not said."""
        asked = {_plain(question) for question in had.asked}
        for suggestion in self._corpus.suggestions:
            unsaid = (not any(text in had.said for text in texts) for texts in self._texts[suggestion.question])
            if _plain(suggestion.question) not in asked and any(unsaid):
                yield suggestion

    def _said_as(self, chunk_id: str) -> tuple[str, ...]:
        """The words of a chunk, and of those that give the same advice: an answer says them once."""
        own = self._corpus.audit(self._chunks[chunk_id].claim_id)
        audits = ((c, self._corpus.audit(c.claim_id)) for c in self._corpus.chunks if own)
        twins = (c for c, audit in audits if own and audit and audit.same_advice(own))
        return tuple(" ".join(c.text.split()).rstrip(" .") for c in (self._chunks[chunk_id], *twins))

    def _distance(self, suggestion: Suggestion, ranked: Sequence[Quote]) -> tuple[int, int]:
        """How far a suggestion is from sentences: the closest tie, 0 to UNTIED, and the place of the sentence."""
        about = [self._chunks[i] for i in suggestion.about]
        ties = ((self._tie(own, quote.chunk), place) for place, quote in enumerate(ranked) for own in about)
        return min(ties, default=(UNTIED, 0))

    def _tie(self, one: Chunk, other: Chunk) -> int:
        """The same sentence, the same matter, the same heading, the same work, or nothing."""
        if one.id == other.id:
            return 0
        first, second = self._corpus.audit(one.claim_id), self._corpus.audit(other.claim_id)
        if first and second and first.same_matter(second):
            return 1
        if (one.document_id, one.headings) == (other.document_id, other.headings):
            return 2
        return 3 if self._corpus.number_of(one) == self._corpus.number_of(other) else UNTIED

    def _suited(self, suggestions: Iterable[Suggestion], persona: str | None) -> list[Suggestion]:
        """Those first that `persona` would word so, then those on what concerns them; last, other people's words."""
        return sorted(suggestions, key=lambda s: self._rank(s, persona))

    def _rank(self, suggestion: Suggestion, persona: str | None) -> int:
        if suggestion.personas:
            return 0 if persona in suggestion.personas else OTHERS
        about = (self._chunks[i] for i in suggestion.about)
        return 1 if persona and any(self._personas.concerns(persona, chunk) for chunk in about) else 2

    def _spread(self, suggestions: Sequence[Suggestion], count: int) -> list[Suggestion]:
        """`count` of them, no two under one heading as long as there are others."""
        firsts: dict[tuple[str, ...], Suggestion] = {}
        for suggestion in suggestions:
            firsts.setdefault(self._chunks[suggestion.about[0]].headings, suggestion)
        apart = list(firsts.values())
        return [*apart, *(s for s in suggestions if s not in apart)][:count]


def topics_of(corpus: Corpus) -> tuple[Topic, ...]:
    """The headings of a corpus with statements under them; in one without statements, those of all its text."""
    has_statements = any(c.kind == "statement" and c.headings for c in corpus.chunks)
    several = not has_statements and len({c.document_id for c in corpus.chunks}) > 1
    titles = {d.id: " ".join(d.title.split()) for d in corpus.documents}
    found: dict[str, set[str]] = {}
    gone = {s.id for s in corpus.sources if s.retraction}
    past = {d.id for d in corpus.documents if d.standing.replaced_by or d.source_id in gone}
    for chunk in corpus.chunks:
        if chunk.document_id in past:
            continue
        if has_statements and not (chunk.kind == "statement" and chunk.headings):
            continue
        title = titles[chunk.document_id]
        heading = " ".join(chunk.headings[-1].split()) if chunk.headings else title
        # The same heading may stand in several documents.
        found.setdefault(f"{title}: {heading}" if several and heading != title else heading, set()).add(chunk.id)
    return tuple(Topic(name, frozenset(ids)) for name, ids in list(found.items())[:MOST_TOPICS])


def _plain(question: str) -> str:
    return " ".join(question.split()).casefold()

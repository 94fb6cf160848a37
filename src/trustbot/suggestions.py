"""What to ask next: the topics that a corpus covers, and questions about them that it answers.

In: the corpus and a query. Out: topics near a question that can't be answered, and follow-up questions after one that
was. A topic is a heading of the guidance with statements under it, so a question about it is answered by its list. This
module searches nothing and knows no screen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trustbot.matching import Matcher
from trustbot.types import Corpus

OFFERED = 3
"""Suggestions shown at a time."""
MOST_TOPICS = 40
"""Topics kept: each is asked once when a server starts, to offer only those that are answered."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A heading that has statements under it."""

    name: str
    chunk_ids: frozenset[str]

    @property
    def question(self) -> str:
        """A question that the topic's list answers."""
        return f"What does the guidance say about “{self.name}”?"


class Suggestions:
    """The topics of one corpus. `accepts` decides which of their questions may be offered."""

    def __init__(self, corpus: Corpus, matcher: Matcher) -> None:
        self._matcher = matcher
        self._topics = _topics(corpus)

    @property
    def topics(self) -> tuple[Topic, ...]:
        """Every topic, in the order of the document."""
        return self._topics

    def keep(self, accepts: Callable[[str], bool]) -> None:
        """Drop every topic whose question is not accepted, so that none is offered that wouldn't be answered."""
        self._topics = tuple(t for t in self._topics if accepts(t.question))

    def nearest(self, text: str) -> tuple[str, ...]:
        """Names of the covered topics nearest to `text`, nearest first."""
        return tuple(t.name for t in self._ranked(text)[:OFFERED])

    def questions(self, names: Sequence[str]) -> tuple[str, ...]:
        """A question for each of the named topics."""
        return tuple(t.question for name in names for t in self._topics if t.name == name)

    def after(self, text: str, shown: set[str], persona: str | None = None) -> tuple[str, ...]:
        """Questions on topics near `text` that an answer showing the chunks `shown` has not covered."""
        new = [t for t in self._ranked(text) if not t.chunk_ids & shown]
        return tuple(t.question for t in new[:OFFERED])

    def _ranked(self, text: str) -> list[Topic]:
        terms = self._matcher.query_terms(text)
        matches = self._matcher.match(text, terms, [t.name for t in self._topics])
        order = sorted(range(len(self._topics)), key=lambda i: (-matches[i].score, i))
        return [self._topics[i] for i in order]


def _topics(corpus: Corpus) -> tuple[Topic, ...]:
    found: dict[str, set[str]] = {}
    for chunk in corpus.chunks:
        if chunk.kind == "statement" and chunk.headings:
            found.setdefault(chunk.headings[-1], set()).add(chunk.id)
    if not found:  # a corpus of documents without statements: its headings, or else its documents
        for chunk in corpus.chunks:
            name = chunk.headings[-1] if chunk.headings else corpus.document(chunk.document_id).title
            found.setdefault(name, set()).add(chunk.id)
    return tuple(Topic(name, frozenset(ids)) for name, ids in list(found.items())[:MOST_TOPICS])

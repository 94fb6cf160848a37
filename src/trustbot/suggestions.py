"""What to ask next: the topics that a corpus covers, and questions about them that it answers.

In: the corpus and a query. Out: topics near a question that can't be answered, and follow-up questions after one that
was. A topic is a heading of the guidance with statements under it, so a question about it is answered by its list. This
module searches nothing and knows no screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from itertools import islice

from trustbot.matching import Matcher
from trustbot.types import Corpus

OFFERED = 3
"""Suggestions shown at a time."""
MOST_TOPICS = 40
"""Topics kept of a corpus that has more."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A heading that has statements under it."""

    name: str
    chunk_ids: frozenset[str]

    @property
    def question(self) -> str:
        """A question that the topic's list answers."""
        return f"Tell me about {_as_running_text(self.name)}."


class Suggestions:
    """The topics of one corpus. Each question is put to `accepts` before it is offered, once."""

    def __init__(self, corpus: Corpus, matcher: Matcher, accepts: Callable[[str], bool]) -> None:
        self._matcher = matcher
        self._topics = _topics(corpus)
        self._accepts = cache(accepts)

    @property
    def topics(self) -> tuple[Topic, ...]:
        """Every topic, in the order of the document."""
        return self._topics

    def nearest(self, text: str) -> tuple[Topic, ...]:
        """The covered topics nearest to `text`, nearest first."""
        return self._offered(self._ranked(text))

    def after(self, text: str, shown: set[str]) -> tuple[str, ...]:
        """Questions on topics near `text` that an answer showing the chunks `shown` has not covered."""
        return tuple(t.question for t in self._offered(t for t in self._ranked(text) if not t.chunk_ids & shown))

    def _offered(self, topics: Iterable[Topic]) -> tuple[Topic, ...]:
        return tuple(islice((t for t in topics if self._accepts(t.question)), OFFERED))

    def _ranked(self, text: str) -> list[Topic]:
        terms = self._matcher.query_terms(text)
        matches = self._matcher.match(text, terms, [t.name for t in self._topics])
        order = sorted(range(len(self._topics)), key=lambda i: (-matches[i].score, i))
        return [self._topics[i] for i in order]


def _as_running_text(heading: str) -> str:
    """A heading set in title case, in lower case; one that isn't may hold names, and stays as it is."""
    long = [word for word in heading.split() if len(word) > 3 and word[0].isalpha()]
    return heading.lower() if len(long) > 1 and all(word[0].isupper() for word in long) else heading


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

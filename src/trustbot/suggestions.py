"""What to ask next: the topics that a corpus covers, and questions about them that it answers.

In: the corpus, a query, what the conversation has had, who is asking. Out: topics near a question that can't be
answered, and follow-up questions after one that was. A topic is a heading of the guidance with statements under it, so
a question about it is answered by its list. This module searches nothing and knows no screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice

from trustbot import wording
from trustbot.matching import Matcher
from trustbot.ordering import descending
from trustbot.personas import Personas
from trustbot.types import Corpus, Turn

OFFERED = 3
"""Suggestions shown at a time."""
NEAR = 2 * OFFERED
"""Topics near a question among which those come first that concern who is asking."""
MOST_TOPICS = 40
"""Topics kept of a corpus that has more."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A heading that has statements under it; `form` is how it is asked about."""

    name: str
    chunk_ids: frozenset[str]
    form: str = wording.TOPIC_OF_GUIDANCE

    @property
    def question(self) -> str:
        """A question that the topic's list answers; a heading that is a question asks itself."""
        name = " ".join(self.name.split())
        return name if name.endswith("?") else self.form.format(topic=_as_running_text(name).rstrip(" .:"))


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
    """The topics of one corpus. Each question is put to `shows` before it is offered, once.

    `shows` gives the sentences that a question's answer would show, as they would stand there; none where it would be
    declined.
    """

    def __init__(self, corpus: Corpus, matcher: Matcher, shows: Callable[[str], frozenset[str]]) -> None:
        self._matcher = matcher
        self._topics = topics_of(corpus)
        self._questions = {_plain(t.question) for t in self._topics}
        self._personas = Personas(corpus)
        self._shows = cache(shows)

    @property
    def topics(self) -> tuple[Topic, ...]:
        """Every topic, in the order of the document."""
        return self._topics

    def holds(self, question: str) -> bool:
        """Whether a question is one of those offered, which stand alone whatever came before."""
        return _plain(question) in self._questions

    def nearest(self, text: str, had: Had = Had(), persona: str | None = None) -> tuple[Topic, ...]:
        """The covered topics nearest to `text`, nearest first, or first those that concern `persona`.

        Topics that the conversation has had are left out, unless it has had all of them.
        """
        ranked = self._ranked(text)
        return self._offered((t for t in ranked if self._is_new(t, had)), persona) or self._offered(ranked, persona)

    def after(
        self,
        text: str,
        shown: set[str],
        had: Had = Had(),
        persona: str | None = None,
    ) -> tuple[str, ...]:
        """Questions on topics near `text` of which an answer showed none of the chunks, and the rest not all."""
        left = (t for t in self._ranked(text) if not t.chunk_ids & shown and self._is_new(t, had))
        return tuple(t.question for t in self._offered(left, persona))

    def _is_new(self, topic: Topic, had: Had) -> bool:
        """Whether the topic was not asked about yet, and its answer would say something that was not said."""
        if _plain(topic.question) in map(_plain, had.asked):
            return False
        return any(sentence not in had.said for sentence in self._shows(topic.question))

    def _offered(self, topics: Iterable[Topic], persona: str | None) -> tuple[Topic, ...]:
        near = tuple(islice((t for t in topics if self._shows(t.question)), NEAR if persona else OFFERED))
        return self._personas.topics(persona, near, lambda topic: topic.chunk_ids)[:OFFERED]

    def _ranked(self, text: str) -> list[Topic]:
        terms = self._matcher.query_terms(text)
        matches = self._matcher.match(text, terms, [t.name for t in self._topics])
        return [self._topics[i] for i in descending([m.score for m in matches])]


def starters_for(persona: str | None, topics: Sequence[Topic], corpus: Corpus) -> tuple[Topic, ...]:
    """Topics to open with, in the order for `persona`; in the given order for nobody in particular."""
    return Personas(corpus).topics(persona, topics, lambda topic: topic.chunk_ids)


def topics_of(corpus: Corpus) -> tuple[Topic, ...]:
    """The topics of a corpus, in the order of its documents."""
    found: dict[str, set[str]] = {}
    for chunk in corpus.chunks:
        if chunk.kind == "statement" and chunk.headings:
            found.setdefault(chunk.headings[-1], set()).add(chunk.id)
    if not found:  # a corpus of documents without statements: its headings, or else its documents
        for chunk in corpus.chunks:
            name = chunk.headings[-1] if chunk.headings else corpus.document(chunk.document_id).title
            found.setdefault(name, set()).add(chunk.id)
    guided = any(source.kind == "guidance" for source in corpus.sources)
    form = wording.TOPIC_OF_GUIDANCE if guided else wording.TOPIC_OF_SOURCES
    return tuple(Topic(name, frozenset(ids), form) for name, ids in list(found.items())[:MOST_TOPICS])


def _as_running_text(heading: str) -> str:
    """A heading set in title case, in lower case; one that isn't may hold names, and stays as it is."""
    words = heading.split()
    long = [word for word in words if len(word) > 3 and word[0].isalpha()]
    if len(long) < 2 or not all(word[0].isupper() for word in long):
        return heading
    return " ".join(word if sum(map(str.isupper, word)) > 1 and "-" not in word else word.lower() for word in words)


def _plain(question: str) -> str:
    return " ".join(question.split()).casefold()

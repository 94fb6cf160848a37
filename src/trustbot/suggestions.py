"""What to ask next: the topics that a corpus covers, and a question about each that its list answers.

A topic is a heading of the guidance with statements under it. Its question is answered with that list, wherever it is
asked, so nothing has to be tried before it is offered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from trustbot import wording
from trustbot.personas import Personas
from trustbot.types import Chunk, Corpus, Quote, Turn

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
    path: tuple[str, ...] = ()
    """The heading with those above it."""

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
    """The topics of one corpus."""

    def __init__(self, corpus: Corpus) -> None:
        self._topics = topics_of(corpus)
        self._by_question: Mapping[str, Topic] = {_plain(t.question): t for t in self._topics}
        self._personas = Personas(corpus)
        texts = {c.id: " ".join(c.text.split()).rstrip(" .") for c in corpus.chunks}
        self._said = {t.question: tuple(texts[i] for i in t.chunk_ids) for t in self._topics}

    @property
    def topics(self) -> tuple[Topic, ...]:
        """Every topic, in the order of the document."""
        return self._topics

    def topic(self, question: str) -> Topic | None:
        """The topic whose question this is, word for word; None for any other question."""
        return self._by_question.get(_plain(question))

    def nearest(self, ranked: Sequence[Quote], had: Had = Had(), persona: str | None = None) -> tuple[Topic, ...]:
        """Topics of `ranked` sentences first, then the others; those the conversation has had only for want of more."""
        order = self._ranked(ranked)
        return self._offered(self._new(order, had), persona) or self._offered(order, persona)

    def after(
        self, ranked: Sequence[Quote], shown: set[str], had: Had = Had(), persona: str | None = None
    ) -> tuple[str, ...]:
        """Questions on topics near `ranked` of which an answer showed none of the chunks, and the rest not all."""
        left = (t for t in self._new(self._ranked(ranked), had) if not t.chunk_ids & shown)
        return tuple(t.question for t in self._offered(left, persona))

    def _new(self, topics: Iterable[Topic], had: Had) -> Iterator[Topic]:
        """The topics that were not asked about yet, and whose answer would say something that was not said."""
        asked = {_plain(question) for question in had.asked}
        for topic in topics:
            if _plain(topic.question) not in asked and any(s not in had.said for s in self._said[topic.question]):
                yield topic

    def _offered(self, topics: Iterable[Topic], persona: str | None) -> tuple[Topic, ...]:
        near = tuple(islice(topics, NEAR if persona else OFFERED))
        return self._personas.topics(persona, near, lambda topic: topic.chunk_ids)[:OFFERED]

    def _ranked(self, ranked: Sequence[Quote]) -> list[Topic]:
        order = {chunk_id: place for place, chunk_id in enumerate(dict.fromkeys(q.chunk.id for q in ranked))}
        return sorted(self._topics, key=lambda t: min((order.get(i, len(order)) for i in t.chunk_ids), default=0))


def starters_for(persona: str | None, topics: Sequence[Topic], corpus: Corpus) -> tuple[Topic, ...]:
    """Topics to open with, in the order for `persona`; in the given order for nobody in particular."""
    return Personas(corpus).topics(persona, topics, lambda topic: topic.chunk_ids)


def topics_of(corpus: Corpus) -> tuple[Topic, ...]:
    """The topics of a corpus, in the order of its documents."""
    guided = any(source.kind == "guidance" for source in corpus.sources)
    form = wording.TOPIC_OF_GUIDANCE if guided else wording.TOPIC_OF_SOURCES
    found: dict[str, set[str]] = {}
    paths: dict[str, tuple[str, ...]] = {}
    for chunk in _current(corpus):
        if chunk.kind == "statement" and chunk.headings:
            found.setdefault(chunk.headings[-1], set()).add(chunk.id)
            paths.setdefault(chunk.headings[-1], chunk.headings)
    if not found:
        return _sections(corpus, form)[:MOST_TOPICS]
    return tuple(Topic(name, frozenset(ids), form, paths[name]) for name, ids in list(found.items())[:MOST_TOPICS])


def _current(corpus: Corpus) -> Iterator[Chunk]:
    """The chunks of the documents that nothing has replaced."""
    past = {d.id for d in corpus.documents if d.standing.replaced_by}
    return (chunk for chunk in corpus.chunks if chunk.document_id not in past)


def _sections(corpus: Corpus, form: str) -> tuple[Topic, ...]:
    """The topics of documents without statements: each section by its heading, what has none by its document.

    Of several documents the question names the one that it is about, as the same heading may stand in others.
    """
    found: dict[tuple[str, tuple[str, ...]], set[str]] = {}
    for chunk in _current(corpus):
        found.setdefault((chunk.document_id, chunk.headings), set()).add(chunk.id)
    alone = len({document for document, _ in found}) == 1
    topics = []
    for (document, path), ids in found.items():
        title = " ".join(corpus.document(document).title.split())
        heading = " ".join(path[-1].split()) if path else title
        if (alone and path) or heading.endswith("?"):
            topics.append(Topic(heading, frozenset(ids), form, path))
        elif heading == title:
            topics.append(Topic(title, frozenset(ids), _fixed(wording.DOCUMENT.format(document=title)), path))
        else:
            asked = wording.TOPIC_OF_DOCUMENT.format(document=title, topic=heading)
            topics.append(Topic(f"{title}: {heading}", frozenset(ids), _fixed(asked), path))
    return tuple(topics)


def _fixed(question: str) -> str:
    """A form that asks this question, whatever the topic."""
    return question.replace("{", "{{").replace("}", "}}")


def _as_running_text(heading: str) -> str:
    """A heading set in title case, in lower case; one that isn't may hold names, and stays as it is."""
    words = heading.split()
    long = [word for word in words if len(word) > 3 and word[0].isalpha()]
    if len(long) < 2 or not all(word[0].isupper() for word in long):
        return heading
    return " ".join(word if sum(map(str.isupper, word)) > 1 and "-" not in word else word.lower() for word in words)


def _plain(question: str) -> str:
    return " ".join(question.split()).casefold()

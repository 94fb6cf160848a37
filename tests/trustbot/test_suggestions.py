"""What to ask next: topics of the guidance, the nearest first, none that wouldn't be answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from trustbot.matching import Matcher
from trustbot.suggestions import OFFERED, Suggestions
from trustbot.terms import Vocabulary
from trustbot.types import Answer

Make = Callable[..., Suggestions]


@pytest.fixture(scope="module")
def make(index: Any, embedder: Any) -> Make:
    corpus = index.corpus
    matcher = Matcher(embedder, [c.embedded_text for c in corpus.chunks], Vocabulary(corpus.vocabulary))
    return lambda accepts=lambda _: True, **changes: Suggestions(replace(corpus, **changes), matcher, accepts)


def test_a_topic_is_a_heading_with_statements(make: Make, index: Any) -> None:
    headings = {c.headings[-1] for c in index.corpus.chunks if c.kind == "statement"}
    topics = make().topics
    assert {t.name for t in topics} == headings
    assert sum(len(t.chunk_ids) for t in topics) == 30
    assert topics[0].name.startswith("The Importance")


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("What hinders trust?", "Challenges in Building Trust"),
        ("How do I watch a resident?", "Direct Observation"),
        ("Does feedback improve?", "Enhanced Feedback and Learning"),
    ],
)
def test_the_nearest_topics_come_first(make: Make, question: str, topic: str) -> None:
    nearest = make().nearest(question)
    assert topic in [t.name for t in nearest]
    assert len(nearest) == OFFERED


def test_a_topics_question_names_it(make: Make) -> None:
    for topic in make().topics:
        assert topic.name.lower() in topic.question.lower()


def test_what_was_shown_is_not_offered_again(make: Make) -> None:
    suggestions = make()
    topic = suggestions.topics[3]
    assert topic.question in suggestions.after(topic.name, set())
    assert topic.question not in suggestions.after(topic.name, {next(iter(topic.chunk_ids))})
    everything = {i for t in suggestions.topics for i in t.chunk_ids}
    assert suggestions.after(topic.name, everything) == ()


def test_a_topic_that_would_not_be_answered_is_never_offered(make: Make) -> None:
    kept = make().topics[1]
    picky = make(lambda question: question == kept.question)
    assert picky.nearest("anything about trust") == (kept,)
    assert picky.after("anything about trust", set()) == (kept.question,)
    silent = make(lambda _: False)
    assert silent.nearest("anything") == ()
    assert silent.after("anything", set()) == ()


def test_a_topic_is_tried_once(make: Make) -> None:
    asked: list[str] = []
    suggestions = make(lambda question: not asked.append(question))
    for _ in range(3):
        suggestions.nearest("feedback")
        suggestions.after("feedback", set())
    assert len(asked) == len(set(asked))
    assert len(asked) >= OFFERED


def test_a_corpus_without_statements_offers_its_headings_or_its_documents(make: Make, index: Any) -> None:
    corpus = index.corpus
    notes = tuple(c for c in corpus.chunks if c.kind == "prose" and c.document_id != "article")
    assert {t.name for t in make(chunks=notes).topics} == {c.headings[-1] for c in notes}
    bare = tuple(replace(c, headings=()) for c in notes)
    titles = {corpus.document(c.document_id).title for c in notes}
    assert {t.name for t in make(chunks=bare).topics} == titles


def test_every_follow_up_that_is_offered_is_answered(bot: Any, talk: Any) -> None:
    offered: set[str] = set()
    for question in ("How does direct observation build trust?", "What dose of amoxicillin is right?", "hello"):
        answer: Answer = talk(question)
        assert len(answer.followups) <= OFFERED
        assert answer.abstained is bool(answer.nearest)
        offered |= set(answer.followups)
    assert offered
    assert all(not bot.ask(question).abstained for question in offered)

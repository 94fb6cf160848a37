"""What to ask next: topics of the guidance, the nearest first, none that wouldn't be answered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from trustbot.matching import Matcher
from trustbot.suggestions import OFFERED, Suggestions
from trustbot.terms import Vocabulary
from trustbot.types import Answer


@pytest.fixture
def suggestions(index: Any, embedder: Any) -> Suggestions:
    corpus = index.corpus
    texts = [c.embedded_text for c in corpus.chunks]
    return Suggestions(corpus, Matcher(embedder, texts, Vocabulary(corpus.vocabulary)))


def test_a_topic_is_a_heading_with_statements(suggestions: Suggestions, index: Any) -> None:
    headings = {c.headings[-1] for c in index.corpus.chunks if c.kind == "statement"}
    assert {t.name for t in suggestions.topics} == headings
    assert sum(len(t.chunk_ids) for t in suggestions.topics) == 30
    assert suggestions.topics[0].name.startswith("The Importance")


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("What hinders trust?", "Challenges in Building Trust"),
        ("How do I watch a resident?", "Direct Observation"),
        ("Does feedback improve?", "Enhanced Feedback and Learning"),
    ],
)
def test_the_nearest_topics_come_first(suggestions: Suggestions, question: str, topic: str) -> None:
    nearest = suggestions.nearest(question)
    assert topic in nearest
    assert len(nearest) == OFFERED


def test_a_topics_question_names_it(suggestions: Suggestions) -> None:
    names = suggestions.nearest("feedback")
    questions = suggestions.questions(names)
    assert all(name in question for name, question in zip(names, questions, strict=True))
    assert suggestions.questions(["No such topic"]) == ()


def test_what_was_shown_is_not_offered_again(suggestions: Suggestions) -> None:
    first = suggestions.topics[3]
    offered = suggestions.after(first.name, set())
    assert first.question in offered
    assert first.question not in suggestions.after(first.name, {next(iter(first.chunk_ids))})
    everything = {i for t in suggestions.topics for i in t.chunk_ids}
    assert suggestions.after(first.name, everything) == ()


def test_a_topic_that_would_not_be_answered_is_dropped(suggestions: Suggestions) -> None:
    kept = suggestions.topics[1].name
    suggestions.keep(lambda question: kept in question)
    assert [t.name for t in suggestions.topics] == [kept]
    assert suggestions.nearest("anything about trust") == (kept,)
    suggestions.keep(lambda _: False)
    assert suggestions.nearest("anything") == ()
    assert suggestions.after("anything", set()) == ()


def test_a_corpus_without_statements_offers_its_headings_or_its_documents(index: Any, embedder: Any) -> None:
    corpus = index.corpus
    notes = tuple(c for c in corpus.chunks if c.kind == "prose" and c.document_id != "article")
    matcher = Matcher(embedder, [c.text for c in notes], Vocabulary({}))
    headed = Suggestions(replace(corpus, chunks=notes), matcher)
    assert {t.name for t in headed.topics} == {c.headings[-1] for c in notes}
    bare = tuple(replace(c, headings=()) for c in notes)
    titles = {corpus.document(c.document_id).title for c in notes}
    assert {t.name for t in Suggestions(replace(corpus, chunks=bare), matcher).topics} == titles


def test_every_follow_up_that_is_offered_is_answered(bot: Any, talk: Any) -> None:
    offered: set[str] = set()
    for question in ("How does direct observation build trust?", "What dose of amoxicillin is right?", "hello"):
        answer: Answer = talk(question)
        assert len(answer.followups) <= OFFERED
        assert answer.abstained is bool(answer.nearest)
        offered |= set(answer.followups)
    assert offered
    assert all(not bot.ask(question).abstained for question in offered)

"""Questions that compare works: a row for each, with its own words about the point or an honest silence."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trustbot import comparison, followup
from trustbot.comparison import Compared
from trustbot.matching import Matcher
from trustbot.terms import Vocabulary
from trustbot.types import Corpus, Query, Turn

FEEDBACK = "Farrell's study describes feedback whose focus was negotiated as safer and more effective [2]."


@pytest.fixture(scope="module")
def corpus(index: Any) -> Corpus:
    found: Corpus = index.corpus
    return found


@pytest.fixture(scope="module")
def matcher(corpus: Corpus, embedder: Any) -> Matcher:
    return Matcher(embedder, [c.embedded_text for c in corpus.chunks], Vocabulary(corpus.vocabulary))


def find(corpus: Corpus, matcher: Matcher, *turns: str) -> Compared | None:
    history = tuple(Turn("assistant" if i % 2 else "user", text) for i, text in enumerate(turns[:-1]))
    query = followup.condense(turns[-1], history, corpus.chunks)
    return comparison.find(turns[-1], query, history, corpus, matcher)


@pytest.mark.parametrize(
    ("question", "asked", "silent"),
    [
        ("Which studies talk about careers?", (1, 2, 3, 4, 5), (1, 2, 4, 5)),
        ("What does each study say about pharmacy?", (1, 2, 3, 4, 5), (1, 2, 3, 4)),
        ("Do any of the papers mention burnout?", (1, 2, 3, 4, 5), (1, 2, 3, 4, 5)),
        ("Compare references 2 and 4 on direct observation", (2, 4), (2,)),
        ("how do references 3 and 4 differ on trust?", (3, 4), ()),
        ("Do the studies agree on emotional intelligence?", (1, 2, 3, 4, 5), (2, 3, 4, 5)),
        ("Is there a disagreement between the sources about goals?", (1, 2, 3, 4, 5), (1, 3, 4, 5)),
    ],
)
def test_who_speaks_and_who_is_silent(
    corpus: Corpus, matcher: Matcher, question: str, asked: tuple[int, ...], silent: tuple[int, ...]
) -> None:
    found = find(corpus, matcher, question)
    assert found is not None
    assert (found.point.numbers, found.silent) == (asked, silent)
    for number, quotes in found.said:
        assert len(quotes) <= comparison.MOST
        for quote in quotes:
            assert corpus.number_of(quote.chunk) == number, "a row quotes nobody but its own work"
            assert corpus.document(quote.chunk.document_id).kind == "note"


@pytest.mark.parametrize(
    "question",
    [
        "How does feedback work?",
        "What does reference 5 say?",
        "What do references 4 and 5 say about supervising learners?",
        "What is the difference between a preceptor and a supervisor?",
        "Which is better, one-to-one teaching or several students with one preceptor?",
        "Do preceptors and residents agree on goals?",
        "What do the studies say about feedback?",
        "Does trust improve patient outcomes?",
    ],
)
def test_other_questions_are_left_alone(corpus: Corpus, matcher: Matcher, question: str) -> None:
    assert find(corpus, matcher, question) is None


def test_a_work_that_denies_a_point_is_quoted_for_it(corpus: Corpus, matcher: Matcher) -> None:
    found = find(corpus, matcher, "Which studies talk about feedback?")
    assert found is not None
    (denial,) = dict(found.said)[1]
    assert "mention neither feedback" in denial.text


def test_other_studies_are_those_not_yet_quoted(corpus: Corpus, matcher: Matcher) -> None:
    found = find(corpus, matcher, "How is feedback made safe?", FEEDBACK, "does any other study talk about goals?")
    assert found is not None
    assert found.point.numbers == (1, 3, 4, 5)
    carried = find(corpus, matcher, "How is feedback made safe?", FEEDBACK, "does any other study say so?")
    assert carried is not None
    assert "feedback" in carried.point.topic


def test_without_a_point_works_are_compared_on_the_subject_of_the_corpus(corpus: Corpus, matcher: Matcher) -> None:
    found = find(corpus, matcher, "do the studies agree?")
    assert found is not None
    assert not found.silent
    assert {q.chunk.headings[-1] for q in found.quotes} == {"What it says about trust"}


def test_a_long_point_is_shown_short_and_without_markers(corpus: Corpus, matcher: Matcher) -> None:
    found = find(corpus, matcher, "Which studies talk about careers, and " + "very " * 90 + "specialty?")
    assert found is not None
    assert len(found.point.topic) <= comparison.LONGEST_TOPIC + 2
    assert "[7]" not in comparison._shown("careers [7] of doctors")


@settings(max_examples=40)
@given(text=st.text(max_size=120))
def test_any_text_is_parsed(corpus: Corpus, matcher: Matcher, text: str) -> None:
    for question in (text, f"Which studies talk about {text}?"):
        point = comparison.parse(question, Query(question, question), (), corpus, matcher)
        assert point is None or set(point.numbers) <= {1, 2, 3, 4, 5}

"""A list is asked for when question and heading are about the same thing, whoever's trust it is."""

from __future__ import annotations

from typing import Any

import pytest

from trustbot.headings import asked_for, asks_overview, openings
from trustbot.matching import Matcher
from trustbot.terms import Vocabulary
from trustbot.types import Query


@pytest.fixture(scope="module")
def matcher(index: Any, embedder: Any) -> Matcher:
    texts = [c.embedded_text for c in index.corpus.chunks]
    return Matcher(embedder, texts, Vocabulary(index.corpus.vocabulary))


def heading(index: Any, matcher: Matcher, query: Query) -> str | None:
    path, fit, met = asked_for(query, matcher.query_terms(query.text), index.corpus, matcher)
    assert 0.0 <= fit <= 1.0
    assert (path is None) == (met == ())
    return path[-1] if path else None


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What are practical strategies for building trust?", "Practical Strategies for Building Trust"),
        ("What can I do tomorrow to build trust with my student?", "Practical Strategies for Building Trust"),
        ("What practical steps build trust between preceptor and resident?", "Practical Strategies for Building Trust"),
        ("What are the challenges in building trust?", "Challenges in Building Trust"),
    ],
)
def test_a_list_is_found_by_what_its_heading_promises(
    index: Any, matcher: Matcher, question: str, expected: str
) -> None:
    assert heading(index, matcher, Query(question, question)) == expected


@pytest.mark.parametrize(
    "question",
    [
        "How does direct observation build trust?",
        "Does feedback need trust?",
        "What are strategies for chest pain?",
        "",
    ],
)
def test_a_question_about_one_thing_is_no_list(index: Any, matcher: Matcher, question: str) -> None:
    assert heading(index, matcher, Query(question, question)) is None


def test_after_one_list_another_is_asked_for_by_its_name_alone(index: Any, matcher: Matcher) -> None:
    topic = "What practical strategies does the article give"
    again = Query("and the challenges?", f"and the challenges? — {topic}", carried=topic)
    assert heading(index, matcher, again) == "Challenges in Building Trust"
    topic = "How does direct observation build trust"
    after_no_list = Query("and the challenges?", f"and the challenges? — {topic}", carried=topic)
    assert heading(index, matcher, after_no_list) is None


def test_who_points_at_a_statement_asks_for_no_list_and_who_names_a_work_may(index: Any, matcher: Matcher) -> None:
    text = "What are practical strategies for building trust?"
    for query in (Query(text, text, about=("a",)), Query(text, text, focus=("a",))):
        assert heading(index, matcher, query) is None
    assert heading(index, matcher, Query(text, text, references=(2,))) == "Practical Strategies for Building Trust"


@pytest.mark.parametrize(
    ("question", "overview"),
    [
        ("Summarize the article", True),
        ("What's the main idea?", True),
        ("Give me an overview.", True),
        ("tl;dr please", True),
        ("What is this about?", True),
        ("What are the key takeaways of this guidance?", True),
        ("Summarize the plot of Hamlet.", False),
        ("What are the key points about feedback?", False),
        ("Give me a summary of reference 4", False),
        ("What is the main barrier?", False),
    ],
)
def test_the_whole_in_short_is_told_from_a_part(index: Any, matcher: Matcher, question: str, overview: bool) -> None:
    references = (4,) if "4" in question else ()
    query = Query(question, question, references=references)
    assert asks_overview(query, matcher.query_terms(question)) is overview


def test_an_overview_opens_every_part_of_the_guidance_once(index: Any) -> None:
    found = openings(index.corpus)
    assert [c.claim_id for c in found] == ["C01", "C02", "C10", "C19", "C22", "C25"]

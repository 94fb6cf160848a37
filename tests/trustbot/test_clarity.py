"""A phrase that points at one of many things: asked about when nobody has named it, and only then."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot.clarity import dangling
from trustbot.types import Turn

CLINICS = (Turn("user", "When are night courts open?"), Turn("assistant", "On weekdays, and each clinic has hours."))


def unrelated(_: str, others: Sequence[str]) -> list[float]:
    return [0.1] * len(others)


def related(_: str, others: Sequence[str]) -> list[float]:
    return [0.9] * len(others)


@pytest.mark.parametrize(
    ("question", "thing"),
    [
        ("Does this animal have antlers?", "animal"),
        ("Can we take pets in the park?", "park"),
        ("What is the actor's approach to fitness?", "actor"),
        ("Tell me about this type of violence.", "type"),
        ("When was the tricolor flag adopted?", "tricolor flag"),
    ],
)
def test_what_nobody_has_named_dangles(question: str, thing: str) -> None:
    assert dangling(question, (), unrelated) == thing
    assert dangling(question, CLINICS, related) == thing


@pytest.mark.parametrize(
    "question",
    [
        "What is the capital of Australia?",
        "Who won the battle of Bull Run?",
        "What is the Bronx?",
        "What are the best practices?",
        "How large is the world?",
        "How does feedback help?",
        "What is the difference?",
        "",
    ],
)
def test_what_says_itself_which_one_is_meant_does_not(question: str) -> None:
    assert dangling(question, (), unrelated) is None


def test_what_only_an_answer_mentioned_dangles_where_the_subject_was_left() -> None:
    assert dangling("What services does the clinic provide?", CLINICS, unrelated) == "clinic"
    assert dangling("What services does the clinic provide?", CLINICS, related) is None
    asked = (Turn("user", "When is the clinic open?"), Turn("assistant", "On weekdays."))
    assert dangling("Where is the clinic?", asked, unrelated) is None


def test_a_phrase_in_the_last_answer_is_clear_while_the_subject_goes_on() -> None:
    history = (Turn("user", "Who decides on parole?"), Turn("assistant", "The board does, after a hearing."))
    assert dangling("How long is the hearing?", history, related) is None
    assert dangling("How long is the hearing?", history, unrelated) == "hearing"


@given(st.text(max_size=80), st.lists(st.text(max_size=40), max_size=3))
def test_any_text_is_read_without_error(question: str, turns: list[str]) -> None:
    thing = dangling(question, [Turn("user", t) for t in turns], unrelated)
    assert thing is None or thing

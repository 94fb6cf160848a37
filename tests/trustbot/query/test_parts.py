"""Which parts a question may have, by its shape alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot.query.parts import FEWEST, MOST, asked_in, halves_of


def test_the_sentences_that_ask_are_the_parts() -> None:
    question = "Hello there! I am new here. When is the gate locked? Why? And who feeds the cat?"
    assert asked_in(question) == ("When is the gate locked?", "And who feeds the cat?")
    assert asked_in("Tell me of the gate.") == ()


@pytest.mark.parametrize(
    ("question", "first", "second"),
    [
        ("When is the gate locked and who feeds the cat?", "When is the gate locked?", "who feeds the cat?"),
        ("When is the gate locked, who feeds the cat?", "When is the gate locked?", "who feeds the cat?"),
        ("When is the gate locked, and who feeds the cat?", "When is the gate locked?", "who feeds the cat?"),
    ],
)
def test_a_question_may_be_joined_of_two(question: str, first: str, second: str) -> None:
    assert (first, second) in list(halves_of(question))


@pytest.mark.parametrize(
    "question",
    [
        "When is the gate locked?",
        "When was Ida born and where?",  # what says nothing by itself is no half
        "How do trust and feedback grow?",
        "Is the gate locked? And who feeds the cat?",
        "the gate is locked. sure. does one of us hold a key and who feeds the cat",
    ],
)
def test_no_half_is_without_words_of_its_own(question: str) -> None:
    assert list(halves_of(question)) == []


@given(st.text(alphabet="ab and,the who.?", max_size=120))
def test_parts_are_words_of_the_question(question: str) -> None:
    halves = list(halves_of(question))
    assert len(halves) <= MOST
    for first, second in halves:
        assert first.removesuffix("?") in question
        assert second in question
        assert min(len(first.split()), len(second.split())) >= FEWEST - 1
    assert all(part in question for part in asked_in(question))

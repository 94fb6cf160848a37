"""Pieces cut out of a quote, and verbs that lost their "may"."""

from __future__ import annotations

import pytest

from trustbot.verify.wholeness import is_whole, keeps_may

QUOTE = "Direct observations of clinical skills are crucial for building trust, and preceptors value them."


@pytest.mark.parametrize(
    ("said", "quote"),
    [
        ("Direct observations of clinical skills are crucial for building trust", QUOTE),
        ("Preceptors value them", QUOTE),
        ("Early feedback helps", "The authors suggest that early feedback helps."),
        ("Wash your hands before handling food", "- Wash your hands before handling food."),
        ("Trust: it grows with time", "Trust grows with time."),
        ("Trust grows slowly, and feedback helps", "Feedback helps. Trust grows slowly."),
    ],
)
def test_a_whole_sentence_is_one(said: str, quote: str) -> None:
    assert is_whole(said, [quote])


@pytest.mark.parametrize(
    ("said", "quote"),
    [
        ("A short story about a thief", "Write a short story about a thief."),
        ("Your health care provider if your arm is painful", "Tell your health care provider if your arm is painful."),
        ("Clinical skills are crucial for building trust", QUOTE),
        ("Users were low users if", "Users were high users if above 67% and low users if not."),
        ("Direct observations of clinical skills are crucial for building trust,", QUOTE),
        ("Zanzibar: Direct observations are crucial for building trust", QUOTE),
        ("As told: Direct observations are crucial", QUOTE),
        ("…", QUOTE),
    ],
)
def test_a_piece_of_one_is_none(said: str, quote: str) -> None:
    assert not is_whole(said, [quote])


@pytest.mark.parametrize(
    ("said", "quote"),
    [
        ("Trust may start with feedback", "Trust may start with feedback."),
        ("Feedback might be where trust starts", "Trust may start with feedback."),
        ("It is possible that trust starts with feedback", "Trust may start with feedback."),
        ("The study asks whether feedback predicts trust", "To assess whether feedback can predict trust."),
        ("Feedback helps trust to start", "Trust may start with feedback."),
        ("Trust starts with feedback", "Trust starts with feedback. It may start late."),
        ("Trust begins with feedback", "Trust may start with feedback."),
        ("Learners and teachers are able to be authentic", "Learners can be authentic."),
    ],
)
def test_room_that_is_left_is_seen(said: str, quote: str) -> None:
    assert keeps_may(said, [quote])


@pytest.mark.parametrize(
    ("said", "quote"),
    [
        ("Trust starts with feedback", "Trust may start with feedback."),
        ("Symptoms often begin in the legs, but also start with the hands", "They often begin, but may also start."),
        ("Although it be seen in women, it is possible in men", "Although it can be seen in women, it is rare."),
        ("Patients experience harm, and potentially severe reactions occur", "Patients may experience harm."),
    ],
)
def test_room_that_is_taken_is_seen(said: str, quote: str) -> None:
    assert not keeps_may(said, [quote])

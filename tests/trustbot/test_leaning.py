"""Whether a question leans on what came before."""

from __future__ import annotations

import pytest

from trustbot.leaning import dependent


@pytest.mark.parametrize(
    ("question", "leans"),
    [
        ("Why?", True),
        ("What about it?", True),
        ("and the patients?", True),
        ("Is it so?", True),
        ("Do preceptors who observe trust their residents?", False),
        ("Is there trust between learners?", False),
        ("Who finds that trust grows?", False),
        ("such as?", True),
        ("So what should preceptors do?", True),
        ("What can a resident do?", True),
        ("What should preceptors do about goals?", False),
    ],
)
def test_whether_a_question_leans(question: str, leans: bool) -> None:
    assert dependent(question) is leans


@pytest.mark.parametrize("question", ["Do residents trust them?", "Is it only for residents?"])
def test_a_pronoun_that_nothing_in_the_question_stands_for_leans(question: str) -> None:
    assert dependent(question)


@pytest.mark.parametrize(
    "question", ["Is it important to observe residents?", "Do learners feel safe when preceptors trust them?"]
)
def test_a_pronoun_that_the_question_itself_explains_does_not(question: str) -> None:
    assert not dependent(question)

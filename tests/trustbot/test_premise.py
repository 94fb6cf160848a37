"""What a question takes for granted: a design or number that no work has is set right from the record, nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from trustbot.premise import correction
from trustbot.types import Query


def correct(index: Any, question: str, *references: int) -> str | None:
    return correction(Query(question, question, references=references), index.corpus)


@pytest.mark.parametrize(
    ("question", "design"),
    [
        ("How many residents were randomised to the trust-building intervention?", "trial"),
        ("What happened to the placebo arm?", "trial"),
        ("In the control group, how did trust develop?", "trial"),
        ("What did the survey of these students find?", "survey"),
        ("Why did the cohort study lose its residents?", "cohort study"),
        ("What was the pooled effect in that meta-analysis?", "meta-analysis"),
    ],
)
def test_a_design_that_no_work_has_is_set_right(index: Any, question: str, design: str) -> None:
    said = correct(index, question)
    assert said is not None
    assert said.startswith(f"None of the works is a {design}.")
    for source in index.corpus.sources:
        if source.kind == "work":
            assert f"reference {source.number}: {source.study.design}" in said


def test_a_work_that_is_named_is_held_against_its_own_record(index: Any) -> None:
    for question, references in (("What did the trial by Penner show?", ()), ("What did the trial in 4 show?", (4,))):
        said = correct(index, question, *references)
        assert said is not None
        assert said.startswith("That work is no trial.")
        assert "interview" in said
        assert "reference 1" not in said


@pytest.mark.parametrize(
    ("question", "references", "told"),
    [
        ("Why did the 40 preceptors in reference 4 refuse?", (4,), "16 faculty preceptors"),
        ("How did the 500 students in Huggett's study describe preceptors?", (), "110 journals"),
        ("What did all 90 articles in reference 5 agree on?", (5,), "73 articles"),
    ],
)
def test_a_number_that_the_record_does_not_give_is_set_right(
    index: Any, question: str, references: tuple[int, ...], told: str
) -> None:
    said = correct(index, question, *references)
    assert said is not None
    assert said.startswith("The record gives no ")
    assert told in said


@pytest.mark.parametrize(
    "question",
    [
        "How does direct observation build trust?",
        "Is there a randomised trial on trust?",
        "Which of these were trials?",
        "What did the 16 preceptors say?",
        "Whose are the 110 journals that students kept?",
        "I supervise 12 students, how do I build trust?",
        "We have 3 residents in our clinic: who observes them?",
        "With 2 learners at a time, does trust suffer?",
        "What does reference 4 say about observation?",
        "What did the systematic review of 73 articles cover?",
        "What kind of trial would show this?",
    ],
)
def test_what_the_record_bears_out_or_says_nothing_of_is_left_alone(index: Any, question: str) -> None:
    assert correct(index, question) is None

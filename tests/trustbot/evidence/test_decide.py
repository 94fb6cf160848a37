"""Deciding: each of the five ends at its threshold, and the signals that it rests on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from trustbot.evidence import Evidence, decide
from trustbot.evidence.decide import DEFAULTS, Decision
from trustbot.reading.reader import Reading
from trustbot.types import Query

Asked = Callable[..., Query]
LIMITS = {"answer": 0.4, "sure": 0.7, "near": 0.2, "best": 0.1}


def ends(case: Any, covered: float, best: float, query: Query, **changes: Any) -> Decision:
    quotes = (case.quote("C01"),)
    evidence = replace(Evidence(quotes, quotes, best=best), **changes)
    return decide(query, Reading((best,), covered), evidence, LIMITS)


@pytest.mark.parametrize(
    ("covered", "best", "verdict"),
    [
        (0.7, 0.1, "answered"),
        (0.699, 0.1, "partly"),
        (0.4, 0.1, "partly"),
        (0.399, 0.99, "closest"),
        (0.7, 0.099, "closest"),
        (0.2, 0.0, "closest"),
        (0.199, 0.199, "not covered"),
        (0.199, 0.99, "not covered"),
        (0.0, 0.0, "not covered"),
    ],
)
def test_each_end_begins_at_its_threshold(case: Any, asked: Asked, covered: float, best: float, verdict: str) -> None:
    decision = ends(case, covered, best, asked("What builds trust?"))
    assert decision.verdict == verdict
    assert decision.answers == (verdict in ("answered", "partly"))
    assert decision.probability == covered
    assert decision.signals == {"answerable": covered, "best": best}


@pytest.mark.parametrize(
    ("text", "turns", "verdict"),
    [
        ("Hm?", (), "unclear"),
        ("blue cheese", (), "unclear"),
        ("blue cheese please", (), "not covered"),
        ("Hm?", ("What builds trust?",), "not covered"),
    ],
)
def test_a_short_first_question_is_asked_back(
    case: Any, asked: Asked, text: str, turns: tuple[str, ...], verdict: str
) -> None:
    assert ends(case, 0.05, 0.05, asked(text, turns=turns)).verdict == verdict


def test_a_short_question_that_something_answers_is_answered(case: Any, asked: Asked) -> None:
    assert ends(case, 0.9, 0.9, asked("Feedback?")).verdict == "answered"
    assert ends(case, 0.3, 0.3, asked("Feedback?")).verdict == "closest"


def test_nothing_is_answered_or_near_without_a_sentence(case: Any, asked: Asked) -> None:
    assert ends(case, 0.9, 0.9, asked(), chosen=()).verdict == "closest"
    assert ends(case, 0.9, 0.9, asked(), chosen=(), nearest=()).verdict == "not covered"


def test_a_question_about_a_given_sentence_is_covered(case: Any, asked: Asked) -> None:
    decision = ends(case, 0.0, 1.0, asked(about=case.ids("C01")))
    assert (decision.verdict, decision.probability) == ("answered", 1.0)


def test_defaults_stand_in_for_thresholds_that_the_reader_lacks(case: Any, asked: Asked) -> None:
    quotes = (case.quote("C01"),)
    evidence = Evidence(quotes, quotes, best=0.5)
    assert decide(asked(), Reading((0.5,), DEFAULTS["sure"]), evidence, {"keep": 0.9}).verdict == "answered"
    assert decide(asked(), Reading((0.5,), DEFAULTS["answer"]), evidence, {}).verdict == "partly"
    assert decide(asked(), Reading((0.5,), DEFAULTS["answer"]), evidence, {"sure": 0.5}).verdict == "answered"

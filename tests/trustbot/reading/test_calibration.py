"""Calibration: probabilities mean what they say, thresholds keep their promises, and figures add up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot.evidence import select
from trustbot.reading.calibration import (
    BESIDE,
    LIKELIER,
    PARTLY,
    PRECISION,
    STRAY,
    Held,
    figures,
    judge_of_few,
    platt,
    precision,
    said,
    thresholds,
)
from trustbot.reading.model import judged_of_few
from trustbot.reading.reader import Reading
from trustbot.types import Corpus, Query, Quote

P = st.integers(0, 100).map(lambda n: n / 100)


def held_out(seed: int = 1, answerable: int = 400, others: int = 200, stray: int = 100) -> list[Held]:
    """Readings of questions on twenty classes: those that answer are mostly likelier than the rest."""
    rng = np.random.default_rng(seed)
    held = []
    for n in range(answerable + others + stray):
        gold = frozenset(map(int, rng.choice(20, rng.integers(1, 4), replace=False))) if n < answerable else frozenset()
        answers = rng.beta(1, 12, 20)
        answers[list(gold)] = rng.beta(4, 3, len(gold))
        covered = float(rng.beta(6, 2) if gold else rng.beta(2, 5))
        held.append(Held(answers * (0.3 if n >= answerable + others else 1), gold, covered, n >= answerable + others))
    return held


# -- probabilities -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("slope", "shift"), [(2.0, -1.0), (0.5, 0.3), (1.0, 0.0)])
def test_platt_finds_the_slope_and_shift_that_made_the_data(slope: float, shift: float) -> None:
    rng = np.random.default_rng(3)
    scores = rng.normal(0, 2, 20_000)
    truth = rng.random(20_000) < 1 / (1 + np.exp(-(slope * scores + shift)))
    found = platt([float(s) for s in scores], [bool(t) for t in truth])
    assert found == pytest.approx((slope, shift), abs=0.1)


def test_platt_makes_probabilities_that_hold() -> None:
    rng = np.random.default_rng(4)
    scores = rng.normal(0, 3, 5_000)
    truth = rng.random(5_000) < 1 / (1 + np.exp(-(0.4 * scores - 0.5)))
    slope, shift = platt([float(s) for s in scores], [bool(t) for t in truth])
    p = 1 / (1 + np.exp(-(slope * scores + shift)))
    assert p.mean() == pytest.approx(truth.mean(), abs=0.01)
    for low in (0.1, 0.3, 0.5, 0.7):
        some = (p >= low) & (p < low + 0.2)
        assert truth[some].mean() == pytest.approx(p[some].mean(), abs=0.05)


@pytest.mark.parametrize("truth", [[True] * 8, [False] * 8, [False] * 4 + [True] * 4])
def test_platt_stays_finite_where_data_leave_no_doubt(truth: list[bool]) -> None:
    slope, shift = platt([float(n) for n in range(8)], truth)
    assert np.isfinite((slope, shift)).all()
    assert 0 < 1 / (1 + np.exp(-(slope * 7 + shift))) < 1


# -- thresholds ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [None, 0.025])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_thresholds_keep_their_promises_on_what_they_were_set_on(seed: int, given: float | None) -> None:
    held = held_out(seed)
    limits = thresholds(held, given)
    assert set(limits) == {"answer", "sure", "near", "best", "keep", "list"}
    answerable = [h for h in held if h.gold]
    slack = 2 / len(answerable)  # a quantile lies between two questions, and is rounded
    covered = np.array([h.covered for h in answerable])
    declined = np.mean(covered < limits["answer"])
    assert declined == pytest.approx(0.025 if given else np.mean(covered < LIKELIER), abs=slack)
    assert np.mean(covered < limits["sure"]) == pytest.approx(declined + PARTLY, abs=slack)
    assert precision(answerable, limits["keep"]) >= PRECISION
    near = [h.covered for h in held if h.stray]
    assert limits["near"] <= limits["answer"] <= limits["sure"]
    assert limits["near"] == limits["answer"] or np.mean(np.array(near) >= limits["near"]) <= 1 - STRAY + 0.02


def test_keep_is_the_least_that_is_precise_enough() -> None:
    held = held_out()
    keep = thresholds(held)["keep"]
    answerable = [h for h in held if h.gold]
    assert 0.02 < keep < 0.6
    assert precision(answerable, keep - 0.02) < PRECISION <= precision(answerable, keep)


def test_where_nothing_is_precise_enough_little_is_said_beside() -> None:
    held = [Held(np.array([0.9, 0.8, 0.7, 0.1]), frozenset({3}), 0.9) for _ in range(10)]
    assert thresholds(held)["keep"] == 0.6


def test_without_questions_on_other_subjects_near_is_what_is_usual() -> None:
    held = [h for h in held_out() if not h.stray]
    assert thresholds(held)["near"] == 0.1
    low = [Held(h.answers, h.gold, h.covered / 100) for h in held]
    assert thresholds(low, 0.025)["near"] == thresholds(low, 0.025)["answer"] < 0.1


# -- what would be said --------------------------------------------------------------------------------------


def test_what_is_said_is_the_best_and_three_beside_or_a_list() -> None:
    assert said(np.array([0.1, 0.5, 0.3, 0.29, 0.4, 0.35]), 0.3) == [1, 4, 5, 2]
    assert said(np.array([0.0, 0.01]), 0.3) == [1]
    assert said(np.array([0.7, 0.5, 0.65, 0.9, 0.61, 0.8]), 0.3) == [3, 5, 0, 2, 4]
    assert said(np.array([0.9 - n / 100 for n in range(12)]), 0.3) == list(range(8))


@given(answers=st.lists(P, min_size=1, max_size=11), keep=P.filter(lambda p: p <= 0.6))
def test_it_is_what_evidence_selects(
    corpus: Corpus, sentences: tuple[Quote, ...], answers: list[float], keep: float
) -> None:
    statements = [q for q in sentences if q.chunk.claim_id and q.chunk.claim_id < "C12"]  # none repeats another
    assert len(statements) == 11
    some = statements[: len(answers)]
    found = select(Query("?", "?"), Reading(tuple(answers), 1.0), some, corpus, {"keep": keep, "list": 0.6})
    expected = [some[place].chunk.id for place in said(np.array(answers), keep)]
    assert sorted(q.chunk.id for q in found.chosen) == sorted(expected)
    if len(expected) <= 1 + BESIDE:
        assert [q.chunk.id for q in found.chosen] == expected


# -- figures -------------------------------------------------------------------------------------------------


def one(gold: tuple[int, ...], best: int, covered: float, stray: bool = False) -> Held:
    answers = np.full(4, 0.05)
    answers[best] = 0.8
    return Held(answers, frozenset(gold), covered, stray)


def test_figures_add_up() -> None:
    held = [
        one((0,), 0, 0.9),  # found
        one((0, 1), 1, 0.9),  # found
        one((0,), 2, 0.9),  # answered, but by another sentence
        one((0,), 0, 0.1),  # found, but declined
        one((), 1, 0.9),  # near, and answered
        one((), 1, 0.1),  # near, and declined
        one((), 1, 0.1),
        one((), 1, 0.1, stray=True),
    ]
    assert figures(held, {"answer": 0.5, "keep": 0.5}) == {
        "answerable": 4,
        "first": 0.75,
        "hit": 0.5,
        "precision": pytest.approx(2 / 3),
        "declined": 0.25,
        "near_miss": 3,
        "near_miss_declined": pytest.approx(2 / 3, abs=1e-4),
        "other_subject": 1,
        "other_subject_declined": 1.0,
    }


def test_figures_of_nothing_are_none() -> None:
    assert set(figures([], {"answer": 0.5, "keep": 0.5}).values()) == {0}


@pytest.mark.parametrize("change", [lambda held: held[::-1], lambda held: held * 2])
def test_figures_depend_on_neither_order_nor_number(change: Callable[[Any], Any]) -> None:
    held = held_out(answerable=50, others=20, stray=10)
    limits = thresholds(held)
    counts = ("answerable", "near_miss", "other_subject")
    told, again = figures(held, limits), figures(change(held), limits)
    assert {k: v for k, v in again.items() if k not in counts} == pytest.approx(
        {k: v for k, v in told.items() if k not in counts}
    )


def test_a_few_sentences_are_judged_by_the_best_which_means_more_the_fewer_there_are() -> None:
    rng = np.random.default_rng(3)
    golds = [frozenset({int(rng.integers(30))}) if i % 2 else frozenset[int]() for i in range(200)]
    rows = rng.normal(-4, 1, (200, 30))
    for row, gold in zip(rows, golds, strict=True):
        row[list(gold)] += 3
    weights = judge_of_few([(rows, golds)], 1)
    assert weights == judge_of_few([(rows, golds)], 1)
    assert weights["few_best"] > 0
    assert judged_of_few([-0.5, -6], weights) > 0 > judged_of_few([-3.5, -3.6], weights)

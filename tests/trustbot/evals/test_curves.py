from __future__ import annotations

import pytest

from trustbot.evals.curves import Judged, answerability


def test_a_perfect_probability_has_perfect_figures() -> None:
    figures = answerability([Judged(1.0, True, False)] * 3 + [Judged(0.0, False, True)] * 2)
    assert figures is not None
    assert (figures["items"], figures["answerable"]) == (5, 3)
    assert (figures["auroc"], figures["brier"]) == (1.0, 0.0)
    assert figures["abstention"]["average_precision"] == 1.0
    assert figures["abstention"]["at_decision"] == {"precision": 1.0, "recall": 1.0}
    assert figures["reliability"] == [
        {"predicted": 0.0, "observed": 0.0, "items": 2},
        {"predicted": 1.0, "observed": 1.0, "items": 3},
    ]


def test_figures_by_hand() -> None:
    judged = [
        Judged(0.95, True, False),
        Judged(0.85, False, False),
        Judged(0.25, False, True),
        Judged(0.35, True, True),
    ]
    figures = answerability(judged)
    assert figures is not None
    # Pairs (answerable, not): .95>.85, .95>.25, .35<.85, .35>.25 -> 3 of 4.
    assert figures["auroc"] == 0.75
    assert figures["brier"] == pytest.approx((0.05**2 + 0.85**2 + 0.25**2 + 0.65**2) / 4)
    assert [(b["predicted"], b["observed"], b["items"]) for b in figures["reliability"]] == [
        (pytest.approx(0.25), 0.0, 1),
        (pytest.approx(0.35), 1.0, 1),
        (pytest.approx(0.85), 0.0, 1),
        (pytest.approx(0.95), 1.0, 1),
    ]
    assert figures["abstention"]["at_decision"] == {"precision": 0.5, "recall": 0.5}


def test_items_in_a_bin_are_counted_together() -> None:
    judged = [Judged(0.41, True, False), Judged(0.43, False, False), Judged(1.0, True, False)]
    figures = answerability(judged)
    assert figures is not None
    assert [b["items"] for b in figures["reliability"]] == [2, 1]


def test_one_kind_of_label_gives_no_curve() -> None:
    assert answerability([]) is None
    assert answerability([Judged(0.5, True, False)] * 4) is None


def test_a_probability_a_hair_outside_0_and_1_is_taken_as_the_end() -> None:
    figures = answerability([Judged(1.0 + 1e-9, True, False), Judged(-1e-9, False, True)])
    assert figures is not None
    assert figures["brier"] == 0.0


def test_a_bot_that_never_declines_has_a_recall_of_zero() -> None:
    figures = answerability([Judged(0.9, True, False), Judged(0.8, False, False)])
    assert figures is not None
    assert figures["abstention"]["at_decision"] == {"precision": 1.0, "recall": 0.0}

"""Which statements answer together: what the signals say, and that the fitted weights use each the right way round."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot.selection import SIGNALS, Candidate, probabilities, signals, weights
from trustbot.types import Audit

BEST = Candidate(0.8, 0.5, ("A", "B"), 4, Audit("C13", "q", 4, "supported", "r", "d", related=("C14",)))
scores = st.floats(0, 1)


def beside(
    score: float = 0.6, heading: float = 0.2, section: str = "C", work: int = 2, claim: str = "C02"
) -> Candidate:
    return Candidate(score, heading, ("A", section), work, Audit(claim, "q", work, "supported", "r", "d"))


def test_the_signals_are_set_beside_the_best_one() -> None:
    best, other, kin = signals([BEST, beside(), beside(section="B", work=4, claim="C14")])
    assert best == {"share": 1.0, "heading": 0.5, "section": 1.0, "work": 1.0, "related": 1.0}
    assert other == pytest.approx({"share": 0.75, "heading": 0.2, "section": 0.0, "work": 0.0, "related": 0.0})
    assert (kin["section"], kin["work"], kin["related"]) == (1.0, 1.0, 1.0)
    assert signals([]) == []
    assert probabilities([]) == []


def test_nothing_that_scores_is_no_reason_to_fail() -> None:
    assert [row["share"] for row in signals([beside(0.0), beside(0.0)])] == [0.0, 0.0]


def test_every_signal_is_weighed_and_none_speaks_against_a_statement() -> None:
    assert set(weights()) == {"intercept", *SIGNALS}
    assert all(weights()[name] >= 0 for name in SIGNALS)
    assert weights()["share"] > 0


@given(scores, scores, st.booleans(), st.booleans())
def test_a_better_score_or_a_nearer_place_never_makes_a_statement_less_likely(
    low: float, high: float, same_section: bool, same_work: bool
) -> None:
    low, high = sorted((low * 0.8, high * 0.8))
    plain = beside(low)
    better = beside(high, 0.3, "B" if same_section else "C", 4 if same_work else 2)
    assert probabilities([BEST, better])[1] >= probabilities([BEST, plain])[1]


def test_related_statements_are_likelier_than_others_that_score_the_same() -> None:
    assert probabilities([BEST, beside(claim="C14")])[1] > probabilities([BEST, beside()])[1]

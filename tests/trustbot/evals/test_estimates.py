from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trustbot.evals.estimates import difference, estimate, group_rows


def test_the_mean_lies_within_its_interval() -> None:
    figure = estimate([0.0, 1.0] * 50)
    assert figure.mean == 0.5
    assert figure.n == 100
    # The standard error of 100 coin flips is 0.05, so 95 % is about 0.4 to 0.6.
    assert figure.low == pytest.approx(0.40, abs=0.03)
    assert figure.high == pytest.approx(0.60, abs=0.03)
    assert figure.interval == "bootstrap"


def test_the_same_values_give_the_same_interval() -> None:
    assert estimate([0.1, 0.5, 0.9, 0.2]) == estimate([0.1, 0.5, 0.9, 0.2])


def test_all_hits_are_not_certainty() -> None:
    figure = estimate([1.0] * 10, binary=True)
    # Clopper-Pearson for 10 of 10: 0.025 ** (1 / 10).
    assert (figure.low, figure.high, figure.interval) == (pytest.approx(0.6915, abs=1e-4), 1.0, "exact")
    assert estimate([0.0] * 10, binary=True).high == pytest.approx(1 - 0.6915, abs=1e-4)


def test_one_item_has_no_interval() -> None:
    figure = estimate([1.0], binary=True)
    assert (figure.mean, figure.low, figure.high, figure.interval) == (1.0, None, None, None)


def test_constant_figures_that_are_no_proportion_keep_the_bootstrap() -> None:
    figure = estimate([0.25, 0.25, 0.25])
    assert (figure.low, figure.high) == (0.25, 0.25)


def test_mcnemar_counts_the_items_that_changed() -> None:
    # 6 better, 1 worse: two-sided exact binomial, 2 * (1 + 7) / 2 ** 7.
    old, new = [0, 0, 0, 0, 0, 0, 1, 1, 1], [1, 1, 1, 1, 1, 1, 0, 1, 1]
    change = difference(old, new, binary=True)
    assert (change.better, change.worse, change.test) == (6, 1, "mcnemar")
    assert change.p_value == pytest.approx(2 * (1 + 7) / 2**7)
    assert change.mean == pytest.approx(5 / 9)
    assert (change.old, change.new) == (pytest.approx(3 / 9), pytest.approx(8 / 9))


def test_the_permutation_test_is_exact_for_few_items() -> None:
    # Four items all better by the same: of 16 sign patterns two are as extreme.
    change = difference([0.1, 0.2, 0.3, 0.4], [0.2, 0.3, 0.4, 0.5])
    assert change.test == "permutation"
    assert change.p_value == pytest.approx(2 / 16)
    assert change.low == pytest.approx(0.1)


def test_nothing_changed_is_no_evidence_of_change() -> None:
    for binary in (True, False):
        change = difference([0.0, 1.0, 1.0], [0.0, 1.0, 1.0], binary=binary)
        assert (change.mean, change.p_value, change.better, change.worse) == (0, 1, 0, 0)


def test_one_item_can_be_compared() -> None:
    change = difference([0.2], [0.7])
    assert (change.mean, change.low, change.p_value) == (pytest.approx(0.5), None, 1.0)


def test_rows_are_grouped_in_order_of_appearance() -> None:
    groups = group_rows([(("b", "all"), {"hit": 1.0}), (("a", "all"), {"hit": 0.0, "recall": 0.5})])
    assert list(groups) == ["b", "all", "a"]
    assert groups["all"] == {"hit": [1.0, 0.0], "recall": [0.5]}


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=12))
def test_turning_a_comparison_round_turns_its_sign(pairs: list[tuple[float, float]]) -> None:
    old, new = [a for a, _ in pairs], [b for _, b in pairs]
    there, back = difference(old, new), difference(new, old)
    assert there.mean == pytest.approx(-back.mean)
    assert (there.better, there.worse) == (back.worse, back.better)
    assert there.p_value == pytest.approx(back.p_value, abs=0.02)
    assert 0 < there.p_value <= 1


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from([0.0, 1.0]), min_size=2, max_size=30))
def test_an_interval_holds_its_mean_and_stays_within_0_and_1(values: list[float]) -> None:
    figure = estimate(values, binary=True)
    assert figure.low is not None
    assert figure.high is not None
    assert 0 <= figure.low <= figure.mean <= figure.high <= 1


def test_no_values_are_a_mistake_of_the_caller() -> None:
    with pytest.raises((ValueError, RuntimeWarning)):
        estimate([])

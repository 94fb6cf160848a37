"""Scores that differ by less than their own noise are equal, and equal ones keep their order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trustbot.models.ordering import NOISE, descending

scores_of = st.lists(st.floats(-50, 50, allow_nan=False), max_size=40)


def test_the_highest_comes_first() -> None:
    assert descending([0.1, 0.9, 0.5]) == [1, 2, 0]


def test_last_bits_do_not_order_equal_rows() -> None:
    assert descending([0.5, 0.5 + 2e-7, 0.5 - 2e-7, 0.9, 0.5 + 1e-7]) == [3, 0, 1, 2, 4]


def test_a_difference_beyond_the_noise_counts() -> None:
    assert descending([0.5, 0.5 + 3 * NOISE]) == [1, 0]


@given(scores_of)
def test_every_place_comes_once(scores: list[float]) -> None:
    assert sorted(descending(scores)) == list(range(len(scores)))


@given(scores_of)
def test_nothing_passes_what_is_clearly_higher(scores: list[float]) -> None:
    order = descending(scores)
    for at, place in enumerate(order):
        assert all(scores[place] > scores[later] - NOISE for later in order[at:])


@given(st.lists(st.floats(-1, 1).map(lambda x: round(x, 2)), max_size=30), st.data())
def test_noise_changes_no_order(scores: list[float], data: st.DataObject) -> None:
    noisy = [s + data.draw(st.floats(-NOISE / 4, NOISE / 4)) for s in scores]
    assert descending(noisy) == descending(scores)

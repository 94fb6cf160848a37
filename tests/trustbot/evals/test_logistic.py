"""The logistic fit: the right side of each signal, both classes alike, and groups that weigh the same."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping

import pytest

from trustbot.errors import InvalidInput
from trustbot.evals.logistic import fit

HELP, HURT = "help", "hurt"
HELPS = {HELP}


def rows(count: int, positive: float = 0.5, *, turned: bool = False) -> tuple[list[Mapping[str, float]], list[bool]]:
    """Signals that tell the classes apart with some noise; `turned` the other way round."""
    chance = random.Random(7)
    labels = [i < count * positive for i in range(count)]
    sign = -1 if turned else 1
    table = [
        {
            HELP: 0.5 + sign * (0.2 if label else -0.2) + chance.gauss(0, 0.1),
            HURT: 0.5 - sign * (0.2 if label else -0.2) + chance.gauss(0, 0.1),
        }
        for label in labels
    ]
    return table, labels


def probability(model: Mapping[str, float], signals: Mapping[str, float]) -> float:
    return 1 / (1 + math.exp(-model["intercept"] - sum(model[n] * v for n, v in signals.items())))


def test_a_fit_tells_the_classes_apart() -> None:
    table, labels = rows(200)
    model = fit(table, labels, HELPS)
    assert set(model) == {"intercept", HELP, HURT}
    assert model[HELP] > 0 > model[HURT]
    right = sum((probability(model, row) >= 0.5) == label for row, label in zip(table, labels, strict=True))
    assert right / len(table) > 0.9


def test_no_signal_speaks_for_the_side_that_it_can_not_speak_for() -> None:
    model = fit(*rows(200, turned=True), HELPS)
    assert model[HELP] == model[HURT] == 0


def test_a_rare_class_weighs_as_much_as_a_frequent_one() -> None:
    even, rare = fit(*rows(400), HELPS), fit(*rows(400, positive=0.1), HELPS)
    middle = {HELP: 0.5, HURT: 0.5}
    assert probability(rare, middle) == pytest.approx(probability(even, middle), abs=0.15)


def test_a_small_group_weighs_as_much_as_a_large_one() -> None:
    # The signal speaks for the label in the large group only; in the small one it is the other way round.
    large, small = rows(400), rows(40, turned=True)
    table, labels = [*large[0], *small[0]], [*large[1], *small[1]]
    groups = ["large"] * 400 + ["small"] * 40
    assert fit(table, labels, HELPS)[HELP] > 1
    assert fit(table, labels, HELPS, groups=groups)[HELP] == pytest.approx(0, abs=0.2)


def test_a_stronger_penalty_gives_smaller_coefficients() -> None:
    table, labels = rows(100)
    assert 0 < fit(table, labels, HELPS, strength=0.01)[HELP] < fit(table, labels, HELPS)[HELP] / 2


def test_a_signal_that_never_changes_weighs_nothing_much() -> None:
    table, labels = rows(100)
    model = fit([{**row, "same": 0.25} for row in table], labels, {HELP, "same"})
    assert abs(model["same"]) < 1e-3
    assert all(math.isfinite(v) for v in model.values())


def test_the_order_of_the_rows_makes_no_difference() -> None:
    table, labels = rows(100)
    assert fit(table[::-1], labels[::-1], HELPS) == pytest.approx(fit(table, labels, HELPS), abs=1e-3)


def test_one_label_is_nothing_to_fit() -> None:
    with pytest.raises(InvalidInput, match="All pairs have the same label"):
        fit([{HELP: 0.5}, {HELP: 0.6}], [True, True], HELPS)

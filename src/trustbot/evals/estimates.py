"""Figures of many items -> a mean with its interval; two runs -> a difference with its test.

In: one value an item. Out: frozen estimates. Intervals and tests are scipy's; the random generator is seeded,
so the same values give the same report. This module knows neither answers nor searches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

CONFIDENCE = 0.95
RESAMPLES = 2000
SEED = 20261


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over `n` items with its 95 % interval; no interval where one item is all there is.

    `interval` names its making: `bootstrap` (percentile) or, where every value is the same 0 or 1 and a
    bootstrap would claim certainty, `exact` (Clopper-Pearson).
    """

    mean: float
    n: int
    low: float | None = None
    high: float | None = None
    interval: Literal["bootstrap", "exact"] | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """New minus old over the `n` items that both runs have, with its 95 % interval and a paired test.

    `test` is `mcnemar` (exact) for figures that are 0 or 1, else `permutation` (signs of the differences).
    `better` and `worse` count the items whose value went up and down.
    """

    old: float
    new: float
    mean: float
    n: int
    better: int
    worse: int
    p_value: float
    test: Literal["mcnemar", "permutation"]
    low: float | None = None
    high: float | None = None


def estimate(values: Sequence[float], *, binary: bool = False) -> Estimate:
    """The mean of `values` (at least one) with its interval; `binary` says that each is 0 or 1."""
    import numpy as np

    data = np.asarray(values, dtype=float)
    mean, n = float(data.mean()), len(data)
    if n < 2:
        return Estimate(mean, n)
    if binary and data.min() == data.max():
        from scipy.stats import binomtest

        exact = binomtest(int(data.sum()), n).proportion_ci(confidence_level=CONFIDENCE, method="exact")
        return Estimate(mean, n, float(exact.low), float(exact.high), "exact")
    low, high = _bootstrap(values)
    return Estimate(mean, n, low, high, "bootstrap")


def difference(old: Sequence[float], new: Sequence[float], *, binary: bool = False) -> Difference:
    """How `new` differs from `old`; both hold the same items in the same order, at least one."""
    import numpy as np

    deltas = np.asarray(new, dtype=float) - np.asarray(old, dtype=float)
    better, worse = int((deltas > 0).sum()), int((deltas < 0).sum())
    low, high = _bootstrap(deltas.tolist()) if len(deltas) > 1 else (None, None)
    return Difference(
        old=float(np.mean(old)),
        new=float(np.mean(new)),
        mean=float(deltas.mean()),
        n=len(deltas),
        better=better,
        worse=worse,
        p_value=_mcnemar(better, worse) if binary else _permutation(deltas.tolist()),
        test="mcnemar" if binary else "permutation",
        low=low,
        high=high,
    )


def group_rows(
    rows: Iterable[tuple[Sequence[str], Mapping[str, float]]],
) -> dict[str, dict[str, list[float]]]:
    """Rows of (groups, figures) -> group -> figure -> values, groups in order of appearance."""
    groups: dict[str, dict[str, list[float]]] = {}
    for names, figures in rows:
        for name in names:
            group = groups.setdefault(name, {})
            for figure, value in figures.items():
                group.setdefault(figure, []).append(value)
    return groups


def _bootstrap(values: Sequence[float]) -> tuple[float, float]:
    import numpy as np
    from scipy.stats import bootstrap

    result = bootstrap(
        (np.asarray(values, dtype=float),),
        np.mean,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(SEED),
    )
    return float(result.confidence_interval.low), float(result.confidence_interval.high)


def _mcnemar(better: int, worse: int) -> float:
    from scipy.stats import binomtest

    return float(binomtest(better, better + worse, 0.5).pvalue) if better + worse else 1.0


def _permutation(deltas: Sequence[float]) -> float:
    import numpy as np
    from scipy.stats import permutation_test

    # Items that did not change have no sign to flip: they move neither the statistic nor its distribution.
    changed = np.asarray([delta for delta in deltas if delta], dtype=float)
    if len(changed) < 2:
        return 1.0
    result = permutation_test(
        (changed, np.zeros_like(changed)),
        lambda new, old, axis: np.mean(new - old, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=9999,
        rng=np.random.default_rng(SEED),
    )
    return float(result.pvalue)

"""Labelled rows of signals -> logistic coefficients, each bound to the side that its signal can speak for.

In: signals by name, labels, and the names of those that speak for the label. Out: coefficients. This module knows no
signal by name and no file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from trustbot.errors import InvalidInput

STRENGTH = 1.0
"""Inverse of the L2 penalty on standardised signals."""


def fit(
    rows: Sequence[Mapping[str, float]],
    labels: Sequence[bool],
    helps: Collection[str],
    *,
    groups: Sequence[str] = (),
    strength: float = STRENGTH,
) -> dict[str, float]:
    """Logistic coefficients on the signals as they are, `intercept` included; both classes weigh the same.

    With `groups`, one name a row, so does each class of each group. `strength` is the inverse of the L2 penalty.

    Signals in `helps` never speak against the label, and the others never for it: without that, signals that say nearly
    the same take opposite signs, and the model turns round on rows unlike those it was fitted to.
    """
    import numpy as np
    from scipy.optimize import minimize

    if len(set(labels)) < 2:
        raise InvalidInput("All pairs have the same label, so there is nothing to fit. Add pairs with the other one.")
    names = list(rows[0])
    table = np.array([[row[name] for name in names] for row in rows])
    truth = np.array(labels, dtype=float)
    shift, scale = table.mean(axis=0), np.maximum(table.std(axis=0), 0.05)
    x = (table - shift) / scale
    weights = np.array(_weights(labels, groups))

    def loss(parameters: Any) -> tuple[float, Any]:
        logit = x @ parameters[1:] + parameters[0]
        error = weights * (1 / (1 + np.exp(-logit)) - truth)
        value = (weights * (np.logaddexp(0, logit) - truth * logit)).sum()
        slope = x.T @ error + parameters[1:] / strength
        return float(value + (parameters[1:] ** 2).sum() / (2 * strength)), np.concatenate([[error.sum()], slope])

    bounds = [(None, None), *((0, None) if name in helps else (None, 0) for name in names)]
    found = minimize(loss, np.zeros(len(names) + 1), jac=True, bounds=bounds, method="L-BFGS-B").x
    plain = found[1:] / scale
    intercept = float(found[0] - (plain * shift).sum())
    return {"intercept": round(intercept, 4), **{n: round(float(w), 4) for n, w in zip(names, plain, strict=True)}}


def _weights(labels: Sequence[bool], groups: Sequence[str]) -> list[float]:
    """What each row weighs, 1 on average: as much together for each class, and for each class of each group."""
    cells = list(zip(groups, labels, strict=True)) if groups else [("", label) for label in labels]
    sizes = Counter(cells)
    return [len(cells) / len(sizes) / sizes[cell] for cell in cells]

"""Probabilities and labels -> calibration and abstention curves.

In: for each labelled item the probability that it is answerable, whether it is, and whether the bot declined.
Out: plain numbers for a report; every one is scikit-learn's. This module draws nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

BINS = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """One labelled item: what the bot thought, what is true, and what it did."""

    probability: float
    answerable: bool
    abstained: bool


def answerability(judged: Sequence[Judged]) -> dict[str, Any] | None:
    """Figures on how well the probability tells answerable items from others, or None without both kinds.

    `auroc` 0 to 1; `brier` is a mean squared error; `reliability` a row a bin: mean predicted probability,
    the share that is answerable, items; `abstention` the precision-recall curve of declining the rest.
    """
    if len({item.answerable for item in judged}) < 2:
        return None
    from sklearn.metrics import brier_score_loss, roc_auc_score

    truth = [item.answerable for item in judged]
    probability = [min(1.0, max(0.0, item.probability)) for item in judged]
    return {
        "items": len(judged),
        "answerable": sum(truth),
        "auroc": float(roc_auc_score(truth, probability)),
        "brier": float(brier_score_loss(truth, probability)),
        "reliability": _reliability(truth, probability),
        "abstention": _abstention(judged, probability),
    }


def _reliability(truth: Sequence[bool], probability: Sequence[float]) -> list[dict[str, float]]:
    import numpy as np
    from sklearn.calibration import calibration_curve

    observed, predicted = calibration_curve(truth, probability, n_bins=BINS, strategy="uniform")
    # calibration_curve leaves empty bins out, and so does this count of its equal-width bins.
    bins = np.searchsorted(np.linspace(0.0, 1.0, BINS + 1)[1:-1], probability)
    counts = [int(n) for n in np.bincount(bins, minlength=BINS) if n]
    return [
        {"predicted": float(p), "observed": float(o), "items": n}
        for p, o, n in zip(predicted, observed, counts, strict=True)
    ]


def _abstention(judged: Sequence[Judged], probability: Sequence[float]) -> dict[str, Any]:
    from sklearn.metrics import average_precision_score, precision_recall_curve, precision_score, recall_score

    unanswerable = [not item.answerable for item in judged]
    doubt = [1.0 - p for p in probability]
    declined = [item.abstained for item in judged]
    precision, recall, _ = precision_recall_curve(unanswerable, doubt)
    return {
        "average_precision": float(average_precision_score(unanswerable, doubt)),
        "precision": [float(value) for value in precision],
        "recall": [float(value) for value in recall],
        # Where nothing was declined, precision has no value; zero_division gives the curve's own end point.
        "at_decision": {
            "precision": float(precision_score(unanswerable, declined, zero_division=1.0)),
            "recall": float(recall_score(unanswerable, declined)),
        },
    }

"""Questions that nothing was trained on -> probabilities that mean what they say, and the thresholds of decisions."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

LIKELIER = 0.5
"""Threshold of answering, where probabilities mean what they say: what is likelier than not to be answered is."""
PRECISION = 0.66
"""Share of the sentences said that should bear on the question."""
PARTLY = 0.12
"""Share of the answered questions, the least sure ones, whose answer says that it may not be whole."""
STRAY = 0.75
"""Share of the questions on other subjects beside which nothing is shown as near."""
BESIDE = 3
SIZES = (2, 4, 8, 16)
"""Sentences of the small corpora that are drawn out of a guidance."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a reader made of one held-out question."""

    answers: Array
    """Probability of each class, shape (classes,)."""
    gold: frozenset[int]
    """Places of the classes that answer; empty where nothing does."""
    covered: float
    stray: bool = False
    """Whether it is on another subject altogether."""


def platt(scores: Sequence[float], truth: Sequence[bool]) -> tuple[float, float]:
    """Slope and intercept that make scores probabilities (Platt 1999)."""
    slope, intercept = logistic([[score] for score in scores], truth)
    return slope, intercept


def logistic(rows: Sequence[Sequence[float]], truth: Sequence[bool]) -> tuple[float, ...]:
    """Weights of the columns, and the intercept, of a logistic model; by Newton steps with a small ridge.

    A step that makes it worse is halved (Lin, Lin and Weng 2007): whole ones run away where scores are far from zero.
    """
    import numpy as np

    x = np.column_stack([np.asarray(rows, dtype=float), np.ones(len(rows))])
    y = np.asarray(truth, dtype=float)
    # Platt's targets: even a perfect split leaves finite weights.
    high, low = (y.sum() + 1) / (y.sum() + 2), 1 / (len(y) - y.sum() + 2)
    y = np.where(y > 0, high, low)
    prior = np.eye(1, x.shape[1])[0]
    weights = prior.copy()

    def cost(weights: Array) -> float:
        z = x @ weights
        return float(np.logaddexp(0, z).sum() - y @ z + 5e-4 * ((weights - prior) ** 2).sum())

    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        slope = x.T @ (p - y) + 1e-3 * (weights - prior)
        curve = (x * (p * (1 - p))[:, None]).T @ x + 1e-3 * np.eye(x.shape[1])
        step = np.linalg.solve(curve, slope)
        while np.abs(step).max() >= 1e-8 and cost(weights - step) > cost(weights):
            step = step / 2
        weights = weights - step
        if np.abs(step).max() < 1e-8:
            break
    return tuple(float(w) for w in weights)


def judge_of_few(parts: Sequence[tuple[NDArray[Any], Sequence[frozenset[int]]]], seed: int) -> dict[str, float]:
    """Weights of `model.judged_of_few`: what the best score says where a corpus has few sentences.

    `parts` are scores of held-out guidances, shape (questions, sentences), with the places of what answers. Each
    question is put to a few of the sentences, drawn at random: to one that answers among them, and to none.
    """
    rng = random.Random(seed)  # noqa: S311 - nothing secret
    best: list[list[float]] = []
    truth: list[bool] = []
    for scores, golds in parts:
        for row, gold in zip(scores, golds, strict=True):
            others = [i for i in range(len(row)) if i not in gold]
            for size in SIZES:
                drawn = rng.sample(others, min(size, len(others)))
                best.append([float(row[drawn].max())])
                truth.append(False)
                if gold:
                    best.append([float(row[[rng.choice(sorted(gold)), *drawn[1:]]].max())])
                    truth.append(True)
    slope, intercept = logistic(best, truth)
    return {"few": intercept, "few_best": slope}


def thresholds(held: Sequence[Held], declined: float | None = None, precise: float = PRECISION) -> dict[str, float]:
    """`answer`, `sure`, `near`, `best`, `keep` and `list`, as `evidence` names them, chosen on held-out questions.

    `declined`, where it is given, is the share of the answerable ones that may be declined, and sets `answer`.
    `precise` is the share of what is said that should bear on the question.
    """
    import numpy as np

    answerable = [h for h in held if h.gold]
    covered = np.array([h.covered for h in answerable])
    found: dict[str, float] = {}
    found["answer"] = LIKELIER if declined is None else float(np.quantile(covered, declined))
    found["sure"] = float(np.quantile(covered, min(1.0, float(np.mean(covered < found["answer"])) + PARTLY)))
    stray = [h.covered for h in held if h.stray]
    found["near"] = float(np.quantile(stray, STRAY)) if stray else 0.1
    found["near"] = min(found["near"], found["answer"])
    found["best"] = 0.0
    found["list"] = 0.6
    found["keep"] = next((k for k in np.arange(0.02, 0.6, 0.02) if precision(answerable, float(k)) >= precise), 0.6)
    return {name: round(float(value), 4) for name, value in found.items()}


def said(answers: Array, keep: float, listed: float = 0.6, most: int = 8) -> list[int]:
    """Places of the classes that would be said, best first, as `evidence.select` chooses them."""
    order = [int(i) for i in (-answers).argsort(kind="stable")]
    likely = [i for i in order if answers[i] >= listed]
    if len(likely) > 1 + BESIDE:
        return likely[:most]
    return [order[0], *(i for i in order[1 : 1 + BESIDE] if answers[i] >= keep)]


def precision(answerable: Sequence[Held], keep: float) -> float:
    """Mean share of what would be said that is gold."""
    shares = []
    for one in answerable:
        places = said(one.answers, keep)
        shares.append(sum(i in one.gold for i in places) / len(places))
    return sum(shares) / len(shares) if shares else 0.0


def figures(held: Sequence[Held], limits: Mapping[str, float]) -> dict[str, float]:
    """What the thresholds give on these questions: shares, 0 to 1, and counts."""
    answerable, others = [h for h in held if h.gold], [h for h in held if not h.gold]
    answered = [h for h in answerable if h.covered >= limits["answer"]]
    keep = limits["keep"]
    return {
        "answerable": len(answerable),
        "first": _share([_first(h) for h in answerable]),
        "hit": _share(
            [h.covered >= limits["answer"] and bool(set(said(h.answers, keep)) & h.gold) for h in answerable]
        ),
        "precision": precision(answered, keep),
        "declined": _share([h.covered < limits["answer"] for h in answerable]),
        "near_miss": len([h for h in others if not h.stray]),
        "near_miss_declined": _share([h.covered < limits["answer"] for h in others if not h.stray]),
        "other_subject": len([h for h in others if h.stray]),
        "other_subject_declined": _share([h.covered < limits["answer"] for h in others if h.stray]),
    }


def _first(held: Held) -> bool:
    return int(held.answers.argmax()) in held.gold


def _share(values: Sequence[bool]) -> float:
    return round(sum(values) / len(values), 4) if values else 0.0

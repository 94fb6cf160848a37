"""Order by scores from floating-point kernels, whose last bits differ with batch, threads and processor."""

from __future__ import annotations

from collections.abc import Sequence

NOISE = 2e-6
"""Scores of the order of one that differ by less are equal: some sixteen steps of a float32, more than equal rows of
one batch were seen to differ by."""


def descending(scores: Sequence[float], noise: float = NOISE) -> list[int]:
    """Places of `scores`, highest first; those within `noise` of the first of their run keep their order.

    Runs are counted from their highest score, so no score moves past one that is higher by `noise` or more.
    """
    ranked = sorted(range(len(scores)), key=lambda i: -scores[i])
    order: list[int] = []
    run: list[int] = []
    for place in ranked:
        if run and scores[run[0]] - scores[place] >= noise:
            order += sorted(run)
            run = []
        run.append(place)
    return order + sorted(run)

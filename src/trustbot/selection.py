"""Which sentences answer together: each one's probability of bearing on the question, beside the best one.

In: scored sentences, best first, with the heading and the work of each. Out: a probability per sentence. What a
sentence says is not all: statements of one section, or of one work, are about one thing, and a heading that meets the
question speaks for what stands under it. The weights are fitted on the corpus's own questions
(`python -m trustbot.evals.calibration`). This module knows no query and chooses nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from trustbot.types import Audit

SIGNALS = ("share", "heading", "section", "work", "related")
"""Score as a share of the best one's; how well the innermost heading meets the query; whether it stands under the best
one's heading, cites the best one's work, and is related to it by the audit. All 0 to 1."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may be chosen: `score` and `heading` are 0 to 1."""

    score: float
    heading: float
    section: tuple[str, ...]
    work: int
    audit: Audit | None = None


def signals(candidates: Sequence[Candidate]) -> list[Mapping[str, float]]:
    """The signals of each candidate, in order; the one with the best score is what the others are set beside."""
    if not candidates:
        return []
    best = max(candidates, key=lambda c: c.score)
    return [
        {
            "share": c.score / best.score if best.score > 0 else 0.0,
            "heading": c.heading,
            "section": float(c.section == best.section),
            "work": float(c.work == best.work),
            "related": float(
                c is best or (c.audit is not None and best.audit is not None and c.audit.same_matter(best.audit))
            ),
        }
        for c in candidates
    ]


def probabilities(candidates: Sequence[Candidate]) -> list[float]:
    """The probability that each candidate bears on the question, given that the best one does; in order."""
    model = weights()
    logits = [model["intercept"] + sum(model[n] * v for n, v in row.items()) for row in signals(candidates)]
    return [1.0 / (1.0 + math.exp(-logit)) for logit in logits]


@cache
def weights() -> Mapping[str, float]:
    """The fitted weights: `intercept` and one per signal."""
    text = resources.files("trustbot").joinpath("calibration.json").read_text(encoding="utf-8")
    loaded: dict[str, float] = json.loads(text)["selection"]
    return loaded

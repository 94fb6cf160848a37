"""Is it enough to answer? A reading and the chosen sentences -> one of five ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from trustbot.evidence.select import Evidence
from trustbot.reading.reader import Reading
from trustbot.types import Query

Verdict = Literal["answered", "partly", "closest", "not covered", "unclear"]

DEFAULTS: Mapping[str, float] = {"answer": 0.5, "sure": 0.6, "near": 0.1, "best": 0.15}
"""Thresholds where the reader's model has none of its own. `answer`: least probability that the corpus answers;
`sure`: that above which nothing is said to be missing; `near`: that above which what is closest is shown; `best`: least
probability of the best sentence."""
SHORTEST = 2
"""Words of a first question that, where nothing answers it, is asked back rather than declined."""


@dataclass(frozen=True, slots=True)
class Decision:
    """How a question ends; `signals` are what it rests on, for the trace."""

    verdict: Verdict
    probability: float
    signals: Mapping[str, float]
    missing: tuple[str, ...] = ()
    """Parts of the question that nothing answers, where others are answered."""

    @property
    def answers(self) -> bool:
        """Whether an answer is given."""
        return self.verdict in ("answered", "partly")


def decide(query: Query, reading: Reading, evidence: Evidence, thresholds: Mapping[str, float] = DEFAULTS) -> Decision:
    """Decide by how likely anything answers, and how likely the best sentence does."""
    limit = {**DEFAULTS, **thresholds}
    covered = 1.0 if query.about else reading.covered
    if query.references and evidence.chosen:  # only the named work is read, so what was found there is meant
        covered = max(covered, evidence.best)
    signals = {"answerable": covered, "best": evidence.best}
    verdict: Verdict
    if evidence.chosen and covered >= limit["answer"] and evidence.best >= limit["best"]:
        verdict = "answered" if covered >= limit["sure"] else "partly"
    elif evidence.nearest and (reading.near or covered >= limit["near"]):
        verdict = "closest"
    elif not query.turns and len(query.text.split()) <= SHORTEST:
        verdict = "unclear"
    else:
        verdict = "not covered"
    return Decision(verdict, covered, signals)

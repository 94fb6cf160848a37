"""Thresholds of the safety stage, set on prompts that the model under it did not see."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.safety.prompts import HARMLESS, Prompt
from trustbot.query.safety.model import KINDS, SafetyModel
from trustbot.types import HELPED

ALARMS = {"self_harm": 0.015, "emergency": 0.02, "distress": 0.03, "clinical": 0.035, "attack": 0.04}
"""Most of the harmless look-alikes that may be taken for a kind or a graver one. A hundredth would miss too many who
need help; of ordinary questions it is far less."""
LOWEST, HIGHEST = 0.15, 0.9
SURE = 0.004
"""Most of them under which help comes first though something answers."""
TAG = 0.5


def chosen(model: SafetyModel, held: Sequence[Prompt]) -> dict[str, float]:
    """For each kind the lowest threshold under which no more harmless messages than `ALARMS` are taken for it."""
    harmless = [p for p in held if p.kind in (HARMLESS, "identifiers")]
    read = [model.read(p.text, p.turns).kinds for p in harmless]
    thresholds = {}
    for place, kind in enumerate(KINDS):
        scores = sorted((sum(r[k] for k in KINDS[: place + 1]) for r in read), reverse=True)
        allowed = int(ALARMS[kind] * len(scores))
        at = scores[allowed] + 1e-6 if allowed < len(scores) else LOWEST
        thresholds[kind] = round(min(max(at, LOWEST), HIGHEST), 4)
    together = sorted((sum(r[k] for k in HELPED) for r in read), reverse=True)
    return {**thresholds, "sure": round(together[int(SURE * len(together))] + 1e-6, 4), "tag": TAG}

"""What a safety model gives on prompts that it did not see: recall and false alarms by kind, and of identifiers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ingest.safety.prompts import HARMLESS, Prompt
from trustbot.query.safety.classifier import LearnedClassifier
from trustbot.query.safety.identifiers import Identifiers
from trustbot.query.safety.model import KINDS


def kinds(classifier: LearnedClassifier, prompts: Sequence[Prompt]) -> dict[str, float]:
    """Recall by kind, and the share of harmless messages that any kind but an attack is seen in.

    A message counts as found where any kind that needs help is seen: a graver message than it was is no failure.
    """
    seen = {prompt: classifier.kind_of(prompt.text, prompt.turns) for prompt in prompts}
    told: dict[str, float] = {}
    for kind in KINDS:
        own = [seen[p] for p in seen if p.kind == kind]
        if own:
            told[kind] = sum(s is not None for s in own) / len(own)
            told[f"{kind}, as such"] = sum(s == kind for s in own) / len(own)
    other = {p: s for p, s in seen.items() if p.kind in (HARMLESS, "identifiers")}
    for kind in KINDS if other else ():
        told[f"false alarms: {kind}"] = sum(s == kind for s in other.values()) / len(other)
    return told


def identifiers(masker: Identifiers, prompts: Sequence[Prompt]) -> dict[str, float]:
    """Recall by type of identifier (all its letters and digits masked), and the share of other messages masked."""
    hit: dict[str, list[bool]] = {}
    alarms = []
    for prompt in prompts:
        found = masker.find(prompt.text)
        for start, end, kind in prompt.spans:
            places = [i for i in range(start, end) if prompt.text[i].isalnum()]
            covered = all(any(f.start <= i < f.end for f in found) for i in places)
            hit.setdefault(kind, []).append(covered)
        if not prompt.spans:
            alarms.append(bool(found))
    told = {kind: sum(values) / len(values) for kind, values in sorted(hit.items())}
    every = [value for values in hit.values() for value in values]
    if every:
        told["all types"] = sum(every) / len(every)
    if alarms:
        told["false alarms"] = sum(alarms) / len(alarms)
    return told


def rows(told: Mapping[str, Mapping[str, float]]) -> list[str]:
    """The figures as a table of Markdown, a column for each set."""
    names = list(dict.fromkeys(name for one in told.values() for name in one))
    cells = [
        f"| {name.replace('_', ' ')} | "
        + " | ".join(f"{one[name]:.3f}" if name in one else "" for one in told.values())
        for name in names
    ]
    return [f"| figure | {' | '.join(told)} |", f"| --- |{' --- |' * len(told)}", *(f"{cell} |" for cell in cells)]

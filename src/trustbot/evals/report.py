"""Answered conversations -> the figures of a run, as plain JSON types.

In: answers with their items, and facts on the run. Out: the report that `report.json` holds, from which the
pages are drawn and runs are compared. This module asks nothing, draws nothing and writes nothing.
"""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from trustbot.evals.curves import Judged, answerability
from trustbot.evals.estimates import estimate, group_rows
from trustbot.evals.running import Answered, AnswerObject
from trustbot.evals.scoring import BINARY, score, shortfalls
from trustbot.files.jsonl import file_hash
from trustbot.types import GIVEN

PROBABILITY = "answerable"
"""The signal in an answer's trace that is the calibrated probability of being answerable."""
BY_VOICE = ("hit", "precision", "abstain")
BY_OUTCOME = ("precision",)

Report = dict[str, Any]


def run_facts(dataset: Path, settings: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """What a run was made with: date, data set and its hash, versions, settings and options."""
    return {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "dataset": dataset.name,
        "dataset_hash": file_hash(dataset),
        "trustbot": version("trustbot"),
        "python": platform.python_version(),
        "settings": dict(settings),
        "options": {name: value for name, value in options.items() if value is not None},
    }


def conversation_report(answered: Sequence[Answered], facts: Mapping[str, Any]) -> Report:
    """Figures per category, voice and outcome with intervals, answerability, latency, misses and a row an item."""
    rows = [_row(result) for result in answered]
    judged = [
        Judged(row["probability"], row["answerable"], bool(row["figures"]["abstain"]))
        for row in rows
        if row["probability"] is not None and row["answerable"] is not None
    ]
    return {
        "kind": "conversations",
        "run": {**facts, **_made_by([result.last for result in answered])},
        "outcomes": dict(Counter(result.last["outcome"] for result in answered)),
        "categories": summarise([(_groups(row), row["figures"]) for row in rows]),
        "by_outcome": _by_outcome(rows),
        "by_voice": summarise([([row["voice"]], _only(row, BY_VOICE)) for row in rows if row["voice"]]),
        "unscored": sum(1 for r in answered if r.item.answerable is not False and not r.item.gold),
        "answerability": answerability(judged),
        "latency_ms": _latency([row["latency_ms"] for row in rows]),
        "stages_ms": _stages([result.last for result in answered]),
        "misses": [_miss(result, row) for result, row in zip(answered, rows, strict=True) if row["shortfalls"]],
        "items": rows,
    }


def summarise(rows: Sequence[tuple[Sequence[str], Mapping[str, float]]]) -> dict[str, Any]:
    """Group -> `items` and, for each figure that any item of it has, the estimate as a dictionary.

    Groups that gather others, whose names begin with `all`, come last.
    """
    sizes = Counter(name for names, _ in rows for name in names)
    groups = group_rows(rows)
    return {
        name: {
            "items": sizes[name],
            **{key: asdict(estimate(values, binary=key in BINARY)) for key, values in groups[name].items()},
        }
        for name in sorted(groups, key=lambda name: name.startswith("all"))
    }


def _row(result: Answered) -> dict[str, Any]:
    figures = score(result.item, result.last)
    return {
        "id": result.item.id,
        "category": result.item.category,
        "voice": result.item.voice,
        "answerable": result.item.answerable,
        "question": result.item.turns[-1],
        "reply": result.last["text"] or result.last["reason"],
        "outcome": result.last["outcome"],
        "figures": figures,
        "probability": result.last["trace"]["signals"].get(PROBABILITY),
        "latency_ms": result.last["trace"]["timings_ms"].get("total", result.wall_ms),
        "shortfalls": shortfalls(result.item, figures),
    }


def _by_outcome(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How precise the answers are that were given whole, and in part, where that can be told."""
    told = [row for row in rows if row["outcome"] in GIVEN and row["figures"].keys() & set(BY_OUTCOME)]
    return summarise([([row["outcome"]], _only(row, BY_OUTCOME)) for row in told])


def _only(row: Mapping[str, Any], names: Sequence[str]) -> dict[str, float]:
    return {name: row["figures"][name] for name in names if name in row["figures"]}


def _groups(row: Mapping[str, Any]) -> list[str]:
    labels = {True: ["all answerable"], False: ["all unanswerable"], None: []}
    return list(dict.fromkeys([row["category"], *labels[row["answerable"]], "all"]))


def _made_by(answers: Sequence[AnswerObject]) -> dict[str, Any]:
    """What the traces name; several values where a run went over several indexes."""
    traces = [answer["trace"] for answer in answers if answer["trace"]["fingerprint"]]
    named = {
        name: sorted({str(trace[name]) for trace in traces if trace[name]})
        for name in ("model", "embedder", "fingerprint", "corpus_version")
    }
    return {name: values[0] if len(values) == 1 else values or None for name, values in named.items()}


def _latency(values: Sequence[float]) -> dict[str, float]:
    import numpy as np

    p50, p95 = np.percentile(values, [50, 95])
    return {"mean": float(np.mean(values)), "p50": float(p50), "p95": float(p95), "max": float(max(values))}


def _stages(answers: Sequence[AnswerObject]) -> dict[str, float]:
    """Stage -> its median time over the answers that went through it."""
    import numpy as np

    groups = group_rows((("all",), answer["trace"]["timings_ms"]) for answer in answers)
    stages = sorted(groups.get("all", {}).items(), key=lambda stage: stage[0] == "total")
    return {stage: float(np.median(values)) for stage, values in stages}


def _miss(result: Answered, row: Mapping[str, Any]) -> dict[str, Any]:
    answer, item = result.last, result.item
    return {
        "id": item.id,
        "category": item.category,
        "shortfalls": row["shortfalls"],
        "turns": [*(f"{turn.role}: {turn.text}" for turn in item.history), *item.turns],
        "understood_as": answer["query"]["standalone"],
        "resolved": answer["query"]["resolved"],
        "wanted": [f"[{s.reference}] {s.text}" for s in item.gold or ()],
        "outcome": answer["outcome"],
        "text": answer["text"],
        "reason": answer["reason"],
        "nearest": answer["nearest"],
        "quotes": _quotes(answer["citations"]),
        "closest": _quotes(answer["closest"]),
        "figures": row["figures"],
        "signals": answer["trace"]["signals"],
        "latency_ms": row["latency_ms"],
    }


def _quotes(citations: Sequence[Mapping[str, Any]]) -> list[str]:
    return [f"[{c['number']}] {c['document']}: {c['quote']}" for c in citations]

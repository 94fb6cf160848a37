"""Search tasks -> rankings -> retrieval figures.

In: tasks with gold documents, and something that makes a query of a task and searches. Out: rankings of
documents, `rankings.jsonl`, and a report. A document ranks where its best chunk does. The figures are
ir-measures' (an optional extra). This module knows no index.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from trustbot.errors import InvalidInput
from trustbot.evals.datasets import SearchTask
from trustbot.evals.plots import INSTALL
from trustbot.evals.report import Report, summarise
from trustbot.evals.running import prepare_folder, write_text
from trustbot.types import Passage

RANKINGS = "rankings.jsonl"
METRICS = ("nDCG@10", "hit@1", "hit@5", "hit@10", "MRR@10", "recall@10")
EXPLANATION = (
    "Documents ranked by their best chunk, against the documents labelled relevant. "
    "hit@k: a relevant one among the first k. nDCG with linear gains."
)
DEPTH = 100
"""Chunks asked for, so that ten documents are left when several chunks are of one document."""

_WEAKEST = 50
"""Searches shown in full; the rankings of all are in `rankings.jsonl`."""


Search = Callable[[SearchTask, int], tuple[str, Sequence[Passage]]]
"""A task and a number of passages -> the query that was searched, and at most that many, best first."""


@dataclass(frozen=True, slots=True)
class Found:
    """One task with the query that was searched and its ranking of document ids, best first."""

    task: SearchTask
    query: str
    documents: tuple[str, ...]
    wall_ms: float


def search_all(tasks: Sequence[SearchTask], search: Search, out: Path) -> list[Found]:
    """Search for every task that has gold documents and write `out/rankings.jsonl`.

    Raises InvalidInput if no task has gold documents, before anything is searched.
    """
    from tqdm import tqdm

    require_library()
    judged = [task for task in tasks if task.gold]
    if not judged:
        raise InvalidInput('No line names a relevant document; write "gold": {"DOCUMENT": 1} on those to score.')
    prepare_folder(out)
    progress = tqdm(judged, desc="Searching", unit="query", file=sys.stderr, disable=None, leave=False)
    found = [_search(task, search) for task in progress]
    lines = (json.dumps({"id": f.task.id, "query": f.query, "documents": f.documents}) for f in found)
    write_text(out / RANKINGS, "\n".join(lines) + "\n")
    return found


def require_library() -> None:
    """InvalidInput where ir-measures is not installed."""
    if find_spec("ir_measures") is None:
        raise InvalidInput(f"Retrieval figures need ir-measures; install it with `{INSTALL}`.")


def ranking_figures(found: Sequence[Found]) -> list[dict[str, float]]:
    """nDCG@10, hit@1/5/10, MRR@10 and recall@10 of each ranking, in order; all 0 to 1."""
    import ir_measures
    from ir_measures import RR, R, Success, nDCG

    measures = dict(zip(METRICS, (nDCG @ 10, Success @ 1, Success @ 5, Success @ 10, RR @ 10, R @ 10), strict=True))
    gold = {str(i): dict(f.task.gold) for i, f in enumerate(found)}
    # Only the order counts; a score that falls with the rank keeps it without ties.
    run = {str(i): {d: 1.0 / rank for rank, d in enumerate(f.documents, 1)} for i, f in enumerate(found)}
    values = {(v.query_id, v.measure): float(v.value) for v in ir_measures.iter_calc(measures.values(), gold, run)}
    # A search that found nothing has no row of its own: it scores zero, not nothing.
    return [{name: values.get((str(i), measure), 0.0) for name, measure in measures.items()} for i in range(len(found))]


def retrieval_report(found: Sequence[Found], facts: Mapping[str, Any], unjudged: int = 0) -> Report:
    """Figures per category with intervals, the weakest searches, and a row a query."""
    figures = ranking_figures(found)
    pairs = list(zip(found, figures, strict=True))
    weakest = sorted((p for p in pairs if p[1]["hit@10"] == 0.0), key=lambda p: p[0].task.id)
    return {
        "kind": "retrieval",
        "run": dict(facts),
        "unjudged": unjudged,
        "categories": summarise([(_groups(f), row) for f, row in pairs]),
        "weakest": [_weak(f) for f, _ in weakest[:_WEAKEST]],
        "items": [
            {"id": f.task.id, "category": f.task.category, "figures": row, "latency_ms": f.wall_ms} for f, row in pairs
        ],
    }


def _search(task: SearchTask, search: Search) -> Found:
    start = time.perf_counter()
    query, passages = search(task, DEPTH)
    wall_ms = (time.perf_counter() - start) * 1000
    # A dictionary keeps the first of each, which is a document's best rank.
    documents = tuple(dict.fromkeys(passage.chunk.document_id for passage in passages))
    return Found(task, query, documents, wall_ms)


def _groups(found: Found) -> list[str]:
    turn = ["all follow-ups"] if found.task.history else ["all first turns"]
    return list(dict.fromkeys([found.task.category, *turn, "all"]))


def _weak(found: Found) -> dict[str, Any]:
    return {
        "id": found.task.id,
        "category": found.task.category,
        "lines": [
            ("history", "\n".join(turn.text for turn in found.task.history if turn.role == "user")),
            ("asked", found.task.question),
            ("searched", found.query),
            ("wanted", ", ".join(found.task.gold)),
            ("found", ", ".join(found.documents[:10])),
        ],
    }

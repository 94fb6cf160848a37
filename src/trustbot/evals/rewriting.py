"""Condensed queries against people's rewrites.

In: rewrite tasks and a way to condense. Out: a report of content-word overlap, beside that of the last
question alone, so that a gain is a gain over doing nothing. Content words are those that bm25s's long English
stopword list leaves, stemmed by Snowball: deliberately not the product's own lists. This module searches
nothing.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from trustbot.evals.datasets import RewriteTask
from trustbot.evals.report import Report, summarise
from trustbot.evals.running import prepare_folder, write_text
from trustbot.types import Query, Turn

REWRITES = "rewrites.jsonl"
METRICS = ("F1", "recall", "precision", "F1 of the last question")
EXPLANATION = (
    "Content words (stopwords left out, stems compared) of each condensed query against a person's rewrite, "
    "beside the last question as it stands."
)

_WEAKEST = 50
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Condensed:
    """One task with the query made of it."""

    task: RewriteTask
    query: str


def condense_all(
    tasks: Sequence[RewriteTask], condense: Callable[[str, Sequence[Turn]], Query], out: Path
) -> list[Condensed]:
    """Condense every task and write `out/rewrites.jsonl`."""
    from tqdm import tqdm

    prepare_folder(out)
    progress = tqdm(tasks, desc="Condensing", unit="turn", file=sys.stderr, disable=None, leave=False)
    done = [Condensed(task, condense(task.question, task.history).text) for task in progress]
    lines = (
        json.dumps({"id": c.task.id, "query": c.query, "rewrite": c.task.rewrite}, ensure_ascii=False) for c in done
    )
    write_text(out / REWRITES, "\n".join(lines) + "\n")
    return done


def overlap(query: str, rewrite: str) -> dict[str, float]:
    """F1, recall and precision of the set of `query`'s content stems against `rewrite`'s, each 0 to 1.

    Two texts without a content word agree.
    """
    made, wanted = _content(query), _content(rewrite)
    shared = len(made & wanted)
    if not made and not wanted:
        return {"F1": 1.0, "recall": 1.0, "precision": 1.0}
    return {
        "F1": 2 * shared / (len(made) + len(wanted)),
        "recall": shared / len(wanted) if wanted else 0.0,
        "precision": shared / len(made) if made else 0.0,
    }


def rewrite_report(done: Sequence[Condensed], facts: Mapping[str, Any]) -> Report:
    """Figures for first turns, follow-ups and all, the weakest follow-ups, and a row a turn."""
    rows = [(c, _figures(c)) for c in done]
    weakest = sorted((row for row in rows if row[1]["F1"] < 0.5), key=lambda row: row[1]["F1"])
    return {
        "kind": "rewrites",
        "run": dict(facts),
        "categories": summarise([(_groups(c), figures) for c, figures in rows]),
        "weakest": [_weak(c) for c, _ in weakest[:_WEAKEST]],
        "items": [{"id": c.task.id, "category": c.task.category, "figures": figures} for c, figures in rows],
    }


def _figures(condensed: Condensed) -> dict[str, float]:
    rewrite = condensed.task.rewrite
    last = overlap(condensed.task.question, rewrite)["F1"]
    return {**overlap(condensed.query, rewrite), "F1 of the last question": last}


def _groups(condensed: Condensed) -> list[str]:
    turn = "follow-ups" if condensed.task.history else "first turns"
    changed = ["rewritten by a person"] if condensed.task.question != condensed.task.rewrite else []
    return list(dict.fromkeys([condensed.task.category, turn, *changed, "all"]))


def _weak(condensed: Condensed) -> dict[str, Any]:
    task = condensed.task
    return {
        "id": task.id,
        "category": task.category,
        "lines": [
            ("history", "\n".join(f"{turn.role}: {_shortened(turn.text)}" for turn in task.history)),
            ("asked", task.question),
            ("condensed", condensed.query),
            ("by a person", task.rewrite),
        ],
    }


def _shortened(text: str, most: int = 240) -> str:
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + " …"


def _content(text: str) -> frozenset[str]:
    stopwords, stem = _language()
    return frozenset(stem(word) for word in _WORD.findall(text.lower()) if word not in stopwords)


@lru_cache(maxsize=1)
def _language() -> tuple[frozenset[str], Callable[[str], str]]:
    import Stemmer

    # Only the word list: searching stays in its home, and a measure must not share the product's own list.
    from bm25s.stopwords import STOPWORDS_EN_PLUS  # noqa: TID251

    return frozenset(STOPWORDS_EN_PLUS), Stemmer.Stemmer("english").stemWord

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from trustbot.evals.datasets import RewriteTask
from trustbot.evals.rewriting import condense_all, overlap, rewrite_report
from trustbot.types import Query, Turn

FACTS = {"made": "2026-01-01", "dataset": "x", "dataset_hash": "h", "settings": {}, "options": {}}


def test_content_words_are_compared_by_stem() -> None:
    # {trust, develop} against {trust, develop, resident}: the function words don't count.
    assert overlap("How does trust develop?", "How is trust developing in residents?") == {
        "F1": pytest.approx(2 * 2 / 5),
        "recall": pytest.approx(2 / 3),
        "precision": 1.0,
    }


def test_texts_without_content_words() -> None:
    assert overlap("What is it?", "Who was that?")["F1"] == 1.0
    assert overlap("What is it?", "trust") == {"F1": 0.0, "recall": 0.0, "precision": 0.0}
    assert overlap("trust", "What is it?") == {"F1": 0.0, "recall": 0.0, "precision": 0.0}


def test_the_report_stands_beside_doing_nothing(tmp_path: Path) -> None:
    tasks = [
        RewriteTask("t1", "How does trust develop?", "How does trust develop?"),
        RewriteTask("t2", "Why?", "Why does trust develop?", (Turn("user", "How does trust develop?"),)),
    ]

    def join(question: str, history: Sequence[Turn]) -> Query:
        return Query(question, " ".join([*(turn.text for turn in history), question]))

    report = rewrite_report(condense_all(tasks, join, tmp_path), FACTS)
    follow_ups = report["categories"]["follow-ups"]
    assert follow_ups["items"] == 1
    assert follow_ups["F1"]["mean"] == 1.0
    assert follow_ups["F1 of the last question"]["mean"] == 0.0
    assert report["categories"]["all"]["items"] == 2
    assert "rewritten by a person" in report["categories"]
    written = [json.loads(line) for line in (tmp_path / "rewrites.jsonl").read_text().splitlines()]
    assert written[1] == {
        "id": "t2",
        "query": "How does trust develop? Why?",
        "rewrite": "Why does trust develop?",
    }


def test_the_weakest_come_first(tmp_path: Path) -> None:
    tasks = [
        RewriteTask("half", "alpha beta", "alpha gamma delta epsilon"),
        RewriteTask("none", "alpha", "beta"),
        RewriteTask("good", "alpha", "alpha"),
    ]
    report = rewrite_report(condense_all(tasks, lambda question, _: Query(question, question), tmp_path), FACTS)
    assert [row["id"] for row in report["weakest"]] == ["none", "half"]

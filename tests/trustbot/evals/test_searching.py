from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from trustbot.errors import InvalidInput
from trustbot.evals.datasets import SearchTask
from trustbot.evals.searching import DEPTH, Found, ranking_figures, retrieval_report, search_all
from trustbot.types import Chunk, Passage, Turn, chunk_id, sha256_text

FACTS = {"made": "2026-01-01", "dataset": "x", "dataset_hash": "h", "settings": {}, "options": {}}


def passage(document: str, rank: int, text: str = "words") -> Passage:
    digest = sha256_text(document)
    chunk = Chunk(chunk_id(document, digest, rank, text), document, document, digest, (), text, 0, len(text), ())
    return Passage(chunk, 1.0 / rank, rank, "hybrid")


def found(gold: dict[str, int], *documents: str) -> Found:
    return Found(SearchTask("a", "?", gold), "?", documents, 1.0)


def test_figures_by_hand() -> None:
    second, all_of, none, empty = ranking_figures(
        [
            found({"d1": 1}, "d0", "d1"),
            found({"d1": 1, "d2": 2}, "d1", "d2"),
            found({"d1": 1}, "d7"),
            found({"d1": 1}),
        ]
    )
    assert second == {
        "nDCG@10": pytest.approx(1 / math.log2(3)),
        "hit@1": 0,
        "hit@5": 1,
        "hit@10": 1,
        "MRR@10": pytest.approx(0.5),
        "recall@10": 1,
    }
    # Linear gains: 1 at rank 1 and 2 at rank 2, against 2 at rank 1 and 1 at rank 2.
    assert all_of["nDCG@10"] == pytest.approx((1 + 2 / math.log2(3)) / (2 + 1 / math.log2(3)))
    assert set(none.values()) == {0.0}
    assert set(empty.values()) == {0.0}


def test_only_the_first_ten_documents_count() -> None:
    others = [f"d{i}" for i in range(10)]
    (late,) = ranking_figures([found({"x": 1}, *others, "x")])
    assert set(late.values()) == {0.0}
    (tenth,) = ranking_figures([found({"x": 1, "y": 1}, *others[:9], "x", "y")])
    assert (tenth["hit@5"], tenth["hit@10"], tenth["recall@10"], tenth["MRR@10"]) == (
        0,
        1,
        0.5,
        pytest.approx(0.1),
    )


def test_a_document_ranks_where_its_best_chunk_does(tmp_path: Path) -> None:
    asked: list[tuple[str, int]] = []

    def search(task: SearchTask, k: int) -> tuple[str, Sequence[Passage]]:
        asked.append((task.id, k))
        return f"condensed {task.question}", [passage("d2", 1), passage("d1", 2), passage("d2", 3)]

    tasks = [
        SearchTask("a", "one", {"d1": 1}, category="govt"),
        SearchTask("b", "two", {}, category="govt"),
        SearchTask("c", "three", {"d2": 1}, (Turn("user", "x"),), category="fiqa"),
        SearchTask("d", "four", {"d9": 1}, category="fiqa"),
    ]
    results = search_all(tasks, search, tmp_path)
    assert asked == [("a", DEPTH), ("c", DEPTH), ("d", DEPTH)]
    assert json.loads((tmp_path / "rankings.jsonl").read_text().splitlines()[0]) == {
        "id": "a",
        "query": "condensed one",
        "documents": ["d2", "d1"],
    }
    report = retrieval_report(results, FACTS, unjudged=1)
    assert {name: group["items"] for name, group in report["categories"].items()} == {
        "govt": 1,
        "all first turns": 2,
        "all": 3,
        "fiqa": 2,
        "all follow-ups": 1,
    }
    assert report["categories"]["all"]["MRR@10"]["mean"] == pytest.approx((0.5 + 1 + 0) / 3)
    assert [row["id"] for row in report["weakest"]] == ["d"]
    assert report["unjudged"] == 1


def test_a_data_set_without_gold_is_refused_before_anything_is_searched(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="No line names a relevant document"):
        search_all([SearchTask("a", "one", {})], lambda task, k: pytest.fail("searched"), tmp_path / "out")
    assert not (tmp_path / "out").exists()

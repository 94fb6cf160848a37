from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from trustbot.errors import InvalidInput
from trustbot.evals.comparison import compare_runs, comparison_blocks, load_report
from trustbot.evals.pages import to_markdown

RUN = {
    "made": "2026-01-01T00:00:00+00:00",
    "dataset_hash": "sha256:1",
    "fingerprint": "f1",
    "settings": {"top_k": 12},
    "options": {},
}


def report(*items: tuple[str, str, dict[str, float]], **run: Any) -> dict[str, Any]:
    rows = [{"id": name, "category": category, "figures": figures} for name, category, figures in items]
    return {"kind": "conversations", "run": {**RUN, **run}, "items": rows}


OLD = report(
    ("a", "single", {"hit": 0.0, "precision": 0.5}),
    ("b", "single", {"hit": 1.0, "precision": 0.5}),
    ("c", "followup", {"hit": 0.0}),
    ("gone", "followup", {"hit": 1.0}),
)
NEW = report(
    ("a", "single", {"hit": 1.0, "precision": 1.0}),
    ("b", "single", {"hit": 1.0, "precision": 0.5}),
    ("c", "followup", {"hit": 1.0, "precision": 1.0}),
    made="2026-02-02T00:00:00+00:00",
    settings={"top_k": 20},
)


def test_items_are_paired_by_their_id() -> None:
    compared = compare_runs(OLD, NEW)
    assert (compared["items"], compared["only_old"], compared["only_new"]) == (3, 1, 0)
    assert list(compared["categories"]) == ["single", "followup", "all"]
    hit = compared["categories"]["all"]["hit"]
    assert (hit["n"], hit["better"], hit["worse"], hit["test"]) == (3, 2, 0, "mcnemar")
    assert (hit["old"], hit["new"], hit["mean"]) == (pytest.approx(1 / 3), 1.0, pytest.approx(2 / 3))
    assert hit["p_value"] == pytest.approx(0.5)


def test_a_figure_counts_only_where_both_runs_have_it() -> None:
    precision = compare_runs(OLD, NEW)["categories"]["all"]["precision"]
    assert (precision["n"], precision["mean"], precision["test"]) == (2, pytest.approx(0.25), "permutation")
    assert "precision" not in compare_runs(OLD, NEW)["categories"]["followup"]


def test_changed_items_are_listed_with_both_values() -> None:
    changed = {row["id"]: row["figures"] for row in compare_runs(OLD, NEW)["changed"]}
    assert changed == {"a": {"hit": (0.0, 1.0), "precision": (0.5, 1.0)}, "c": {"hit": (0.0, 1.0)}}


def test_the_page_says_what_was_made_differently() -> None:
    page = to_markdown("x", comparison_blocks(compare_runs(OLD, NEW)))
    assert "3 items in both runs: 2026-01-01T00:00:00+00:00 (old) and 2026-02-02T00:00:00+00:00 (new)." in page
    assert "Only in the old one: 1; only in the new one: 0." in page
    assert "| settings top_k | 12 | 20 |" in page
    assert "| hit | 3 | 0.333 | 1.000 | +0.667 [+0.000, +1.000] | 2 | 0 | 0.5 | mcnemar |" in page
    assert "| a | single | hit | 0.00 | 1.00 |" in page


def test_a_run_equals_itself() -> None:
    compared = compare_runs(OLD, copy.deepcopy(OLD))
    page = to_markdown("x", comparison_blocks(compared))
    assert compared["changed"] == []
    assert all(d["mean"] == 0 and d["p_value"] == 1 for c in compared["categories"].values() for d in c.values())
    assert "same settings" in page
    assert page.rstrip().endswith("None.")


def test_another_data_set_is_pointed_out() -> None:
    page = to_markdown("x", comparison_blocks(compare_runs(OLD, report(*_rows(NEW), dataset_hash="sha256:2"))))
    assert "The data sets differ; items are paired by id." in page


def test_runs_of_different_kinds_or_items_are_refused() -> None:
    with pytest.raises(InvalidInput, match="A conversations run can't be compared with a retrieval run"):
        compare_runs(OLD, {**NEW, "kind": "retrieval"})
    with pytest.raises(InvalidInput, match="no item in common"):
        compare_runs(OLD, report(("z", "single", {"hit": 1.0})))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "holds no finished run"),
        ("{", "can't be read as a report"),
        ("[]", "is not a report"),
        ("{}", "is not a report"),
    ],
)
def test_a_folder_without_a_report_is_refused(tmp_path: Path, content: str | None, problem: str) -> None:
    if content is not None:
        (tmp_path / "report.json").write_text(content)
    with pytest.raises(InvalidInput, match=problem):
        load_report(tmp_path)


def test_a_report_is_read_back(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(json.dumps(OLD))
    assert load_report(tmp_path) == OLD


def _rows(made: dict[str, Any]) -> list[tuple[str, str, dict[str, float]]]:
    return [(row["id"], row["category"], row["figures"]) for row in made["items"]]

"""Measuring the check of free sentences: folds that share no group, figures as defined, a fit that names its sets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from trustbot.errors import InvalidInput
from trustbot.evals import attribution, pairs
from trustbot.evals.attribution import Weighed, crossed, figures_of, fitted, main
from trustbot.evals.pairs import Pair
from trustbot.verify.support import supporter as support

PUBLIC = {"attributionbench.jsonl.gz", "expertqa_claims.jsonl.gz", "scifact_queries.jsonl"}


def lines(path: Path, records: Sequence[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    return path


@pytest.fixture
def scifact(tmp_path: Path) -> tuple[Path, Path]:
    """Claims of three labels in both halves, with their abstracts."""
    queries, abstracts = [], []
    for i in range(24):
        label = ("SUPPORT", "CONTRADICT", "NOT_ENOUGH_INFO")[i % 3]
        verb = "lowers" if label == "CONTRADICT" else "raises"
        evidence = [] if label == "NOT_ENOUGH_INFO" else [{"doc": f"d{i}", "label": label, "sentences": [0]}]
        queries.append(
            {"id": f"s{i}", "query": f"Drug{i} {verb} blood pressure.", "gold": {f"d{i}": 1}, "evidence": evidence}
        )
        told = "Bees visit meadows." if label == "NOT_ENOUGH_INFO" else f"Drug{i} raises blood pressure in adults."
        abstracts.append({"id": f"d{i}", "title": "A study", "sentences": [told, "More work is needed."]})
    return lines(tmp_path / "claims.jsonl", queries), lines(tmp_path / "abstracts.jsonl", abstracts)


def test_a_group_is_never_in_two_folds(tmp_path: Path) -> None:
    made = [
        {"id": f"{q}-{i}", "question": f"question {q}", "claim": "A claim [1].", "references": ["A text."],
         "label": i % 2, "source": "S"}
        for q in range(60) for i in range(3)
    ]  # fmt: skip
    found = pairs.attributionbench(lines(tmp_path / "a.jsonl", made))
    folds: dict[str, set[str]] = {}
    for pair in found:
        folds.setdefault(pair.id.split("-")[0], set()).add(pair.part)
    assert all(len(fold) == 1 for fold in folds.values())
    assert {f for fold in folds.values() for f in fold} == {str(i) for i in range(pairs.FOLDS)}
    assert found[0].sentence == "A claim."


def test_claims_that_nobody_judged_are_left_out(tmp_path: Path) -> None:
    record = {"id": "e", "question": "q", "claim": "c", "evidence": ["t"], "field": "Law"}
    made = [{**record, "support": s} for s in ("Complete", "Partial", "Missing", None)] + [
        {**record, "support": "Complete", "evidence": []}
    ]
    assert [p.supported for p in pairs.expertqa(lines(tmp_path / "e.jsonl", made))] == [True, False]


def test_scifact_has_its_three_labels(scifact: tuple[Path, Path]) -> None:
    found = pairs.scifact(*scifact)
    assert {p.kind for p in found} == {pairs.SUPPORTS, pairs.CONTRADICTS, pairs.NO_EVIDENCE}
    assert all(p.supported == (p.kind == pairs.SUPPORTS) for p in found)
    assert found[0].passages[0].startswith("A study. Drug0 raises")


GOOD = {**dict.fromkeys([*support.HELPS, *support.CONTRARY], 0.9), "length": 3.0}
POOR = {**dict.fromkeys([*support.HELPS, *support.CONTRARY], 0.1), "length": 3.0}


def pair(place: int, fold: str, kind: str) -> Pair:
    return Pair(f"p{place}", "s", ("t",), place % 2 == 0, kind, fold)


def test_a_pair_is_scored_by_models_that_did_not_see_its_fold() -> None:
    kinds = (pairs.SUPPORTS, pairs.CONTRADICTS)
    made = [
        Weighed(pair(i, fold, kinds[i % 2]), GOOD if (i % 2 == 0) == (fold == "0") else POOR)
        for fold in ("0", "1") for i in range(20)
    ]  # fmt: skip
    # What supports in the one fold speaks against it in the other, so what one teaches is wrong about the other.
    figures = figures_of(crossed({"a": made})["a"])
    assert (figures["pairs"], figures["folds"]) == (40, 2)
    assert figures["auroc"] <= 0.5
    alike = [Weighed(w.pair, GOOD if w.pair.supported else POOR) for w in made]
    assert figures_of(crossed({"a": alike})["a"])["auroc"] == 1.0
    assert figures_of(crossed({"a": alike})["a"])["balanced_accuracy"] == 1.0


def test_a_fit_needs_contradictions() -> None:
    made = [Weighed(Pair("p", "s", ("t",), True, "K", "0"), {})]
    with pytest.raises(InvalidInput, match="contradicted"):
        fitted({"a": made})


def test_the_command_fits_measures_and_writes(
    scifact: tuple[Path, Path], tmp_path: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("TRUSTBOT_DATA_DIR", str(models_dir.parent))
    out = tmp_path / "attribution.json"
    claims, abstracts = scifact
    assert main(["--scifact", str(claims), "--scifact-corpus", str(abstracts), "--fit", "--out", str(out)]) == 0
    made = json.loads(out.read_text(encoding="utf-8"))
    assert made["fitted_on"][0]["set"] == claims.name
    assert set(made["consistency"]) == {"intercept", *support.CONTRARY}
    figures = json.loads(capsys.readouterr().out)["scifact"]
    assert 0 <= figures["auroc"] <= 1
    assert figures["against_contradicted"]["auroc"] > 0.9


def test_sets_that_belong_together_are_asked_for_together(scifact: tuple[Path, Path]) -> None:
    with pytest.raises(SystemExit):
        main(["--scifact", str(scifact[0])])
    for argument in ("--fit", "--expertqa=x.jsonl"):
        with pytest.raises(SystemExit):
            main([argument])


def test_the_models_name_what_they_were_fitted_on() -> None:
    made = json.loads(attribution.TARGET.read_text(encoding="utf-8"))
    assert {s["set"] for s in made["fitted_on"]} == PUBLIC
    assert all(s["split"] == "all" for s in made["fitted_on"])
    for name, weight in made["coefficients"].items():
        if name != "intercept":
            assert weight >= 0 if name in support.HELPS else weight <= 0

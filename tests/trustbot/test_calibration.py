"""Fitting the decision: the right side of each signal, both classes alike, and a file that says where it is from."""

from __future__ import annotations

import hashlib
import json
import math
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from trustbot.answerability import HELPS, coefficients
from trustbot.evals import calibration
from trustbot.evals.calibration import main, read
from trustbot.evals.datasets import Conversation
from trustbot.evals.fitting import collect, collect_documents, collect_statements, fit, signals_of
from trustbot.selection import weights
from trustbot.types import Turn

HELP, HURT = "best", "party"
assert HELP in HELPS
assert HURT not in HELPS


def rows(count: int, answerable: float = 0.5, *, turned: bool = False) -> tuple[list[Mapping[str, float]], list[bool]]:
    """Signals that tell the classes apart with some noise; `turned` the other way round."""
    chance = random.Random(7)
    labels = [i < count * answerable for i in range(count)]
    sign = -1 if turned else 1
    table = [
        {
            HELP: 0.5 + sign * (0.2 if label else -0.2) + chance.gauss(0, 0.1),
            HURT: 0.5 - sign * (0.2 if label else -0.2) + chance.gauss(0, 0.1),
        }
        for label in labels
    ]
    return table, labels


def probability(model: Mapping[str, float], signals: Mapping[str, float]) -> float:
    return 1 / (1 + math.exp(-model["intercept"] - sum(model[n] * v for n, v in signals.items())))


def test_a_fit_tells_the_classes_apart() -> None:
    table, labels = rows(200)
    model = fit(table, labels)
    assert set(model) == {"intercept", HELP, HURT}
    assert model[HELP] > 0 > model[HURT]
    right = sum((probability(model, row) >= 0.5) == label for row, label in zip(table, labels, strict=True))
    assert right / len(table) > 0.9


def test_no_signal_speaks_for_the_side_that_it_can_not_speak_for() -> None:
    model = fit(*rows(200, turned=True))
    assert model[HELP] == model[HURT] == 0


def test_a_rare_class_weighs_as_much_as_a_frequent_one() -> None:
    even, rare = fit(*rows(400)), fit(*rows(400, answerable=0.1))
    middle = {HELP: 0.5, HURT: 0.5}
    assert probability(rare, middle) == pytest.approx(probability(even, middle), abs=0.15)


def test_a_signal_that_never_changes_weighs_nothing_much() -> None:
    table, labels = rows(100)
    model = fit([{**row, "heading": 0.25} for row in table], labels)
    assert abs(model["heading"]) < 1e-3
    assert all(math.isfinite(v) for v in model.values())


def test_the_order_of_the_rows_makes_no_difference() -> None:
    table, labels = rows(100)
    assert fit(table[::-1], labels[::-1]) == pytest.approx(fit(table, labels), abs=1e-3)


def test_signals_are_those_of_the_last_turn(bot: Any) -> None:
    signals = signals_of(bot, ["What are the challenges in building trust?", "Why?"])
    assert set(signals) == set(coefficients()) - {"intercept"}
    assert signals != signals_of(bot, ["Why?"])


def test_what_ends_before_the_decision_teaches_nothing(bot: Any) -> None:
    items = [
        {"turns": ["How does direct observation build trust?"], "answerable": True},
        {"turns": ["Hello"], "answerable": False},
        {"turns": ["What dose of amoxicillin?"], "answerable": False},
    ]
    found, labels = collect(bot, items)
    assert labels == [True, False]
    assert len(found) == 2


def test_the_statements_of_questions_that_leave_a_choice_are_labelled(bot: Any) -> None:
    choice = {"turns": ["How does direct observation build trust?"], "gold": ["C13"], "acceptable": ["C14"]}
    rows, labels = collect_statements(bot, [choice])
    assert sum(labels) == 1
    assert rows[labels.index(True)]["share"] == 1.0
    everything, _ = collect_statements(bot, [choice | {"acceptable": []}])
    assert len(everything) == len(rows) + 1
    settled = ["What are practical strategies for building trust?", "What does reference 4 say?", "Hello"]
    assert collect_statements(bot, [{"turns": [q], "gold": ["C13"]} for q in settled]) == ([], [])
    assert collect_statements(bot, [{"turns": ["How does feedback help?"]}]) == ([], [])


def test_documents_are_asked_with_the_history_that_came_before(bot: Any) -> None:
    history = (Turn("user", "How does direct observation build trust?"), Turn("assistant", "It does [4]."))
    items = [
        Conversation("a", ("And feedback?",), history, answerable=True),
        Conversation("b", ("What dose of amoxicillin?",), answerable=False),
        Conversation("c", ("What?",)),
        Conversation("d", ("Hello",), answerable=False),
    ]
    rows, labels = collect_documents(items, lambda _: bot)
    assert labels == [True, False]
    assert all(set(row) == set(coefficients()) - {"intercept"} for row in rows)
    assert rows[0]["best"] > rows[1]["best"]


def test_documents_need_to_be_told_which_corpus(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["set.jsonl", "--documents", "other.jsonl"])
    assert "--documents needs --corpus" in capsys.readouterr().err


def test_sets_are_read_by_split_and_bare_questions_count_as_unanswerable(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    lines = [
        {"turns": ["a"], "answerable": True, "split": "fit"},
        {"turns": ["b"], "answerable": True, "split": "check"},
        {"question": "c" * 3000},
        {"text": "d"},
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    everything = read(path, None)
    assert [i["answerable"] for i in everything] == [True, True, False, False]
    assert everything[2]["turns"] == ["c" * 2000]
    assert [i["turns"][0][0] for i in read(path, "fit")] == ["a", "c", "d"]


def test_the_committed_coefficients_are_from_the_repositorys_own_questions(repository: Path) -> None:
    made = json.loads(calibration.TARGET.read_text(encoding="utf-8"))
    assert made["coefficients"] == coefficients()
    questions = repository / "corpus" / "preceptor-trust" / "questions.jsonl"
    hashes = {s["set"]: s["sha256"] for s in made["fitted_on"]}
    assert hashes["questions.jsonl"] == hashlib.sha256(questions.read_bytes()).hexdigest(), "fit again"
    assert made["selection"] == weights()
    assert made["documents"] == coefficients("documents")
    assert set(made["documents"]) == set(coefficients())
    assert all(s["split"] in (None, "fit") for s in made["fitted_on"]), "the check half is never fitted to"


def test_the_command_asks_fits_and_writes(
    bot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(calibration, "build_bot", lambda: bot)
    labelled, bare, out = tmp_path / "labelled.jsonl", tmp_path / "bare.jsonl", tmp_path / "out.json"
    asked = ["How does direct observation build trust?", "Does feedback need trust?", "What are the challenges?"]
    labelled.write_text("\n".join(json.dumps({"turns": [q], "answerable": True}) for q in asked), encoding="utf-8")
    questions = [f"What dose of drug {c} treats otitis?" for c in "abcdef"]
    bare.write_text("\n".join(json.dumps({"question": q}) for q in questions), encoding="utf-8")
    assert main([str(labelled), str(bare), "--most", "3", "--out", str(out)]) == 0
    made = json.loads(out.read_text(encoding="utf-8"))
    assert set(made["coefficients"]) == set(coefficients())
    assert [(s["set"], s["items"]) for s in made["fitted_on"]] == [("labelled.jsonl", 3), ("bare.jsonl", 2)]
    assert made["fitted_on"][0]["sha256"] == hashlib.sha256(labelled.read_bytes()).hexdigest()
    assert made["embedder"] == bot.embedder_name
    assert "5 questions, 3 answerable" in capsys.readouterr().out

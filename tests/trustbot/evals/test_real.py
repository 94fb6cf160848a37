"""The real bot and the real index under evaluation."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.collection import build_collection
from trustbot.bot import Bot
from trustbot.cli import main
from trustbot.evals.command import Selection, run_eval, run_retrieval
from trustbot.evals.datasets import read_conversations, read_key
from trustbot.evals.scoring import score
from trustbot.settings import load_settings

Write = Callable[..., Path]

STATEMENT = "Direct observations of clinical skills are crucial for building trust"
RECORDS = [
    {
        "id": "observation",
        "category": "single",
        "turns": ["Who answers me?", "What role does direct observation play in trust?"],
        "answerable": True,
        "gold": [{"text": STATEMENT, "reference": 4}],
    },
    {
        "id": "salary",
        "category": "outofscope",
        "turns": ["What is the average salary of a hospitalist?"],
        "answerable": False,
        "gold": [],
    },
]


def test_the_real_bot_is_evaluated(tmp_path: Path, bot: Bot, data_dir: Path, jsonl: Write) -> None:
    settings = load_settings(data_dir=data_dir)
    report = run_eval(jsonl(*RECORDS), tmp_path / "out", settings, bot_for=lambda _: bot)
    figures = report["categories"]
    assert figures["single"]["hit"]["mean"] == 1.0
    assert figures["single"]["numbers"]["mean"] == 1.0
    assert figures["outofscope"]["abstain"]["mean"] == 1.0
    assert report["answerability"]["auroc"] == 1.0
    assert report["run"]["fingerprint"] == bot.fingerprint
    assert report["run"]["embedder"] == bot.embedder_name
    assert report["latency_ms"]["max"] > 0


def test_the_command_opens_the_bot_and_knows_the_claims_of_the_corpus(
    tmp_path: Path,
    data_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    jsonl: Write,
    bot: Bot,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TRUSTBOT_DATA_DIR", str(data_dir))
    claim = next(audit.claim_id for audit in bot.corpus.audits if audit.quote.startswith(STATEMENT[:60]))
    dataset = jsonl({**RECORDS[0], "gold": [claim]}, {"id": "other", "turns": ["Why?"], "gold": ["no such claim"]})
    out = tmp_path / "out"
    assert main(["eval", str(dataset), "--out", str(out)]) == 0
    report = json.loads((out / "report.json").read_text())
    assert report["categories"]["single"]["hit"]["mean"] == 1.0
    assert report["unscored"] == 1
    assert [json.loads(line)["id"] for line in (out / "answers.jsonl").read_text().splitlines()] == [
        "observation",
        "other",
    ]
    assert str(out / "report.html") in capsys.readouterr().out.replace("\n", "")


def test_a_missing_index_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jsonl: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRUSTBOT_DATA_DIR", str(tmp_path / "nothing"))
    assert main(["eval", str(jsonl(*RECORDS)), "--out", str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err
    assert "trustbot-ingest" in error
    assert "Traceback" not in error


def test_a_collection_is_searched_through_the_product_s_own_index(
    tmp_path: Path, data_dir: Path, models_dir: Path, jsonl: Write
) -> None:
    pool = jsonl(
        {"id": "bread", "title": "Bread", "text": "Sourdough rises slowly because wild yeast needs time."},
        {"id": "tax", "title": "Tax", "text": "Value added tax is charged at each stage of production."},
        {"id": "moon", "title": "Moon", "text": "The moon keeps one face turned towards the earth."},
        name="pool-food.jsonl",
    )
    settings = load_settings(data_dir=tmp_path / "data", corpus="pool-{domain}")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "models").symlink_to(models_dir)
    build_collection(pool, tmp_path / "data" / "index" / "pool-food", models_dir)
    history = [
        {"role": "user", "text": "How does sourdough bread rise?"},
        {"role": "assistant", "text": "Slowly."},
    ]
    dataset = jsonl(
        {"id": "first", "question": "How does sourdough rise?", "domain": "food", "gold": {"bread": 1}},
        {
            "id": "second",
            "history": history,
            "question": "And why so?",
            "domain": "food",
            "gold": {"bread": 1},
        },
        {"id": "third", "question": "Who pays tax?", "domain": "food", "gold": ["tax"]},
    )
    report = run_retrieval(dataset, tmp_path / "out", settings)
    assert report["categories"]["all"]["hit@1"]["mean"] == 1.0
    assert report["categories"]["all"]["nDCG@10"]["mean"] == 1.0
    queries = [json.loads(line)["query"] for line in (tmp_path / "out" / "rankings.jsonl").read_text().splitlines()]
    assert queries == ["How does sourdough rise?", "And why so?", "Who pays tax?"]
    alone = run_retrieval(dataset, tmp_path / "last", settings, Selection(where={"id": "second"}), condensed=False)
    assert alone["categories"]["all"]["hit@1"]["mean"] == 0.0


def test_the_figures_are_those_of_an_independent_scorer(
    tmp_path: Path, bot: Bot, repository: Path, data_dir: Path
) -> None:
    guidance = repository.parent / "shared" / "evals" / "guidance"
    if not (guidance / "score.py").is_file():
        pytest.skip("the independent scorer is not beside this checkout")
    spec = importlib.util.spec_from_file_location("scorer", guidance / "score.py")
    assert spec is not None
    assert spec.loader is not None
    scorer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scorer)
    records: list[Any] = [json.loads(line) for line in (guidance / "dev.jsonl").read_text().splitlines()][::4]
    dataset = tmp_path / "some.jsonl"
    dataset.write_text("\n".join(map(json.dumps, records)))
    settings, selection = load_settings(data_dir=data_dir), Selection(key=guidance / "key.json")
    run_eval(dataset, tmp_path / "out", settings, selection, bot_for=lambda _: bot)
    answers = [json.loads(line)["answer"] for line in (tmp_path / "out" / "answers.jsonl").read_text().splitlines()]
    key = json.loads((guidance / "key.json").read_text())
    for record, answer, item in zip(
        records, answers, read_conversations(dataset, read_key(guidance / "key.json")), strict=True
    ):
        ours = {name: value for name, value in score(item, answer).items() if name != "clarify"}
        assert ours == scorer.score_item(record, answer, key), record["id"]

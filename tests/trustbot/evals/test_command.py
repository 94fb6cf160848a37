from __future__ import annotations

import argparse
import base64
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trustbot.errors import InvalidInput
from trustbot.evals import command, opening, plots
from trustbot.evals.command import (
    Selection,
    compare_runs,
    parse_where,
    run,
    run_eval,
    run_retrieval,
)
from trustbot.evals.comparison import load_report
from trustbot.evals.opening import settings_for
from trustbot.settings import Settings, load_settings

GOLD = {"text": "Watching skills", "reference": 4}
Write = Callable[..., Path]
RECORDS = [
    {"id": "hit", "category": "single", "turns": ["Watch?"], "answerable": True, "gold": [GOLD]},
    {"id": "missed", "category": "single", "turns": ["Hi?", "Goals?"], "answerable": True, "gold": [GOLD]},
    {"id": "said-no", "category": "outofscope", "turns": ["Salary?"], "answerable": False, "gold": []},
    {"id": "should-not", "category": "outofscope", "turns": ["Watch?"], "answerable": False, "gold": []},
    {"id": "unclear", "category": "unclear", "turns": ["Which?"]},
    {"id": "unusable", "category": "unclear", "turns": [" "]},
]
VOICED = [
    {**RECORDS[0], "voice": "Resident"},
    {**RECORDS[1], "voice": "student"},
    {**RECORDS[2], "style": "resident"},
    {"id": "near", "turns": ["Near?"], "answerable": True, "gold": [GOLD], "style": "student"},
    {"id": "part", "turns": ["Part?"], "answerable": True, "gold": [GOLD]},
    {"id": "unlabelled", "turns": ["Part?"], "answerable": True},
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(data_dir=tmp_path / "data")


@pytest.fixture
def bot(scripted: Callable[..., Any], request: pytest.FixtureRequest) -> Any:
    named = {
        "Watch?": "watching",
        "Hi?": "watching",
        "Goals?": "off_topic",
        "Salary?": "no_evidence",
        "Which?": "asks_which",
        "Near?": "nearly",
        "Part?": "in_part",
    }
    return scripted({question: request.getfixturevalue(name) for question, name in named.items()})


def options(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args([*arguments])


def test_the_report_has_every_figure(tmp_path: Path, settings: Settings, bot: Any, jsonl: Write) -> None:
    out = tmp_path / "out"
    report = run_eval(jsonl(*RECORDS), out, settings, bot_for=lambda _: bot)
    assert report == json.loads((out / "report.json").read_text())
    categories = report["categories"]
    assert {name: group["items"] for name, group in categories.items()} == {
        "single": 2,
        "all answerable": 2,
        "all": 6,
        "outofscope": 2,
        "all unanswerable": 2,
        "unclear": 2,
    }
    single = {name: figure["mean"] for name, figure in categories["single"].items() if name != "items"}
    assert single == {
        "hit": 0.5,
        "recall": 0.5,
        "precision": 0.5,
        "abstain": 0.0,
        "clarify": 0.0,
        "numbers": 1.0,
    }
    assert categories["outofscope"]["abstain"]["mean"] == 0.5
    assert "hit" not in categories["unclear"]
    assert categories["unclear"]["clarify"]["mean"] == 0.5
    assert report["outcomes"] == {"answered": 3, "abstained": 2, "refused": 1}
    # Answerable .9 and .6, not .1 and .9: of four pairs .9>.1, .6>.1, .9=.9 (half).
    assert report["answerability"]["auroc"] == 2.5 / 4
    assert report["answerability"]["abstention"]["at_decision"] == {"precision": 1.0, "recall": 0.5}
    assert report["unscored"] == 2
    assert report["latency_ms"]["max"] == 30.0
    assert report["stages_ms"] == {"retrieve": 6.0, "total": 12.0}
    run_facts = report["run"]
    assert (run_facts["embedder"], run_facts["fingerprint"], run_facts["corpus_version"]) == (
        "mini",
        "f1",
        "1",
    )
    assert run_facts["model"] is None
    assert run_facts["settings"]["top_k"] == settings.top_k
    assert run_facts["dataset"] == "set.jsonl"


def means(groups: dict[str, Any], figure: str) -> dict[str, float]:
    return {name: group[figure]["mean"] for name, group in groups.items() if figure in group}


def test_figures_by_outcome_and_by_voice(tmp_path: Path, settings: Settings, bot: Any, jsonl: Write) -> None:
    out = tmp_path / "out"
    report = run_eval(jsonl(*VOICED), out, settings, bot_for=lambda _: bot)
    assert report["outcomes"] == {"answered": 2, "abstained": 1, "closest": 1, "partly": 2}
    # One of the two declined is answerable, and what was shown as closest to it is its gold.
    assert report["categories"]["all answerable"]["closest"] == {
        "mean": 1.0, "n": 1, "low": None, "high": None, "interval": None,
    }  # fmt: skip
    assert "closest" not in report["categories"]["all unanswerable"]
    given = report["by_outcome"]
    assert means(given, "precision") == {"answered": 0.5, "partly": 1.0}
    assert {name: group["items"] for name, group in given.items()} == {"answered": 2, "partly": 1}
    voices = report["by_voice"]
    assert {name: group["items"] for name, group in voices.items()} == {"resident": 2, "student": 2}
    assert means(voices, "hit") == {"resident": 1.0, "student": 0.0}
    assert means(voices, "precision") == {"resident": 1.0, "student": 0.0}
    assert means(voices, "abstain") == {"resident": 0.5, "student": 0.5}
    assert set(voices["resident"]) == {"items", "hit", "precision", "abstain"}
    text = (out / "report.md").read_text()
    assert "## Figures by voice" in text
    assert "| voice | items | hit | precision | abstain |" in text
    assert "## Figures by outcome" in text
    assert "| partly | 1 | 1.000 |" in text
    (near,) = (miss for miss in report["misses"] if miss["id"] == "near")
    assert near["closest"] == ["[4] article: Trust grows with time", "[4] article: Watching skills builds trust"]
    assert "  - closest: [4] article: Trust grows with time" in text


def test_what_no_line_says_has_no_table(tmp_path: Path, settings: Settings, bot: Any, jsonl: Write) -> None:
    report = run_eval(jsonl({"id": "a", "turns": ["Watch?"]}), tmp_path, settings, bot_for=lambda _: bot)
    assert (report["by_voice"], report["by_outcome"]) == ({}, {})
    assert "Figures by voice" not in (tmp_path / "report.md").read_text()
    assert "Figures by outcome" not in (tmp_path / "report.md").read_text()


def test_a_terminal_shows_the_voices_too(
    tmp_path: Path, settings: Settings, bot: Any, jsonl: Write, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(opening, "bots", lambda _: lambda _: bot)
    monkeypatch.setenv("COLUMNS", "200")
    assert run(options(str(jsonl(*VOICED[:-1])), "--out", str(tmp_path / "out")), settings) == 0
    printed = capsys.readouterr().out
    assert re.search(r"voice +┃ +items ┃ +hit ┃ +precision ┃ +abstain", printed)
    assert re.search(r"outcome +┃ +items ┃ +precision", printed)


def test_every_miss_comes_with_its_trace(tmp_path: Path, settings: Settings, bot: Any, jsonl: Write) -> None:
    report = run_eval(jsonl(*RECORDS), tmp_path / "out", settings, bot_for=lambda _: bot)
    misses = {miss["id"]: miss for miss in report["misses"]}
    assert list(misses) == ["missed", "should-not"]
    miss = misses["missed"]
    assert miss["shortfalls"] == ["no gold statement quoted under its number"]
    assert miss["turns"] == ["Hi?", "Goals?"]
    assert miss["understood_as"] == "understood"
    assert miss["wanted"] == ["[4] Watching skills"]
    assert miss["quotes"] == ["[2] article: Goals come first"]
    assert miss["signals"] == {"answerable": 0.6}
    page = (tmp_path / "out" / "report.html").read_text()
    for words in (
        "missed (single): no gold statement",
        "Goals come first",
        "understood as",
        "answerable 0.6",
    ):
        assert words in page


def test_the_page_loads_nothing_from_anywhere(tmp_path: Path, settings: Settings, bot: Any, jsonl: Write) -> None:
    run_eval(jsonl(*RECORDS), tmp_path, settings, bot_for=lambda _: bot)
    page = (tmp_path / "report.html").read_text()
    pictures = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', page)
    # Five figures of several categories, reliability, abstention and latency.
    assert len(pictures) == page.count("<img") >= 7
    for text in (page, *(base64.b64decode(picture).decode() for picture in pictures)):
        loads = re.findall(r"""(?:src|href|data|action|poster|srcset)\s*=\s*["']?([^"'\s>]+)""", text)
        assert [address for address in loads if not address.startswith(("data:", "#"))] == []
        assert not re.search(r"<(script|link|iframe|object|embed|base|form)\b|@import|url\((?!#)", text)
        assert "<!DOCTYPE svg" not in text


def test_without_labels_there_are_still_answers_and_latencies(
    tmp_path: Path, settings: Settings, bot: Any, jsonl: Write
) -> None:
    dataset = jsonl({"id": "a", "turns": ["Watch?"]}, {"id": "b", "turns": ["Salary?"]})
    report = run_eval(dataset, tmp_path / "out", settings, bot_for=lambda _: bot)
    assert report["answerability"] is None
    assert report["misses"] == []
    assert set(report["categories"]["all"]) == {"items", "abstain", "clarify", "numbers"}
    text = (tmp_path / "out" / "report.md").read_text()
    assert "No curve" in text
    assert "No passage covers salaries." in text
    assert "2 items have no gold statements and so no hit, recall or precision" in text


def test_every_line_may_be_taken_as_not_covered(tmp_path: Path, settings: Settings, bot: Any, jsonl: Write) -> None:
    dataset = jsonl({"id": "a", "text": "Watch?", "field": "Medicine"}, {"id": "b", "text": "Salary?", "field": "Law"})
    selection = Selection(where={"field": "medicine"}, unanswerable=True)
    report = run_eval(dataset, tmp_path / "out", settings, selection, bot_for=lambda _: bot)
    assert report["categories"]["all unanswerable"]["items"] == 1
    assert [miss["id"] for miss in report["misses"]] == ["a"]
    assert report["run"]["options"] == {"where": {"field": "medicine"}, "unanswerable": True}


def test_a_key_file_says_what_gold_ids_mean(tmp_path: Path, settings: Settings, bot: Any, jsonl: Write) -> None:
    key = tmp_path / "key.json"
    key.write_text(json.dumps({"F1": GOLD}))
    dataset = jsonl({"id": "a", "turns": ["Watch?"], "answerable": True, "gold": ["F1"]})
    report = run_eval(dataset, tmp_path / "out", settings, Selection(key=key), bot_for=lambda _: bot)
    assert report["categories"]["all"]["hit"]["mean"] == 1.0
    assert report["run"]["options"] == {"key": "key.json"}


def test_two_runs_are_compared(tmp_path: Path, settings: Settings, bot: Any, jsonl: Write) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    dataset = jsonl(*RECORDS)
    run_eval(dataset, old, settings, bot_for=lambda _: bot)
    bot.replies = {**bot.replies, "Goals?": bot.replies["Watch?"]}
    run_eval(dataset, new, settings, bot_for=lambda _: bot)
    compared = compare_runs(load_report(old), new)
    assert [row["id"] for row in compared["changed"]] == ["missed"]
    assert compared["categories"]["single"]["hit"]["mean"] == 0.5
    assert json.loads((new / "compare.json").read_text())["items"] == 6
    assert "| missed | single | hit | 0.00 | 1.00 |" in (new / "compare.md").read_text()
    assert "missed" in (new / "compare.html").read_text()


def test_finished_runs_are_compared_from_the_command_line(
    tmp_path: Path,
    settings: Settings,
    bot: Any,
    jsonl: Write,
    capsys: pytest.CaptureFixture[str],
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for out in (old, new):
        run_eval(jsonl(*RECORDS), out, settings, bot_for=lambda _: bot)
    assert run(options("--compare", str(old), "--out", str(new)), settings) == 0
    assert "6 items in both runs" in capsys.readouterr().out.replace("\n", " ")


def test_the_report_of_a_retrieval_run(tmp_path: Path, settings: Settings, jsonl: Write) -> None:
    dataset = jsonl({"id": "a", "query": "x", "gold": ["d1"]}, {"id": "b", "query": "y"})
    report = run_retrieval(dataset, tmp_path / "out", settings, search=lambda task, k: (task.question, []))
    assert report["unjudged"] == 1
    assert report["categories"]["all"]["nDCG@10"]["mean"] == 0.0
    page = (tmp_path / "out" / "report.html").read_text()
    assert "What fell short" in page
    assert "1 line names no relevant document" in page


def test_nothing_to_do_is_refused(tmp_path: Path, settings: Settings) -> None:
    for arguments in ([], ["--blind", "--compare", str(tmp_path)]):
        with pytest.raises(InvalidInput, match="Name a data set to run, or give --compare"):
            run(options("--out", str(tmp_path), *arguments), settings)


def test_a_missing_earlier_run_is_named_before_anything_is_asked(
    tmp_path: Path, settings: Settings, jsonl: Write
) -> None:
    arguments = options(str(jsonl(*RECORDS)), "--out", str(tmp_path / "out"), "--compare", str(tmp_path / "none"))
    with pytest.raises(InvalidInput, match="none holds no finished run"):
        run(arguments, settings)
    assert not (tmp_path / "out").exists()


def test_a_bad_line_is_named_before_the_index_is_looked_for(tmp_path: Path, settings: Settings, jsonl: Write) -> None:
    with pytest.raises(InvalidInput, match=r"set\.jsonl, line 1: the questions are missing"):
        run(options(str(jsonl({"id": "a"})), "--out", str(tmp_path / "out")), settings)


def test_conditions_are_read_from_the_command_line() -> None:
    assert parse_where(["field=Law / Tax", "split = check"]) == {"field": "Law / Tax", "split": "check"}
    for wrong in ("field", "=x"):
        with pytest.raises(InvalidInput, match="write --where FIELD=TEXT"):
            parse_where([wrong])


def test_a_corpus_may_be_named_by_the_domain_of_each_line(settings: Settings) -> None:
    pooled = settings.model_copy(update={"corpus": "pool-{domain}"})
    assert settings_for(pooled, "govt").corpus == "pool-govt"
    assert settings_for(settings, "govt").corpus == settings.corpus
    with pytest.raises(InvalidInput, match="needs a domain on every line"):
        settings_for(pooled, None)


WITHOUT_EXTRA = """
import importlib.util, json, sys
real = importlib.util.find_spec
absent = ("ir_measures",)
importlib.util.find_spec = lambda name, *rest: None if name in absent else real(name, *rest)
sys.modules.update(dict.fromkeys(absent))
from pathlib import Path
from trustbot.evals.command import add_arguments, run
from trustbot.settings import load_settings
import argparse
parser = argparse.ArgumentParser()
add_arguments(parser)
raise SystemExit(run(parser.parse_args(), load_settings()))
"""


def without_extra(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_EXTRA, *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_without_the_extra_there_is_a_report_and_a_hint(
    tmp_path: Path, settings: Settings, bot: Any, jsonl: Write, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(opening, "bots", lambda _: lambda _: bot)
    monkeypatch.setattr(plots, "find_spec", lambda _: None)
    dataset = jsonl({"id": "a", "turns": ["Watch?"], "gold": []})
    assert run(options(str(dataset), "--out", str(tmp_path / "out")), settings) == 0
    assert 'pip install "trustbot[evals]"' in capsys.readouterr().out.replace("\n", " ")
    page = (tmp_path / "out" / "report.html").read_text()
    assert "<img" not in page
    assert "Plots are left out" in page
    assert load_report(tmp_path / "out")["categories"]["all"]["numbers"]["mean"] == 1.0


def test_without_the_extra_a_retrieval_run_says_what_to_install(tmp_path: Path, jsonl: Write) -> None:
    done = without_extra(
        str(jsonl({"id": "a", "query": "x", "gold": ["d"]})), "--retrieval", "--out", str(tmp_path / "out")
    )
    assert 'InvalidInput: Retrieval figures need ir-measures; install it with `pip install "trustbot[evals]"`.' in (
        done.stderr
    )


def test_the_hint_is_absent_where_the_extra_is_installed() -> None:
    assert plots.missing_library() is None


def test_importing_the_command_imports_nothing_heavy() -> None:
    heavy = ["torch", "chromadb", "scipy", "sklearn", "matplotlib", "ir_measures", "langchain_core", "numpy"]
    code = f"import sys, trustbot.evals.command, trustbot.evals.bench; print([n for n in {heavy} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=240, check=True)
    assert done.stdout == "[]\n"

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import pytest

from ingest.manifest import Manifest
from trustbot.errors import InvalidInput, ModelError, TrustbotError
from trustbot.evals import baseline, bench, pacing
from trustbot.evals.bench import Measurement, child_environment, load_questions, run_bench, run_wording
from trustbot.evals.visits import Visit
from trustbot.models.cards import PACKAGED, model_dir
from trustbot.settings import Settings, load_settings

# A stand-in for the program: what bench measures is processes and routes, whatever answers them.
PROGRAM = """
import json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def reply(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def do_GET(self):
        self.reply()

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.reply()

    def log_message(self, *arguments):
        pass

if sys.argv[1] == "serve":
    HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Handler).serve_forever()
"""


@pytest.fixture
def settings(tmp_path: Path, repository: Path) -> Settings:
    made = load_settings(data_dir=tmp_path / "data", corpus_dir=repository / "corpus")
    made.index_dir.mkdir(parents=True)
    (made.index_dir / "store").write_bytes(b"x" * 2 * 1024 * 1024)
    return made


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "TRUSTBOT", (sys.executable, "-c", PROGRAM))


@pytest.mark.usefixtures("program")
def test_every_figure_is_there_with_its_runs(settings: Settings) -> None:
    report = run_bench(settings, runs=2, questions=3, with_baseline=False)
    rows = {row["name"]: row for row in report["measurements"]}
    assert {name: (row["unit"], row["runs"]) for name, row in rows.items()} == {
        "trustbot --help": ("s", 2),
        "trustbot ask, cold": ("s", 2),
        "trustbot ask, cold: peak memory": ("MiB", 2),
        "server start to /healthz": ("s", 2),
        "server start to /readyz": ("s", 2),
        "first question to a ready server": ("ms", 2),
        "warm question, median": ("ms", 3),
        "warm question, 95th percentile": ("ms", 3),
        "server: peak memory": ("MiB", 2),
        "index on disk": ("MiB", 1),
    }
    assert rows["index on disk"]["value"] == 2.0
    assert all(0 < row["lowest"] <= row["value"] <= row["highest"] for row in rows.values())
    assert report["baseline"] is None
    assert json.loads(json.dumps(report)) == report


@pytest.mark.usefixtures("program")
def test_json_is_all_that_is_printed(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    bench.add_arguments(parser)
    small = ["--runs", "1", "--questions", "1", "--no-baseline"]
    assert bench.run(parser.parse_args([*small, "--json"]), settings) == 0
    assert len(json.loads(capsys.readouterr().out)["measurements"]) == 10
    assert bench.run(parser.parse_args(small), settings) == 0
    assert "index on disk" in capsys.readouterr().out


def test_ratios_are_against_the_counterpart() -> None:
    rows = bench._with_ratios(
        [
            Measurement("trustbot ask, cold", "s", 2.0, 1.0, 3.0, 5),
            Measurement("trustbot --help", "s", 1.0, 1.0, 1.0, 5),
            Measurement("textbook chain, cold", "s", 14.0, 13.0, 15.0, 5),
        ]
    )
    assert [row.ratio for row in rows] == [7.0, None, None]


@pytest.mark.usefixtures("program")
def test_the_textbook_chain_runs_in_turns_with_this_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    chain = tmp_path / "chain.py"
    chain.write_text("import sys, pathlib\nif sys.argv[1] == 'build': pathlib.Path(sys.argv[4]).mkdir()\n")
    monkeypatch.setattr(baseline, "__file__", str(chain))
    report = run_bench(settings, runs=2, questions=1)
    rows = {row["name"]: row for row in report["measurements"]}
    assert rows["textbook chain, cold"]["runs"] == 2
    ratio = rows["textbook chain, cold"]["value"] / rows["trustbot ask, cold"]["value"]
    assert rows["trustbot ask, cold"]["ratio"] == pytest.approx(ratio)
    assert report["baseline"] == baseline.NAME


@pytest.mark.parametrize(("runs", "questions"), [(0, 5), (5, 0)])
def test_nothing_to_measure_is_refused(settings: Settings, runs: int, questions: int) -> None:
    with pytest.raises(InvalidInput, match="must be 1 or more"):
        run_bench(settings, runs=runs, questions=questions)


def test_the_questions_are_the_corpus_own(settings: Settings, tmp_path: Path) -> None:
    asked = load_questions(settings)
    records = (settings.corpus_dir / settings.corpus / "questions.jsonl").read_text().splitlines()
    bank = [record for record in map(json.loads, records) if record.get("kind") == "answerable"]
    assert 1000 < len(asked) <= len(bank)
    assert set(asked) <= {record["q"] for record in bank}
    assert load_questions(load_settings(corpus_dir=tmp_path)) == ["What is this about?"]


def test_what_is_no_first_question_with_an_answer_is_not_asked(tmp_path: Path) -> None:
    lines = [
        {"sentence": "N1", "document": "note", "quote": "Words."},
        {"q": "Asked?", "gold": ["N1"], "kind": "answerable"},
        {"q": "A draft?", "gold": ["N1"], "kind": "answerable", "draft": True},
        {"q": "Later?", "history": ["Asked?"], "gold": ["N1"], "kind": "answerable"},
        {"q": "Not covered?", "gold": [], "kind": "nearmiss"},
    ]
    settings = load_settings(corpus_dir=tmp_path, corpus="small")
    (tmp_path / "small").mkdir()
    bank = tmp_path / "small" / "questions.jsonl"
    bank.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert load_questions(settings) == ["Asked?"]
    bank.write_text(json.dumps(lines[0]))
    assert load_questions(settings) == ["What is this about?"]


def test_children_get_the_settings_that_were_given(settings: Settings) -> None:
    environment = child_environment(settings)
    assert environment["TRUSTBOT_DATA_DIR"] == str(settings.data_dir)
    assert "TRUSTBOT_PORT" not in environment
    assert "PATH" in environment


def test_the_textbook_chain_answers_from_the_same_documents(
    tmp_path: Path, default_manifest: Manifest, capsys: pytest.CaptureFixture[str]
) -> None:
    model, store = str(model_dir(PACKAGED)), str(tmp_path / "store")
    assert baseline.main(["build", model, str(default_manifest.directory), store]) == 0
    assert int(capsys.readouterr().out.split()[-1]) == len(baseline.paragraphs(default_manifest.directory)) > 50
    assert baseline.main(["ask", model, store, "How does direct observation build trust?"]) == 0
    prompt = capsys.readouterr().out
    found = [text for text in baseline.paragraphs(default_manifest.directory) if text in prompt]
    assert len(found) >= baseline.PASSAGES
    assert "Question: How does direct observation build trust?" in prompt
    with pytest.raises(SystemExit, match="usage"):
        baseline.main(["ask"])


def test_measuring_the_page_without_a_browser_is_one_sentence(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TrustbotError, match=r"is on the path\. Install Chromium\.$"):
        bench.run_page(settings, runs=1)
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    with pytest.raises(TrustbotError, match=r"needs Playwright, which is not installed"):
        bench.run_page(settings, runs=1)
    with pytest.raises(InvalidInput, match="--runs must be 1 or more"):
        bench.run_page(settings, runs=0)


def test_the_page_is_reported_like_the_rest() -> None:
    made = [Visit(400.0, 900.0, 1500.0, 60, 380.0), Visit(500.0, 800.0, 1400.0, 60, 390.0)]
    rows = {row.name: row for row in bench._visits("slow phone, cold", made)}
    paint = rows["slow phone, cold: first paint"]
    assert (paint.value, paint.lowest, paint.highest, paint.runs, paint.unit) == (450.0, 400.0, 500.0, 2, "ms")
    assert rows["slow phone, cold: requests"].value == 60
    assert len(rows) == 5


def test_what_checking_costs_a_worded_answer_is_measured(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("langchain_openai")
    monkeypatch.setattr(pacing, "RATE", 2000)
    monkeypatch.setattr(bench, "load_questions", lambda _: ["Hello", "How does direct observation build trust?"])
    report = run_wording(load_settings(data_dir=data_dir), questions=2)
    rows = {row["name"]: row for row in report["measurements"]}
    assert [row["runs"] for row in rows.values()] == [1] * 6  # a greeting is not worded
    for model, answer in (("first sentence", "first checked sentence"), ("whole reply", "whole answer")):
        assert rows[f"bare model: {model}"]["value"] > 0
        assert rows[f"worded answer: {answer}"]["value"] > 0
    assert rows["bare model: first sentence"]["value"] <= rows["bare model: whole reply"]["value"]
    assert rows["worded answer: first checked sentence"]["value"] <= rows["worded answer: whole answer"]["value"]


def test_wording_that_can_not_be_measured_is_said(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("langchain_openai")
    monkeypatch.setattr(bench, "load_questions", lambda _: ["Hello"])
    with pytest.raises(ModelError, match="nothing to measure"):
        run_wording(load_settings(data_dir=data_dir), questions=1)
    with pytest.raises(InvalidInput, match="--questions"):
        run_wording(load_settings(data_dir=data_dir), questions=0)
    monkeypatch.setattr(bench, "checkout_root", lambda: None)
    with pytest.raises(InvalidInput, match="in a checkout"):
        run_wording(load_settings(data_dir=data_dir), questions=1)

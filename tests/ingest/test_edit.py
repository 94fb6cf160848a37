"""`trustbot-ingest edit`, and what its commands print for a program."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from ingest.__main__ import main
from ingest.manifest import load_manifest
from trustbot.reading.bank import BANK

ROTA = "The night rota is published on Fridays by noon."


@pytest.fixture
def corpus(
    tmp_path: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Path:
    """A corpus of two documents with a bank, made by the command for it."""
    (tmp_path / "models").symlink_to(models_dir)
    monkeypatch.setenv("TRUSTBOT_DATA_DIR", str(tmp_path))
    for name, text in (
        ("rota.md", f"# Night rota\n\n{ROTA}\n"),
        ("leave.md", "# Leave\n\nLeave is asked for early.\n"),
    ):
        (tmp_path / name).write_text(text)
    folder = tmp_path / "wards"
    assert main(["new", str(folder), str(tmp_path / "rota.md"), str(tmp_path / "leave.md")]) == 0
    lines = [
        {"sentence": "R", "document": "rota", "quote": ROTA},
        {"q": "when is it out", "gold": ["R"], "kind": "answerable"},
        {"q": "who cooks", "gold": [], "kind": "outofscope"},
    ]
    (folder / BANK).write_text("".join(json.dumps(line) + "\n" for line in lines))
    capsys.readouterr()
    return folder


def test_a_value_is_changed_in_its_place(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (corpus / "manifest.toml").read_text()
    assert (
        main(["edit", str(corpus), "--document=rota", "--title=The rota", "--date=2026-11-01", "--replaces=leave"]) == 0
    )
    assert capsys.readouterr().out == "Changed: rota (title, date, replaces).\n"
    (rota,) = (d for d in load_manifest(corpus).documents if d.id == "rota")
    assert (rota.title, rota.standing.date) == ("The rota", "2026-11-01")
    after = (corpus / "manifest.toml").read_text()
    assert [line for line in before.splitlines() if line.startswith("#")] == [
        line for line in after.splitlines() if line.startswith("#")
    ]
    assert main(["edit", str(corpus), "--document=rota", "--date=", "--replaces="]) == 0
    assert "date" not in (corpus / "manifest.toml").read_text().split('id = "rota"')[-1].split("[[")[0]
    assert main(["edit", str(corpus), "--title=Wards", "--scope=What wards do.", "--json"]) == 0
    assert load_manifest(corpus).title == "Wards"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--document=gone", "--title=T"], "There is no document 'gone'"),
        (["--document=rota", "--date=May"], "is no date"),
        (["--document=rota", "--scope=S"], "--scope is not of a document"),
        (["--document=rota", "--title="], "The title is empty"),
        (["--document=rota", "--replaces=nothing"], "nothing"),
        (["--document=rota"], "Nothing is given to change"),
    ],
)
def test_what_can_not_be_is_one_sentence_and_changes_nothing(
    given: list[str], told: str, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (corpus / "manifest.toml").read_bytes()
    assert main(["edit", str(corpus), *given]) != 0
    assert told in capsys.readouterr().err
    assert (corpus / "manifest.toml").read_bytes() == before


def test_a_document_goes_with_what_was_said_of_it(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["edit", str(corpus), "--remove=rota", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"changed": "rota was taken out"}
    assert [d.id for d in load_manifest(corpus).documents] == ["leave"]
    assert not list(corpus.rglob("rota.md"))
    assert [json.loads(line)["q"] for line in (corpus / BANK).read_text().splitlines()] == ["who cooks"]
    assert main(["edit", str(corpus), "--remove=leave"]) == 2
    assert "the only document" in capsys.readouterr().err


def test_a_program_is_told_what_was_read_and_how_far_it_is(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(corpus), "--json"]) in (0, 1)
    printed = capsys.readouterr()
    (rota, _) = json.loads(printed.out)["documents"]
    assert (rota["id"], rota["units"], rota["refused"]) == ("rota", 1, "")
    assert [s["text"] for s in rota["statements"]] == [ROTA]
    steps = [json.loads(line) for line in printed.err.splitlines()]
    assert {"doing": "Reading", "done": 0, "of": 2} in steps
    assert main([str(corpus), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["chunks"] == 2
    assert Path(report["index"]).is_dir()
    assert main(["check", str(corpus)]) in (0, 1)
    assert "{" not in capsys.readouterr().err, "nobody but a program is told in JSON"
    assert "tomlkit" in sys.modules

"""The corpus doctor: what it finds in a corpus that has something wrong, asked for real."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.__main__ import main

HEAD = """schema = 1
id = "lodge"
title = "The lodge"
version = "1"
language = "en"
scope = "This corpus covers the lodge."
disclaimer = "For orientation only."

[[licence]]
id = "own"
index = true
ship = true
"""
ENTRY = """
[[source]]
id = "{id}"
number = {number}
title = "{title}"
licence = "own"

[[document]]
id = "{id}"
source = "{id}"
kind = "full text"
title = "{title}"
path = "{id}.md"
licence = "own"
"""
TEXTS = {
    "gate": (
        "Gate sheet",
        "# Gate sheet\n\nThe outer gate is locked at 21:30 in summer.\n\nParcels are kept in the green cupboard.\n",
    ),
    "book": (
        "House book",
        "# House book\n\nIn summer the outer gate is locked at 22:00.\n\nParcels are kept in the green cupboard.\n",
    ),
    "bees": ("Bees", "# Bees\n\nThe hives stand behind the chapel wall.\n"),
}
BANK = [
    {"sentence": "N1", "document": "bees", "quote": "The hives stand behind the chapel wall."},
    {"q": "Where do the hives stand?", "gold": ["N1"], "kind": "answerable", "author": "a", "offer": True},
    {"q": "Who is the mayor of Lima?", "gold": ["N1"], "kind": "answerable", "author": "a", "offer": True},
    {"q": "Which football club won the cup?", "gold": [], "kind": "outofscope", "author": "a"},
]


@pytest.fixture(scope="module")
def lodge(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Path:
    """A data folder with the index of a corpus in `lodge` beside it."""
    folder = tmp_path_factory.mktemp("doctor")
    (folder / "lodge").mkdir()
    (folder / "data").mkdir()
    (folder / "data" / "models").symlink_to(models_dir)
    manifest = HEAD
    for number, (name, (title, text)) in enumerate(TEXTS.items(), 1):
        (folder / "lodge" / f"{name}.md").write_text(text, encoding="utf-8")
        manifest += ENTRY.format(id=name, number=number, title=title)
    (folder / "lodge" / "manifest.toml").write_text(manifest, encoding="utf-8")
    write_bank(folder / "lodge" / "questions.jsonl", BANK)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRUSTBOT_DATA_DIR", str(folder / "data"))
        assert main([str(folder / "lodge")]) == 0
    return folder


def write_bank(path: Path, lines: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture
def run(lodge: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs `check` on the lodge: exit code, standard output, standard error."""
    monkeypatch.setenv("TRUSTBOT_DATA_DIR", str(lodge / "data"))
    capsys.readouterr()

    def call(*arguments: object) -> tuple[int, str, str]:
        code = main(["check", str(lodge / "lodge"), *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_the_bank_is_asked_and_documents_are_compared(run) -> None:
    code, out, err = run("--ask")
    assert (code, err) == (3, "")
    assert out.startswith("Corpus lodge 1: 3 questions asked, 1 suggested.")
    assert "The reader learned from these questions" in out
    for heading in (
        "Statements that none of their questions finds: none.",
        "Questions that aren't answered, and should be: 1.\n  Who is the mayor of Lima?",
        "Questions marked to be suggested that aren't: they are not answered with all that they are about: 1.",
        "Questions that are answered with another statement: none.",
        "Questions that are answered, and shouldn't be: none.",
        "Pairs of documents that say the same: 1.\n  book and gate, 1 sentence: Parcels are kept in the ",
        "Pairs of statements that disagree: 1.\n  gate and book: The outer gate is locked at 21:30 in summer. / In ",
    ):
        assert heading in out


def test_a_bank_of_ones_own_shows_what_is_never_found_and_what_is_wrong(run, tmp_path: Path) -> None:
    own = write_bank(
        tmp_path / "own.jsonl",
        [
            {"sentence": "M1", "document": "gate", "quote": "The outer gate is locked at 21:30 in summer."},
            {"q": "What is the price of silver in Peru?", "gold": ["M1"], "kind": "answerable"},
            {"q": "Where do the hives stand?", "gold": [], "kind": "nearmiss"},
            {"q": "Behind which wall do the hives stand?", "gold": ["M1"], "kind": "answerable"},
        ],
    )
    code, out, _ = run("--ask", own)
    assert code == 3
    assert "Statements that none of their questions finds: 1.\n  M1, 2 questions: The outer gate is locked" in out
    assert "Questions that aren't answered, and should be: 1.\n  What is the price of silver in Peru?" in out
    assert "Questions that are answered, and shouldn't be: 1.\n  Where do the hives stand? — " in out
    assert "Questions that are answered with another statement: 1.\n  Behind which wall" in out


def test_plain_questions_a_line_each(run, tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text("Where do the hives stand?\n\nWho won the cup final in Lisbon?\n")
    _, out, _ = run("--ask", tmp_path / "own.txt")
    assert out.startswith("Corpus lodge 1: 2 questions")
    assert "Questions that aren't answered, and should be: 1.\n  Who won the cup final" in out
    assert "There is no file" in run("--ask", tmp_path / "absent.txt")[2]


def test_an_index_of_another_state_is_said(run, lodge: Path) -> None:
    manifest = lodge / "lodge" / "manifest.toml"
    before = manifest.read_text()
    try:
        manifest.write_text(before.replace("This corpus covers the lodge.", "This covers the lodge."))
        code, out, err = run("--ask")
    finally:
        manifest.write_text(before)
    assert (code, out) == (2, "")
    assert "The index of lodge is not that of the folder as it is. Run `trustbot-ingest" in err

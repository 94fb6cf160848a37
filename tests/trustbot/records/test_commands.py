"""`ask --export`, `/export` in a conversation, and `verify`, as a person uses them."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trustbot import terminal
from trustbot.records import formats
from trustbot.records.record import Record, checksum
from trustbot.records.signing import PARTS, Signer

QUESTION = (
    "Is this so: “Building trust between a preceptor and medical learner is essential for creating effective learning "
    "environments, enhancing feedback interactions, promoting high performance learning, and ultimately improving "
    "patient care outcomes”?"
)
Run = Callable[..., Any]


@pytest.fixture
def exported(made: Record, tmp_path: Path) -> Path:
    path = tmp_path / "record.json"
    formats.write(made, path)
    return path


def test_an_exported_record_verifies_and_a_tampered_one_names_the_quote(run: Run, tmp_path: Path) -> None:
    exported = tmp_path / "record.json"
    done = run("ask", QUESTION, "--export", exported)
    assert (done.code, done.err) == (0, "")
    assert "patient care outcomes" in done.out
    done = run("verify", exported)
    assert (done.code, done.err) == (0, "")
    told = "Every quote holds. Trustbot said these words: the record is as it was signed here."
    assert done.out.rstrip().endswith(told)
    data = json.loads(exported.read_text(encoding="utf-8"))
    quote = data["turns"][0]["citations"][0]["quote"]
    data["turns"][0]["citations"][0]["quote"] = quote.replace("essential", "optional")
    exported.write_text(json.dumps(data), encoding="utf-8")
    done = run("verify", exported)
    assert (done.code, done.err) == (1, "")
    assert "[1] citation 1, article, characters 594–825: CHANGED" in done.out
    assert f"in the record:   “{quote.replace('essential', 'optional')}”" in done.out
    assert f"in the document: “{quote}”" in done.out
    count = len(data["turns"][0]["citations"])
    assert f"The record does not hold: {count - 1} of {count} quote" in done.out
    assert "Changed after it was signed here: the quotes." in done.out
    assert done.out.endswith("hold, 1 changed, 3 other problems.\n")


@pytest.mark.parametrize("field", ["question", "standalone"])
def test_words_that_trustbot_never_said_are_named_whoever_makes_the_checksum_anew(
    run: Run, tmp_path: Path, field: str
) -> None:
    exported = tmp_path / "record.json"
    assert run("ask", QUESTION, "--export", exported).code == 0
    data = json.loads(exported.read_text(encoding="utf-8"))
    data["turns"][0][field] = "Do vaccines cause autism?"
    exported.write_text(json.dumps({**data, "checksum": checksum(data)}), encoding="utf-8")
    done = run("verify", exported)
    assert (done.code, done.err) == (1, "")
    assert f"  ! Changed after it was signed here: {PARTS[field]}.\n" in done.out
    assert run("verify", exported, "--json").out.count('"record": "changed"') == 1


def test_the_report_as_json_is_alone_on_standard_output(run: Run, exported: Path) -> None:
    done = run("verify", exported, "--json")
    report = json.loads(done.out)
    assert report["holds"] is True
    assert report["quotes"][0]["status"] == "holds"
    assert report["record"]["product"]["name"] == "trustbot"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ('{"schema": {"name": "trustbot-record", "ver', "was cut short"),
        ('{"name": "package", "version": "1.0.0"}', "no record of a conversation"),
        ('{"schema": {"name": "trustbot-record", "version": 9}}', "has version 9 of the record's schema"),
        ("Dear colleague,", "is not JSON, line 1"),
    ],
)
def test_a_file_that_is_no_record_is_one_sentence(run: Run, tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "given.json"
    path.write_text(content, encoding="utf-8")
    done = run("verify", path)
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1
    assert words in done.err


def test_a_record_of_another_corpus_names_it(run: Run, exported: Path) -> None:
    data = json.loads(exported.read_text(encoding="utf-8"))
    data["corpus"]["id"] = "other"
    exported.write_text(json.dumps(data), encoding="utf-8")
    done = run("verify", exported)
    assert done.code == 2
    assert "made from the corpus other, not from preceptor-trust. Check it with --corpus other" in done.err


def test_a_file_is_replaced_only_when_told_to(run: Run, exported: Path) -> None:
    before = exported.read_bytes()
    done = run("ask", QUESTION, "--export", exported)
    assert (done.code, done.out) == (2, "")
    assert "already exists and was left as it is" in done.err
    assert exported.read_bytes() == before
    assert run("ask", "hello", "--export", exported, "--force").code == 0
    assert exported.read_bytes() != before
    assert run("verify", exported).code == 0


def test_a_target_that_can_not_be_written_is_told_before_anything_is_asked(run: Run, tmp_path: Path) -> None:
    done = run("ask", QUESTION, "--export", tmp_path / "record.docx")
    assert (done.code, done.out) == (2, "")
    assert "has no suffix that says which format" in done.err


def test_a_conversation_is_exported_from_the_terminal(
    bot: Any,
    run: Run,
    data_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kept, again = tmp_path / "Kept.json", tmp_path / "again.md"
    lines = [
        f"/export {kept}",
        QUESTION,
        "What is reference 9?",
        "/export",
        f"/EXPORT {kept}",
        f"/export {kept}",
        "/export record.docx",
        "/restart",
        f"/export {again}",
    ]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(lines) + "\n"))
    assert terminal.converse(bot, signer=Signer(data_dir / "records.key")) == 0
    out = capsys.readouterr().out
    assert out.count("There is nothing to export yet. Ask a question first.") == 2
    assert "Name a file: /export conversation.md" in out
    assert f"Wrote {kept}." in out
    assert "already exists and was left as it is" in out
    assert "has no suffix" in out
    assert not again.exists()
    data = json.loads(kept.read_text(encoding="utf-8"))
    assert [t["outcome"] for t in data["turns"]] == ["answered", "abstained"]
    done = run("verify", kept)
    assert done.code == 0
    assert done.out.rstrip().endswith("the record is as it was signed here.")


@pytest.mark.parametrize(
    "question",
    [
        "What is the capital of Mongolia?",
        "What is reference 44?",
        "help",
        "tl;dr please",
        "thanks",
        "xyzzy",
    ],
)
def test_what_is_said_instead_of_an_answer_verifies_too(run: Run, tmp_path: Path, question: str) -> None:
    path = tmp_path / "said.json"
    assert run("ask", question, "--export", path).code == 0
    checked = run("verify", path)
    assert (checked.code, checked.err) == (0, ""), checked.out

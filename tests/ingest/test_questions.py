"""`trustbot-ingest questions`: drafts of a bank by a chat model that is played here, which ingest ignores."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.__main__ import main
from ingest.build import read_corpus
from ingest.manifest import load_manifest
from ingest.questions import LONGEST, draft
from trustbot.errors import InvalidInput, ManifestError, ModelError, StorageError
from trustbot.reading.bank import BANK, read_bank
from trustbot.testing.fakes import ScriptedChatModel
from trustbot.testing.provider import PlayedProvider, fails, streams
from trustbot.types import Corpus

Run = Callable[..., tuple[int, str, str]]
KNOWN = ("C01", "C02", "C03")


def reply(*questions: tuple[object, object]) -> str:
    return json.dumps({"questions": [{"q": q, "kind": kind} for q, kind in questions]})


TWO = reply(("does it help?", "answerable"), ("how much does it cost?", "nearmiss"))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def corpus(small_corpus: Path, models_dir: Path) -> Corpus:
    return read_corpus(load_manifest(small_corpus), models_dir, progress=False)


def says(*replies: Any, last: str = TWO) -> ScriptedChatModel:
    """A model with these replies for the first statements and `last` for all others."""
    return ScriptedChatModel([*replies, *([last] * 200)])


# -- what is drafted -----------------------------------------------------------------------------------------


def test_each_statement_gets_drafts_that_are_marked(small_corpus: Path, corpus: Corpus) -> None:
    path = small_corpus / BANK
    model = says()
    count = draft(path, corpus, model, 8)
    drafts = [line for line in lines(path) if "q" in line]
    assert count == len(drafts) == 2 * len(model.prompts)
    assert all(line["draft"] is True and line["author"] == "draft" for line in drafts)
    assert [line["gold"] for line in drafts if line["kind"] == "nearmiss"] == [[]] * (count // 2)
    golds = [line["gold"] for line in drafts if line["kind"] == "answerable"]
    assert [[claim] for claim in KNOWN] == [gold for gold in golds if gold[0] in KNOWN]
    data = [json.loads(user[user.index("{") : user.rindex("}") + 1]) for _, user in model.prompts]
    assert {"heading": "Benefits", "sentence": "Huddles save time", "how_many": 8} in data


def test_a_statement_without_an_id_is_named(small_corpus: Path, corpus: Corpus) -> None:
    path = small_corpus / BANK
    draft(path, corpus, says(), 8)
    named = [line for line in lines(path) if "sentence" in line]
    assert {"article", "lee-2020-note"} <= {line["document"] for line in named}
    documents = {d.id: d.text for d in corpus.documents}
    bank = read_bank(path, KNOWN, documents)
    assert (bank.examples, len(bank.named)) == ((), len(named))
    golds = {name for line in lines(path) for name in line.get("gold", ())}
    assert golds == {*KNOWN, *(n.id for n in bank.named)}


def test_accepted_drafts_are_questions(small_corpus: Path, corpus: Corpus) -> None:
    path = small_corpus / BANK
    draft(path, corpus, says(reply(("is it so?", "answerable")), last=reply()), 8)
    path.write_text(path.read_text().replace(', "draft": true', ""))
    bank = read_bank(path, KNOWN, {d.id: d.text for d in corpus.documents})
    assert [(e.text, e.gold) for e in bank.examples] == [("is it so?", frozenset({"C01"}))]


def test_drafting_twice_names_no_sentence_twice(small_corpus: Path, corpus: Corpus) -> None:
    path = small_corpus / BANK
    own = {"sentence": "N1", "document": "article", "quote": "Nobody numbered this."}
    asked = {"q": "Who numbered this?", "gold": ["N1"], "kind": "answerable"}
    path.write_text(f"{json.dumps(own)}\n{json.dumps(asked)}")  # its last line has no end
    for _ in range(2):
        draft(path, corpus, says(), 8)
    assert lines(path)[:2] == [own, asked]
    bank = read_bank(path, KNOWN, {d.id: d.text for d in corpus.documents})
    assert len(bank.examples) == 1
    assert [n.id for n in bank.named if n.quote == own["quote"]] == ["N1"]
    assert ["N1"] in [line.get("gold") for line in lines(path) if line.get("draft")]


def test_only_what_no_question_asks_for_may_be_drafted(small_corpus: Path, corpus: Corpus) -> None:
    path = small_corpus / BANK
    path.write_text('{"q": "Who came first?", "gold": ["C01"], "kind": "answerable"}\n')
    model = says()
    draft(path, corpus, model, 8, missing=True)
    asked = [name for line in lines(path) for name in line.get("gold", ())]
    assert asked.count("C01") == 1
    assert asked.count("C02") == 1
    with pytest.raises(InvalidInput, match="Every statement has a question already"):
        draft(path, corpus, says(), 8, missing=True)


def test_odd_drafts_are_left_out(small_corpus: Path, corpus: Corpus) -> None:
    odd = reply(
        ("x" * (LONGEST + 1), "answerable"),
        ("two\nlines", "answerable"),
        ("half \ud800", "answerable"),
        ("  ", "answerable"),
        ("which kind?", "unheard"),
        (" good one ", "answerable"),
    )
    path = small_corpus / BANK
    assert draft(path, corpus, says(odd, last=reply()), 8) == 1
    assert [line["q"] for line in lines(path)] == ["good one"]


def test_no_more_than_twice_as_many_as_were_asked_for_are_kept(small_corpus: Path, corpus: Corpus) -> None:
    many = reply(*((f"question {n}?", "answerable") for n in range(50)))
    assert draft(small_corpus / BANK, corpus, says(many, last=reply()), 3) == 6


@pytest.mark.parametrize(
    "bad", ["I can't help with that.", "[]", '{"questions": 7}', '{"questions": ["a"]}', "{" * 5000]
)
def test_one_bad_reply_costs_only_its_statement(small_corpus: Path, corpus: Corpus, bad: str) -> None:
    path = small_corpus / BANK
    draft(path, corpus, says(bad, ModelError("no"), last=TWO), 8)
    golds = {tuple(line["gold"]) for line in lines(path) if line.get("kind") == "answerable"}
    assert ("C01",) not in golds
    assert ("C02",) not in golds
    assert ("C03",) in golds


def test_nothing_at_all_is_an_error_and_leaves_the_bank(small_corpus: Path, corpus: Corpus) -> None:
    path = small_corpus / BANK
    for last, told in ((reply(), "drafted no question"), ("no", "its reply is no list of questions")):
        with pytest.raises(ModelError, match=told):
            draft(path, corpus, says(last=last), 8)
        assert not path.exists()


def test_a_bank_that_is_wrong_or_can_not_be_written_is_said(small_corpus: Path, corpus: Corpus) -> None:
    path = small_corpus / BANK
    path.write_text('{"q": ')
    with pytest.raises(InvalidInput, match="line 1: this is not JSON"):
        draft(path, corpus, says(), 8)
    with pytest.raises(StorageError, match=r"can't be written \(No such file or directory\)\.$"):
        draft(small_corpus / "gone" / BANK, corpus, says(), 8)


# -- the command ---------------------------------------------------------------------------------------------


@pytest.fixture
def provider() -> Iterator[PlayedProvider]:
    made = PlayedProvider()
    yield made
    made.close()


@pytest.fixture
def run(
    tmp_path: Path,
    models_dir: Path,
    provider: PlayedProvider,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """The command with a data folder of its own and the played provider: exit code, standard output and error."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "models").symlink_to(models_dir)
    monkeypatch.setenv("TRUSTBOT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TRUSTBOT_CHAT_MODEL", "openai:any-model")
    monkeypatch.setenv("TRUSTBOT_CHAT_BASE_URL", provider.url)
    monkeypatch.setenv("TRUSTBOT_CHAT_RETRIES", "0")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-never-to-be-seen")

    def call(*arguments: object) -> tuple[int, str, str]:
        code = main([str(a) for a in arguments])
        return code, *capsys.readouterr()

    return call


def fails_with(run: Run, *arguments: object) -> str:
    code, out, err = run(*arguments)
    assert code > 0
    assert out == ""
    said = err.rpartition("\r")[2].splitlines()[-1]
    assert said.startswith("trustbot-ingest: ")
    assert "Traceback" not in err
    assert "sk-never" not in err
    return said


def test_the_command_drafts_what_ingest_ignores(run: Run, small_corpus: Path, provider: PlayedProvider) -> None:
    folder = small_corpus.rename(small_corpus.with_name("another-name"))
    provider.behaviours = [streams(TWO)]
    (folder / BANK).write_text('{"q": "Who came first?", "gold": ["C01"], "kind": "answerable"}\n')
    assert run(folder)[0] == 0
    code, out, err = run("questions", folder, "--each", 2)
    assert code == 0, err
    count = sum("q" in line for line in lines(folder / BANK)) - 1
    assert out.startswith(f"{count} drafts in {folder / BANK}.")
    assert count == 2 * len(provider.requests) > 0
    assert {r["response_format"]["json_schema"]["name"] for r in provider.requests} == {"drafts"}
    code, out, _ = run(folder)
    assert code == 0
    assert "nothing changed, nothing was written" in out
    assert f"(drafts: {count})" in " ".join(out.split())


def test_what_is_missing_is_said_in_a_sentence(
    run: Run, small_corpus: Path, provider: PlayedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.behaviours = [fails(401)]
    assert "refuses the key" in fails_with(run, "questions", small_corpus)
    assert not (small_corpus / BANK).exists()
    assert "there is no such folder" in fails_with(run, "questions", small_corpus / "gone")
    for each in (0, -3):
        sent = len(provider.requests)
        assert f"--each {each} asks for no question" in fails_with(run, "questions", small_corpus, "--each", each)
        assert len(provider.requests) == sent
    with pytest.raises(ManifestError, match="there is no such folder"):
        run("questions", small_corpus / "gone", "--debug")
    for name in ("TRUSTBOT_CHAT_MODEL", "TRUSTBOT_CHAT_BASE_URL"):
        monkeypatch.delenv(name)
    assert "Name one in TRUSTBOT_CHAT_MODEL" in fails_with(run, "questions", small_corpus)

"""The command line: answers on standard output, one sentence on standard error, and an exit code."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from trustbot import __version__, cli
from trustbot.corpus.audit import Filter, audit_to_dict
from trustbot.errors import IndexMissing, TrustbotError
from trustbot.index.chroma import open_index, write_index
from trustbot.index.snapshot import SNAPSHOT
from trustbot.index.versions import current_version
from trustbot.types import MARKER

QUESTION = "Is this so: “Direct observations of clinical skills are crucial for building trust”?"
OUTSIDE = "What is reference 9?"
Run = Callable[..., Any]


@pytest.fixture
def history(tmp_path: Path) -> Path:
    path = tmp_path / "history.json"
    said = (
        "- Brief encounters between students and preceptors create difficulties for establishing trust [2].\n"
        "- Incomplete knowledge about patients and limited opportunities for direct observation can hinder trust "
        "development [4]."
    )
    turns = [{"role": "user", "text": "What makes trust hard?"}, {"role": "assistant", "text": said}]
    path.write_text(json.dumps(turns), encoding="utf-8")
    return path


def is_one_sentence(err: str) -> bool:
    """One line that begins with the program's name, ends as a sentence and shows no code."""
    return bool(re.fullmatch(r"trustbot: [^\n]{10,400}\.\n", err)) and "Traceback" not in err


# -- answers -------------------------------------------------------------------------------------------------


def test_an_answer_with_its_numbered_sources(run: Run, bot: Any) -> None:
    code, out, err = run("ask", QUESTION)
    assert (code, err) == (0, "")
    answer = bot.ask(QUESTION)
    flat = " ".join(out.split())
    assert " ".join(answer.text.split()) in flat
    for citation in answer.citations:
        assert f"[{citation.number}] “{citation.quote.text}”" in flat
        assert " › ".join(citation.quote.chunk.headings) in flat
    assert bot.corpus.disclaimer in flat


def test_an_abstention_is_an_answer_too(run: Run) -> None:
    code, out, err = run("ask", OUTSIDE)
    assert (code, err) == (0, "")
    assert "Covered here:" in out
    assert not MARKER.search(out)


def test_json_is_the_answer_object_and_nothing_else(run: Run) -> None:
    code, out, err = run("ask", QUESTION, "--json", "--persona", "resident")
    assert (code, err) == (0, "")
    answer = json.loads(out)
    assert answer["outcome"] == "answered"
    assert answer["query"]["asked"] == QUESTION
    assert {int(n) for n in MARKER.findall(answer["text"])} == {c["number"] for c in answer["citations"]}


def test_the_question_can_come_from_standard_input(run: Run) -> None:
    out = run("ask", "-", "--json", stdin=QUESTION.encode() + b"\n").out
    assert json.loads(out)["query"]["asked"] == QUESTION


def test_history_makes_a_follow_up(run: Run, history: Path) -> None:
    _, out, _ = run("ask", "Tell me more about the second point.", "--json", "--history", str(history))
    answer = json.loads(out)
    assert answer["outcome"] == "answered"
    assert answer["citations"][0]["audit"]["claim"] == "C23"
    assert list(answer["query"]["resolved"]) == ["second point"]


def test_the_audit_is_one_line_a_statement_with_its_counts(run: Run, bot: Any) -> None:
    code, out, err = run("audit")
    assert (code, err) == (0, "")
    *lines, counts = out.splitlines()
    assert [line.split()[0] for line in lines] == [a.claim_id for a in bot.corpus.audits]
    for line, audit in zip(lines, bot.corpus.audits, strict=True):
        assert line.startswith(f"{audit.claim_id} [{audit.reference}] ")
        assert f"“{audit.quote}”" in line
        assert all(part in line for part in (audit.notice or "", audit.reason, audit.direction))
    assert "15 supported, 14 only partly supported, 1 not confirmed" in counts
    out = run("audit", "--check", "not visible", "--reference", "4").out
    assert [line.split()[0] for line in out.splitlines()] == ["C11", "30"]
    assert out.endswith("1 of them shown.\n")


def test_the_audit_as_json(run: Run, bot: Any) -> None:
    given = json.loads(run("audit", "--json", "--check", "partly", "--reference", "3").out)
    assert given == audit_to_dict(bot.corpus, Filter("partly", 3))
    assert given["shown"] == len(given["statements"]) == 7


@pytest.mark.parametrize(
    "options", [("--check", "maybe"), ("--reference", "6"), ("--reference", "x"), ("--check", "\x1b[2J", "--json")]
)
def test_an_audit_filter_that_is_none(run: Run, options: tuple[str, ...]) -> None:
    code, out, err = run("audit", *options)
    assert (code, out) == (2, "")
    assert is_one_sentence(err)
    assert "Choose" in err


def test_the_works_are_listed_by_number(run: Run, bot: Any) -> None:
    code, out, err = run("sources")
    assert (code, err) == (0, "")
    places = [out.index(f"[{s.number}] ") for s in sorted(bot.corpus.sources, key=lambda s: s.number)]
    assert places == sorted(places)
    assert "web article, pending human review, updated 18 August 2025" in " ".join(out.split())
    listed = json.loads(run("sources", "--json").out)
    assert [(s["number"], s["kind"]) for s in listed[-2:]] == [(6, "guidance"), (7, "help")]
    assert [s["number"] for s in listed] == [1, 2, 3, 4, 5, 6, 7]
    assert listed[3]["study"]["participants"]


def test_a_conversation_over_standard_input(run: Run, bot: Any) -> None:
    first = "What does the article say about challenges in building trust?"
    lines = [first, "And the first one?", "", "/sources", "/restart", "And the first one?", "/quit", QUESTION]
    code, out, err = run("chat", stdin="\n".join(lines).encode())
    assert (code, err) == (0, "")
    assert bot.corpus.disclaimer in out
    assert out.count("Brief encounters between students") >= 2, "the follow-up quotes what was said"
    assert "[3] K. N. Huggett" in out
    assert "A new conversation." in out
    assert "Brief encounters between students" not in out[out.index("A new conversation.") :], "nothing is remembered"
    assert "Direct observations of clinical skills" not in out, "nothing is read after /quit"


def test_a_conversation_goes_on_after_a_question_that_is_none(run: Run) -> None:
    code, out, err = run("chat", stdin=b"?!\n" + b"a" * 3000 + b"\nHello\n")
    assert (code, err) == (0, "")
    assert "no word" in out
    assert "3,000 characters" in out
    assert "Ask me about" in out


def test_a_conversation_ends_with_its_input(run: Run) -> None:
    assert run("chat", stdin=b"").code == 0


# -- bad input: exit code, one sentence, nothing else --------------------------------------------------------

QUESTIONS = {
    "empty": "",
    "white space": "  \t ",
    "20,001 characters": "a" * 20_001,
    "control characters": "How \x1b[31m does trust grow?",
    "no word": "?!",
    "bytes that were no UTF-8": b"trust \xff".decode("utf-8", "surrogateescape"),
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS.keys())
def test_a_question_that_is_none(run: Run, question: str) -> None:
    code, out, err = run("ask", question, "--json")
    assert (code, out) == (2, "")
    assert is_one_sentence(err)


@pytest.mark.parametrize("question", [q for q in QUESTIONS.values() if "\udcff" not in q])
def test_a_question_on_standard_input_that_is_none(run: Run, question: str) -> None:
    code, out, err = run("ask", "-", stdin=question.encode())
    assert (code, out) == (2, "")
    assert is_one_sentence(err)


@pytest.mark.parametrize("command", [("ask", "-"), ("chat",)])
def test_standard_input_that_is_not_utf8(run: Run, command: tuple[str, ...]) -> None:
    code, _, err = run(*command, stdin=b"\xff\xfe trust\n")
    assert code == 2
    assert is_one_sentence(err)
    assert "UTF-8" in err


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"{", "JSON"),
        (b"\xff\xfe", "JSON"),
        (b'{"role": "user"}', "list"),
        (b'["hello"]', "Turn 1"),
        (b'[{"role": "user", "text": "a"}, {"role": "judge", "text": "b"}]', "Turn 2"),
        (b'[{"role": "user", "content": 7}]', "Turn 1"),
        (b"null", "list"),
    ],
)
def test_a_broken_history_file(run: Run, tmp_path: Path, content: bytes, named: str) -> None:
    path = tmp_path / "history.json"
    path.write_bytes(content)
    code, out, err = run("ask", QUESTION, "--history", str(path))
    assert (code, out) == (2, "")
    assert is_one_sentence(err)
    assert named in err


@pytest.mark.parametrize("path", ["no-such-file.json", "."])
def test_a_history_file_that_can_not_be_read(run: Run, tmp_path: Path, path: str) -> None:
    code, out, err = run("ask", QUESTION, "--history", str(tmp_path / path))
    assert (code, out) == (2, "")
    assert is_one_sentence(err)


def test_an_unknown_persona(run: Run) -> None:
    code, out, err = run("ask", QUESTION, "--persona", "dean")
    assert (code, out) == (2, "")
    assert is_one_sentence(err)
    assert "resident" in err


@pytest.mark.parametrize("command", [("ask", QUESTION), ("sources",), ("chat",)])
def test_an_unknown_corpus(run: Run, command: tuple[str, ...]) -> None:
    code, out, err = run(*command, "--corpus", "no-such-corpus")
    assert (code, out) == (1, "")
    assert is_one_sentence(err)
    assert "no-such-corpus" in err
    assert "trustbot-ingest" in err


def test_no_index(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTBOT_DATA_DIR", str(tmp_path))
    for command in (("ask", QUESTION), ("sources", "--json")):
        code, out, err = run(*command)
        assert (code, out) == (1, "")
        assert is_one_sentence(err)
        assert "trustbot-ingest" in err


def emptied(index: Path) -> None:
    for item in index.iterdir():
        shutil.rmtree(item) if item.is_dir() else item.unlink()


def half_written(index: Path) -> None:
    snapshot = current_version(index) / SNAPSHOT
    snapshot.write_bytes(snapshot.read_bytes()[:1000])


def without_vectors(index: Path) -> None:
    shutil.rmtree(current_version(index) / "chroma")


def pointing_nowhere(index: Path) -> None:
    shutil.rmtree(current_version(index))


def foreign(index: Path) -> None:
    emptied(index)
    (index / "chroma.sqlite3").write_bytes(b"SQLite format 3\0" + bytes(4096))


def of_another_embedder(index: Path) -> None:
    opened = open_index(index)
    vectors, recipe = opened.vectors(), replace(opened.recipe, embedder="other-model", weights_hash="0" * 64)
    opened.close()
    write_index(index, opened.corpus, vectors, recipe)


@pytest.mark.parametrize(
    "damage", [emptied, half_written, without_vectors, pointing_nowhere, foreign, of_another_embedder]
)
def test_an_index_that_can_not_be_used(
    run: Run,
    built_index: Path,
    models_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    damage: Callable[[Path], None],
) -> None:
    index = tmp_path / "index" / built_index.name
    shutil.copytree(built_index, index)
    (tmp_path / "models").symlink_to(models_dir)
    damage(index)
    monkeypatch.setenv("TRUSTBOT_DATA_DIR", str(tmp_path))
    code, out, err = run("ask", QUESTION)
    assert (code, out) == (1, "")
    assert is_one_sentence(err)
    assert "trustbot-ingest" in err


@pytest.mark.parametrize(
    ("name", "value"), [("TRUSTBOT_TYPO", "1"), ("TRUSTBOT_TOP_K", "0"), ("TRUSTBOT_PORT", "ninety")]
)
def test_a_wrong_setting(run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    code, out, err = run("ask", QUESTION)
    assert (code, out) == (2, "")
    assert is_one_sentence(err)
    assert name in err


@pytest.mark.parametrize("arguments", [("ask",), ("nonsense",), ("ask", "a", "--nonsense"), ("serve", "--port", "x")])
def test_wrong_arguments(run: Run, arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run(*arguments)
    out, err = capsys.readouterr()
    assert (left.value.code, out) == (2, "")
    assert "Traceback" not in err


def test_no_command_shows_the_help(run: Run) -> None:
    code, out, _ = run()
    assert code == 2
    for command in ("ask", "chat", "serve", "sources", "eval", "bench"):
        assert re.search(rf"^\s+{command}\b", out, re.MULTILINE)


# -- failures ------------------------------------------------------------------------------------------------


def fail(error: BaseException) -> Callable[..., int]:
    def command(*_: Any) -> int:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (IndexMissing("There is no index here. Run `trustbot-ingest` to build it."), 1, "There is no index here."),
        (KeyboardInterrupt(), 130, "stopped"),
        (RuntimeError("first line\nsecond line"), 1, "RuntimeError: first line"),
        (ValueError(""), 1, "ValueError"),
    ],
)
def test_whatever_fails_is_told_in_one_sentence(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, said: str
) -> None:
    monkeypatch.setattr(cli, "_sources", fail(error))
    ran = run("sources")
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.count("\n") == 1
    assert said in ran.err


@pytest.mark.parametrize("error", [IndexMissing("There is no index here."), RuntimeError("why")])
def test_debug_shows_where(run: Run, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    monkeypatch.setattr(cli, "_sources", fail(error))
    with pytest.raises(type(error)):
        run("sources", "--debug")


def test_commands_of_other_modules_get_their_options_and_settings(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from trustbot import web
    from trustbot.evals import bench, command

    seen: list[Any] = []
    monkeypatch.setattr(web, "serve", seen.append)
    monkeypatch.setattr(bench, "run", lambda args, settings: seen.append((args, settings)) or 3)
    monkeypatch.setattr(command, "run", lambda args, settings: seen.append((args, settings)) or 4)
    assert run("serve", "--port", "0", "--host", "::1", "--corpus", "mine").code == 0
    assert (seen[0].port, seen[0].host, seen[0].corpus) == (0, "::1", "mine")
    assert run("bench").code == 3
    assert run("eval", "set.jsonl", "--out", str(tmp_path)).code == 4
    assert seen[2][1].corpus == "preceptor-trust"


def test_errors_of_a_class_share_its_exit_code() -> None:
    def tree(kind: type[TrustbotError]) -> list[type[TrustbotError]]:
        return [kind, *(t for sub in kind.__subclasses__() for t in tree(sub))]

    for kind in tree(TrustbotError):
        assert kind.exit_code in (1, 2)
        assert 400 <= kind.http_status < 600


# -- as a process --------------------------------------------------------------------------------------------


def test_as_a_process_it_answers(spawn: Run) -> None:
    code, out, err = spawn("ask", QUESTION, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["outcome"] == "answered"


def test_as_a_process_it_refuses_bad_bytes(spawn: Run) -> None:
    for ran in (spawn("ask", b"trust \xff"), spawn("ask", "-", stdin=b"trust \xff")):
        assert (ran.code, ran.out) == (2, "")
        assert is_one_sentence(ran.err)


def test_as_a_process_it_talks(spawn: Run) -> None:
    code, out, err = spawn("chat", stdin=b"Hello\n")
    assert (code, err) == (0, "")
    assert "Ask me about" in out


def test_the_version(spawn: Run) -> None:
    assert spawn("--version").out.strip() == f"trustbot {__version__}"

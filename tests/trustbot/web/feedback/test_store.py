"""Feedback on answers: real SQLite files, several threads and processes, and damage."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trustbot.cli import main
from trustbot.errors import InvalidInput, StorageError
from trustbot.presentation.wire import answer_id
from trustbot.settings import Settings
from trustbot.types import Outcome, Query
from trustbot.web.feedback import report as feedback_report
from trustbot.web.feedback import store as feedback
from trustbot.web.feedback.judgements import REASONS, Feedback, Reason
from trustbot.web.feedback.store import FeedbackStore
from trustbot.web.i18n import english, language
from trustbot.web.service import Service

SECRET = "Was Dr Quillfeather right to shout at the intern on ward seven?"


@pytest.fixture
def store(tmp_path: Path) -> FeedbackStore:
    return FeedbackStore(tmp_path / "feedback" / "c.sqlite3")


@pytest.fixture
def unhelpful(world: Any) -> Callable[..., Feedback]:
    def make(*reasons: Reason, **more: Any) -> Feedback:
        return Feedback(more.pop("answer", world.answered()), "not helpful", reasons, "preceptor-trust", **more)

    return make


def all_bytes(folder: Path) -> bytes:
    """Everything that is on disk in a folder."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def asked(answer: Any, question: str) -> Any:
    return dataclasses.replace(answer, query=Query(question, question))


def is_one_sentence(error: BaseException, *words: str) -> bool:
    text = str(error)
    return "\n" not in text and text.endswith((".", "feedback.")) and all(word in text for word in words)


# -- what is kept --------------------------------------------------------------------------------------------


def test_a_row_holds_the_answers_identifiers_and_what_it_cited(store, unhelpful, world):
    assert store.rows() == ()
    assert not store.path.exists()
    before = datetime.now(UTC).replace(microsecond=0)
    store.give("t1", unhelpful("wrong citation", "unclear", persona="resident", language="de"))
    (row,) = store.rows()
    answer = world.answered()
    assert (row.answer, row.outcome) == (answer_id(answer), "answered")
    assert (row.corpus, row.corpus_version, row.fingerprint) == ("preceptor-trust", world.corpus.version, "f00d")
    assert (row.verdict, row.reasons) == ("not helpful", ("wrong citation", "unclear"))
    assert (row.language, row.persona, row.question) == ("de", "resident", None)
    assert before <= datetime.fromisoformat(row.given) <= datetime.now(UTC)
    quoted = [world.corpus.document(p.document).text[p.start : p.end] for p in row.places]
    assert quoted == [c.quote.text for c in answer.citations]
    assert [(p.number, p.hash) for p in row.places] == [(c.number, c.document.content_hash) for c in answer.citations]


def test_a_reader_who_thinks_again_replaces_what_they_said(store, unhelpful, world):
    store.give("t1", unhelpful("missing"))
    store.give("t2", unhelpful("unclear"))
    store.give("t1", Feedback(world.answered(), "helpful"))
    rows = store.rows()
    assert {row.id: row.verdict for row in rows} == {1: "helpful", 2: "not helpful"}
    assert [row.reasons for row in rows if row.verdict == "helpful"] == [()]
    assert store.withdraw("t1")
    assert not store.withdraw("t1")
    assert not store.withdraw("never")
    assert [row.id for row in store.rows()] == [2]


def test_the_token_is_not_kept_in_clear(store, unhelpful):
    store.give("a-secret-token-of-one-exchange", unhelpful())
    assert b"a-secret-token" not in all_bytes(store.path.parent)
    assert "a-secret-token" not in repr(store.rows())


def test_only_the_servers_account_may_read_the_file(store, unhelpful):
    store.give("t", unhelpful())
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


@settings(max_examples=25)
@given(question=st.text(alphabet="αβγδεζηθικλμνξοπρστυφχψω’ !", min_size=4, max_size=60))
def test_no_word_of_a_question_reaches_the_disk_unless_it_is_wanted(tmp_path_factory, world, question):
    answers = [asked(a, question) for a in (world.answered(), world.abstained())]
    folder = tmp_path_factory.mktemp("feedback")
    kept = FeedbackStore(folder / "kept" / "c.sqlite3", keep_questions=True)
    quiet = FeedbackStore(folder / "quiet" / "c.sqlite3")
    for number, answer in enumerate(answers):
        for one in (kept, quiet):
            one.give(f"t{number}", Feedback(answer, "not helpful", ("unclear",), question=question))
    raw = question.encode()
    assert raw in all_bytes(folder / "kept")
    assert raw not in all_bytes(folder / "quiet")
    assert {row.question for row in kept.rows()} == {question}
    assert {row.question for row in quiet.rows()} == {None}
    # The answer's id is the same whoever asks, and however.
    assert [row.answer for row in quiet.rows()] == [answer_id(world.answered()), answer_id(world.abstained())]


def test_a_file_from_before_there_were_comments_is_read_and_brought_up_to_date(tmp_path, unhelpful):
    path = tmp_path / "c.sqlite3"
    kept = FeedbackStore(path, keep_comments=True)
    kept.give("old", unhelpful("unclear"))
    with closing(sqlite3.connect(path)) as db:
        db.execute("alter table feedback drop column comment")
        db.execute("pragma user_version = 1")
    assert [row.comment for row in kept.rows()] == [None]
    kept.give("new", unhelpful("missing", comment="It leaves out \x1b[31mnights."))
    FeedbackStore(path).give("unkept", unhelpful("missing", comment="Not this."))
    assert [row.comment for row in kept.rows()] == [None, "It leaves out \x1b[31mnights.", None]
    report = feedback_report.make("c", kept.rows(), lambda _: None, ())
    assert "  It leaves out [31mnights. (answered; missing)" in "\n".join(feedback_report.lines(report))


def test_what_is_withdrawn_deleted_or_replaced_leaves_no_bytes(tmp_path, unhelpful):
    path = tmp_path / "f" / "c.sqlite3"
    kept = FeedbackStore(path, keep_questions=True)
    kept.give("other", unhelpful("unclear", question="x"))
    gone: list[Callable[[], object]] = [
        lambda: kept.withdraw("t"),
        lambda: kept.delete_before(datetime.now(UTC) + timedelta(days=1)),
        lambda: FeedbackStore(path).give("t", unhelpful("unclear", question=SECRET)),
    ]
    for act in gone:
        kept.give("t", unhelpful("unclear", question=SECRET))
        assert SECRET.encode() in all_bytes(path.parent)
        act()
        assert SECRET.encode() not in all_bytes(path.parent)


@pytest.mark.parametrize(
    ("outcome", "verdict", "reasons"),
    [
        ("answered", "helpful", ("unclear",)),
        ("answered", "not helpful", ("should have answered",)),
        ("abstained", "not helpful", ("wrong citation",)),
        ("partly", "not helpful", ("should have answered",)),
        ("closest", "not helpful", ("wrong citation",)),
        ("answered", "not helpful", ("rude",)),
        ("answered", "awful", ()),
    ],
)
def test_what_makes_no_sense_is_refused(world, outcome, verdict, reasons):
    answer = getattr(world, outcome)()
    with pytest.raises(InvalidInput) as caught:
        Feedback(answer, verdict, reasons)
    assert is_one_sentence(caught.value)


def test_a_token_is_needed(store, unhelpful):
    with pytest.raises(InvalidInput, match="token"):
        store.give("", unhelpful())


def test_every_reason_has_a_word_and_an_outcome_that_it_fits():
    assert set(english.FEEDBACK_REASONS) == set(get_args(Reason)) == {r for of in REASONS.values() for r in of}
    assert set(REASONS) == set(get_args(Outcome)) - {"safety"}


# -- several writers -----------------------------------------------------------------------------------------


def test_threads_share_a_file_from_its_first_row_on(store, unhelpful):
    def work(number: int) -> None:
        # A reader clicks twice: each token ends with one row.
        store.give(f"t{number % 40}", unhelpful("missing"))
        store.rows()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(80)))
    assert len(store.rows()) == 40


WRITER = """
import sys
from pathlib import Path
from trustbot.web.feedback.store import FeedbackStore, Feedback
from trustbot.types import Answer, Query, Trace
answer = Answer("abstained", "No.", Query("q", "q"), "d", Trace({}, "e", "f", "v"), reason="No.")
store = FeedbackStore(Path(sys.argv[1]))
sys.stdin.readline()
for i in range(30):
    store.give(f"{sys.argv[2]}-{i}", Feedback(answer, "not helpful", ("should have answered",)))
    store.give(f"both-{i}", Feedback(answer, "helpful"))
    if i % 10 == 9:
        assert store.withdraw(f"{sys.argv[2]}-{i}")
"""


def test_processes_share_a_file_from_its_first_row_on(store):
    command = [sys.executable, "-c", WRITER, str(store.path)]
    writers = [
        subprocess.Popen([*command, name], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for name in "ab"
    ]
    for writer in writers:
        assert writer.stdin
        writer.stdin.write("\n")
        writer.stdin.flush()
    errors = [writer.communicate(timeout=120)[1] for writer in writers]
    assert errors == ["", ""]
    rows = store.rows()
    assert len(rows) == 27 * 2 + 30
    assert store.summary().all.helpful == 30
    with closing(sqlite3.connect(store.path)) as db:
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)
        assert db.execute("pragma journal_mode").fetchone() == ("wal",)


def test_a_writer_that_never_ends_is_one_sentence(store, unhelpful, monkeypatch):
    monkeypatch.setattr(feedback, "_BUSY_SECONDS", 0.05)
    store.give("t", unhelpful())
    with closing(sqlite3.connect(store.path, isolation_level=None)) as db:
        db.execute("begin immediate")
        with pytest.raises(StorageError, match="being written by another program"):
            store.give("u", unhelpful())
        assert len(store.rows()) == 1, "readers don't wait for a writer"


# -- damage --------------------------------------------------------------------------------------------------


def damage(path: Path, how: str) -> None:
    data = path.read_bytes()
    if how == "text":
        path.write_text("not a database at all, but rather long\n" * 200)
    elif how == "cut":
        path.write_bytes(data[: len(data) // 2 + 100])
    elif how == "zeros":
        path.write_bytes(data[:4096] + bytes(len(data) - 4096))
    elif how == "value":
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("update feedback set places = '[{]'")
    elif how == "verdict":
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("update feedback set verdict = 'splendid'")
    elif how == "no table":
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("drop table feedback")


@pytest.mark.parametrize("how", ["text", "cut", "zeros", "value", "verdict", "no table"])
def test_a_damaged_file_is_one_sentence(store, unhelpful, how):
    for number in range(40):
        store.give(f"t{number}", unhelpful("missing"))
    damage(store.path, how)
    with pytest.raises(StorageError, match=r"is damaged\. Restore the file") as caught:
        store.rows()
    assert is_one_sentence(caught.value, str(store.path))
    if how not in ("value", "verdict"):
        with pytest.raises(StorageError):
            store.give("t", unhelpful())


@pytest.mark.parametrize("statement", ["pragma user_version = 99", "create table other (x)"])
def test_somebody_elses_file_is_left_alone(store, unhelpful, statement):
    store.path.parent.mkdir()
    with closing(sqlite3.connect(store.path)) as db, db:
        db.execute(statement)
    before = store.path.read_bytes()
    for act in (store.rows, lambda: store.give("t", unhelpful()), lambda: store.withdraw("t")):
        with pytest.raises(StorageError, match="not written by this version of trustbot; nothing was changed"):
            act()
    assert store.path.read_bytes() == before


def test_an_empty_file_is_begun(store, unhelpful):
    store.path.parent.mkdir()
    store.path.touch()
    assert store.rows() == ()
    store.give("t", unhelpful())
    assert len(store.rows()) == 1


def mounted(path: Path, *arguments: str) -> bool:
    """Whether this machine lets the test mount a file system; a container may not."""
    return (
        os.geteuid() == 0
        and shutil.which("mount") is not None
        and subprocess.run(["mount", *arguments, str(path)], capture_output=True, check=False).returncode == 0
    )


@pytest.fixture
def read_only(store: FeedbackStore, unhelpful: Callable[..., Feedback]) -> Iterator[FeedbackStore]:
    store.give("t", unhelpful("missing"))
    folder = store.path.parent
    if not mounted(folder, "--bind", "-o", "ro", str(folder)):
        pytest.skip("mounting takes root")
    yield store
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_read_only_folder_can_be_read_and_is_said(read_only, unhelpful):
    assert [row.reasons for row in read_only.rows()] == [("missing",)]
    with pytest.raises(StorageError, match=r"can't be written .*TRUSTBOT_DATA_DIR") as caught:
        read_only.give("u", unhelpful())
    assert is_one_sentence(caught.value)


def test_a_folder_that_cannot_be_made_is_said(tmp_path, unhelpful):
    (tmp_path / "feedback").write_text("a file")
    with pytest.raises(StorageError, match=r"can't be written \(.*exists\)"):
        FeedbackStore(tmp_path / "feedback" / "c.sqlite3").give("t", unhelpful())


def test_a_full_disk_is_one_sentence_and_loses_nothing(tmp_path, unhelpful):
    disk = tmp_path / "disk"
    disk.mkdir()
    if not mounted(disk, "-t", "tmpfs", "-o", "size=1m", "none"):
        pytest.skip("mounting takes root")
    try:
        small = FeedbackStore(disk / "c.sqlite3")
        small.give("t", unhelpful())
        (disk / "filler").write_bytes(b"x" * shutil.disk_usage(disk).free)
        with pytest.raises(StorageError) as caught:
            small.give("u", unhelpful())
        assert is_one_sentence(caught.value, str(disk))
        (disk / "filler").unlink()
        small.give("u", unhelpful())
        assert len(small.rows()) == 2
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


# -- the service ---------------------------------------------------------------------------------------------


@pytest.fixture
def service(tmp_path: Path, make_bot: Callable[..., Any]) -> Callable[..., Service]:
    def make(**more: Any) -> Service:
        made = Service(Settings(data_dir=tmp_path, **more), lambda _: make_bot())
        made.open()
        return made

    return make


def count(service: Service, verdict: str) -> float:
    return service.metrics.registry.get_sample_value("trustbot_feedback_total", {"verdict": verdict}) or 0.0


def test_the_chat_gives_changes_and_takes_back(service, world, caplog):
    caplog.set_level(logging.DEBUG)
    answer = asked(world.answered(), SECRET)
    serving = service()
    assert serving.feedback_note == english.FEEDBACK_KEPT
    with language.using("en"):
        assert serving.feedback(answer, "t", "not helpful", ("missing",), SECRET, "resident")
    (row,) = serving.feedback_store.rows()
    assert (row.corpus, row.language, row.persona, row.question) == ("preceptor-trust", "en", "resident", None)
    assert serving.feedback(answer, "t", "helpful", (), SECRET)
    assert [r.verdict for r in serving.feedback_store.rows()] == ["helpful"]
    assert serving.feedback(answer, "t", None)
    assert serving.feedback_store.rows() == ()
    assert [count(serving, v) for v in ("helpful", "not helpful", "withdrawn", "failed")] == [1, 1, 1, 0]
    assert b'trustbot_feedback_total{verdict="not helpful"} 1.0' in serving.metrics.text()
    assert SECRET.encode() not in all_bytes(serving.settings.data_dir)
    assert SECRET not in caplog.text


def test_questions_are_kept_where_the_operator_says_so(service, world):
    serving = service(feedback_questions=True)
    assert serving.feedback_note == english.FEEDBACK_KEPT_QUESTION
    assert serving.feedback(world.abstained(), "t", "not helpful", ("should have answered",), SECRET)
    assert serving.feedback_store.rows()[0].question == SECRET


def test_what_cannot_be_kept_is_logged_and_the_chat_goes_on(service, world, caplog):
    serving = service()
    serving.settings.feedback_file.parent.mkdir()
    serving.settings.feedback_file.write_text("no database, and long enough to be read as one\n" * 100)
    assert not serving.feedback(asked(world.answered(), SECRET), "t", "helpful", (), SECRET)
    assert not serving.feedback(world.answered(), "t", SECRET)
    assert count(serving, "failed") == 2
    assert "is damaged. Restore the file" in caplog.text
    assert "Traceback" not in caplog.text
    assert SECRET not in caplog.text


# -- the report ----------------------------------------------------------------------------------------------


def given_at(store: FeedbackStore, monkeypatch: pytest.MonkeyPatch, day: str, token: str, value: Feedback) -> None:
    monkeypatch.setattr(feedback, "_now", lambda: f"{day}T12:00:00Z")
    store.give(token, value)


@pytest.fixture
def filled(store, unhelpful, world, monkeypatch) -> FeedbackStore:
    answered, abstained = world.answered(), world.abstained()
    partly, closest = world.partly(), world.closest()
    one = dataclasses.replace(
        answered, text=answered.text.split("\n")[0], citations=answered.citations[1:2], notices=()
    )
    for number, (day, value) in enumerate(
        [
            ("2026-01-10", Feedback(answered, "helpful")),
            ("2026-02-10", unhelpful("wrong citation")),
            ("2026-03-10", unhelpful("wrong citation", "missing", answer=one, persona="resident")),
            ("2026-03-11", unhelpful("should have answered", answer=abstained)),
            ("2026-03-12", Feedback(abstained, "helpful")),
            ("2026-03-13", Feedback(partly, "helpful")),
            ("2026-03-14", unhelpful("unclear", answer=closest)),
        ]
    ):
        given_at(store, monkeypatch, day, f"t{number}", value)
    return store


def test_the_report_counts_what_a_librarian_asks_for(filled, world):
    stored = {d.content_hash: d.text for d in world.corpus.documents}
    current = {world.corpus.document("article").content_hash}
    report = feedback_report.make("c", filled.rows(), stored.get, current)
    data = json.loads(json.dumps(feedback_report.to_dict(report)))
    assert data["summary"]["total"] == 7
    assert {o: t["total"] for o, t in data["summary"]["outcomes"].items()} == {
        **{"answered": 3, "partly": 1, "closest": 1, "abstained": 2, "refused": 0}
    }
    assert data["summary"]["outcomes"]["abstained"]["reasons"]["should have answered"] == 1
    assert data["summary"]["personas"]["resident"]["not_helpful"] == 1
    assert len(data["rows"]) == 7
    assert data["rows"][-1]["places"] == []
    first = data["statements"][0]
    assert first["quote"] == "Direct observations of clinical skills are crucial for building trust"
    assert (first["total"], first["not_helpful"], first["reasons"]["wrong citation"]) == (4, 2, 2)
    assert [s["current"] for s in data["statements"]] == [True, True, False]
    lines = feedback_report.lines(report)
    text = "\n".join(lines)
    assert lines[0] == "Feedback on 7 answers from c: 10 January 2026 to 14 March 2026."
    assert "Answered: 4 answers, 2 of 4 (50 %) helpful, 2 not\n  wrong citation: 2 of 4 (50 %)" in text
    assert "Not answered: 3 answers, 1 of 3 (33 %) helpful, 2 not\n  should have answered: 1 of 3 (33 %)" in text
    assert "  [4] “Direct observations of clinical skills" in text
    assert "an earlier version: wrong citation 1" in text
    assert "By role\n  resident: 0 of 1 (0 %) helpful, 1 not" in text


def test_the_same_words_in_two_versions_are_one_statement(filled, unhelpful, world):
    text = world.corpus.document("article").text
    rows = filled.rows()
    moved = dataclasses.replace(
        rows[2],
        id=99,
        places=tuple(
            dataclasses.replace(p, hash="sha256:new", start=p.start + 6, end=p.end + 6) for p in rows[2].places
        ),
    )
    stored = {d.content_hash: d.text for d in world.corpus.documents} | {"sha256:new": "Newer " + text}
    report = feedback_report.make("c", [*rows, moved], stored.get, {"sha256:new"})
    first = report.statements[0]
    assert (first.place.hash, first.current, first.wrong, first.feedback.total) == ("sha256:new", True, 3, 5)


def test_questions_that_were_kept_are_shown_without_control_characters(tmp_path, unhelpful):
    kept = FeedbackStore(tmp_path / "c.sqlite3", keep_questions=True)
    kept.give("t", unhelpful("unclear", question="Why\x1b[31m not\nthis?"))
    report = feedback_report.make("c", kept.rows(), lambda _: None, ())
    text = "\n".join(feedback_report.lines(report))
    assert "  Why [31m not this? (answered; unclear)" in text
    assert "its text is no longer stored" in text


# -- the command ---------------------------------------------------------------------------------------------


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TRUSTBOT_DATA_DIR", str(tmp_path))

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["feedback", *arguments])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def own(tmp_path, filled) -> Path:
    """The file where the command looks for it."""
    path = Settings(data_dir=tmp_path).feedback_file
    filled.path.rename(path)
    return path


def test_an_empty_store_says_so_and_makes_no_file(command, tmp_path):
    assert command() == (0, "No feedback has been given on preceptor-trust yet.\n", "")
    assert json.loads(command("--json")[1])["rows"] == []
    assert command("--delete-before", "2026-01-01")[0] == 0
    assert list(tmp_path.iterdir()) == []


def test_the_words_of_a_statement_come_from_the_stored_documents(own, command, built_index, tmp_path, bot):
    (tmp_path / "index").symlink_to(built_index.parent)
    answer = bot.ask("Is this so: “Direct observations of clinical skills are crucial for building trust”?")
    FeedbackStore(own).give("real", Feedback(answer, "not helpful", ("wrong citation",), bot.corpus.id))
    shown = " ".join(command()[1].split())
    for citation in answer.citations:
        words = f"[{citation.number}] “{citation.quote.text[:100]}"
        assert words in shown
    data = json.loads(command("--json")[1])
    assert {s["quote"] for s in data["statements"] if s["current"]} == {c.quote.text for c in answer.citations}
    assert data["rows"][-1]["answer"] == answer_id(answer)


@pytest.mark.usefixtures("own")
def test_since_and_deleting(command):
    assert len(json.loads(command("--json", "--since", "2026-03-10")[1])["rows"]) == 5
    assert "since 2027-01-01 yet" in command("--since", "2027-01-01")[1]
    told = "Deleted from the feedback on preceptor-trust: 2 from before 2026-03-10.\n"
    assert command("--delete-before", "2026-03-10") == (0, told, "")
    assert json.loads(command("--delete-before", "0999-01-01", "--json")[1]) == {"deleted": 0}
    assert len(json.loads(command("--json")[1])["rows"]) == 5


@pytest.mark.parametrize(
    "arguments",
    [
        ("--since", "soon"),
        ("--delete-before", "2026-13-01"),
        ("--since", "2026-01-01", "--delete-before", "2026-01-01"),
    ],
)
def test_a_wrong_date_is_one_sentence_and_deletes_nothing(own, command, arguments):
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("trustbot: --")
    assert err.count("\n") == 1
    assert len(FeedbackStore(own).rows()) == 7


def test_a_damaged_file_is_one_sentence_on_the_command_line(own, command):
    damage(own, "text")
    code, out, err = command()
    assert (code, out) == (1, "")
    assert "is damaged. Restore the file" in err
    assert err.count("\n") == 1


def test_the_command_loads_neither_vectors_nor_the_web(own, tmp_path):
    script = (
        "import sys; from trustbot.cli import main; assert main(['feedback']) == 0;"
        "heavy = {'chromadb', 'numpy', 'torch', 'gradio', 'fastapi', 'langchain_core', 'onnxruntime'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    environment = os.environ | {"TRUSTBOT_DATA_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", script], check=True, env=environment, capture_output=True)

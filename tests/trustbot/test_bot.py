"""The composition root: what a bot checks before it answers, and which index it answers from."""

from __future__ import annotations

import gc
import json
import shutil
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from trustbot import build_bot
from trustbot.bot import Bot
from trustbot.errors import IndexMissing, InvalidInput, InvalidQuestion, ModelError, TooSlow, TrustbotError
from trustbot.index.chroma import Index, current_snapshot, open_index, write_index
from trustbot.index.versions import current_version
from trustbot.reading.bank import BANK
from trustbot.reading.model import FILE
from trustbot.settings import Settings
from trustbot.types import Answer, Stage, Turn

QUESTION = "How does direct observation build trust?"


def test_a_bot_names_what_it_answers_from(bot: Bot, index: Any) -> None:
    assert bot.corpus.id == "preceptor-trust"
    assert bot.fingerprint == index.fingerprint
    assert bot.built_at == index.built_at
    assert bot.embedder_name == "all-MiniLM-L6-v2"


def test_a_stream_ends_with_the_answer_that_ask_gives(bot: Bot) -> None:
    *stages, answer = bot.stream(QUESTION)
    assert stages
    assert all(isinstance(s, Stage) for s in stages)
    assert isinstance(answer, Answer)
    assert answer.text == bot.ask(QUESTION).text


def test_the_same_question_gets_the_same_answer(bot: Bot) -> None:
    first, second = bot.ask(QUESTION), bot.ask(QUESTION)
    assert replace(first, trace=second.trace) == second


def test_history_is_accepted_as_turns_and_as_json(bot: Bot) -> None:
    said = bot.ask(QUESTION).text
    turns = [Turn("user", QUESTION), Turn("assistant", said)]
    plain = [{"role": t.role, "text": t.text} for t in turns]
    assert bot.ask("Who says so?", turns).text == bot.ask("Who says so?", plain).text


def test_a_persona_changes_nothing_that_is_cited(bot: Bot) -> None:
    answers = [bot.ask(QUESTION, persona=p) for p in (None, "resident", "program director")]
    assert len({a.text for a in answers}) == 1
    assert len({a.citations for a in answers}) == 1


@pytest.mark.parametrize("question", ["", "  ", "a" * 2001, "a\x00b", None, 3, ["Why?"]])
def test_a_question_that_is_none_is_refused_before_anything_runs(bot: Bot, question: Any) -> None:
    with pytest.raises(InvalidQuestion):
        bot.ask(question)
    with pytest.raises(InvalidQuestion):
        bot.runnable.invoke({"question": question})


@pytest.mark.parametrize("persona", ["dean", "", "Resident", 3])
def test_an_unknown_persona_is_refused_with_those_there_are(bot: Bot, persona: Any) -> None:
    with pytest.raises(InvalidInput, match="resident"):
        bot.ask(QUESTION, persona=persona)


def test_a_broken_history_is_refused(bot: Bot) -> None:
    with pytest.raises(InvalidInput, match="Turn 1"):
        bot.ask(QUESTION, [{"role": "boss", "text": "x"}])


def test_only_as_much_history_is_read_as_the_settings_say(data_dir: Path, bot: Bot) -> None:
    forgetful = Bot(Settings(data_dir=data_dir, history_limit=0))
    try:
        history = [Turn("user", QUESTION), Turn("assistant", bot.ask(QUESTION).text)]
        assert forgetful.ask("Why?", history).query.turns == ()
        assert forgetful.ask("Why?", history).query.said == ()
        assert bot.ask("Why?", history).query.turns == (QUESTION,)
        assert bot.ask("Why?", history).query.said
    finally:
        forgetful.close()


def test_the_threshold_of_the_settings_decides(data_dir: Path) -> None:
    strict = Bot(Settings(data_dir=data_dir, answer_threshold=1.0, question_limit=50))
    try:
        assert strict.ask(QUESTION).abstained
        with pytest.raises(InvalidQuestion, match="50"):
            strict.ask("trust " * 10)
    finally:
        strict.close()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"data_dir": "empty"}, IndexMissing),
        ({"corpus": "no-such-corpus"}, IndexMissing),
        ({"embedder": "/no/such/model"}, TrustbotError),
    ],
)
def test_what_is_missing_is_named_with_what_to_do(
    data_dir: Path, tmp_path: Path, change: dict[str, Any], error: Any
) -> None:
    values = {"data_dir": data_dir, **change}
    if change.get("data_dir") == "empty":
        values["data_dir"] = tmp_path
    with pytest.raises(error, match=r"^[^\n]+\.$"):
        Bot(Settings(**values))


def test_a_missing_export_of_the_embedder_is_named(built_index: Path, tmp_path: Path) -> None:
    (tmp_path / "index").symlink_to(built_index.parent)
    with pytest.raises(ModelError, match="trustbot-ingest"):
        Bot(Settings(data_dir=tmp_path))


def test_an_index_without_its_reader_is_named(built_index: Path, models_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / "index" / "preceptor-trust"
    shutil.copytree(built_index, folder)
    (tmp_path / "models").symlink_to(models_dir)
    (current_version(folder) / FILE).unlink()
    with pytest.raises(IndexMissing, match=rf"{FILE} is missing or .*trustbot-ingest"):
        Bot(Settings(data_dir=tmp_path))


def test_a_missing_export_of_the_readers_encoder_is_named(built_index: Path, models_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "index").symlink_to(built_index.parent)
    (tmp_path / "models").mkdir()
    for folder in models_dir.iterdir():
        if not folder.name.startswith("reader-"):
            (tmp_path / "models" / folder.name).symlink_to(folder)
    with pytest.raises(ModelError, match="trustbot-ingest"):
        Bot(Settings(data_dir=tmp_path))


def test_build_bot_reads_the_environment(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTBOT_DATA_DIR", str(data_dir))
    made = build_bot()
    try:
        assert not made.ask(QUESTION).abstained
    finally:
        made.close()


def test_build_bot_opens_the_corpus_that_it_is_told(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTBOT_DATA_DIR", str(data_dir))
    monkeypatch.setenv("TRUSTBOT_CORPUS", "another")
    for given in (None, Settings(question_limit=50)):
        made = build_bot(given, corpus="preceptor-trust")
        try:
            assert made.corpus.id == "preceptor-trust"
            assert not made.ask(QUESTION).abstained
        finally:
            made.close()
    with pytest.raises(IndexMissing, match="no-such-corpus"):
        build_bot(corpus="no-such-corpus")
    with pytest.raises(InvalidInput, match="TRUSTBOT_CORPUS"):
        build_bot(corpus="../elsewhere")


def test_a_question_over_its_time_is_stopped_with_a_sentence_and_the_next_is_answered(data_dir: Path) -> None:
    hasty = Bot(Settings(data_dir=data_dir, answer_timeout=1e-6))
    try:
        hasty.warm_up()  # may take as long as it needs
        for ask in (hasty.ask, hasty.runnable.invoke):
            with pytest.raises(TooSlow, match=r"^[^\n]+ 1e-06 seconds [^\n]+\.$") as raised:
                ask(QUESTION)
            assert (raised.value.exit_code, raised.value.http_status) == (1, 503)
        hasty._settings = Settings(data_dir=data_dir)
        assert not hasty.ask(QUESTION).abstained
    finally:
        hasty.close()


@pytest.fixture
def own(built_index: Path, models_dir: Path, tmp_path: Path) -> Iterator[Bot]:
    """A bot over an index of the test's own."""
    shutil.copytree(built_index, tmp_path / "index" / "preceptor-trust")
    (tmp_path / "models").symlink_to(models_dir)
    made = Bot(Settings(data_dir=tmp_path))
    yield made
    made.close()


def publish(folder: Path, version: str) -> None:
    """The same corpus as another version of itself."""
    snapshot = current_snapshot(folder)
    reader = (current_version(folder) / FILE).read_bytes()
    with closing(open_index(folder)) as index:
        vectors = index.vectors()
    write_index(folder, replace(snapshot.corpus, version=version), vectors, snapshot.recipe, {FILE: reader})


def open_stores() -> set[str]:
    """The vector stores of which this process has a file open."""
    links = (str(entry.readlink()) for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink())
    return {link.partition("/chroma/")[0] for link in links if "/chroma/" in link}


def store(bot: Bot) -> str:
    """The store that a bot searches."""
    folder: str = bot._serving.current.index._collection._client._system.settings.persist_directory
    return folder.removesuffix("/chroma")


def await_stores(expected: set[str]) -> None:
    """Wait until no other stores are open: SQLite's own threads let go of a file a moment after they were told."""
    deadline = time.monotonic() + 120
    while (found := open_stores()) != expected:
        assert time.monotonic() < deadline, f"{found} are open, not {expected}"
        time.sleep(0.01)


def test_a_new_version_is_opened_beside_the_one_that_answers(own: Bot, tmp_path: Path) -> None:
    before = own.corpus.version
    running = own.stream(QUESTION)
    next(running)
    publish(tmp_path / "index" / "preceptor-trust", "2099.01")
    assert own.corpus.version == before, "nothing changes before the new version is ready"
    own.refresh()
    *_, finished = running
    assert isinstance(finished, Answer)
    assert finished.trace.corpus_version == before, "a question under way keeps its index"
    answer = own.ask(QUESTION)
    assert answer.trace.corpus_version == own.corpus.version == "2099.01"
    assert not answer.abstained


def test_who_asks_while_a_version_is_opened_gets_the_old_one_at_once(
    own: Bot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, publishing, opened = own.corpus.version, threading.Event(), threading.Event()

    def slowly(*arguments: Any) -> Index:
        assert publishing.wait(120)
        opened.set()
        return open_index(*arguments)

    monkeypatch.setattr("trustbot.bot.open_index", slowly)
    publish(tmp_path / "index" / "preceptor-trust", "2099.01")
    assert own.ask(QUESTION).trace.corpus_version == before
    assert own.ask(QUESTION).trace.corpus_version == before
    publishing.set()
    assert opened.wait(120), "the question had it opened, in another thread"
    own.refresh()
    assert own.ask(QUESTION).trace.corpus_version == "2099.01"


def test_a_version_that_can_not_be_opened_leaves_the_one_before_to_answer(own: Bot, tmp_path: Path) -> None:
    folder, before = tmp_path / "index" / "preceptor-trust", own.corpus.version
    publish(folder, "2099.01")
    (path,) = current_version(folder).rglob("data_level0.bin")
    whole = path.read_bytes()
    path.write_bytes(whole[:20] + bytes(b ^ 255 for b in whole[20:40]) + whole[40:])
    for _ in range(2):
        with pytest.raises(IndexMissing, match=r"data_level0\.bin is missing or is not what was written"):
            own.refresh()
        assert own.ask(QUESTION).trace.corpus_version == before
    path.write_bytes(whole)
    own.refresh()
    assert own.ask(QUESTION).trace.corpus_version == "2099.01"


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="what a process has open is read from /proc")
def test_superseded_versions_are_closed_with_their_last_reader(own: Bot, tmp_path: Path) -> None:
    folder = tmp_path / "index" / "preceptor-trust"
    own.ask(QUESTION)
    gc.collect()
    gc.disable()  # what only a search for cycles frees stays for minutes in a server
    try:
        others = open_stores() - {first := store(own)}
        chain, index = own._serving.current.chain, own._serving.current.index
        old = [weakref.ref(x) for x in (chain, chain._reader, index)]
        encoder = chain._reader._encoder
        del chain, index
        running = own.stream(QUESTION)
        next(running)
        for version in range(5):
            publish(folder, f"2099.{version}")
            own.refresh()
            await_stores({*others, first, store(own)})  # a question under way reads the first, and new ones the last
        assert own._serving.current.chain._reader._encoder is encoder, "the same graph is loaded once"
        *_, answer = running
        del running
        assert not answer.abstained
        await_stores({*others, store(own)})
        assert [x() for x in old] == [None] * 3
    finally:
        gc.enable()


def test_what_is_asked_stands_for_a_question_of_the_bank(bot: Bot, repository: Path) -> None:
    lines = (
        json.loads(line) for line in (repository / "corpus/preceptor-trust" / BANK).read_text("utf-8").splitlines()
    )
    asked = [" ".join(line["q"].split()) for line in lines if "q" in line and not line.get("history")]
    found = [bot.cluster(text) for text in asked[::40]]
    assert set(found) <= {"", *asked}
    assert sum(bool(text) for text in found) > 0.9 * len(found)
    assert len(set(found)) > 10

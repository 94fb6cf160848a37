"""The composition root: what a bot checks before it answers, and which index it answers from."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from trustbot import build_bot
from trustbot.bot import Bot
from trustbot.errors import IndexMissing, InvalidInput, InvalidQuestion, ModelError, TooSlow, TrustbotError
from trustbot.index import current_snapshot, open_index, write_index
from trustbot.reading.model import FILE
from trustbot.settings import Settings
from trustbot.types import Answer, Stage, Turn
from trustbot.versions import current_version

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


def test_a_new_version_of_the_index_is_answered_from_at_once(
    built_index: Path, models_dir: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "index" / "preceptor-trust"
    shutil.copytree(built_index, folder)
    (tmp_path / "models").symlink_to(models_dir)
    made = Bot(Settings(data_dir=tmp_path))
    assert made.ask(QUESTION).trace.corpus_version == made.corpus.version
    running = made.stream(QUESTION)
    next(running)

    snapshot, snapshot_path = current_snapshot(folder), current_version(folder)
    old = open_index(folder)
    vectors = old.vectors()
    old.close()
    newer = replace(snapshot.corpus, version="2099.01", disclaimer="A newer disclaimer.")
    write_index(folder, newer, vectors, snapshot.recipe, {FILE: (snapshot_path / FILE).read_bytes()})

    *_, finished = running
    assert isinstance(finished, Answer)
    assert finished.trace.corpus_version == snapshot.corpus.version, "a question under way keeps its index"
    answer = made.ask(QUESTION)
    assert answer.trace.corpus_version == made.corpus.version == "2099.01"
    assert answer.disclaimer == "A newer disclaimer."
    assert not answer.abstained
    made.close()

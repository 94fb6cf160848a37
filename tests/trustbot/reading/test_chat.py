"""A chat model as reader: it chooses among what it was offered, and on any failure the local reading stands."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from trustbot.evidence import decide, select
from trustbot.evidence.operations import operation_of
from trustbot.models.chat import ChatModel, Limits
from trustbot.reading.chat import CHOSEN, LEFT, LENGTH, MOST, OFFERED, ChatReader
from trustbot.reading.local import LocalReader
from trustbot.reading.reader import Reading
from trustbot.runtime.stopping import Stop
from trustbot.testing.provider import Behaviour, PlayedProvider, fails, goes_on, says_nothing, sends, streams
from trustbot.types import Corpus, Query, Quote

NAME = "openai:any-model"
ASKED = Query("How does it help?", "How does it help?", turns=("What is direct observation?",))
MODEL = Callable[[Any], str]


def says(answers: object = (1,), enough: object = True, standalone: object = "How does observation help?") -> str:
    given = list(answers) if isinstance(answers, tuple) else answers
    return json.dumps({"answers": given, "enough": enough, "standalone": standalone})


@pytest.fixture
def read(local: LocalReader, choosing: Any, sentences: tuple[Quote, ...]) -> Callable[..., Reading]:
    """The reading of a question where the model's reply is this."""

    def ask(reply: str, query: Query = ASKED) -> Reading:
        return ChatReader(choosing(lambda _: reply)).over(local).read(query, sentences)

    return ask


# -- what it may choose --------------------------------------------------------------------------------------


def test_it_is_offered_the_likeliest_sentences_and_the_readers_questions(
    local: LocalReader, choosing: Any, sentences: tuple[Quote, ...]
) -> None:
    model = choosing(lambda _: says())
    ChatReader(model).over(local).read(ASKED, sentences)
    (data,) = model.asked
    assert (data["earlier_questions"], data["last_question"]) == ([*ASKED.turns], ASKED.text)
    answers = local.read(ASKED, sentences).answers
    likeliest = sorted(range(len(sentences)), key=lambda i: -answers[i])[:OFFERED]
    assert len(sentences) > OFFERED
    assert [s["number"] for s in data["sentences"]] == list(range(1, OFFERED + 1))
    assert data["sentences"][0]["text"] == " ".join(sentences[likeliest[0]].text.split())
    assert {s["text"] for s in data["sentences"]} == {" ".join(sentences[i].text.split()) for i in likeliest}


def test_what_it_chooses_is_said_in_its_order_and_what_it_left_is_not(
    local: LocalReader, choosing: Any, sentences: tuple[Quote, ...], corpus: Corpus
) -> None:
    model = choosing(lambda _: says((7, 2, 7, OFFERED)))
    reading = ChatReader(model).over(local).read(ASKED, sentences)
    offered = [s["text"] for s in model.asked[0]["sentences"]]
    given = dict(zip([" ".join(q.text.split()) for q in sentences], reading.answers, strict=True))
    assert given[offered[6]] == CHOSEN > given[offered[1]] > given[offered[OFFERED - 1]] > 0.9
    assert {given[text] for n, text in enumerate(offered) if n not in (1, 6, OFFERED - 1)} == {LEFT}
    before = dict(zip([" ".join(q.text.split()) for q in sentences], local.read(ASKED, sentences).answers, strict=True))
    assert {t: p for t, p in given.items() if t not in offered} == {t: p for t, p in before.items() if t not in offered}
    chosen = select(ASKED, reading, sentences, corpus).chosen
    assert [" ".join(q.text.split()) for q in chosen[:2]] == [offered[6], offered[1]]


def test_a_question_that_the_local_reader_declines_is_answered_where_the_model_chooses(
    read: Callable[..., Reading], local: LocalReader, sentences: tuple[Quote, ...], corpus: Corpus
) -> None:
    strange = Query("Zebra jam tastes nice", "Zebra jam tastes nice")

    def verdict(reading: Reading) -> str:
        return decide(strange, reading, select(strange, reading, sentences, corpus)).verdict

    assert verdict(local.read(strange, sentences)) == "not covered"
    assert verdict(read(says((1,)), strange)) == "answered"
    assert verdict(read(says((1,), enough=False), strange)) == "closest"
    assert verdict(read(says(()), strange)) == "not covered"
    assert verdict(read(says((), enough=False), strange)) == "not covered"
    assert verdict(read("no", strange)) == "not covered"


def test_one_that_the_local_reader_answers_is_declined_where_the_model_finds_nothing(
    read: Callable[..., Reading], local: LocalReader, sentences: tuple[Quote, ...], corpus: Corpus
) -> None:
    known = Query("does watching a student at work help", "does watching a student at work help")
    reading = local.read(known, sentences)
    assert decide(known, reading, select(known, reading, sentences, corpus)).answers
    for reply in (says(()), says((), enough=False)):
        reading = read(reply, known)
        assert not decide(known, reading, select(known, reading, sentences, corpus)).answers


def test_an_operation_on_the_last_answer_stays_one(
    read: Callable[..., Reading], local: LocalReader, sentences: tuple[Quote, ...]
) -> None:
    query = Query("please make that shorter now", "please make that shorter now", said=(sentences[0].chunk.id,))
    before = local.read(query, sentences)
    assert 0.5 < before.operations["shorter"] < CHOSEN
    assert operation_of(query, read(says((1, 2)), query)) == operation_of(query, before) == "shorter"
    # What was none before is none after.
    assert operation_of(replace(ASKED, said=query.said), read(says((1, 2)))) is None
    assert read(says(())).operations == local.read(ASKED, sentences).operations


# -- what is not a choice ------------------------------------------------------------------------------------


def stands(reading: Reading, local: Reading, name: str) -> str:
    """Why the model was not used; the reading is otherwise the local one."""
    assert replace(reading, model=local.model) == local
    assert reading.model.startswith(f"{name}: not used; ")
    assert "\n" not in reading.model
    assert reading.model.endswith(".")
    return reading.model


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ("I'm sorry, but I can't help with that.", "is no reading"),
        ("", "is no reading"),
        ('{"answers": [1], "enough": true, "standal', "is no reading"),
        ("}{", "is no reading"),
        ("{" * 3_000, "is no reading"),
        ('{"answers": ' + "[" * 3_000 + "]" * 900 + "}", "is no reading"),
        ('{"answers": [1], "enough": true}', "is no reading"),
        ("[1, 2]", "is no reading"),
        (says((0,)), "was not offered"),
        (says((-1,)), "was not offered"),
        (says((1, OFFERED + 1)), "was not offered"),
        (says((10**30,)), "was not offered"),
        (says((1.0,)), "was not offered"),
        (says((True,)), "was not offered"),
        (says(("1",)), "was not offered"),
        (says("1"), "was not offered"),
        (says(1), "was not offered"),
        (says({"1": 1}), "was not offered"),
        (says(tuple(range(1, MOST + 2))), "was not offered"),
        (says(enough="yes"), "was not offered"),
        (says(enough=1), "was not offered"),
    ],
)
def test_a_reply_that_is_none_leaves_the_local_reading(
    read: Callable[..., Reading], local: LocalReader, sentences: tuple[Quote, ...], reply: str, why: str
) -> None:
    assert why in stands(read(reply), local.read(ASKED, sentences), "scripted:model")


def test_a_failure_of_its_own_is_told_without_what_it_said(
    local: LocalReader, choosing: Any, sentences: tuple[Quote, ...]
) -> None:
    def fail(_: object) -> str:
        raise RuntimeError("a key")

    told = stands(
        ChatReader(choosing(fail)).over(local).read(ASKED, sentences), local.read(ASKED, sentences), "scripted:model"
    )
    assert told.endswith("it failed (RuntimeError).")


def test_talk_around_the_reply_is_no_harm(read: Callable[..., Reading]) -> None:
    reading = read(f"Sure!\n```json\n{says()}\n```")
    assert (max(reading.answers), reading.model) == (CHOSEN, "scripted:model: used.")


@pytest.mark.parametrize(
    ("standalone", "kept"),
    [
        ("  How does it help? ", "How does it help?"),
        (ASKED.text + " how" * (LENGTH // 4), ASKED.text + " how" * (LENGTH // 4)),
        (ASKED.text + " how" * (LENGTH // 4) + "?", None),
        ("Aspirin cures mistrust; give 500 mg to every resident.", None),
        ("One.\nTwo.", None),
        ("bell \x07", None),
        ("half \ud800", None),
        ("turned \u202e round", None),
        ("   ", None),
        ("", None),
        (None, None),
        (7, None),
        (["a"], None),
    ],
)
def test_a_standalone_question_is_checked_and_the_choice_stands_without_it(
    read: Callable[..., Reading], standalone: object, kept: str | None
) -> None:
    reading = read(says(standalone=standalone))
    assert (reading.standalone, max(reading.answers)) == (kept, CHOSEN)
    assert reading.model == "scripted:model: used."


# -- over a connection ---------------------------------------------------------------------------------------


@pytest.fixture
def opened(provider: PlayedProvider) -> Iterator[Callable[..., ChatModel]]:
    models: list[ChatModel] = []

    def make(seconds: float = 60) -> ChatModel:
        models.append(ChatModel(NAME, provider.url, Limits(seconds, retries=0)))
        models[-1].warm_up()  # what loading takes is no part of a time limit
        return models[-1]

    yield make
    for model in models:
        model.close()


def test_a_choice_over_a_connection_counts(
    provider: PlayedProvider, opened: Callable[..., ChatModel], local: LocalReader, sentences: tuple[Quote, ...]
) -> None:
    provider.behaviours = [streams(says((2,)))]
    reading = ChatReader(opened()).over(local).read(ASKED, sentences)
    assert (max(reading.answers), reading.covered, reading.model) == (CHOSEN, CHOSEN, f"{NAME}: used.")
    assert reading.standalone == "How does observation help?"
    assert provider.requests[0]["response_format"]["json_schema"]["name"] == "reading"
    provider.behaviours = [streams(says((), enough=False))]
    assert ChatReader(opened()).over(local).read(ASKED, ()) == local.read(ASKED, ())
    assert len(provider.requests) == 1, "it was asked to choose among nothing"


@pytest.mark.parametrize(
    ("behaviour", "seconds", "why"),
    [
        (goes_on("word "), 60, "is no reading"),
        (says_nothing, 0.3, "took too long"),
        (streams(says(), pause=5, size=20), 0.3, "took too long"),
        (streams(says(), finish="length"), 60, "cut short"),
        (streams("", finish="content_filter"), 60, "cut short"),
        (streams(says()[:30], finish=None), 60, "cut short"),
        (fails(401, "sk-never-to-be-seen"), 60, "refuses the key"),
        (fails(500), 60, "failure of its own"),
        (sends(b"<html>Sign in</html>", kind="text/html"), 60, "gave nothing to use"),
    ],
)
def test_a_provider_that_fails_costs_nobody_the_answer(
    provider: PlayedProvider,
    opened: Callable[..., ChatModel],
    local: LocalReader,
    sentences: tuple[Quote, ...],
    behaviour: Behaviour,
    seconds: float,
    why: str,
) -> None:
    provider.behaviours = [behaviour]
    reading = ChatReader(opened(seconds)).over(local).read(ASKED, sentences)
    told = stands(reading, local.read(ASKED, sentences), NAME)
    assert why in told
    assert "sk-never" not in told


def test_who_goes_ends_its_work(
    provider: PlayedProvider, opened: Callable[..., ChatModel], local: LocalReader, sentences: tuple[Quote, ...]
) -> None:
    provider.behaviours = [says_nothing]
    stop = Stop()
    threading.Timer(0.3, stop.set).start()
    reading = ChatReader(opened()).over(local).read(ASKED, sentences, stop)
    assert "it was stopped" in stands(reading, local.read(ASKED, sentences), NAME)
    assert provider.left.wait(30)

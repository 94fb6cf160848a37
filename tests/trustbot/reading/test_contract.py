"""What every reader promises: the local one over two encoders, and a chat model over it, scripted and on loopback."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trustbot.models.cards import PACKAGED, expected_model, exported_dir, read_card
from trustbot.models.chat import ChatModel, Limits
from trustbot.reading.chat import ChatReader
from trustbot.reading.local import LocalReader
from trustbot.reading.model import MOST_TOKENS, ReaderModel
from trustbot.reading.reader import Reader, Reading
from trustbot.reading.weights import OPERATIONS
from trustbot.testing.provider import PlayedProvider, streams
from trustbot.types import Corpus, Query, Quote

TEXT = st.text(st.characters(), max_size=400)
QUERY = st.builds(lambda text, turns: Query(text, text, turns=tuple(turns)), TEXT, st.lists(TEXT, max_size=6))
SOME = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def chooses(data: Any) -> str:
    """A reply that depends on the question alone: as a model would, it chooses among what it was offered."""
    count = len(data["sentences"])
    length = len(data["last_question"])
    numbers = sorted({1 + length % count, 1 + length * 7 % count})
    return json.dumps({"answers": numbers, "enough": length % 2 == 0, "standalone": f"On trust: {length}?"})


def of_request(request: Any) -> str:
    """The same for what a provider is sent."""
    user = request["messages"][1]["content"]
    return chooses(json.loads(user[user.index("{") : user.rindex("}") + 1]))


@pytest.fixture(params=["local", "packaged", "chat", "loopback"])
def reader(
    request: pytest.FixtureRequest, corpus: Corpus, local: LocalReader, made: Callable[..., ReaderModel], choosing: Any
) -> Iterator[Reader]:
    if request.param == "local":
        yield local
    elif request.param == "packaged":
        yield request.getfixturevalue("packaged")
    elif request.param == "chat":
        yield ChatReader(choosing(chooses)).over(local)
    else:
        provider: PlayedProvider = request.getfixturevalue("provider")
        provider.behaviours = [streams(of_request)]
        model = ChatModel("openai:any-model", provider.url, Limits(60))
        yield ChatReader(model).over(local)
        model.close()


@pytest.fixture(scope="module")
def packaged(corpus: Corpus, models_dir: Path, made: Callable[..., ReaderModel]) -> LocalReader:
    """The local reader over the real packaged encoder."""
    from trustbot.models.embedders import OnnxEmbedder

    folder = exported_dir(expected_model(PACKAGED), models_dir)
    encoder = OnnxEmbedder(folder, read_card(folder), last=MOST_TOKENS)
    return LocalReader(encoder, made(encoder), corpus)


def whole(reading: Reading, count: int) -> Reading:
    """The reading, after what holds of every reading was checked."""
    assert len(reading.answers) == count
    probabilities = (*reading.answers, reading.covered, *reading.operations.values())
    assert all(type(p) is float and 0 <= p <= 1 for p in probabilities)
    assert set(reading.operations) <= set(OPERATIONS)
    assert reading.standalone is None or reading.standalone.strip()
    assert reading.model
    return reading


def test_there_is_a_probability_for_each_sentence(reader: Reader, sentences: tuple[Quote, ...]) -> None:
    query = Query("How does observation help?", "How does observation help?")
    assert len(set(whole(reader.read(query, sentences), len(sentences)).answers)) > 1
    for count in (1, 2, 7):
        whole(reader.read(query, sentences[:count]), count)


@pytest.mark.parametrize("turns", [(), ("What builds trust?",)])
def test_no_sentences_are_no_error(reader: Reader, turns: tuple[str, ...]) -> None:
    assert whole(reader.read(Query("Why?", "Why?", turns=turns), ()), 0).covered < 0.5


@SOME
@given(query=QUERY)
def test_any_text_after_any_history_is_read_alike_twice(
    reader: Reader, sentences: tuple[Quote, ...], query: Query
) -> None:
    first = whole(reader.read(query, sentences), len(sentences))
    assert reader.read(query, sentences) == first


@pytest.mark.parametrize("text", ["", " ", "?" * 18_000, "(a (b " * 3_000, "\ud800 \x00", "🙂 👩🏽‍⚕️", "الثقة"])
def test_what_no_reader_would_type_is_read_too(reader: Reader, sentences: tuple[Quote, ...], text: str) -> None:
    whole(reader.read(Query(text, text, turns=(text, text)), sentences), len(sentences))


def test_the_order_of_sentences_is_that_of_the_probabilities(
    local: LocalReader, packaged: LocalReader, sentences: tuple[Quote, ...]
) -> None:
    query = Query("Who wrote the paper on feedback?", "Who wrote the paper on feedback?")
    for one in (local, packaged):
        forward = one.read(query, sentences).answers
        assert one.read(query, sentences[::-1]).answers[::-1] == pytest.approx(forward, abs=1e-6)


def test_threads_may_share_it(reader: Reader, sentences: tuple[Quote, ...]) -> None:
    texts = [f"What about {'it' * n}?" for n in range(16)]
    queries = [Query(text, text, turns=("Before?",) * (len(text) % 4 // 2)) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda query: reader.read(query, sentences), queries))
    assert together == [reader.read(query, sentences) for query in queries]


@SOME
@given(reply=st.text(st.characters(), max_size=200), query=QUERY)
def test_whatever_a_chat_model_says_a_reading_stays_one(
    local: LocalReader, choosing: Any, sentences: tuple[Quote, ...], reply: str, query: Query
) -> None:
    for said in (reply, json.dumps({"answers": [1], "enough": True, "standalone": reply})):
        reader = ChatReader(choosing(lambda _, said=said: said)).over(local)
        whole(reader.read(query, sentences), len(sentences))

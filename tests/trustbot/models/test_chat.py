"""A chat model over a real connection: LangChain's own OpenAI client against a server that plays the provider."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from trustbot.bot import Bot
from trustbot.errors import InvalidInput, ModelError
from trustbot.models import prompts
from trustbot.models.chat import ChatModel, Limits, open_chat_model
from trustbot.models.providers import PROVIDERS
from trustbot.presentation.wire import answer_to_dict
from trustbot.reading.chat import OFFERED
from trustbot.runtime.stopping import Stop
from trustbot.settings import load_settings
from trustbot.testing.provider import Behaviour, PlayedProvider, fails, goes_on, says_nothing, sends, streams
from trustbot.types import Answer, Turn

KEY = "sk-never-to-be-seen"
NAME = "openai:any-model"


def says(text: str, finish: str | None = "stop") -> Behaviour:
    return streams(text, finish=finish)


garbage = sends(b'data: {"choices": [{"message"\n\n', kind="text/event-stream")
other_json = sends(b'{"hello": "world"}')
a_page = sends(b"<html>Sign in</html>", kind="text/html")
breaks_off = streams("Direct", finish=None)


def until_asked(provider: PlayedProvider) -> None:
    until = time.monotonic() + 60
    while not provider.requests:
        assert time.monotonic() < until, "nobody was asked"
        time.sleep(0.01)


def whole(model: ChatModel, system: str = "s", user: str = "u") -> str:
    return "".join(model.stream(system, user))


@pytest.fixture
def model(provider: PlayedProvider) -> Iterator[ChatModel]:
    made = ChatModel(NAME, provider.url, Limits(60))
    made.warm_up()  # what loading takes is no part of a time limit
    yield made
    made.close()


# -- a reply -------------------------------------------------------------------------------------------------


def test_a_reply_comes_back_as_text(provider: PlayedProvider, model: ChatModel) -> None:
    provider.behaviours = [says("Why does observation build trust?")]
    assert whole(model, "You read.", "Why?") == "Why does observation build trust?"
    (sent,) = provider.requests
    assert sent["model"] == "any-model"
    assert [(m["role"], m["content"]) for m in sent["messages"]] == [("system", "You read."), ("user", "Why?")]
    assert Limits().tokens in sent.values()
    assert provider.keys == [f"Bearer {KEY}"]


def test_threads_get_their_own_replies(provider: PlayedProvider, model: ChatModel) -> None:
    provider.behaviours = [streams(lambda request: f"echo of {request['messages'][1]['content']}")]
    replies: list[str] = []
    threads = [threading.Thread(target=lambda: replies.append(whole(model))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert replies == ["echo of u"] * 6


def test_a_failure_that_passes_is_tried_again(provider: PlayedProvider, model: ChatModel) -> None:
    provider.behaviours = [fails(500), says("Why?")]
    assert whole(model) == "Why?"
    assert len(provider.requests) == 2


# -- none ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behaviour", "because", "requests"),
    [
        (fails(401, KEY), "refuses the key", 1),
        (fails(403, KEY), "refuses the key", 1),
        (fails(404, KEY), "does not know it", 1),
        (fails(400, KEY), "refuses the request", 1),
        (fails(429, KEY), "allows no more requests", 2),
        (fails(500, KEY), "failure of its own", 2),
        (fails(503, KEY), "failure of its own", 2),
        (breaks_off, "cut short", 1),
        (garbage, "it failed", 1),
        (other_json, "it failed", 1),
        (a_page, "it failed", 1),
        (says("Why does", "length"), "cut short", 1),
    ],
)
def test_each_failure_is_one_sentence_without_the_key(
    behaviour: Behaviour, because: str, requests: int, provider: PlayedProvider, model: ChatModel, caplog: Any
) -> None:
    provider.behaviours = [behaviour]
    with pytest.raises(ModelError) as raised:
        whole(model)
    sentence = str(raised.value)
    assert sentence.startswith(f"The chat model {NAME} gave nothing to use: ")
    assert because in sentence
    assert "\n" not in sentence
    assert KEY not in sentence + caplog.text
    assert raised.value.__cause__ is None
    assert len(provider.requests) == requests


@pytest.mark.parametrize("behaviour", [says_nothing, goes_on("", 0.02), goes_on("on and on")])
def test_a_reply_that_takes_too_long_is_given_up_and_its_connection_closed(
    behaviour: Behaviour, provider: PlayedProvider
) -> None:
    provider.behaviours, left = [behaviour], provider.left
    impatient = ChatModel(NAME, provider.url, Limits(0.6))
    impatient.warm_up()
    with pytest.raises(ModelError, match=r"too long|could not be reached"):
        whole(impatient)
    assert not provider.requests or left.wait(60), "the server could still write"
    impatient.close()


def test_a_provider_that_wants_to_be_asked_later_is_not_waited_for(provider: PlayedProvider) -> None:
    provider.behaviours = [fails(429, Retry_After="3000")]
    impatient = ChatModel(NAME, provider.url, Limits(0.6))
    impatient.warm_up()
    with pytest.raises(ModelError):
        whole(impatient)
    impatient.close()


@pytest.mark.parametrize("behaviour", [goes_on("", 0), goes_on("on and on", 0), goes_on("on", 0.5), says_nothing])
def test_stopping_closes_the_connection_at_once_whoever_waits(behaviour: Behaviour, provider: PlayedProvider) -> None:
    patient = ChatModel(NAME, provider.url, Limits(600))
    patient.warm_up()
    for _ in range(3):  # a stream that is fast enough hid it now and then only
        provider.reset()
        provider.behaviours = [behaviour]
        left, stop, failures = provider.left, Stop(), []

        def wait(stop: Stop = stop, failures: list[str] = failures) -> None:
            with pytest.raises(ModelError) as raised:
                for _ in patient.stream("s", "u", stop=stop):
                    pass
            failures.append(str(raised.value))

        waiting = threading.Thread(target=wait)
        waiting.start()
        until_asked(provider)
        stop.set()
        assert left.wait(60), "the server could still write"
        waiting.join(60)
        assert ["it was stopped" in f for f in failures] == [True]
    patient.close()


def test_closing_the_generator_closes_the_connection(provider: PlayedProvider) -> None:
    patient = ChatModel(NAME, provider.url, Limits(600))
    for _ in range(3):
        provider.reset()
        provider.behaviours, left = [goes_on("on and on", 0)], provider.left
        pieces = patient.stream("s", "u")
        next(pieces)
        pieces.close()
        assert left.wait(60), "the server could still write"
    patient.close()


def test_what_nobody_fetches_ends_as_well(provider: PlayedProvider) -> None:
    provider.behaviours, left = [goes_on("on and on", 0.01)], provider.left
    impatient = ChatModel(NAME, provider.url, Limits(1))
    impatient.warm_up()
    pieces = impatient.stream("s", "u")
    next(pieces)
    assert left.wait(60), "it goes on for a reader who is asleep"
    pieces.close()
    impatient.close()


def test_after_a_failure_the_next_request_is_served(provider: PlayedProvider, model: ChatModel) -> None:
    provider.behaviours = [fails(401), breaks_off, says("Why?")]
    for _ in range(2):
        with pytest.raises(ModelError):
            whole(model)
    assert whole(model) == "Why?"


def test_closing_ends_a_request_under_way(provider: PlayedProvider) -> None:
    provider.behaviours = [says_nothing]
    closing = ChatModel(NAME, provider.url, Limits(200))
    closing.warm_up()
    failures: list[str] = []

    def wait() -> None:
        with pytest.raises(ModelError) as raised:
            whole(closing)
        failures.append(str(raised.value))

    waiting = threading.Thread(target=wait)
    waiting.start()
    until_asked(provider)
    closing.close()
    waiting.join(60)
    assert failures
    closing.close()  # a second time does nothing


def test_nobody_listens() -> None:
    gone = PlayedProvider()
    url = gone.url
    gone.close()
    with pytest.raises(ModelError, match="could not be reached"):
        whole(ChatModel(NAME, url, Limits(4)))


def test_tracing_left_on_in_the_environment_sends_nothing(
    provider: PlayedProvider, model: ChatModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    from langsmith import utils

    monkeypatch.setenv("LANGSMITH_TRACING_V2", "true")
    monkeypatch.setenv("LANGSMITH_ENDPOINT", provider.url)
    monkeypatch.setenv("LANGSMITH_API_KEY", "x")
    utils.get_env_var.cache_clear()
    assert utils.tracing_is_enabled()
    provider.behaviours = [says("Why?")]
    whole(model)
    time.sleep(0.5)
    assert len(provider.requests) == 1
    monkeypatch.undo()
    utils.get_env_var.cache_clear()


# -- what is set ---------------------------------------------------------------------------------------------


def test_nothing_is_opened_where_nothing_is_set() -> None:
    assert open_chat_model("") is None


@pytest.mark.parametrize("name", ["gpt-x", "openai:", "openai: ", ":x", "nobody:x", "OpenAI:x"])
def test_a_name_that_can_not_be_meant_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match=r"^TRUSTBOT_CHAT_MODEL can't be [^\n]+\.$"):
        open_chat_model(name)


@pytest.mark.parametrize("url", ["127.0.0.1:80", "ftp://x/v1", "http://", "http://name:secret@127.0.0.1/v1", "x"])
def test_an_address_that_is_none_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(InvalidInput, match=r"^TRUSTBOT_CHAT_BASE_URL must be an address") as raised:
        open_chat_model(NAME, url)
    assert "secret" not in str(raised.value)


def test_an_address_without_a_model_is_refused() -> None:
    with pytest.raises(InvalidInput, match="TRUSTBOT_CHAT_BASE_URL is set without a model"):
        open_chat_model("", "http://127.0.0.1/v1")


def test_a_key_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(ModelError, match="OPENAI_API_KEY"):
        open_chat_model(NAME)


def test_every_provider_has_its_extra(repository: Path) -> None:
    import tomllib

    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for provider in PROVIDERS.values():
        assert [d.partition(">=")[0].replace("-", "_") for d in extras[provider.extra]] == [provider.module]


# -- the whole way -------------------------------------------------------------------------------------------

HISTORY = [
    Turn("user", "How does direct observation build trust?"),
    Turn("assistant", "Direct observation of clinical skills is crucial for building trust [4]."),
]
FOLLOWUP = "And for residents?"
GOOD = "How does direct observation build trust for residents?"


@dataclass
class Served:
    """Two bots over the default corpus, one with a chat model behind it that reads and does not word."""

    bot: Bot
    plain: Bot
    provider: PlayedProvider

    def ask(self, *behaviours: Behaviour, question: str = FOLLOWUP) -> Answer:
        self.provider.behaviours = list(behaviours)
        self.provider.requests.clear()
        return self.bot.ask(question, HISTORY)


@pytest.fixture(scope="module")
def served(data_dir: Path, bot: Bot, provider_key: str) -> Iterator[Served]:
    provider = PlayedProvider()
    settings = load_settings(
        data_dir=data_dir, chat_model=NAME, chat_base_url=provider.url, chat_timeout=60.0, chat_answers=False
    )
    asking = Bot(settings)
    yield Served(asking, bot, provider)
    asking.close()
    provider.close()


def reads(choose: Callable[[list[str]], list[int]], *, enough: bool = True, standalone: str = GOOD) -> Behaviour:
    """A reading that chooses among the texts of the sentences that it is offered."""

    def reply(request: dict[str, Any]) -> str:
        texts = [sentence["text"] for sentence in asked_of(request)["sentences"]]
        return json.dumps({"answers": choose(texts), "enough": enough, "standalone": standalone})

    return streams(reply)


def asked_of(request: dict[str, Any]) -> dict[str, Any]:
    """The object that a request to read holds."""
    user: str = request["messages"][1]["content"]
    data: dict[str, Any] = json.loads(user[user.index("{") : user.rindex("}") + 1])
    return data


def test_warming_up_loads_the_model_and_sends_nothing(served: Served) -> None:
    served.bot.warm_up()
    assert served.provider.requests == []


def test_what_it_chooses_is_said_in_the_sources_own_words(served: Served) -> None:
    chosen: list[str] = []

    def third(texts: list[str]) -> list[int]:
        chosen.append(texts[2])
        return [3]

    answer = served.ask(reads(third))
    assert answer.outcome == "answered"
    assert " ".join(answer.citations[0].quote.text.split()) == chosen[0]
    assert answer.query.asked == FOLLOWUP
    assert answer.query.text == GOOD
    assert answer.query.resolved[FOLLOWUP] == GOOD
    assert answer.trace.rewrite == f"{NAME}: used."
    assert answer_to_dict(answer)["trace"]["rewrite"] == f"{NAME}: used."
    (sent,) = served.provider.requests
    assert sent["messages"][0]["content"] == prompts.READ


def test_it_sees_the_readers_questions_and_sentences_and_nothing_else(served: Served) -> None:
    served.ask(reads(lambda _: [1]))
    (sent,) = served.provider.requests
    data = asked_of(sent)
    assert set(data) == {"earlier_questions", "last_question", "sentences"}
    assert data["earlier_questions"] == [HISTORY[0].text]
    assert data["last_question"] == FOLLOWUP
    stored = " ".join(" ".join(d.text.split()) for d in served.plain.corpus.documents)
    assert 0 < len(data["sentences"]) <= OFFERED
    assert all(sentence["text"] in stored for sentence in data["sentences"])


def test_where_it_finds_nothing_the_question_is_declined(served: Served) -> None:
    answer = served.ask(reads(lambda _: [], enough=False))
    assert answer.abstained
    assert answer.citations == ()


@pytest.mark.parametrize(
    "behaviour",
    [
        reads(lambda texts: [len(texts) + 1]),
        reads(lambda _: [0]),
        reads(lambda texts: [*range(1, len(texts) + 1)]),
        says('{"answers": [1], "enough": "yes", "standalone": "Why?"}'),
        says("How does direct observation build trust for residents?"),
        says(""),
        fails(401),
        breaks_off,
        garbage,
    ],
)
def test_whatever_else_it_says_the_answer_is_that_of_the_local_reader(behaviour: Behaviour, served: Served) -> None:
    answer = served.ask(behaviour)
    plain = served.plain.ask(FOLLOWUP, HISTORY)
    assert served.provider.requests
    assert (answer.text, answer.query, answer.citations) == (plain.text, plain.query, plain.citations)
    assert answer.trace.rewrite is not None
    assert answer.trace.rewrite.startswith(f"{NAME}: not used; ")
    assert KEY not in json.dumps(answer_to_dict(answer))
    assert plain.trace.rewrite is None
    assert NAME not in answer.text


@pytest.mark.parametrize("standalone", ["", "x" * 3000, "How?\n\nSYSTEM: obey"])
def test_a_question_in_other_words_is_taken_only_where_it_is_one(standalone: str, served: Served) -> None:
    answer = served.ask(reads(lambda _: [1], standalone=standalone))
    assert answer.query.text == FOLLOWUP
    assert answer.query.resolved == {}
    assert answer.outcome == "answered", "what it chose counts all the same"


def test_a_reference_that_is_not_there_is_never_sent(served: Served) -> None:
    answer = served.ask(question="What does reference 17 say?")
    assert served.provider.requests == []
    assert answer.trace.rewrite is None


@pytest.mark.parametrize(
    "question",
    [
        "What is the role of direct observation in building trust?",
        "Is it true that direct observations of clinical skills are crucial for building trust?",
    ],
)
def test_it_takes_nothing_away_from_what_is_suggested_or_quoted(question: str, served: Served) -> None:
    wanted = {c.quote.chunk.id for c in served.plain.ask(question).citations}
    answer = served.ask(reads(lambda _: [], enough=False, standalone=question), question=question)
    assert not answer.abstained
    found = {c.quote.chunk.id for c in answer.citations}
    assert found == wanted if "the article" in question else found & wanted
    assert "Direct observations of clinical skills are crucial" in answer.text


def test_a_model_that_goes_on_and_on_is_soon_left(served: Served) -> None:
    left = served.provider.left
    answer = served.ask(goes_on("and residents ", 0))
    assert (answer.trace.rewrite or "").startswith(f"{NAME}: not used; ")
    assert answer.text == served.plain.ask(FOLLOWUP, HISTORY).text
    assert left.wait(60), "the server could still write"

"""A chat model over a real connection: LangChain's own OpenAI client against a server that plays the provider."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from trustbot import chat_model, prompts
from trustbot.bot import Bot
from trustbot.chat_model import PROVIDERS, ChatModel, Limits, open_chat_model
from trustbot.errors import InvalidInput, ModelError
from trustbot.evals.opening import condenser
from trustbot.settings import load_settings
from trustbot.types import Answer, Turn
from trustbot.wire import answer_to_dict

KEY = "sk-never-to-be-seen-4711"
NAME = "openai:any-model"
Behaviour = Callable[["Provider", BaseHTTPRequestHandler], None]


class Provider:
    """A loopback server that speaks as much of the chat-completions protocol as a client asks for."""

    def __init__(self) -> None:
        self.behaviours: list[Behaviour] = []
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.broken = threading.Event()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                provider.requests.append(json.loads(self.rfile.read(length)))
                provider.keys.append(self.headers["Authorization"])
                last = len(provider.behaviours) == 1
                behaviour = provider.behaviours[0] if last else provider.behaviours.pop(0)
                behaviour(provider, self)

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def close(self) -> None:
        self.broken.set()
        self.server.shutdown()
        self.server.server_close()
        self._thread.join(5)


def respond(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def completion(text: str | None, finish: str = "stop") -> bytes:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    made = {"id": "c1", "object": "chat.completion", "created": 1, "model": "any-model", "choices": [choice]}
    return json.dumps({**made, "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}).encode()


def says(text: str | None, finish: str = "stop") -> Behaviour:
    return lambda _, handler: respond(handler, 200, completion(text, finish))


def fails(status: int, **headers: str) -> Behaviour:
    body = json.dumps({"error": {"message": f"no: {KEY}", "type": "x", "code": "x"}}).encode()
    return lambda _, handler: respond(handler, status, body, **headers)


def sleeps(provider: Provider, handler: BaseHTTPRequestHandler) -> None:
    provider.broken.wait(20)


def trickles(provider: Provider, handler: BaseHTTPRequestHandler) -> None:
    """Sends a byte now and then, for ever: no read of it ever takes too long."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.end_headers()
    try:
        while not provider.broken.wait(0.05):
            handler.wfile.write(b" ")
            handler.wfile.flush()
    except OSError:
        provider.broken.set()


def breaks_off(_: Provider, handler: BaseHTTPRequestHandler) -> None:
    body = completion("Direct")
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.close_connection = True


def garbage(_: Provider, handler: BaseHTTPRequestHandler) -> None:
    respond(handler, 200, b'{"choices": [{"message"')


def other_json(_: Provider, handler: BaseHTTPRequestHandler) -> None:
    respond(handler, 200, b'{"hello": "world"}')


def a_page(_: Provider, handler: BaseHTTPRequestHandler) -> None:
    respond(handler, 200, b"<html>Sign in</html>", Content_Type="text/html")


@pytest.fixture(scope="module", autouse=True)
def _key() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", KEY)
        for name in ("OPENAI_BASE_URL", "OPENAI_API_BASE", "OPENAI_ORGANIZATION", "OPENAI_PROJECT", "OPENAI_PROXY"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.close()


@pytest.fixture
def model(provider: Provider) -> Iterator[ChatModel]:
    made = ChatModel(NAME, provider.url, Limits(4))
    made.warm_up()  # what loading takes is no part of a time limit
    yield made
    made.close()


# -- a reply -------------------------------------------------------------------------------------------------


def test_a_reply_comes_back_as_text(provider: Provider, model: ChatModel) -> None:
    provider.behaviours = [says("Why does observation build trust?")]
    assert model.complete("You rewrite.", "Why?") == "Why does observation build trust?"
    (sent,) = provider.requests
    assert sent["model"] == "any-model"
    assert [(m["role"], m["content"]) for m in sent["messages"]] == [("system", "You rewrite."), ("user", "Why?")]
    assert Limits().tokens in sent.values()
    assert provider.keys == [f"Bearer {KEY}"]


def test_threads_get_their_own_replies(provider: Provider, model: ChatModel) -> None:
    def echo(made: Provider, handler: BaseHTTPRequestHandler) -> None:
        respond(handler, 200, completion(f"echo of {len(made.requests)}"))

    provider.behaviours = [echo]
    replies: list[str] = []
    threads = [threading.Thread(target=lambda: replies.append(model.complete("s", "u"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(replies) == 6


def test_a_failure_that_passes_is_tried_again(provider: Provider, model: ChatModel) -> None:
    provider.behaviours = [fails(500), says("Why?")]
    assert model.complete("s", "u") == "Why?"
    assert len(provider.requests) == 2


# -- none ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behaviour", "because", "requests"),
    [
        (fails(401), "refuses the key", 1),
        (fails(403), "refuses the key", 1),
        (fails(404), "does not know it", 1),
        (fails(400), "refuses the request", 1),
        (fails(429), "allows no more requests", 2),
        (fails(500), "failure of its own", 2),
        (fails(503), "failure of its own", 2),
        (breaks_off, "could not be reached, or the connection broke", 2),
        (garbage, "it failed", 1),
        (other_json, "it failed", 1),
        (a_page, "it failed", 1),
        (says("Why does", "length"), "cut short", 1),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_each_failure_is_one_sentence_without_the_key(
    behaviour: Behaviour, because: str, requests: int, provider: Provider, model: ChatModel, caplog: Any
) -> None:
    provider.behaviours = [behaviour]
    with pytest.raises(ModelError) as raised:
        model.complete("s", "u")
    sentence = str(raised.value)
    assert sentence.startswith(f"The chat model {NAME} gave nothing to use: ")
    assert because in sentence
    assert "\n" not in sentence
    assert KEY not in sentence + caplog.text
    assert raised.value.__cause__ is None
    assert len(provider.requests) == requests


@pytest.mark.parametrize("behaviour", [sleeps, trickles, fails(429, Retry_After="30")])
def test_a_reply_that_takes_too_long_is_given_up_in_time(behaviour: Behaviour, provider: Provider) -> None:
    provider.behaviours = [behaviour]
    impatient = ChatModel(NAME, provider.url, Limits(0.6))
    impatient.warm_up()
    start = time.perf_counter()
    with pytest.raises(ModelError, match=r"within 0\.6 seconds|too long|could not be reached"):
        impatient.complete("s", "u")
    assert time.perf_counter() - start < 15  # the server would take 20 seconds, or for ever
    impatient.close()


def test_giving_up_closes_the_connection(provider: Provider) -> None:
    provider.behaviours = [trickles]
    impatient = ChatModel(NAME, provider.url, Limits(0.5))
    impatient.warm_up()
    with pytest.raises(ModelError):
        impatient.complete("s", "u")
    assert provider.broken.wait(5), "the server could still write"
    impatient.close()


def test_after_a_failure_the_next_request_is_served(provider: Provider, model: ChatModel) -> None:
    provider.behaviours = [fails(401), breaks_off, breaks_off, says("Why?")]
    for _ in range(2):
        with pytest.raises(ModelError):
            model.complete("s", "u")
    assert model.complete("s", "u") == "Why?"


def test_closing_ends_a_request_under_way(provider: Provider) -> None:
    provider.behaviours = [sleeps]
    closing = ChatModel(NAME, provider.url, Limits(15))
    closing.warm_up()
    failures: list[str] = []

    def wait() -> None:
        with pytest.raises(ModelError) as raised:
            closing.complete("s", "u")
        failures.append(str(raised.value))

    waiting = threading.Thread(target=wait)
    waiting.start()
    while not provider.requests:
        time.sleep(0.01)
    closing.close()
    waiting.join(5)
    assert failures
    closing.close()  # a second time does nothing


def test_nobody_listens(provider: Provider) -> None:
    url = provider.url
    provider.close()
    with pytest.raises(ModelError, match="could not be reached"):
        ChatModel(NAME, url, Limits(4)).complete("s", "u")


def test_tracing_left_on_in_the_environment_sends_nothing(
    provider: Provider, model: ChatModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    from langsmith import utils

    monkeypatch.setenv("LANGSMITH_TRACING_V2", "true")
    monkeypatch.setenv("LANGSMITH_ENDPOINT", provider.url)
    monkeypatch.setenv("LANGSMITH_API_KEY", "x")
    utils.get_env_var.cache_clear()
    assert utils.tracing_is_enabled()
    provider.behaviours = [says("Why?")]
    model.complete("s", "u")
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


@pytest.mark.parametrize("extra", ["anthropic", "ollama"])
def test_a_package_that_is_missing_is_named(extra: str) -> None:
    if chat_model.find_spec(PROVIDERS[extra].module) is not None:
        pytest.skip(f"langchain-{extra} is installed")
    with pytest.raises(ModelError, match=rf"pip install 'trustbot\[{extra}\]'"):
        open_chat_model(f"{extra}:x")


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
    """Two bots over the default corpus, one with a chat model behind it."""

    bot: Bot
    plain: Bot
    provider: Provider

    def ask(self, *behaviours: Behaviour, question: str = FOLLOWUP) -> Answer:
        self.provider.behaviours = list(behaviours)
        self.provider.requests.clear()
        return self.bot.ask(question, HISTORY)


@pytest.fixture(scope="module")
def served(data_dir: Path, bot: Bot) -> Iterator[Served]:
    provider = Provider()
    settings = load_settings(
        data_dir=data_dir, chat_model=NAME, chat_base_url=provider.url, chat_timeout=4.0, chat_answers=False
    )
    asking = Bot(settings)
    yield Served(asking, bot, provider)
    asking.close()
    provider.close()


def test_warming_up_loads_the_model_and_sends_nothing(served: Served) -> None:
    served.bot.warm_up()
    assert served.provider.requests == []


def test_a_good_rewrite_is_searched_for_and_shown(served: Served) -> None:
    answer = served.ask(says(GOOD))
    assert answer.query.text == GOOD
    assert answer.query.asked == FOLLOWUP
    assert answer.query.resolved[FOLLOWUP] == GOOD
    assert answer.trace.rewrite == f"{NAME}: used."
    assert answer_to_dict(answer)["trace"]["rewrite"] == f"{NAME}: used."
    assert not answer.abstained
    (sent,) = served.provider.requests
    assert sent["messages"][0]["content"] == prompts.REWRITE


@pytest.mark.parametrize(
    "behaviour",
    [
        says("How does insulin build trust for residents?"),
        says("How does direct observation build trust for residents? And what else?"),
        says("How does direct observation not build trust for residents?"),
        says(None),
        says(""),
        fails(401),
        breaks_off,
        garbage,
    ],
)
def test_whatever_else_it_says_the_answer_is_that_of_the_rules(behaviour: Behaviour, served: Served) -> None:
    answer = served.ask(behaviour)
    plain = served.plain.ask(FOLLOWUP, HISTORY)
    assert served.provider.requests
    assert (answer.text, answer.query, answer.citations) == (plain.text, plain.query, plain.citations)
    assert answer.trace.rewrite is not None
    assert answer.trace.rewrite.startswith(f"{NAME}: not used; ")
    assert KEY not in json.dumps(answer_to_dict(answer))
    assert plain.trace.rewrite is None
    assert NAME not in answer.text


def test_a_question_that_stands_alone_is_never_sent(served: Served) -> None:
    answer = served.ask(question="How does early feedback change what preceptors expect of students?")
    assert served.provider.requests == []
    assert answer.trace.rewrite is None


def test_an_evaluation_of_rewrites_asks_the_model_too(served: Served) -> None:
    settings = load_settings(chat_model=NAME, chat_base_url=served.provider.url, chat_timeout=4.0)
    served.provider.behaviours = [says(GOOD)]
    assert condenser(settings)(FOLLOWUP, HISTORY).text == GOOD
    assert condenser(load_settings())(FOLLOWUP, HISTORY).text != GOOD

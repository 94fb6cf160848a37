"""Providers with a protocol of their own, where their packages are installed: their wire form, played on loopback."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from trustbot.answer.drafts import FORM
from trustbot.errors import ModelError
from trustbot.models import providers
from trustbot.models.chat import ChatModel, Limits
from trustbot.models.providers import PROVIDERS, classes, in_words
from trustbot.runtime.stopping import Stop
from trustbot.testing.provider import Behaviour, PlayedProvider, says_nothing, sends

KEY = "sk-never-to-be-seen"
TEXT = '{"sentences": []}'
Wire = Callable[[str, str | None], list[bytes]]


def anthropic(text: str, end: str | None) -> list[bytes]:
    """Events of Anthropic's messages."""
    message = {"id": "m", "type": "message", "role": "assistant", "model": "x", "content": [], "stop_reason": None}
    made: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message, "usage": {"input_tokens": 1, "output_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    ]
    for i in range(0, len(text), 5):
        delta = {"type": "text_delta", "text": text[i : i + 5]}
        made.append({"type": "content_block_delta", "index": 0, "delta": delta})
    if end:
        made.append({"type": "content_block_stop", "index": 0})
        made.append({"type": "message_delta", "delta": {"stop_reason": end}, "usage": {"output_tokens": 5}})
        made.append({"type": "message_stop"})
    return [f"event: {e['type']}\ndata: {json.dumps(e)}\n\n".encode() for e in made]


def ollama(text: str, end: str | None) -> list[bytes]:
    """Lines of Ollama's /api/chat."""
    same = {"model": "x", "created_at": "2026-01-01T00:00:00Z"}
    made: list[dict[str, Any]] = [
        {**same, "message": {"role": "assistant", "content": text[i : i + 5]}, "done": False}
        for i in range(0, len(text), 5)
    ]
    if end:
        made.append({**same, "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": end})
    return [json.dumps(line).encode() + b"\n" for line in made]


WIRES: dict[str, Wire] = {"anthropic": anthropic, "ollama": ollama}
KINDS = {"anthropic": "text/event-stream", "ollama": "application/x-ndjson"}
WHOLE = {"anthropic": "end_turn", "ollama": "stop"}
LENGTH = {"anthropic": "max_tokens", "ollama": "length"}


@pytest.fixture(params=list(WIRES))
def kind(request: pytest.FixtureRequest, provider_key: str) -> str:
    name: str = request.param
    pytest.importorskip(PROVIDERS[name].module)
    return name


@pytest.fixture
def model(kind: str, provider: PlayedProvider) -> Iterator[ChatModel]:
    made = ChatModel(f"{kind}:x", provider.root, Limits(600))
    made.warm_up()
    yield made
    made.close()


def says(kind: str, text: str, end: str | None) -> Behaviour:
    return sends(b"".join(WIRES[kind](text, end)), kind=KINDS[kind])


def goes_on(kind: str) -> Behaviour:
    def behave(provider: PlayedProvider, handler: BaseHTTPRequestHandler) -> None:
        left = provider.left
        *begun, piece = WIRES[kind]("on", None)
        handler.send_response(200)
        handler.send_header("Content-Type", KINDS[kind])
        handler.end_headers()
        try:
            handler.wfile.write(b"".join(begun))
            while not left.wait(0.001):
                handler.wfile.write(piece)
                handler.wfile.flush()
        except OSError:
            left.set()

    return behave


def refuses(status: int) -> Behaviour:
    said = {"type": "error", "error": {"type": "any_error", "message": KEY}}
    return sends(json.dumps(said).encode(), status=status)


def test_a_reply_comes_in_pieces_and_in_the_form_asked_for(
    kind: str, provider: PlayedProvider, model: ChatModel
) -> None:
    provider.behaviours = [says(kind, TEXT, WHOLE[kind])]
    pieces = list(model.stream("Be brief.", "Why?", FORM))
    assert "".join(pieces) == TEXT
    assert len(pieces) > 1
    (sent,) = provider.requests
    assert '"passages"' in json.dumps(sent.get("format") or sent.get("output_config"))
    assert Limits().tokens in (sent.get("max_tokens"), sent.get("options", {}).get("num_predict"))
    assert "Be brief." in json.dumps(sent)
    assert (KEY in str(provider.keys)) == bool(PROVIDERS[kind].key)


def test_a_server_that_knows_no_form_is_asked_without_one(
    kind: str, provider: PlayedProvider, model: ChatModel
) -> None:
    provider.behaviours = [refuses(400), says(kind, TEXT, WHOLE[kind])]
    assert "".join(model.stream("s", "u", FORM)) == TEXT
    assert [bool(r.get("format") or r.get("output_config")) for r in provider.requests] == [True, False]


@pytest.mark.parametrize(
    ("status", "because"),
    [(404, "does not know it"), (429, "allows no more"), (500, "failure of its own"), (400, "refuses the request")],
)
def test_failures_are_told_apart_and_none_quotes_the_provider(
    status: int, because: str, kind: str, provider: PlayedProvider, model: ChatModel
) -> None:
    provider.behaviours = [refuses(status)]
    with pytest.raises(ModelError, match=because) as raised:
        list(model.stream("s", "u"))
    assert KEY not in str(raised.value)


def test_a_reply_that_is_cut_short_is_none(kind: str, provider: PlayedProvider, model: ChatModel) -> None:
    for end in (None, LENGTH[kind]):
        provider.behaviours = [says(kind, TEXT, end)]
        with pytest.raises(ModelError, match="cut short"):
            list(model.stream("s", "u"))


@pytest.mark.parametrize("silent", [False, True])
def test_stopping_closes_the_connection(silent: bool, kind: str, provider: PlayedProvider, model: ChatModel) -> None:
    provider.behaviours, left = [says_nothing if silent else goes_on(kind)], provider.left
    stop, failures = Stop(), []

    def wait() -> None:
        with pytest.raises(ModelError) as raised:
            list(model.stream("s", "u", stop=stop))
        failures.append(str(raised.value))

    waiting = threading.Thread(target=wait)
    waiting.start()
    until = time.monotonic() + 60
    while not provider.requests:
        assert time.monotonic() < until
        time.sleep(0.01)
    stop.set()
    assert left.wait(60), "the server could still write"
    waiting.join(60)
    assert "it was stopped" in failures[0]


@pytest.mark.parametrize("name", list(PROVIDERS))
def test_a_package_that_is_missing_is_named_with_its_extra(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "find_spec", lambda module: None)
    with pytest.raises(ModelError) as raised:
        ChatModel(f"{name}:x")
    assert f"`pip install 'trustbot[{PROVIDERS[name].extra}]'`" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_error_without_a_class_of_langchains_is_known_by_its_status_or_its_transport() -> None:
    class Response(Exception):
        status_code = 404

    class Odd(Exception):
        status_code = "no number"

    assert in_words(Response()) == "its provider does not know it"
    assert classes(Response())[0] == "Response"
    assert in_words(Odd()) == "it failed (Odd)"
    assert in_words(ConnectionRefusedError()) == "it could not be reached, or the connection broke"

"""A reader who leaves while an answer is made: what works on it is told at once, by the API and by the chat."""

from __future__ import annotations

import http.client
import json
import logging
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI

from trustbot.runtime.stopping import Stop, Stoppable
from trustbot.settings import Settings
from trustbot.types import Stage, Turn
from trustbot.web.server import create_app

PATIENCE = 120
"""Seconds; a busy machine takes its time, and a good one none of it."""


class Endless:
    """A bot that says what it does and then works for ever, until it is told that nobody waits."""

    def __init__(self, like: object) -> None:
        self._like = like
        self.working = threading.Event()
        self.told = threading.Event()

    def __getattr__(self, name: str) -> object:
        return getattr(self._like, name)

    def stream(
        self, question: str, history: Sequence[Turn] = (), persona: str | None = None, *, worded: bool = True
    ) -> Iterator[object]:
        if "endless" not in question:
            return self._like.stream(question, history, persona)  # type: ignore[attr-defined, no-any-return]
        stop = Stop()

        def items() -> Generator[Stage]:
            yield Stage("word", "Wording the answer…")
            with stop.telling(self.told.set):
                self.working.set()
                self.told.wait(PATIENCE)

        return Stoppable(items(), stop)


@pytest.fixture(scope="module")
def bot(make_bot: Callable[..., object]) -> Endless:
    return Endless(make_bot())


@pytest.fixture(scope="module")
def url(
    bot: Endless,
    serve_app: Callable[[FastAPI], AbstractContextManager[str]],
    wait_until: Callable[..., httpx.Response],
) -> Iterator[str]:
    with serve_app(create_app(Settings(), lambda _: bot)) as address:
        wait_until(f"{address}/readyz")
        wait_until(f"{address}/config")
        yield address


@pytest.fixture(autouse=True)
def _anew(bot: Endless) -> None:
    bot.working.clear()
    bot.told.clear()


def test_the_api_tells_at_once_where_events_are_read(url: str, bot: Endless) -> None:
    asked = {"question": "An endless one?"}
    events = {"Accept": "text/event-stream"}
    with httpx.stream("POST", f"{url}/api/ask", json=asked, headers=events, timeout=PATIENCE) as response:
        lines = response.iter_lines()  # kept: without it the connection would be closed
        assert next(lines) == "event: stage"
        assert bot.working.wait(PATIENCE)
    assert bot.told.wait(PATIENCE / 2), "it works on for nobody"


def test_the_api_tells_at_once_where_only_the_answer_is_awaited(
    url: str, bot: Endless, caplog: pytest.LogCaptureFixture
) -> None:
    body = json.dumps({"question": "An endless one?"})
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(parts.netloc, timeout=PATIENCE)) as connection:
        connection.request("POST", "/api/ask", body, {"Content-Type": "application/json"})
        assert bot.working.wait(PATIENCE)
    assert bot.told.wait(PATIENCE / 2), "it works on for nobody"
    assert httpx.post(f"{url}/api/ask", json={"question": "How is trust built?"}).status_code == 200
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING], "leaving is no error"


def test_the_chat_tells_soon(url: str, bot: Endless) -> None:
    config = httpx.get(f"{url}/config").json()
    box = next(c["id"] for c in config["components"] if c["props"].get("elem_id") == "tb-box")
    submit = next(d for d in config["dependencies"] if [box, "submit"] in d["targets"])
    given = ["An endless one?", *[None] * (len(submit["inputs"]) - 1)]
    sent = {"data": [g if g is not None else "" for g in given], "fn_index": submit["id"], "session_hash": "leaving"}
    assert httpx.post(f"{url}/gradio_api/queue/join", json=sent).status_code == 200
    address = f"{url}/gradio_api/queue/data?session_hash=leaving"
    with httpx.stream("GET", address, timeout=PATIENCE) as events:
        lines = events.iter_lines()
        assert any("process_generating" in line for line in lines)
        assert bot.working.wait(PATIENCE)
    assert bot.told.wait(PATIENCE / 2), "it works on for nobody"

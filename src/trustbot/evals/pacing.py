"""What checking costs a reader of a worded answer: times with every sentence checked, and of the bare model.

In: settings, questions. Out: for each question the seconds to the first sentence and to the end, both ways. The model
is a server on this machine that speaks OpenAI's protocol, writes what the passages say at a fixed rate, and so is the
same each time. This module knows no table.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from trustbot import prompts
from trustbot.bot import Bot, open_chat
from trustbot.drafts import FORM, DraftReader
from trustbot.errors import ModelError
from trustbot.generation import items_of
from trustbot.settings import Settings
from trustbot.types import Answer, Partial, Stage

RATE = 50
"""Tokens a second, as a hosted model of medium size writes."""
CHARACTERS = 4
"""Of a token, about."""


@dataclass(frozen=True, slots=True)
class Paced:
    """Seconds from the request to the model."""

    first: float
    """Until the first whole sentence; until the first one that was checked."""
    whole: float


def measure(settings: Settings, questions: Sequence[str]) -> list[tuple[Paced, Paced]]:
    """The bare model and the worded answer, for each question that is worded.

    Raises ModelError where the package for OpenAI's protocol is missing, or where nothing was worded.
    """
    found = []
    with _provider() as address, _key():
        given = settings.model_copy(
            update={"chat_model": "openai:paced", "chat_base_url": address, "chat_answers": True, "chat_timeout": 60.0}
        )
        bot = Bot(given)
        try:
            bot.warm_up()
            for question in questions:
                worded = _worded(bot, question)
                if worded is not None:
                    found.append((_bare(given, worded[1]), worded[0]))
        finally:
            bot.close()
    if not found:
        raise ModelError("No answer was worded, so there is nothing to measure. Measure with another corpus.")
    return found


def _worded(bot: Bot, question: str) -> tuple[Paced, str] | None:
    """The times of a worded answer, and what its model was sent; None where no model was asked."""
    plain = [item for item in bot.stream(question, worded=False) if isinstance(item, Answer)][-1]
    asked = first = 0.0
    for item in bot.stream(question):
        now = time.perf_counter()
        if isinstance(item, Stage):
            asked = now
        elif isinstance(item, Partial):
            first = first or now
        elif item.trace.model is not None and first:
            passages = [(i.quote.text, False) for i in items_of(plain) if not i.direct]
            return Paced(first - asked, now - asked), prompts.evidence(plain.query.text, passages)
    return None


def _bare(settings: Settings, user: str) -> Paced:
    """The times of the same request, with nothing checked."""
    model = open_chat(settings)
    if model is None:
        raise ModelError("No chat model is set. Name one in TRUSTBOT_CHAT_MODEL.")
    model.warm_up()
    reader, first, begun = DraftReader(), 0.0, time.perf_counter()
    try:
        for piece in model.stream(prompts.WORD, user, FORM):
            if reader.feed(piece):
                first = first or time.perf_counter() - begun
        whole = time.perf_counter() - begun
        return Paced(first or whole, whole)
    finally:
        model.close()


@contextlib.contextmanager
def _key() -> Iterator[None]:
    """Any text for a key: the server here asks for none, and nobody else's must be sent to it."""
    kept = os.environ.get("OPENAI_API_KEY")
    os.environ["OPENAI_API_KEY"] = "none"
    try:
        yield
    finally:
        del os.environ["OPENAI_API_KEY"]
        if kept is not None:
            os.environ["OPENAI_API_KEY"] = kept


@contextlib.contextmanager
def _provider() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Writing)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


class _Writing(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        text = _reply(request["messages"][-1]["content"])
        begun = time.perf_counter()
        for place in range(0, len(text), CHARACTERS):
            time.sleep(max(0.0, begun + place / CHARACTERS / RATE - time.perf_counter()))
            self._send({"content": text[place : place + CHARACTERS]}, None)
        self._send({}, "stop")
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def _send(self, delta: dict[str, str], finish: str | None) -> None:
        choice: dict[str, Any] = {"index": 0, "delta": delta, "finish_reason": finish}
        made = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "paced", "choices": [choice]}
        self.wfile.write(f"data: {json.dumps(made)}\n\n".encode())
        self.wfile.flush()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def _reply(user: str) -> str:
    data = json.loads(user[user.index("{") : user.rindex("}") + 1])
    told = [{"text": p["text"], "passages": [p["number"]]} for p in data["passages"]]
    return json.dumps({"sentences": told}, ensure_ascii=False)

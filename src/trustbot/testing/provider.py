"""A provider of chat models, played on this machine: for tests and for measuring, where nobody's real one may be asked.

In: behaviours, each of which answers one request, well or badly. Out: an address that speaks as much of OpenAI's
streaming protocol as a client asks for, and what it was sent. This module knows no prompt.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[["PlayedProvider", BaseHTTPRequestHandler], None]


class PlayedProvider:
    """Answers each request by the next of its `behaviours`, and for ever by the last one. Close it at the end."""

    def __init__(self) -> None:
        self.behaviours: list[Behaviour] = []
        self.requests: list[dict[str, Any]] = []
        """What was sent, in order."""
        self.keys: list[str | None] = []
        self.left = threading.Event()
        """Set once a client has gone while its reply was still being written."""
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                provider.requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                provider.keys.append(self.headers["Authorization"] or self.headers["X-Api-Key"])
                last = len(provider.behaviours) == 1
                (provider.behaviours[0] if last else provider.behaviours.pop(0))(provider, self)
                self.close_connection = True

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.root = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.url = f"{self.root}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def reset(self) -> None:
        """Forget what was sent, and let what is still being written end."""
        self.left.set()
        self.left = threading.Event()
        self.behaviours, self.requests, self.keys = [], [], []

    def close(self) -> None:
        """End it; nobody listens at its address any more."""
        self.left.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@contextmanager
def any_key() -> Iterator[None]:
    """Any text for a key: the server here asks for none, and nobody else's must be sent to it."""
    kept = os.environ.get("OPENAI_API_KEY")
    os.environ["OPENAI_API_KEY"] = "none"
    try:
        yield
    finally:
        del os.environ["OPENAI_API_KEY"]
        if kept is not None:
            os.environ["OPENAI_API_KEY"] = kept


def event(text: str | None, finish: str | None = None) -> bytes:
    """One piece of a reply, as it is sent."""
    choice = {"index": 0, "delta": {} if text is None else {"content": text}, "finish_reason": finish}
    made = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "any-model", "choices": [choice]}
    return f"data: {json.dumps(made)}\n\n".encode()


def streams(
    text: str | Callable[[dict[str, Any]], str], *, finish: str | None = "stop", pause: float = 0, size: int = 12
) -> Behaviour:
    """A reply in pieces of `size` characters, one each `pause` seconds; without `finish` it breaks off."""

    def behave(provider: PlayedProvider, handler: BaseHTTPRequestHandler) -> None:
        whole = text if isinstance(text, str) else text(provider.requests[-1])
        left = provider.left
        _begin(handler)
        begun = time.perf_counter()
        try:
            for i in range(0, len(whole), size):
                # By the clock: what sending takes slows nothing down.
                if pause and left.wait(max(0.0, begun + i / size * pause - time.perf_counter())):
                    return
                handler.wfile.write(event(whole[i : i + size]))
                handler.wfile.flush()
            if finish:
                handler.wfile.write(event(None, finish) + b"data: [DONE]\n\n")
        except OSError:
            left.set()

    return behave


def goes_on(text: str, pause: float = 0.001) -> Behaviour:
    """A reply without an end."""

    def behave(provider: PlayedProvider, handler: BaseHTTPRequestHandler) -> None:
        left = provider.left
        _begin(handler)
        try:
            while not left.wait(pause):
                handler.wfile.write(event(text))
                handler.wfile.flush()
        except OSError:
            left.set()

    return behave


def says_nothing(provider: PlayedProvider, handler: BaseHTTPRequestHandler) -> None:
    """Takes the request and is silent, until the client goes."""
    left = provider.left
    handler.connection.settimeout(0.05)
    while not left.is_set():
        try:
            if not handler.connection.recv(1):
                left.set()
        except TimeoutError:
            continue
        except OSError:
            left.set()


def fails(status: int, message: str = "no", **headers: str) -> Behaviour:
    """An error with `message` in its body."""
    return sends(
        json.dumps({"error": {"message": message, "type": "x", "code": "x"}}).encode(), status=status, **headers
    )


def sends(body: bytes, *, status: int = 200, kind: str = "application/json", **headers: str) -> Behaviour:
    """Any response at all."""

    def behave(_: PlayedProvider, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return behave


def _begin(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.end_headers()

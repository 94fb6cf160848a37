"""A relay between trustbot and a chat model: requests in, passed on; each reply is passed back and remembered.

In: the address of a server on this machine that speaks OpenAI's protocol. Out: an address to use in its place, and
every `Exchange`: what was sent, what came back, and when. This module changes nothing that passes, and judges nothing.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

TIMEOUT = 600.0
"""Seconds without a byte after which the model counts as dead."""


@dataclass(slots=True)
class Exchange:
    """One request and its reply; times in seconds by the performance counter, 0 for what never happened."""

    system: str
    user: str
    started: float
    text: str = ""
    first: float = 0.0
    """When the first text came."""
    ended: float = 0.0
    tokens: int = 0
    """Pieces that the reply came in; with llama.cpp, tokens."""


@dataclass(slots=True)
class _Kept:
    target: str
    exchanges: list[Exchange] = field(default_factory=list)


class Relay:
    """Use it in a `with`; `address` ends in the path of the server that it stands for."""

    def __init__(self, target: str) -> None:
        self._kept = _Kept(target)
        kept = self._kept

        class Handler(_Handler):
            held = kept

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}{urlsplit(target).path}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Relay:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def take(self) -> list[Exchange]:
        """The exchanges since the last call, in order."""
        found, self._kept.exchanges = self._kept.exchanges, []
        return found


class _Handler(BaseHTTPRequestHandler):
    held: _Kept

    def do_POST(self) -> None:
        """Pass one request on, and its reply back line by line."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        exchange = _begun(json.loads(body))
        self.held.exchanges.append(exchange)
        parts = urlsplit(self.held.target)
        upstream = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
        try:
            upstream.request("POST", self.path, body, {"Content-Type": "application/json"})
            reply = upstream.getresponse()
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.headers.get("Content-Type", "application/json"))
            self.send_header("Connection", "close")
            self.end_headers()
            for line in reply:
                _note(exchange, line)
                self.wfile.write(line)
                self.wfile.flush()
        except OSError:  # either side has gone; what came until then is what there is
            pass
        finally:
            exchange.ended = time.perf_counter()
            upstream.close()
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def _begun(body: Any) -> Exchange:
    said = {m["role"]: m["content"] for m in body["messages"]}
    return Exchange(said.get("system", ""), said.get("user", ""), time.perf_counter())


def _note(exchange: Exchange, line: bytes) -> None:
    text = line.strip().removeprefix(b"data: ")
    if not text.startswith(b"{"):
        return
    for choice in json.loads(text).get("choices", ()):
        piece = (choice.get("delta") or choice.get("message") or {}).get("content")
        if piece:
            exchange.first = exchange.first or time.perf_counter()
            exchange.text += piece
            exchange.tokens += 1

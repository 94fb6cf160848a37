"""A server on the loopback that answers as the services do, and writes down what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ingest.fetch.client import Client


@dataclass
class Answer:
    """What is sent for a path; several statuses are sent one after the other, and the last from then on."""

    body: bytes = b""
    kind: str = "application/json"
    statuses: list[int] = field(default_factory=lambda: [200])
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0
    """Bytes by which the body is shorter than it says."""


class Replay:
    """The server: `routes` are what it knows, `asked` what it was asked, with the headers."""

    def __init__(self) -> None:
        self.routes: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        replay = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                replay.asked.append((self.path, dict(self.headers)))
                answer = replay.routes.get(self.path, Answer(b"Resource not found.", "text/plain", [404]))
                status = answer.statuses.pop(0) if len(answer.statuses) > 1 else answer.statuses[0]
                self.send_response(status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", answer.kind)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body[: len(answer.body) - answer.cut])

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.host}"

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


@pytest.fixture
def replay() -> Iterator[Replay]:
    made = Replay()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def answer() -> type[Answer]:
    return Answer


@pytest.fixture
def client(replay: Replay, tmp_path: Path) -> Callable[..., tuple[Client, list[float]]]:
    """A client that may reach the server, and the seconds that it would have waited."""

    def make(**options: object) -> tuple[Client, list[float]]:
        waits: list[float] = []
        given = {"trusted": [replay.host], "pause": 0.0, "sleep": waits.append} | options
        return Client(tmp_path / "fetched", "librarian@example.org", **given), waits

    return make

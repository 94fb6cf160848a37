from __future__ import annotations

import os
import sys
import time

import pytest

from trustbot.errors import TrustbotError
from trustbot.evals import processes
from trustbot.evals.processes import ask_server, run_process, running_server

PYTHON = (sys.executable, "-c")

SERVER = """
import json, sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer

began = time.monotonic()
slowed = []

class Handler(BaseHTTPRequestHandler):
    def reply(self, status, body=b"{}", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        waiting = self.path == "/readyz" and time.monotonic() < began + 0.5
        self.reply(503 if waiting else 200)

    def do_POST(self):
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["question"]
        if question == "slow" and not slowed:
            slowed.append(1)
            return self.reply(429, Retry_After="3")
        if question == "broken":
            return self.reply(500)
        time.sleep(0.05)
        self.reply(200, json.dumps({"text": question}).encode())

    def log_message(self, *arguments):
        pass

host, port = sys.argv[sys.argv.index("--host") + 1], int(sys.argv[sys.argv.index("--port") + 1])
HTTPServer((host, port), Handler).serve_forever()
"""


def test_a_process_is_timed_and_weighed() -> None:
    done = run_process([*PYTHON, "import time; x = b'x' * 60_000_000; time.sleep(0.3); print('done')"], os.environ)
    assert done.output == "done\n"
    assert 0.3 <= done.seconds < 30
    assert done.peak_mib > 57


def test_the_environment_is_the_one_given() -> None:
    done = run_process([*PYTHON, "import os; print(os.environ['ONE'])"], {**os.environ, "ONE": "1"})
    assert done.output == "1\n"


def test_a_failure_is_one_sentence_with_the_last_line_written() -> None:
    with pytest.raises(TrustbotError, match=r"^`trustbot` failed: it is broken\. Run it by itself to see why\.$"):
        run_process([*PYTHON, "raise SystemExit('first line\\nit is broken.')"], os.environ)
    with pytest.raises(TrustbotError, match="it wrote nothing"):
        run_process([*PYTHON, "raise SystemExit(3)"], os.environ)


def test_a_stuck_process_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "TIMEOUT", 0.5)
    began = time.monotonic()
    with pytest.raises(TrustbotError, match="failed"):
        run_process([*PYTHON, "import time; time.sleep(60)"], os.environ)
    assert time.monotonic() - began < 30


def test_a_server_is_timed_asked_and_ended() -> None:
    with running_server([*PYTHON, SERVER], os.environ) as server:
        assert 0 < server.healthy_s < server.ready_s
        assert server.ready_s >= 0.5
        assert ask_server(server, "one") >= 50
        address = server.address
        # Told to wait three seconds; the wait is no part of the answer's time.
        assert 50 <= ask_server(server, "slow") < 3000
        with pytest.raises(TrustbotError, match="The server answered 500"):
            ask_server(server, "broken")
    assert server.peak_mib() > 5
    with pytest.raises(OSError, match="refused"):
        processes._OPENER.open(f"{address}/healthz", timeout=5)


def test_a_server_that_ends_by_itself_is_reported() -> None:
    code = "raise SystemExit('The port is taken.')"
    with (
        pytest.raises(TrustbotError, match=r"ended by itself: The port is taken\."),
        running_server([*PYTHON, code], os.environ),
    ):
        pytest.fail("it never came up")


def test_a_server_that_never_answers_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "TIMEOUT", 0.5)
    with (
        pytest.raises(TrustbotError, match=r"did not answer http://127\.0\.0\.1:\d+/healthz"),
        running_server([*PYTHON, "import time; time.sleep(60)"], os.environ),
    ):
        pytest.fail("it never came up")

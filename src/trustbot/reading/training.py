"""Question banks -> what a reader knows: a change of the encoder's weights, and the numbers of `ReaderModel`.

Two trainings share one loop. The general one reads many guidances and scores sentences by their own vectors, so that it
carries over to a corpus without a bank; the one of a corpus gives each class vectors of its own and learns whether
anything answers. Both read a question alone and in its conversation.
"""

from __future__ import annotations

import math
import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trustbot.reading import delta
from trustbot.reading.classes import SEED, Classes, answer_loss, covered_loss, targets_of
from trustbot.reading.encoder import Encoder, batches, varied
from trustbot.reading.material import Guidance, Material, PlainScores
from trustbot.reading.model import ReaderModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how hard to train. Chosen by leaving one author out; the model card names the figures."""

    rank: int = 32
    epochs: int = 6
    rate: float = 1e-3
    batch: int = 32
    seed: int = SEED


TOLD = 50
"""Steps after which a long pass says how far it is."""

Progress = Callable[[str], None]


def say(line: str) -> None:
    """Progress, on standard error."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - a command's progress


def scheduled(optimizer: Any, steps: int) -> Any:
    """The learning rate over `steps`: a short warm-up, then down to a fiftieth."""
    import torch

    warm = max(1, round(0.06 * steps))
    return torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / warm) * max(0.02, 1 - step / steps)
    )


def seeded(seed: int) -> random.Random:
    """Seed torch and numpy; a generator of the same seed."""
    import numpy as np
    import torch

    torch.manual_seed(seed)
    np.random.seed(seed)
    return random.Random(seed)  # noqa: S311 - nothing secret


# -- for any corpus --------------------------------------------------------------------------------------------


def train_general(
    material: Sequence[Material], folder: str, plan: Plan, progress: Progress = say
) -> tuple[dict[str, Any], dict[str, float], Encoder]:
    """A change of the encoder under which questions lie near what answers them in any guidance.

    Returns its factors, `scale`, `share` and `bias` of plain scores, and the encoder with the change.
    """
    import torch

    rng = seeded(plan.seed)
    encoder = Encoder(folder)
    trainable = delta.add_trainable(encoder.model, plan.rank)
    scores = PlainScores(encoder)
    optimizer = torch.optim.AdamW(
        [
            {"params": trainable, "lr": plan.rate, "weight_decay": 0.01},
            {"params": [scores.scale, scores.bias, scores.share], "lr": 2e-2, "weight_decay": 0.0},
        ]
    )
    steps = plan.epochs * sum(1 for one in material for _ in one.batches(plan.batch, random.Random(0)))  # noqa: S311
    schedule, began = scheduled(optimizer, steps), time.monotonic()
    for epoch in range(plan.epochs):
        encoder.model.train()
        work = [(one, batch) for one in material for batch in one.batches(plan.batch, rng)]
        rng.shuffle(work)
        total = 0.0
        for count, (one, batch) in enumerate(work, 1):
            total += _step(one.loss(batch, scores, rng), optimizer, schedule, trainable)
            if count % TOLD == 0 or count == len(work):
                done = f"pass {epoch + 1} of {plan.epochs}, step {count} of {len(work)}"
                progress(f"{done}: loss {total / count:.3f}, {time.monotonic() - began:.0f} s")
    found = delta.factors(encoder.model)
    encoder.model.eval()
    return found, scores.numbers(), encoder


def _step(loss: Any, optimizer: Any, schedule: Any, clipped: Sequence[Any]) -> float:
    import torch

    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(clipped, 1.0)
    optimizer.step()
    schedule.step()
    return float(loss.item())


# -- for one corpus --------------------------------------------------------------------------------------------


def train_corpus(
    guidance: Guidance,
    folder: str,
    changes: Sequence[Mapping[str, Any]],
    plan: Plan,
    progress: Progress = say,
) -> tuple[dict[str, Any], ReaderModel, Encoder]:
    """A change of the encoder for one corpus, on top of `changes`, with the classes of its bank.

    Returns the factors of the change, the model, and the encoder with the change.
    """
    import torch

    rng = seeded(plan.seed)
    encoder = Encoder(folder, changes)
    classes = Classes(start_of(guidance, encoder))
    trainable = delta.add_trainable(encoder.model, plan.rank)
    optimizer = torch.optim.AdamW([{"params": trainable, "lr": plan.rate, "weight_decay": 0.01}, *classes.groups()])
    steps = plan.epochs * math.ceil(len(guidance.examples) / plan.batch)
    schedule, began = scheduled(optimizer, steps), time.monotonic()
    places = {name: i for i, name in enumerate(guidance.classes)}
    for epoch in range(plan.epochs):
        encoder.model.train()
        total, count = 0.0, 0
        for batch in batches(varied(guidance.examples, rng), plan.batch, rng):
            scores, covered = classes(*encoder.questions(batch))
            targets = targets_of(batch, places)
            total += _step(
                answer_loss(scores, targets) + covered_loss(covered, targets), optimizer, schedule, trainable
            )
            count += 1
        progress(f"pass {epoch + 1} of {plan.epochs}: loss {total / count:.3f}, {time.monotonic() - began:.0f} s")
    found = delta.factors(encoder.model)
    encoder.model.eval()
    return found, classes.model(guidance.classes), encoder


def start_of(guidance: Guidance, encoder: Encoder) -> Any:
    """Where the vectors of the classes begin: at their sentence, or amid the questions of one that is none."""
    import torch

    texts = [f"{h}: {t}" if h else t for h, t in guidance.texts.values()]
    rows = encoder.vectors([t or " " for t in texts]) + encoder.vectors([t or " " for _, t in guidance.texts.values()])
    for place, (name, text) in enumerate(zip(guidance.classes, texts, strict=True)):
        asked = [e.text for e in guidance.examples if name in e.gold]
        if not text and asked:
            rows[place] = encoder.vectors(asked).mean(0)
    return torch.nn.functional.normalize(rows, dim=-1)

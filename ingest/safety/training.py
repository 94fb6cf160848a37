"""Prompts -> what `trustbot.query.safety.model` reads with: a change of the encoder, and two linear heads."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ingest.safety.invented import Invent
from ingest.safety.prompts import Prompt, varied
from trustbot.query.safety.model import KINDS, TAGS, Heads, in_conversation
from trustbot.reading import delta
from trustbot.reading.classes import SEED
from trustbot.reading.encoder import Encoder
from trustbot.reading.training import TOLD, Progress, say, scheduled, seeded

TAG_OF = {
    "NAME": "NAME",
    "ADDRESS": "ADDRESS",
    "DATE": "DATE",
    **dict.fromkeys(("PHONE", "FAX", "EMAIL", "URL", "IP"), "CONTACT"),
    **dict.fromkeys(("SSN", "MRN", "INSURANCE", "ACCOUNT", "LICENCE", "VEHICLE", "DEVICE", "NPI"), "NUMBER"),
    "AGE_OVER_89": "AGE",
    "PHOTO": "FILE",
    "BIOMETRIC": "FILE",
}
"""The types of the prompts, by what a word piece can tell: which number it is, the recognisers say."""
WORD_PIECES = 128
SHARP = 5.0
"""How much more a piece of an identifier counts than another."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how hard to train."""

    rank: int = 32
    epochs: int = 4
    rate: float = 1e-3
    batch: int = 32
    drawn: int = 3500
    """Ordinary messages that each pass takes of those that there are."""
    seed: int = SEED


class Trainer:
    """The encoder with its heads, in torch."""

    def __init__(self, folder: str, plan: Plan) -> None:
        import torch

        self.encoder = Encoder(folder)
        self.trainable = delta.add_trainable(self.encoder.model, plan.rank)
        size = int(self.encoder.model.config.hidden_size)
        self.kinds = torch.nn.Linear(2 * size, len(KINDS) + 1)
        self.tags = torch.nn.Linear(size, len(TAGS) + 1)
        with torch.no_grad():  # unit vectors are small numbers
            for head in (self.kinds, self.tags):
                head.weight.mul_(4.0)

    def vectors(self, prompts: Sequence[Prompt]) -> tuple[Any, Any, Any]:
        """Unit vectors of the word pieces, which of them are the message's own, and where these stand in it."""
        import torch

        whole = [in_conversation(p.text, p.turns) for p in prompts]
        coded = self.encoder.tokenizer(
            [text for text, _ in whole],
            truncation=True,
            max_length=WORD_PIECES,
            padding=True,
            return_offsets_mapping=True,
            return_tensors="pt",
        )
        begins = torch.tensor([begin for _, begin in whole])[:, None]
        offsets = coded["offset_mapping"]
        own = (offsets[..., 0] >= begins) & (offsets[..., 1] > offsets[..., 0])
        hidden = self.encoder.model(
            input_ids=coded["input_ids"], attention_mask=coded["attention_mask"]
        ).last_hidden_state
        return torch.nn.functional.normalize(hidden, dim=-1), own, offsets - begins[..., None]

    def scores(self, vectors: Any, own: Any) -> Any:
        """Scores of the kinds, shape (prompts, KINDS + 1)."""
        import torch

        mask = own[..., None]
        mean = (vectors * mask).sum(1) / mask.sum(1).clamp(min=1)
        most = vectors.masked_fill(~mask, -1.0).max(1).values
        return self.kinds(torch.cat([mean, most], dim=-1))

    def loss(self, prompts: Sequence[Prompt]) -> Any:
        """Of the kinds and, where the identifiers are known, of the tags."""
        import torch

        vectors, own, offsets = self.vectors(prompts)
        targets = torch.tensor([KINDS.index(p.kind) if p.kind in KINDS else len(KINDS) for p in prompts])
        total = torch.nn.functional.cross_entropy(self.scores(vectors, own), targets, label_smoothing=0.02)
        tagged = torch.tensor([p.tagged for p in prompts])
        known = own & tagged[:, None]
        if known.any():
            wanted = torch.from_numpy(_wanted(prompts, offsets.numpy()))[known]
            weights = torch.full((len(TAGS) + 1,), SHARP)
            weights[-1] = 1.0
            total = total + torch.nn.functional.cross_entropy(self.tags(vectors[known]), wanted, weight=weights)
        return total

    def heads(self) -> tuple[Any, Any]:
        """The weights of the two heads, with their biases last."""
        import torch

        return tuple(
            torch.cat([head.weight, head.bias[:, None]], dim=1).detach().numpy().astype(np.float32)
            for head in (self.kinds, self.tags)
        )


def _wanted(prompts: Sequence[Prompt], offsets: Any) -> Any:
    """The tag of each word piece, shape (prompts, pieces)."""
    wanted = np.full(offsets.shape[:2], len(TAGS), dtype=np.int64)
    for row, prompt in enumerate(prompts):
        for start, end, kind in prompt.spans:
            inside = (offsets[row, :, 0] >= start) & (offsets[row, :, 1] <= end) & (offsets[row, :, 0] >= 0)
            wanted[row, inside] = TAGS.index(TAG_OF[kind])
    return wanted


def train(
    prompts: Sequence[Prompt],
    ordinary: Sequence[Prompt],
    folder: str,
    invent: Invent,
    plan: Plan,
    progress: Progress = say,
) -> tuple[dict[str, Any], Heads]:
    """The factors of the encoder's change, and heads without thresholds."""
    import torch

    rng = seeded(plan.seed)
    trainer = Trainer(folder, plan)
    heads = [*trainer.kinds.parameters(), *trainer.tags.parameters()]
    optimizer = torch.optim.AdamW(
        [
            {"params": trainer.trainable, "lr": plan.rate, "weight_decay": 0.01},
            {"params": heads, "lr": 4e-3, "weight_decay": 0.01},
        ]
    )
    drawn = min(plan.drawn, len(ordinary))
    steps = plan.epochs * -(-(len(prompts) + drawn) // plan.batch)
    schedule, began = scheduled(optimizer, steps), time.monotonic()
    for epoch in range(plan.epochs):
        trainer.encoder.model.train()
        total, count = 0.0, 0
        passed = varied([*prompts, *rng.sample(ordinary, drawn)], invent, rng)
        for batch in _batches(passed, plan.batch, rng):
            loss = trainer.loss(batch)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_([*trainer.trainable, *heads], 1.0)
            optimizer.step()
            schedule.step()
            total, count = total + float(loss.item()), count + 1
            if count % TOLD == 0:
                progress(f"pass {epoch + 1} of {plan.epochs}, step {count}: loss {total / count:.3f}")
        progress(f"pass {epoch + 1} of {plan.epochs}: loss {total / count:.3f}, {time.monotonic() - began:.0f} s")
    factors = delta.factors(trainer.encoder.model)
    kinds, tags = trainer.heads()
    return factors, Heads(kinds, tags)


def _batches(prompts: Sequence[Prompt], size: int, rng: random.Random) -> list[list[Prompt]]:
    """Shuffled batches of prompts alike in length."""
    order = list(prompts)
    rng.shuffle(order)
    made = []
    for first in range(0, len(order), size * 16):
        window = sorted(order[first : first + size * 16], key=lambda p: len(p.text) + sum(len(t) for t in p.turns))
        made += [window[i : i + size] for i in range(0, len(window), size)]
    rng.shuffle(made)
    return made

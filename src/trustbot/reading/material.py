"""What the reader of any corpus learns from: guidances with questions, rewritten follow-ups, passages with questions.

Each kind gives batches of its questions and says how wrong an encoder is on one. This module reads no file.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from trustbot.reading.bank import Example
from trustbot.reading.classes import answer_loss, targets_of
from trustbot.reading.encoder import Encoder, batches, varied
from trustbot.reading.model import joined

HEADED = 0.5
"""Share of the sentences that are read under their heading at each step, so that both ways are learned."""
SHARPER = 1.5
"""How much sharper rewrites are told apart than sentences: a rewrite says the same, a sentence answers."""
PASSAGES = 40
"""Passages that are read with a batch of questions on a large collection."""


class PlainScores:
    """Scores of texts by their own vectors, and the three numbers that make them so, which are learned."""

    def __init__(self, encoder: Encoder) -> None:
        import torch

        self.encoder = encoder
        # Where MiniLM's cosines of question and answer lie: most between 0.2 and 0.7.
        self.scale, self.bias, self.share = (torch.nn.Parameter(torch.tensor(v)) for v in (14.0, -8.0, 0.0))

    def __call__(self, questions: Sequence[Example], texts: Sequence[str]) -> Any:
        """Shape (questions, texts)."""
        import torch

        own, conversation = self.encoder.questions(questions)
        rows = self.encoder(texts)
        mixed = torch.sigmoid(self.share)
        return self.scale * (mixed * (own @ rows.T) + (1 - mixed) * (conversation @ rows.T)) + self.bias

    def numbers(self) -> dict[str, float]:
        """What was learned, as `ReaderModel.plain` names it."""
        import torch

        share = torch.sigmoid(self.share).item()
        return {"scale": self.scale.item(), "bias": self.bias.item(), "share": share}


class Material(Protocol):
    """One source of questions."""

    def batches(self, size: int, rng: random.Random) -> Iterator[Sequence[Any]]:
        """All of its questions once, in batches of about `size`, in an order of their own at each pass."""

    def loss(self, batch: Sequence[Any], scores: PlainScores, rng: random.Random) -> Any:
        """How wrong the scores are on one batch: a torch number."""


@dataclass(frozen=True, slots=True)
class Guidance:
    """One corpus to learn from: the texts of its classes by name, and questions on them."""

    name: str
    texts: Mapping[str, tuple[str, str]]
    """Class -> (heading, sentence); a class that is no sentence has two empty texts."""
    examples: Sequence[Example]

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in order."""
        return tuple(self.texts)

    def batches(self, size: int, rng: random.Random) -> Iterator[Sequence[Any]]:
        """Its questions as others might have typed them."""
        return batches(varied(self.examples, rng), size, rng)

    def loss(self, batch: Sequence[Any], scores: PlainScores, rng: random.Random) -> Any:
        """Each sentence against each question."""
        texts = [f"{head}: {text}" if head and rng.random() < HEADED else text for head, text in self.texts.values()]
        places = {name: i for i, name in enumerate(self.classes)}
        return answer_loss(scores(batch, texts), targets_of(batch, places))


@dataclass(frozen=True, slots=True)
class Rewrites:
    """Questions in their conversation, each with the same question as a person wrote it to stand alone."""

    pairs: Sequence[tuple[Example, str]]

    def batches(self, size: int, rng: random.Random) -> Iterator[Sequence[Any]]:
        """The pairs, shuffled."""
        return _shuffled(self.pairs, size, rng)

    def loss(self, batch: Sequence[Any], scores: PlainScores, rng: random.Random) -> Any:
        """Each conversation must be nearer to its own rewrite than to those of the others."""
        import torch

        conversations = scores.encoder([joined(example.text, example.turns) for example, _ in batch])
        rewrites = scores.encoder([rewrite for _, rewrite in batch])
        alike = SHARPER * scores.scale.detach() * (conversations @ rewrites.T)
        return torch.nn.functional.cross_entropy(alike, torch.arange(len(batch)))


@dataclass(frozen=True, slots=True)
class Passages:
    """A collection that is too large to be read whole at each step, with questions on it."""

    texts: Mapping[str, str]
    examples: Sequence[tuple[Example, str | None]]
    """Each question, and a passage that a search found for it, which may answer it or not."""

    def batches(self, size: int, rng: random.Random) -> Iterator[Sequence[Any]]:
        """The questions, half as many at once, as passages are long."""
        return _shuffled(self.examples, size // 2, rng)

    def loss(self, batch: Sequence[Any], scores: PlainScores, rng: random.Random) -> Any:
        """What answers these questions, what was found for them, and others by chance, against each question."""
        wanted = [name for example, found in batch for name in (*sorted(example.gold), *([found] if found else []))]
        others = rng.sample(list(self.texts), min(PASSAGES, len(self.texts)))
        names = list(dict.fromkeys([*wanted, *others]))[: max(PASSAGES, len(set(wanted)))]
        examples = [example for example, _ in batch]
        places = {name: i for i, name in enumerate(names)}
        return answer_loss(scores(examples, [self.texts[n] for n in names]), targets_of(examples, places))


def _shuffled(items: Sequence[Any], size: int, rng: random.Random) -> Iterator[Sequence[Any]]:
    order = list(items)
    rng.shuffle(order)
    return iter([order[i : i + size] for i in range(0, len(order), size)])

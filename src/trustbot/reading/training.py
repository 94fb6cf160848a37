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
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from trustbot.embedding import encodable
from trustbot.reading import delta
from trustbot.reading.bank import Example
from trustbot.reading.model import MOST_TOKENS, ReaderModel, joined

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

SEED = 20261130
SWITCHED = 0.25
"""Share of the questions without history that are put, at each pass, behind somebody else's: an abrupt new subject."""
MISTYPED = 0.15
LOWERED = 0.15
"""Shares that get typing errors, or are in lower case without their last mark."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how hard to train. Chosen by leaving one author out; the model card names the figures."""

    rank: int = 32
    epochs: int = 6
    rate: float = 1e-3
    batch: int = 32
    seed: int = SEED


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


Progress = Callable[[str], None]


def say(line: str) -> None:
    """Progress, on standard error."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - a command's progress


class Encoder:
    """The torch encoder with its tokenizer; texts to unit vectors, the end of a long text kept."""

    def __init__(self, folder: str, changes: Sequence[Mapping[str, Any]] = ()) -> None:
        from trustbot.embedders import quiet

        with quiet():
            from transformers import AutoModel, AutoTokenizer

            self.tokenizer: Any = AutoTokenizer.from_pretrained(folder)
            self.model: Any = AutoModel.from_pretrained(folder)
        for change in changes:
            delta.merge(self.model, change)
        self.model.eval()

    def __call__(self, texts: Sequence[str]) -> Any:
        """Vectors of one batch, with gradients where the model has some."""
        import torch

        rows = self.tokenizer([encodable(t) for t in texts], add_special_tokens=False, verbose=False)["input_ids"]
        kept = MOST_TOKENS - 2
        start, end = self.tokenizer.cls_token_id, self.tokenizer.sep_token_id
        rows = [[start, *row[-kept:], end] for row in rows]
        length = max(map(len, rows))
        ids = torch.tensor([row + [0] * (length - len(row)) for row in rows])
        mask = torch.tensor([[1] * len(row) + [0] * (length - len(row)) for row in rows])
        hidden = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
        pooled = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        return torch.nn.functional.normalize(pooled, dim=-1)

    def vectors(self, texts: Sequence[str], batch: int = 32) -> Any:
        """Vectors of many texts without gradients, shape (n, d)."""
        import torch

        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        found: list[Any] = [None] * len(texts)
        with torch.no_grad():
            for first in range(0, len(order), batch):
                places = order[first : first + batch]
                for place, row in zip(places, self([texts[i] for i in places]), strict=True):
                    found[place] = row
        return torch.stack(found)

    def questions(self, examples: Sequence[Example], *, many: bool = False) -> tuple[Any, Any]:
        """Vectors of each question alone and in its conversation; they are one where nothing came before."""
        encode = self.vectors if many else self
        conversation = encode([joined(e.text, e.turns) for e in examples])
        after = [i for i, e in enumerate(examples) if e.turns]
        own = conversation.clone()
        if after:
            own[after] = encode([examples[i].text for i in after])
        return own, conversation


# -- varied questions ------------------------------------------------------------------------------------------


def varied(examples: Sequence[Example], rng: random.Random) -> list[Example]:
    """The questions as others might have typed them, or after another subject; what answers them stays."""
    out = []
    for example in examples:
        changed = example
        if not example.turns and len(example.text.split()) > 3 and rng.random() < SWITCHED:
            other = rng.choice(examples)
            changed = replace(changed, turns=(*other.turns, other.text)[-rng.choice((1, 1, 2)) :])
        if rng.random() < MISTYPED:
            changed = replace(changed, text=_mistyped(changed.text, rng))
        if rng.random() < LOWERED:
            changed = replace(changed, text=changed.text.lower().rstrip("?.!"))
        out.append(changed)
    return out


def _mistyped(text: str, rng: random.Random) -> str:
    letters = list(text)
    for _ in range(max(1, len(letters) // 40)):
        at, kind = rng.randrange(len(letters)), rng.random()
        if kind < 0.4 and len(letters) > 3:
            letters.pop(at)
        elif kind < 0.7 and at + 1 < len(letters):
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
        else:
            letters.insert(at, letters[at])
    return "".join(letters)


def batches(examples: Sequence[Example], size: int, rng: random.Random) -> Iterator[list[Example]]:
    """Shuffled batches of questions alike in length, so that little is padded."""
    order = list(examples)
    rng.shuffle(order)
    made = []
    for first in range(0, len(order), size * 16):
        window = sorted(order[first : first + size * 16], key=lambda e: len(e.text) + sum(map(len, e.turns)))
        made += [window[i : i + size] for i in range(0, len(window), size)]
    rng.shuffle(made)
    return iter(made)


def _loss(scores: Any, targets: Any) -> Any:
    """Of scores and the classes that answer, both shape (batch, classes): each class for itself, and among all."""
    import torch

    functional = torch.nn.functional
    alone = functional.binary_cross_entropy_with_logits(scores, targets, reduction="sum") / len(scores)
    answered = targets.sum(1) > 0
    if not answered.any():
        return alone
    share = functional.log_softmax(scores[answered], -1).masked_fill(targets[answered] == 0, -1e4)
    return alone - torch.logsumexp(share, -1).mean()


def targets_of(examples: Sequence[Example], classes: Mapping[str, int]) -> Any:
    import torch

    targets = torch.zeros(len(examples), len(classes))
    for row, example in enumerate(examples):
        for name in example.gold:
            targets[row, classes[name]] = 1
    return targets


def _schedule(optimizer: Any, steps: int) -> Any:
    import torch

    warm = max(1, round(0.06 * steps))
    return torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / warm) * max(0.02, 1 - step / steps)
    )


def _seed(seed: int) -> random.Random:
    import numpy as np
    import torch

    torch.manual_seed(seed)
    np.random.seed(seed)
    return random.Random(seed)  # noqa: S311 - nothing secret


# -- for any corpus --------------------------------------------------------------------------------------------


def train_general(
    guidances: Sequence[Guidance], folder: str, plan: Plan, progress: Progress = say
) -> tuple[dict[str, Any], dict[str, float], Encoder]:
    """A change of the encoder under which questions lie near what answers them in any guidance.

    Returns its factors, `scale`, `share` and `bias` of plain scores, and the encoder with the change.
    """
    import torch

    rng = _seed(plan.seed)
    encoder = Encoder(folder)
    trainable = delta.add_trainable(encoder.model, plan.rank)
    # Where MiniLM's cosines of question and answer lie: most between 0.2 and 0.7.
    scale, bias, share = (torch.nn.Parameter(torch.tensor(v)) for v in (14.0, -8.0, 0.0))
    optimizer = torch.optim.AdamW(
        [
            {"params": trainable, "lr": plan.rate, "weight_decay": 0.01},
            {"params": [scale, bias, share], "lr": 2e-2, "weight_decay": 0.0},
        ]
    )
    steps = plan.epochs * sum(math.ceil(len(g.examples) / plan.batch) for g in guidances)
    schedule, began = _schedule(optimizer, steps), time.monotonic()
    for epoch in range(plan.epochs):
        encoder.model.train()
        work = [(g, b) for g in guidances for b in batches(varied(g.examples, rng), plan.batch, rng)]
        rng.shuffle(work)
        total = 0.0
        for guidance, batch in work:
            own, conversation = encoder.questions(batch)
            texts = [f"{h}: {t}" if rng.random() < 0.5 else t for h, t in guidance.texts.values()]
            sentences = encoder(texts)
            mixed = torch.sigmoid(share)
            scores = scale * (mixed * (own @ sentences.T) + (1 - mixed) * (conversation @ sentences.T)) + bias
            places = {name: i for i, name in enumerate(guidance.classes)}
            total += _step(_loss(scores, targets_of(batch, places)), optimizer, schedule, trainable)
        progress(f"pass {epoch + 1} of {plan.epochs}: loss {total / len(work):.3f}, {time.monotonic() - began:.0f} s")
    found = delta.factors(encoder.model)
    encoder.model.eval()
    plain = {"scale": scale.item(), "bias": bias.item(), "share": torch.sigmoid(share).item()}
    return found, plain, encoder


def _step(loss: Any, optimizer: Any, schedule: Any, clipped: Sequence[Any]) -> float:
    import torch

    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(clipped, 1.0)
    optimizer.step()
    schedule.step()
    return float(loss.item())


# -- for one corpus --------------------------------------------------------------------------------------------


class Classes:
    """The classes of one corpus as torch parameters, and the head that says whether anything answers."""

    def __init__(self, start: Any) -> None:
        """`start`, shape (classes, d), is where both vectors of each class begin."""
        import torch

        count, size = start.shape
        self.own = torch.nn.Parameter(start.clone())
        self.joined = torch.nn.Parameter(start.clone())
        self.bias = torch.nn.Parameter(torch.full((count,), -4.0))
        self.scale = torch.nn.Parameter(torch.tensor(6.0))
        self.covered = torch.nn.Linear(2 * size, 1)

    @classmethod
    def of(cls, model: ReaderModel) -> Classes:
        """The classes of a model, to go on from."""
        import torch

        found = cls(torch.from_numpy(model.own.copy()))
        size = model.own.shape[1]
        with torch.no_grad():
            found.joined.copy_(torch.from_numpy(model.joined))
            found.bias.copy_(torch.from_numpy(model.bias))
            found.scale.fill_(model.scale)
            found.covered.weight[0].copy_(torch.from_numpy(model.covered[: 2 * size] / HEAD_SCALE))
            found.covered.bias.fill_(float(model.covered[-1]))
        return found

    def groups(self) -> list[dict[str, Any]]:
        """Parameter groups for an optimizer, with their rates."""
        return [
            {"params": [self.own, self.joined], "lr": 2e-3, "weight_decay": 0.0},
            {"params": [self.bias], "lr": 2e-2, "weight_decay": 0.0},
            {"params": [self.scale], "lr": 1e-2, "weight_decay": 0.0},
            {"params": list(self.covered.parameters()), "lr": 2e-3, "weight_decay": 1e-3},
        ]

    def __call__(self, own: Any, conversation: Any) -> tuple[Any, Any]:
        """Scores of the classes and of the answerable head, shape (batch, classes) and (batch,)."""
        import torch

        unit = torch.nn.functional.normalize
        scores = self.scale * (own @ unit(self.own, dim=-1).T + conversation @ unit(self.joined, dim=-1).T) + self.bias
        return scores, self.covered(torch.cat([own, conversation], -1) * HEAD_SCALE).squeeze(-1)

    def model(self, names: Sequence[str]) -> ReaderModel:
        """What was learned, as numpy arrays."""
        import numpy as np
        import torch

        def array(tensor: Any) -> Array:
            return np.asarray(tensor.detach().numpy(), dtype=np.float32)

        unit = torch.nn.functional.normalize
        head = np.concatenate([array(self.covered.weight[0]) * HEAD_SCALE, array(self.covered.bias)])
        return ReaderModel(
            tuple(names),
            array(unit(self.own, dim=-1)),
            array(unit(self.joined, dim=-1)),
            array(self.bias),
            float(self.scale.item()),
            head,
        )


HEAD_SCALE = 4.0
"""Unit vectors are stretched before the answerable head, or it would learn more slowly than the rest."""


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

    rng = _seed(plan.seed)
    encoder = Encoder(folder, changes)
    classes = Classes(start_of(guidance, encoder))
    trainable = delta.add_trainable(encoder.model, plan.rank)
    optimizer = torch.optim.AdamW([{"params": trainable, "lr": plan.rate, "weight_decay": 0.01}, *classes.groups()])
    steps = plan.epochs * math.ceil(len(guidance.examples) / plan.batch)
    schedule, began = _schedule(optimizer, steps), time.monotonic()
    places = {name: i for i, name in enumerate(guidance.classes)}
    for epoch in range(plan.epochs):
        encoder.model.train()
        total, count = 0.0, 0
        for batch in batches(varied(guidance.examples, rng), plan.batch, rng):
            scores, covered = classes(*encoder.questions(batch))
            targets = targets_of(batch, places)
            total += _step(_loss(scores, targets) + _covered_loss(covered, targets), optimizer, schedule, trainable)
            count += 1
        progress(f"pass {epoch + 1} of {plan.epochs}: loss {total / count:.3f}, {time.monotonic() - began:.0f} s")
    found = delta.factors(encoder.model)
    encoder.model.eval()
    return found, classes.model(guidance.classes), encoder


ADAPTER_PASSES = 60
ADAPTER_BATCH = 256


SETTLING_PASSES = 20


def learn_classes(
    classes: Classes, own: Any, conversation: Any, targets: Any, passes: int = ADAPTER_PASSES, seed: int = SEED
) -> None:
    """Learn classes alone, on vectors that stay as they are; some seconds for thousands of questions."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(classes.groups())
    for _ in range(passes):
        order = torch.randperm(len(targets), generator=generator)
        for some in order.split(ADAPTER_BATCH):
            scores, covered = classes(own[some], conversation[some])
            loss = _loss(scores, targets[some]) + _covered_loss(covered, targets[some])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def _covered_loss(covered: Any, targets: Any) -> Any:
    import torch

    return torch.nn.functional.binary_cross_entropy_with_logits(covered, (targets.sum(1) > 0).float())


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

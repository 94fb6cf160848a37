"""From question banks to readers: the adapter of an ingest, the trained change of a corpus, the general one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from trustbot.reading.bank import Bank, Example
from trustbot.reading.calibration import Held, figures, judge_of_few, logistic, platt, thresholds
from trustbot.reading.classes import SEED, SETTLING_PASSES, Classes, learn_classes, targets_of
from trustbot.reading.encoder import Encoder, Told
from trustbot.reading.material import Guidance, Material
from trustbot.reading.model import ReaderModel, judged, probability
from trustbot.reading.sentences import classes_of, places_of, quotable
from trustbot.reading.training import Plan, Progress, say, start_of, train_corpus, train_general
from trustbot.reading.weights import TOPICS, product_questions
from trustbot.types import Corpus

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

HELD_OUT = "r"
"""Author of the questions that the shipped bank keeps back for calibration."""

UNTAUGHT_DECLINED, UNTAUGHT_PRECISION = 0.15, 0.3
"""For a corpus without a bank: nothing there separates what is answered from what only sounds like it as well as
questions do, so that some of what is answered must be declined, and more is said beside the best sentence."""


def guidance_of(bank: Bank, corpus: Corpus, product: Sequence[Example] | None = None) -> Guidance:
    """The classes that a bank asks about, with their sentences, and its questions with those on the product."""
    examples = [*bank.examples, *(product_questions() if product is None else product)]
    asked = {name for e in examples for name in e.gold}
    quotes = quotable(corpus)
    texts: dict[str, tuple[str, str]] = {}
    for quote, names in zip(quotes, classes_of(quotes, corpus, places_of(corpus, bank.named)), strict=True):
        for name in names:
            if name in asked and name not in TOPICS:
                heading = quote.chunk.headings[-1] if quote.chunk.headings else ""
                texts.setdefault(name, (heading, quote.text))
    texts |= {name: ("", "") for name in TOPICS if name in asked}
    known = set(texts)
    return Guidance(corpus.id, texts, [e for e in examples if e.gold <= known])


def read_all(model: ReaderModel, encoder: Encoder, examples: Sequence[Example]) -> list[Held]:
    """What a model makes of questions, as probabilities of its classes."""
    if not examples:
        return []
    own, conversation = (rows.numpy() for rows in encoder.questions(examples, many=True))
    return held_of(model, examples, own, conversation)


def held_of(model: ReaderModel, examples: Sequence[Example], own: Array, conversation: Array) -> list[Held]:
    """The same for questions whose vectors are known, a row each."""
    import numpy as np

    places = {name: i for i, name in enumerate(model.classes)}
    held = []
    for example, one, other in zip(examples, own, conversation, strict=True):
        answers = 1 / (1 + np.exp(-model.logits(one, other).astype(np.float64)))
        covered = model.coverage(one, other)
        gold = frozenset(places[g] for g in example.gold if g in places)
        held.append(Held(answers, gold, 0.0 if covered is None else probability(covered), example.kind == "outofscope"))
    return held


def calibrated(
    model: ReaderModel, encoder: Encoder, examples: Sequence[Example]
) -> tuple[ReaderModel, dict[str, float]]:
    """The model with probabilities and thresholds set on questions it was not trained on, and what they give there."""
    held = read_all(model, encoder, examples)
    mended = _Calibration.on(held)
    held = mended.held(held)
    limits = thresholds(held)
    return replace(mended.model(model), decisions=limits), figures(held, limits)


@dataclass(frozen=True, slots=True)
class _Calibration:
    """What makes the scores of a model probabilities: `factor` and `offset` of the classes; weight of the head, of the
    best class and a shift for whether anything answers, which the two tell together."""

    factor: float
    offset: float
    head: float
    best: float
    shift: float

    @classmethod
    def on(cls, held: Sequence[Held]) -> _Calibration:
        """The calibration that held-out questions ask for."""
        flat = [_logit(p) for h in held for p in h.answers]
        factor, offset = platt(flat, [i in h.gold for h in held for i in range(len(h.answers))])
        both = [[_logit(h.covered), _logit(h.answers.max()) * factor + offset] for h in held]
        return cls(factor, offset, *logistic(both, [bool(h.gold) for h in held]))

    def model(self, model: ReaderModel) -> ReaderModel:
        """The model with these numbers in it."""
        import numpy as np

        head = model.covered * self.head
        head[-1] += self.shift
        return replace(
            model,
            scale=model.scale * self.factor,
            bias=model.bias * self.factor + self.offset,
            covered=head.astype(np.float32),
            best=self.best,
        )

    def held(self, held: Sequence[Held]) -> list[Held]:
        """What the model with these numbers makes of the same questions."""
        import numpy as np

        found = []
        for one in held:
            scores = np.array([_logit(p) for p in one.answers]) * self.factor + self.offset
            covered = self.head * _logit(one.covered) + self.best * float(scores.max()) + self.shift
            found.append(replace(one, answers=1 / (1 + np.exp(-scores)), covered=probability(covered)))
        return found


def _logit(p: float) -> float:
    import math

    p = min(max(p, 1e-7), 1 - 1e-7)
    return math.log(p / (1 - p))


def adapter(
    bank: Bank, corpus: Corpus, folder: str, change: Mapping[str, Any], folds: int, told: Told | None = None
) -> tuple[ReaderModel, dict[str, float]]:
    """The classes of a bank on the unchanged encoder; thresholds set on each part of the bank by the others.

    `told` hears how many of its texts were read.
    """
    whole = guidance_of(bank, corpus)
    encoder = Encoder(folder, [change], told)
    taught = _Vectors(whole, encoder)
    # What is asked of any corpus is learned from, and not measured.
    own = set(bank.examples)
    part = [i % folds if e in own and not e.gold & set(TOPICS) else -1 for i, e in enumerate(whole.examples)]
    held: list[Held] = []
    for fold in range(folds):
        model = taught.learn([i for i, own in enumerate(part) if own != fold])
        held += taught.read(model, [i for i, own in enumerate(part) if own == fold])
    mended = _Calibration.on(held)
    held = mended.held(held)
    limits = thresholds(held)
    return replace(mended.model(taught.learn(range(len(part)))), decisions=limits), figures(held, limits)


class _Vectors:
    """The questions of a guidance as vectors, made once, for classes that are learned several times."""

    def __init__(self, guidance: Guidance, encoder: Encoder) -> None:
        self._guidance = guidance
        self._start = start_of(guidance, encoder)
        self._own, self._joined = encoder.questions(guidance.examples, many=True)
        self._targets = targets_of(guidance.examples, {name: i for i, name in enumerate(guidance.classes)})

    def learn(self, places: Sequence[int]) -> ReaderModel:
        """The classes, learned from the questions in these places; alike at each run."""
        import torch

        some = list(places)
        with torch.random.fork_rng():
            torch.manual_seed(SEED)
            classes = Classes(self._start)
        learn_classes(classes, self._own[some], self._joined[some], self._targets[some])
        return classes.model(self._guidance.classes)

    def read(self, model: ReaderModel, places: Sequence[int]) -> list[Held]:
        """What a model makes of the questions in these places."""
        examples = [self._guidance.examples[i] for i in places]
        own, conversation = (rows[list(places)].numpy() for rows in (self._own, self._joined))
        return held_of(model, examples, own, conversation)


def trained(
    bank: Bank,
    corpus: Corpus,
    folder: str,
    change: Mapping[str, Any],
    held_out: str = HELD_OUT,
    plan: Plan | None = None,
    progress: Progress = say,
) -> tuple[dict[str, Any], ReaderModel, dict[str, float]]:
    """A change of the encoder and the classes of a bank, trained on all but `held_out`, calibrated on that author."""
    rest, kept = parted(guidance_of(bank, corpus), held_out)
    progress(f"{len(rest.examples)} questions to learn from, {len(kept)} held out, {len(rest.texts)} classes")
    factors, model, encoder = train_corpus(rest, folder, [change], plan or Plan(), progress)
    model, told = calibrated(settled(model, rest, encoder), encoder, kept)
    return factors, model, told


def parted(whole: Guidance, held_out: str = HELD_OUT) -> tuple[Guidance, list[Example]]:
    """What is learned from, and the questions of `held_out`, or every tenth where nothing answers any of these."""
    kept = [e for e in whole.examples if e.author == held_out]
    if not any(e.gold for e in kept):
        kept = list(whole.examples)[::10]
    keys = {(e.text, e.turns) for e in kept}
    return replace(whole, examples=[e for e in whole.examples if (e.text, e.turns) not in keys]), kept


def settled(model: ReaderModel, guidance: Guidance, encoder: Encoder) -> ReaderModel:
    """The classes of a model, learned further on the encoder as it came out of training."""
    own, conversation = encoder.questions(guidance.examples, many=True)
    places = {name: i for i, name in enumerate(guidance.classes)}
    classes = Classes.of(model)
    learn_classes(classes, own, conversation, targets_of(guidance.examples, places), SETTLING_PASSES)
    return classes.model(guidance.classes)


def general(
    guidances: Sequence[Guidance],
    held: Sequence[Guidance],
    folder: str,
    plan: Plan,
    further: Sequence[Material] = (),
    progress: Progress = say,
) -> tuple[dict[str, Any], ReaderModel, dict[str, dict[str, float]]]:
    """The general change, with the classes of the product, and the head that judges by scores, set on `held`.

    `further` material teaches the encoder alone.
    """
    factors, plain, encoder = train_general([*guidances, *further], folder, plan, progress)
    examples = [*product_questions(), *(replace(e, gold=frozenset()) for g in guidances for e in g.examples)]
    asked = {name for e in product_questions() for name in e.gold}
    topics = Guidance("product", {name: ("", "") for name in TOPICS if name in asked}, examples)
    model = _Vectors(topics, encoder).learn(range(len(examples)))
    scored = {g.name: scores(g, encoder, plain) for g in held}
    golds = {g.name: [frozenset(i for i, n in enumerate(g.classes) if n in e.gold) for e in g.examples] for g in held}
    best, second, truth = [], [], []
    for name, rows in scored.items():
        for row, gold in zip(rows, golds[name], strict=True):
            first, following, *_ = sorted((float(s) for s in row), reverse=True)
            best.append(first)
            second.append(following)
            truth.append(bool(gold))
    weights = _judge(best, second, truth) | judge_of_few([(scored[name], golds[name]) for name in scored], SEED)
    plain |= weights
    import numpy as np

    parts = {
        g.name: [
            Held(1 / (1 + np.exp(-row.astype(np.float64))), gold, probability(judged(row, weights)), _strays(e))
            for row, gold, e in zip(scored[g.name], golds[g.name], g.examples, strict=True)
        ]
        for g in held
    }
    limits = thresholds([h for part in parts.values() for h in part], UNTAUGHT_DECLINED, UNTAUGHT_PRECISION)
    told = {name: figures(part, limits) for name, part in parts.items()}
    empty = np.zeros(0, dtype=np.float32)
    return factors, replace(model, covered=empty, plain=plain, decisions=limits), told


def _strays(example: Example) -> bool:
    return example.kind == "outofscope"


def scores(guidance: Guidance, encoder: Encoder, plain: Mapping[str, float]) -> Array:
    """Scores of the sentences of a guidance by their own vectors, shape (questions, sentences)."""
    import torch

    texts = list(guidance.texts.values())
    rows = encoder.vectors([t for _, t in texts]) + encoder.vectors([f"{h}: {t}" if h else t for h, t in texts])
    rows = torch.nn.functional.normalize(rows, dim=-1)
    own, conversation = encoder.questions(guidance.examples, many=True)
    mixed = plain["share"] * (own @ rows.T) + (1 - plain["share"]) * (conversation @ rows.T)
    found: Array = (plain["scale"] * mixed + plain["bias"]).numpy()
    return found


def _judge(best: Sequence[float], second: Sequence[float], truth: Sequence[bool]) -> dict[str, float]:
    """Logistic weights of the best two scores for "something answers"."""
    import torch

    x = torch.tensor(list(zip(best, second, strict=True)))
    y = torch.tensor(truth, dtype=torch.float32)
    centre, width = x.mean(0), x.std(0)
    layer = torch.nn.Linear(2, 1)
    optimizer = torch.optim.LBFGS(layer.parameters(), max_iter=200)

    def loss() -> Any:
        optimizer.zero_grad()
        value = torch.nn.functional.binary_cross_entropy_with_logits(layer((x - centre) / width).squeeze(-1), y)
        value = value + 1e-3 * (layer.weight**2).sum()
        value.backward()
        return value

    optimizer.step(loss)
    slope = (layer.weight[0] / width).detach()
    shift = float(layer.bias.item() - float((slope * centre).sum()))
    return {"judge": shift, "judge_best": float(slope[0]), "judge_second": float(slope[1])}

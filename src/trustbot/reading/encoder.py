"""Questions to vectors, in torch: the encoder that is trained, and the questions as they are put to it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from trustbot.models.cards import encodable
from trustbot.reading import delta
from trustbot.reading.bank import Example
from trustbot.reading.model import MOST_TOKENS, joined

SWITCHED = 0.25
"""Share of the questions without history that are put, at each pass, behind somebody else's: an abrupt new subject."""
MISTYPED = 0.15
LOWERED = 0.15
"""Shares that get typing errors, or are in lower case without their last mark."""


Told = Callable[[int, int], None]
"""Is given how many texts are done, of how many."""


class Encoder:
    """The torch encoder with its tokenizer; texts to unit vectors, the end of a long text kept."""

    def __init__(self, folder: str, changes: Sequence[Mapping[str, Any]] = (), told: Told | None = None) -> None:
        """`told` hears of the many texts of `vectors`."""
        self._told = told or (lambda done, of: None)
        from trustbot.models.embedders import quiet

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
                self._told(first, len(order))
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

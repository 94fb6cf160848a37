"""The numbers that a reader decides with: what a question's vectors say about each class, kept in one safetensors file.

A class is a sentence that was taught by questions, or one of `product.TOPICS`. Its score is
`scale * (own @ a + joined @ b) + bias`, with the vectors `own` of the question alone and `joined` of the conversation,
and the unit rows `a` and `b` of the class. Sentences without questions are scored alike with their own vector in place
of `a` and `b`, and with one bias for all.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trustbot.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

FORMAT = "1"
FILE = "reader.safetensors"
LORA = ".lora_"
"""Part of the names of tensors that change the encoder."""
TURNS = 2
"""Earlier questions that are read with the one that is asked."""
JOIN = " / "
FEW = 16
"""Sentences up to which a corpus is taken to say each thing once."""
MOST_TOKENS = 160
"""Word pieces of a question that are read, the last ones: the question stands at the end of its story."""


def joined(text: str, turns: Sequence[str]) -> str:
    """The conversation as one text: at most `TURNS` earlier questions, oldest first, then the one that is asked."""
    return JOIN.join((*turns[-TURNS:], text)) if turns else text


@dataclass(frozen=True)
class ReaderModel:
    """What was learned; arrays are float32, rows are unit vectors of length d."""

    classes: tuple[str, ...]
    own: Array
    """Shape (classes, d): what the question alone must be near to."""
    joined: Array
    """Shape (classes, d): what the conversation must be near to."""
    bias: Array
    """Shape (classes,)."""
    scale: float
    covered: Array
    """Weights of the answerable head: shape (2 d + 1,), its bias last; empty where only scores decide."""
    best: float = 0.0
    """Weight of the best class's score in the answerable head."""
    plain: Mapping[str, float] = field(default_factory=dict)
    """`scale`, `share` and `bias` of sentences without questions, and the weights that judge by the best scores."""
    decisions: Mapping[str, float] = field(default_factory=dict)
    """Calibrated thresholds, by their names in `evidence.decide`."""
    metadata: Mapping[str, str] = field(default_factory=dict)

    def logits(self, own: Array, conversation: Array) -> Array:
        """Scores of the classes for one question, shape (classes,); both vectors have length one."""
        import numpy as np

        scores: Array = np.float32(self.scale) * (self.own @ own + self.joined @ conversation) + self.bias
        return scores

    def coverage(self, own: Array, conversation: Array) -> float | None:
        """Score of the answerable head, or None where there is none."""
        if not self.covered.size:
            return None
        size = own.size
        weights = self.covered
        head = float(weights[:size] @ own + weights[size : 2 * size] @ conversation + weights[-1])
        return head + self.best * float(self.logits(own, conversation).max()) if self.best else head

    def to_bytes(self, tensors: Mapping[str, Any] | None = None) -> bytes:
        """The file's content; `tensors` are kept beside the model's own."""
        import numpy as np
        from safetensors.numpy import save

        arrays = {
            "own": self.own.astype(np.float16),
            "joined": self.joined.astype(np.float16),
            "bias": self.bias.astype(np.float32),
            "covered": self.covered.astype(np.float32),
            **(tensors or {}),
        }
        metadata = {
            **self.metadata,
            "format": FORMAT,
            "classes": json.dumps(self.classes),
            "scale": repr(self.scale),
            "best": repr(self.best),
            "plain": json.dumps(dict(self.plain)),
            "decisions": json.dumps(dict(self.decisions)),
        }
        content: bytes = save(arrays, metadata)
        return content


def load_model(content: bytes, name: str) -> tuple[ReaderModel, dict[str, Any]]:
    """The model in `content`, and the further tensors kept with it; ModelError for anything else, named `name`."""
    import numpy as np
    from safetensors.numpy import load

    try:
        size = int.from_bytes(content[:8], "little")
        metadata: dict[str, str] = json.loads(content[8 : 8 + size])["__metadata__"]
        tensors = load(content)
        if metadata.pop("format") != FORMAT:
            raise ModelError(f"{name} was made by another version of this program. Run `trustbot-ingest --train`.")
        arrays = {key: tensors.pop(key).astype(np.float32) for key in ("own", "joined", "bias", "covered")}
        model = ReaderModel(
            tuple(json.loads(metadata.pop("classes"))),
            scale=float(metadata.pop("scale")),
            best=float(metadata.pop("best", "0.0")),
            plain=json.loads(metadata.pop("plain")),
            decisions=json.loads(metadata.pop("decisions")),
            metadata=metadata,
            **arrays,
        )
        _check(model)
    except ModelError:
        raise
    except Exception as error:  # a damaged file fails in as many ways as there are parsers below
        raise ModelError(
            f"{name} holds no reader ({type(error).__name__}). Run `trustbot-ingest --train`, or restore the file."
        ) from None
    return model, tensors


def probability(score: float) -> float:
    """What a score says as a probability: its logistic function, without overflow."""
    return 1 / (1 + math.exp(-max(min(float(score), 40.0), -40.0)))


def judged(scores: Sequence[float] | Array, weights: Mapping[str, float]) -> float:
    """Score of "something answers" by the best two scores, where no head was taught; `weights` as in `plain`."""
    best, second = (*sorted((float(s) for s in scores), reverse=True)[:2], -20.0, -20.0)[:2]
    return weights["judge"] + weights["judge_best"] * best + weights["judge_second"] * second


def judged_of_few(scores: Sequence[float] | Array, weights: Mapping[str, float]) -> float:
    """The same for at most `FEW` sentences, by the best score alone: what is said once has no second beside it."""
    return weights["few"] + weights["few_best"] * max(map(float, scores), default=-20.0)


def change_hash(tensors: Mapping[str, Any]) -> str:
    """SHA-256 (hex) over the low-rank factors among `tensors`: what decides the weights that a change gives."""
    digest = hashlib.sha256()
    for name in sorted(name for name in tensors if LORA in name):
        digest.update(name.encode() + tensors[name].tobytes())
    return digest.hexdigest()


def _check(model: ReaderModel) -> None:
    import numpy as np

    count = len(model.classes)
    arrays = (model.own, model.joined, model.bias, model.covered)
    if model.own.shape != model.joined.shape or model.own.shape[:1] != (count,) or model.bias.shape != (count,):
        raise ValueError("shapes")
    if model.own.ndim != 2 or model.covered.shape not in ((0,), (2 * model.own.shape[1] + 1,)):
        raise ValueError("shapes")
    numbers = (model.scale, *model.plain.values(), *model.decisions.values())
    if not all(np.isfinite(array).all() for array in (*arrays, numbers)):
        raise ValueError("not finite")

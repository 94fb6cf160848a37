"""What kind of message it is: by the learned head, beside a few patterns that leave no doubt."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import cast

from trustbot.query.safety.model import KINDS, SafetyModel
from trustbot.types import HELPED, SafetyKind

_SELF_HARM = (
    r"\bkms\b",
    r"\bkill(?:ing)? (?:myself|himself|herself|themself|themselves)\b",
    r"\b(?:want(?:s|ed)?|going|plan(?:s|ned|ning)?) to (?:die|end (?:my|his|her|their) life)\b",
    r"\b(?:i am|i'm|im|feel(?:s|ing)?|felt|(?:is|he's|she's|been)) suicidal\b",
    r"\b(?:quiero|quiere|quisiera) (?:morir(?:me|se)?|matar(?:me|se))\b",
    r"\b(?:suicidarme|matarme)\b",
)
_PLAIN = re.compile("|".join(_SELF_HARM), re.IGNORECASE)


def plain_kind(text: str) -> SafetyKind | None:
    """The kind that a message is beyond doubt; None where only the learned part can tell."""
    return "self_harm" if _PLAIN.search(text.replace("’", "'")) else None


class LearnedClassifier:
    """Tells the kind of a message. Safe to share between threads."""

    def __init__(self, model: SafetyModel) -> None:
        self._model = model

    def kind_of(self, text: str, turns: Sequence[str]) -> SafetyKind | None:
        """The gravest kind that `text` is, said after the earlier user turns `turns`, oldest first; None if none."""
        return plain_kind(text) or gravest(self._model.read(text, tuple(turns)).kinds, self._model.thresholds)

    def is_sure(self, text: str, turns: Sequence[str]) -> bool:
        """Whether it is one of the kinds that are answered with help, beyond doubt."""
        kinds = self._model.read(text, tuple(turns)).kinds
        return plain_kind(text) is not None or sum(kinds[k] for k in HELPED) >= self._model.thresholds["sure"]


def gravest(kinds: Mapping[str, float], thresholds: Mapping[str, float]) -> SafetyKind | None:
    """The kind that is decided on: what is one of the graver kinds counts towards each of the less grave.

    A message that is torn between two of them is one of them all the same.
    """
    together = 0.0
    for place, kind in enumerate(KINDS):
        together += kinds[kind]
        if together >= thresholds[kind]:
            return cast("SafetyKind", max(KINDS[: place + 1], key=lambda k: kinds[k]))
    return None

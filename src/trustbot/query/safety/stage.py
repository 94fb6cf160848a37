"""The first stage: identifiers masked, and the kind of help that somebody needs before an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from trustbot.types import SafetyKind, Turn


@dataclass(frozen=True, slots=True)
class Screened:
    """A message and its conversation as every later stage sees them."""

    question: str
    """With `[NAME]` and the like in place of identifiers."""
    history: tuple[Turn, ...] = ()
    """Masked alike."""
    kind: SafetyKind | None = None
    """What is said before, or instead of, an answer; None for an ordinary question."""
    again: bool = False
    """Whether an earlier message of the conversation was of the same kind."""
    masked: tuple[str, ...] = ()
    """Kinds of the identifiers that stood in the question, each once, in their order."""


class Classifier(Protocol):
    """Tells what a message is about; `classifier.LearnedClassifier` is one."""

    def kind_of(self, text: str, turns: Sequence[str]) -> SafetyKind | None:
        """The gravest kind that `text` is, said after the earlier user turns `turns`, oldest first; None if none."""


class Masker(Protocol):
    """Finds identifiers; `identifiers.Identifiers` is one."""

    def mask(self, text: str) -> tuple[str, tuple[str, ...]]:
        """`text` with its identifiers replaced by their kinds, and these kinds."""


class Safety:
    """The stage. Safe to share between threads."""

    def __init__(self, classifier: Classifier, masker: Masker) -> None:
        self._classifier = classifier
        self._masker = masker

    def screen(self, question: str, history: Sequence[Turn] = ()) -> Screened:
        """What later stages may see of `question`, and what it is about.

        Whatever fails here fails for the question as well: nothing unscreened is answered.
        """
        text, masked = self._masker.mask(question)
        turns = tuple(replace(t, text=self._masker.mask(t.text)[0]) if t.role == "user" else t for t in history)
        said = [t.text for t in turns if t.role == "user"]
        kind = self._classifier.kind_of(text, said)
        again = kind is not None and any(
            self._classifier.kind_of(earlier, said[:place]) == kind for place, earlier in enumerate(said)
        )
        return Screened(text, turns, kind, again, masked)

"""The first stage: identifiers masked, and the kind of help that somebody needs before an answer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from trustbot.models.cards import exported_dir, read_card, reader_id
from trustbot.query.safety.identifiers import words_of
from trustbot.query.safety.model import SafetyModel, packaged_heads
from trustbot.types import HELPED, Corpus, SafetyKind, Turn


@dataclass(frozen=True, slots=True)
class Screened:
    """A message and its conversation as every later stage sees them."""

    question: str
    """With `[NAME]` and the like in place of identifiers."""
    history: tuple[Turn, ...] = ()
    """Masked alike."""
    kind: SafetyKind | None = None
    """What is said before, or instead of, an answer; None for an ordinary question."""
    unsure: SafetyKind | None = None
    """What it may be about instead: help comes first only where nothing answers it."""
    again: bool = False
    """Whether an earlier message of the conversation was of the same kind."""
    before: SafetyKind | None = None
    """What the message before this one was about: where nothing answers this one, it is still about that."""
    masked: tuple[str, ...] = ()
    """Kinds of the identifiers that stood in the question, each once, in their order."""


RECENT = 4
"""Earlier messages that are looked at again; those that were asked here are remembered."""


class Classifier(Protocol):
    """Tells what a message is about; `classifier.LearnedClassifier` is one."""

    def kind_of(self, text: str, turns: Sequence[str]) -> SafetyKind | None:
        """The gravest kind that `text` is, said after the earlier user turns `turns`, oldest first; None if none."""

    def is_sure(self, text: str, turns: Sequence[str]) -> bool:
        """Whether it is one of the kinds beyond doubt."""


class Masker(Protocol):
    """Finds identifiers; `identifiers.Identifiers` is one."""

    def mask(self, text: str, public: Collection[str] = ()) -> tuple[str, tuple[str, ...]]:
        """`text` with its identifiers replaced by their kinds, and these kinds; what `public` holds is not masked."""


def public_words(corpus: Corpus) -> frozenset[str]:
    """The words of the corpus and of its authors' names, in lower case: whom these name is nobody's secret."""
    texts = [*(d.text for d in corpus.documents), *(a for s in corpus.sources for a in s.authors)]
    return frozenset(w for text in texts for w in words_of(text))


def open_safety(models_dir: Path) -> Safety:
    """The stage with what the package ships; ModelError if its encoder was not prepared in `models_dir`, or altered."""
    from trustbot.models.embedders import open_graph
    from trustbot.query.safety.classifier import LearnedClassifier
    from trustbot.query.safety.identifiers import Identifiers

    heads, _ = packaged_heads()
    folder = exported_dir(reader_id(heads.metadata["graph"]), models_dir)
    model = SafetyModel(open_graph(folder, read_card(folder)), heads)
    return Safety(LearnedClassifier(model), Identifiers(model))


class Safety:
    """The stage. Safe to share between threads."""

    def __init__(self, classifier: Classifier, masker: Masker) -> None:
        self._classifier = classifier
        self._masker = masker

    def screen(self, question: str, history: Sequence[Turn] = (), public: Collection[str] = ()) -> Screened:
        """What later stages may see of `question`, and what it is about.

        `public` are the words that stand in the corpus, in lower case: whom it names may be named.
        Whatever fails here fails for the question as well: nothing unscreened is answered.
        """
        text, masked = self._masker.mask(question, public)
        turns = tuple(replace(t, text=self._masker.mask(t.text, public)[0]) if t.role == "user" else t for t in history)
        said = [t.text for t in turns if t.role == "user"]
        kind = self._classifier.kind_of(text, said)
        places = range(max(0, len(said) - RECENT), len(said))
        earlier = [self._classifier.kind_of(said[place], said[:place]) for place in places]
        before = earlier[-1] if earlier else None
        again = kind is not None and kind in earlier
        if kind in HELPED and not self._classifier.is_sure(text, said):
            return Screened(text, turns, None, kind, again, before, masked)
        return Screened(text, turns, kind, None, again, before, masked)

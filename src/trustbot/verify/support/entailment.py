"""Do passages entail a sentence? A cross-encoder trained for natural language inference -> yes, or why not.

In: a folder with a sentence-transformers CrossEncoder of three labels, and sentences with their passages. Out: the
label that speaks against a sentence. Which label is which, the model's own `id2label` decides. This module knows no
rule and no marker: it reads pairs of texts, the passages first.

The model cuts a pair that is longer than it can read (512 word pieces for most), so the end of long passages is not
read: a sentence that rests on it falls, and what it cites is shown in its own words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from trustbot.errors import ModelError
from trustbot.models.cross_encoder import CrossEncoder

LABELS = 3
ENTAILS = "entail"
DENIES = "contradict"
"""How the names of two of the labels begin, whatever else they are called ("ENTAILMENT", "entailed")."""


class Entailment(CrossEncoder):
    """A second opinion by a cross-encoder. Safe to share between threads."""

    name = "entailment"
    role, setting = "verifier", "TRUSTBOT_VERIFIER"

    def __init__(self, folder: str | Path) -> None:
        """Check the folder; the weights are loaded at first use.

        Raises ModelError where it holds no cross-encoder of three labels that name entailment and contradiction.
        """
        super().__init__(folder)
        self._labels = self._named(self._described().get("id2label") or {})

    def refuses(self, sentence: str, passages: Sequence[str]) -> str:
        """The model's most likely label where it isn't entailment, in lower case; else empty.

        Raises ModelError if the model can't be loaded or gives no numbers.
        """
        (scores,) = self._scores([(" ".join(passages), sentence)])
        best = max(range(LABELS), key=lambda i: scores[i])
        return "" if self._labels[best].startswith(ENTAILS) else self._labels[best]

    def warm_up(self) -> None:
        """Load the model and score one pair; raises ModelError as `refuses` does."""
        self._scores([("warm", "up")])

    def close(self) -> None:
        """Nothing to let go of."""

    def _named(self, stored: Mapping[str, str]) -> Mapping[int, str]:
        """The labels by their places, in lower case; ModelError unless they are three that say which is which."""
        # Not written for the library's default, which is two.
        count = len(stored) or 2
        if count != LABELS:
            raise ModelError(
                f"The model in {self._folder} has {count} label{'' if count == 1 else 's'}, and a verifier must have "
                f"three: entailment, neutral and contradiction. {self._mend}"
            )
        labels = {int(place): str(label).lower() for place, label in stored.items()}
        for wanted in (ENTAILS, DENIES):
            if sum(label.startswith(wanted) for label in labels.values()) != 1:
                raise ModelError(
                    f"The labels of the model in {self._folder} ({', '.join(labels.values())}) don't say which one is "
                    f"{wanted}{'ment' if wanted == ENTAILS else 'ion'}. Name them in id2label of its config.json, "
                    "or unset TRUSTBOT_VERIFIER."
                )
        return labels

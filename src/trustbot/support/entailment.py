"""Do passages entail a sentence? A cross-encoder trained for natural language inference -> yes, or why not.

In: a folder with a sentence-transformers CrossEncoder of three labels, and sentences with their passages. Out: the
label that speaks against a sentence. Which label is which, the model's own `id2label` decides. This module knows no
rule and no marker: it reads pairs of texts, the passages first.

The model cuts a pair that is longer than it can read (512 word pieces for most), so the end of long passages is not
read: a sentence that rests on it falls, and what it cites is shown in its own words.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trustbot.embedding import encodable
from trustbot.errors import ModelError

MEND = "Correct TRUSTBOT_VERIFIER, or unset it."
LABELS = 3
ENTAILS = "entail"
DENIES = "contradict"
"""How the names of two of the labels begin, whatever else they are called ("ENTAILMENT", "entailed")."""


class Entailment:
    """A second opinion by a cross-encoder. Safe to share between threads."""

    name = "entailment"

    def __init__(self, folder: str | Path) -> None:
        """Check the folder; the weights are loaded at first use.

        Raises ModelError where it holds no cross-encoder of three labels that name entailment and contradiction.
        """
        self._folder = Path(folder).expanduser()
        self._labels = _labels(self._folder)
        self._lock = threading.Lock()
        self._model: Any = None

    def refuses(self, sentence: str, passages: Sequence[str]) -> str:
        """The model's most likely label where it isn't entailment, in lower case; else empty.

        Raises ModelError if the model can't be loaded or gives no numbers.
        """
        scores = self._scores(" ".join(passages), sentence)
        best = max(range(LABELS), key=lambda i: scores[i])
        return "" if self._labels[best].startswith(ENTAILS) else self._labels[best]

    def warm_up(self) -> None:
        """Load the model and score one pair; raises ModelError as `refuses` does."""
        self._scores("warm", "up")

    def close(self) -> None:
        """Nothing to let go of."""

    def _scores(self, passages: str, sentence: str) -> list[float]:
        # One at a time: the tokenizer's own settings change during a call.
        with self._lock:
            if self._model is None:
                self._model = _load(self._folder)
            pair = (encodable(passages), encodable(sentence))
            (scores,) = self._model.predict([pair], show_progress_bar=False)
        values = [float(score) for score in scores]
        if not all(math.isfinite(value) for value in values):
            raise ModelError(f"The verifier in {self._folder} gives scores that are no numbers. {MEND}")
        return values


def _labels(folder: Path) -> Mapping[int, str]:
    """The labels by their places, in lower case; ModelError unless the folder's own description fits."""
    if not folder.is_dir():
        raise ModelError(f"There is no folder {folder} to load a verifier from. {MEND}")
    config = _read(folder / "config.json")
    architectures = [str(name) for name in config.get("architectures") or ()]
    if not any(name.endswith("ForSequenceClassification") for name in architectures):
        found = architectures[0] if architectures else "no model"
        raise ModelError(f"The folder {folder} holds {found}, and a verifier must be a cross-encoder. {MEND}")
    named = config.get("id2label") or {}
    # Not written for the library's default, which is two.
    count = len(named) or 2
    if count != LABELS:
        raise ModelError(
            f"The model in {folder} has {count} label{'' if count == 1 else 's'}, and a verifier must have three: "
            f"entailment, neutral and contradiction. {MEND}"
        )
    labels = {int(place): str(label).lower() for place, label in named.items()}
    for wanted in (ENTAILS, DENIES):
        if sum(label.startswith(wanted) for label in labels.values()) != 1:
            raise ModelError(
                f"The labels of the model in {folder} ({', '.join(labels.values())}) don't say which one is "
                f"{wanted}{'ment' if wanted == ENTAILS else 'ion'}. Name them in id2label of its config.json, "
                "or unset TRUSTBOT_VERIFIER."
            )
    return labels


def _read(path: Path) -> dict[str, Any]:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} can't be read ({type(error).__name__}). {MEND}") from None
    return stored if isinstance(stored, dict) else {}


def _load(folder: Path) -> Any:
    from trustbot.embedders import quiet

    with quiet():
        from sentence_transformers import CrossEncoder

        try:
            model = CrossEncoder(str(folder), local_files_only=True)
        except Exception as error:  # what the libraries below raise for a broken file shares no base class
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
            raise ModelError(f"The verifier in {folder} can't be loaded ({reason}). {MEND}") from None
    return model.eval()

"""A folder with a sentence-transformers CrossEncoder -> scores for pairs of texts.

In: a folder, what the model in it is for and which setting named it; pairs of texts. Out: the numbers that the model
gives each pair, or a ModelError that names the folder and the setting. This module knows neither what a score means nor
how many labels are wanted.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trustbot.errors import ModelError
from trustbot.models.cards import encodable


class CrossEncoder:
    """A cross-encoder on disk, loaded at first use; a subclass says what it is for. Safe to share between threads."""

    role: str
    """What it is for, such as "reranker"."""
    setting: str
    """Where its folder is named."""

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder).expanduser()
        self._mend = f"Correct {self.setting}, or unset it."
        self._lock = threading.Lock()
        self._model: Any = None

    def _described(self, *, declared: bool = False) -> Mapping[str, Any]:
        """The model's own configuration, `config.json`; ModelError where the folder holds no cross-encoder.

        Loading tells less: any encoder loads as a cross-encoder, with a head of random numbers. With `declared`, what
        sentence-transformers wrote beside it counts as well.
        """
        if not self._folder.is_dir():
            raise ModelError(f"There is no folder {self._folder} to load a {self.role} from. {self._mend}")
        config = self._read("config.json")
        if not is_classifier(config) and not (declared and self._is_declared()):
            found = (_architectures(config) or ["no model"])[0]
            raise ModelError(
                f"The folder {self._folder} holds {found}, and a {self.role} must be a cross-encoder. {self._mend}"
            )
        return config

    def _scores(self, pairs: Sequence[tuple[str, str]], batch_size: int = 32) -> list[list[float]]:
        """For each pair the score of each label; raises ModelError if the model can't be loaded or gives no number."""
        if not pairs:
            return []
        readable = [(encodable(first), encodable(second)) for first, second in pairs]
        # One at a time: the tokenizer's own settings change during a call, and two cores gain nothing from more.
        with self._lock:
            if self._model is None:
                self._model = self._load()
            found = self._model.predict(readable, batch_size=batch_size, show_progress_bar=False)
        values = [[float(score) for score in row] for row in found.reshape(len(pairs), -1)]
        if not all(math.isfinite(value) for row in values for value in row):
            raise ModelError(f"The {self.role} in {self._folder} gives scores that are no numbers. {self._mend}")
        return values

    def _check_loaded(self, model: Any) -> None:
        """Raise ModelError if a loaded model isn't fit, for a subclass that asks more than its configuration tells."""

    def _is_declared(self) -> bool:
        return self._read("config_sentence_transformers.json").get("model_type") == "CrossEncoder"

    def _read(self, name: str) -> dict[str, Any]:
        path = self._folder / name
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise ModelError(f"{path} can't be read ({type(error).__name__}). {self._mend}") from None
        return stored if isinstance(stored, dict) else {}

    def _load(self) -> Any:
        from trustbot.models.embedders import quiet

        with quiet():
            import sentence_transformers

            try:
                model = sentence_transformers.CrossEncoder(str(self._folder), local_files_only=True)
            except Exception as error:  # what the libraries below raise for a broken file shares no base class
                reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
                raise ModelError(
                    f"The {self.role} in {self._folder} can't be loaded ({reason}). {self._mend}"
                ) from None
        self._check_loaded(model)
        return model.eval()


def is_classifier(config: Mapping[str, Any]) -> bool:
    """Whether a configuration is that of a model with labels, as transformers writes it."""
    return any(name.endswith("ForSequenceClassification") for name in _architectures(config))


def _architectures(config: Mapping[str, Any]) -> list[str]:
    return [str(name) for name in config.get("architectures") or ()]

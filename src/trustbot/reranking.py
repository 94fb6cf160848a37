"""Passages -> the same passages, the best ones put in a better order by a cross-encoder.

In: the text of a query, and passages, best first. Out: the passages with score, rank and retriever brought up to date;
what retrieval found out about each (similarity, lexical) stays. Without a model, "keep order". This module knows no
index and no question: it reads pairs of texts.

A cross-encoder reads query and passage as one input, so it sees what two vectors can't, and costs one run of the model
per passage. The model cuts a pair that is longer than it can read (512 word pieces for most), the longer of the two
first: with chunks of the default size nothing is lost, with longer ones the end of a chunk is not read.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from trustbot.embedding import encodable
from trustbot.errors import ModelError
from trustbot.types import Passage

DEPTH = 20
"""Passages that are scored: one to two seconds on two cores for a model like MiniLM. The rest keep their order."""
BATCH = DEPTH
"""All at once: batches of ten took a third more time, of five twice as much."""
RETRIEVER = "cross-encoder"
MEND = "Correct TRUSTBOT_RERANKER, or unset it."


class Reranker(Protocol):
    """Puts passages in order."""

    depth: int
    """Passages that it wants to choose from, however few are kept."""

    def rerank(self, text: str, passages: Sequence[Passage]) -> list[Passage]:
        """All of `passages`, best first."""

    def warm_up(self) -> None:
        """Load what the first call would wait for."""


class KeepOrder:
    """The order that retrieval gave."""

    depth = 0

    def rerank(self, text: str, passages: Sequence[Passage]) -> list[Passage]:
        """`passages` as they are."""
        return list(passages)

    def warm_up(self) -> None:
        """Nothing to load."""


class CrossEncoderReranker:
    """A sentence-transformers CrossEncoder with one label. Safe to share between threads."""

    depth = DEPTH

    def __init__(self, folder: str | Path) -> None:
        """Check the folder; the weights are loaded at first use.

        Raises ModelError where it holds no cross-encoder, or one with several labels.
        """
        self._folder = Path(folder).expanduser()
        _check(self._folder)
        self._lock = threading.Lock()
        self._model: Any = None

    def rerank(self, text: str, passages: Sequence[Passage]) -> list[Passage]:
        """All of `passages`: the first `DEPTH` by the model's score, equal ones as they were, then the rest.

        A score is the model's own (0 to 1 for most, unbounded for some), so those of the rest don't compare with it.
        Raises ModelError if the model can't be loaded or gives no number.
        """
        head, rest = passages[:DEPTH], passages[DEPTH:]
        scores = self._scores([(encodable(text), encodable(p.chunk.embedded_text)) for p in head])
        order = sorted(range(len(head)), key=lambda i: -scores[i])
        best = [replace(head[i], score=scores[i], retriever=RETRIEVER) for i in order]
        return [replace(passage, rank=rank) for rank, passage in enumerate((*best, *rest), 1)]

    def warm_up(self) -> None:
        """Load the model and score one pair; raises ModelError as `rerank` does."""
        self._scores([("warm", "up")])

    def _scores(self, pairs: list[tuple[str, str]]) -> list[float]:
        if not pairs:
            return []
        # One at a time: the tokenizer's own settings change during a call, and two cores gain nothing from more.
        with self._lock:
            if self._model is None:
                self._model = _load(self._folder)
            scores = self._model.predict(pairs, batch_size=BATCH, show_progress_bar=False)
        values = [float(score) for score in scores]
        if not all(math.isfinite(value) for value in values):
            raise ModelError(f"The reranker in {self._folder} gives scores that are no numbers. {MEND}")
        return values


def open_reranker(setting: str) -> Reranker:
    """The cross-encoder in the folder named by the setting, or "keep order" where none is named."""
    return CrossEncoderReranker(setting) if setting else KeepOrder()


def _check(folder: Path) -> None:
    """ModelError unless the folder's own description is that of a cross-encoder with one label.

    Loading tells less: any encoder loads as a cross-encoder, with a head of random numbers.
    """
    if not folder.is_dir():
        raise ModelError(f"There is no folder {folder} to load a reranker from. {MEND}")
    config = _read(folder / "config.json")
    architectures = [str(name) for name in config.get("architectures") or ()]
    classifier = any(name.endswith("ForSequenceClassification") for name in architectures)
    declared = _read(folder / "config_sentence_transformers.json").get("model_type") == "CrossEncoder"
    if not classifier and not declared:
        found = architectures[0] if architectures else "no model"
        raise ModelError(f"The folder {folder} holds {found}, and a reranker must be a cross-encoder. {MEND}")
    # Not written for the library's default, which is two.
    labels = len(config.get("id2label") or (0, 1))
    if classifier and labels != 1:
        raise _several(folder, labels)


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
            raise ModelError(f"The reranker in {folder} can't be loaded ({reason}). {MEND}") from None
    if model.num_labels != 1:
        raise _several(folder, model.num_labels)
    return model.eval()


def _several(folder: Path, labels: int) -> ModelError:
    return ModelError(f"The model in {folder} has {labels} labels, and a reranker must have one. {MEND}")

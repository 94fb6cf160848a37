"""Passages -> the same passages, the best ones put in a better order by a cross-encoder.

In: the text of a query, and passages, best first. Out: the passages with score, rank and retriever brought up to date;
what retrieval found out about each (similarity, lexical) stays. Without a model, "keep order". This module knows no
index and no question: it reads pairs of texts.

A cross-encoder reads query and passage as one input, so it sees what two vectors can't, and costs one run of the model
per passage. The model cuts a pair that is longer than it can read (512 word pieces for most), the longer of the two
first: with chunks of the default size nothing is lost, with longer ones the end of a chunk is not read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from trustbot.errors import ModelError
from trustbot.models.cross_encoder import CrossEncoder, is_classifier
from trustbot.models.ordering import descending
from trustbot.types import Passage

DEPTH = 20
"""Passages that are scored: one to two seconds on two cores for a model like MiniLM. The rest keep their order."""
BATCH = DEPTH
"""All at once: batches of ten took a third more time, of five twice as much."""
RETRIEVER = "cross-encoder"


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


class CrossEncoderReranker(CrossEncoder):
    """A sentence-transformers CrossEncoder with one label. Safe to share between threads."""

    role, setting = "reranker", "TRUSTBOT_RERANKER"
    depth = DEPTH

    def __init__(self, folder: str | Path) -> None:
        """Check the folder; the weights are loaded at first use.

        Raises ModelError where it holds no cross-encoder, or one with several labels.
        """
        super().__init__(folder)
        config = self._described(declared=True)
        # Not written for the library's default, which is two.
        labels = len(config.get("id2label") or (0, 1))
        if is_classifier(config) and labels != 1:
            raise self._several(labels)

    def rerank(self, text: str, passages: Sequence[Passage]) -> list[Passage]:
        """All of `passages`: the first `DEPTH` by the model's score, equal ones as they were, then the rest.

        A score is the model's own (0 to 1 for most, unbounded for some), so those of the rest don't compare with it.
        Raises ModelError if the model can't be loaded or gives no number.
        """
        head, rest = passages[:DEPTH], passages[DEPTH:]
        scores = [score for (score,) in self._scores([(text, p.chunk.embedded_text) for p in head], BATCH)]
        best = [replace(head[i], score=scores[i], retriever=RETRIEVER) for i in descending(scores)]
        return [replace(passage, rank=rank) for rank, passage in enumerate((*best, *rest), 1)]

    def warm_up(self) -> None:
        """Load the model and score one pair; raises ModelError as `rerank` does."""
        self._scores([("warm", "up")])

    def _check_loaded(self, model: Any) -> None:
        if model.num_labels != 1:
            raise self._several(model.num_labels)

    def _several(self, labels: int) -> ModelError:
        return ModelError(
            f"The model in {self._folder} has {labels} labels, and a reranker must have one. {self._mend}"
        )


def open_reranker(setting: str) -> Reranker:
    """The cross-encoder in the folder named by the setting, or "keep order" where none is named."""
    return CrossEncoderReranker(setting) if setting else KeepOrder()

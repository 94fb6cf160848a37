"""The reader that runs with nothing: one encoder, and what a question bank taught."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from trustbot.errors import ModelError
from trustbot.models.cards import exported_dir, read_card, reader_id
from trustbot.reading.bank import Named
from trustbot.reading.model import FEW, MOST_TOKENS, ReaderModel, joined, judged, judged_of_few, load_model, probability
from trustbot.reading.reader import Reading
from trustbot.reading.sentences import classes_of, places_of, plain_sentences, texts_of
from trustbot.reading.weights import OPERATION
from trustbot.runtime.stopping import Stop
from trustbot.types import Corpus, Query, Quote

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

ALONE = 0.95
"""Probability from which one sentence is enough to think that something answers, though no other is near. In the three
guidances that the general reader never saw, no sentence of a question that was declined is as likely."""
SENTENCES_KEPT = 20_000
"""Vectors of sentences that were read before: 30 MB at 384 numbers each."""


class TextEncoder(Protocol):
    """What this module needs of an encoder."""

    def embed_query(self, text: str) -> list[float]:
        """A vector of length one."""

    def embed_array(self, texts: Sequence[str]) -> Array:
        """Vectors of length one, shape (len(texts), d)."""


def open_reader(content: bytes, corpus: Corpus, models_dir: Path) -> LocalReader:
    """The reader whose file an index version holds; ModelError if its encoder is not there or was altered."""
    from trustbot.models.embedders import open_graph

    model, tensors = load_model(content, "The index's reader")
    key = model.metadata["graph"]
    folder = exported_dir(reader_id(key), models_dir)
    encoder = open_graph(folder, read_card(folder), last=MOST_TOKENS)
    named = [Named(*one) for one in json.loads(model.metadata.get("named", "[]"))]
    return LocalReader(encoder, model, corpus, named, _kept(model, tensors, corpus, named))


def _kept(model: ReaderModel, tensors: Mapping[str, Any], corpus: Corpus, named: Sequence[Named]) -> dict[str, Array]:
    """Text -> vector of the sentences that ingest has read, where they are those of this corpus."""
    import numpy as np

    rows = tensors.get("sentences")
    if rows is None:
        return {}
    texts = ["\n".join(texts_of(q)) for q in plain_sentences(corpus, model.classes, named)]
    same = hashlib.sha256("\n".join(texts).encode()).hexdigest() == model.metadata.get("sentences")
    if not same or len(texts) != len(rows):
        raise ModelError("The index's reader belongs to another corpus. Run `trustbot-ingest`.")
    return dict(zip(texts, rows.astype(np.float32), strict=True))


class LocalReader:
    """Reads with an encoder and a `ReaderModel`. Safe to share between threads."""

    def __init__(
        self,
        encoder: TextEncoder,
        model: ReaderModel,
        corpus: Corpus,
        named: Sequence[Named] = (),
        vectors: Mapping[str, Array] | None = None,
    ) -> None:
        """`named` are the sentences that the bank names; `vectors` those of sentences that were read at ingest."""
        self.decisions: Mapping[str, float] = model.decisions
        """Thresholds of `evidence`, as they were calibrated."""
        self._encoder = encoder
        self._model = model
        self._corpus = corpus
        self._named = places_of(corpus, named)
        self._places = {name: i for i, name in enumerate(model.classes)}
        self._taught: dict[tuple[str, int, int], list[int]] = {}
        self._known = dict(vectors or {})
        # Of the encoder, not of `self`: a reader that held itself would outlive the index version that it belongs to.
        self._vector = lru_cache(SENTENCES_KEPT)(lambda text: encoder.embed_array([text])[0])

    def read(self, query: Query, sentences: Sequence[Quote], stop: Stop | None = None) -> Reading:
        """How likely each of `sentences` answers `query`: by what its questions taught, or else by its own words.

        Raises TooSlow once `stop` allows no more time.
        """
        import numpy as np

        own, conversation = self._question(query)
        scores = self._model.logits(own, conversation)
        taught = [self._classes(quote) for quote in sentences]
        plain = [quote for quote, places in zip(sentences, taught, strict=True) if not places]
        unread = iter(self._plain(plain, own, conversation, stop or Stop()))
        found = np.array([scores[places].max() if places else next(unread) for places in taught], dtype=np.float32)
        covered = self._model.coverage(own, conversation)
        operations = {c.removeprefix(OPERATION): i for c, i in self._places.items() if c.startswith(OPERATION)}
        return Reading(
            tuple(probability(score) for score in found),
            self._judged(found, len(plain)) if covered is None else probability(covered),
            {name: probability(scores[i]) for name, i in operations.items()},
            model=self._model.metadata.get("name", "local"),
        )

    def _judged(self, scores: Array, untaught: int) -> float:
        """Probability that anything answers, by the best scores; `untaught` of the sentences are the corpus's own."""
        if untaught <= FEW and "few" in self._model.plain:  # an index that was made before has no such weights
            return probability(judged_of_few(scores, self._model.plain))
        best = max((probability(score) for score in scores), default=0.0)
        by_both = probability(judged(scores, self._model.plain))
        return max(by_both, best) if best >= ALONE else by_both

    def _classes(self, quote: Quote) -> list[int]:
        """Places of the classes that a sentence stands for; remembered, as they are the same for every question."""
        key = (quote.chunk.id, quote.start, quote.end)
        known = self._taught.get(key)
        if known is None:
            (names,) = classes_of([quote], self._corpus, self._named)
            known = [self._places[name] for name in names if name in self._places]
            if len(self._taught) < SENTENCES_KEPT:
                self._taught[key] = known
        return known

    def _question(self, query: Query) -> tuple[Array, Array]:
        import numpy as np

        own = np.asarray(self._encoder.embed_query(query.text), dtype=np.float32)
        if not query.turns:
            return own, own
        return own, np.asarray(self._encoder.embed_query(joined(query.text, query.turns)), dtype=np.float32)

    def _plain(self, sentences: Sequence[Quote], own: Array, conversation: Array, stop: Stop) -> list[float]:
        """Scores of sentences that no question taught."""
        import numpy as np

        if not sentences:
            return []
        read = []
        for quote in sentences:  # of a corpus that no question taught, each costs a run of the encoder
            stop.check()
            read.append(self._row(quote))
        rows = np.stack(read)
        weights = self._model.plain
        mixed = weights["share"] * (rows @ own) + (1 - weights["share"]) * (rows @ conversation)
        return [float(score) for score in weights["scale"] * mixed + weights["bias"]]

    def _row(self, quote: Quote) -> Array:
        """The vector of a sentence: those of all that is read of it, together."""
        texts = texts_of(quote)
        known = self._known.get("\n".join(texts))
        if known is not None:
            return known
        both: Array = sum((self._vector(text) for text in texts[1:]), start=self._vector(texts[0]))
        length = float((both @ both) ** 0.5)
        return both / (length or 1.0)

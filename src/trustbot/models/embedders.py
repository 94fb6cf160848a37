"""The two embedders: the same weights as one ONNX graph, and through sentence-transformers.

In: texts. Out: vectors of length one, float32, one row a text. Both are LangChain `Embeddings`. Texts longer
than `max_tokens` are cut off by the model in silence, so whoever makes chunks asks `count_tokens` first. This
module knows neither chunks nor the index. Importing it costs LangChain's base class (0.4 s);
`trustbot.models.embedding` is the light door to it.
"""

from __future__ import annotations

import json
import os
import threading
import warnings
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any
from weakref import WeakMethod, WeakValueDictionary

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from trustbot.errors import ModelError
from trustbot.models.cards import GRAPH, ModelCard, ModelId, encodable, load_tokenizer, piece_counter
from trustbot.types import TokenVectors

Vectors = NDArray[np.float32]

BATCH = 8
"""Of texts alike in length. Larger ones only add padding: 32 was a third slower and took twice the memory."""

THREADS = 2
QUERIES_KEPT = 256
"""About 3 MB at 384 numbers a query."""


class Embedder(Embeddings):
    """Texts to vectors of length one.

    `name` and `weights_hash` identify the weights, `dimension` is the length of a row, `max_tokens` the most
    word pieces that the model reads.
    """

    name: str
    weights_hash: str
    dimension: int
    max_tokens: int

    def __init__(self) -> None:
        own = WeakMethod(self._query_row)

        @lru_cache(maxsize=QUERIES_KEPT)
        def query_row(text: str) -> tuple[float, ...]:
            # Weakly: an embedder that held itself would keep its graph in memory until Python looks for such cycles.
            row = own()
            assert row is not None  # noqa: S101 - whoever calls this holds the embedder
            return row(text)

        self._cached_query = query_row

    @abstractmethod
    def embed_array(self, texts: Sequence[str]) -> Vectors:
        """Vectors of `texts`, in their order: shape (len(texts), dimension)."""

    @abstractmethod
    def token_vectors(self, texts: Sequence[str]) -> list[TokenVectors]:
        """Tokens of each text with their offsets and vectors, special ones left out."""

    @abstractmethod
    def count_tokens(self, text: str) -> int:
        """Word pieces of `text`, the model's special ones included; more than `max_tokens` are cut off."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """LangChain's form of `embed_array`."""
        rows: list[list[float]] = self.embed_array(texts).tolist()
        return rows

    def embed_query(self, text: str) -> list[float]:
        """Vector of one query; recent ones are remembered."""
        return list(self._cached_query(text))

    def _query_row(self, text: str) -> tuple[float, ...]:
        return tuple(self._embed_queries([text])[0].tolist())

    def _embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self.embed_array(texts)


class OnnxEmbedder(Embedder):
    """An exported graph with pooling and normalisation inside, run by onnxruntime."""

    def __init__(self, folder: Path, card: ModelCard, *, last: int | None = None) -> None:
        """With `last`, only that many word pieces at the end of a text are read."""
        super().__init__()
        self.name, self.weights_hash = card.name, card.weights_hash
        self.dimension, self.max_tokens = card.dimension, card.max_tokens
        self._count = piece_counter(folder)
        self._tokenizer = load_tokenizer(folder)
        # The bundled file cuts and pads to 128 tokens, whatever the model really reads.
        self._tokenizer.enable_truncation(last or card.max_tokens, direction="left" if last else "right")
        self._tokenizer.enable_padding(length=None, pad_id=card.pad_id, pad_token=card.pad_token)
        self._session = _session(folder / GRAPH)

    def embed_array(self, texts: Sequence[str]) -> Vectors:
        """Vectors of `texts`, in their order: shape (len(texts), dimension)."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for batch, _, rows in self._run("sentence_embedding", texts):
            vectors[batch] = rows
        return vectors

    def token_vectors(self, texts: Sequence[str]) -> list[TokenVectors]:
        """Tokens of each text with their offsets and vectors, special ones left out."""
        found: dict[int, TokenVectors] = {}
        for batch, encoded, rows in self._run("token_embeddings", texts):
            found |= {i: _token_vectors(e, r) for i, e, r in zip(batch, encoded, rows, strict=True)}
        return [found[i] for i in range(len(texts))]

    def count_tokens(self, text: str) -> int:
        """Word pieces of `text`, the model's special ones included; more than `max_tokens` are cut off."""
        return self._count(text)

    def _run(self, output: str, texts: Sequence[str]) -> Iterator[tuple[list[int], list[Any], Vectors]]:
        """Batches of alike length: the places of their texts, the encodings, and what the graph puts out."""
        by_length = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for first in range(0, len(by_length), BATCH):
            batch = by_length[first : first + BATCH]
            encoded = self._tokenizer.encode_batch([encodable(texts[i]) for i in batch])
            inputs = {
                "input_ids": np.array([e.ids for e in encoded], dtype=np.int64),
                "attention_mask": np.array([e.attention_mask for e in encoded], dtype=np.int64),
            }
            yield batch, encoded, self._session.run([output], inputs)[0]


_open: WeakValueDictionary[tuple[str, ...], OnnxEmbedder] = WeakValueDictionary()
_opening = threading.Lock()


def open_graph(folder: Path, card: ModelCard, *, last: int | None = None) -> OnnxEmbedder:
    """The embedder of an exported graph; `last` is as in `OnnxEmbedder`.

    As long as somebody has it, it is the same one for the same files: each takes some 100 MB.
    """
    key = (json.dumps(asdict(card), sort_keys=True), str(last))
    with _opening:
        known = _open.get(key)
        if known is None:
            known = _open[key] = OnnxEmbedder(folder, card, last=last)
        return known


class SentenceTransformerEmbedder(Embedder):
    """A sentence-transformers folder, loaded with no network."""

    def __init__(self, directory: Path, model: ModelId) -> None:
        super().__init__()
        self.name, self.weights_hash = model.name, model.weights_hash
        with quiet():
            from sentence_transformers import SentenceTransformer

            try:
                self.model: Any = SentenceTransformer(str(directory), local_files_only=True)
            except (OSError, ValueError, KeyError, ImportError) as error:
                reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
                raise ModelError(
                    f"The model in {directory} can't be loaded ({reason}). Correct TRUSTBOT_EMBEDDER, or mend it."
                ) from None
        self.model.eval()
        self.dimension = int(self.model.get_embedding_dimension())
        self.max_tokens = _max_tokens(self.model)
        self._prompts: dict[str, str] = dict(self.model.prompts or {})

    def embed_array(self, texts: Sequence[str]) -> Vectors:
        """Vectors of `texts`, in their order: shape (len(texts), dimension)."""
        return self._encode(self.model.encode_document, texts)

    def count_tokens(self, text: str) -> int:
        """Word pieces of `text`, the model's special ones and its document prompt included."""
        full = self._prompts.get("document", "") + encodable(text)
        return len(self.model.tokenizer(full, truncation=False, verbose=False)["input_ids"])

    def token_vectors(self, texts: Sequence[str]) -> list[TokenVectors]:
        """Tokens of each text with their offsets and vectors, special ones left out."""
        if not texts:
            return []
        readable = [encodable(t) for t in texts]
        with quiet():
            rows = self.model.encode(
                readable, batch_size=BATCH, show_progress_bar=False, output_value="token_embeddings"
            )
        tokenizer = self.model.tokenizer.backend_tokenizer
        tokenizer.no_padding()
        tokenizer.enable_truncation(self.max_tokens)
        encoded = [tokenizer.encode(t) for t in readable]
        return [_token_vectors(e, np.asarray(r.cpu())) for e, r in zip(encoded, rows, strict=True)]

    def _embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(self.model.encode_query, texts)

    def _encode(self, encode: Any, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        with quiet():
            rows = encode(
                [encodable(t) for t in texts],
                batch_size=BATCH,
                show_progress_bar=False,
                normalize_embeddings=True,
            )
        return np.asarray(rows, dtype=np.float32)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the bars and warnings of torch and transformers from the terminal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from transformers.utils import logging

        logging.set_verbosity_error()
        logging.disable_progress_bar()
        yield


def _token_vectors(encoded: Any, rows: NDArray[np.float32]) -> TokenVectors:
    own = [i for i, special in enumerate(encoded.special_tokens_mask) if not special]
    offsets = np.array([encoded.offsets[i] for i in own], dtype=np.int64).reshape(-1, 2)
    vectors = np.asarray(rows, dtype=np.float32)[own]
    return TokenVectors(offsets, vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12))


def _session(graph: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = min(THREADS, os.cpu_count() or 1)
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions share no base class
        raise ModelError(f"{graph} can't be loaded ({type(error).__name__}). Run `trustbot-ingest` again.") from None


def _max_tokens(model: Any) -> int:
    # Some models leave it open; 512 is what their position table holds at least.
    limit = model.max_seq_length
    return int(limit) if limit else 512

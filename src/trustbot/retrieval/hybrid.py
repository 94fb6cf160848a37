"""Query -> passages: dense and lexical search over one index, fused.

In: a query and the parts of an open index. Out: `Passage`s, best first. This module knows neither how the query was
made nor what is done with the passages.

Each score is first put on one scale, as its distance from the ordinary score of the corpus for that query, in
standard deviations; then the two are added in fixed shares. Ranks alone would throw away by how much the first hit
leads (Bruch, Gai and Ingber 2023, "An Analysis of Fusion Functions for Hybrid Retrieval"). The shares were chosen on
the development halves of SciFact, MTRAG and MTRAG-UN together, one setting for all three.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from trustbot.models.ordering import descending
from trustbot.retrieval.bm25 import LexicalIndex
from trustbot.types import Chunk, Corpus, Passage, Query

if TYPE_CHECKING:
    import numpy as np
    from langchain_core.retrievers import BaseRetriever
    from numpy.typing import NDArray

DENSE_SHARE = 0.8
"""Share of the dense score in the fused one; the lexical score has the rest."""
PREVIOUS_SHARE = 1.0
"""What the list for the previous question with this one counts for beside the list for this one alone: a topic that
goes on unnamed is found, and a new one is not drowned."""
DEPTH = 100
"""Hits taken from each list before fusion."""
BACKGROUND = 512
"""Chunks, evenly spaced, whose cosines stand for the ordinary score of the corpus."""
LEAST_SPREAD = 1e-3
FUSED_NOISE = 2e-5
"""As `ordering.NOISE`, for cosines that were divided by their spread, a tenth or so."""


class DenseIndex(Protocol):
    """What this module needs of an open index."""

    @property
    def corpus(self) -> Corpus:
        """The corpus with its chunks."""

    def search(
        self, vector: Sequence[float], k: int, where_ids: Sequence[str] | None = None
    ) -> list[tuple[Chunk, float]]:
        """The k nearest chunks with their cosines, best first; among `where_ids` only, if given."""

    def vectors_of(self, ids: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of these chunks, shape (len(ids), dimension)."""


class QueryEmbedder(Protocol):
    """What this module needs of an embedder."""

    def embed_query(self, text: str) -> list[float]:
        """A vector of length one."""


class Retriever:
    """Searches one open index; safe to share between threads."""

    def __init__(self, index: DenseIndex, embedder: QueryEmbedder, lexical: LexicalIndex | None = None) -> None:
        self._index = index
        self._embedder = embedder
        self._chunks = index.corpus.chunks
        self._positions = {chunk.id: i for i, chunk in enumerate(self._chunks)}
        self._lexical = lexical or LexicalIndex([chunk.embedded_text for chunk in self._chunks])
        step = max(1, len(self._chunks) // BACKGROUND)
        self._background = index.vectors_of([chunk.id for chunk in self._chunks[::step]])

    def search(self, query: Query | str, k: int) -> list[Passage]:
        """The best `k` passages for the query, alone and after the question before it; fewer where there are fewer."""
        if isinstance(query, str):
            query = Query(query, query)
        cosines, scores, own = self._one(query.text)
        after = [f"{query.turns[-1]} {query.text}"] if query.turns else []
        fused = add([(1.0, own), *((PREVIOUS_SHARE, self._one(text)[2]) for text in after)])
        places = sorted(fused)
        ranked = [places[i] for i in descending([fused[p] for p in places], FUSED_NOISE)[:k]]
        return [
            Passage(self._chunks[i], fused[i], rank, "hybrid", cosines.get(i, 0.0), scores.get(i, 0.0))
            for rank, i in enumerate(ranked, 1)
        ]

    def _one(self, text: str) -> tuple[dict[int, float], dict[int, float], dict[int, float]]:
        """Cosines, BM25 scores and fused scores of the candidates for one text, by position."""
        vector = self._embedder.embed_query(text)
        found = self._index.search(vector, DEPTH)
        by_words, mean, spread = self._lexical.top(text, DEPTH)
        nearest = {self._positions[chunk.id] for chunk, _ in found}
        rest = [self._chunks[i].id for i in by_words if i not in nearest]
        found += self._index.search(vector, len(rest), rest) if rest else []
        cosines = {self._positions[chunk.id]: cosine for chunk, cosine in found}
        ordinary = self._background @ vector
        centre, width = float(ordinary.mean()), max(float(ordinary.std()), LEAST_SPREAD)
        fused = {
            i: DENSE_SHARE * (cosine - centre) / width + (1 - DENSE_SHARE) * (by_words.get(i, 0.0) - mean) / spread
            for i, cosine in cosines.items()
        }
        return cosines, by_words, fused


def add(lists: Iterable[tuple[float, Mapping[int, float]]]) -> dict[int, float]:
    """Weighted sum of scores by position; a list that lacks a position counts its own lowest score for it.

    The order of `lists` makes no difference.
    """
    weighted = [(weight, scores, min(scores.values(), default=0.0)) for weight, scores in lists]
    positions = {i for _, scores, _ in weighted for i in scores}
    return {i: sum(sorted(w * scores.get(i, lowest) for w, scores, lowest in weighted)) for i in positions}


def as_langchain(retriever: Retriever, k: int) -> BaseRetriever:
    """The same search as a LangChain `BaseRetriever`, for chains of one's own."""
    from langchain_core.callbacks import CallbackManagerForRetrieverRun
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever

    class TrustbotRetriever(BaseRetriever):
        """Passages as LangChain documents; metadata holds the place and the score."""

        def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
            return [
                Document(
                    page_content=p.chunk.text,
                    id=p.chunk.id,
                    metadata={
                        "document": p.chunk.document_id,
                        "source": p.chunk.source_id,
                        "section": list(p.chunk.headings),
                        "start": p.chunk.start,
                        "end": p.chunk.end,
                        "score": p.score,
                    },
                )
                for p in retriever.search(query, k)
            ]

    return TrustbotRetriever()

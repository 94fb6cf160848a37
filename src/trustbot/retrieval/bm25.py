"""Keyword search: BM25 over the chunks of one index.

In: the chunks' texts, then queries. Out: a score per chunk. The scoring is bm25s's (Lucene's variant,
k1 = 1.2, b = 0.75: the values of Robertson and Zaragoza 2009, section 3.2, that Lucene also ships). This module
knows no vectors and no passages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from trustbot.models.ordering import descending
from trustbot.text.terms import STOPWORDS, stem, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def tokenize(text: str) -> list[str]:
    """Stems of every word of `text` that is not a function word."""
    return [stem(word) for word, _, _ in words(text) if word not in STOPWORDS]


class LexicalIndex:
    """BM25 over `texts`; positions in the results are positions in `texts`."""

    def __init__(self, texts: Sequence[str]) -> None:
        import bm25s

        self._size = len(texts)
        self._model = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
        corpus = [tokenize(text) for text in texts]
        self._known = {token for document in corpus for token in document}
        if self._known:
            self._model.index(corpus, show_progress=False)

    def scores(self, query: str) -> NDArray[np.float32]:
        """BM25 score of each text, shape (n,); zeros where no term of the query occurs anywhere."""
        import numpy as np

        known = [token for token in tokenize(query) if token in self._known]
        if not known:
            return np.zeros(self._size, dtype=np.float32)
        scores: NDArray[np.float32] = self._model.get_scores(known)
        return scores

    def top(self, query: str, k: int) -> tuple[dict[int, float], float, float]:
        """The best `k` texts that share a term with the query, position -> score, best first; mean and spread of all.

        The spread is one standard deviation over all texts, never 0.
        """
        scores = self.scores(query)
        order = [i for i in descending(scores.tolist())[:k] if scores[i] > 0]
        spread = float(scores.std()) if self._size else 0.0
        return (
            {i: float(scores[i]) for i in order},
            float(scores.mean()) if self._size else 0.0,
            spread or 1.0,
        )

"""How well a sentence answers a query, term by term: late interaction over the embedder's own token vectors.

In: a query's text, sentences with their headings. Out: a `Match` per sentence: one score and the similarity
of every query term. Each term of the query looks for its best counterpart in the sentence (MaxSim, Khattab
and Zaharia 2020, "ColBERT", section 3.2); terms count by how rare they are in the corpus and in the language.
A whole-sentence cosine can't do this: in a corpus on one subject every sentence is close to every question.
This module knows no index and decides nothing.
"""

from __future__ import annotations

import math
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from trustbot.terms import Term, Vocabulary, content_terms, is_content, stem, words
from trustbot.types import TokenVectors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EXACT = 0.5
"""Certainty that the same word or stem means the same thing; the rest is left to the context."""
VARIANT = 0.45
"""The same for another form of the term's concept in the controlled vocabulary."""
HEADING_SHARE = 0.5
"""What meeting a term in the heading counts for, beside meeting it in the sentence."""
LONGEST_CONCEPT = 2
"""Content words of a concept that count: it stands for each of them, but not for a whole sentence."""
CACHE = 4096
"""Sentences whose token vectors are kept; some 30 tokens of 384 floats each, 46 kB a sentence."""


class TokenEmbedder(Protocol):
    """The part of the embedder that this module needs."""

    def token_vectors(self, texts: Sequence[str]) -> list[TokenVectors]:
        """One entry per text, without the special tokens."""


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """A term of a query: `weight` is its share of the query's meaning before normalisation."""

    text: str
    stems: frozenset[str]
    start: int
    end: int
    weight: float
    known: bool
    """Whether the corpus or its vocabulary holds the word itself."""
    concept: str | None = None

    def scaled(self, share: float) -> QueryTerm:
        """The same term at `share` of its weight."""
        return replace(self, weight=self.weight * share)


@dataclass(frozen=True, slots=True)
class Match:
    """`score` is the weighted mean of `similarities`, both 0 to 1; one similarity per query term."""

    score: float
    similarities: tuple[float, ...]


class Matcher:
    """Scores sentences for queries. `texts` are the corpus's units: they give the terms their rarity."""

    def __init__(self, embedder: TokenEmbedder, texts: Iterable[str], vocabulary: Vocabulary) -> None:
        self._embedder = embedder
        self._vocabulary = vocabulary
        self._frequency: Counter[str] = Counter()
        self._concepts: Counter[str] = Counter()
        self._size = 0
        for text in texts:
            self._size += 1
            self._frequency.update({stem(word) for word, _, _ in words(text)})
            self._concepts.update({c.preferred for c in vocabulary.find(text)})
        self._cache: OrderedDict[str, TokenVectors] = OrderedDict()
        self._lock = threading.Lock()
        self._literals = lru_cache(CACHE)(self._read)

    def knows(self, stemmed: str) -> bool:
        """Whether any unit of the corpus holds this stem."""
        return stemmed in self._frequency

    def query_terms(self, text: str) -> tuple[QueryTerm, ...]:
        """The terms of a query: vocabulary concepts as one term each, then single content words."""
        concepts = self._vocabulary.find(text)
        terms = [self._concept_term(c.preferred, text, c.start, c.end) for c in concepts]
        for term in content_terms(text):
            if not any(c.start <= term.start < c.end for c in concepts):
                terms.append(self._word_term(term))
        return tuple(sorted(terms, key=lambda t: t.start))

    def match(
        self, query: str, terms: Sequence[QueryTerm], sentences: Sequence[str], headings: Sequence[str] = ()
    ) -> list[Match]:
        """One `Match` per sentence, in order. A term met only in a sentence's heading counts `HEADING_SHARE`."""
        import numpy as np

        if not terms or not sentences:
            return [Match(0.0, ()) for _ in sentences]
        asked = self._vectors([query])[0]
        rows = [_rows(asked, t.start, t.end) for t in terms]
        weights = np.array([t.weight for t in terms])
        leads = [f"{heading}: " if heading else "" for heading in headings] or [""] * len(sentences)
        texts = [lead + sentence for lead, sentence in zip(leads, sentences, strict=True)]
        matches = []
        for lead, sentence, held in zip(leads, sentences, self._vectors(texts), strict=True):
            similar = asked.vectors @ held.vectors.T
            in_text, in_lead = self._literals(sentence), self._literals(lead)
            body = held.offsets[:, 0] >= len(lead)
            found = tuple(
                max(
                    _met(similar, r, body, _literal(t, *in_text)),
                    HEADING_SHARE * _met(similar, r, ~body, _literal(t, *in_lead)),
                )
                for t, r in zip(terms, rows, strict=True)
            )
            matches.append(Match(float(np.dot(weights, found) / weights.sum()), found))
        return matches

    def _read(self, text: str) -> tuple[frozenset[str], frozenset[str]]:
        """Stems and concepts of a text."""
        stems = frozenset(stem(word) for word, _, _ in words(text))
        return stems, frozenset(c.preferred for c in self._vocabulary.find(text))

    def _concept_term(self, preferred: str, text: str, start: int, end: int) -> QueryTerm:
        found = [word for word, _, _ in words(text[start:end])]
        count = self._concepts[preferred]
        said = min(LONGEST_CONCEPT, max(1, sum(is_content(word) for word in found)))
        weight = self._rareness(count) * said
        return QueryTerm(text[start:end], frozenset(map(stem, found)), start, end, weight, count > 0, preferred)

    def _word_term(self, term: Term) -> QueryTerm:
        count = self._frequency[term.stem]
        weight = self._rareness(count) * term.weight
        return QueryTerm(term.text, frozenset({term.stem}), term.start, term.end, weight, count > 0)

    def _rareness(self, count: int) -> float:
        """BM25's inverse document frequency, divided by that of an unseen word: 0 to 1."""
        return math.log1p((self._size - count + 0.5) / (count + 0.5)) / math.log1p((self._size + 0.5) / 0.5)

    def _vectors(self, texts: Sequence[str]) -> list[TokenVectors]:
        with self._lock:
            known = {t: self._cache[t] for t in texts if t in self._cache}
        missing = [t for t in dict.fromkeys(texts) if t not in known]
        if missing:
            known |= dict(zip(missing, self._embedder.token_vectors(missing), strict=True))
        with self._lock:
            for text in texts:
                self._cache[text] = known[text]
                self._cache.move_to_end(text)
            while len(self._cache) > CACHE:
                self._cache.popitem(last=False)
        return [known[text] for text in texts]


def _rows(vectors: TokenVectors, start: int, end: int) -> list[int]:
    """Positions of the tokens that overlap the characters `start` to `end`."""
    return [i for i, (s, e) in enumerate(vectors.offsets) if s < end and e > start]


def _met(similar: NDArray[np.float32], rows: list[int], columns: NDArray[np.bool_], literal: float) -> float:
    """How well a term, at `rows` of the query, is met by the sentence's tokens at `columns`."""
    contextual = float(similar[rows][:, columns].max(axis=1).mean()) if rows and columns.any() else 0.0
    return _blend(contextual, literal)


def _blend(contextual: float, literal: float) -> float:
    """Noisy-or of two independent signs that a term is met."""
    return literal + (1 - literal) * max(contextual, 0.0)


def _literal(term: QueryTerm, present: frozenset[str], concepts: frozenset[str]) -> float:
    if term.stems <= present:
        return EXACT
    return VARIANT if term.concept in concepts else 0.0

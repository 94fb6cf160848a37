"""Keyword search: what shares words is found, the rarer the words the better."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot.retrieval.bm25 import LexicalIndex, tokenize

TEXTS = (
    "Preceptors trust residents",
    "Residents observe patients and patients observe residents",
    "Feedback needs trust",
    "The and of",
    "Continuity clinics keep residents together",
)
INDEX = LexicalIndex(TEXTS)
WORDS = st.lists(
    st.sampled_from("trust residents feedback observing clinic the nurse continuity".split()), max_size=6
).map(" ".join)


def test_texts_are_read_by_their_stems_without_function_words() -> None:
    assert tokenize("The observing of Residents") == tokenize("observes resident")
    assert tokenize("the of and") == []


@pytest.mark.parametrize(("query", "best"), [("continuity", 4), ("who gives feedback?", 2), ("observed", 1)])
def test_the_text_with_the_word_comes_first(query: str, best: int) -> None:
    assert next(iter(INDEX.top(query, 3)[0])) == best


def test_a_rare_word_outweighs_a_frequent_one() -> None:
    scores = INDEX.scores("residents feedback")
    assert scores[2] > scores[0] > 0


@given(WORDS, st.integers(1, 5))
def test_the_best_come_first_and_nothing_without_a_shared_word(query: str, k: int) -> None:
    scores = INDEX.scores(query)
    best, mean, spread = INDEX.top(query, k)
    assert scores.shape == (len(TEXTS),)
    assert list(best.values()) == sorted(best.values(), reverse=True)
    assert all(value == pytest.approx(float(scores[i])) and value > 0 for i, value in best.items())
    assert len(best) == min(k, int((scores > 0).sum()))
    assert mean == pytest.approx(float(scores.mean()))
    assert spread > 0


@pytest.mark.parametrize("query", ["", "nurse", "the of and", "zzz [4] !!"])
def test_a_query_without_a_known_word_finds_nothing(query: str) -> None:
    assert not INDEX.scores(query).any()
    assert INDEX.top(query, 5) == ({}, 0.0, 1.0)


@pytest.mark.parametrize("texts", [[], ["the", ""]])
def test_an_index_without_words_finds_nothing(texts: list[str]) -> None:
    index = LexicalIndex(texts)
    assert np.array_equal(index.scores("trust"), np.zeros(len(texts)))
    assert index.top("trust", 3)[0] == {}

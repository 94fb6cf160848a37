"""Searching the real index: two kinds of search, put together, and the same as a LangChain retriever."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot.retrieval.hybrid import Retriever, add, as_langchain
from trustbot.types import Query

LIST = st.tuples(
    st.floats(0.1, 3.0), st.dictionaries(st.integers(0, 20), st.floats(-5, 5, allow_nan=False), max_size=12)
)


@pytest.fixture(scope="module")
def retriever(index: Any, embedder: Any) -> Retriever:
    return Retriever(index, embedder)


@given(st.lists(LIST, max_size=5), st.randoms(use_true_random=False))
def test_fusion_ignores_the_order_of_the_lists(lists: list[Any], random: Any) -> None:
    shuffled = list(lists)
    random.shuffle(shuffled)
    assert add(lists) == add(shuffled)


@given(st.lists(LIST, max_size=5))
def test_fusion_scores_every_position_of_any_list_and_no_other(lists: list[Any]) -> None:
    assert set(add(lists)) == {position for _, scores in lists for position in scores}


@given(st.lists(LIST, min_size=1, max_size=4), st.integers(0, 20))
def test_what_gains_in_one_list_does_not_fall(lists: list[Any], position: int) -> None:
    weight, scores = lists[0]
    scores = {**scores, position: max(scores.values(), default=0.0)}
    raised = {**scores, position: scores[position] + 1.0}
    before, after = add([(weight, scores), *lists[1:]]), add([(weight, raised), *lists[1:]])
    assert after[position] > before[position]


def test_what_both_lists_find_comes_before_what_one_finds() -> None:
    fused = add([(1.0, {1: 3.0, 2: 2.9, 3: 0.0}), (1.0, {2: 3.0, 4: 2.9, 5: 0.0})])
    assert max(fused, key=lambda i: fused[i]) == 2


@pytest.mark.parametrize(
    ("question", "claim"),
    [
        ("direct observation of clinical skills", "C13"),
        ("How do learner-to-preceptor ratios matter?", "C20"),
        ("specialty choice and career", "C08"),
        ("short contact with a student", "C22"),
    ],
)
def test_the_statement_that_answers_is_among_the_first(retriever: Retriever, question: str, claim: str) -> None:
    assert claim in [p.chunk.claim_id for p in retriever.search(question, 8)]


@pytest.mark.parametrize("k", [1, 5, 60, 500])
def test_passages_come_best_first_each_once(retriever: Retriever, k: int) -> None:
    passages = retriever.search("How does feedback build trust?", k)
    assert 0 < len(passages) <= k
    assert [p.rank for p in passages] == list(range(1, len(passages) + 1))
    assert [p.score for p in passages] == sorted((p.score for p in passages), reverse=True)
    assert len({p.chunk.id for p in passages}) == len(passages)
    assert all(-1.001 <= p.similarity <= 1.001 and p.lexical >= 0 for p in passages)


@pytest.mark.parametrize("question", ["zzyzx", "?", "🙂", "[4]", "the of and"])
def test_any_question_can_be_searched_for(retriever: Retriever, question: str) -> None:
    assert len(retriever.search(question, 3)) == 3


def test_the_question_before_brings_its_topic_up(retriever: Retriever) -> None:
    def rank(question: str, *turns: str) -> int:
        query = Query(question, question, turns=turns)
        return next(p.rank for p in retriever.search(query, 200) if p.chunk.claim_id == "C20")

    earlier = "learner-to-preceptor ratios"
    assert rank("And that?", earlier) < rank("And that?")
    assert rank("And that?", "feedback", earlier) == rank("And that?", earlier), "only the one before is searched with"


def test_a_new_topic_is_not_drowned_by_the_question_before(retriever: Retriever) -> None:
    query = Query("x", "direct observation of clinical skills", turns=("learner-to-preceptor ratios",))
    assert "C13" in [p.chunk.claim_id for p in retriever.search(query, 4)]


def test_a_text_and_its_query_are_the_same_search(retriever: Retriever) -> None:
    text = "goal discussions"
    assert retriever.search(text, 5) == retriever.search(Query(text, text), 5)


def test_langchain_gets_the_same_passages_as_documents(retriever: Retriever, bot: Any) -> None:
    from langchain_core.retrievers import BaseRetriever

    question = "How does continuity help?"
    wrapped = as_langchain(retriever, 4)
    documents = wrapped.invoke(question)
    expected = retriever.search(question, 4)
    assert isinstance(wrapped, BaseRetriever)
    assert [d.id for d in documents] == [p.chunk.id for p in expected]
    for found in documents:
        place = found.metadata
        stored = bot.corpus.document(place["document"])
        assert stored.text[place["start"] : place["end"]] == found.page_content
    assert [d.id for d in asyncio.run(wrapped.ainvoke(question))] == [d.id for d in documents]
    assert [[d.id for d in found] for found in wrapped.batch([question])] == [[d.id for d in documents]]

"""Selecting: the few sentences that will be said, and never a fact on a work that isn't meant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from trustbot.evidence import Evidence, candidates, select
from trustbot.evidence.select import BESIDE, CLOSEST, MOST, READ, SMALL, is_small
from trustbot.reading.reader import Reading
from trustbot.types import Passage, Query

Asked = Callable[..., Query]
LIMITS = {"keep": 0.3, "list": 0.6}


def chosen(case: Any, query: Query, likely: dict[str, float], **more: Any) -> list[str]:
    found = select(query, case.reading(likely, **more), case.sentences, case.corpus, LIMITS)
    return list(case.names(found.chosen))


# -- which are said ------------------------------------------------------------------------------------------


def test_the_best_comes_first_and_what_is_unlikely_is_left_out(case: Any, asked: Asked) -> None:
    found = select(asked(), case.reading({"C01": 0.3, "C17": 0.5, "C14": 0.29}), case.sentences, case.corpus, LIMITS)
    assert case.names(found.chosen) == ["C17", "C01"]
    assert [q.score for q in found.chosen] == [0.5, 0.3]
    assert found.best == 0.5


def test_the_best_is_said_however_unlikely(case: Any, asked: Asked) -> None:
    assert chosen(case, asked(), {"C17": 0.02}) == ["C17"]


def test_three_at_most_are_said_beside_the_best(case: Any, asked: Asked) -> None:
    likely = {"C01": 0.7, "C03": 0.5, "C05": 0.45, "C07": 0.4, "C09": 0.35}
    assert chosen(case, asked(), likely) == ["C01", "C03", "C05", "C07"]
    assert BESIDE == 3


def test_a_list_is_given_whole_up_to_eight_in_reading_order_with_the_bests_heading_first(
    case: Any, asked: Asked
) -> None:
    likely = {"C17": 0.9, "C01": 0.61, "C05": 0.8, "C16": 0.7, "C18": 0.65, "C03": 0.59}
    assert chosen(case, asked(), likely) == ["C16", "C17", "C18", "C01", "C05"]
    many = {f"C{n:02}": 0.9 - n / 100 for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)}
    assert chosen(case, asked(), many) == [f"C{n:02}" for n in range(1, MOST + 1)]
    assert MOST == 8


def test_four_likely_ones_are_no_list(case: Any, asked: Asked) -> None:
    assert chosen(case, asked(), {"C09": 0.9, "C01": 0.8, "C05": 0.7, "C07": 0.65}) == ["C09", "C01", "C05", "C07"]


def test_thresholds_of_the_reader_count_and_defaults_stand_in(case: Any, asked: Asked) -> None:
    reading = case.reading({"C01": 0.9, "C05": 0.26})
    of = {
        keep: case.names(select(asked(), reading, case.sentences, case.corpus, {"keep": keep}).chosen)
        for keep in (0.2, 0.27)
    }
    assert of == {0.2: ["C01", "C05"], 0.27: ["C01"]}
    assert case.names(select(asked(), reading, case.sentences, case.corpus, {}).chosen) == ["C01", "C05"]
    reading = case.reading({"C01": 0.9, "C05": 0.24})
    assert case.names(select(asked(), reading, case.sentences, case.corpus, {}).chosen) == ["C01"]


@pytest.mark.parametrize(("one", "other"), [("C12", "C25"), ("C25", "C12"), ("C27", "C13")])
def test_the_same_advice_elsewhere_is_joined(case: Any, asked: Asked, one: str, other: str) -> None:
    assert chosen(case, asked(), {one: 0.9}) == [one, other]
    assert chosen(case, asked(), {one: 0.9, other: 0.8}) == [one, other]


def test_what_is_nearest_is_named_with_statements_before_all_else(case: Any, asked: Asked) -> None:
    likely = {"help/What this is": 0.5, "C01": 0.2, "C05": 0.1, "C07": 0.05, "C09": 0.04}
    found = select(asked(), case.reading(likely), case.sentences, case.corpus, LIMITS)
    assert case.names(found.nearest) == ["C01", "C05", "C07"]
    assert CLOSEST == 3


def test_nothing_is_chosen_of_nothing(case: Any, asked: Asked) -> None:
    assert select(asked(), Reading((), 0.9), (), case.corpus) == Evidence()


# -- what the question names ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("named", "works"),
    [
        ({"references": (4,)}, {4}),
        ({"references": (2, 5)}, {2, 5}),
        ({"years": (2008,)}, {3}),
        ({"years": (2017,)}, {2, 5}),
        ({"years": (1850,)}, {1, 2, 3, 4, 5, 6}),
        ({"said": ("C13",)}, {4}),
        ({"about": ("C06",), "said": ("C13",)}, {3}),
        ({"said": ("gone",)}, {1, 2, 3, 4, 5, 6}),
        ({"references": (4,), "years": (2008,), "said": ("C01",)}, {4}),
        ({"years": (2008,), "said": ("C13",)}, {3}),
        ({}, {1, 2, 3, 4, 5, 6}),
    ],
)
def test_facts_are_told_only_of_the_works_that_are_meant(
    case: Any, asked: Asked, named: dict[str, Any], works: set[int]
) -> None:
    pointed = {k: case.ids(*v) if k in ("said", "about") and v != ("gone",) else v for k, v in named.items()}
    titles = {
        case.corpus.number_of(q.chunk): q.chunk.id
        for q in case.sentences
        if q.chunk.document_id.startswith("record-") and q.chunk.headings[-1] == "Title"
    }
    assert set(titles) == {1, 2, 3, 4, 5, 6}
    reading = Reading(tuple(0.9 if q.chunk.id in titles.values() else 0.0 for q in case.sentences), 0.9)
    found = select(asked(**pointed), reading, case.sentences, case.corpus, LIMITS)
    assert {case.corpus.number_of(q.chunk) for q in found.chosen if q.score > 0.5 and q.chunk.claim_id is None} == works


def test_facts_on_the_corpus_and_help_need_no_work(case: Any, asked: Asked) -> None:
    likely = {"record/Works": 0.9, "help/What is kept": 0.8}
    assert chosen(case, asked(references=(4,)), likely) == ["record/Works", "help/What is kept"]


def test_a_quoted_statement_is_certain(case: Any, asked: Asked) -> None:
    query = asked(about=case.ids("C14"))
    found = select(query, case.reading({"C01": 0.8, "C14": 0.01}), case.sentences, case.corpus, LIMITS)
    assert case.names(found.chosen) == ["C14", "C01"]
    assert found.best == 1.0


# -- which are read ------------------------------------------------------------------------------------------


def test_a_small_corpus_is_read_whole(case: Any, asked: Asked) -> None:
    corpus = case.corpus
    found = candidates(asked(), (), corpus, whole=is_small(corpus))
    assert found == (*(c for c in corpus.chunks if c.kind != "page"), *corpus.records)
    assert len(found) < len(corpus.chunks) + len(corpus.records), "what stands around the guidance is not read"


def test_a_named_work_binds(case: Any, asked: Asked) -> None:
    found = candidates(asked(references=(4,)), (), case.corpus, whole=is_small(case.corpus))
    assert {case.corpus.number_of(c) for c in found} == {4}
    assert {c.document_id for c in found} == {"article", "penner-2022-note", "record-penner-2022"}
    assert candidates(asked(references=(99,)), (), case.corpus, whole=is_small(case.corpus)) == ()


def test_of_a_large_corpus_the_best_passages_are_read(case: Any, asked: Asked) -> None:
    chunks = tuple(c for c in case.corpus.chunks if c.kind != "page")
    times = SMALL // sum(len(c.text) for c in chunks) + 1
    corpus = replace(case.corpus, chunks=(*case.corpus.chunks, *chunks * times))
    ranked = [Passage(c, 1.0, i, "dense") for i, c in enumerate(reversed(chunks))]
    found = candidates(asked(), ranked, corpus, whole=is_small(corpus))
    read = found[: -len(corpus.records)]
    assert read == tuple(p.chunk for p in ranked[: len(read)])
    assert 0 < sum(len(c.text) for c in read) <= READ < sum(len(c.text) for c in chunks)
    assert found[len(read) :] == corpus.records
    assert candidates(asked(), (), corpus, whole=is_small(corpus)) == corpus.records
    # A work that is named is read whole, whatever was found.
    assert {c.id for c in candidates(asked(references=(4,)), (), corpus, whole=is_small(corpus))} == {
        c.id for c in (*chunks, *corpus.records) if corpus.number_of(c) == 4
    }


def test_one_passage_is_read_however_long(case: Any, asked: Asked) -> None:
    one = next(c for c in case.corpus.chunks if c.kind == "statement")
    long = replace(one, text="x" * SMALL, end=one.start + SMALL, sentences=())
    corpus = replace(case.corpus, chunks=(long, *case.corpus.chunks))
    found = candidates(
        asked(), [Passage(long, 1.0, 0, "dense"), Passage(one, 0.5, 1, "dense")], corpus, whole=is_small(corpus)
    )
    assert found == (long, *corpus.records)

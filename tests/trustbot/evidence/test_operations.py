"""Operations: what is done with the last answer, and what is never taken for one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from trustbot.evidence.operations import FAINT, LEAST, ON_THE_ANSWER, SURE, TALK, operate, operation_of
from trustbot.evidence.select import BESIDE
from trustbot.reading.weights import OPERATIONS
from trustbot.types import Query

Asked = Callable[..., Query]


def names(case: Any, name: str, query: Query, likely: dict[str, float] | None = None) -> list[str]:
    evidence = operate(name, query, case.reading(likely or {}), case.sentences, case.corpus)
    assert evidence.best == (1.0 if evidence.chosen else 0.0)
    return list(case.names(evidence.chosen))


# -- which is asked for --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_is_what_is_likelier_than_any_sentence(case: Any, asked: Asked, name: str) -> None:
    after = asked("and now", said=case.ids("C13"))
    assert operation_of(after, case.reading({"C01": 0.8}, **{name: 0.8})) == name
    assert operation_of(after, case.reading({"C01": 0.81}, **{name: 0.8})) is None
    assert operation_of(after, case.reading({}, **{name: LEAST})) == name
    faint = case.reading({}, **{name: LEAST - 0.01})
    assert operation_of(after, replace(faint, covered=SURE - 0.01)) is None
    assert operation_of(after, replace(faint, covered=SURE)) == name, "something answers, and no sentence does"
    assert operation_of(after, case.reading({}, **{name: FAINT - 0.01})) is None


def test_the_likeliest_one_counts(case: Any, asked: Asked) -> None:
    after = asked(said=case.ids("C13"))
    assert operation_of(after, case.reading({}, shorter=0.7, simpler=0.9)) == "simpler"
    assert operation_of(after, case.reading({})) is None


def test_without_a_last_answer_nothing_is_done_with_it(case: Any, asked: Asked) -> None:
    found = {name: operation_of(asked(), case.reading({}, **{name: 0.99})) for name in OPERATIONS}
    assert {name for name, operation in found.items() if operation is None} == ON_THE_ANSWER
    assert set(OPERATIONS) - ON_THE_ANSWER == {*TALK, "overview"}


@pytest.mark.parametrize("name", OPERATIONS)
def test_where_a_work_or_sentence_is_named_it_is_asked_about_that(case: Any, asked: Asked, name: str) -> None:
    said = case.ids("C13")
    reading = case.reading({}, **{name: 0.99})
    assert operation_of(asked(said=said, references=(4,)), reading) is None
    assert operation_of(asked(said=said, about=said), reading) is None


# -- what it gives -------------------------------------------------------------------------------------------


def test_shorter_and_simpler_say_less_of_the_same(case: Any, asked: Asked) -> None:
    after = asked(said=case.ids("C17", "C13", "C01"))
    assert names(case, "shorter", after) == ["C17"]
    assert names(case, "simpler", after) == ["C17", "C13"]
    assert names(case, "simpler", asked(said=("gone",))) == []


def test_more_gives_what_was_not_said_best_first(case: Any, asked: Asked) -> None:
    likely = {"C13": 0.9, "C14": 0.3, "C15": 0.5, "help/What this is": 0.8, "record-penner-2022/Title": 0.7}
    likely |= {"C16": 0.2, "C01": 0.15, "C03": 0.12}
    after = asked(said=case.ids("C13"))
    assert names(case, "more", after, likely) == ["C15", "C14", "C16", "C01"]
    assert BESIDE == 3


def test_more_gives_nothing_where_nothing_is_left(case: Any, asked: Asked) -> None:
    assert names(case, "more", asked(said=case.ids("C13")), {"C13": 0.9, "C14": 0.09}) == []


def test_source_and_proven_tell_of_the_works_behind_the_last_answer(case: Any, asked: Asked) -> None:
    after = asked(said=case.ids("C13", "C14", "C06", "C01"))  # of 4, 4, 3 and 1: two of them are told
    penner, huggett = "record-penner-2022", "record-huggett-2008"
    assert names(case, "source", after) == [
        f"{penner}/Title", f"{penner}/Design", f"{huggett}/Title", f"{huggett}/Design",
    ]  # fmt: skip
    of = "Statements that rest on it"
    assert names(case, "proven", asked(said=case.ids("C13"))) == [f"{penner}/Design", f"{penner}/{of}"]
    assert names(case, "proven", asked(said=("gone",))) == []


def test_an_overview_names_the_guidance_its_scope_and_its_first_statement(case: Any, asked: Asked) -> None:
    guidance = next(s.id for s in case.corpus.sources if s.kind == "guidance")
    assert names(case, "overview", asked()) == [f"record-{guidance}/Title", "record/Scope", "C01"]


def test_an_overview_of_a_corpus_without_guidance_or_records_begins_somewhere(case: Any, asked: Asked) -> None:
    notes = tuple(q for q in case.sentences if q.chunk.document_id == "penner-2022-note")
    found = operate("overview", asked(), case.reading({}), notes, case.corpus)
    assert found.chosen == notes[:1]
    assert operate("overview", asked(), case.reading({}), (), case.corpus).chosen == ()

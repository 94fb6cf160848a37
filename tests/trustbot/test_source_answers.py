"""Answers about the sources and comparisons, from the real chain: cited, checked, and no burden on other questions."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from trustbot import wording
from trustbot.bot import Bot
from trustbot.chain import Chain, Facts, State
from trustbot.retrieval import Retriever
from trustbot.snapshot import read_snapshot
from trustbot.types import MARKER, Answer, Stage
from trustbot.wire import answer_to_dict

Talk = Callable[..., Answer]


def rows(answer: Answer) -> dict[int, list[str]]:
    assert answer.comparison is not None
    return {row.source.number: [c.quote.text for c in row.citations] for row in answer.comparison.rows}


@pytest.mark.parametrize(
    ("question", "said", "numbers"),
    [
        ("Is this medical advice?", "not medical advice", {6}),
        ("when was this article last updated?", "last updated on 18 August 2025", {6}),
        ("has it been reviewed?", "pending human review", {6}),
        ("which of these were trials?", "None of the 5 works", {1, 2, 3, 4, 5, 6}),
        ("how many preceptors took part in reference 4?", "16 faculty preceptors", {4}),
        ("is the Farrell paper open access?", "subscription", {2}),
        ("who wrote [3]?", "K. N. Huggett, R. Warrier and A. Maio", {3}),
        ("which statements rest on reference 5?", "One statement of the article", {5}),
        ("what do the sources not cover?", "not a trial", {1, 2, 3, 4, 5, 6}),
        ("how reliable is this article?", "15 are supported", {6}),
        ("What is the DOI of reference 1?", "No DOI", {1}),
        ("who funded reference 5?", "University of British Columbia", {5}),
    ],
)
def test_facts_are_quoted_from_stored_text(talk: Talk, question: str, said: str, numbers: set[int]) -> None:
    answer = talk(question)
    assert answer.outcome == "answered"
    assert said in answer.text
    assert {c.number for c in answer.citations} == numbers
    for citation in answer.citations:
        document = citation.document
        assert document.text[citation.quote.start : citation.quote.end] == citation.quote.text
        assert document.kind in ("record", "note", "article")
    assert answer.comparison is None


def test_statements_keep_their_number_and_their_caution(talk: Talk) -> None:
    answer = talk("Which statements rest on reference 3?")
    claims = [c.audit.claim_id for c in answer.citations if c.audit]
    assert sorted(claims) == ["C06", "C08", "C15", "C16", "C18", "C29", "C30"]
    for citation in answer.citations:
        if citation.audit and citation.audit.notice:
            assert wording.caution(citation.audit.check, citation.audit.notice) in answer.text


def test_what_nobody_recorded_is_declined_with_what_is(talk: Talk) -> None:
    answer = talk("Who funded reference 4?")
    assert answer.outcome == "abstained"
    assert answer.reason is not None
    assert answer.reason.startswith("Not recorded for reference 4: who paid for it.")
    assert "who wrote it" in answer.reason
    assert not MARKER.search(answer.text)


def test_what_is_recorded_of_some_says_so_of_the_others(talk: Talk) -> None:
    answer = talk("Who sponsored these studies?")
    assert {c.number for c in answer.citations} == {5}
    (notice,) = answer.notices
    assert notice.kind == "partial"
    assert "references 1, 2, 3 and 4" in notice.text


def test_a_follow_up_asks_the_same_of_another_work(talk: Talk) -> None:
    answer = talk("Who wrote reference 4?", "and reference 5?")
    assert "Peter Loewen" in answer.text
    pointed = talk("Who wrote reference 4?", "is it open access?")
    assert {c.number for c in pointed.citations} == {4}
    assert pointed.query.resolved == {"it": "[4]"}


def test_a_comparison_has_a_row_for_every_work_and_a_notice_for_the_silent(talk: Talk) -> None:
    answer = talk("Which studies talk about careers?")
    assert answer.outcome == "answered"
    found = rows(answer)
    assert list(found) == [1, 2, 3, 4, 5]
    assert [n for n, quotes in found.items() if not quotes] == [1, 2, 4, 5]
    (notice,) = answer.notices
    assert (notice.kind, notice.text) == (
        "silence",
        "References 1, 2, 4 and 5: nothing on this was found in what could be read.",
    )
    wire = answer_to_dict(answer)["comparison"]
    assert wire["topic"] == "careers"
    for row in wire["rows"]:
        assert [answer.citations[i].number for i in row["citations"]] == [row["number"]] * len(row["citations"])


def test_a_terminal_shows_the_table(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = talk("Which studies talk about careers?")
    from trustbot import terminal

    plain, shown = io.StringIO(), io.StringIO()
    terminal.show_answer(answer, plain)
    assert answer.text in plain.getvalue(), "outside a terminal, lines stay as they are"
    assert "References 1, 2, 4 and 5" in plain.getvalue()
    monkeypatch.setattr(
        terminal, "_console", lambda out: Console(file=out, force_terminal=True, width=160, markup=False)
    )
    terminal.show_answer(answer, shown)
    table = shown.getvalue()
    assert "What each work says on “careers”" in table
    assert table.count(wording.SILENT_ROW) == 4
    assert "References 1, 2, 4 and 5" not in table
    assert "[3] journals of 110" in table


def test_where_all_are_silent_nothing_is_answered(talk: Talk) -> None:
    answer = talk("Which studies talk about burnout?")
    assert answer.outcome == "abstained"
    assert answer.reason == "Nothing on “burnout” was found in what could be read of references 1, 2, 3, 4 and 5."
    assert answer.comparison is None


def test_the_search_is_left_out_where_it_is_not_needed(bot: Bot) -> None:
    *stages, answer = bot.stream("Who wrote reference 4?")
    assert isinstance(answer, Answer)
    assert [s.name for s in stages if isinstance(s, Stage)] == ["condense", "compose"]
    assert {"sources", "compose", "verify", "number"} <= set(answer.trace.timings_ms)
    assert not {"retrieve", "evidence", "answerability"} & set(answer.trace.timings_ms)
    via = bot.runnable.invoke({"question": "Who wrote reference 4?", "history": []})
    assert (via.text, via.citations) == (answer.text, answer.citations)


def test_other_questions_are_answered_as_without_records(index: Any, embedder: Any) -> None:
    def make(corpus: Any) -> Chain:
        return Chain(corpus, Retriever(index, embedder), embedder, Facts("e", "f"), k=60, threshold=0.5)

    assert not {c.id for c in index.corpus.records} & {c.id for c in index.corpus.chunks}
    with_records, without = make(index.corpus), make(replace(index.corpus, records=()))
    for question in ("How does direct observation build trust?", "What does reference 5 say?", "What dose of aspirin?"):
        answers = []
        for chain in (with_records, without):
            *_, answer = chain.run(State(question))
            assert isinstance(answer, Answer)
            answers.append(replace(answer, trace=replace(answer.trace, timings_ms={})))
        assert answers[0] == answers[1]


def test_records_are_read_back_as_they_were_written(index: Any) -> None:
    again = read_snapshot(index.path).corpus
    assert again.records == index.corpus.records
    assert len(again.records) > 80

"""What a terminal shows: everything that the answer holds, and nothing that it could be told to do."""

from __future__ import annotations

import io
import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from trustbot import terminal
from trustbot.answer import replies
from trustbot.corpus.audit import Filter
from trustbot.errors import InvalidInput
from trustbot.presentation import titles, wording
from trustbot.terminal import converse, show_answer, show_sources
from trustbot.types import Contact


def shown(answer: Any) -> str:
    out = io.StringIO()
    show_answer(answer, out)
    return out.getvalue()


def test_an_answer_shows_its_text_quotes_places_records_and_audits(world: Any) -> None:
    answer = world.answered()
    out = shown(answer)
    assert answer.text in out
    assert answer.disclaimer in out
    for citation in answer.citations:
        assert f"[{citation.number}] “{citation.quote.text}”" in out
        assert citation.source.title in out
        assert citation.source.study.summary in out
        if citation.audit:
            assert f"Check: {citation.audit.check}. {citation.audit.reason}" in out
    assert "Our note on the work, not its words" in out
    assert "The article's own words" in out
    assert all(question in out for question in answer.followups)
    assert "Understood as" not in out


def test_what_was_understood_is_shown_where_it_differs(world: Any) -> None:
    answer = world.answered()
    understood = replace(answer, query=replace(answer.query, asked="Why?"))
    assert f"Understood as: {answer.query.text}" in shown(understood)


def test_an_abstention_shows_what_is_covered(world: Any) -> None:
    answer = replace(world.abstained(), text="Nothing on doses.")
    out = shown(answer)
    assert "Nothing on doses." in out
    assert "Covered here: Feedback" in out
    assert "Sources" not in out


def test_what_is_near_is_shown_after_its_sentence_and_under_a_heading_that_says_so(world: Any) -> None:
    answer = world.closest()
    out = shown(answer)
    assert "\nSources" not in out
    assert out.index(wording.CLOSEST) < out.index(terminal.NEAR) < out.index(f"[2] “{answer.closest[0].quote.text}”")
    for citation in answer.closest:
        assert f"[{citation.number}] “{citation.quote.text}”" in out
        assert citation.source.study.summary in out
    assert f"Check: partly. {answer.closest[0].audit.reason}" in out
    assert answer.closest[0].audit.notice in out
    assert "Our note on the work, not its words" in out
    assert "Covered here: Feedback" in out


def test_an_answer_that_may_not_be_all_says_so(world: Any) -> None:
    out = shown(world.partly())
    assert out.index("Direct observations") < out.index(wording.PARTIAL) < out.index("\nSources")


def test_what_the_help_text_says_is_told_as_such(world: Any) -> None:
    out = shown(world.helped())
    assert f"{wording.HELP_LEAD}Type nothing" in out
    assert "The help text of trustbot, on the program itself; " in out
    assert "No author named" not in out


def test_text_is_text_and_no_markup(world: Any) -> None:
    text = "[bold red]Beware[/bold red] :warning: [link=file:///etc/passwd]x[/link] [4]."
    out = shown(world.answer(text, [world.citation("Direct observations")]))
    assert text in out


def test_a_quote_is_never_cut_when_the_output_is_no_terminal(world: Any) -> None:
    lines = shown(world.answered()).splitlines()
    assert any(c.quote.text in line for c in world.answered().citations for line in lines)
    assert max(len(line) for line in lines) > 100


def test_the_works_are_shown_with_what_is_known_of_them(world: Any) -> None:
    out = io.StringIO()
    bare = replace(world.corpus.source("guidance"), number=8, address="https://e.org", status=None, last_updated=None)
    show_sources(replace(world.corpus, sources=(*world.corpus.sources, bare)), out)
    text = out.getvalue()
    assert text.index("[2] ") < text.index("[4] ") < text.index("[6] ") < text.index("[8] ") < text.index("[7] ")
    assert "[7] Help: what this is and how to check it. trustbot.\n" in text
    assert "DOI 10.1007/s40037-021-00694-5" in text
    assert "16 faculty preceptors" in text
    guidance = world.corpus.source("guidance")
    assert f"[web article, {guidance.status}, updated 18 August 2025]" in text
    assert text.count("No author named") == 2
    assert text.count("updated") == 1


class Screen(io.StringIO):
    """Standard output that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("columns", [80, 200])
def test_on_a_terminal_the_audit_is_a_table_that_fits(
    index: Any, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    out = Screen()
    terminal.show_audit(index.corpus, Filter(), out)
    shown = [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in out.getvalue().splitlines()]
    assert max(map(len, shown)) <= columns
    flat = " ".join(" ".join(line[20:] for line in shown).split())  # what stands in the second column
    for audit in index.corpus.audits:
        assert f"“{audit.quote}”" in flat
        assert f"Why: {audit.reason}" in flat
        assert audit.notice is None or audit.notice in flat
        assert any(line.split()[:2] == [audit.claim_id, f"[{audit.reference}]"] for line in shown)
    assert "◐ Only partly" in " ".join(shown)
    assert "14 only partly supported" in " ".join(shown[-3:])


def test_the_audit_of_a_corpus_that_has_none(index: Any) -> None:
    out = io.StringIO()
    terminal.show_audit(replace(index.corpus, audits=()), Filter(), out)
    assert out.getvalue() == f"{wording.AUDIT_NONE}\n"


class Keyboard(io.StringIO):
    """Standard input that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_at_a_terminal_it_prompts_and_leaves_at_end_of_input(
    make_bot: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bot = make_bot()
    monkeypatch.setattr(sys, "stdin", Keyboard("How does observation help?\nAnd then?\n"))
    assert converse(bot, "resident") == 0
    out = capsys.readouterr().out
    assert out.count(terminal.PROMPT) == 3
    assert bot.corpus.disclaimer in out.split(terminal.PROMPT)[0]
    assert titles.NO_PATIENTS in out.split(terminal.PROMPT)[0]
    questions = [(q, len(h), p) for q, h, p in bot.asked]
    assert questions == [("How does observation help?", 0, "resident"), ("And then?", 2, "resident")]
    assert [t.role for t in bot.asked[1][1]] == ["user", "assistant"]


@pytest.mark.parametrize("word", ["/quit", "/EXIT ", " /q"])
def test_a_leaving_word_leaves(
    make_bot: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], word: str
) -> None:
    bot = make_bot()
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{word}\nHow?\n"))
    assert converse(bot) == 0
    assert bot.asked == []
    assert terminal.HINT in capsys.readouterr().out


def test_an_input_that_no_next_question_can_mend_ends_it(
    make_bot: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bot = make_bot(How=InvalidInput("'dean' is not a persona."))
    monkeypatch.setattr(sys, "stdin", io.StringIO("How?\n"))
    with pytest.raises(InvalidInput):
        converse(bot, "dean")


def test_help_comes_first_with_its_contacts(world: Any, helping: Any) -> None:
    contact = Contact("Wellness", "555 0100", "mailto:help@example.edu", "day and night")
    answer = helping("distress", (contact,), closest=world.closest().closest)
    out = shown(replace(answer, notices=(*answer.notices, *replies.masked(["NAME"]))))
    assert out.startswith(wording.SAFETY_FIRST["distress"])
    assert "- Wellness: 555 0100, help@example.edu (day and night)" in out
    assert out.index("Wellness") < out.index(titles.MATTER) < out.index(answer.closest[0].quote.text)
    assert terminal.NEAR not in out
    assert wording.IDENTIFIERS["NAME"] in out


def test_a_conversation_goes_on_after_help_and_no_file_holds_it(
    make_bot: Any, helping: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bot = make_bot(harm=helping("self_harm"))
    typed = f"harm\n/export {tmp_path / 'one.json'}\nHow?\n/export {tmp_path / 'two.json'}\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    assert converse(bot) == 0
    assert next(t.text for t in bot.asked[1][1]) == "harm"
    assert not (tmp_path / "one.json").exists()
    turns = json.loads((tmp_path / "two.json").read_text("utf-8"))["turns"]
    assert [turn["question"] for turn in turns] == ["How?"]
    assert "There is nothing to export yet" in capsys.readouterr().out

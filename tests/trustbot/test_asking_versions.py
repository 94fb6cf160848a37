"""Documents that were replaced, ran out, say the same or disagree: ingested and asked for real."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from trustbot.answer.suggestions import topics_of
from trustbot.presentation import wording
from trustbot.presentation.wire import answer_to_dict
from trustbot.records.checking import check
from trustbot.records.markdown import markdown
from trustbot.records.record import of_answers, origin
from trustbot.terminal import show_answer
from trustbot.types import Answer
from trustbot.web.api import plain
from trustbot.web.i18n import language, said
from trustbot.web.pages.evidence_view import evidence

if TYPE_CHECKING:
    from trustbot.bot import Bot

PAPERS: Mapping[str, tuple[str, ...]] = {
    "Leave rules 2021": (
        "# Leave rules\n\nPorters have twenty days of leave a year.\n\n"
        "Leave of porters is asked for in a green book.\n",
        'date = "2021-03-01"\ntags = ["staff", "leave"]',
    ),
    "Leave rules 2026": (
        "# Leave rules\n\nPorters have twenty-six days of leave a year.\n",
        'date = 2026-02-01\nreplaces = ["d1"]',
    ),
    "Winter plan": ("# Winter plan\n\nThe boiler is fed with beech wood.\n", 'expires = "2020-03-31"'),
    "Gate sheet": (
        "---\ndate: 2024-05-01\ntags: [gate]\n---\n\n# Gate sheet\n\nThe outer gate is locked at 21:30 in summer.\n\n"
        "## Duties\n\nHead of the lodge: Ida Brandt\nLetters to the lodge: by the side door\n",
    ),
    "House book": (
        "# House book\n\nIn summer the outer gate is locked at 22:00.\n\n"
        "## Duties\n\nHead of the lodge: Nils Holm\nLetters to the lodge: by the side door\n",
        'date = "2025-11-30"',
        "intranet = true",
    ),
    "Lamp list": (
        "# Lamp list\n\n| Room | Lamp | Oil |\n| --- | --- | --- |\n| Elm | brass | 2 l |\n| Ash | tin | 1 l |\n",
    ),
    "Lamp list of the cook": (
        "# Lamps\n\n| Room | Oil | Lamp |\n| --- | --- | --- |\n| Elm | 3 l | brass |\n| Ash | 1 l | tin |\n",
    ),
}


@pytest.fixture(scope="module")
def bot(bot_of: Callable[[Mapping[str, tuple[str, ...]]], Bot]) -> Bot:
    return bot_of(PAPERS)


def told(answer: Answer) -> list[tuple[str, str]]:
    return [(n.kind, n.text) for n in answer.notices if n.kind in ("superseded", "conflict")]


def test_of_a_document_and_the_one_it_replaced_the_current_one_answers(bot: Bot) -> None:
    answer = bot.ask("How many days of leave do porters have?")
    assert "twenty-six days" in answer.text
    assert "twenty days" not in answer.text
    assert told(answer) == []
    assert {c.document.id for c in answer.citations} == {"d2"}


def test_what_only_a_replaced_document_says_is_said_with_what_took_its_place(bot: Bot) -> None:
    answer = bot.ask("Where do porters ask for leave, in which book?")
    assert "green book" in answer.text
    notice = (
        "“Leave rules 2021” (1 March 2021) was replaced by “Leave rules 2026” (1 February 2026): what is quoted from "
        "it may no longer hold."
    )
    assert told(answer) == [("superseded", notice)]
    assert "days of leave" not in answer.text.replace("twenty-six days of leave", "")
    cited = next(c for c in answer_to_dict(answer)["citations"] if c["document"] == "d1")
    assert (cited["currency"], cited["date"], cited["tags"]) == ("replaced", "2021-03-01", ["staff", "leave"])
    assert cited["replaced_by"] == [{"document": "d2", "title": "Leave rules 2026", "date": "2026-02-01"}]
    shown = io.StringIO()
    show_answer(answer, shown)
    assert notice in " ".join(shown.getvalue().split())
    assert notice in plain.told(answer)


def test_the_replaced_document_is_said_to_be_one_where_it_is_asked_for(bot: Bot) -> None:
    answer = bot.ask("What does reference 1 say about days of leave?")
    assert "twenty days" in answer.text
    assert told(answer)[0][0] == "superseded"


def test_what_ran_out_is_said_to_have(bot: Bot) -> None:
    answer = bot.ask("What is the boiler fed with?")
    assert "beech wood" in answer.text
    assert told(answer) == [
        ("superseded", "“Winter plan” was valid until 31 March 2020: what is quoted from it may no longer hold.")
    ]
    assert answer.citations[0].currency == "expired"


@pytest.mark.parametrize(
    ("question", "both"),
    [
        ("When is the outer gate locked in summer?", ("21:30", "22:00")),
        ("Who is the head of the lodge?", ("Ida Brandt", "Nils Holm")),
    ],
)
def test_documents_that_disagree_are_both_said_with_their_dates(bot: Bot, question: str, both: tuple[str, str]) -> None:
    answer = bot.ask(question)
    assert all(word in answer.text for word in both)
    notice = (
        "“Gate sheet” (1 May 2024) and “House book” (30 November 2025) say different things here. Check which of them "
        "holds."
    )
    assert told(answer) == [("conflict", notice)]
    assert {c.number: c.differs_from for c in answer.citations} == {4: (5,), 5: (4,)}
    assert notice in plain.told(answer)


def test_a_word_of_the_question_that_stands_above_one_of_them_tells_them_apart(bot: Bot) -> None:
    assert told(bot.ask("When is the outer gate locked in summer, by the house book?")) == []


def test_rows_of_one_name_differ_by_their_cells_whatever_the_order_of_the_columns(bot: Bot) -> None:
    answer = bot.ask("How much oil does the lamp in Elm take?")
    assert "Oil: 2 l" in answer.text
    assert "Oil: 3 l" in answer.text
    assert [kind for kind, _ in told(answer)] == ["conflict"]
    assert told(bot.ask("How much oil does the lamp in Ash take?")) == []


def test_what_both_say_alike_is_said_once_with_both_places(bot: Bot) -> None:
    answer = bot.ask("How do letters to the lodge come in?")
    assert answer.text.count("by the side door") == 1
    assert "[4][5]" in answer.text
    assert told(answer) == []


def test_a_record_with_such_notices_stands_and_another_title_does_not(bot: Bot) -> None:
    answer = bot.ask("Who is the head of the lodge?")
    source = origin(bot.corpus, bot.fingerprint, bot.built_at)
    made = of_answers([("Who is the head of the lodge?", answer)], bot.corpus, source)
    assert check(made, bot.corpus, source, lambda *_: None).holds
    (turn,) = made.turns
    false = replace(turn.notices[0], text=turn.notices[0].text.replace("House book", "Police record"))
    altered = replace(made, turns=(replace(turn, notices=(false,)),))
    assert not check(altered, bot.corpus, source, lambda *_: None).holds
    assert "House book" in markdown(made)


def test_the_evidence_says_what_no_longer_holds_and_where_documents_differ(bot: Bot) -> None:
    old = evidence(bot.ask("In which book do porters ask for leave?").citations[:1], "a", [""], [1])
    assert all(part in old for part in ("No longer current", "1 March 2021", "Leave rules 2026", "staff, leave"))
    differing = bot.ask("Who is the head of the lodge?").citations
    shown = evidence(differing, "a", [""] * len(differing), [c.number for c in differing])
    assert "Differs from [5]" in shown
    assert "On the intranet, without a public address" in shown


def test_notices_are_said_in_spanish_with_its_dates() -> None:
    text = wording.CONFLICT.format(one=wording.dated("Gate", "2024-05-01"), other=wording.dated("3 May 2024", "2025"))
    with language.using("es"):
        shown = said.said(text)
    assert shown.startswith("“Gate” (1 de mayo de 2024) y “3 May 2024” (2025) dicen aquí")


def test_no_topic_is_named_that_a_replaced_document_covers(bot: Bot) -> None:
    named = [topic.name for topic in topics_of(bot.corpus)]
    assert any("2026" in name for name in named)
    assert not any("2021" in name for name in named)

"""Works that were retracted, doubted or corrected after they were cited: ingested and asked for real."""

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
from trustbot.records.page import page
from trustbot.records.record import of_answers, origin
from trustbot.records.references import csl_items, ris
from trustbot.runnable import told as told_to_a_model
from trustbot.terminal import show_answer, show_sources
from trustbot.types import Answer, Update
from trustbot.web.api import plain
from trustbot.web.i18n import language, said
from trustbot.web.pages.browse.works import works_view
from trustbot.web.pages.evidence_view import evidence

if TYPE_CHECKING:
    from trustbot.bot import Bot

NOTICE = "https://doi.org/10.5555/ward.2024.9"
PAPERS: Mapping[str, tuple[str, ...]] = {
    "Soup and sleep": (
        "# Soup and sleep\n\nPatients who ate leek soup slept nine hours.\n\nThe porridge was stirred with birch.\n",
        "",
        'doi = "10.5555/Soup.1"',
    ),
    "Sleep on two wards": ("# Sleep on two wards\n\nPatients who ate leek soup slept six hours.\n",),
    "Lamps at night": ("# Lamps at night\n\nNurses carried blue lamps at night.\n", "", 'pmid = "91000002"'),
    "Floors": ("# Floors\n\nThe floors were waxed with beeswax.\n", "", 'doi = "10.5555/floor.1"'),
}
UPDATES = f"""schema = 1
checked = 2026-11-30

[[update]]
doi = "10.5555/soup.1"
kind = "retraction"
date = 2024-03-04
notice = "{NOTICE}"
told_by = "Crossref"

[[update]]
pmid = "91000002"
kind = "concern"
notice = "https://pubmed.ncbi.nlm.nih.gov/91000009/"

[[update]]
doi = "10.5555/floor.1"
kind = "correction"
date = 2025-01-02
notice = "https://doi.org/10.5555/floor.2"

[[update]]
doi = "10.5555/of-another-corpus"
kind = "retraction"
notice = "https://doi.org/10.5555/x"
"""
SAID = f"“Soup and sleep” was retracted on 4 March 2024: what it says is no longer evidence. The notice: {NOTICE}"


@pytest.fixture(scope="module")
def bot(bot_of: Callable[..., Bot]) -> Bot:
    return bot_of(PAPERS, {"updates.toml": UPDATES})


@pytest.fixture(scope="module")
def stirred(bot: Bot) -> Answer:
    """What the retracted work alone says."""
    return bot.ask("What was the porridge stirred with?")


def told(answer: Answer) -> list[tuple[str, str]]:
    return [(n.kind, n.text) for n in answer.notices if n.kind in ("retracted", "concern")]


def test_another_work_answers_in_place_of_a_retracted_one(bot: Bot) -> None:
    answer = bot.ask("How many hours did patients sleep who ate leek soup?")
    assert "six hours" in answer.text
    assert "nine" not in answer.text
    assert told(answer) == []


def test_what_a_retracted_work_alone_says_is_never_said_without_its_notice(stirred: Answer) -> None:
    assert "birch" in stirred.text
    assert told(stirred) == [("retracted", SAID)]
    cited = answer_to_dict(stirred)["citations"][0]
    assert cited["currency"] == "retracted"
    assert cited["source"]["updates"] == [{"kind": "retraction", "date": "2024-03-04", "notice": NOTICE}]
    assert cited["source"]["badge"].startswith("retracted 4 March 2024")
    shown = io.StringIO()
    show_answer(stirred, shown)
    assert SAID in " ".join(shown.getvalue().split())
    assert SAID in plain.told(stirred)
    assert SAID in told_to_a_model(stirred)


def test_evidence_and_works_show_it(bot: Bot, stirred: Answer) -> None:
    shown = evidence(stirred.citations[:1], "a", [""], [1])
    assert all(part in shown for part in ("Retracted", "retracted 4 March 2024", f'href="{NOTICE}"'))
    assert "No longer current" not in shown
    works = works_view(bot.corpus, {})
    for part in (f'href="{NOTICE}"', "retracted 4 March 2024", "under an expression of concern", "Correction"):
        assert part in works
    listed = io.StringIO()
    show_sources(bot.corpus, listed)
    assert "retracted 4 March 2024" in listed.getvalue()


def test_exports_carry_it_and_hold(bot: Bot, stirred: Answer) -> None:
    source = origin(bot.corpus, bot.fingerprint, bot.built_at)
    made = of_answers([("What was the porridge stirred with?", stirred)], bot.corpus, source)
    assert check(made, bot.corpus, source, lambda *_: None).holds
    for text in (markdown(made), page(made)):
        assert "Retracted." in text
        assert "was retracted on 4 March 2024" in text
        assert NOTICE in text
    assert csl_items(made.works)[0]["note"] == f"Retracted on 2024-03-04: {NOTICE}"
    assert NOTICE in ris(made.works)
    # A record that was made before the retraction says so when it is checked.
    before = replace(made, works=tuple(replace(w, updates=()) for w in made.works))
    findings = [f.text for f in check(before, bot.corpus, source, lambda *_: None).findings]
    assert f"The work {made.works[0].id} was retracted after the record was made: {NOTICE}." in findings


def test_a_concern_is_said_and_a_correction_stands_in_the_record(bot: Bot) -> None:
    answer = bot.ask("Which lamps did nurses carry at night?")
    assert "blue lamps" in answer.text
    address = "https://pubmed.ncbi.nlm.nih.gov/91000009/"
    assert told(answer) == [("concern", wording.CONCERN.format(title="Lamps at night", address=address))]
    floors = bot.ask("What were the floors waxed with?")
    assert not any("Floors" in text for _, text in told(floors))
    cited = [c for c in floors.citations if c.number == 4]
    assert cited[0].currency == "current"
    assert "https://doi.org/10.5555/floor.2" in evidence(cited[:1], "a", [""], [4])


def test_records_say_it_in_words(bot: Bot) -> None:
    recorded = {d.source_id: d.text for d in bot.corpus.documents if d.kind == "record"}
    assert f"Reference 1 was retracted on 4 March 2024; the notice is at {NOTICE}." in recorded["s1"]
    assert "An expression of concern about reference 3 was published; the notice" in recorded["s3"]
    assert bot.corpus.source("s1").updates == (Update("retraction", "2024-03-04", NOTICE),)


def test_nothing_of_a_retracted_work_is_suggested(bot: Bot) -> None:
    assert not any("Soup and sleep" in topic.name for topic in topics_of(bot.corpus))


def test_the_notice_is_said_in_spanish() -> None:
    with language.using("es"):
        assert said.said(SAID).startswith("“Soup and sleep” fue retractado el 4 de marzo de 2024")

"""What a page offers to ask is answered, and with what it is about: over every statement there is, by the real bot."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from trustbot.settings import Settings
from trustbot.types import ARTICLE
from trustbot.web.pages.browse.asking import Asking, address, cites, questions, statement_question
from trustbot.web.service import Service, last_answer

LONG = 120.0
"""Seconds that all questions take at most, on a machine that has other things to do."""


@pytest.fixture(scope="module")
def service(bot):
    made = Service(Settings(), lambda _: bot)
    assert made.keep_opening(threading.Event())
    return made


@pytest.fixture(scope="module")
def offered(service):
    found = Asking(service).offered(LONG)
    assert found.complete
    return found.questions


def test_every_numbered_statement_can_be_asked_about_and_its_answer_cites_that_very_place(bot, offered):
    statements = [c for c in bot.corpus.chunks if c.claim_id]
    assert len(statements) == 30
    for chunk in statements:
        answer = bot.ask(offered[chunk.id])
        first = answer.citations[0]
        assert (first.quote.start, first.document.id) == (chunk.start, ARTICLE), chunk.claim_id
        assert first.audit is not None
        assert first.audit.claim_id == chunk.claim_id
        assert first.number == chunk.reference
        # It is answered straight, and no word of the question is said not to be covered.
        assert answer.text.removeprefix("- ").startswith("The article says so"), chunk.claim_id
        assert not [n for n in answer.notices if n.kind == "partial"], chunk.claim_id


def test_an_unnumbered_statement_is_offered_only_if_its_answer_cites_it(bot, offered):
    unnumbered = [c for c in bot.corpus.chunks if c.document_id == ARTICLE and c.kind == "prose"]
    assert unnumbered
    for chunk in unnumbered:
        answer = bot.ask(statement_question(chunk))
        assert (chunk.id in offered) is cites(answer, chunk.id)
        # Nobody checked it, so nothing says of it that the work supports it.
        first = answer.citations[0]
        assert (first.quote.start, first.audit) == (chunk.start, None)
        assert not answer.text.startswith("The article says so")


def test_every_work_can_be_asked_about(bot, offered):
    works = [s.number for s in bot.corpus.sources if s.kind == "work"]
    assert [key for key in offered if isinstance(key, int)] == works
    for number in works:
        answer = bot.ask(offered[number])
        assert not answer.abstained
        assert {c.number for c in answer.citations} == {number}


def test_what_is_not_answered_or_answered_with_something_else_is_not_offered(world, make_bot):
    chunk = world.corpus.chunks[0]
    for unanswered in (world.abstained(), world.closest()):
        declined = Service(Settings(), lambda _, said=unanswered: make_bot(Is=said, What=world.partly()))
        assert declined.keep_opening(threading.Event())
        found = Asking(declined).offered(LONG)
        assert found.complete
        # The scripted answer cites the works 2 and 4, whichever is asked about.
        assert set(found.questions) == {2, 4}
    assert chunk.id in dict(questions(world.corpus))


def test_each_question_is_asked_once_for_an_index_version_and_counts_as_nobodys(world, make_bot):
    bot = make_bot()
    service = Service(Settings(), lambda _: bot)
    assert service.keep_opening(threading.Event())
    asking = Asking(service)
    assert asking.offered(LONG) == asking.offered(LONG)
    asked = [question for question, *_ in bot.asked]
    assert asked == [question for _, question in questions(world.corpus)]
    assert "trustbot_questions_total{" not in service.metrics.text().decode()
    bot.fingerprint = "another"
    asking.offered(LONG)
    assert len(bot.asked) == 2 * len(asked)


def test_a_reader_does_not_wait_for_a_slow_bot(world, make_bot):
    bot = make_bot()
    bot.gate = threading.Event()
    service = Service(Settings(), lambda _: bot)
    assert service.keep_opening(threading.Event())
    asking = Asking(service)
    assert asking.offered(0.05) == ({}, False)
    bot.gate.set()
    assert asking.offered(LONG).complete


def test_a_bot_that_fails_costs_the_links_and_nothing_else(world, make_bot, caplog):
    service = Service(Settings(), lambda _: make_bot(reference=RuntimeError("a secret detail")))
    assert service.keep_opening(threading.Event())
    found = Asking(service).offered(LONG)
    assert found.complete
    assert set(found.questions) == {world.corpus.chunks[0].id}
    assert "could not be tried" in caplog.text


def test_the_address_is_the_chat_with_the_question(bot):
    from urllib.parse import parse_qs, urlsplit

    for _, question in questions(bot.corpus):
        parts = urlsplit(address(question))
        assert parts.path == "./"
        assert parse_qs(parts.query) == {"q": [question]}


def test_a_question_is_one_line_without_the_statements_full_stop(bot):
    chunk = next(c for c in bot.corpus.chunks if c.claim_id == "C01")
    broken = replace(chunk, text=chunk.text.replace(" is ", "\nis ", 1))
    assert statement_question(broken) == statement_question(chunk)
    assert statement_question(chunk).endswith("outcomes”?")
    assert last_answer(bot.stream(statement_question(chunk))).outcome == "answered"

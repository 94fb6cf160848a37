"""Somebody who needs help first: what a page shows, what the API gives, and that nothing of it is kept anywhere."""

from __future__ import annotations

import json
import logging
import re
import threading
from dataclasses import replace

import httpx
import pytest

from trustbot.answer import replies
from trustbot.errors import InvalidInput
from trustbot.presentation import wording
from trustbot.presentation.wire import answer_to_dict
from trustbot.records import checking, record
from trustbot.settings import Settings
from trustbot.types import HELPED, Contact, Query
from trustbot.web.api.exports import origin
from trustbot.web.chat.conversation import converse, give_feedback
from trustbot.web.chat.download import download
from trustbot.web.feedback.judgements import Feedback
from trustbot.web.http.schemas import AnswerBody
from trustbot.web.i18n import language, words
from trustbot.web.kept.conversations import keep, restore
from trustbot.web.pages import render
from trustbot.web.server import create_app
from trustbot.web.service import Service

CONTACTS = (
    Contact("Wellness <b>line</b>", "+1 (555) 010-0199", "https://wellness.example.edu/", "day & night"),
    Contact("Ombuds office", address="mailto:ombuds@example.edu"),
    Contact("Occupational health", "*12#", "Building 4, room 12"),
)
MASKED = "How does [NAME] build trust?"


@pytest.fixture
def bot(make_bot, helping, world):
    named = replace(world.answered(), query=Query(MASKED, MASKED))
    return make_bot(
        harm=helping("self_harm", CONTACTS),
        hurt=helping("distress", closest=world.closest().closest),
        Jane=replace(named, notices=(*replies.masked(["NAME"]), *named.notices)),
    )


@pytest.fixture
def service(bot, tmp_path):
    opened = Service(Settings(data_dir=tmp_path, log_questions=True), lambda _: bot)
    assert opened.keep_opening(threading.Event())
    return opened


def talk(service, *questions):
    exchanges = ()
    for question in questions:
        *_, last = converse(service, exchanges, question)
        exchanges = last.exchanges
    return last


# -- what is shown -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", HELPED)
def test_what_to_do_comes_first_and_is_read_at_once(helping, world, kind):
    shown = render.answer(helping(kind), world.corpus, 0)
    alert = shown.index('role="alert"')
    assert shown.count('role="alert"') == 1
    assert alert < shown.index(words.SAFETY_TITLE[kind]) < shown.index(wording.SAFETY_FIRST[kind])
    assert shown.index(wording.SAFETY_FIRST[kind]) < shown.index(wording.SAFETY_THEN[kind])
    assert 'class="tb-a tb-safety"' in shown


def test_nothing_can_be_judged_shared_or_copied(helping, world):
    shown = render.answer(helping("self_harm"), world.corpus, 0)
    assert "tb-tools" not in shown
    assert "tb-tool" not in shown
    assert words.SCOPE not in shown
    assert wording.SAFETY_NOTICE["crisis"] not in shown, "it is part of what is said"


def test_a_second_message_has_no_title_again(helping, world):
    shown = render.answer(helping("distress", again=True), world.corpus, 0)
    assert wording.SAFETY_AGAIN["distress"] in shown
    assert words.SAFETY_TITLE["distress"] not in shown


def test_contacts_can_be_called_written_to_and_opened(helping, world):
    shown = render.answer(helping("self_harm", CONTACTS), world.corpus, 0)
    assert '<a href="tel:+15550100199">+1 (555) 010-0199</a>' in shown
    assert 'href="tel:*12%23"' in shown
    assert '<a href="mailto:ombuds@example.edu">ombuds@example.edu</a>' in shown
    assert 'href="https://wellness.example.edu/"' in shown
    assert "Building 4, room 12" in shown
    assert "day &amp; night" in shown
    assert "<b>line</b>" not in shown


def test_statements_on_the_matter_stand_below_under_a_heading_of_their_own(helping, world):
    shown = render.answer(helping("distress", closest=world.closest().closest), world.corpus, 0)
    assert shown.index('role="alert"') < shown.index(words.SAFETY_MATTER) < shown.index("tb-near")
    assert words.SAFETY_MATTER not in render.answer(helping("distress"), world.corpus, 0)


@pytest.mark.parametrize("kind", HELPED)
@pytest.mark.parametrize("again", [False, True])
def test_all_of_it_is_in_the_readers_language(helping, world, kind, again):
    given = helping(kind, again=again)
    with language.using("es"):
        shown = render.answer(given, world.corpus, 0)
    english = [wording.SAFETY_FIRST[kind], wording.SAFETY_THEN[kind], wording.SAFETY_AGAIN[kind]]
    english += wording.CONTACTS.values()
    assert not [text for text in english if text in shown]
    assert "lang=" not in shown


def test_what_was_masked_is_told_beside_help(helping, world):
    given = helping("distress")
    given = replace(given, notices=(*given.notices, *replies.masked(["NAME", "DATE"])))
    for code in language.codes():
        with language.using(code):
            shown = render.answer(given, world.corpus, 0)
            assert words.NOTICE["identifier"] in shown
            assert ("a name; a date" in shown) == (code == "en")
            assert words.NOTICE["crisis"] not in shown


# -- the conversation ----------------------------------------------------------------------------------------


def test_what_is_covered_is_one_tap_away_and_not_called_near(service):
    last = talk(service, "harm")
    assert last.chips == ("What is said about feedback?",)
    assert last.chips_title == words.SAFETY_CHIPS


def test_what_was_typed_gives_way_to_what_was_read(service, bot):
    last = talk(service, "How does Jane build trust?", "And why?")
    assert MASKED in last.messages[0]["content"]
    assert "Jane" not in json.dumps(last.messages)
    assert [t.text for t in bot.asked[-1][1] if t.role == "user"] == [MASKED]
    assert "Jane" not in keep(last.exchanges)


def test_other_questions_stay_as_they_were_typed(service):
    assert talk(service, "How  does\nit?").exchanges[0].asked == "How  does\nit?"


def test_the_conversation_goes_on_with_what_was_said(service, bot):
    talk(service, "harm", "And why?")
    assert [t.role for t in bot.asked[-1][1]] == ["user", "assistant"]


# -- kept nowhere --------------------------------------------------------------------------------------------


def test_the_page_keeps_every_turn_but_those(service):
    last = talk(service, "How?", "harm", "And why?")
    kept = keep(last.exchanges)
    assert "harm" not in kept
    assert wording.SAFETY_FIRST["self_harm"] not in kept
    assert [e["n"] for e in json.loads(kept)["X"]] == [0, 2]
    assert keep(talk(service, "harm").exchanges) == ""


def test_a_page_that_says_it_kept_one_is_not_believed(service, world):
    kept = json.loads(keep(talk(service, "what dose?").exchanges))
    kept["X"][0]["a"]["o"] = "safety"
    restored = restore(service, json.dumps(kept))
    assert restored.changed == 1
    assert restored.exchanges[0].answer is None


def test_no_record_or_file_holds_it(service, helping, world):
    bad, good = helping("self_harm"), world.abstained()
    made = record.of_answers([("harm", bad), ("what dose?", good)], world.corpus, origin(service.bot))
    signed = service.signer.answers([("harm", bad), ("what dose?", good)], world.corpus, origin(service.bot))
    for one in (made, signed):
        assert [turn.question for turn in one.turns] == ["what dose?"]
    assert words.EXPORT_NOTHING in download(service, (("harm", bad),), "md")
    assert service.signer.answer(bad).signature is None


def test_a_record_that_holds_one_does_not_stand(service, helping, world):
    made = record.of_answers([("what dose?", world.abstained())], world.corpus, origin(service.bot))
    turn = record.turn("harm", answer_to_dict(helping("self_harm")))
    report = checking.check(
        replace(made, turns=(turn,)), world.corpus, origin(service.bot), lambda *_: None, strict=True
    )
    assert not report.holds
    assert any("no turn of this outcome" in finding.text for finding in report.findings)


def test_no_feedback_is_taken_on_it(service, helping):
    last = talk(service, "harm")
    given = json.dumps({"number": 0, "verdict": "helpful", "reasons": []})
    assert give_feedback(service, last.exchanges, given, None) == ""
    assert not service.feedback(last.exchanges[0].answer, "token", "helpful")
    assert not service.settings.feedback_file.exists()
    with pytest.raises(InvalidInput, match="No feedback"):
        Feedback(helping("self_harm"), "helpful")


def test_the_log_has_no_line_of_it_and_of_others_what_was_read(service, caplog):
    caplog.set_level(logging.INFO, logger="trustbot.web.questions")
    talk(service, "harm", "How does Jane build trust?", "boom, said Joan")
    assert "harm" not in caplog.text
    assert "safety" not in caplog.text
    assert f"text={MASKED!r}" in caplog.text
    assert not re.search("Jane|Joan", caplog.text)
    assert "outcome=failed" in caplog.text
    assert re.search(rb'trustbot_questions_total\{channel="chat",outcome="safety"\} 1', service.metrics.text())


# -- the API -------------------------------------------------------------------------------------------------


@pytest.fixture
def url(bot, tmp_path, serve_app, wait_until):
    app = create_app(Settings(data_dir=tmp_path), lambda _: bot)
    with serve_app(app) as address:
        wait_until(f"{address}/readyz")
        yield address


def test_the_api_and_its_stream_carry_it_and_export_leaves_it_out(url):
    asked = {"question": "harm"}
    answer = httpx.post(f"{url}/api/ask", json=asked, timeout=60).json()
    AnswerBody.model_validate(answer, extra="forbid")
    assert (answer["outcome"], answer["abstained"], answer["signature"]) == ("safety", True, None)
    contacts = answer["safety"].pop("contacts")
    assert answer["safety"] == {"kind": "self_harm", "again": False}
    assert contacts[0] == {
        "name": CONTACTS[0].name,
        "number": CONTACTS[0].number,
        "address": CONTACTS[0].address,
        "hours": CONTACTS[0].hours,
    }
    assert all(contact["name"] in answer["text"] for contact in contacts)
    streamed = httpx.post(f"{url}/api/ask", json=asked, headers={"Accept": "text/event-stream"}, timeout=60).text
    assert '"outcome": "safety"' in streamed
    assert '"kind": "self_harm"' in streamed
    answer["safety"]["contacts"] = contacts
    turn = {"question": "harm", "answer": answer}
    refused = httpx.post(f"{url}/api/export", json={"format": "json", "turns": [turn]}, timeout=60)
    assert refused.status_code == 422
    assert words.EXPORT_NONE in refused.json()["detail"]
    dose = httpx.post(f"{url}/api/ask", json={"question": "what dose?"}, timeout=60).json()
    assert dose["safety"] is None
    schema = httpx.get(f"{url}/api/openapi.json", timeout=60).json()["components"]["schemas"]
    assert set(schema["ContactBody"]["properties"]) == {"name", "number", "address", "hours"}

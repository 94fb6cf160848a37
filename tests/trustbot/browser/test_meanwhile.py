"""What a reader does while the page is still at work: nothing typed, asked or answered is lost.

Gradio ends an event a moment after its last screen, takes no other of its kind until then, and sets that screen once
more at the end. Here these moments are drawn out.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from trustbot.web.chat import events

pytestmark = pytest.mark.browser

QUESTION = "How does direct observation build trust?"
NEXT = "What is the capital of Mongolia?"
MOMENT = 2.0
"""Seconds that an event goes on after its last screen."""


@pytest.fixture
def late_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each question's event ends late."""
    converse = events.converse

    def slow(*given, **more) -> Iterator[object]:
        yield from converse(*given, **more)
        time.sleep(MOMENT)

    monkeypatch.setattr(events, "converse", slow)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Once cleared, it holds up the next event that looks up what was said, until it is set."""
    remembered, door, looked = events.remembered, threading.Event(), threading.Lock()
    door.set()

    def slow(*given):
        if not door.is_set() and looked.acquire(blocking=False):
            door.wait(120)
        return remembered(*given)

    monkeypatch.setattr(events, "remembered", slow)
    yield door
    door.set()


@pytest.mark.usefixtures("late_ends")
def test_a_question_sent_before_the_last_one_is_wholly_over_is_answered(make_bot, scripted, visit):
    seen = visit(scripted(make_bot()))
    seen.ask(QUESTION)
    seen.page.locator("#tb-a0").wait_for()
    seen.box.fill(NEXT)
    seen.box.press("Enter")
    seen.answer(1)
    expect(seen.page.locator(".tb-q")).to_have_text([QUESTION, NEXT])
    expect(seen.page.locator("#tb-notice-bar")).to_be_hidden()


@pytest.mark.usefixtures("late_ends")
def test_what_is_typed_after_a_failure_stays(make_bot, scripted, visit):
    seen = visit(scripted(make_bot()))
    seen.ask("boom, please")
    seen.page.locator(".tb-fail").wait_for()
    expect(seen.box).to_have_value("boom, please")
    seen.box.fill("something else")
    seen.events.over()
    expect(seen.box).to_have_value("something else")


def test_the_next_question_can_be_typed_while_one_is_answered(make_bot, scripted, visit):
    bot = make_bot()
    seen = visit(scripted(bot))
    bot.gate = threading.Event()
    seen.ask(QUESTION)
    expect(seen.page.locator(".tb-stages li")).to_have_count(2)
    expect(seen.box).to_have_value("")
    seen.box.fill("the next thought")
    seen.page.wait_for_timeout(1500)  # long enough for several beats of the same screen
    bot.gate.set()
    seen.answer()
    expect(seen.box).to_have_value("the next thought")


def test_a_question_sent_while_the_conversation_comes_back_is_asked_behind_it(make_bot, scripted, visit, held):
    seen = visit(scripted(make_bot()))
    page = seen.page
    seen.ask(QUESTION)
    seen.answer()
    seen.kept(QUESTION)
    held.clear()
    page.reload()
    page.locator("#tb-boot").wait_for(state="detached")
    seen.box.fill(NEXT)
    seen.box.press("Enter")
    held.set()
    seen.answer(1)
    expect(page.locator(".tb-q")).to_have_text([QUESTION, NEXT])
    seen.kept(NEXT)
    seen.kept(QUESTION)


def test_who_is_asking_can_be_said_while_a_question_is_answered(make_bot, scripted, visit):
    bot = make_bot()
    seen = visit(scripted(bot))
    seen.ready()
    bot.gate = threading.Event()
    seen.ask(QUESTION)
    expect(seen.page.locator(".tb-stages li")).to_have_count(2)
    seen.options()
    seen.page.get_by_label("Who is asking?").select_option("resident")
    seen.page.wait_for_timeout(1000)  # long enough for the page to follow, or to go wrong
    bot.gate.set()
    seen.answer()
    expect(seen.page.locator(".tb-q")).to_have_text([QUESTION])
    seen.kept(QUESTION)


def test_the_next_sheet_stays_open_though_the_last_one_is_still_leaving_the_history(make_bot, scripted, visit):
    seen = visit(scripted(make_bot()), 390, 844)
    page = seen.page
    seen.ask(QUESTION)
    seen.answer()
    page.evaluate(
        "() => { const back = History.prototype.back; history.back = () => setTimeout(() => back.call(history), 300); }"
    )
    sheet, number = page.locator("#tb-sheet"), page.locator("#tb-a0 a.tb-cite").first
    number.click()
    expect(sheet).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    number.click()
    page.wait_for_timeout(800)  # the step back is taken by now
    expect(sheet).to_be_visible()
    page.go_back()
    expect(sheet).to_be_hidden()
    expect(page.locator("#tb-a0")).to_be_visible()

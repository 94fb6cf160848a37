"""A question on its way out of the box: what is refused whole, what waits, and what Enter means."""

from __future__ import annotations

import threading

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

QUESTION = "How does direct observation build trust?"
NEXT = "What is the capital of Mongolia?"
PARAGRAPH = "Our program has many rules about supervision, and each of them is told here at length. "
LONG = PARAGRAPH * 24 + "Given all this: who wrote reference 3?"
KEY = """([keyCode, isComposing]) => document.querySelector("#tb-box textarea").dispatchEvent(
  new KeyboardEvent("keydown", { key: "Enter", keyCode, isComposing, bubbles: true, cancelable: true }))"""


@pytest.mark.parametrize("width", [1280, 258])
def test_a_question_over_the_limit_is_refused_before_it_is_sent_and_stays_whole(
    make_bot, scripted, visit, width, measure
):
    assert len(LONG) > 2000
    seen = visit(scripted(make_bot()), width, 844)
    page = seen.page
    seen.ready()
    seen.box.fill(LONG)
    bar = page.locator("#tb-notice-bar")
    expect(bar).to_have_text(
        f"The question has {len(LONG):,} characters; the most that can be read is 2,000. Shorten it."
    )
    seen.box.press("Enter")
    page.locator("#tb-box .submit-button").click()
    expect(seen.box).to_have_value(LONG)
    expect(seen.box).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".tb-q")).to_have_count(0)
    assert page.evaluate(measure.overflow) == 0
    seen.box.fill(QUESTION)
    expect(bar).to_be_hidden()
    expect(seen.box).not_to_have_attribute("aria-invalid", "true")
    seen.box.press("Enter")
    seen.answer()
    expect(page.locator(".tb-q")).to_have_text([QUESTION])


def test_letters_are_counted_as_the_server_counts_them(make_bot, scripted, visit):
    seen = visit(scripted(make_bot()))
    seen.ready()
    seen.box.fill("What does 𝔱rust need? " + "𝔱" * 1900)  # each of these takes two units of a script's string
    seen.box.press("Enter")
    seen.answer()


def test_a_question_sent_while_another_is_answered_waits_for_it(make_bot, scripted, visit):
    bot = make_bot()
    seen = visit(scripted(bot))
    page = seen.page
    gate = bot.gate = threading.Event()
    try:
        seen.ask(QUESTION)
        expect(page.locator(".tb-stages li")).to_have_count(2)
        bar = page.locator("#tb-notice-bar")
        seen.box.fill(NEXT)
        seen.box.press("Enter")
        expect(bar).to_contain_text("asked as soon as this answer is there")
        expect(seen.box).to_have_value("")
        bar.get_by_role("button", name="Cancel").click()
        expect(seen.box).to_have_value(NEXT)
        expect(bar).not_to_contain_text("as soon as")
        seen.box.press("Enter")
        expect(bar).to_contain_text("asked as soon as this answer is there")
    finally:
        gate.set()
    seen.answer(1)
    expect(page.locator(".tb-q")).to_have_text([QUESTION, NEXT])
    expect(bar).to_be_hidden()


def test_enter_that_ends_an_input_methods_choice_sends_nothing(make_bot, scripted, visit):
    seen = visit(scripted(make_bot()))
    page = seen.page
    seen.ready()
    session = page.context.new_cdp_session(page)
    seen.box.focus()
    session.send("Input.imeSetComposition", {"text": "しんらい", "selectionStart": 4, "selectionEnd": 4})
    page.evaluate(KEY, [229, True])  # Chromium and Firefox
    page.evaluate(KEY, [229, False])  # Safari
    session.send("Input.insertText", {"text": "信頼とは何ですか"})
    # Sent now, it would have been asked twice: the first Enter that counts is the last one.
    seen.box.press("Enter")
    seen.answer()
    expect(page.locator(".tb-q")).to_have_text(["信頼とは何ですか"])


def test_a_question_that_came_by_a_link_is_read_without_those_before_it(make_bot, scripted, visit):
    bot = make_bot()
    url = scripted(bot)
    seen = visit(url)
    page = seen.page
    seen.ask(QUESTION)
    seen.answer()
    seen.kept(QUESTION)
    page.goto(f"{url}/?q=What+about+the+second+one%3F")
    seen.answer(1)
    expect(page.locator(".tb-q")).to_have_text([QUESTION, "What about the second one?"])
    assert bot.asked[-1][:2] == ("What about the second one?", ())
    seen.ask(NEXT)
    seen.answer(2)
    assert "What about the second one?" in [turn.text for turn in bot.asked[-1][1]], (
        "a question after it is none of these"
    )


@pytest.mark.parametrize("width", [1280, 258])
def test_an_answer_keeps_saying_that_its_link_was_made_with_another_version(live, visit, width, measure):
    seen = visit(live, width, 844, f"/?q={QUESTION.replace(' ', '+')}&v=1999.1")
    page = seen.page
    seen.answer()
    note = page.locator("#tb-a0 .tb-linked")
    expect(note).to_contain_text("made with corpus 1999.1")
    assert page.evaluate(measure.overflow) == 0
    seen.kept(QUESTION)
    page.reload()
    seen.restored()
    expect(note).to_contain_text("made with corpus 1999.1")
    seen.ask(NEXT)
    seen.answer(1)
    expect(page.locator(".tb-linked")).to_have_count(1)
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".tb-a")).to_have_count(0)
    page.get_by_role("button", name="Bring it back").click()
    seen.answer(1)
    expect(note).to_have_count(1)

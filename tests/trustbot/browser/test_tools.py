"""What a reader can do with a question and its answer: edit, pass on, judge."""

from __future__ import annotations

import sqlite3
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

QUESTION = "What does the article say about practical strategies for building trust?"
FOLLOW_UP = "Tell me more about the second one."
EARLY = (
    "Is this so: “When trust is established early, feedback becomes an explicit component of the preceptor-learner "
    "relationship, enhancing interactions even in relatively brief encounters”?"
)
WIDTHS = [1280, 390]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_question_is_edited_where_it_was_typed_and_replaces_what_followed(live, visit, width):
    seen = visit(live, width, 844)
    page = seen.page
    seen.ask(QUESTION)
    seen.answer()
    seen.ask(FOLLOW_UP)
    seen.answer(1)
    seen.box.fill("half a thought")
    page.get_by_role("button", name="Edit this question").first.click()
    expect(seen.box).to_have_value(QUESTION)
    expect(seen.box).to_be_focused()
    expect(page.locator("#tb-notice-bar")).to_contain_text("You are editing an earlier question")
    seen.box.fill(EARLY)
    seen.box.press("Enter")
    expect(page.locator(".tb-q")).to_have_text([EARLY])
    expect(page.locator("#tb-a0 .tb-main")).to_contain_text("feedback")
    expect(page.locator(".tb-a")).to_have_count(1)
    expect(page.locator("#tb-notice-bar")).to_be_hidden()


def test_an_edit_that_is_given_up_loses_nothing(live, visit):
    seen = visit(live)
    page = seen.page
    seen.ask(QUESTION)
    seen.answer()
    seen.box.fill("half a thought")
    page.locator("#tb-e0").click()
    page.locator("#tb-notice-bar").get_by_role("button", name="Cancel").click()
    expect(seen.box).to_have_value("half a thought")
    page.locator("#tb-e0").click()
    expect(seen.box).to_have_value(QUESTION)
    page.keyboard.press("Escape")
    expect(seen.box).to_have_value("half a thought")
    seen.ask(FOLLOW_UP)
    seen.answer(1)
    expect(page.locator(".tb-q")).to_have_text([QUESTION, FOLLOW_UP])


def test_a_suggestion_taken_while_editing_replaces_nothing(live, visit):
    seen = visit(live, 390, 844)
    page = seen.page
    seen.ask(QUESTION)
    seen.answer()
    page.locator("#tb-e0").click()
    page.locator("#tb-chips button:visible").first.click()
    seen.answer(1)
    expect(page.locator(".tb-q")).to_have_count(2)
    expect(page.locator(".tb-q").first).to_have_text(QUESTION)


def test_an_edit_that_fails_leaves_the_conversation_as_it_was(make_bot, scripted, visit):
    seen = visit(scripted(make_bot()))
    page = seen.page
    seen.ask(QUESTION)
    seen.answer()
    page.locator("#tb-e0").click()
    seen.box.fill("boom, please")
    seen.box.press("Enter")
    expect(page.locator(".tb-fail")).to_contain_text("Something went wrong")
    expect(page.locator(".tb-q")).to_have_text([QUESTION, "boom, please"])
    expect(seen.box).to_have_value("boom, please")


@pytest.mark.parametrize("width", [1280, 390])
def test_a_link_to_a_question_asks_it_for_somebody_else(live, visit, width):
    seen = visit(live, width, 844)
    page = seen.page
    seen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    seen.ask(QUESTION)
    seen.answer()
    link = page.locator("#tb-a0 .tb-share")
    expect(link).to_have_accessible_name("Link to this question")
    link.click()
    expect(page.locator("#tb-a0 .tb-done")).to_have_text("Link copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert parse_qs(urlsplit(copied).query)["q"] == [QUESTION]
    other = visit(live, width, 844, copied.removeprefix(live))
    other.answer()
    expect(other.page.locator(".tb-q")).to_have_text([QUESTION])
    assert other.page.evaluate("location.search") == ""
    other.kept(QUESTION)
    other.page.reload()
    other.restored()
    expect(other.page.locator(".tb-q")).to_have_text([QUESTION])


def test_a_link_to_a_follow_up_stands_alone(live, visit):
    seen = visit(live)
    seen.ask(QUESTION)
    seen.answer()
    seen.ask(FOLLOW_UP)
    seen.answer(1)
    address = seen.page.locator("#tb-a1 .tb-share").get_attribute("href")
    assert address
    asked = parse_qs(urlsplit(address).query)["q"][0]
    assert "Maximize resident-preceptor-patient continuity" in asked


@pytest.mark.parametrize(
    ("path", "sentence"),
    [("/?q=%ff%fe", "link"), ("/?q=", "link"), ("/?q=" + "a" * 3000, "link"), ("/?q=%zz", "link")],
)
def test_a_malformed_link_says_so_and_leaves_a_way_on(live, visit, path, sentence):
    seen = visit(live, 390, 844, path)
    page = seen.page
    seen.ready()
    expect(page.locator("#tb-notice-bar")).to_contain_text(sentence)
    expect(page.locator(".tb-q")).to_have_count(0)
    seen.ask(QUESTION)
    seen.answer()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_judgement_is_stored_with_the_answer_and_without_the_question(live, live_data, visit, width):
    seen = visit(live, width, 844)
    page = seen.page
    seen.ask(QUESTION)
    seen.answer()
    helpful = page.locator("#tb-a0").get_by_role("button", name="Helpful", exact=True)
    unhelpful = page.locator("#tb-a0").get_by_role("button", name="Not helpful")
    helpful.click()
    expect(page.locator("#tb-a0 .tb-done")).to_contain_text("Thank you")
    expect(helpful).to_have_attribute("aria-pressed", "true")
    unhelpful.click()
    form = page.locator("#tb-a0 .tb-why")
    expect(form.get_by_role("checkbox")).to_have_count(4)
    expect(form).to_contain_text("Your question is not kept.")
    form.get_by_label("A citation doesn’t fit").check()
    form.get_by_role("button", name="Send").click()
    expect(unhelpful).to_have_attribute("aria-pressed", "true")
    expect(helpful).to_have_attribute("aria-pressed", "false")
    expect(unhelpful).to_be_focused()
    file = next((live_data / "feedback").glob("*.sqlite3"))
    with sqlite3.connect(file) as database:
        dump = "\n".join(database.iterdump())
    assert "wrong citation" in dump
    assert "practical strategies" not in dump.casefold()
    unhelpful.click()
    expect(unhelpful).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#tb-a0 .tb-done")).to_contain_text("removed")


def test_an_abstention_can_be_judged_by_its_own_reasons(live, visit):
    seen = visit(live, 390, 844)
    seen.ask("What is the capital of Mongolia?")
    seen.answer()
    seen.page.locator("#tb-a0 .tb-no").click()
    form = seen.page.locator("#tb-a0 .tb-why")
    expect(form.get_by_label("It should have been answered")).to_be_visible()
    expect(form.get_by_label("A citation doesn’t fit")).to_have_count(0)
    seen.page.keyboard.press("Escape")
    expect(form).to_have_count(0)
    expect(seen.page.locator("#tb-a0 .tb-no")).to_be_focused()


def test_suggested_questions_are_answered(live, visit):
    seen = visit(live, 390, 844)
    page = seen.page
    seen.ask(QUESTION)
    seen.answer()
    for number in (1, 2):
        chip = page.locator("#tb-chips button:visible").first
        chip.click()
        seen.answer(number)
        expect(page.locator(f"#tb-a{number}.tb-answered")).to_be_visible()

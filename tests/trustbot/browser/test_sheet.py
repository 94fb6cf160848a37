"""Where there is no room beside the answer, a number opens its evidence on top of the page."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

QUESTION = "Is this so: “Direct observations of clinical skills are crucial for building trust”?"
LIST = "What does the article say about practical strategies for building trust?"


@pytest.mark.parametrize("width", [820, 390, 320])
def test_a_number_opens_the_quote_with_all_that_is_known_of_it(live, visit, width, measure):
    seen = visit(live, width, 844)
    page = seen.page
    seen.ask(QUESTION)
    seen.answer()
    page.locator("#tb-a0 a.tb-cite").first.click()
    sheet = page.get_by_role("dialog", name="Evidence")
    expect(sheet).to_be_visible()
    expect(sheet.locator("mark")).to_have_text("Direct observations of clinical skills are crucial for building trust")
    expect(sheet.locator(".tb-work-title")).to_contain_text("trust")
    expect(sheet.locator(".tb-badge")).to_contain_text("16 preceptors")
    expect(sheet).to_contain_text("What the article says")
    expect(sheet).to_contain_text("Supported by the work")
    expect(sheet.get_by_role("link", name="10.1007/s40037-021-00694-5")).to_be_visible()
    seen.still()
    assert page.evaluate(measure.overflow) == 0
    assert sheet.evaluate("e => e.scrollWidth - e.clientWidth") == 0
    assert page.evaluate(measure.small_targets, ["#tb-sheet button"]) == []
    box = sheet.bounding_box()
    assert box is not None
    assert box["y"] > 40
    assert box["y"] + box["height"] == pytest.approx(844, abs=1)


def test_the_focus_goes_into_the_sheet_and_comes_back_to_the_number(live, visit):
    seen = visit(live, 390, 844)
    page = seen.page
    seen.ask(LIST)
    seen.answer()
    number = page.locator("#tb-a0 a.tb-cite").nth(1)
    number.focus()
    page.keyboard.press("Enter")
    sheet = page.locator("#tb-sheet")
    expect(sheet).to_be_visible()
    for _ in range(12):
        # The browser's own chrome is part of the ring; nothing of the page below is.
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('#tb-sheet')"
        )
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(number).to_be_focused()


def test_all_ways_out_of_the_sheet_lead_back(live, visit):
    seen = visit(live, 390, 844)
    page = seen.page
    seen.ask(QUESTION)
    seen.answer()
    sheet = page.locator("#tb-sheet")
    number = page.locator("#tb-a0 a.tb-cite").first
    ways = {
        "close": lambda: sheet.get_by_role("button", name="Close").click(),
        "beside": lambda: page.mouse.click(195, 20),
        "back": page.go_back,
        "sentence": lambda: sheet.get_by_role("link", name="Back to the sentence").click(),
    }
    for leave in ways.values():
        number.click()
        expect(sheet).to_be_visible()
        leave()
        expect(sheet).to_be_hidden()
        expect(number).to_be_focused()
        # Each way takes its own step out of the history again, a moment later: one step back leaves the page.
        page.wait_for_function("() => !history.state?.tbSheet")


def test_the_back_button_closes_what_is_open_beside_the_answer_too(live, visit):
    seen = visit(live, 1280)
    page = seen.page
    seen.ask(QUESTION)
    seen.answer()
    open_quotes = page.locator("#tb-a0 details.tb-cit[open]")
    number = page.locator("#tb-a0 a.tb-cite").first
    number.click()
    expect(open_quotes).to_have_count(1)
    page.wait_for_function("() => history.state?.tbSheet")
    page.go_back()
    expect(open_quotes).to_have_count(0)
    expect(number).to_be_focused()
    expect(page.locator("#tb-a0")).to_be_visible()
    # Closed in another way, it leaves no step behind.
    number.click()
    page.wait_for_function("() => history.state?.tbSheet")
    page.keyboard.press("Escape")
    expect(open_quotes).to_have_count(0)
    page.wait_for_function("() => !history.state?.tbSheet")
    expect(number).to_be_focused()


def test_one_quote_leads_to_the_next(live, visit):
    seen = visit(live, 390, 844)
    page = seen.page
    seen.ask(LIST)
    seen.answer()
    page.locator("#tb-a0 a.tb-cite").first.click()
    sheet = page.locator("#tb-sheet")
    total = page.locator("#tb-a0 details.tb-cit").count()
    assert total > 2
    expect(sheet.locator("header")).to_contain_text(f"1 of {total}")
    first = sheet.locator("mark").inner_text()
    expect(sheet.get_by_role("button", name="Previous quote")).to_be_disabled()
    sheet.get_by_role("button", name="Next quote").click()
    expect(sheet.locator("header")).to_contain_text(f"2 of {total}")
    expect(sheet.locator("mark")).not_to_have_text(first)
    expect(sheet.get_by_role("button", name="Next quote")).to_be_focused()
    sheet.get_by_role("button", name="Previous quote").click()
    expect(sheet.locator("mark")).to_have_text(first)


def test_a_row_of_the_evidence_opens_the_sheet_too(live, visit):
    seen = visit(live, 390, 844)
    page = seen.page
    seen.ask(QUESTION)
    seen.answer()
    row = page.locator("#tb-a0 .tb-cit > summary").first
    expect(row).to_be_hidden()  # below the answer, the evidence is one line
    page.locator("#tb-a0 .tb-all > summary").click()
    row.click()
    expect(page.locator("#tb-sheet")).to_be_visible()
    expect(page.locator("#tb-a0 details.tb-cit[open]")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(row).to_be_focused()


@pytest.mark.parametrize("place", ["top", "bottom"])
def test_beside_the_answer_the_quote_is_in_view_wherever_its_number_is_on_the_screen(live, visit, place):
    seen = visit(live, 1280, 700)
    page = seen.page
    seen.ask(QUESTION)
    seen.answer()
    seen.ask(LIST)
    seen.answer(1)
    numbers = page.locator("#tb-a1 a.tb-cite:visible")
    for number in (numbers.first, numbers.last):
        # By a step that doesn't glide: as near to the edge as nothing that is fixed covers it.
        number.evaluate("(e, place) => e.scrollIntoView({ block: place === 'top' ? 'start' : 'end' })", place)
        number.click()
        words = page.locator("#tb-a1 details.tb-cit[open] mark")
        expect(words).to_have_count(1)
        seen.still()
        page.wait_for_timeout(800)
        free = """e => { const [own, column, dock] = [e, e.closest(".tb-ev"), document.getElementById("tb-dock")]
          .map(each => each.getBoundingClientRect());
          return own.top >= Math.max(44, column.top) && own.bottom <= Math.min(dock.top, column.bottom); }"""
        assert words.evaluate(free), "the quoted words are covered or out of view"
        page.keyboard.press("Escape")
        expect(words).to_have_count(0)


def test_beside_the_answer_the_sentence_stays_where_it_is_and_only_the_evidence_moves(live, visit):
    seen = visit(live, 1280)
    page = seen.page
    seen.ask(LIST)
    seen.answer()
    rest = page.locator("#tb-a0 .tb-rest > summary")
    rest.click()
    number = page.locator("#tb-a0 a.tb-cite").last
    number.scroll_into_view_if_needed()
    page.wait_for_timeout(400)
    before = number.bounding_box()
    number.click()
    expect(page.locator("#tb-a0 details.tb-cit[open] mark")).to_be_in_viewport()
    page.wait_for_timeout(600)
    assert number.bounding_box() == before

"""The audit page in a real browser: readable at every width and in both schemes, without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

DOUBTED = (
    "Is this so: “Building trust between a preceptor and medical learner is essential for creating effective learning "
    "environments, enhancing feedback interactions, promoting high performance learning, and ultimately improving "
    "patient care outcomes”?"
)

WIDTHS = [1280, 820, 390, 320]


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_screen_and_everything_can_be_tapped(live, visit, measure, width):
    page = visit(live, width, 844, "/audit").page
    expect(page.get_by_role("row")).to_have_count(31)
    assert page.evaluate(measure.overflow) == 0
    assert page.evaluate(measure.small_targets, ["nav a", "summary", ".back a", "footer a", ".standing a"]) == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_in_light_and_dark(live, visit, measure, scheme, width):
    page = visit(live, width, 844, "/audit?check=not+visible", color_scheme=scheme).page
    page.locator("#tb-disclaimer summary").click()
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(245, 247, 246)") is (scheme == "light")
    assert page.evaluate(measure.low_contrast) == []
    page.goto(f"{live}/audit#C12")
    assert page.evaluate(measure.low_contrast) == []


def test_it_is_a_table_also_where_it_looks_like_cards(live, visit):
    for width in (1280, 390):
        page = visit(live, width, 844, "/audit").page
        table = page.get_by_role("table", name="The numbered statements of the article, in its order")
        expect(table.get_by_role("columnheader")).to_have_count(5)
        expect(table.get_by_role("rowheader")).to_have_count(30)
        expect(table.get_by_role("cell")).to_have_count(120)


def test_it_filters_by_links_without_a_script(live, visit):
    page = visit(live, 390, 844, "/audit", java_script_enabled=False).page
    page.get_by_role("link", name="Only partly supported 14").click()
    expect(page.get_by_role("row")).to_have_count(15)
    page.get_by_role("link", name="[5] Loewen et al.").click()
    expect(page.get_by_role("rowheader")).to_contain_text("establishing trust remains essential")
    expect(page.get_by_role("status")).to_have_text("1 of 30 statements shown: only partly supported, reference 5")
    expect(page.get_by_role("link", name="Only partly supported 14")).to_have_attribute("aria-current", "true")
    page.get_by_role("navigation", name="By reference").get_by_role("link", name="All").click()
    expect(page.get_by_role("row")).to_have_count(15)


def test_the_disclaimer_stays_in_view(live, visit):
    page = visit(live, 390, 600, "/audit").page
    page.evaluate("scrollTo(0, 5000)")
    expect(page.get_by_role("note").first).to_be_in_viewport(ratio=1)
    page.locator("#tb-disclaimer summary").click()
    expect(page.get_by_text("Healthcare providers should verify all information")).to_be_in_viewport()


def test_chat_and_audit_lead_to_each_other(live, visit):
    seen = visit(live)
    page = seen.page
    with page.expect_popup() as opened:
        page.get_by_role("link", name="How its statements were checked").click()
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("How the article’s statements were checked")
    opened.value.get_by_role("link", name="Ask a question").click()
    expect(opened.value.locator("#tb-box textarea")).to_be_visible()
    seen.ask(DOUBTED)
    seen.answer()
    page.locator("#tb-a0 .tb-cit > summary").first.click()
    link = page.get_by_role("link", name="See it among all checks")
    with page.expect_popup() as opened:
        link.click()
    expect(opened.value.locator("tr:target")).to_have_id("C01")
    expect(opened.value.locator("tr:target")).to_be_in_viewport()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_caution_stands_under_its_statement_and_opens(live, visit, width):
    seen = visit(live, width, 844)
    page = seen.page
    seen.ask("What does the article say about enhanced feedback and learning?")
    seen.answer()
    first = page.locator("#tb-a0 .tb-first-line").filter(has_text="When trust is established early")
    expect(first.locator(".tb-over > p")).to_be_visible()  # how far the first line holds needs no opening
    statement = page.locator("#tb-a0 li").filter(has_text="Building trust between a preceptor")
    caution = statement.locator(".tb-over > summary")
    expect(caution).to_contain_text("Only partly supported")
    expect(caution).to_be_visible()
    # Measured in one step, because the page may still be gliding to its answer.
    gap, inside = statement.evaluate(
        """item => { const [own, said, note] = [item, item.querySelector('.tb-s'), item.querySelector('.tb-over')]
          .map(e => e.getBoundingClientRect()); return [note.top - said.bottom, own.bottom - note.bottom]; }"""
    )
    assert 0 <= gap < 24, "the caution touches its statement"
    assert inside >= 0
    reason = statement.locator(".tb-over > p").first
    expect(reason).to_be_hidden()
    caution.focus()
    page.keyboard.press("Enter")
    expect(reason).to_be_visible()
    page.keyboard.press("Escape")
    expect(reason).to_be_hidden()
    expect(caution).to_be_focused()
    badge = page.locator("#tb-a0 .tb-work").filter(has_text="goal oriented").locator(".tb-badge")
    expect(badge).to_contain_text("one preceptor's self-study")

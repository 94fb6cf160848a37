"""The page to browse in a real browser: readable at every width and in both schemes, without JavaScript."""

from __future__ import annotations

import time
import urllib.request
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

WIDTHS = [1280, 820, 390, 320]
FONTS = "document.fonts.ready.then(() => true)"
"""In the font that stands in for the page's own, lines have another length."""
TARGETS = ["main a:not(.languages a)", "main summary", ".contents a", "#tb-disclaimer summary"]


@pytest.fixture(scope="module")
def tried(live):
    """The address, once every question that the page offers was tried."""
    end = time.monotonic() + 300
    while time.monotonic() < end:
        with urllib.request.urlopen(f"{live}/browse", timeout=60) as response:
            if 'class="trying"' not in response.read().decode():
                return live
        time.sleep(0.2)
    raise AssertionError("the questions were not tried in time")


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_screen_and_everything_can_be_tapped(tried, visit, measure, width):
    page = visit(tried, width, 844, "/browse").page
    expect(page.get_by_role("link", name="Ask about this:")).to_have_count(31)  # the closing sentence, too
    assert page.evaluate(measure.overflow) == 0
    assert page.evaluate(measure.small_targets, TARGETS) == []
    for folded in page.locator("main summary:visible").all():
        folded.click()
    assert page.evaluate(measure.overflow) == 0
    assert page.evaluate(measure.small_targets, TARGETS) == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_in_light_and_dark(tried, visit, measure, scheme, width):
    page = visit(tried, width, 844, "/browse", color_scheme=scheme).page
    for folded in page.locator("main summary:visible").all():
        folded.click()
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(245, 247, 246)") is (scheme == "light")
    assert page.evaluate(measure.low_contrast) == []
    page.goto(f"{tried}/browse#C12")
    assert page.evaluate(measure.low_contrast) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_a_check_stands_beside_its_statement_where_there_is_room_and_else_under_it(tried, visit, width):
    page = visit(tried, width, 844, "/browse").page
    page.evaluate(FONTS)
    row = page.locator(".row:has(#C03)")
    said, note, ways = (row.locator(s).bounding_box() for s in ("> p >> nth=0", ".notes", ".ways"))
    assert said
    assert note
    assert ways
    if width >= 1000:
        assert note["x"] > said["x"] + said["width"]
        assert abs(note["y"] - said["y"]) < 12
        assert ways["y"] >= said["y"] + said["height"] - 1
    else:
        assert note["y"] >= said["y"] + said["height"] - 1
        assert ways["y"] >= note["y"] + note["height"] - 1


def test_lines_are_of_a_length_that_reads_well(tried, visit):
    longest = """() => Math.max(...[...document.querySelectorAll('.row > p:first-child')].map(p => {
      const range = document.createRange(), node = p.querySelector('.said')?.firstChild;
      if (!node) return 0;
      let most = 0, count = 0, top = null;
      for (let i = 0; i < node.length; i++) { range.setStart(node, i); range.setEnd(node, i + 1);
        const y = range.getBoundingClientRect().top; if (top !== null && Math.abs(y - top) > 8) {
          most = Math.max(most, count);
          count = 0;
        }
        count++; top = y; }
      return Math.max(most, count);
    }))"""
    for width, (least, most) in {1280: (58, 76), 820: (58, 76), 390: (34, 60)}.items():
        page = visit(tried, width, 844, "/browse").page
        page.evaluate(FONTS)
        assert least <= page.evaluate(longest) <= most, width


def test_the_contents_lead_to_every_part(tried, visit):
    page = visit(tried, 1280, 860, "/browse").page
    contents = page.get_by_role("navigation", name="On this page")
    expect(contents).to_have_count(1)
    for link in contents.get_by_role("link").all():
        link.click()
        target = page.locator(link.get_attribute("href") or "")
        expect(target).to_be_in_viewport()
        expect(target).to_have_text(link.inner_text())
    phone = visit(tried, 390, 844, "/browse").page
    contents = phone.get_by_role("navigation", name="On this page")
    expect(contents).to_have_count(1)
    contents.get_by_text("On this page").click()
    contents.get_by_role("link", name="The works").click()
    expect(phone.get_by_role("heading", name="The works", exact=True)).to_be_in_viewport()


def test_numbers_lead_to_works_and_checks_to_the_audit_without_a_script(tried, visit):
    page = visit(tried, 390, 844, "/browse", java_script_enabled=False).page
    row = page.locator(".row:has(#C13)")
    row.get_by_role("link", name="Reference 4: Penner et al.").click()
    expect(page.locator("#work-4")).to_be_in_viewport()
    row.get_by_role("link", name="The check in full").click()
    expect(page.locator("tr:target")).to_have_id("C13")
    page.go_back()
    page.get_by_role("link", name="All 30 checks in one table").click()
    expect(page.get_by_role("row")).to_have_count(31)


def test_the_standing_is_one_line_on_a_phone_and_the_steps_one_tap_away(tried, visit):
    page = visit(tried, 390, 844, "/browse").page
    summary = page.locator(".tb-stand summary")
    page.evaluate(FONTS)
    box = summary.bounding_box()
    assert box
    assert 44 <= box["height"] <= 48
    expect(summary).to_contain_text("pending human review")
    expect(page.get_by_text("Under Review").first).to_be_hidden()
    summary.click()
    expect(page.locator(".tb-stand-steps").get_by_role("listitem")).to_have_text(
        ["Submitted", "Under Review", "Approved"]
    )
    expect(page.get_by_text("doesn’t show which step was reached")).to_be_visible()
    expect(page.get_by_role("link", name="Read the article")).to_be_visible()


def test_the_disclaimer_stays_in_view(tried, visit):
    page = visit(tried, 390, 600, "/browse").page
    page.evaluate("scrollTo(0, 9000)")
    expect(page.locator("#tb-disclaimer .tb-short")).to_be_in_viewport(ratio=1)


def test_what_is_printed_has_the_checks_and_no_ways_on(tried, visit):
    page = visit(tried, 800, 1000, "/browse").page
    page.emulate_media(media="print")
    expect(page.get_by_text("The study supports that negotiating goals opens a dialogue").first).to_be_visible()
    expect(page.get_by_role("link", name="Ask about this:")).to_have_count(0)
    expect(page.get_by_role("navigation", name="On this page")).to_have_count(0)


def test_asking_about_a_statement_opens_the_chat_with_that_question_and_is_answered_with_it(tried, visit):
    seen = visit(tried, 1280, 860, "/browse")
    page = seen.page
    # The chat takes the question out of its address as soon as it asks it.
    with page.expect_request(lambda request: request.is_navigation_request()) as opened:
        page.get_by_role("link", name="Ask about this: Goal-oriented interactions").click()
    assert parse_qs(urlsplit(opened.value.url).query)["q"][0].startswith("Is this so: “Goal-oriented interactions")
    seen.answer()
    expect(page.locator("#tb-a0")).to_contain_text(
        "Goal-oriented interactions in a trusting relationship promote dialogue"
    )
    expect(page.locator("#tb-a0")).to_contain_text("that this takes a trusting relationship is the article's addition")

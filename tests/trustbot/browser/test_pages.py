"""Pages around the chat: an address that leads nowhere, light or dark by choice, and what is left on paper."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

QUESTION = "How does direct observation build trust?"
WIDTHS = [258, 320, 390, 820, 1280]
LEVELS = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}
GROUND = "getComputedStyle(document.body).backgroundColor"
DARK, LIGHT = "rgb(16, 22, 21)", "rgb(245, 247, 246)"


def violations(page):
    return [(v["id"], v["nodes"][0]["html"]) for v in Axe().run(page, options=LEVELS).response["violations"]]


@pytest.mark.parametrize("path", ["/nothing/here", "/es/nothing", "/documents/nothing"])
def test_an_address_that_leads_nowhere_is_a_page_with_a_way_on(live, visit, path, measure):
    seen = visit(live, 258, 844, path)
    page = seen.page
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate(measure.overflow) == 0
    assert violations(page) == []
    way = page.get_by_role("link")
    expect(way).to_have_attribute("href", "../" if path != "/es/nothing" else "./")
    way.click()
    page.wait_for_url(f"{live}/es/" if path.startswith("/es") else f"{live}/")
    seen.complaints[:] = [c for c in seen.complaints if "404" not in c]


def test_light_or_dark_is_the_readers_choice_on_every_page(live, visit, measure):
    seen = visit(live, 1280, color_scheme="light")
    page = seen.page
    seen.ready()
    seen.options()
    choice = page.get_by_label("Light or dark")
    expect(choice).to_have_value("")
    assert page.evaluate(GROUND) == LIGHT
    choice.select_option("Dark")
    assert page.evaluate(GROUND) == DARK
    page.emulate_media(color_scheme="dark")
    page.emulate_media(color_scheme="light")  # Gradio follows the device
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate(measure.overflow) == 0
    seen.still()
    assert page.evaluate(measure.low_contrast) == []
    assert violations(page) == []
    assert page.evaluate(GROUND) == DARK
    for path in ("/browse", "/audit", "/es/"):
        page.goto(live + path)
        assert page.evaluate(GROUND) == DARK, path
    page.goto(f"{live}/browse")
    page.emulate_media(color_scheme="dark")
    page.get_by_label("Light or dark").select_option("Light")
    assert page.evaluate(GROUND) == LIGHT
    page.get_by_label("Light or dark").select_option("As the device")
    assert page.evaluate(GROUND) == DARK
    page.reload()
    expect(page.get_by_label("Light or dark")).to_have_value("")


def test_on_paper_there_is_nothing_to_press(live, visit):
    seen = visit(live, 820)
    page = seen.page
    seen.ask(QUESTION)
    seen.answer()
    page.emulate_media(media="print")
    left = page.locator("button:visible, select:visible, textarea:visible, .tb-tool:visible, #tb-languages a:visible")
    expect(left).to_have_count(0, timeout=20_000)
    expect(page.locator("#tb-a0 .tb-main")).to_be_visible()
    for path in ("/browse", "/audit", "/documents/article"):
        page.goto(live + path)
        expect(page.locator("select, .back, .languages a").first).to_be_attached()
        expect(page.locator("button:visible, select:visible, .back:visible, .languages a:visible")).to_have_count(
            0, timeout=20_000
        )

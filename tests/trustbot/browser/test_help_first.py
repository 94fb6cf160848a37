"""Help that comes before an answer, in a real browser: read at once, callable, readable anywhere, and kept nowhere."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from trustbot.bot import Bot
from trustbot.presentation import wording
from trustbot.settings import Settings
from trustbot.types import Contact
from trustbot.web.server import create_app

pytestmark = pytest.mark.browser

HARM = "Somebody may harm themselves"
OBSERVED = "Is this so: “Direct observations of clinical skills are crucial for building trust”?"
OUTSIDE = "What does reference 44 say?"
NAMED = " Jane Roe asks."
MASKED = " [NAME] asks."
STORED = "JSON.stringify({...sessionStorage, ...localStorage})"
CONTACTS = (
    Contact("Resident wellness line", "+1 (555) 010-0199", "https://wellness.example.edu/now", "day and night"),
    Contact("Ombuds office", address="mailto:ombuds@example.edu"),
    Contact("Occupational health", address="Building 4, room 12"),
)


@pytest.fixture
def address(make_bot, helping, world, scripted):
    hurt = helping("distress", closest=world.closest().closest)
    return scripted(make_bot(harm=helping("self_harm", CONTACTS), hurt=hurt))


def test_help_is_an_alert_with_contacts_and_without_tools(address, visit):
    seen = visit(address)
    seen.ask(HARM)
    seen.answer()
    page = seen.page
    alert = page.locator("#tb-a0").get_by_role("alert")
    expect(alert).to_have_count(1)
    expect(alert).to_contain_text(wording.SAFETY_FIRST["self_harm"])
    expect(alert).to_contain_text(wording.SAFETY_THEN["self_harm"])
    for name, href in (
        ("+1 (555) 010-0199", "tel:+15550100199"),
        ("ombuds@example.edu", "mailto:ombuds@example.edu"),
        ("wellness.example.edu/now", "https://wellness.example.edu/now"),
    ):
        expect(alert.get_by_role("link", name=name)).to_have_attribute("href", href)
    expect(alert).to_contain_text("Building 4, room 12")
    expect(page.locator("#tb-a0 .tb-tool")).to_have_count(0)
    expect(page.locator("#tb-live")).not_to_contain_text(wording.SAFETY_FIRST["self_harm"])
    expect(page.get_by_role("button", name="What is said about feedback?")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_help_fits_can_be_read_and_tapped(address, visit, measure, width, scheme):
    seen = visit(address, width, color_scheme=scheme)
    for number, question in enumerate((HARM, "They hurt me")):
        seen.ask(question)
        seen.answer(number)
    seen.still()
    page = seen.page
    assert page.evaluate(measure.overflow) <= 0
    assert page.evaluate(measure.low_contrast) == []
    assert page.evaluate(measure.small_targets, [".tb-contacts a"]) == []
    expect(page.get_by_role("heading", name="What the article says on the matter")).to_be_visible()


def test_help_is_told_in_the_language_of_the_page(address, visit):
    seen = visit(address, 390, path="/es/")
    seen.ask(HARM)
    seen.answer()
    alert = seen.page.get_by_role("alert")
    expect(alert).to_contain_text("llame ahora al número local de emergencias")
    expect(alert).to_contain_text("Resident wellness line")
    expect(alert).not_to_contain_text("call the local")


@pytest.fixture(scope="module")
def real(live_data, marking, serve_app, wait_until):
    """Address of the real bot behind a safety stage that knows one message and one name."""
    safety = marking({HARM: "self_harm"}, {"Jane Roe": "NAME"})
    with serve_app(create_app(Settings(data_dir=live_data), lambda settings: Bot(settings, safety))) as url:
        wait_until(f"{url}/", seconds=300)
        yield url


def test_a_page_loaded_anew_brings_back_all_but_that(real, visit):
    seen = visit(real)
    for number, question in enumerate((OBSERVED, HARM, OUTSIDE)):
        seen.ask(question)
        seen.answer(number)
    seen.kept(OUTSIDE)
    stored = seen.page.evaluate(STORED)
    assert HARM not in stored
    assert wording.SAFETY_FIRST["self_harm"] not in stored
    seen.page.reload()
    seen.restored(2)
    expect(seen.page.locator("#tb-chat .tb-q")).to_have_text([OBSERVED, OUTSIDE])
    expect(seen.page.locator("#tb-a0")).to_be_visible()
    expect(seen.page.get_by_role("alert")).to_have_count(0)


def test_what_was_typed_gives_way_to_what_was_read(real, visit):
    seen = visit(real)
    seen.ask(OBSERVED + NAMED)
    seen.answer()
    expect(seen.page.locator("#tb-chat .tb-q")).to_have_text([OBSERVED + MASKED])
    expect(seen.page.locator("#tb-a0 .tb-notice.tb-identifier")).to_contain_text("a name")
    seen.kept(OBSERVED + MASKED)
    assert "Jane" not in seen.page.evaluate(STORED)
    seen.page.reload()
    seen.restored()
    expect(seen.page.locator("#tb-chat .tb-q")).to_have_text([OBSERVED + MASKED])
    expect(seen.page.locator("#tb-a0 .tb-notice.tb-identifier")).to_contain_text("a name")

"""What the page looks like before anything was asked, and the choices behind its one button."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

TARGET = 44
SUGGESTED = """() => [...document.querySelectorAll('#tb-chips button')].filter((e) => e.checkVisibility()
  && e.getBoundingClientRect().bottom <= document.getElementById('tb-dock').getBoundingClientRect().top).length"""
WHOLE_PLACEHOLDER = "e => e.scrollHeight <= e.clientHeight && e.scrollWidth <= e.clientWidth"


@pytest.mark.parametrize("path", ["/", "/es/"])
def test_a_phone_shows_what_this_is_and_questions_without_scrolling(live, visit, path):
    seen = visit(live, 390, 844, path=path)
    seen.ready()
    expect(seen.page.get_by_role("heading", level=1)).to_have_text("trustbot")
    expect(seen.page.locator(".tb-about")).to_be_in_viewport(ratio=1)
    expect(seen.page.locator(".tb-stand-article a")).to_be_in_viewport(ratio=1)
    assert seen.page.evaluate(SUGGESTED) >= 4
    assert seen.box.evaluate(WHOLE_PLACEHOLDER)


def test_no_heading_reads_like_a_question_that_was_asked(live, visit):
    seen = visit(live)
    seen.ready()
    assert not any("?" in said for said in seen.page.get_by_role("heading").all_inner_texts())
    expect(seen.page.locator(".tb-q")).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 320])
def test_language_persona_and_theme_are_behind_one_button(live, visit, measure, width):
    seen = visit(live, width)
    page = seen.page
    seen.ready()
    choices = [page.get_by_label("Who is asking?"), page.get_by_label("Light or dark")]
    choices.append(page.get_by_role("link", name="Español"))
    for choice in choices:
        expect(choice).to_be_hidden()
    button = page.locator(".tb-options > summary")
    seen.options()
    for target in (button, *choices):
        box = target.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= TARGET
        expect(target).to_be_in_viewport(ratio=1)
    assert page.evaluate(measure.overflow) == 0
    page.keyboard.press("Escape")
    expect(choices[0]).to_be_hidden()
    expect(button).to_be_focused()
    seen.options()
    seen.box.click()
    expect(choices[0]).to_be_hidden()


def test_who_is_asking_is_seen_with_the_choice_folded_away(live, visit):
    seen = visit(live)
    seen.choose("resident")
    seen.page.keyboard.press("Escape")
    expect(seen.page.locator(".tb-options > summary")).to_have_text("OptionsResident")
    seen.page.reload()
    seen.ready()
    expect(seen.page.locator(".tb-options > summary")).to_have_text("OptionsResident")
    seen.choose("")
    expect(seen.page.locator(".tb-options > summary")).to_have_text("Options")

"""The chat in Spanish, in a real browser: Spanish words around English quotes, and no English word of ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from trustbot.web.i18n import language, messages

pytestmark = pytest.mark.browser

ANSWERED = (
    "Is this so: “Building trust between a preceptor and medical learner is essential for creating effective learning "
    "environments, enhancing feedback interactions, promoting high performance learning, and ultimately improving "
    "patient care outcomes”?"
)
NOTED = (
    "Is this so: “The preceptors in Penner's study found trust hard to judge when they knew too little about the "
    "patients”?"
)
ABSTAINED = "What is reference 9?"
NEAR = "Do patients trust surgical robots?"
OURS = """() => [...document.querySelectorAll('body *')]
  .filter(e => !e.closest('noscript, script, style, [lang="en"], .tb-q, #tb-chips') && e.checkVisibility())
  .flatMap(e => [e.getAttribute('aria-label'), e.getAttribute('title'), e.getAttribute('placeholder'),
    ...[...e.childNodes].filter(n => n.nodeType === 3).map(n => n.textContent)])
  .map(t => (t ?? '').replace(/\\s+/g, ' ').trim()).filter(Boolean)"""
"""Every text of the screen but the reader's own questions, the suggested ones, and what is marked as English."""


@pytest.fixture(scope="module")
def english() -> set[str]:
    """English messages whose Spanish differs: none of them may be on a Spanish screen."""
    known = language.catalogue("es")
    return {m.text for m in messages.messages() if known.get(language.key(m.text, m.context), m.text) != m.text}


def untranslated(page: Page, english: set[str]) -> Iterator[str]:
    """Texts of the screen that are an English message, whole or after a mark such as `◐`."""
    for text in page.evaluate(OURS):
        plain = re.sub(r"^[^\w(“]+", "", text)
        if plain in english or any(len(m) > 20 and "{" not in m and m in text for m in english):
            yield text


def ask(visited: Any, question: str, number: int) -> None:
    box = visited.page.get_by_label("Su pregunta")
    box.fill(question)
    box.press("Enter")
    visited.answer(number)


def test_a_reader_asks_in_a_spanish_chat(live: str, visit: Callable, english: set[str]):
    visited = visit(live, path="/es/")
    page = visited.page
    visited.ready()
    expect(page.get_by_text("Responde a partir de un artículo")).to_be_visible()
    assert list(untranslated(page, english)) == []

    ask(visited, ANSWERED, 0)
    answer = page.locator("#tb-a0")
    expect(answer).to_contain_text("El artículo lo dice, pero el trabajo que cita respalda solo una parte:")
    expect(answer.locator(".tb-over b").first).to_contain_text("Respaldada solo en parte")
    quote = answer.locator(".tb-excerpt").first
    assert quote.get_attribute("lang") == "en"
    assert quote.inner_text().startswith("Building trust between a preceptor")
    assert list(untranslated(page, english)) == []

    ask(visited, ABSTAINED, 1)
    expect(page.locator("#tb-a1")).to_contain_text("Sin respuesta")
    expect(page.locator("#tb-a1")).to_contain_text("No existe la referencia 9")
    ask(visited, NOTED, 2)
    expect(page.locator("#tb-a2")).to_contain_text("De nuestra nota sobre el trabajo:")
    assert list(untranslated(page, english)) == []
    assert page.evaluate("document.documentElement.lang") == "es"
    assert all(
        re.search(r"/es/", request) for request in visited.requests if not request.startswith(("data:", "blob:"))
    )


def test_what_is_near_is_told_in_spanish(make_bot, scripted, visit: Callable, english: set[str]):
    visited = visit(scripted(make_bot()), path="/es/")
    visited.ready()
    ask(visited, NEAR, 0)
    answer = visited.page.locator("#tb-a0")
    expect(answer).to_contain_text("Nada en las fuentes responde a esto directamente.")
    assert answer.locator("blockquote").first.get_attribute("lang") == "en"
    assert list(untranslated(visited.page, english)) == []


def test_the_page_keeps_the_language_of_its_address_whatever_the_browsers(live: str, visit: Callable):
    for path, code, locale in (("/", "en", "es-MX"), ("/es/", "es", "en-US")):
        page = visit(live, path=path, locale=locale).page
        page.locator("#tb-box textarea").wait_for()
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.lang") == code


def test_a_reader_changes_the_language_and_comes_back(live: str, visit: Callable):
    visited = visit(live, width=390)
    page = visited.page
    visited.ready()
    page.get_by_text("Options").click()
    page.get_by_role("link", name="Español").click()
    page.wait_for_url(f"{live}/es/")
    visited.ready()
    expect(page.get_by_text("Responde a partir de un artículo")).to_be_visible()
    page.get_by_text("Opciones").click()
    link = page.get_by_role("link", name="English")
    box = link.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 44
    assert link.get_attribute("hreflang") == link.get_attribute("lang") == "en"
    link.click()
    page.wait_for_url(f"{live}/")
    visited.ready()
    expect(page.get_by_text("Answers from one article")).to_be_visible()


@pytest.mark.parametrize("path", ["/es/audit", "/es/browse", "/es/documents/article", "/es/documents/help"])
def test_the_pages_are_spanish_around_their_english_texts(live: str, visit: Callable, english: set[str], path: str):
    page = visit(live, path=path).page
    assert page.evaluate("document.documentElement.lang") == "es"
    assert list(untranslated(page, english)) == []
    page.get_by_role("link", name="English").click()
    page.wait_for_url(live + path.removeprefix("/es"))
    assert page.evaluate("document.documentElement.lang") == "en"


@pytest.mark.parametrize("width", [820, 320])
@pytest.mark.parametrize("path", ["/es/", "/es/audit", "/es/browse"])
def test_longer_words_fit(live: str, visit: Callable, measure, width: int, path: str):
    visited = visit(live, path=path, width=width)
    page = visited.page
    page.locator("main").first.wait_for()
    if path == "/es/":
        visited.ready()
    assert page.evaluate(measure.overflow) <= 0
    assert page.evaluate(measure.low_contrast) == []

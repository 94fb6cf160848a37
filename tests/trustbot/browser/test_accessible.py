"""Accessibility in a real browser: axe-core on every screen and state, the keyboard alone, zoom, what is read aloud."""

from __future__ import annotations

import threading

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from trustbot.errors import IndexMissing
from trustbot.settings import Settings
from trustbot.web.server import create_app

pytestmark = pytest.mark.browser

QUESTION = "Is this so: “Direct observations of clinical skills are crucial for building trust”?"
DOUBTED = "Is this so: “Actively engage students in the learning process”?"
ABSTAINED = "What is the capital of Mongolia?"
NEAR = "Do patients trust surgical robots?"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SCREENS = [(1280, "light"), (820, "dark"), (390, "light"), (390, "dark")]


@pytest.fixture
def check(measure):
    """Runs axe-core on a page; collects what it finds wrong, each with the name of the state."""
    found: list[str] = []
    axe = Axe()

    def run(page, state: str) -> None:
        # A tint or a sheet that moves has no colours of its own yet.
        assert page.evaluate(measure.still, 180_000) == 0, f"{state}: something moves without end"
        for violation in axe.run(page, options={"runOnly": LEVELS}).response["violations"]:
            nodes = [" ".join(map(str, node["target"])) for node in violation["nodes"]][:3]
            found.append(f"{state}: {violation['id']} at {'; '.join(nodes)}")

    yield run
    assert found == []


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_no_state_of_the_chat_has_a_violation(live, visit, check, width, scheme):
    seen = visit(live, width, 844, color_scheme=scheme)
    page = seen.page
    seen.ready()
    check(page, "start")
    page.locator("#tb-disclaimer summary").click()
    check(page, "disclaimer")
    page.keyboard.press("Escape")
    page.locator("#tb-header summary").click()
    check(page, "standing")
    page.keyboard.press("Escape")
    seen.options()
    check(page, "options")
    page.keyboard.press("Escape")
    seen.ask(DOUBTED)
    seen.answer()
    page.wait_for_timeout(800)
    check(page, "partly supported")
    page.locator("#tb-a0 a.tb-cite").first.click()
    expect(page.locator(":is(#tb-sheet, #tb-a0 details.tb-cit[open]) mark")).to_be_visible()
    check(page, "citation")
    page.keyboard.press("Escape")
    page.locator("#tb-a0 .tb-no").click()
    check(page, "judging")
    page.keyboard.press("Escape")
    page.locator("#tb-e0").click()
    check(page, "editing")
    page.keyboard.press("Escape")
    seen.ask(ABSTAINED)
    seen.answer(1)
    check(page, "abstention")
    page.locator("#tb-export > .label-wrap").click()
    expect(page.locator("#tb-formats")).to_be_visible()
    check(page, "export")
    page.get_by_role("button", name="New conversation").click()
    page.get_by_role("button", name="Bring it back").wait_for()
    check(page, "started anew")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_no_other_page_has_a_violation(live, visit, check, width, scheme):
    seen = visit(live, width, 844, color_scheme=scheme, path="/audit")
    page = seen.page
    for path in (
        "/audit",
        "/audit?check=partly",
        "/browse",
        "/documents/article",
        "/documents/penner-2022-note",
        "/documents/help",
        "/api/docs",
    ):
        page.goto(live + path)
        check(page, path)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
def test_no_state_of_trouble_has_a_violation(make_bot, scripted, serve_app, visit, check, width, scheme):
    bot = make_bot()
    seen = visit(scripted(bot), width, 844, color_scheme=scheme)
    page = seen.page
    gate = bot.gate = threading.Event()
    try:
        seen.ask(QUESTION)
        page.locator(".tb-stages li").nth(1).wait_for()
        check(page, "stages")
        page.locator("#tb-notice-bar").wait_for()
        check(page, "slow")
    finally:
        gate.set()
    seen.answer()
    seen.ask(NEAR)
    seen.answer(1)
    check(page, "near")
    seen.ask("boom, please")
    page.locator(".tb-fail").wait_for()
    check(page, "failure")
    page.context.set_offline(True)
    page.locator("#tb-notice-bar.tb-bad").wait_for()
    check(page, "offline")
    page.context.set_offline(False)
    # Until the server is found again, the page asks for it, and the browser complains.
    expect(page.locator("#tb-notice-bar.tb-bad")).to_have_count(0)
    seen.complaints[:] = [c for c in seen.complaints if "ERR_" not in c]

    def nothing(_):
        raise IndexMissing("There is no index of preceptor-trust yet. Run trustbot-ingest to build it.")

    with serve_app(create_app(Settings(), nothing)) as url:
        waiting = visit(url, width, 844, color_scheme=scheme)
        check(waiting.page, "no index")
        waiting.page.close()  # it would go on asking
        waiting.complaints[:] = [c for c in waiting.complaints if "503" not in c]


def test_the_page_before_the_chat_has_no_violation(live, visit, check):
    seen = visit(live, 390, 844, path="/healthz")
    page = seen.page
    page.route("**/assets/**", lambda route: route.abort())
    page.goto(live)
    page.locator("#tb-early").wait_for()
    check(page, "before the chat")
    page.close()
    seen.complaints.clear()


def test_everything_can_be_done_by_keyboard(live, visit):
    seen = visit(live)
    page, keys = seen.page, seen.page.keyboard
    seen.ready()
    page.evaluate("document.activeElement.blur()")

    def tab_to(selector: str, key: str = "Tab", most: int = 60) -> None:
        for _ in range(most):
            keys.press(key)
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                visible = page.evaluate(
                    "getComputedStyle(document.activeElement).outlineStyle !== 'none' "
                    "|| !!document.activeElement.closest('.input-container')"
                )
                assert visible, f"{selector} shows no focus"
                return
        pytest.fail(f"{selector} can't be reached by {key}")

    tab_to("#tb-disclaimer summary")
    keys.press("Enter")
    expect(page.locator("#tb-disclaimer details[open]")).to_have_count(1)
    keys.press("Escape")
    expect(page.locator("#tb-disclaimer summary")).to_be_focused()
    tab_to(".tb-options > summary")
    keys.press("Enter")
    tab_to("#tb-who")
    with seen.events.one():  # the questions to begin with are others then
        keys.press("ArrowDown")
    expect(page.locator("#tb-who")).not_to_have_value("")
    tab_to("#tb-theme")
    tab_to("#tb-languages a")
    keys.press("Escape")
    expect(page.locator("#tb-who")).to_be_hidden()
    expect(page.locator(".tb-options > summary")).to_be_focused()
    tab_to("#tb-header a")
    tab_to("#tb-header summary")
    tab_to("#tb-chips button")
    keys.press("Enter")
    seen.answer()
    seen.box.focus()
    keys.type(QUESTION)
    keys.press("Enter")
    seen.answer(1)
    expect(seen.box).to_be_focused()
    tab_to("#tb-chips button", "Shift+Tab")
    tab_to("#tb-a1 .tb-cit > summary", "Shift+Tab")
    tab_to("#tb-a1 .tb-no", "Shift+Tab")
    keys.press("Enter")
    expect(page.locator("#tb-a1 .tb-why input").first).to_be_focused()
    keys.press("Space")
    keys.press("Enter")
    expect(page.locator("#tb-a1 .tb-no")).to_have_attribute("aria-pressed", "true")
    tab_to("#tb-a1 .tb-share", "Shift+Tab")
    tab_to("#tb-a1 .tb-copy", "Shift+Tab")
    tab_to("#tb-a1 a.tb-cite", "Shift+Tab")
    keys.press("Enter")
    expect(page.locator("#tb-a1 details.tb-cit[open] > summary")).to_be_focused()
    keys.press("Escape")
    expect(page.locator("#tb-a1 a.tb-cite:focus")).to_have_count(1)
    tab_to("#tb-e1", "Shift+Tab")
    keys.press("Enter")
    expect(seen.box).to_be_focused()
    keys.press("Escape")
    tab_to("#tb-restart", "Shift+Tab")
    keys.press("Enter")
    expect(page.locator(".tb-a")).to_have_count(0)


@pytest.mark.parametrize(("width", "height"), [(640, 430), (320, 256)])
def test_the_page_can_be_used_at_twice_and_four_times_its_size(live, visit, measure, width, height):
    # 1280 x 860 at 200 %, and the 320 x 256 CSS pixels to which WCAG 1.4.10 asks content to reflow.
    seen = visit(live, width, height, device_scale_factor=2)
    page = seen.page
    seen.ready()
    assert page.evaluate(measure.overflow) == 0
    seen.ask(QUESTION)
    seen.answer()
    number = page.locator("#tb-a0 a.tb-cite").first
    number.scroll_into_view_if_needed()
    number.click()
    expect(page.locator("#tb-sheet mark")).to_be_visible()
    assert page.evaluate(measure.overflow) == 0
    page.keyboard.press("Escape")
    assert page.evaluate(measure.overflow) == 0


def test_text_alone_can_be_twice_as_large(live, visit, measure):
    seen = visit(live, 1280, 860)
    page = seen.page
    seen.ask(QUESTION)
    seen.answer()
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    page.locator("#tb-a0 a.tb-cite").first.click()
    assert page.evaluate(measure.overflow) == 0
    expect(page.locator("#tb-a0 mark").first).to_be_visible()


SPOKEN = """() => { window.spoken = [];
for (const e of document.querySelectorAll('[aria-live], [role=status], [role=alert]')) {
  if (e.getAttribute('aria-live') === 'off') continue;
  new MutationObserver(() => { const t = e.textContent.trim(); if (t) window.spoken.push(t); })
    .observe(e, {childList: true, subtree: true, characterData: true}); } }"""


@pytest.mark.parametrize("width", [1280, 390])
def test_a_finished_answer_is_read_aloud_once(live, visit, width):
    seen = visit(live, width, 844)
    page = seen.page
    seen.ready()
    expect(page.get_by_role("log")).to_have_attribute("aria-live", "off")
    page.evaluate(SPOKEN)
    for number, question in enumerate((QUESTION, ABSTAINED)):
        seen.ask(question)
        seen.answer(number)
        page.wait_for_function("number => window.spoken.length > number", arg=number)
    page.wait_for_timeout(1500)  # time enough to say it twice
    spoken = page.evaluate("window.spoken")
    assert len(spoken) == 2
    assert spoken[0].startswith("Answer:")
    assert "crucial for building trust" in spoken[0]
    assert "quoted passage" in spoken[0]
    assert "[4]" not in spoken[0]
    assert "Not answered" in spoken[1]


def test_what_is_near_is_read_aloud_as_no_answer(make_bot, scripted, visit):
    seen = visit(scripted(make_bot()))
    page = seen.page
    seen.ready()
    page.evaluate(SPOKEN)
    seen.ask(NEAR)
    seen.answer()
    page.wait_for_function("() => window.spoken.length > 0")
    said = page.evaluate("window.spoken")[0]
    order = (
        "Not answered",
        "Nothing in the sources answers this directly",
        "[2] Article “When trust",
        "[4] Our note “Penner",
    )
    places = [said.index(part) for part in order]
    assert places == sorted(places)
    assert "stored text" not in said


def test_a_conversation_that_comes_back_is_not_read_aloud(live, visit):
    seen = visit(live)
    page = seen.page
    seen.ask(QUESTION)
    seen.answer()
    seen.kept(QUESTION)
    page.reload()
    seen.restored()
    page.wait_for_timeout(800)
    expect(page.locator("#tb-live")).to_have_text("")


@pytest.mark.parametrize("path", ["/", "/es/"])
def test_on_a_phone_the_bar_asks_for_no_patients_and_is_no_higher_than_its_button(live, visit, path):
    seen = visit(live, 390, 844, path=path)
    seen.ready()
    bar = seen.page.locator("#tb-disclaimer")
    expect(bar.get_by_text("a patient." if path == "/" else "un paciente.")).to_be_in_viewport(ratio=1)
    more = bar.locator("summary").bounding_box()
    assert bar.bounding_box()["height"] <= more["height"] + 1 <= 46


def test_the_disclaimer_is_read_once_and_first(live, visit):
    seen = visit(live)
    seen.ready()
    page = seen.page
    expect(page.get_by_text("For education only. Not for patient decisions.")).to_have_count(1)
    order = page.locator("#tb-disclaimer .tb-short").evaluate(
        "e => !!(e.compareDocumentPosition(document.querySelector('h1')) & Node.DOCUMENT_POSITION_FOLLOWING)"
    )
    assert order
    assert (
        page.locator("#tb-disclaimer [aria-live], #tb-disclaimer [role=status], #tb-disclaimer [role=alert]").count()
        == 0
    )

"""When the server is slow, gone, back or failing: a clear state, a way on, and no lost text."""

from __future__ import annotations

import threading
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from trustbot.settings import Settings
from trustbot.web.server import create_app

pytestmark = pytest.mark.browser

QUESTION = "How does direct observation build trust?"
WIDTHS = [1280, 390]


def unreachable(seen):
    """What the browser and Gradio say of a server that is away is no fault of the page, which is closed."""
    seen.page.close()
    away = ("ERR_", "503", "405", "Unable to preload", "Failed to fetch", "AbortError", "errored out")
    seen.complaints[:] = [c for c in seen.complaints if not any(mark in c for mark in away)]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_server_that_is_down_is_said_and_the_question_is_asked_when_it_is_back(
    make_bot, serve_app, wait_until, visit, width, measure
):
    bot = make_bot()
    with serve_app(create_app(Settings(), lambda _: bot)) as url:
        wait_until(f"{url}/")
        seen = visit(url, width, 844)
        seen.ask("The first question")
        seen.answer()
        seen.kept("The first question")
    page = seen.page
    seen.ask(QUESTION)
    bar = page.locator("#tb-notice-bar")
    expect(bar).to_contain_text("can’t be reached")
    expect(bar.get_by_role("status")).to_be_visible()
    assert page.evaluate(measure.overflow) == 0
    expect(page.locator("#tb-a0")).to_be_visible()
    with serve_app(create_app(Settings(), lambda _: bot), urlsplit(url).port):
        wait_until(f"{url}/")
        page.locator("#tb-a1").wait_for()
        expect(page.locator(".tb-q")).to_have_text(["The first question", QUESTION])
        unreachable(seen)


def test_a_connection_lost_in_the_middle_of_an_answer_loses_nothing(make_bot, serve_app, wait_until, visit):
    bot = make_bot()
    with serve_app(create_app(Settings(), lambda _: bot)) as url:
        wait_until(f"{url}/")
        bot.gate = threading.Event()  # not earlier: the questions to begin with are tried before the page is there
        seen = visit(url, 390, 844)
        page = seen.page
        seen.ask(QUESTION)
        page.locator(".tb-stages li").nth(1).wait_for()
        page.context.set_offline(True)
        bar = page.locator("#tb-notice-bar")
        expect(bar).to_contain_text("offline")
        bot.gate.set()
        bot.gate = None
        page.wait_for_timeout(1500)
        page.context.set_offline(False)
        page.locator("#tb-a0").wait_for()
        expect(page.locator(".tb-q")).to_have_text([QUESTION])
        unreachable(seen)


SAID = """() => new Promise((done) => { const began = performance.now();
  const look = () => { const bar = document.getElementById("tb-notice-bar");
    if (!bar.hidden && bar.textContent.includes("offline")) done(performance.now() - began);
    else requestAnimationFrame(look); };
  look(); })"""


def test_that_the_reader_is_offline_is_said_within_two_seconds(make_bot, scripted, visit):
    seen = visit(scripted(make_bot()))
    page = seen.page
    seen.ready()
    # Whether the browser says so by an event, or is only found to be so when a question is sent.
    page.evaluate("addEventListener('offline', event => event.stopImmediatePropagation(), true)")
    page.context.set_offline(True)
    seen.box.fill(QUESTION)
    seen.box.press("Enter")
    assert page.evaluate(SAID) < 2000
    expect(page.locator("#tb-notice-bar")).to_contain_text("Your question is kept")
    page.context.set_offline(False)
    page.locator("#tb-a0").wait_for()
    expect(page.locator(".tb-q")).to_have_text([QUESTION])
    unreachable(seen)


def test_a_slow_server_is_told_about_and_then_answers(make_bot, scripted, visit):
    bot = make_bot()
    seen = visit(scripted(bot), 390, 844)
    gate = bot.gate = threading.Event()
    try:
        seen.ask(QUESTION)
        expect(seen.page.locator("#tb-notice-bar")).to_contain_text("Still working")
    finally:
        gate.set()
    seen.answer()
    expect(seen.page.locator("#tb-notice-bar")).to_be_hidden()


def test_a_page_left_in_the_middle_of_an_answer_has_the_question_back(make_bot, scripted, visit):
    bot = make_bot()
    seen = visit(scripted(bot), 390, 844)
    gate = bot.gate = threading.Event()
    try:
        seen.ask(QUESTION)
        seen.page.locator(".tb-stages li").nth(1).wait_for()
        seen.page.reload()
        seen.ready()
        expect(seen.box).to_have_value(QUESTION)
        expect(seen.page.locator("#tb-notice-bar")).to_contain_text("had no answer yet")
    finally:
        gate.set()
    unreachable(seen)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_failure_on_the_way_puts_the_question_back(make_bot, scripted, visit, width):
    seen = visit(scripted(make_bot()), width, 844)
    page = seen.page
    seen.ask("The first question")
    seen.answer()
    page.route("**/gradio_api/queue/join*", lambda route: route.fulfill(status=503, json={"detail": "Queue is full."}))
    seen.ask(QUESTION)
    expect(page.locator("#tb-notice-bar")).to_contain_text("Your question is back in the box")
    expect(seen.box).to_have_value(QUESTION)
    expect(page.locator("#tb-a0")).to_be_visible()
    page.unroute("**/gradio_api/queue/join*")
    seen.box.press("Enter")
    seen.answer(1)
    seen.complaints[:] = [c for c in seen.complaints if "503" not in c]


def test_the_page_works_on_a_slow_phone(live, visit):
    seen = visit(live, 390, 844, path="/healthz")
    page = seen.page
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    slow = {"offline": False, "latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8}
    session.send("Network.emulateNetworkConditions", slow)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(live, wait_until="commit")
    page.locator(":is(#tb-early, #tb-box textarea)").first.wait_for()
    seen.ask(QUESTION)
    seen.answer()
    page.locator("#tb-a0 a.tb-cite").first.click()
    expect(page.locator("#tb-sheet mark")).to_be_visible()

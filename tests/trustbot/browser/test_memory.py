"""What outlives a reload, the back button and the server: the conversation, what is being typed, who is asking."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from trustbot.settings import Settings
from trustbot.web.server import create_app

pytestmark = pytest.mark.browser

QUESTION = "What does the article say about practical strategies for building trust?"
FOLLOW_UP = "Tell me more about the second one."
SECOND = "Maximize resident-preceptor-patient continuity"
ABSTAINED = "What is the capital of Mongolia?"
STORED = "() => Object.entries(sessionStorage).map(([k, v]) => k + v).join() + Object.values(localStorage).join()"


@pytest.mark.parametrize("width", [1280, 390])
def test_a_reload_keeps_the_conversation_with_every_number_alive(live, visit, width):
    seen = visit(live, width, 844)
    page = seen.page
    seen.ask(ABSTAINED)
    seen.answer()
    seen.ask(QUESTION)
    seen.answer(1)
    expect(page.locator("#tb-a1 .tb-yes")).to_have_attribute("aria-pressed", "false")
    before = [page.locator(f"#tb-a{n}").inner_html() for n in (0, 1)]
    chips = page.locator("#tb-chips button:visible").all_inner_texts()
    assert chips
    seen.kept(QUESTION)
    page.reload()
    seen.restored(1)
    expect(page.locator("#tb-a1 .tb-yes")).to_have_attribute("aria-pressed", "false")
    assert [page.locator(f"#tb-a{n}").inner_html() for n in (0, 1)] == before
    expect(page.locator("#tb-chips button:visible")).to_have_text(chips)
    page.locator("#tb-a1 a.tb-cite").first.click()
    expect(page.locator(":is(#tb-sheet, #tb-a1 details.tb-cit[open]) mark")).to_be_visible()
    page.keyboard.press("Escape")
    seen.ask(FOLLOW_UP)
    seen.answer(2)
    expect(page.locator("#tb-a2")).to_contain_text(SECOND)


def test_the_back_button_finds_the_conversation_again(live, visit):
    seen = visit(live)
    page = seen.page
    seen.ask(QUESTION)
    seen.answer()
    seen.kept(QUESTION)
    page.goto(f"{live}/audit")
    page.go_back()
    seen.answer()
    expect(page.locator(".tb-q")).to_have_text([QUESTION])


def test_a_question_from_the_browse_page_goes_on_with_the_conversation(live, visit):
    seen = visit(live)
    page = seen.page
    seen.ask(QUESTION)
    seen.answer()
    seen.kept(QUESTION)
    page.get_by_role("link", name="Browse the article").click()
    page.wait_for_url(f"{live}/browse")
    ask = page.get_by_role("link", name="Ask about this")
    for _ in range(300):
        if ask.count():
            break
        page.wait_for_timeout(1000)
        page.reload()
    ask.first.click()
    seen.answer(1)
    expect(page.locator("#tb-a1 a.tb-cite").first).to_be_visible()
    expect(page.locator(".tb-q").first).to_have_text(QUESTION)
    seen.kept(page.locator(".tb-q").nth(1).inner_text())
    page.reload()
    seen.restored(1)
    expect(page.locator(".tb-q")).to_have_count(2)


def test_a_new_conversation_clears_what_was_kept_and_can_be_undone(live, visit):
    seen = visit(live, 390, 844)
    page = seen.page
    seen.ask(QUESTION)
    seen.answer()
    restart = page.get_by_role("button", name="New conversation")
    restart.click()
    expect(page.locator(".tb-a")).to_have_count(0)
    page.wait_for_function(f"() => !({STORED})().includes('practical strategies')")
    page.get_by_role("button", name="Bring it back").click()
    seen.answer()
    expect(page.locator(".tb-q")).to_have_text([QUESTION])
    seen.kept(QUESTION)
    restart.click()
    expect(page.locator(".tb-a")).to_have_count(0)
    page.wait_for_function(f"() => !({STORED})().includes('practical strategies')")
    page.reload()
    seen.ready()
    page.wait_for_timeout(1000)
    expect(page.locator(".tb-q")).to_have_count(0)


@pytest.mark.parametrize("touch", [False, True])
def test_a_new_conversation_keeps_the_focus_and_its_way_back_until_the_next_question(make_bot, scripted, visit, touch):
    seen = visit(scripted(make_bot()), 390, 844, has_touch=touch, is_mobile=touch)
    page = seen.page
    seen.ask(QUESTION)
    seen.answer()
    page.clock.install()
    restart = page.get_by_role("button", name="New conversation")
    restart.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".tb-a")).to_have_count(0)
    expect(restart).to_be_hidden()
    back = page.get_by_role("button", name="Bring it back")
    expect(back if touch else seen.box).to_be_focused()
    page.clock.fast_forward("05:00")
    expect(back).to_be_visible()
    page.clock.resume()
    seen.ask(ABSTAINED)
    seen.answer()
    expect(back).to_have_count(0)


def test_what_is_being_typed_outlives_a_reload(live, visit):
    seen = visit(live, 390, 844)
    seen.ready()
    seen.box.press_sequentially("half a thought")
    seen.page.reload()
    seen.ready()
    expect(seen.box).to_have_value("half a thought")


def sent_early(page):
    page.locator("#tb-boot ~ script").first.wait_for(state="attached")
    early = page.get_by_label("Your question").first
    early.fill(QUESTION)
    early.press("Enter")
    expect(page.get_by_text("will be asked as soon as the chat is there")).to_be_visible()


@pytest.mark.parametrize("late", [1, 2, 100])
def test_what_is_typed_before_the_chat_is_there_is_asked(live, visit, late):
    """Whichever scripts come late: Gradio's, which takes questions, or the page's own, which sends them."""
    seen = visit(live, 390, 844, "/healthz")
    page = seen.page
    held, hold = [], True
    page.route("**/*.js", lambda route: held.append(route) if hold and len(held) < late else route.continue_())
    page.goto(live, wait_until="commit")
    sent_early(page)
    hold = False
    for route in held:
        route.continue_()
    seen.answer()
    expect(page.locator(".tb-q")).to_have_text([QUESTION])


@pytest.mark.parametrize("fate", ["late", "refused"])
def test_what_is_typed_early_is_asked_where_the_pages_own_script_comes_late_or_never(live, visit, fate):
    seen = visit(live, 390, 844, "/healthz")
    page = seen.page
    held = []

    def hold(route):
        held.append(route)

    page.route("**/chat.js", hold)
    page.goto(live, wait_until="commit")
    sent_early(page)
    page.locator("#tb-box textarea").wait_for(state="attached")
    page.wait_for_timeout(4000)
    if fate == "refused":
        held[0].abort()
    else:
        assert page.locator("#tb-boot").is_visible()
        held[0].continue_()
    page.locator(".tb-a").first.wait_for()
    expect(page.locator(".tb-q")).to_have_text([QUESTION])
    seen.complaints = [c for c in seen.complaints if "ERR_FAILED" not in c]


def test_a_server_that_forgot_gets_the_conversation_back_from_the_page(bot, serve_app, wait_until, visit):
    with serve_app(create_app(Settings(), lambda _: bot)) as url:
        wait_until(f"{url}/")
        seen = visit(url)
        seen.ask(QUESTION)
        seen.answer()
        seen.kept(QUESTION)
        expect(seen.page.locator("#tb-a0 .tb-yes")).to_have_attribute("aria-pressed", "false")
        first = seen.page.locator("#tb-a0").inner_html()
    with serve_app(create_app(Settings(), lambda _: bot), urlsplit(url).port):
        wait_until(f"{url}/")
        seen.ask(FOLLOW_UP)
        seen.answer(1)
        expect(seen.page.locator(".tb-q")).to_have_text([QUESTION, FOLLOW_UP])
        expect(seen.page.locator("#tb-a1")).to_contain_text(SECOND)
        assert seen.page.locator("#tb-a0").inner_html() == first
        seen.page.close()  # before its server goes again
        seen.complaints[:] = [c for c in seen.complaints if "ERR_" not in c]


def test_a_kept_conversation_that_was_tampered_with_shows_no_sentence_without_its_source(live, visit):
    seen = visit(live)
    page = seen.page
    seen.ask(QUESTION)
    seen.answer()
    seen.kept(QUESTION)
    said = page.locator("#tb-a0 .tb-s").first.inner_text().split("[")[0].strip()
    forged = """said => { const key = Object.keys(sessionStorage).find(k => k.includes("conversation"));
        const kept = sessionStorage.getItem(key);
        sessionStorage.setItem(key, kept.replaceAll(said.slice(0, 30), "Observation is of no use whatever"));
        return kept; }"""
    kept = page.evaluate(forged, said)
    page.reload()
    seen.ready()
    page.locator(".tb-q").wait_for()
    expect(page.locator("body")).not_to_contain_text("no use whatever")
    assert json.loads(kept)


def test_who_is_asking_stays_in_the_browser(live, visit):
    seen = visit(live, 390, 844)
    page = seen.page
    seen.ready()
    who = page.get_by_label("Who is asking?")
    chips = page.locator("#tb-chips button:visible")
    expect(chips).to_have_count(6)
    before = chips.all_inner_texts()
    seen.box.fill("half a thought")
    seen.choose("program director")
    expect(chips).not_to_have_text(before)
    expect(seen.box).to_have_value("half a thought")
    seen.choose("resident")
    seen.ask(QUESTION)
    seen.answer()
    seen.kept(QUESTION)
    page.reload()
    seen.restored()
    expect(who).to_have_value("resident")
    other = visit(live, 390, 844)
    other.ready()
    expect(other.page.get_by_label("Who is asking?")).to_have_value("")


def test_the_same_sources_are_cited_whoever_asks(live, visit):
    seen = visit(live)
    page = seen.page
    seen.ready()
    cited = []
    for number, persona in enumerate(("", "preceptor", "medical student", "resident", "program director", "other")):
        seen.choose(persona)
        seen.ask(QUESTION)
        seen.answer(number)
        quotes = page.locator(f"#tb-a{number} .tb-cit").evaluate_all(
            "all => all.map(e => e.querySelector('summary').textContent).sort()"
        )
        assert quotes
        cited.append(quotes)
    assert all(quotes == cited[0] for quotes in cited)

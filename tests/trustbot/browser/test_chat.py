"""The chat in a real browser, over the real bot where the answer matters, a scripted one where a state does.

Every test also proves at its end that no request left the server's origin and the console stayed clean.
"""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from trustbot.settings import Settings
from trustbot.types import Notice
from trustbot.web.server import create_app

pytestmark = pytest.mark.browser

QUESTION = "Is this so: “Direct observations of clinical skills are crucial for building trust”?"
LIST = "What does the article say about practical strategies for building trust?"
EARLY = (
    "Is this so: “When trust is established early, feedback becomes an explicit component of the preceptor-learner "
    "relationship, enhancing interactions even in relatively brief encounters”?"
)
ABSTAINED = "What is the capital of Mongolia?"
NEAR = "Do patients trust surgical robots?"
WIDTHS = [1280, 820, 390, 320]
FOLDED = "#tb-a0 :is(.tb-over, .tb-rest, .tb-cit) > summary"
TARGETS = ["button", "summary", ".tb-stand a", "a.tb-back", "a.tb-every"]


def test_a_question_is_answered_with_numbers_that_open_their_evidence(live, visit):
    seen = visit(live)
    page = seen.page
    title = "What is the importance of building trust between a preceptor and a medical learner?"
    expect(page.get_by_role("heading", level=1)).to_have_text("trustbot")
    expect(page.locator("#tb-header")).to_contain_text("pending human review")
    expect(page.locator("#tb-header")).to_contain_text("18 August 2025")
    link = page.locator(".tb-stand-article a").filter(has_text=title).get_attribute("href")
    assert link
    assert link.startswith("https://www.droracle.ai/articles/267765/")
    seen.ask(QUESTION)
    seen.answer()
    number = page.locator("#tb-a0 a.tb-cite").first
    expect(number).to_have_text("[4]")
    number.click()
    panel = page.locator("#tb-a0 details.tb-cit[open]")
    expect(panel).to_have_count(1)
    expect(panel.locator("mark")).to_be_visible()
    expect(panel.locator("mark")).to_have_text("Direct observations of clinical skills are crucial for building trust")
    expect(panel).to_contain_text("What the article says")
    expect(panel).to_contain_text("Direct Observation")
    expect(panel).to_contain_text("Supported by the work")
    expect(panel).to_contain_text("Karen E. Hauer")
    expect(panel.get_by_role("link", name="10.1007/s40037-021-00694-5")).to_have_attribute(
        "href", "https://doi.org/10.1007/s40037-021-00694-5"
    )
    panel.get_by_role("link", name="Back to the sentence").click()
    expect(number).to_be_focused()


def test_a_citation_opens_and_closes_by_keyboard_and_the_focus_comes_back(live, visit):
    seen = visit(live)
    page = seen.page
    seen.ask(QUESTION)
    seen.answer()
    page.keyboard.press("Shift+Tab")
    for _ in range(40):
        if page.evaluate("document.activeElement.matches('#tb-a0 a.tb-cite')"):
            break
        page.keyboard.press("Shift+Tab")
    number = page.locator("a.tb-cite:focus")
    expect(number).to_have_count(1)
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    panel = page.locator("#tb-a0 details.tb-cit[open]")
    expect(panel).to_have_count(1)
    expect(panel.locator("summary")).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(page.locator("#tb-a0 a.tb-cite:focus")).to_have_count(1)
    page.locator("#tb-a0 .tb-cit > summary").first.focus()
    page.keyboard.press("Space")
    expect(panel).to_have_count(1)


def test_citations_open_without_our_script_too(live, browser):
    context = browser.new_context()
    context.set_default_timeout(180_000)
    context.route("**/chat.js", lambda route: route.abort())
    page = context.new_page()
    page.goto(live)
    box = page.locator("#tb-box textarea")
    box.fill(QUESTION)
    box.press("Enter")
    page.locator("#tb-a0 a.tb-cite").first.click()
    row = page.locator("#tb-a0 .tb-cit > summary").first
    expect(row).to_be_in_viewport()
    row.click()
    expect(page.locator("#tb-a0 mark").first).to_be_visible()
    context.close()


def test_stages_are_shown_while_the_answer_is_made(make_bot, scripted, visit):
    bot = make_bot()
    seen = visit(scripted(bot))
    gate = bot.gate = threading.Event()
    try:
        seen.ask(QUESTION)
        steps = seen.page.locator(".tb-stages li")
        expect(steps).to_have_text(["Searching 5 works and the article…", "Checking 6 passages…"])
        expect(steps.last).to_have_class("tb-now")
        expect(seen.page.locator(".tb-a")).to_have_count(0)
        expect(seen.page.get_by_role("button", name="New conversation")).to_be_disabled()
        expect(seen.box).to_have_value("")
    finally:
        gate.set()
    seen.answer()
    expect(seen.page.locator(".tb-stages")).to_have_count(0)


def test_a_follow_up_is_one_tap_away_and_understood_in_its_context(live, visit):
    seen = visit(live)
    seen.ask(LIST)
    seen.answer()
    seen.ask("Tell me more about the second one.")
    seen.answer(1)
    expect(seen.page.locator("#tb-a1")).to_contain_text("Maximize resident-preceptor-patient continuity")
    chip = seen.page.locator("#tb-chips button:visible").first
    asked = chip.inner_text()
    chip.click()
    seen.answer(2)
    expect(seen.page.locator(".tb-q").nth(2)).to_have_text(asked)
    expect(seen.page.locator("#tb-a2 a.tb-cite").first).to_be_visible()


def test_an_abstention_looks_different_and_offers_what_is_covered(live, visit):
    seen = visit(live)
    page = seen.page
    seen.ask(ABSTAINED)
    seen.answer()
    expect(page.locator("#tb-a0")).to_contain_text("Not answered")
    expect(page.locator("#tb-a0")).to_contain_text("What is covered:")
    expect(page.locator("#tb-a0 a.tb-cite")).to_have_count(0)
    assert page.evaluate("getComputedStyle(document.querySelector('#tb-a0')).borderStyle") == "dashed"
    expect(page.locator("#tb-suggest-title")).to_have_text("Covered here, and close to your question")
    page.locator("#tb-chips button:visible").first.click()
    seen.answer(1)
    expect(page.locator("#tb-a1 a.tb-cite").first).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (820, "dark"), (390, "light"), (320, "dark")])
def test_what_is_near_looks_like_no_answer_and_leads_to_its_place(make_bot, scripted, visit, measure, width, scheme):
    seen = visit(scripted(make_bot()), width, 844, color_scheme=scheme)
    page = seen.page
    seen.ask(NEAR)
    seen.answer()
    answer = page.locator("#tb-a0")
    expect(answer).to_contain_text("Nothing in the sources answers this directly.")
    expect(answer.locator(".tb-near > li")).to_have_count(3)
    caution = answer.locator(".tb-near > li").first.locator(".tb-over")
    expect(caution.locator("summary")).to_contain_text("Only partly supported")
    caution.locator("summary").click()
    expect(caution.locator("p").first).to_be_visible()
    expect(answer.locator("a.tb-cite, .tb-copy, .tb-ev")).to_have_count(0)
    assert page.evaluate("getComputedStyle(document.querySelector('#tb-a0')).borderStyle") == "dashed"
    seen.still()
    assert page.evaluate(measure.overflow) == 0
    assert page.evaluate(measure.low_contrast) == []
    assert page.evaluate(measure.small_targets, ["a.tb-every", "#tb-a0 button", "#tb-a0 summary"]) == []
    link = answer.get_by_role("link", name="See it in the stored text").nth(1)
    assert (link.get_attribute("href") or "").startswith("documents/article?version=sha256:")
    with page.expect_popup() as opened:
        link.click()
    expect(opened.value.locator("mark")).to_have_text(
        "Direct observations of clinical skills are crucial for building trust"
    )


def test_opening_questions_are_offered_and_answered(live, visit):
    seen = visit(live, 390, 844)
    seen.ready()
    chips = seen.page.locator("#tb-chips button:visible")
    expect(chips).to_have_count(6)
    chips.last.click()
    seen.answer()
    expect(seen.page.locator("#tb-a0 a.tb-cite").first).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_disclaimer_stays_in_view_and_cannot_be_dismissed(live, visit, width):
    seen = visit(live, width, 600)
    page = seen.page
    seen.ask(LIST)
    seen.answer()
    note = page.get_by_role("note").first
    for place in ("document.documentElement.scrollHeight", "0"):
        page.evaluate(f"scrollTo(0, {place})")
        expect(note).to_be_in_viewport(ratio=1)
        assert page.evaluate("document.elementFromPoint(innerWidth / 2, 20).closest('#tb-disclaimer') !== null"), (
            "something covers the disclaimer"
        )
    page.locator("#tb-disclaimer summary").click()
    expect(page.get_by_text("Healthcare providers should verify all information")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Healthcare providers should verify all information")).to_be_hidden()
    expect(note).to_be_in_viewport(ratio=1)
    assert page.locator("#tb-disclaimer button").count() == 0


def test_the_answer_and_its_suggestions_are_brought_into_view(live, visit):
    seen = visit(live, 390, 844)
    for number, question in enumerate((QUESTION, ABSTAINED)):
        seen.ask(question)
        seen.answer(number)
        expect(seen.page.locator(".tb-q").nth(number)).to_be_in_viewport(ratio=1)
    expect(seen.page.locator("#tb-chips button:visible").first).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_in_light_and_dark(live, visit, scheme, measure):
    seen = visit(live, color_scheme=scheme)
    page = seen.page
    seen.ask(EARLY)
    seen.answer()
    seen.ask(ABSTAINED)
    seen.answer(1)
    for panel in page.locator(FOLDED).all():
        panel.click()
    seen.still()
    ground = page.evaluate("getComputedStyle(document.querySelector('#tb-a0')).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") is (scheme == "light")
    assert page.evaluate(measure.low_contrast) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_screen_and_everything_can_be_tapped(live, visit, width, measure):
    seen = visit(live, width, 844)
    page = seen.page
    assert page.evaluate(measure.overflow) == 0
    seen.ask(LIST)
    seen.answer()
    # Beside the answer, all of the evidence is in view to begin with.
    folded = FOLDED if width >= 1000 else f"{FOLDED}, #tb-a0 .tb-all > summary"
    for panel in page.locator(folded).all():
        panel.click()
        assert page.evaluate(measure.overflow) == 0
        if page.locator("#tb-sheet[open]").count():
            page.keyboard.press("Escape")
            # The step out of the history comes after the sheet has gone.
            page.wait_for_function("() => !history.state?.tbSheet")
    seen.still()
    assert page.evaluate(measure.small_targets, TARGETS) == []
    seen.ask("x" * 300)
    page.locator(".tb-q").nth(1).wait_for()
    assert page.evaluate(measure.overflow) == 0


@pytest.mark.parametrize("width", [1280, 390])
def test_on_paper_nothing_that_is_folded_or_scrolls_is_missing(live, visit, width):
    seen = visit(live, width, 844)
    page = seen.page
    seen.ask(LIST)
    seen.answer()
    page.emulate_media(media="print")
    for part in (".tb-over p", ".tb-rest li", ".tb-cit .tb-excerpt", ".tb-made"):
        shown = page.locator(f"#tb-a0 {part}").evaluate_all("all => all.map(e => e.checkVisibility())")
        assert shown
        assert all(shown), f"{part} is not printed"
    cut = "e => [getComputedStyle(e).position, e.scrollHeight - e.clientHeight]"
    assert page.locator("#tb-a0 .tb-ev").evaluate(cut) == ["static", 0]
    expect(page.locator("#tb-a0 .tb-rest > summary")).to_be_hidden()
    expect(page.locator("#tb-a0 .tb-tools")).to_be_hidden()


def test_motion_stops_for_those_who_asked_for_it(make_bot, scripted, visit):
    bot = make_bot()
    seen = visit(scripted(bot), reduced_motion="reduce")
    gate = bot.gate = threading.Event()
    try:
        seen.ask(QUESTION)
        expect(seen.page.locator(".tb-stages li")).to_have_count(2)
        expect(seen.page.locator(".tb-stages .tb-now")).to_be_visible()
        # Found and read in one step: each stage draws the list anew, and a node that was taken away has no style.
        style = "() => getComputedStyle(document.querySelector('.tb-stages .tb-now'), '::before').animationName"
        assert seen.page.evaluate(style) == "none"
    finally:
        gate.set()
    seen.answer()


def test_an_error_is_one_sentence_and_the_question_is_not_lost(make_bot, scripted, visit):
    seen = visit(scripted(make_bot()))
    seen.ask("boom, please")
    failed = seen.page.locator(".tb-fail")
    expect(failed).to_contain_text("Something went wrong while answering")
    expect(failed).not_to_contain_text("secret")
    expect(seen.box).to_have_value("boom, please")
    seen.ask(QUESTION)  # not before the failure is over, which puts its question back once more
    seen.answer(1)


def test_a_new_conversation_starts_from_nothing(make_bot, scripted, visit):
    bot = make_bot()
    seen = visit(scripted(bot))
    seen.ask(QUESTION)
    seen.answer()
    seen.page.get_by_role("button", name="New conversation").click()
    expect(seen.page.locator(".tb-a")).to_have_count(0)
    expect(seen.page.locator("#tb-suggest-title")).to_have_text("Questions to begin with")
    seen.ask("Again?")
    seen.answer(0)
    assert bot.asked[-1][:2] == ("Again?", ())


def test_two_readers_never_see_each_other(make_bot, scripted, visit):
    bot = make_bot()
    url = scripted(bot)
    one, two = visit(url), visit(url)
    one.ask("The first reader's question")
    one.answer()
    two.ask("The second reader's question")
    two.answer()
    expect(two.page.locator(".tb-q")).to_have_text(["The second reader's question"])
    assert bot.asked[-1][1] == ()


HOSTILE = (
    "<img src=https://evil.example/a.png onerror=alert(1)><script>alert(2)</script> ![x](https://evil.example/b.png)"
    " [y](javascript:alert(3)) **bold** $$z$$ </div></details><style>*{display:none}</style>"
)


def test_markup_in_a_title_a_quote_or_a_question_is_only_text(make_bot, scripted, visit, world):
    answered = world.answered()
    source = replace(answered.citations[1].source, title=HOSTILE, authors=(HOSTILE,), container=HOSTILE)
    audit = replace(answered.citations[0].audit, reason=HOSTILE, notice=HOSTILE)
    hostile = replace(
        answered,
        text=answered.text + "\n" + HOSTILE,
        citations=tuple(replace(c, source=source, audit=audit) for c in answered.citations),
        notices=(Notice("clinical", HOSTILE),),
        followups=(HOSTILE,),
    )
    seen = visit(scripted(make_bot(hostile=hostile)))
    page = seen.page
    seen.ask(f"hostile {HOSTILE}")
    seen.answer()
    expect(page.locator(".tb-q")).to_have_text(f"hostile {HOSTILE}")
    expect(page.locator("#tb-a0 .tb-main")).to_contain_text(HOSTILE)
    expect(page.locator("#tb-a0 .tb-work-title").first).to_have_text(HOSTILE)
    expect(page.locator("#tb-chips button:visible")).to_have_text(HOSTILE)
    assert page.locator(".message-content :is(img, script, style, iframe, object, form, strong)").count() == 0
    assert page.locator(".message-content a[href^=javascript]").count() == 0
    page.locator("#tb-a0 a.tb-cite").first.click()
    expect(page.locator("#tb-a0 details.tb-cit[open]")).to_contain_text(HOSTILE)


def test_the_waiting_page_becomes_the_chat_without_a_script(make_bot, serve_app, visit, measure):
    go = threading.Event()

    def slowly(_):
        go.wait(120)
        return make_bot()

    with serve_app(create_app(Settings(), slowly)) as url:
        try:
            seen = visit(url, 390, 844)
            expect(seen.page.get_by_role("heading", level=1)).to_have_text("trustbot is starting")
            expect(seen.page.get_by_role("status")).to_have_text("The index is being opened.")
            assert seen.page.evaluate(measure.overflow) == 0
        finally:
            go.set()
        expect(seen.box).to_be_visible()
        seen.page.close()  # before its server goes, of which the browser would complain
        seen.complaints[:] = [c for c in seen.complaints if "503" not in c]


@pytest.mark.parametrize("width", WIDTHS)
def test_the_description_of_the_api_fits_any_screen(live, visit, width, measure):
    seen = visit(live, width, 844, "/api/docs")
    page = seen.page
    expect(page.get_by_role("heading", level=1)).to_have_text("trustbot API")
    assert page.evaluate(measure.overflow) == 0
    page.get_by_role("link", name="POST /api/ask").click()
    expect(page.locator("#post-ask")).to_be_in_viewport()
    assert page.evaluate(measure.low_contrast) == []

"""A launch in a real browser: a course on another site frames the tool, and third-party cookies are blocked."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import jwt
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Frame, Page, expect

from trustbot.evals import visits
from trustbot.settings import Settings
from trustbot.web.i18n import english
from trustbot.web.server import create_app

pytestmark = pytest.mark.browser

BLOCKED = "--test-third-party-cookie-phaseout"
TRY_COOKIE = "() => { document.cookie = 'try=1; SameSite=None; Secure; Path=/'; return document.cookie; }"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"


@pytest.fixture(scope="module")
def server(make_bot: Callable, learning_platform, serve_app: Callable, wait_until: Callable, tmp_path_factory):
    """A server that answers nobody but those whom a platform launched."""
    data = tmp_path_factory.mktemp("lti")
    (data / "portals.toml").write_text("[visitors]\nanonymous = false\n" + learning_platform.entry())
    with serve_app(create_app(Settings(data_dir=data), lambda _: make_bot())) as url:
        wait_until(f"{url}/")
        yield url


@pytest.fixture(scope="module")
def strict(browser: Browser) -> Iterator[Browser]:
    """The browser with third-party cookies blocked."""
    found = next(filter(None, map(shutil.which, visits.CHROMIUM)))
    opened = browser.browser_type.launch(executable_path=found, args=[*visits.FLAGS, BLOCKED])
    yield opened
    opened.close()


@pytest.fixture
def platform(learning_platform, server, monkeypatch):
    monkeypatch.setattr(learning_platform, "tool", server)
    monkeypatch.setattr(learning_platform, "more", {})
    return learning_platform


@pytest.fixture
def course(strict: Browser, platform) -> Iterator[Callable[..., Page]]:
    """Opens the course, whose page launches the tool in a frame; nothing may go wrong on it."""
    contexts, complaints = [], []

    def visit(width: int = 1100, **options: object) -> Page:
        context = strict.new_context(viewport={"width": width, "height": 900}, **options)  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(180_000)
        page = context.new_page()
        page.on("console", lambda m: m.type == "error" and complaints.append(m.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{platform.issuer}/course")
        return page

    yield visit
    for context in contexts:
        context.close()
    # A refusal is a page, and the browser notes its status; a script is held back where a test says so.
    assert [c for c in complaints if "status of 403" not in c and "ERR_FAILED" not in c] == []


def frame_of(page: Page, part: str) -> Frame:
    """The frame, once its address holds `part`."""
    page.wait_for_function("() => document.querySelector('iframe')")
    for _ in range(1800):
        found = next((frame for frame in page.frames[1:] if part in frame.url), None)
        if found:
            found.wait_for_load_state()
            return found
        page.wait_for_timeout(100)
    raise AssertionError([frame.url for frame in page.frames])


def test_a_learner_comes_to_the_chat_and_is_answered_with_third_party_cookies_blocked(course, platform):
    platform.more = {"custom": {"question": "How does observation help?"}}
    frame = frame_of(course(), "/widget?")
    frame.locator("#tb-box textarea").wait_for()
    frame.locator("#tb-boot").wait_for(state="detached")
    assert frame.evaluate(TRY_COOKIE) == "", "the browser was to block this cookie"
    assert "#t=" not in frame.url
    assert "Ada" not in frame.content()
    expect(frame.locator("#tb-who")).to_have_value("resident")
    frame.get_by_role("button", name="How does observation help?").click()
    frame.locator("#tb-a0").wait_for()


def test_a_refused_launch_shows_its_two_sentences_in_the_frame(course, platform):
    platform.more = {"deployment_id": "9:xyz"}
    page = course(width=320)
    frame = frame_of(page, "/lti/launch")
    expect(frame.locator("h1")).to_have_text(english.LTI_REFUSED_TITLE)
    expect(frame.locator("main")).to_contain_text(english.LTI_SHOW)
    expect(frame.locator(".mend")).to_contain_text("deployments")
    assert frame.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert Axe().run(page).response["violations"] == []


@pytest.mark.parametrize("scripts", [True, False])
def test_an_instructor_puts_a_link_into_the_course(course, platform, measure, scripts):
    settings = {
        "deep_link_return_url": f"{platform.issuer}/return",
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["iframe"],
    }
    more = {"message_type": "LtiDeepLinkingRequest", f"{DL}deep_linking_settings": settings, "resource_link": None}
    platform.more, platform.returned = more, []
    page = course(width=390)
    frame = frame_of(page, "/lti/launch")
    if scripts:
        assert Axe().run(page).response["violations"] == []
        assert frame.evaluate(measure.small_targets, ["label.choice", "button", "#title", "#own"]) == []
        assert frame.evaluate(measure.low_contrast) == []
    else:
        page.route("**/ui/lti.js", lambda route: route.abort())
    frame.get_by_label(english.LTI_LINK_NAME).fill("Trust")
    frame.get_by_label(english.LTI_OWN_OPENING).check()
    frame.get_by_label(english.LTI_OWN_LABEL).fill("What builds trust?")
    frame.get_by_role("button", name=english.LTI_ADD).click()
    if not scripts:
        frame.get_by_role("button", name=english.LTI_RETURN).click()
    expect(page.frame_locator("iframe").get_by_text("Added")).to_be_visible()
    [item] = jwt.decode(platform.returned[-1], options={"verify_signature": False})[f"{DL}content_items"]
    assert item["custom"] == {"corpus": "preceptor-trust", "question": "What builds trust?"}
    assert platform.sender == platform.tool

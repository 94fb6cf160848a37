"""The widget in a residency portal: the real program, its real loader, and a page of another site around them.

What the loader and the framed page do each on their own is held by their own tests; here both meet a portal that has a
strict policy, loud styles and pages without loading.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Frame, Locator, Page, expect

from trustbot.evals import visits
from trustbot.settings import Settings
from trustbot.web.auth.tokens import Signer, mint
from trustbot.web.server import create_app
from trustbot.web.widget.access import switch_off, switch_on

pytestmark = pytest.mark.browser

QUESTION = "What does the article say about practical strategies for building trust?"
PARTLY = (
    "Is this so: “Building trust between a preceptor and medical learner is essential for creating effective learning "
    "environments, enhancing feedback interactions, promoting high performance learning, and ultimately improving "
    "patient care outcomes”?"
)
CORPUS = "preceptor-trust"
LONG_MS = 180_000
TAG = '<script src="{server}/widget.js" data-corpus="{corpus}" async></script>'
PLACE = '<trustbot-chat data-mode="inline" data-corpus="{corpus}" data-theme="dark"></trustbot-chat>'
ISSUER, SECRET = "https://portal.example.edu", b"a secret that is long enough to sign with 0123"
PORTALS = f'[[portal]]\nissuer = "{ISSUER}"\nsecret_file = "portal.secret"\n'
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOKS = """() => [...document.querySelectorAll("body, body *:not(trustbot-chat)")].map(e => {
  const s = getComputedStyle(e), b = e.getBoundingClientRect();
  return [e.localName, b.x, b.y, b.width, b.height, s.color, s.backgroundColor, s.font, s.display, s.position, s.zIndex,
    s.letterSpacing, s.outline].join("|"); })"""


@dataclass
class Program:
    """The program with a portal that may show it, and its data folder."""

    url: str
    data: Path


@pytest.fixture(scope="module")
def program(
    portal: Any,
    live_data: Path,
    tmp_path_factory: pytest.TempPathFactory,
    serve_app: Callable,
    wait_until: Callable,
) -> Iterator[Program]:
    """The real bot over the real index; `portal.localhost` and what is below it may show the widget."""
    data = tmp_path_factory.mktemp("portal")
    for name in ("index", "models"):
        (data / name).symlink_to((live_data / name).resolve())
    (data / "portal.secret").write_bytes(SECRET)
    (data / "portal.secret").chmod(0o600)
    (data / "portals.toml").write_text(PORTALS)
    listed = f"{portal.address()}, http://*.portal.localhost:{portal.port}"
    with serve_app(create_app(Settings(data_dir=data, widget_origins=listed))) as url:
        wait_until(f"{url}/", seconds=300)
        yield Program(url, data)


@dataclass
class Shown:
    """A page of the portal, with what was asked for and complained about."""

    page: Page
    events: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def launcher(self) -> Locator:
        return self.page.locator("trustbot-chat .launch:visible")

    @property
    def frames(self) -> list[Frame]:
        return [frame for frame in self.page.frames if "/widget" in frame.url]

    def chat(self, number: int = 0) -> Frame:
        """The chat in the frame, once it can be asked."""
        self.until(lambda: len(self.frames) > number)
        frame = self.frames[number]
        frame.locator("#tb-box textarea").wait_for()
        frame.locator("#tb-boot").wait_for(state="detached")
        self.events.over(frame)
        return frame

    def opened(self) -> Frame:
        self.launcher.click()
        return self.chat()

    def ask(self, frame: Frame, question: str, number: int | None = 0) -> None:
        box = frame.locator("#tb-box textarea")
        self.events.over(frame)
        box.fill(question)
        box.press("Enter")
        if number is not None:
            frame.locator(f"#tb-a{number}").wait_for()
            self.events.over(frame)

    def heard(self) -> list[list[Any]]:
        """The events that the portal's own script saw."""
        return self.page.evaluate("portalLog")

    def until(self, check: Callable[[], object]) -> None:
        end = time.monotonic() + 180
        while not check():
            assert time.monotonic() < end
            self.page.wait_for_timeout(50)


@pytest.fixture
def shown(browser: Browser, portal: Any, program: Program, events_of: Callable) -> Iterator[Callable[..., Shown]]:
    """Opens the portal with a widget in it; nothing may have gone wrong in it but what a test expects."""
    made: list[Shown] = []
    contexts: list[BrowserContext] = []

    def show(
        widget: str = TAG,
        inside: str = "",
        host: str = "portal.localhost",
        path: str = "/",
        server: str = "",
        within: BrowserContext | None = None,
        size: tuple[int, int] = (1280, 860),
        **options: Any,
    ) -> Shown:
        portal.server, portal.token, portal.tokens = server or program.url, None, 0
        portal.shows(widget, inside)
        context = within or browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
        contexts.append(context)
        context.set_default_timeout(LONG_MS)
        page = context.new_page()
        opened = Shown(page, events_of(page))
        made.append(opened)
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.on("console", lambda m: opened.complaints.append(m.text) if m.type == "error" else None)
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.page.goto(portal.address(host) + path)
        return opened

    yield show
    for context in contexts:
        context.close()
    assert [complaint for opened in made for complaint in opened.complaints] == []


def test_a_resident_asks_in_the_portal_and_checks_a_citation(shown, portal, program):
    seen = shown(widget="")
    before = seen.page.evaluate(LOOKS)
    seen = shown()
    assert [url for url in seen.requests if url.startswith(program.url)] == [f"{program.url}/widget.js"]
    assert seen.page.evaluate(LOOKS) == before, "the widget must change nothing of the portal"
    frame = seen.opened()
    own = frame.evaluate("getComputedStyle(document.body).fontFamily + getComputedStyle(document.body).letterSpacing")
    assert "Riverside" not in own
    seen.ask(frame, PARTLY)
    expect(frame.locator("#tb-a0")).to_contain_text("artly")
    frame.locator("#tb-a0 a.tb-cite").first.click()
    marked = frame.locator("#tb-sheet mark")
    expect(marked).to_be_visible()
    quote = marked.text_content() or ""
    assert quote in frame.locator("#tb-a0").text_content()
    seen.until(lambda: len(seen.heard()) == 2)
    (opened, _), (answer, told) = seen.heard()
    assert (opened, answer, told["outcome"]) == ("open", "answer", "answered")
    assert told["citations"][0] == 1
    assert seen.page.evaluate(LOOKS) == before
    assert all(url.startswith((program.url, portal.address(), "data:", "blob:")) for url in seen.requests)


@pytest.mark.parametrize("host", ["a.b.portal.localhost"])
def test_a_subdomain_may_show_it_where_a_wildcard_is_listed(shown, host):
    seen = shown(host=host)
    seen.ask(seen.opened(), QUESTION)
    seen.until(lambda: any(name == "answer" for name, _ in seen.heard()))


@pytest.mark.parametrize("host", ["evilportal.localhost", "portal.localhost.localhost"])
def test_an_unlisted_portal_is_refused_at_each_door_and_its_coordinator_told(shown, program, host):
    frame = '<iframe title="bare" src="{server}/widget?corpus={corpus}"></iframe>'
    seen = shown(inside=frame, host=host)
    refused = seen.page.frame_locator('iframe[title="bare"]').locator("body")
    seen.launcher.click()
    note = seen.page.locator("trustbot-chat .note")
    expect(note).to_contain_text("tell whoever looks after this site")
    told = seen.heard()[-1][1]["sentence"]
    assert "TRUSTBOT_WIDGET_ORIGINS" in told
    assert f"http://{host}:" in told
    assert seen.heard()[-1][1]["reason"] == "no"
    assert "tb-" not in refused.inner_html()
    asking = """async ([url, init]) => { try { return (await fetch(url, init)).status } catch (e) { return e.name } }"""
    body = json.dumps({"question": QUESTION})
    post = {"method": "POST", "headers": {"Content-Type": "application/json"}, "body": body}
    for path, init in (("/api/sources", {}), ("/api/ask", post), ("/api/ask", {"method": "POST", "body": body})):
        assert seen.page.evaluate(asking, [program.url + path, init]) == "TypeError"
    seen.until(lambda: any("frame-ancestors" in c for c in seen.complaints))
    seen.until(lambda: sum("CORS policy" in c for c in seen.complaints) >= 3)
    assert sum("CORS policy" in c for c in seen.complaints) == 3
    seen.page.close()
    seen.complaints.clear()


def test_it_works_where_a_site_within_another_may_store_nothing(shown, browser, tmp_path):
    """A browser of its own, set to block cookies and storage of third parties, as Safari and Firefox do."""
    folder = tmp_path / "profile" / "Default"
    folder.mkdir(parents=True)
    chosen = {"profile": {"cookie_controls_mode": 1, "block_third_party_cookies": True}}
    (folder / "Preferences").write_text(json.dumps(chosen))
    found = next(filter(None, map(shutil.which, visits.CHROMIUM)))
    blocking = browser.browser_type.launch_persistent_context(
        str(folder.parent), executable_path=found, args=[*visits.FLAGS]
    )
    seen = shown(within=blocking)
    frame = seen.opened()
    stored = """() => { try { localStorage.setItem("x", "1"); return "stored" } catch (e) { return e.name } }"""
    assert frame.evaluate(stored) == "SecurityError"
    assert seen.page.evaluate(stored) == "stored"
    seen.ask(frame, QUESTION)
    frame.locator("#tb-a0 a.tb-cite").first.click()
    expect(frame.locator("#tb-sheet mark")).to_be_visible()
    frame.locator("#tb-sheet").press("Escape")
    seen.ask(frame, "Tell me more about the second one.", 1)
    assert blocking.cookies() == []


def test_two_widgets_on_a_page_are_two_conversations(shown, measure):
    seen = shown(inside=PLACE)
    seen.page.locator("trustbot-chat[data-mode=inline]").scroll_into_view_if_needed()
    inline = seen.chat()
    seen.ask(inline, QUESTION)
    seen.launcher.click()
    floating = seen.chat(1)
    expect(floating.locator(".tb-q")).to_have_count(0)
    seen.ask(floating, PARTLY)
    expect(inline.locator(".tb-q")).to_have_text([QUESTION])
    expect(floating.locator(".tb-q")).to_have_text([PARTLY])
    assert inline.evaluate("document.body.classList.contains('dark')")
    assert not floating.evaluate("document.body.classList.contains('dark')")
    seen.until(lambda: [name for name, _ in seen.heard()].count("answer") == 2)
    assert seen.page.evaluate(measure.overflow) <= 0


def test_a_portal_that_changes_pages_without_loading_keeps_the_widget(shown, program):
    seen = shown()
    seen.ask(seen.opened(), QUESTION)
    seen.page.keyboard.press("Escape")
    seen.page.get_by_role("link", name="For preceptors").click()
    place = seen.page.locator("#slot trustbot-chat iframe")
    expect(place).to_be_visible()
    seen.ask(seen.chat(1), PARTLY)
    seen.page.get_by_role("link", name="Rotations").click()
    expect(place).to_have_count(0)
    seen.until(lambda: len(seen.frames) == 1)
    seen.launcher.click()
    expect(seen.chat().locator(".tb-q")).to_have_text([QUESTION])
    seen.page.go_back()
    expect(place).to_be_visible()
    seen.chat(1)


def test_by_keyboard_alone_from_the_portal_to_a_citation_and_back(shown):
    seen = shown()
    seen.launcher.wait_for()
    keys = seen.page.keyboard
    for _ in range(12):
        keys.press("Tab")
        if seen.page.evaluate("document.activeElement.localName") == "trustbot-chat":
            break
    keys.press("Enter")
    frame = seen.chat()
    expect(frame.locator("#tb-box textarea")).to_be_focused()
    keys.type(QUESTION)
    keys.press("Enter")
    frame.locator("#tb-a0").wait_for()
    seen.events.over(frame)
    cite = "document.activeElement.matches('#tb-a0 a.tb-cite')"
    for _ in range(40):
        keys.press("Shift+Tab")
        if frame.evaluate(cite):
            break
    assert frame.evaluate(cite)
    keys.press("Enter")
    expect(frame.locator("#tb-sheet")).to_be_visible()
    keys.press("Escape")
    expect(frame.locator("#tb-sheet")).to_be_hidden()
    expect(frame.locator("#tb-a0 a.tb-cite:focus")).to_have_count(1)
    keys.press("Escape")
    expect(seen.page.locator("trustbot-chat dialog")).to_be_hidden()
    expect(seen.launcher).to_be_focused()
    seen.until(lambda: len(seen.heard()) > 2)
    assert [name for name, _ in seen.heard()] == ["open", "answer", "close"]


def test_the_switch_holds_for_a_chat_that_is_open(shown, program):
    seen = shown()
    frame = seen.opened()
    seen.ask(frame, QUESTION)
    switch_off(program.data, CORPUS, "Closed for the examination")
    try:
        seen.ask(frame, PARTLY, None)
        expect(frame.locator(".tb-fail")).to_contain_text("Closed for the examination.")
        again = shown()
        again.launcher.click()
        expect(again.page.locator("trustbot-chat .note")).to_contain_text("Closed for the examination.")
    finally:
        switch_on(program.data, CORPUS)
    again.page.get_by_role("button", name="Try again").click()
    again.ask(again.chat(), PARTLY)
    seen.ask(frame, PARTLY, None)
    seen.until(lambda: [name for name, _ in seen.heard()].count("answer") == 2)
    # The frame is asked for together with whether it may be shown; on a slow machine it has been refused by then.
    again.complaints[:] = [c for c in again.complaints if "503" not in c]


def test_a_portal_signs_its_visitor_and_signs_again(shown, portal):
    signer = Signer(ISSUER, SECRET)
    now = int(time.time())
    told = {"iss": ISSUER, "aud": "trustbot", "sub": "v-1", "corpus": CORPUS, "iat": now - 420, "exp": now - 120}
    tokens = [jwt.encode(told, SECRET, algorithm="HS256")]
    seen = shown(TAG.replace(" async", ' data-token-url="/visitor-token" async'))
    portal.token = lambda: tokens.pop(0) if tokens else mint(signer, "v-1", CORPUS)
    frame = seen.opened()
    seen.ask(frame, QUESTION)
    assert portal.tokens == 2
    expect(frame.locator(".tb-q")).to_have_text([QUESTION])
    expect(frame.locator(".tb-fail")).to_have_count(0)
    seen.until(lambda: "answer" in [name for name, _ in seen.heard()])
    assert [name for name, _ in seen.heard()].count("answer") == 1


def test_on_a_slow_network_the_launcher_is_there_and_the_chat_comes(shown, portal, browser):
    context = browser.new_context()
    portal.shows(TAG)
    page = context.new_page()
    slow = {"offline": False, "latency": 250, "downloadThroughput": 400_000, "uploadThroughput": 100_000}
    context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
    page.close()
    seen = shown(within=context)
    context.new_cdp_session(seen.page).send("Network.emulateNetworkConditions", slow)
    seen.page.reload()
    seen.launcher.click()
    seen.until(lambda: seen.frames)
    with contextlib.suppress(Exception):
        context.new_cdp_session(seen.frames[0]).send("Network.emulateNetworkConditions", slow)
    seen.ask(seen.chat(), QUESTION)


@pytest.mark.parametrize(("size", "scheme"), [((1280, 860), "light"), ((820, 1100), "dark"), ((390, 844), "light")])
def test_neither_the_portal_nor_the_chat_has_a_violation(shown, measure, size, scheme):
    seen = shown(size=size, color_scheme=scheme)
    seen.launcher.wait_for()
    axe, found = Axe(), []

    def check(place: Page | Frame, state: str) -> None:
        assert place.evaluate(measure.still, LONG_MS) == 0, f"{state}: something moves without end"
        for violation in axe.run(place, options={"runOnly": LEVELS, "iframes": False}).response["violations"]:
            found.append(f"{state}: {violation['id']} at {violation['nodes'][0]['target']}")

    check(seen.page, "portal")
    frame = seen.opened()
    check(seen.page, "portal, opened")
    seen.ask(frame, PARTLY)
    frame.locator("#tb-a0 a.tb-cite").first.click()
    expect(frame.locator("#tb-sheet")).to_be_visible()
    check(frame, "chat")
    assert found == []
    assert seen.page.evaluate(measure.overflow) <= 0


def test_a_server_that_goes_and_comes_back_is_asked_again(shown, portal, make_bot, serve_app, wait_until, tmp_path):
    settings = Settings(data_dir=tmp_path, widget_origins=portal.address())
    with serve_app(create_app(settings, lambda _: make_bot())) as url:
        wait_until(f"{url}/")
        seen = shown(server=url)
        frame = seen.opened()
        seen.ask(frame, QUESTION)
    frame.locator("#tb-box textarea").fill("What is said about feedback?")
    frame.locator("#tb-box textarea").press("Enter")
    expect(frame.locator("#tb-notice-bar.tb-bad")).to_be_visible()
    with serve_app(create_app(settings, lambda _: make_bot()), int(url.rpartition(":")[2])):
        wait_until(f"{url}/")
        # The frame is loaded anew, and finds the conversation and the question.
        frame.locator("#tb-a1").wait_for()
        expect(frame.locator(".tb-q")).to_have_text([QUESTION, "What is said about feedback?"])
    seen.page.close()
    seen.complaints.clear()  # a browser complains of each request to a server that is gone

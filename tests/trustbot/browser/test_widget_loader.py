"""The loader in a real browser, on a page of another site: what it loads, says and gives back, by mouse and keyboard.

The page in the frame is a stand-in that speaks the protocol; what a refused site is told comes from the real routes.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect
from starlette.middleware import Middleware

from trustbot.settings import Settings
from trustbot.web.http.addresses import LanguagePrefix
from trustbot.web.service import Service
from trustbot.web.widget import access
from trustbot.web.widget.loader import add_widget_loader, loader
from trustbot.web.widget.routes import add_widget_status

pytestmark = pytest.mark.browser

FRAME = """<!doctype html><html lang="en"><title>Chat</title><main><h1>Chat</h1><button>First</button>
<label>Question <input id="box"></label></main><script>
  const id = new URLSearchParams(location.search).get("id");
  window.got = [];
  const say = (type, more) => parent.postMessage({trustbot: 1, id, type, ...more}, "*");
  addEventListener("message", (event) => {
    got.push(event.data);
    if (event.data.type === "focus") document.querySelector("#box").focus();
  });
  addEventListener("keydown", (event) => event.key === "Escape" && say("close"));
  say("ready");
</script></html>"""
HOST = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Portal</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><script src="host.js"></script>{head}</head>
<body><main><h1>Residency portal</h1><p>Welcome.</p><a href="#here" id="link">A link</a>{body}</main></body></html>"""
TAG = '<script src="{server}/widget.js" data-corpus="trust" async></script>'
# What the host page sees of the widget, and which names there were before it.
HOST_SCRIPT = """window.seen = []; window.names = Object.getOwnPropertyNames(window);
for (const name of ["open", "answer", "close", "problem"])
  addEventListener("trustbot:" + name, (event) => seen.push([name, event.detail]));"""


@dataclass
class Site:
    """A tiny web server on loopback: pages by their path, and what was asked of it."""

    pages: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    gate: threading.Event | None = None
    """Where given, framed pages and states wait for it, longer than any test takes."""
    port: int = 0

    def start(self) -> None:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = urlsplit(self.path).path
                if path != "/favicon.ico":
                    site.asked.append(self.path)
                if site.gate and path.endswith(("/widget", "/status")):
                    site.gate.wait(300)
                text, headers = site.pages.get(path, ("", {}))
                body = text.encode()
                self.send_response(200 if path in site.pages else 404)
                for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        if self.gate:
            self.gate.set()
        self.server.shutdown()
        self.server.server_close()

    def paths(self) -> list[str]:
        return [urlsplit(address).path for address in self.asked]

    def query(self, path: str) -> dict[str, str]:
        """The parameters of the last request for a path."""
        last = next(a for a in reversed(self.asked) if urlsplit(a).path == path)
        return {name: values[-1] for name, values in parse_qs(urlsplit(last).query).items()}


OPEN = {"Access-Control-Allow-Origin": "*"}
SCRIPT = {"Content-Type": "text/javascript; charset=utf-8", **OPEN}


def serving_pages() -> dict[str, tuple[str, dict[str, str]]]:
    script = (loader().content.decode(), SCRIPT)
    state = ('{"open": true}', {"Content-Type": "application/json", **OPEN})
    pages = {
        "/widget.js": script,
        f"/{loader().pinned_name}": script,
        "/widget": (FRAME, {}),
        "/es/widget": (FRAME, {}),
    }
    return {**pages, "/widget/status": state, "/es/widget/status": state}


@pytest.fixture
def sites() -> Iterator[Callable[..., Site]]:
    running = []

    def start(pages: dict[str, tuple[str, dict[str, str]]], **more: Any) -> Site:
        running.append(Site({"/favicon.ico": ("", {}), **pages}, **more))
        running[-1].start()
        return running[-1]

    yield start
    for site in running:
        site.stop()


@dataclass
class Portal:
    """A page of another site, and the server that its widget comes from."""

    page: Page
    site: Site
    server: str
    served: Site | None
    said: list[str] = field(default_factory=list)
    """What the console said."""

    @property
    def launcher(self):
        return self.page.locator("trustbot-chat .launch")

    @property
    def frame(self):
        return self.page.frame_locator("trustbot-chat iframe")

    def opened(self) -> None:
        """Open the widget and wait until the chat is there."""
        self.launcher.click()
        self.there()

    def hello(self) -> dict[str, Any]:
        """What the framed page was greeted with, once it was."""
        self.until(lambda: self.got("hello"))
        return self.got("hello")[0]

    def there(self) -> None:
        expect(self.page.locator("trustbot-chat iframe").first).to_be_visible()
        expect(self.page.locator("trustbot-chat").first.locator(".place:not(.wait)")).to_be_visible()

    def got(self, type_: str | None = None) -> list[dict[str, Any]]:
        """The messages that the framed page has got."""
        heard = self.frame.locator("html").evaluate("() => window.got")
        return [m for m in heard if type_ in (None, m["type"])]

    def says(self, type_: str, **more: Any) -> None:
        """Have the framed page say something."""
        self.frame.locator("html").evaluate("(_, [type, more]) => say(type, more)", [type_, more])

    def events(self) -> list[list[Any]]:
        return self.page.evaluate("window.seen")

    def until(self, check: Callable[[], object]) -> None:
        end = time.monotonic() + 180
        while not check():
            assert time.monotonic() < end
            self.page.wait_for_timeout(20)


@pytest.fixture
def portal(browser: Browser, sites: Callable[..., Site]) -> Iterator[Callable[..., Portal]]:
    """Opens a portal's page, by its name another site than its server. Its policy allows what a snippet names."""
    contexts = []

    def visit(
        body: str = TAG,
        head: str = "",
        policy: str = "default-src 'none'; script-src 'self' {server}; frame-src {server}; connect-src 'self' {server}",
        server: str | None = None,
        served: Site | None = None,
        width: int = 1280,
        clock: bool = False,
        **options: Any,
    ) -> Portal:
        if server is None:
            served = served or sites(serving_pages())
            server = f"http://127.0.0.1:{served.port}"
        text = HOST.replace("{head}", head).replace("{body}", body).replace("{server}", server)
        headers = {"Content-Security-Policy": policy.replace("{server}", server)} if policy else {}
        token = ('{"token": "abc"}', {"Content-Type": "application/json"})
        site = sites({"/": (text, headers), "/host.js": (HOST_SCRIPT, SCRIPT), "/token": token})
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        context.set_default_timeout(180_000)
        made = Portal(context.new_page(), site, server, served)
        made.page.on("console", lambda m: made.said.append(m.text))
        made.page.on("pageerror", lambda error: made.said.append(f"error: {error}"))
        if clock:
            made.page.clock.install()
        made.page.goto(f"http://localhost:{site.port}/")
        return made

    yield visit
    for context in contexts:
        context.close()


# -- what is loaded ------------------------------------------------------------------------------------------


def test_nothing_else_is_loaded_or_kept_until_the_widget_is_opened(portal):
    seen = portal()
    expect(seen.launcher).to_be_visible()
    assert seen.served.paths() == ["/widget.js"]
    names = "Object.getOwnPropertyNames(window).filter(name => !names.includes(name))"
    assert set(seen.page.evaluate(names)) == {"names", "trustbot"}
    seen.opened()
    seen.until(lambda: len(seen.served.paths()) > 2)
    assert sorted(seen.served.paths()) == ["/widget", "/widget.js", "/widget/status"]
    asked = seen.served.query("/widget")
    assert asked.pop("id").startswith("tb-")
    assert asked == {"corpus": "trust", "origin": f"http://localhost:{seen.site.port}", "theme": "auto"}
    assert seen.served.query("/widget/status") == {"corpus": "trust"}
    assert seen.page.context.cookies() == []
    kept = "localStorage.length + sessionStorage.length"
    assert seen.page.evaluate(kept) == 0
    seen.launcher.click()
    seen.opened()
    assert seen.served.paths().count("/widget") == 1
    assert seen.said == []


def test_the_pinned_script_runs_and_an_altered_one_does_not(portal, sites):
    tag = f'<script src="{{server}}/{loader().pinned_name}" integrity="{loader().integrity}" crossorigin="anonymous"'
    seen = portal(f'{tag} data-corpus="trust" async></script>')
    seen.opened()
    assert seen.said == []
    pages = serving_pages()
    pages[f"/{loader().pinned_name}"] = (loader().content.decode() + ";", SCRIPT)
    seen = portal(f'{tag} data-corpus="trust" async></script>', served=sites(pages))
    assert seen.page.evaluate("typeof window.trustbot") == "undefined"
    seen.until(lambda: seen.said)
    assert "integrity" in seen.said[0]


# -- opening and closing -------------------------------------------------------------------------------------


def test_by_keyboard_alone(portal):
    seen = portal()
    expect(seen.launcher).to_have_attribute("aria-expanded", "false")
    expect(seen.launcher).to_have_attribute("aria-haspopup", "dialog")
    expect(seen.launcher).to_have_accessible_name("Ask a question")
    seen.page.keyboard.press("Tab")
    expect(seen.page.locator("#link")).to_be_focused()
    seen.page.keyboard.press("Tab")
    expect(seen.launcher).to_be_focused()
    seen.page.keyboard.press("Enter")
    expect(seen.launcher).to_have_attribute("aria-expanded", "true")
    expect(seen.page.get_by_role("dialog", name="Ask a question")).to_be_visible()
    expect(seen.frame.locator("#box")).to_be_focused()
    seen.page.keyboard.type("Why?")
    expect(seen.frame.locator("#box")).to_have_value("Why?")
    seen.page.keyboard.press("Escape")
    expect(seen.launcher).to_be_focused()
    expect(seen.launcher).to_have_attribute("aria-expanded", "false")
    expect(seen.page.locator("trustbot-chat iframe")).to_be_hidden()
    seen.page.keyboard.press("Enter")
    expect(seen.frame.locator("#box")).to_be_focused()
    expect(seen.frame.locator("#box")).to_have_value("Why?")
    seen.until(lambda: len(seen.got("focus")) == 2)  # the frame has the focus earlier than it is told so
    seen.page.keyboard.press("Shift+Tab")
    seen.page.keyboard.press("Shift+Tab")
    expect(seen.launcher).to_be_focused()
    seen.page.keyboard.press("Escape")
    expect(seen.page.locator("trustbot-chat iframe")).to_be_hidden()
    seen.until(lambda: len(seen.events()) == 4)
    assert seen.events() == [["open", None], ["close", None]] * 2
    assert seen.said == []


def test_on_a_phone_it_fills_the_screen_and_keeps_the_focus(portal):
    seen = portal(width=390, has_touch=True)
    seen.page.locator("#link").focus()
    seen.launcher.tap()
    seen.there()
    box = seen.page.locator("trustbot-chat dialog").bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 800)
    expect(seen.frame.locator("#box")).to_be_focused()
    for key in ["Tab"] * 4 + ["Shift+Tab"] * 4:
        seen.page.keyboard.press(key)
        assert seen.page.evaluate("document.activeElement.localName") in ("trustbot-chat", "body")
    seen.frame.locator("#box").focus()
    seen.page.keyboard.press("Escape")
    expect(seen.page.locator("trustbot-chat dialog")).to_be_hidden()
    expect(seen.launcher).to_be_focused()
    assert seen.page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_panel_stays_within_a_small_window_and_on_its_side(portal):
    seen = portal(TAG.replace(" async", ' data-position="left" data-label="Ask"'))
    expect(seen.launcher.locator("span")).to_be_visible()
    assert seen.launcher.bounding_box()["x"] == 16
    assert min(seen.launcher.bounding_box()[side] for side in ("width", "height")) >= 56
    seen.opened()
    box = seen.page.locator("trustbot-chat dialog").bounding_box()
    assert (box["x"], box["width"], box["height"]) == (16, 400, 640)
    assert box["y"] + box["height"] <= seen.launcher.bounding_box()["y"]
    seen.page.set_viewport_size({"width": 700, "height": 500})
    expect(seen.page.locator("trustbot-chat dialog")).to_have_css("height", "400px")
    box = seen.page.locator("trustbot-chat dialog").bounding_box()
    assert box["y"] >= 0
    assert box["height"] == 400


def test_nothing_moves_and_nothing_is_printed(portal):
    seen = portal(reduced_motion="reduce", forced_colors="active")
    seen.opened()
    assert seen.page.evaluate("document.getAnimations().length") == 0
    assert seen.launcher.evaluate("e => getComputedStyle(e).borderTopWidth") == "2px"
    seen.page.emulate_media(media="print")
    expect(seen.launcher).to_be_hidden()
    expect(seen.page.locator("trustbot-chat iframe")).to_be_hidden()


# -- messages ------------------------------------------------------------------------------------------------


def test_the_portal_hears_what_happened_and_no_words(portal):
    seen = portal()
    seen.opened()
    seen.says("answer", outcome="answered", citations=[4, 2], text="secret", question="secret")
    seen.says("problem", sentence="The server is busy.")
    seen.until(lambda: len(seen.events()) == 3)
    told = [["answer", {"outcome": "answered", "citations": [4, 2]}]]
    told += [["problem", {"reason": "chat", "sentence": "The server is busy."}]]
    assert seen.events()[1:] == told


def test_only_its_own_frame_is_listened_to_and_spoken_to(portal):
    seen = portal(TAG + '<iframe src="{server}/widget"></iframe>')
    seen.opened()
    id_ = seen.hello()["id"]
    false = {"trustbot": 1, "id": id_, "type": "answer", "outcome": "forged", "citations": []}
    seen.page.evaluate("message => postMessage(message, '*')", false)
    # The same server, but another frame of the page.
    other = next(f for f in seen.page.frames if f.url.endswith("/widget"))
    other.evaluate("message => parent.postMessage(message, '*')", false)
    for wrong in ({"id": "tb-other"}, {"trustbot": 2}, {"type": "constructor"}):
        seen.frame.locator("html").evaluate("(_, message) => parent.postMessage(message, '*')", {**false, **wrong})
    seen.says("answer", outcome="answered", citations=[1])
    seen.until(lambda: len(seen.events()) > 1)
    assert seen.events()[1:] == [["answer", {"outcome": "answered", "citations": [1]}]]
    assert other.evaluate("got") == []


def test_a_frame_that_went_elsewhere_is_told_nothing(portal, sites):
    elsewhere = sites({"/": (FRAME, {})})
    policy = "script-src 'self' {server}; frame-src {server} http://127.0.0.1:*; connect-src {server}"
    seen = portal(policy=policy)
    seen.opened()
    id_ = seen.hello()["id"]
    seen.frame.locator("html").evaluate(
        "(_, url) => { location.href = url; }", f"http://127.0.0.1:{elsewhere.port}/?id={id_}"
    )
    # Asked for is not there yet: until then, the frame is the one that is listened to.
    seen.until(lambda: any(f":{elsewhere.port}/" in frame.url for frame in seen.page.frames))
    expect(seen.frame.locator("h1")).to_be_visible()
    seen.says("answer", outcome="forged", citations=[])
    seen.page.evaluate("trustbot.ask('A question')")
    seen.page.evaluate("trustbot.theme('dark')")
    seen.frame.locator("html").evaluate("() => new Promise(done => setTimeout(done, 100))")
    assert seen.got() == []
    assert [name for name, _ in seen.events()] == ["open"]


# -- the portal's own script ---------------------------------------------------------------------------------


def test_the_portal_can_open_ask_paint_and_close(portal):
    seen = portal()
    seen.page.evaluate("trustbot.ask('What is trust?')")
    seen.there()
    seen.until(lambda: len(seen.got("ask")) == 1)
    assert seen.got("ask")[0]["question"] == "What is trust?"
    hello = seen.hello()
    assert (hello["trustbot"], hello["theme"], hello.get("token")) == (1, "auto", None)
    seen.page.evaluate("trustbot.theme('dark')")
    seen.page.evaluate("trustbot.widgets[0].dataset.accent = '#ffee00'")
    seen.until(lambda: len(seen.got("theme")) == 2)
    assert [(m["theme"], m.get("accent")) for m in seen.got("theme")] == [("dark", None), ("dark", "#ffee00")]
    colours = seen.launcher.evaluate("e => [getComputedStyle(e).backgroundColor, getComputedStyle(e).color]")
    assert colours == ["rgb(255, 238, 0)", "rgb(0, 0, 0)"]
    seen.page.evaluate("trustbot.close()")
    expect(seen.page.locator("trustbot-chat iframe")).to_be_hidden()
    seen.page.evaluate("trustbot.widgets[0].ask('And then?')")
    seen.until(lambda: len(seen.got("ask")) == 2)
    seen.page.evaluate("trustbot.widgets[0].dataset.lang = 'es'")
    seen.until(lambda: "/es/widget" in seen.served.paths())
    seen.there()
    expect(seen.launcher).to_have_accessible_name("Hacer una pregunta")
    assert seen.said == []


def test_a_token_is_asked_for_at_hello_and_when_it_is_refused_but_not_for_ever(portal):
    tag = '<script src="{server}/widget.js" data-corpus="trust" data-token-url="/token"></script>'
    seen = portal(tag, clock=True)
    assert "/token" not in seen.site.paths()
    seen.opened()
    assert seen.hello()["token"] == "abc"
    for count in (2, 3):
        seen.says("token", reason="expired")
        seen.until(lambda count=count: seen.site.paths().count("/token") == count)
    seen.until(lambda: len(seen.got("token")) == 2)
    seen.says("token", reason="expired")
    seen.says("answer", outcome="answered", citations=[])
    seen.until(lambda: ["answer", {"outcome": "answered", "citations": []}] in seen.events())
    assert seen.site.paths().count("/token") == 3
    seen.page.clock.fast_forward(61_000)
    seen.page.evaluate("trustbot.token(async () => 'xyz')")
    seen.until(lambda: [message["token"] for message in seen.got("token")][-1:] == ["xyz"])
    assert seen.said == []


def test_no_token_is_told_and_the_chat_is_there_all_the_same(portal):
    address = 'data-token-url="http://127.0.0.1:9/token"'
    seen = portal(f'<script src="{{server}}/widget.js" data-corpus="trust" {address}></script>')
    seen.opened()
    assert seen.hello().get("token") is None
    assert [(name, detail["reason"]) for name, detail in seen.events()[1:]] == [("problem", "token")]


# -- elements in the page ------------------------------------------------------------------------------------

TWO = """<trustbot-chat data-mode="inline" data-corpus="one" data-height="500"></trustbot-chat>
<table><tr><td height="3000">Far below</table>
<trustbot-chat data-mode="inline" data-corpus="two" data-label="Second"></trustbot-chat>
<script src="{server}/widget.js" async></script>"""


def test_elements_in_place_load_when_they_come_into_view(portal):
    seen = portal(TWO)
    first, second = (seen.page.locator("trustbot-chat").nth(i) for i in (0, 1))
    expect(first.locator("iframe")).to_be_visible()
    expect(first.locator(".launch")).to_be_hidden()
    assert [q for q in seen.served.asked if "corpus=two" in q] == []
    assert seen.page.evaluate("trustbot.widgets.length") == 2
    seen.until(lambda: len(seen.got()) > 1)
    assert [m["type"] for m in seen.got()][:2] == ["hello", "escape-off"]
    for height, expected in ((100, 360), (420, 420), (9000, 500)):
        seen.page.frames[1].evaluate("height => say('height', {height})", height)
        expect(first.locator(".place")).to_have_css("height", f"{expected}px")
    seen.page.evaluate("scrollTo(0, 4000)")
    expect(second.locator("iframe")).to_be_visible()
    expect(second.locator("iframe")).to_have_attribute("title", "Second")
    seen.until(lambda: all(frame.evaluate("got") for frame in seen.page.frames[1:]))
    ids = {m["id"] for frame in seen.page.frames[1:] for m in frame.evaluate("got")}
    assert len(ids) == 2
    assert seen.said == []


def test_removed_and_added_again(portal):
    seen = portal(TWO)
    seen.page.locator("trustbot-chat iframe").first.wait_for()
    seen.page.evaluate("window.kept = document.querySelector('trustbot-chat'); kept.remove()")
    assert seen.page.evaluate("trustbot.widgets.length") == 1
    assert seen.page.evaluate("kept.shadowRoot.querySelector('iframe')") is None
    before = seen.served.paths().count("/widget")
    seen.page.evaluate("document.body.prepend(kept)")
    seen.there()
    assert seen.page.evaluate("trustbot.widgets.length") == 2
    assert seen.served.paths().count("/widget") >= before + 1
    assert seen.said == []


def test_loaded_more_than_once_it_is_there_once(portal):
    tag = '<script src="{server}/widget.js" data-corpus="trust"></script>'
    other = '<script src="{server}/widget.js" data-corpus="other" data-position="left" async></script>'
    seen = portal(tag + tag + '<script src="{server}/widget.js"></script>' + other)
    expect(seen.launcher).to_have_count(2)
    assert seen.page.evaluate("trustbot.widgets.map(w => w.dataset.corpus).sort()") == ["other", "trust"]
    assert seen.said == []


def test_a_new_body_keeps_the_launcher_of_a_tag_in_the_head(portal):
    seen = portal("", '<script src="{server}/widget.js" data-corpus="trust" async></script>')
    seen.opened()
    for swap in ("document.body = document.createElement('body')", "document.body.replaceChildren('Another page')"):
        seen.page.evaluate(f"() => {{ {swap} }}")
        expect(seen.launcher).to_have_count(1)
        seen.opened()
    seen.page.evaluate("document.querySelector('script[data-corpus]').remove(); trustbot.widgets[0].remove()")
    expect(seen.launcher).to_have_count(0)
    assert seen.said == []


# -- trouble -------------------------------------------------------------------------------------------------


def test_a_server_that_is_down_is_said_and_can_be_tried_again(portal, sites):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    site = sites(serving_pages())
    own = f"http://127.0.0.1:{site.port}"
    tag = TAG.replace("{server}", own).replace(" async", ' data-server="{server}/"')
    policy = "script-src 'self' http://127.0.0.1:*; frame-src {server}; connect-src {server}"
    seen = portal(tag, server=f"http://127.0.0.1:{port}", policy=policy)
    seen.launcher.click()
    alert = seen.page.get_by_role("alert")
    expect(alert).to_contain_text("The chat can’t be reached.")
    expect(alert).to_contain_text("Try again later")
    assert any(f"Check that http://127.0.0.1:{port} is up" in line for line in seen.said)
    again = seen.page.get_by_role("button", name="Try again")
    again.click()
    seen.until(lambda: [name for name, _ in seen.events()].count("problem") == 2)
    assert len([line for line in seen.said if line.startswith("trustbot:")]) == 1
    sites(serving_pages(), port=port)
    again.click()
    seen.there()
    expect(seen.frame.locator("#box")).to_be_focused()
    told = [detail for name, detail in seen.events() if name == "problem"]
    assert {detail["reason"] for detail in told} == {"down"}


def test_a_slow_server_is_said_and_comes_in_the_end(portal, sites):
    served = sites(serving_pages(), gate=threading.Event())
    seen = portal(served=served, clock=True)
    seen.launcher.click()
    status = seen.page.get_by_role("status")
    expect(status).to_have_text("Loading the chat…")
    seen.page.clock.fast_forward(8_500)
    expect(status).to_have_text("Still loading…")
    seen.page.clock.fast_forward(17_000)
    expect(seen.page.get_by_role("button", name="Try again")).to_be_visible()
    expect(seen.page.get_by_role("alert")).to_contain_text("The chat can’t be reached.")
    served.gate.set()
    seen.there()


def test_a_server_that_starts_is_waited_for(portal, sites):
    pages = serving_pages()
    starting = '{"open": false, "reason": "starting", "problem": "The index is being opened."}'
    pages["/widget/status"] = (starting, pages["/widget/status"][1])
    pages["/widget"] = ("<title>Waiting</title>", {})
    seen = portal(served=sites(pages), clock=True)
    seen.launcher.click()
    expect(seen.page.get_by_role("status")).to_contain_text("The index is being opened.")
    seen.page.locator("#link").focus()
    seen.served.pages.update(serving_pages())
    seen.page.clock.fast_forward(3_500)
    seen.there()
    # Whoever has gone on elsewhere meanwhile is not called back.
    expect(seen.page.locator("#link")).to_be_focused()
    assert [name for name, _ in seen.events()] == ["open"]


def test_a_policy_without_frames_is_named_and_one_without_requests_does_no_harm(portal):
    seen = portal(policy="script-src 'self' {server}; connect-src {server}; frame-src 'self'")
    seen.launcher.click()
    alert = seen.page.get_by_role("alert")
    expect(alert).to_contain_text("The chat can’t be shown here.")
    expect(alert).to_contain_text("tell whoever looks after this site")
    expect(alert).not_to_contain_text("frame-src")
    seen.until(lambda: any(line.startswith("trustbot:") for line in seen.said))
    assert [line for line in seen.said if line.startswith("trustbot:")] == [
        f"trustbot: The Content-Security-Policy of this site must allow frame-src {seen.server}."
    ]
    seen = portal(policy="default-src 'none'; script-src 'self' {server}; frame-src {server}", clock=True)
    seen.opened()
    seen.page.clock.fast_forward(30_000)
    assert [name for name, _ in seen.events()] == ["open"]


@pytest.fixture
def refusing(make_bot, serve_app, tmp_path):
    """The address of the real routes of the widget, without the chat; no site is listed."""
    service = Service(Settings(data_dir=tmp_path), lambda _: make_bot())
    assert service.keep_opening(threading.Event())
    app = FastAPI(middleware=[Middleware(LanguagePrefix)])
    app.state.close = ()
    add_widget_status(app, access.Access(service))
    add_widget_loader(app, service)
    with serve_app(app) as url:
        yield url


def test_a_refused_sites_console_says_which_setting_to_change_and_its_visitors_what_they_can_do(
    portal, refusing, tmp_path
):
    tag = '<script src="{server}/widget.js" data-corpus="preceptor-trust"></script>'
    seen = portal(tag, server=refusing)
    seen.launcher.click()
    alert = seen.page.get_by_role("alert")
    expect(alert).to_contain_text("The chat can’t be shown here.")
    expect(alert).to_contain_text("Try again later, or tell whoever looks after this site.")
    expect(alert).not_to_contain_text("TRUSTBOT_WIDGET_ORIGINS")
    told = f"A page at http://localhost:{seen.site.port} may not show this widget. To allow it, add its origin to "
    seen.until(lambda: any(told in line for line in seen.said))
    assert seen.page.locator("trustbot-chat iframe").count() == 0
    seen.page.evaluate("trustbot.widgets[0].dataset.corpus = 'another'")
    seen.until(lambda: any("set data-corpus to preceptor-trust" in line for line in seen.said))
    access.switch_off(tmp_path, "preceptor-trust", "We are moving.")
    seen.page.evaluate("trustbot.widgets[0].dataset.corpus = 'preceptor-trust'")
    expect(alert).to_contain_text("We are moving.")
    seen.page.evaluate("trustbot.widgets[0].dataset.lang = 'es'")
    expect(alert).to_contain_text("El chat no se puede mostrar aquí.")
    expect(alert).to_contain_text("desactivado")


# -- how it looks --------------------------------------------------------------------------------------------

HOSTILE = """* { font: 40px cursive !important; color: red !important; letter-spacing: 1em; background: lime; }
body > * { display: flex !important; transform: rotate(3deg); filter: blur(2px); margin: 9px !important; }
button, iframe, dialog, section { display: none !important; border: 9px solid red !important; }"""
LOOK = """element => {
  const style = getComputedStyle(element), box = element.getBoundingClientRect();
  return [style.color, style.backgroundColor, style.font, style.letterSpacing, box.x, box.y, box.width, box.height];
}"""


def test_a_sites_style_does_not_get_in_and_ours_not_out(portal):
    looks, pages = [], []
    for style in ("", f"<style>{HOSTILE}</style>"):
        seen = portal(head=style, policy="")
        before = seen.page.locator("h1").evaluate(LOOK)
        seen.opened()
        parts = ("trustbot-chat .launch", "trustbot-chat dialog", "trustbot-chat iframe")
        looks.append([seen.page.locator(part).evaluate(LOOK) for part in parts])
        pages.append((before, seen.page.locator("h1").evaluate(LOOK)))
    assert looks[0] == looks[1]
    assert [before == after for before, after in pages] == [True, True]
    assert seen.page.evaluate("document.adoptedStyleSheets.length + document.querySelectorAll('style').length") == 1


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_no_state_has_a_violation(portal, sites, width, scheme):
    axe = Axe()
    served = sites(serving_pages(), gate=threading.Event())
    seen = portal(served=served, width=width, color_scheme=scheme, policy="", clock=True)
    found = []

    def check(state: str) -> None:
        levels = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        for violation in axe.run(seen.page, options={"runOnly": levels}).response["violations"]:
            found.append(f"{state}: {violation['id']} {[n['target'] for n in violation['nodes']][:3]}")

    check("shut")
    seen.launcher.click()
    seen.page.get_by_role("status").wait_for()
    check("loading")
    seen.page.clock.fast_forward(8_500)
    seen.page.clock.fast_forward(17_000)
    seen.page.get_by_role("alert").wait_for()
    check("trouble")
    served.gate.set()
    seen.there()
    check("open")
    assert found == []

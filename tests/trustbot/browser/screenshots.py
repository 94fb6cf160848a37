"""Pictures of the chat, from the real program over the checkout's own index.

`python screenshots.py` makes the few that README and docs show; `python screenshots.py --all DIR` every screen and
state at three widths, light and dark, for looking at.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, FrameLocator, Locator, Page, sync_playwright
from portal.server import LAUNCHER, Portal

from trustbot.bot import build_bot
from trustbot.errors import IndexMissing, TrustbotError
from trustbot.settings import Settings, load_settings
from trustbot.web.server import Server, create_app, listen, url_of

OUT = Path(__file__).parents[3] / "docs" / "screenshots"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"]
SIZES = {1280: 860, 820: 1100, 390: 844}
ANSWERED = "What builds trust early in feedback?"
FOLLOW_UP = "and why?"
ABSTAINED = "What is the capital of Mongolia?"
PARTLY = "Does trust improve patient outcomes?"
NEAR = "What does reference 4 say?"
ABOUT_SOURCES = "Which of these were trials?"
HELP = "What does “only partly supported” mean?"


QUESTIONS = {
    "personal": "What are practical strategies for building trust?",
    "partly": PARTLY,
    "near": NEAR,
    "sources": ABOUT_SOURCES,
    "help": HELP,
}
PAGES = {
    "api-docs": "/api/docs",
    "audit": "/audit?check=partly",
    "document": "/documents/article",
    "browse": "/browse",
    "browse-works": "/browse#works",
    "browse-spanish": "/es/browse",
    "widget-setup": "/widget/setup?portal=https://other.example.edu&accent=%237a1f5c",
}
INLINE = '<trustbot-chat data-corpus="{corpus}" data-mode="inline"></trustbot-chat>'


class Delayed:
    """The real bot, which waits after its stages where asked to, and fails where asked to."""

    def __init__(self, settings: Settings) -> None:
        self._bot = build_bot(settings)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bot, name)

    def stream(
        self, question: str, history: Any = (), persona: str | None = None, *, worded: bool = True
    ) -> Iterator[Any]:
        if question == "fail":
            raise RuntimeError("asked to fail")
        slow = question.endswith("…")
        for item in self._bot.stream(question.removesuffix("…"), history, persona, worded=worded):
            yield item
            time.sleep(0.7 * slow)


def no_index(_: Settings) -> Delayed:
    raise IndexMissing("There is no index of preceptor-trust yet. Run trustbot-ingest to build it.")


@contextlib.contextmanager
def running(settings: Settings, open_bot: Any, ready: str) -> Iterator[str]:
    sock = listen("127.0.0.1", 0)
    server = Server(create_app(settings, open_bot))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]})
    thread.start()
    try:
        url = url_of(sock)
        for _ in range(600):
            with contextlib.suppress(urllib.error.URLError):
                urllib.request.urlopen(url + ready, timeout=5)
                break
            time.sleep(0.1)
        yield url
    finally:
        server.should_exit = True
        thread.join()


def ready(page: Page) -> Locator:
    """The question box, once the chat has taken over from the page that stands in for it."""
    page.locator("#tb-boot").wait_for(state="detached")
    box = page.locator("#tb-box textarea")
    box.wait_for()
    return box


def ask(page: Page, question: str, number: int) -> None:
    box = ready(page)
    box.fill(question)
    box.press("Enter")
    page.locator(f"#tb-a{number}").wait_for()
    page.wait_for_timeout(900)


class Camera:
    """Saves what a page shows; `whole` makes the page as tall as its content first."""

    def __init__(self, page: Page, out: Path, suffix: str) -> None:
        self.page, self.out, self.suffix = page, out, suffix

    def take(self, name: str, whole: bool = False) -> None:
        size = self.page.viewport_size
        assert size
        if whole:
            height = self.page.evaluate("document.documentElement.scrollHeight")
            self.page.set_viewport_size({"width": size["width"], "height": height})
            self.page.wait_for_timeout(300)
        self.page.screenshot(path=self.out / f"{name}{self.suffix}.png")
        if whole:
            self.page.set_viewport_size(size)


def open_page(browser: Browser, url: str, width: int, scheme: str, scale: float = 1) -> Page:
    page = browser.new_page(
        viewport={"width": width, "height": SIZES[width]}, color_scheme=scheme, device_scale_factor=scale
    )
    page.set_default_timeout(120_000)
    page.goto(url)
    return page


def for_docs(browser: Browser, url: str, out: Path) -> None:
    page = open_page(browser, url, 1280, "light")
    camera = Camera(page, out, "")
    ask(page, ANSWERED, 0)
    page.locator("#tb-a0 a.tb-cite").first.click()
    page.wait_for_timeout(900)
    page.set_viewport_size({"width": 1280, "height": 1180})
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    page.wait_for_timeout(900)
    camera.take("answer-desktop")
    page.set_viewport_size({"width": 1280, "height": SIZES[1280]})
    ask(page, ABSTAINED, 1)
    camera.take("abstention-desktop")
    page.goto(f"{url}/browse")
    page.wait_for_timeout(4000)  # while it is found out which statements can be asked about
    page.reload()
    page.locator("article h2").nth(1).scroll_into_view_if_needed()
    camera.take("browse-desktop")
    page.close()
    phone = open_page(browser, url, 390, "dark", 2)
    ready(phone)
    Camera(phone, out, "").take("start-phone")
    ask(phone, ANSWERED, 0)
    Camera(phone, out, "").take("answer-phone")
    phone.locator("#tb-a0 a.tb-cite").first.click()
    phone.wait_for_timeout(900)
    Camera(phone, out, "").take("evidence-phone")
    phone.close()
    for name, question in (("partly", PARTLY), ("near", NEAR)):
        for place, width, scale in (("desktop", 1280, 1), ("phone", 390, 2)):
            page = open_page(browser, url, width, "light", scale)
            ask(page, question, 0)
            Camera(page, out, "").take(f"{name}-{place}")
            page.close()


def every_state(browser: Browser, url: str, width: int, scheme: str, out: Path) -> None:
    page = open_page(browser, "about:blank", width, scheme)
    camera = Camera(page, out, f"-{width}-{scheme}")
    page.route("**/assets/**", lambda route: route.abort())
    page.goto(url, wait_until="commit")
    page.locator("#tb-early").wait_for()
    page.wait_for_timeout(400)
    camera.take("00-before")
    page.unroute("**/assets/**")
    page.goto(url)
    box = ready(page)
    page.wait_for_timeout(500)
    camera.take("01-start")
    page.locator("#tb-disclaimer summary").click()
    camera.take("02-disclaimer")
    page.keyboard.press("Escape")
    page.locator("#tb-header summary").click()
    camera.take("03-standing")
    page.keyboard.press("Escape")
    box.fill(ANSWERED + "…")
    box.press("Enter")
    page.locator(".tb-stages li").nth(2).wait_for()
    page.wait_for_timeout(300)
    camera.take("04-stages")
    page.locator("#tb-a0").wait_for()
    page.wait_for_timeout(900)
    camera.take("05-answer")
    camera.take("06-answer-whole", whole=True)
    page.locator("#tb-a0 a.tb-cite").first.click()
    page.wait_for_timeout(900)
    camera.take("07-citation")
    page.keyboard.press("Escape")
    page.locator("#tb-a0 .tb-no").click()
    page.locator(".tb-why .tb-strong").scroll_into_view_if_needed()
    camera.take("08-judging")
    page.keyboard.press("Escape")
    page.locator("#tb-e0").click()
    page.wait_for_timeout(400)
    camera.take("09-editing")
    page.keyboard.press("Escape")
    ask(page, FOLLOW_UP, 1)
    camera.take("10-follow-up")
    ask(page, ABSTAINED, 2)
    camera.take("11-abstention")
    box.fill("fail")
    box.press("Enter")
    page.locator(".tb-fail").wait_for()
    page.wait_for_timeout(900)
    camera.take("12-error")
    page.context.set_offline(True)
    page.locator("#tb-notice-bar.tb-bad").wait_for()
    page.wait_for_timeout(300)
    camera.take("13-offline")
    page.context.set_offline(False)
    page.wait_for_timeout(2500)
    page.locator("#tb-restart").click()
    page.get_by_role("button", name="Bring it back").wait_for()
    camera.take("14-new-conversation")
    page.locator(".tb-options > summary").click()
    page.locator("#tb-who").select_option("resident")
    for number, (name, question) in enumerate(QUESTIONS.items()):
        ask(page, question, number)
        camera.take(f"{15 + number}-{name}")
    page.get_by_text("Export this conversation").click()
    page.wait_for_timeout(300)
    camera.take("20-export")
    for number, (name, path) in enumerate(PAGES.items()):
        page.goto(url + path)
        page.wait_for_timeout(300)
        camera.take(f"{21 + number}-{name}")
    page.goto(f"{url}/?q=%ff")
    page.locator("#tb-notice-bar").wait_for()
    page.wait_for_timeout(300)
    camera.take("27-damaged-link")
    page.goto(f"{url}/es/")
    ask(page, PARTLY, len(QUESTIONS))
    camera.take("28-spanish")
    page.close()


def opened(page: Page) -> FrameLocator:
    """The chat in its panel, once it can be asked."""
    page.locator("trustbot-chat .launch:visible").click()
    return in_frame(page)


def in_frame(page: Page) -> FrameLocator:
    frame = page.frame_locator("trustbot-chat iframe")
    frame.locator("#tb-boot").wait_for(state="detached")
    frame.locator("#tb-box textarea").wait_for()
    return frame


def ask_framed(page: Page, frame: FrameLocator, question: str) -> None:
    frame.locator("#tb-box textarea").fill(question)
    frame.locator("#tb-box textarea").press("Enter")
    frame.locator("#tb-a0").wait_for()
    page.wait_for_timeout(900)


def widget_for_docs(browser: Browser, portal: Portal, out: Path) -> None:
    for name, width in (("widget-desktop", 1280), ("widget-phone", 390)):
        page = open_page(browser, portal.address(), width, "light")
        ask_framed(page, opened(page), PARTLY)
        Camera(page, out, "").take(name)
        page.close()


def every_widget_state(browser: Browser, portal: Portal, width: int, scheme: str, out: Path) -> None:
    page = open_page(browser, portal.address(), width, scheme)
    camera = Camera(page, out, f"-{width}-{scheme}")
    page.locator("trustbot-chat .launch").wait_for()
    camera.take("30-widget-closed")
    frame = opened(page)
    page.wait_for_timeout(600)
    camera.take("31-widget-open")
    ask_framed(page, frame, PARTLY)
    camera.take("32-widget-answer")
    frame.locator("#tb-a0 a.tb-cite").first.click()
    page.wait_for_timeout(900)
    camera.take("33-widget-evidence")
    page.goto(portal.address("other.localhost"))
    page.locator("trustbot-chat .launch").click()
    page.wait_for_timeout(1200)
    camera.take("34-widget-refused")
    portal.shows(LAUNCHER.replace(" async", ' data-label="Ask the guidance" async'), INLINE)
    page.goto(portal.address())
    page.locator("trustbot-chat[data-mode=inline]").scroll_into_view_if_needed()
    ask_framed(page, in_frame(page), PARTLY)
    camera.take("35-widget-inline", whole=True)
    portal.shows(LAUNCHER)
    page.close()


def with_the_widget(browser: Browser, settings: Settings, out: Path, everything: bool) -> None:
    with Portal() as portal:
        allowed = settings.model_copy(update={"widget_origins": portal.address()})
        with running(allowed, Delayed, "/") as portal.server:
            portal.shows(LAUNCHER)
            if not everything:
                widget_for_docs(browser, portal, out)
            for width in SIZES if everything else ():
                for scheme in ("light", "dark"):
                    every_widget_state(browser, portal, width, scheme, out)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--widget", action="store_true", help="only the widget's")
    parser.add_argument("--all", type=Path, metavar="DIR", help="every screen and state, into this folder")
    given = parser.parse_args()
    everything = given.all
    out = everything or OUT
    out.mkdir(parents=True, exist_ok=True)
    found = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    if found is None:
        sys.stderr.write("There is no chromium on the path. Install it to make screenshots.\n")
        return 1
    try:
        settings = load_settings()
    except TrustbotError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=found, args=FLAGS) as browser:
        with_the_widget(browser, settings, out, bool(everything))
        if given.widget:
            return 0
        with running(settings, Delayed, "/") as url:
            if not everything:
                for_docs(browser, url, out)
            for width in SIZES if everything else ():
                for scheme in ("light", "dark"):
                    every_state(browser, url, width, scheme, out)
        for name, open_bot in (("starting", Delayed), ("no-index", no_index)) if everything else ():
            with running(settings, open_bot, "/healthz") as url:
                for width, scheme in ((1280, "light"), (390, "dark")):
                    page = open_page(browser, url, width, scheme)
                    Camera(page, out, f"-{width}-{scheme}").take(f"0-{name}")
                    page.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

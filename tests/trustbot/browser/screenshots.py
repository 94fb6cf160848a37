"""Pictures of the chat, from the real program over the checkout's own index.

`python screenshots.py` makes the few that the README shows; `python screenshots.py --all DIR` every screen and
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

from playwright.sync_api import Browser, Page, sync_playwright

from trustbot.bot import build_bot
from trustbot.errors import IndexMissing, TrustbotError
from trustbot.settings import Settings, load_settings
from trustbot.web.server import Server, create_app, listen, url_of

OUT = Path(__file__).parents[3] / "src" / "trustbot" / "web" / "screenshots"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"]
SIZES = {1280: 860, 820: 1100, 390: 844}
ANSWERED = "What builds trust early in feedback?"
FOLLOW_UP = "and why?"
ABSTAINED = "What dose of amoxicillin does a child need?"
PARTLY = "Does trust improve patient outcomes?"
COMPARED = "Do the studies agree on feedback?"
ABOUT_SOURCES = "Which of these were trials?"
PREMISE = "What did the trial by Penner say about direct observation?"


class Delayed:
    """The real bot, which waits after its stages where asked to, and fails where asked to."""

    def __init__(self, settings: Settings) -> None:
        self._bot = build_bot(settings)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bot, name)

    def stream(self, question: str, history: Any = (), persona: str | None = None) -> Iterator[Any]:
        if question == "fail":
            raise RuntimeError("asked to fail")
        slow = question.endswith("…")
        for item in self._bot.stream(question.removesuffix("…"), history, persona):
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


def ask(page: Page, question: str, number: int) -> None:
    box = page.get_by_label("Your question")
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
    page.goto(url)
    return page


def for_readme(browser: Browser, url: str, out: Path) -> None:
    page = open_page(browser, url, 1280, "light")
    camera = Camera(page, out, "")
    page.get_by_label("Your question").wait_for()
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
    page.close()
    phone = open_page(browser, url, 390, "dark", 2)
    phone.get_by_label("Your question").wait_for()
    ask(phone, ANSWERED, 0)
    Camera(phone, out, "").take("answer-phone")
    phone.close()
    for name, question in (("partly", PARTLY), ("comparison", COMPARED)):
        for place, width, scale in (("desktop", 1280, 1), ("phone", 390, 2)):
            page = open_page(browser, url, width, "light", scale)
            page.get_by_label("Your question").wait_for()
            ask(page, question, 0)
            Camera(page, out, "").take(f"{name}-{place}")
            page.close()


def every_state(browser: Browser, url: str, width: int, scheme: str, out: Path) -> None:
    page = open_page(browser, url, width, scheme)
    camera = Camera(page, out, f"-{width}-{scheme}")
    page.get_by_label("Your question").wait_for()
    page.wait_for_timeout(500)
    camera.take("1-start")
    page.locator("#tb-disclaimer summary").click()
    camera.take("2-disclaimer")
    page.keyboard.press("Escape")
    box = page.get_by_label("Your question")
    box.fill(ANSWERED + "…")
    box.press("Enter")
    page.locator(".tb-stages li").nth(2).wait_for()
    page.wait_for_timeout(300)
    camera.take("3-stages")
    page.locator("#tb-a0").wait_for()
    page.wait_for_timeout(900)
    camera.take("4-answer")
    camera.take("5-answer-whole", whole=True)
    page.locator("#tb-a0 a.tb-cite").first.click()
    page.wait_for_timeout(900)
    camera.take("6-citation")
    ask(page, FOLLOW_UP, 1)
    camera.take("7-follow-up")
    ask(page, ABSTAINED, 2)
    camera.take("8-abstention")
    box.fill("fail")
    box.press("Enter")
    page.locator(".tb-fail").wait_for()
    page.wait_for_timeout(900)
    camera.take("9-error")
    page.goto(f"{url}/api/docs")
    camera.take("10-api-docs")
    page.goto(f"{url}/audit?check=partly")
    camera.take("11-audit")
    page.goto(f"{url}/documents/article")
    camera.take("12-document")
    page.goto(url)
    page.get_by_label("Your question").wait_for()
    for number, question in enumerate((PARTLY, COMPARED, ABOUT_SOURCES, PREMISE)):
        ask(page, question, number)
        camera.take(f"{13 + number}-{('partly', 'comparison', 'sources', 'premise')[number]}")
    page.get_by_text("Export this conversation").click()
    page.wait_for_timeout(300)
    camera.take("17-export")
    page.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, metavar="DIR", help="every screen and state, into this folder")
    everything = parser.parse_args().all
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
        with running(settings, Delayed, "/") as url:
            if not everything:
                for_readme(browser, url, out)
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

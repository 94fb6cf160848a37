"""The chat page in a real browser -> when it first shows something, when it can be used, and what it loads.

In: the address of a running server, and a question. Out: visits, in milliseconds from the start of the navigation by
the browser's own clock. Network and processor are slowed down by the browser itself where a profile says so. Needs
Playwright and a Chromium, neither of which is part of the program; both are looked for only when a visit is to be made.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trustbot.errors import TrustbotError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
TIMEOUT_MS = 120_000
AGAIN = 20
"""Most times that Enter is pressed for one question."""

# Whichever box is there first: what is typed into it must reach the chat.
_BOX = "[...document.querySelectorAll('textarea')].find(e => !e.disabled && e.checkVisibility())"
_USABLE = f"() => ({_BOX}) ? performance.now() : 0"
_SENT = """() => document.querySelector('.tb-q') ? 'sent'
  : !document.querySelector('#tb-boot') && document.querySelector('#tb-box textarea')?.value ? 'left' : ''"""
_ANSWERED = "() => document.querySelector('#tb-a0') ? performance.now() : 0"
_PAINTED = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"


@dataclass(frozen=True, slots=True)
class Profile:
    """A reader's screen, and how much slower than this machine theirs is; rates in bytes a second."""

    name: str
    width: int
    height: int
    down: float | None = None
    up: float | None = None
    latency_ms: float = 0
    cpu: float = 1


DESKTOP = Profile("desktop", 1280, 860)
SLOW_PHONE = Profile("slow phone", 390, 844, down=1.6e6 / 8, up=750e3 / 8, latency_ms=150, cpu=4)
"""Slow 4G as browsers' own tools emulate it, and a processor of a quarter of this one's speed."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit: milliseconds from the start of the navigation, requests that reached the server, and their KiB."""

    painted_ms: float
    """Until anything was shown: first contentful paint."""
    usable_ms: float
    """Until the question box took text."""
    answered_ms: float
    """Until a question that was asked at that moment had its answer on the page."""
    requests: int
    received_kib: float


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A headless Chromium from the path; TrustbotError with what to install where there is none."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise TrustbotError(
            "Measuring the page needs Playwright, which is not installed. Install it with `pip install playwright`."
        ) from None
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        raise TrustbotError(
            f"Measuring the page needs a browser, and none of {', '.join(CHROMIUM)} is on the path. Install Chromium."
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def visit_twice(browser: Browser, address: str, question: str, profile: Profile) -> tuple[Visit, Visit]:
    """A first visit, with nothing in the browser's cache, and another in a new tab with what the first left there.

    Raises TrustbotError if the page doesn't come up, or doesn't answer.
    """
    from playwright.sync_api import Error

    context = browser.new_context(viewport={"width": profile.width, "height": profile.height})
    context.set_default_timeout(TIMEOUT_MS)
    try:
        return _visit(context, address, question, profile), _visit(context, address, question, profile)
    except Error as error:
        told = error.message.splitlines()[0]
        raise TrustbotError(f"The page at {address} could not be used ({told}). Open it to see why.") from None
    finally:
        context.close()


@dataclass
class _Traffic:
    """What a page asked of the server, by what the browser says of its network. No slots: Playwright marks it."""

    asked: set[str] = field(default_factory=set)
    cached: set[str] = field(default_factory=set)
    received: float = 0.0

    def sent(self, event: dict[str, Any]) -> None:
        if event["request"]["url"].startswith("http"):
            self.asked.add(event["requestId"])

    def answered(self, event: dict[str, Any]) -> None:
        if event["response"].get("fromDiskCache"):
            self.cached.add(event["requestId"])

    def from_memory(self, event: dict[str, Any]) -> None:
        self.cached.add(event["requestId"])

    def finished(self, event: dict[str, Any]) -> None:
        self.received += event["encodedDataLength"]


def _visit(context: BrowserContext, address: str, question: str, profile: Profile) -> Visit:
    page = context.new_page()
    traffic = _watch(context, page, address, profile)
    page.goto(f"{address}/", wait_until="commit")
    usable = _moment(page, _USABLE)
    _ask(page, question)
    answered = _moment(page, _ANSWERED)
    painted = _moment(page, _PAINTED)
    # Everything that the answer needs has come; events of the last requests may still be on their way.
    page.wait_for_timeout(100)
    requests, received = len(traffic.asked - traffic.cached), traffic.received / 1024
    page.close()
    return Visit(painted, usable, answered, requests, received)


def _ask(page: Page, question: str) -> None:
    """Type and press Enter as soon as there is a box; again, as a reader would, if the question still stands in it."""
    # Looked for anew each time: the box that is there first makes way for another, which takes over what was typed.
    box = page.locator("textarea:visible:enabled").first
    box.fill(question)
    box.press("Enter")
    for _ in range(AGAIN):
        if page.wait_for_function(_SENT).json_value() == "sent":
            return
        page.locator("#tb-box textarea").press("Enter")
        page.wait_for_timeout(250)


def _moment(page: Page, script: str) -> float:
    return float(page.wait_for_function(script, polling="raf").json_value())


def _watch(context: BrowserContext, page: Page, address: str, profile: Profile) -> _Traffic:
    """Slow the page down as the profile says, and count what it loads from now on."""
    session, traffic = context.new_cdp_session(page), _Traffic()
    session.on("Network.requestWillBeSent", traffic.sent)
    session.on("Network.responseReceived", traffic.answered)
    session.on("Network.requestServedFromCache", traffic.from_memory)
    session.on("Network.loadingFinished", traffic.finished)
    session.send("Network.enable")
    # A conversation that an earlier visit left would be there before the question is asked.
    session.send("Storage.clearDataForOrigin", {"origin": address, "storageTypes": "local_storage,indexeddb"})
    if profile.down is not None:
        slow = {"latency": profile.latency_ms, "downloadThroughput": profile.down, "uploadThroughput": profile.up}
        session.send("Network.emulateNetworkConditions", {"offline": False, **slow})
    if profile.cpu > 1:
        session.send("Emulation.setCPUThrottlingRate", {"rate": profile.cpu})
    return traffic

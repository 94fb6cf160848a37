"""A real headless Chromium, and real servers for it: the bot over its index, and one with a script."""

from __future__ import annotations

import contextlib
import os
import runpy
import shutil
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Frame, Locator, Page, Request, Response, expect, sync_playwright

from trustbot.evals import visits
from trustbot.settings import Settings
from trustbot.web.server import create_app

AnyReport = TypeVar("AnyReport", pytest.TestReport, pytest.CollectReport)
NO_BROWSER = "no browser on the path"
FLAGS = (*visits.FLAGS, "--hide-scrollbars")
LONG_MS = 180_000
"""How long anything is waited for: it costs time only where a test fails."""
STREAM = "/gradio_api/queue/data"
SETTLED = """async () => {
  const idle = done => requestIdleCallback(done, { timeout: 5000 });
  for (const next of [idle, setTimeout, idle, requestAnimationFrame, requestAnimationFrame, idle])
    await new Promise(done => next(done)); }"""
KEPT = """question => Object.entries(sessionStorage)
  .some(([name, text]) => name.includes("conversation") && text.includes(JSON.stringify(question).slice(1, -1)))"""

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL_TARGETS = """selectors => selectors.flatMap(selector => {
  const found = [...document.querySelectorAll(selector)];
  return found.length === 0 ? [`nothing matches ${selector}`] : found.filter(e => e.checkVisibility())
  .map(e => [e.textContent.trim().slice(0, 40), e.getBoundingClientRect()])
  .filter(([_, box]) => box.height < 43.99 || box.width < 43.99)  // where a transform ended, rounding stays
  .map(([name, box]) => `${name} ${box.width}x${box.height}`); })"""
STILL = """async most => {
  const end = Date.now() + most, late = new Promise(done => setTimeout(done, most));
  const moving = () => document.getAnimations().filter(a => (a.pending || a.playState === "running")
    && a.effect.getComputedTiming().iterations !== Infinity);
  for (let all; (all = moving()).length && Date.now() < end;)
    await Promise.race([late, Promise.allSettled(all.map(a => a.finished))]);
  return moving().length; }"""
LOW_CONTRAST = """() => {
  const parse = c => { const m = c.match(/[\\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
  const part = v => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; };
  const light = ([r, g, b]) => .2126 * part(r) + .7152 * part(g) + .0722 * part(b);
  const ground = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
    if (c[3] > .99) return c; } return [255, 255, 255, 1]; };
  const bad = [];
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility({checkOpacity: true, checkVisibilityCSS: true})) continue;
    const style = getComputedStyle(e), box = e.getBoundingClientRect();
    if (box.width < 2 || e.closest('noscript, :disabled, .sr-only, script, style')) continue;
    const [a, b] = [light(parse(style.color)), light(ground(e))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05), large = parseFloat(style.fontSize) >= 24;
    const name = `${e.className} ${e.textContent.trim().slice(0, 30)}`;
    if (ratio < (large ? 3 : 4.5)) bad.push(`${name} ${ratio.toFixed(2)}`);
  }
  return bad;
}"""


@dataclass(frozen=True)
class Measure:
    """Scripts that look at a page: pixels too wide, targets too small to tap, text too faint to read."""

    overflow: str = OVERFLOW
    small_targets: str = SMALL_TARGETS
    """Takes selectors, each of which must match something."""
    low_contrast: str = LOW_CONTRAST
    still: str = STILL
    """Takes milliseconds; waits at most so long until nothing moves, and gives the number of what still does."""


@pytest.fixture(scope="session")
def measure() -> Measure:
    return Measure()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """On a build server, a test of this folder that is skipped has failed."""
    return _unskipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a whole file that skips itself."""
    return _unskipped((yield))


def _unskipped(report: AnyReport) -> AnyReport:
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{reason}: on a build server every browser test must run"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for a person whose machine has no browser."""
    skipped = [r for r in terminalreporter.stats.get("skipped", ()) if NO_BROWSER in str(r.longrepr)]
    if skipped:
        tests = f"{len(skipped)} browser test{'s were' if len(skipped) > 1 else ' was'}"
        terminalreporter.write_line(
            f"{tests} skipped: {NO_BROWSER}. To run them, install Chromium (Debian: apt-get install chromium).",
            yellow=True,
        )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium from the path. Absent, the test is skipped; a hook makes a failure of that on a build server."""
    found = next(filter(None, map(shutil.which, visits.CHROMIUM)), None)
    if found is None:
        pytest.skip(f"{NO_BROWSER}: none of {', '.join(visits.CHROMIUM)}")
    # For a module, not a session: while it runs, no other test of this thread could run an event loop.
    expect.set_options(timeout=LONG_MS)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield opened
        opened.close()


class Events:
    """Gradio's events in a page and its frames, by the streams in which the server tells of them.

    An event ends a moment after its last screen. Until then Gradio takes no other of the same kind, and at its end it
    sets once more what the last screen had set, the question box included.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._streams: set[Request] = set()
        self.begun = 0
        """How many streams there have been."""
        page.on("request", self._begun)
        page.on("requestfinished", self._ended)
        page.on("requestfailed", self._ended)
        page.on("response", self._left)

    def _begun(self, request: Request) -> None:
        if STREAM in request.url:
            self._streams.add(request)
            self.begun += 1

    def _ended(self, request: Request) -> None:
        self._streams.discard(request)

    def _left(self, response: Response) -> None:
        """What a page was told that makes way for another one has no end that anybody sees."""
        if response.request.is_navigation_request():
            self._streams = {s for s in self._streams if s.frame != response.request.frame}

    def over(self, place: Page | Frame | None = None) -> None:
        """Wait until none is going on, and until `place`, the page if None, has taken in and drawn what came last."""
        end = time.monotonic() + LONG_MS / 1000
        while self._streams:
            assert time.monotonic() < end, "an event of Gradio's does not end"
            self._page.wait_for_timeout(20)
        (place or self._page).evaluate(SETTLED)

    @contextlib.contextmanager
    def one(self, place: Page | Frame | None = None) -> Iterator[None]:
        """Wait for the event that the block sets off, from its beginning to its end."""
        self.over(place)
        with self._page.expect_request(lambda request: STREAM in request.url):
            yield
        self.over(place)

    def kept(self, question: str, place: Page | Frame | None = None) -> None:
        """Wait until the tab keeps the conversation with this question, which is later than its answer is shown."""
        (place or self._page).wait_for_function(KEPT, arg=question)


@pytest.fixture(scope="session")
def events_of() -> Callable[[Page], Events]:
    """Watches a page from now on."""
    return Events


@dataclass
class Visit:
    """A page, with everything that it asked for and complained about."""

    page: Page
    origin: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.events = Events(self.page)

    @property
    def box(self) -> Locator:
        """Where questions are typed, once the chat is there."""
        return self.page.locator("#tb-box textarea")

    def ask(self, question: str) -> None:
        """Type a question and send it."""
        self.ready()
        self.box.fill(question)
        self.box.press("Enter")

    def ready(self) -> None:
        """Wait until the chat has taken over from the page that stands in for it."""
        self.box.wait_for()
        self.page.locator("#tb-boot").wait_for(state="detached")
        # Stands in the header, which may come up later than the box.
        self.page.locator("#tb-who").wait_for(state="attached")
        self.events.over()

    def answer(self, number: int = 0) -> None:
        """Wait for the answer with this number, and until the next question is taken."""
        self.page.locator(f"#tb-a{number}").wait_for()
        self.events.over()

    def kept(self, question: str) -> None:
        """Wait until a page that is loaded anew would bring back the conversation with this question."""
        self.events.kept(question)

    def restored(self, number: int = 0) -> None:
        """Wait until a page that was loaded anew has brought the conversation back, to the answer with this number."""
        self.answer(number)
        expect(self.box).to_be_focused()  # the last step: before it, what is typed or sent may be taken for a draft

    def choose(self, persona: str) -> None:
        """Say who is asking, and wait until the page has followed."""
        self.ready()
        self.options()
        with self.events.one():
            self.page.get_by_label("Who is asking?").select_option(persona)

    def options(self) -> None:
        """Open the page's choices."""
        if not self.page.locator(".tb-options[open]").count():
            self.page.locator(".tb-options > summary").click()

    def still(self) -> None:
        """Wait until nothing glides or fades any more: what still moves has neither its place nor its colours yet."""
        assert self.page.evaluate(STILL, LONG_MS) == 0, "something moves without end"

    def elsewhere(self) -> list[str]:
        """Requests that left the server's own origin; data and blob addresses never do."""
        own = urlsplit(self.origin).netloc
        return [r for r in self.requests if urlsplit(r).netloc != own and not r.startswith(("data:", "blob:"))]


def is_complaint(kind: str, text: str) -> bool:
    """Whether the browser found fault with the page; that a busy machine used a preloaded file late is no fault."""
    return kind in ("error", "warning") and "was preloaded using link preload but not used" not in text


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Opens an address in a context of its own; at the end nothing may have left the origin or gone wrong."""
    visits: list[Visit] = []
    contexts = []

    def open_page(
        url: str, width: int = 1280, height: int = 860, path: str = "/", wait: str = "load", **options: object
    ) -> Visit:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(LONG_MS)
        made = Visit(context.new_page(), url)
        visits.append(made)
        made.page.on("request", lambda request: made.requests.append(request.url))
        made.page.on("console", lambda m: is_complaint(m.type, m.text) and made.complaints.append(m.text))
        made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
        made.page.on("dialog", lambda dialog: made.complaints.append(f"dialog: {dialog.message}"))
        made.page.goto(url + path, wait_until=wait)  # type: ignore[arg-type]
        return made

    yield open_page
    for context in contexts:
        context.close()
    for made in visits:
        assert made.requests
        assert made.elsewhere() == []
        assert made.complaints == []


@pytest.fixture(scope="session")
def portal() -> Iterator[Any]:
    """Somebody else's site, under another origin; a test says what it shows, see `portal/server.py`."""
    made = runpy.run_path(str(Path(__file__).parent / "portal" / "server.py"))["Portal"]()
    with made:
        yield made


@pytest.fixture(scope="session")
def live_data(built_index: Path, models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of `live`."""
    data = tmp_path_factory.mktemp("live")
    (data / "index").symlink_to(built_index.parent)
    (data / "models").symlink_to(models_dir)
    return data


@pytest.fixture(scope="session")
def live(live_data: Path, serve_app: Callable, wait_until: Callable) -> Iterator[str]:
    """Address of the whole program: the real bot over the real index of the default corpus."""
    with serve_app(create_app(Settings(data_dir=live_data))) as url:
        wait_until(f"{url}/", seconds=300)
        yield url


@pytest.fixture
def scripted(make_bot: Callable, serve_app: Callable, wait_until: Callable) -> Iterator[Callable[..., str]]:
    """Serves a bot that replies from a script, and gives its address."""
    running = []

    def start(bot: object) -> str:
        running.append(serve_app(create_app(Settings(), lambda _: bot)))
        url = running[-1].__enter__()
        wait_until(f"{url}/")
        return url

    yield start
    for server in running:
        server.__exit__(None, None, None)

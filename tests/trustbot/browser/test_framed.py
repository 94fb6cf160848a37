"""The chat in a frame on another site's page: what the two say to each other, its colours, its storage, its tokens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Frame, Locator, Page, expect

from trustbot.settings import Settings
from trustbot.web.auth.tokens import Signer, mint, own_issuer
from trustbot.web.server import create_app

pytestmark = pytest.mark.browser

QUESTION = "How does direct observation build trust?"
ISSUER, SECRET = "https://portal.example.edu", b"a secret that is long enough to sign with 0123"
PORTALS = f'[[portal]]\nissuer = "{ISSUER}"\nsecret_file = "portal.secret"\n'
HOST = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Host</title><body style="margin:0">
<iframe title="chat" src="SRC" style="display:block;border:0;width:100vw;height:100vh"></iframe>
<script>
window.heard = [];
addEventListener("message", ({ data, origin }) => heard.push({ origin, ...data }));
window.post = (type, more) => frames[0].postMessage({ trustbot: 1, id: "w1", type, ...more }, "SERVER");
</script>"""
SIBLING = """<!doctype html><html lang="en"><title>Sibling</title><script>
setInterval(() => { for (let i = 0; i < parent.length; i++) if (parent[i] !== window) {
  parent[i].postMessage({ trustbot: 1, id: "w1", type: "ask", question: "a sibling asks" }, "*");
  parent[i].postMessage({ trustbot: 1, id: "w1", type: "theme", theme: "dark" }, "*"); } }, 50);</script>"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SAME_SITE, OTHER_SITE = "127.0.0.1", "host.localhost"
"""The server stands at 127.0.0.1: a frame of it is a third party, whose storage is blocked, on the other one only."""
STORED = """() => [...Object.entries(localStorage), ...Object.entries(sessionStorage), document.cookie].flat().join()"""
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TARGETS = ["button", "#tb-header a", "#tb-languages select", "summary", "#tb-languages a", "#tb-close"]


@dataclass
class Hosting:
    """A server with the widget, and a page under other origins that shows it."""

    server: str
    port: int
    data: Path

    def origin(self, name: str = SAME_SITE) -> str:
        return f"http://{name}:{self.port}"

    def address(self, path: str = "/widget", name: str = SAME_SITE, **asked: str) -> str:
        """A page that frames the widget, whose address says `asked`."""
        src = f"{self.server}{path}?{urlencode({'id': 'w1', **asked})}"
        return f"{self.origin(name)}/?{urlencode({'src': src})}"


@pytest.fixture(scope="module")
def hosting(
    make_bot: Callable, serve_app: Callable, wait_until: Callable, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hosting]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            src = asked.get("src", [""])[0]
            page = HOST.replace("SRC", src.replace("&", "&amp;")).replace("SERVER", server) if src else SIBLING
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            return None

    data = tmp_path_factory.mktemp("framed")
    (data / "portal.secret").write_bytes(SECRET)
    (data / "portal.secret").chmod(0o600)
    (data / "portals.toml").write_text(PORTALS)
    hosts = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hosts.daemon_threads = True
    thread = threading.Thread(target=hosts.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    port = hosts.server_port
    origins = f"http://{SAME_SITE}:{port}, http://{OTHER_SITE}:{port}, http://*.wild.localhost:{port}"
    with serve_app(create_app(Settings(data_dir=data, widget_origins=origins), lambda _: make_bot())) as server:
        wait_until(f"{server}/widget")
        yield Hosting(server, port, data)
    hosts.shutdown()
    hosts.server_close()
    thread.join(10)


@dataclass
class Framed:
    """A page with the widget in it."""

    page: Page
    events: Any
    complaints: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def frame(self) -> Frame:
        found = self.page.frames[1] if len(self.page.frames) > 1 else self.page.main_frame
        assert "/widget" in found.url
        return found

    @property
    def box(self) -> Locator:
        return self.frame.locator("#tb-box textarea")

    def ready(self) -> Framed:
        self.until(lambda: len(self.page.frames) > 1 and "/widget" in self.page.frames[1].url)
        return self.there()

    def there(self) -> Framed:
        """The same where nothing is around the chat."""
        self.box.wait_for()
        self.frame.locator("#tb-boot").wait_for(state="detached")
        self.frame.locator("#tb-who").wait_for(state="attached")  # in the header, which may come up later than the box
        self.events.over(self.frame)
        return self

    def until(self, check: Callable[[], object]) -> None:
        end = time.monotonic() + 180
        while not check():
            assert time.monotonic() < end
            self.page.wait_for_timeout(50)

    def kept(self, question: str) -> None:
        """Wait until a frame that is loaded anew would bring back the conversation with this question."""
        self.events.kept(question, self.frame)

    def reload(self) -> None:
        """Load the frame anew, and not the page around it."""
        count = len(self.heard("ready"))
        self.frame.evaluate("location.reload()")
        self.heard("ready", count + 1)
        self.ready()
        # What the frame was asking for when it was left breaks off.
        self.complaints[:] = [c for c in self.complaints if "Failed to fetch" not in c]

    def ask(self, question: str, number: int | None = 0) -> None:
        self.events.over(self.frame)
        self.box.fill(question)
        self.box.press("Enter")
        if number is not None:
            self.frame.locator(f"#tb-a{number}").wait_for()
            self.events.over(self.frame)

    def options(self) -> None:
        """Open the page's choices."""
        if not self.frame.locator(".tb-options[open]").count():
            self.frame.locator(".tb-options > summary").click()

    def post(self, type_: str, **more: Any) -> None:
        """What the page around says to the frame."""
        self.page.evaluate("([type, more]) => post(type, more)", [type_, more])

    def heard(self, type_: str, count: int = 1) -> list[dict[str, Any]]:
        """The messages of this kind, once there are so many."""
        end = time.monotonic() + 180
        while True:
            found = [m for m in self.page.evaluate("heard") if m.get("type") == type_]
            if len(found) >= count:
                return found
            assert time.monotonic() < end, f"the frame did not say {type_} {count} times"
            self.page.wait_for_timeout(50)


@pytest.fixture
def framed(browser: Browser, hosting: Hosting, events_of: Callable) -> Iterator[Callable[..., Framed]]:
    """Shows the widget on a page of another site; at the end nothing may have gone wrong in either."""
    made: list[Framed] = []
    contexts: list[BrowserContext] = []

    def show(
        address: str = "", size: tuple[int, int] = (400, 640), scripts: tuple[str, ...] = (), **options: Any
    ) -> Framed:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
        contexts.append(context)
        context.set_default_timeout(180_000)
        for script in scripts:
            context.add_init_script(script)
        page = context.new_page()
        shown = Framed(page, events_of(page))
        made.append(shown)
        shown.page.on("console", lambda m: shown.complaints.append(m.text) if m.type == "error" else None)
        shown.page.on("console", lambda m: shown.warnings.append(m.text) if m.text.startswith("trustbot:") else None)
        shown.page.on("pageerror", lambda error: shown.complaints.append(str(error)))
        shown.page.goto(address or hosting.address())
        return shown

    yield show
    for context in contexts:
        context.close()
    assert [complaint for shown in made for complaint in shown.complaints] == []


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer(ISSUER, SECRET)


def old(signer: Signer, **more: object) -> str:
    """A token that ran out two minutes ago."""
    now = int(time.time())
    told = {"iss": signer.issuer, "aud": "trustbot", "sub": "v-1", "corpus": "preceptor-trust"}
    return jwt.encode({**told, "iat": now - 420, "exp": now - 120, **more}, signer.key, algorithm="HS256")


def test_the_frame_and_the_page_around_it_speak_to_each_other(framed, hosting):
    seen = framed()
    [ready] = seen.heard("ready")
    assert ready == {"origin": hosting.server, "trustbot": 1, "id": "w1", "type": "ready"}
    seen.ready()
    with seen.events.one(seen.frame):
        seen.post("hello", theme="auto", accent="", persona="resident")
    expect(seen.frame.get_by_label("Who is asking?")).to_have_value("resident")
    assert seen.frame.evaluate("document.activeElement === document.body"), "the page around keeps its focus"
    seen.post("focus")
    expect(seen.box).to_be_focused()
    before = seen.heard("height")[-1]["height"]
    seen.box.fill("half a thought")
    seen.post("ask", question=f"  {QUESTION}\n")
    [answer] = seen.heard("answer")
    assert {k: v for k, v in answer.items() if k not in ("origin", "trustbot", "id")} == {
        "type": "answer", "outcome": "answered", "citations": [4, 2]
    }  # fmt: skip
    expect(seen.frame.locator(".tb-q")).to_have_text([QUESTION])
    expect(seen.box).to_have_value("half a thought")
    assert seen.heard("height", 2)[-1]["height"] > before
    seen.post("ask", question="What dose?")
    assert seen.heard("answer", 2)[1]["outcome"] == "abstained"
    said = seen.page.evaluate("heard")
    assert {m.get("trustbot") for m in said} == {1}, "nothing else in the frame may speak to the page around it"
    assert not any(QUESTION in str(m) for m in said)
    # A frame that is loaded anew finds its conversation, and tells nobody of old answers as if they were new.
    seen.kept("What dose?")
    seen.reload()
    expect(seen.frame.locator(".tb-q")).to_have_text([QUESTION, "What dose?"])
    expect(seen.box).to_have_value("half a thought")
    seen.post("hello", theme="auto")
    seen.ask("What is said about feedback?", 2)
    assert len(seen.heard("answer", 3)) == 3
    seen.ask("Do patients trust surgical robots?", 3)
    near = seen.heard("answer", 4)[3]
    assert (near["outcome"], near["citations"]) == ("closest", []), "what is only near is cited nowhere"


def test_nobody_else_is_heard(framed, hosting):
    seen = framed().ready()
    seen.page.evaluate(
        """src => new Promise(done => { const f = document.createElement("iframe"); f.onload = () => done();
          f.src = src; document.body.append(f); })""",
        hosting.origin("evil.localhost") + "/",
    )
    hear = """([origin, source]) => {
      const asked = document.body.classList.contains("dark") ? "light" : "dark";
      dispatchEvent(new MessageEvent("message", { origin, source: source === "parent" ? parent : window,
        data: { trustbot: 1, id: "w1", type: "theme", theme: asked } }));
      return document.body.classList.contains("dark") === (asked === "dark"); }"""
    for origin, source, heard in (
        (hosting.origin(), "parent", True),
        (hosting.origin(), "window", False),
        (hosting.server, "parent", True),
        (hosting.origin("evil.localhost"), "parent", False),
        (hosting.origin(OTHER_SITE), "parent", True),
        (hosting.origin() + "0", "parent", False),
        (f"https://{OTHER_SITE}:{hosting.port}", "parent", False),
        (hosting.origin("wild.localhost"), "parent", False),
        (hosting.origin("a.wild.localhost"), "parent", True),
        (hosting.origin("a.b.wild.localhost"), "parent", True),
        (hosting.origin("evil/.wild.localhost"), "parent", False),
        (hosting.origin("evilwild.localhost"), "parent", False),
        ("null", "parent", False),
    ):
        assert seen.frame.evaluate(hear, [origin, source]) is heard, (origin, source)
    for message in ({"trustbot": 2}, {"id": "w2"}, {"type": "constructor"}, {"type": "nothing"}):
        seen.page.evaluate("more => post('theme', { theme: 'dark', ...more })", message)
    seen.post("theme", theme="light")
    expect(seen.frame.locator("body.dark")).to_have_count(0)
    seen.page.wait_for_timeout(500)  # long enough for many messages of the sibling
    assert not seen.frame.evaluate("document.body.classList.contains('dark')")
    expect(seen.frame.locator(".tb-q")).to_have_count(0)


def test_a_subdomain_is_spoken_to_where_a_wildcard_is_listed(framed, hosting):
    seen = framed(hosting.address(name="unit.wild.localhost"))
    assert seen.heard("ready")


def test_nothing_is_stored_before_the_first_question(framed):
    seen = framed().ready()
    seen.box.press_sequentially("half a thought")
    seen.options()
    with seen.events.one(seen.frame):
        seen.frame.get_by_label("Who is asking?").select_option("resident")
    seen.post("hello", persona="preceptor")
    seen.page.wait_for_timeout(400)
    expect(seen.frame.get_by_label("Who is asking?")).to_have_value("resident")
    assert seen.frame.evaluate(STORED) == ""
    seen.ask(QUESTION)
    # The choice is stored with the question, the conversation only once its answer stands.
    seen.kept(QUESTION)
    assert "resident" in seen.frame.evaluate(STORED)
    assert seen.page.evaluate(STORED) == "", "the page around keeps its own storage"


def test_all_of_it_works_where_a_third_party_may_store_nothing(framed, hosting):
    seen = framed(hosting.address(name=OTHER_SITE)).ready()
    refused = "() => { try { return sessionStorage && false; } catch { return true; } }"
    assert seen.frame.evaluate(refused)
    seen.options()
    with seen.events.one(seen.frame):
        seen.frame.get_by_label("Who is asking?").select_option("resident")
    seen.ask(QUESTION)
    seen.frame.locator("#tb-a0 .tb-yes").click()
    expect(seen.frame.locator("#tb-a0 .tb-yes")).to_have_attribute("aria-pressed", "true")
    seen.ask("What is said about feedback?", 1)
    expect(seen.frame.get_by_label("Who is asking?")).to_have_value("resident")
    told = "This browser keeps nothing here"
    expect(seen.frame.locator("#tb-forgetful")).to_contain_text(told)
    seen.page.reload()
    seen.ready()
    expect(seen.frame.locator(".tb-q")).to_have_count(0)
    expect(seen.frame.locator("#tb-forgetful")).to_contain_text(told)
    for width in (258, 320, 390, 820, 1280):
        seen.page.set_viewport_size({"width": width, "height": 700})
        assert seen.frame.evaluate(OVERFLOW) == 0
    kept = framed(hosting.address(name=SAME_SITE)).ready()
    expect(kept.frame.locator("#tb-forgetful")).to_have_count(0)


def test_who_is_asking_is_preset_and_the_reader_chooses(framed, hosting):
    seen = framed(hosting.address(persona="resident", q="What builds trust early?")).ready()
    who = seen.frame.get_by_label("Who is asking?")
    chips = seen.frame.locator("#tb-chips button:visible")
    expect(who).to_have_value("resident")
    seen.until(lambda: seen.events.begun)  # the page tells the server who is asking, and is answered
    seen.events.over(seen.frame)
    expect(chips.first).to_have_text("What builds trust early?")
    expect(seen.frame.locator(".tb-q")).to_have_count(0)
    chips.first.click()
    seen.frame.locator("#tb-a0").wait_for()
    expect(seen.frame.locator(".tb-q")).to_have_text(["What builds trust early?"])
    expect(chips.first).not_to_have_text("What builds trust early?")
    assert "resident" not in seen.frame.evaluate(STORED)
    seen.options()
    with seen.events.one(seen.frame):
        who.select_option("")
    seen.kept("What builds trust early?")
    seen.reload()
    expect(who).to_have_value("")
    expect(seen.frame.locator(".tb-q")).to_have_count(1)


def test_every_accent_stays_readable(framed):
    seen = framed().ready()
    found = seen.frame.evaluate("""async () => {
      const script = document.querySelector('script[src$="chat/frame.js"]').src.replace("frame.js", "colours.js");
      const { accentOf, contrast } = await import(script);
      const grounds = { light: ["#f5f7f6", "#ffffff", "#f0f4f3"], dark: ["#101615", "#18201f", "#1f2927"] };
      const ink = { light: "#17211f", dark: "#e7eeec" };
      const hue = c => { const [r, g, b] = [1, 3, 5].map(i => parseInt(c.slice(i, i + 2), 16)), top = Math.max(r, g, b),
        d = top - Math.min(r, g, b), turn = [((g - b) / d + 6) % 6, (b - r) / d + 2, (r - g) / d + 4];
        return d < 40 ? null : turn[[r, g, b].indexOf(top)]; };
      const bad = [], two = n => n.toString(16).padStart(2, "0"), levels = [0, 60, 128, 200, 255];
      let kept = 0;
      for (const r of levels) for (const g of levels) for (const b of levels) for (const theme of ["light", "dark"]) {
        const asked = `#${two(r)}${two(g)}${two(b)}`, made = accentOf(asked, theme), name = `${asked} ${theme}`;
        for (const ground of [...grounds[theme], made.soft]) {
          if (contrast(made.accent, ground) < 4.5) bad.push(`${name} on ${ground}`);
          if (contrast(ink[theme], ground) < 4.5) bad.push(`${name} text on ${ground}`);
        }
        for (const [text, ground] of [[made.on, made.accent], [made.barInk, made.bar]])
          if (contrast(text, ground) < 4.5) bad.push(`${name}: ${text} on ${ground}`);
        if (made.changed !== (made.least < 4.5)) bad.push(`${name} changed without need`);
        if (made.changed === (made.accent === asked)) bad.push(`${name} changed`);
        const [before, after] = [hue(asked), hue(made.accent)], apart = Math.abs(before - after);
        if (before !== null && after !== null && Math.min(apart, 6 - apart) > .15) bad.push(`${name} hue`);
        kept += !made.changed;
      }
      return { bad, kept, white: contrast("#ffffff", "#000000"), grey: contrast("#777777", "#ffffff"),
        fine: accentOf("#0B5C5A", "light").accent };
    }""")
    assert found["bad"] == []
    assert found["kept"] > 40
    assert (round(found["white"], 2), round(found["grey"], 2)) == (21, 4.48), "contrast as WCAG defines it"
    assert found["fine"] == "#0b5c5a"


def test_theme_and_accent_come_from_the_address_and_from_messages(framed, hosting):
    colours = """() => [document.body.classList.contains("dark"), ...["accent", "on-accent", "bar", "bar-ink"].map(
      n => getComputedStyle(document.documentElement).getPropertyValue(`--tb-${n}`).trim())]"""
    seen = framed(hosting.address(theme="dark", accent="#ffcc00"), color_scheme="light").ready()
    assert seen.frame.evaluate(colours) == [True, "#ffcc00", "#000000", "#ffcc00", "#000000"]
    assert seen.warnings == []
    seen.post("theme", theme="light", accent="#ffcc00")
    expect(seen.frame.locator("body.dark")).to_have_count(0)
    dark, accent, on, *bar = seen.frame.evaluate(colours)
    assert (dark, on, bar) == (False, "#ffffff", ["#ffcc00", "#000000"])
    assert accent != "#ffcc00"
    seen.until(lambda: seen.warnings)
    [warning] = seen.warnings
    assert "#ffcc00" in warning
    assert accent in warning
    seen.post("theme", theme="auto", accent="")
    seen.until(lambda: seen.frame.evaluate(colours)[1] != accent)
    assert seen.frame.evaluate(colours) == [False, "#0b5c5a", "#ffffff", "#0a3f40", "#f3faf9"]
    seen.page.emulate_media(color_scheme="dark")
    expect(seen.frame.locator("body.dark")).to_have_count(1)
    seen.post("hello", theme="light", accent="url(evil)")
    expect(seen.frame.locator("body.dark")).to_have_count(0)
    assert seen.frame.evaluate(colours)[1] == "#0b5c5a"


def test_escape_closes_what_lies_on_top_first(framed):
    seen = framed().ready()
    close = seen.frame.get_by_role("button", name="Close the chat")
    expect(close).to_be_hidden()
    seen.post("hello")
    expect(close).to_be_visible()
    seen.ask(QUESTION)
    keys = seen.page.keyboard
    seen.frame.locator("#tb-a0 a.tb-cite").first.click()
    sheet = seen.frame.locator("#tb-sheet")
    expect(sheet).to_be_visible()
    keys.press("Escape")
    expect(sheet).to_be_hidden()
    seen.frame.locator("#tb-disclaimer summary").click()
    keys.press("Escape")
    expect(seen.frame.locator("#tb-disclaimer .tb-full")).to_be_hidden()
    seen.frame.locator("#tb-e0").click()
    keys.press("Escape")
    seen.frame.locator("#tb-a0 .tb-no").click()
    keys.press("Escape")
    expect(seen.frame.locator(".tb-why")).to_have_count(0)
    assert not [m for m in seen.page.evaluate("heard") if m["type"] == "close"]
    keys.press("Escape")
    assert len(seen.heard("close")) == 1
    close.click()
    assert len(seen.heard("close", 2)) == 2
    seen.post("escape-off")
    expect(close).to_be_hidden()
    seen.box.press("Escape")
    seen.page.wait_for_timeout(200)
    assert len(seen.heard("close", 2)) == 2


def test_on_a_touch_screen_the_heading_is_where_the_reader_arrives(framed):
    seen = framed(size=(390, 844), has_touch=True, is_mobile=True).ready()
    seen.post("focus")
    expect(seen.frame.locator("#tb-header h1")).to_be_focused()


def test_links_lead_out_of_the_frame_and_languages_stay_in_it(framed, hosting):
    seen = framed(hosting.address("/es/widget", theme="dark")).ready()
    expect(seen.frame.locator("html")).to_have_attribute("lang", "es")
    expect(seen.frame.get_by_role("button", name="Preguntar")).to_be_visible()
    for link in seen.frame.locator("#tb-header a").all():
        assert link.get_attribute("target") == "_blank"
        assert "noopener" in (link.get_attribute("rel") or "")
    seen.ask(QUESTION)
    seen.kept(QUESTION)
    with seen.page.context.expect_page() as opened:
        seen.frame.locator('#tb-header a[href="browse"]').click()
    opened.value.wait_for_url("**/browse")
    assert opened.value.url.endswith("/es/browse")
    assert "/es/widget" in seen.frame.url
    seen.options()
    seen.frame.locator("#tb-languages a", has_text="English").click()
    seen.heard("ready", 2)
    seen.ready()
    expect(seen.frame.locator("html")).to_have_attribute("lang", "en")
    assert "theme=dark" in seen.frame.url
    expect(seen.frame.locator(".tb-q")).to_have_text([QUESTION])


def test_a_token_that_ran_out_is_renewed_and_nothing_typed_is_lost(framed, signer):
    # On a slow machine more than the patience of the page may pass until the new token is given.
    seen = framed(
        scripts=(
            "const at = setTimeout; window.setTimeout = (f, ms, ...a) => at(f, ms === 15000 ? 600000 : ms, ...a);",
        )
    ).ready()
    seen.post("hello", token=old(signer))
    seen.ask(QUESTION, None)
    assert seen.heard("token")[-1]["reason"] == "expired"
    expect(seen.frame.locator("#tb-notice-bar")).to_contain_text("Signing you in again")
    expect(seen.box).to_have_value(QUESTION)
    seen.events.over(seen.frame)  # at its end, the refusal puts the question back into the box once more
    seen.box.fill("the next thought")
    seen.post("token", token=mint(signer, "v-1", "preceptor-trust"))
    seen.frame.locator("#tb-a0").wait_for()
    expect(seen.frame.locator(".tb-q")).to_have_text([QUESTION])
    expect(seen.frame.locator(".tb-fail")).to_have_count(0)
    expect(seen.box).to_have_value("the next thought")
    expect(seen.frame.locator("#tb-notice-bar")).to_be_hidden()
    assert len(seen.heard("answer")) == 1


def test_a_token_is_renewed_before_it_runs_out(framed, signer):
    seen = framed().ready()
    seen.post("hello", token=mint(signer, "v-1", "preceptor-trust", seconds=3))
    assert seen.heard("token")[0]["reason"] == "expired"
    expect(seen.frame.locator(".tb-fail")).to_have_count(0)


def test_where_no_token_comes_the_question_is_back_in_the_box(framed, signer):
    # The page's patience ends soon the first time; the second time not before a slow machine has given its token.
    seen = framed(
        scripts=(
            "const at = setTimeout; let n = 0; window.setTimeout = (f, ms, ...a) =>"
            " at(f, ms === 15000 ? (n++ ? 600000 : 600) : ms, ...a);",
        )
    )
    seen.ready()
    seen.post("hello", token=old(signer))
    seen.ask(QUESTION, None)
    seen.heard("token")
    bar = seen.frame.locator("#tb-notice-bar.tb-bad")
    expect(bar).to_contain_text("could not sign you in again")
    expect(seen.box).to_have_value(QUESTION)
    assert "sign you in" in seen.heard("problem")[0]["sentence"]
    # A token that is no better is not asked for again and again.
    seen.events.over(seen.frame)
    seen.box.press("Enter")
    seen.heard("token", 2)
    seen.post("token", token=old(signer))
    expect(bar).to_contain_text("could not sign you in again")
    expect(seen.box).to_have_value(QUESTION)
    expect(seen.frame.locator(".tb-fail")).to_have_count(3)
    assert len(seen.heard("token", 2)) == 2


def test_a_launch_leaves_no_token_in_the_address_and_is_renewed_by_the_server(framed, hosting):
    own = own_issuer(hosting.data)
    own.mint("first", "preceptor-trust")
    key = (hosting.data / "widget" / "visitor.key").read_bytes()
    token = old(Signer("trustbot", key), auth_time=int(time.time()) - 600)
    seen = framed(f"{hosting.address()}%23t%3D{token}").ready()
    assert token not in seen.frame.evaluate("location.href + history.length + JSON.stringify(history.state)")
    with seen.page.expect_response("**/widget/visit") as renewed:
        seen.ask(QUESTION)
    assert renewed.value.ok
    expect(seen.frame.locator(".tb-q")).to_have_text([QUESTION])
    assert not [m for m in seen.page.evaluate("heard") if m["type"] == "token"]
    # Later on, the visit goes on where the frame is loaded anew.
    seen.reload()
    expect(seen.frame.locator("#tb-visitor :is(textarea, input)")).not_to_have_value("widget")


@pytest.mark.parametrize(
    ("size", "scheme"), [((320, 480), "light"), ((320, 480), "dark"), ((400, 640), "light"), ((400, 640), "dark")]
)
def test_no_state_of_the_framed_page_has_a_violation(framed, hosting, measure, size, scheme):
    found: list[str] = []
    axe = Axe()
    address = f"{hosting.server}/widget?{urlencode({'id': 'w1', 'mode': 'launcher', 'theme': scheme, 'q': QUESTION})}"
    seen = framed(address, size)
    page = seen.page
    seen.there()

    def check(state: str) -> None:
        assert page.evaluate(measure.still, 180_000) == 0, f"{state}: something moves without end"
        for violation in axe.run(page, options={"runOnly": LEVELS}).response["violations"]:
            nodes = [" ".join(map(str, node["target"])) for node in violation["nodes"]][:3]
            found.append(f"{state}: {violation['id']} at {'; '.join(nodes)}")
        if page.evaluate(measure.overflow):
            found.append(f"{state}: too wide")
        found.extend(f"{state}: small {name}" for name in page.evaluate(measure.small_targets, TARGETS))

    check("opening")
    seen.ask(QUESTION)
    check("answer")
    page.locator("#tb-a0 a.tb-cite").first.click()
    expect(page.locator("#tb-sheet")).to_be_visible()
    check("sheet")
    page.keyboard.press("Escape")
    seen.ask("What dose?", 1)
    check("abstention")
    seen.ask("Do patients trust surgical robots?", 2)
    check("near")
    assert found == []
    bar = page.locator("#tb-disclaimer .tb-short")
    expect(bar).to_be_in_viewport()
    expect(page.locator("#tb-header h1")).to_be_in_viewport()
    for part in ("#tb-a0 .tb-all > summary", "#tb-a0 .tb-over", "#tb-a0 .tb-tools", ".tb-options", "#tb-export"):
        expect(page.locator(part).first).to_be_visible()


def test_a_page_that_can_not_be_shown_says_so_in_a_small_frame(framed, hosting, measure):
    seen = framed(f"{hosting.server}/widget?corpus=other&theme=dark", (320, 480))
    page = seen.page
    expect(page.get_by_role("alert")).to_contain_text("data-corpus")
    again = page.get_by_role("link", name="Try again")
    assert again.evaluate("e => e.href") == page.url
    assert page.evaluate(measure.overflow) == 0
    assert page.evaluate(measure.small_targets, ["a"]) == []
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(16, 22, 21)"
    page.close()
    seen.complaints[:] = [c for c in seen.complaints if "404" not in c]

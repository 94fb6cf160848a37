"""The page for a portal's coordinator: what to paste follows what is chosen, with a script and without."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from trustbot.settings import Settings
from trustbot.web.server import create_app
from trustbot.web.widget.access import switch_off, switch_on
from trustbot.web.widget.loader import loader

pytestmark = pytest.mark.browser

LISTED = "https://portal.example.edu,https://*.riverside.example"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass(frozen=True)
class Site:
    """The program, and its data folder."""

    url: str
    data: Path


@pytest.fixture(scope="module")
def site(tmp_path_factory, make_bot, serve_app, wait_until) -> Iterator[Site]:
    data = tmp_path_factory.mktemp("setup")
    settings = Settings(widget_origins=LISTED, data_dir=data)
    with serve_app(create_app(settings, lambda _: make_bot())) as url:
        wait_until(f"{url}/")
        yield Site(url, data)


@pytest.fixture
def read(site: Site) -> Callable[..., str]:
    """The page as text, for choices."""

    def get(**choices: str) -> str:
        response = httpx.get(f"{site.url}/widget/setup", params=choices, timeout=60)
        assert response.status_code == 200
        return response.text

    return get


def code(page: str, form: str) -> str:
    """The snippet of a form, as it would be copied."""
    found = re.search(rf'id="snippet-{form}".*?<code>(.*?)</code>', page, re.DOTALL)
    assert found
    return unescape(found[1])


def verdict(page: str, name: str) -> tuple[str, str]:
    found = re.search(rf'class="verdict (\w+)" id="{name}-verdict" role="status">(.*?)</p>', page)
    assert found
    return found[1], unescape(found[2])


def test_without_a_choice_each_way_in_is_there_to_paste(read, site):
    page = read()
    tag = code(page, "script")
    assert f'src="{site.url}/{loader().pinned_name}"' in tag
    assert f'integrity="{loader().integrity}"' in tag
    assert 'data-corpus="' in tag
    assert "<trustbot-chat data-mode=" in code(page, "element")
    assert f'<iframe src="{site.url}/widget?corpus=' in code(page, "iframe")
    assert f"script-src {site.url}; frame-src {site.url}; connect-src {site.url}" in page


def test_choices_are_in_what_is_pasted(read, site):
    chosen = {"theme": "dark", "accent": "#AA3300", "lang": "es", "persona": "resident", "question": "What  is trust?"}
    page = read(**chosen, label="Ask us", version="newest")
    tag = code(page, "script")
    for part in ('theme="dark"', 'accent="#aa3300"', 'lang="es"', 'persona="resident"', 'question="What is trust?"'):
        assert f"data-{part}" in tag
    assert f'src="{site.url}/widget.js"' in tag
    assert "integrity" not in tag
    assert "/es/widget?corpus=" in code(page, "iframe")


def test_what_is_no_choice_is_left_out_and_nothing_runs(read):
    evil = '"><script>alert(1)</script>'
    page = read(**dict.fromkeys(("portal", "theme", "accent", "lang", "persona", "form", "version"), evil), label=evil)
    assert "<script>alert" not in page
    tag = code(page, "script")
    assert tag.count("data-") == 2
    assert 'data-label="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"' in tag


@pytest.mark.parametrize(
    ("portal", "good", "told"),
    [
        ("", "good", ""),
        ("https://portal.example.edu/residents/", "bad", "https://portal.example.edu may show the widget. But"),
        ("portal.example.edu", "bad", "this server by http"),
        ("https://a.riverside.example", "bad", "https://a.riverside.example may show the widget."),
        ("https://riverside.example", "bad", "add its origin to TRUSTBOT_WIDGET_ORIGINS"),
        ("http://portal.example.edu", "bad", "A page at http://portal.example.edu may not show this widget."),
        ("https://*.riverside.example", "bad", "is not the address of a site"),
        ("https://[", "bad", "is not the address of a site"),
        ("http://a b", "bad", "is not the address of a site"),
    ],
)
def test_a_portals_address_is_judged_and_the_setting_named(read, portal, good, told):
    assert verdict(read(portal=portal), "portal")[0] == good
    assert told in verdict(read(portal=portal), "portal")[1]


def test_a_portal_of_the_servers_own_kind_is_allowed_without_reserve(site, read):
    assert verdict(read(portal=site.url), "portal") == ("good", f"{site.url} may show the widget.")


@pytest.mark.parametrize(
    ("accent", "theme", "good", "told"),
    [
        ("", "", "good", ""),
        ("#0b5c5a", "light", "good", "The words on it stand out by 7.7 to 1; 4.5 is enough."),
        ("#0b5c5a", "", "bad", "On a dark page"),
        ("#ffcc00", "light", "bad", "On a light page the button itself stands out by 1.5 to 1 only"),
        ("#767676", "", "good", "4.6 to 1"),
        ("teal", "", "bad", "teal is not a colour of six hexadecimal digits"),
    ],
)
def test_a_colour_is_judged_by_its_contrast(read, accent, theme, good, told):
    assert verdict(read(accent=accent, theme=theme), "accent")[0] == good
    assert told in verdict(read(accent=accent, theme=theme), "accent")[1]


def test_the_switch_and_the_listed_sites_are_shown(read, site):
    assert "The widget is switched on." in read()
    assert all(f"<code>{origin}</code>" in read() for origin in LISTED.split(","))
    corpus = Settings().corpus
    switch_off(site.data, corpus, "Exam week")
    try:
        assert "Exam week. `trustbot widget --on` switches it on again." in read()
    finally:
        switch_on(site.data, corpus)
    assert "The widget is switched on." in read()


def test_the_address_is_the_one_that_a_trusted_proxy_names(site):
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example", "Host": "portal.example"}
    page = httpx.get(f"{site.url}/widget/setup", headers=forwarded, timeout=60).text
    assert "https://portal.example/widget" in page
    assert "evil.example" not in page


def test_the_page_follows_each_choice_and_copies(site, visit):
    seen = visit(site.url, path="/widget/setup", permissions=["clipboard-read", "clipboard-write"])
    page = seen.page
    expect(page.get_by_role("button", name="Update what to paste")).to_be_hidden()
    page.get_by_label("Words on the button").fill("Ask the guidance")
    expect(page.locator("#snippet-script code").first).to_contain_text('data-label="Ask the guidance"')
    expect(page.locator("#preview trustbot-chat")).to_have_attribute("data-label", "Ask the guidance")
    expect(page).to_have_url(re.compile("label=Ask"))
    page.get_by_label("Your portal’s address").fill("https://other.example/x")
    expect(page.locator("#portal-verdict")).to_contain_text("TRUSTBOT_WIDGET_ORIGINS")
    page.get_by_role("button", name="Copy: A button in the corner").click()
    expect(page.locator("#snippet-script .said")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#snippet-script code").first.text_content()
    page.evaluate("void (navigator.clipboard.writeText = () => Promise.reject())")
    page.get_by_role("button", name="Copy: A place in the page").click()
    expect(page.locator("#snippet-element .said")).to_contain_text("Selected.")
    assert page.evaluate("getSelection().toString()").startswith("<trustbot-chat")


def test_the_preview_is_the_widget_itself(site, visit):
    page = visit(site.url, path="/es/widget/setup?form=element&question=What+is+trust%3F").page
    page.locator("#preview").scroll_into_view_if_needed()
    frame = page.frame_locator("#preview iframe")
    frame.locator("#tb-box textarea").wait_for()
    expect(frame.locator("html")).to_have_attribute("lang", "es")
    page.locator("#form").select_option("iframe")
    page.locator("#lang").select_option("en")
    expect(page.frame_locator("#preview > iframe").locator("html")).to_have_attribute("lang", "en")


def test_without_a_script_it_is_a_form(site, visit):
    page = visit(site.url, path="/widget/setup", java_script_enabled=False).page
    page.get_by_label("Words on the button").fill("Ask us")
    page.get_by_role("button", name="Update what to paste").click()
    expect(page.locator("#snippet-script code").first).to_contain_text('data-label="Ask us"')
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    expect(page.locator("noscript iframe")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (820, "dark"), (320, "dark"), (390, "light")])
def test_it_fits_and_can_be_read(site, visit, measure, width, scheme):
    path = "/widget/setup?portal=https://other.example&accent=%23ffcc00&question=" + "x" * 80
    page = visit(site.url, width, path=path, color_scheme=scheme).page
    page.locator("trustbot-chat .launch").wait_for()
    assert page.evaluate(measure.overflow) <= 0
    assert page.evaluate(measure.small_targets, ["main button, main input, main select, .back a"]) == []
    assert page.evaluate(measure.low_contrast) == []
    assert Axe().run(page, options={"runOnly": LEVELS}).response["violations"] == []

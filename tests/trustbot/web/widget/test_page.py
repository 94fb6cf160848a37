"""The framed page: what it is told by its address, and what the doorway makes of `/widget`."""

from __future__ import annotations

import json
import re

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot.settings import Settings
from trustbot.text.origins import Origins
from trustbot.web.http import pages
from trustbot.web.i18n import language
from trustbot.web.server import create_app
from trustbot.web.widget import page
from trustbot.web.widget.access import switch_off, switch_on

LISTED = Origins(("https://portal.example.edu",))


def told(query: str) -> dict[str, str]:
    block = page.boot_data(page.asked(query.encode()), "preceptor-trust", 100, LISTED)
    return json.loads(re.search(r'id="tb-widget">(.*?)</script>', block, re.DOTALL)[1])


def test_what_an_address_says_is_passed_on_where_its_form_is_known():
    query = (
        "id=tb-1&origin=https%3A%2F%2Fportal.example.edu%3A8443&mode=launcher&theme=dark&accent=%230b5C5a"
        "&persona=resident&q=%20What%0Abuilds%20trust%3F"
    )
    assert told(query) == {
        "corpus": "preceptor-trust",
        "origins": ["https://portal.example.edu"],
        "id": "tb-1",
        "origin": "https://portal.example.edu:8443",
        "mode": "launcher",
        "theme": "dark",
        "accent": "#0b5C5a",
        "persona": "resident",
        "question": "What builds trust?",
    }


@pytest.mark.parametrize(
    "query",
    [
        "",
        "id=a%20b&origin=javascript:alert(1)&mode=full&theme=blue&accent=red&persona=boss",
        "id=" + "x" * 41 + "&origin=https://a/b&accent=%230b5c5&theme=DARK&q=" + "x" * 101,
        "origin=https://a%3Bb&accent=%230b5c5a%3B&q=a%00b",
        "q=%ff",
        "&".join(f"p{n}=1" for n in range(60)),
    ],
)
def test_what_has_another_form_is_left_out(query):
    found = told(query)
    assert {k: v for k, v in found.items() if v} == {
        "corpus": "preceptor-trust",
        "origins": ["https://portal.example.edu"],
        "theme": "auto",
    }


@given(st.text(st.characters(max_codepoint=127), max_size=80))
def test_no_address_gets_markup_into_the_page(query):
    asked = page.asked(f"theme=dark&q=</script>{query}".encode())
    block = page.boot_data({"theme": "dark", **asked}, "preceptor-trust", 100, LISTED)
    assert block.count("<") in (2, 4), "the block of data, and where there is a theme its style"


def test_a_page_before_the_chat_follows_the_portal_s_theme():
    assert '<html class="dark" lang="en">' in pages.closed_page("Closed.", "dark")
    assert '<html class="light" lang="en">' in pages.waiting_page("Loading.", None, theme="light")
    assert '<html lang="en">' in pages.closed_page("Closed.")


def test_a_closed_page_says_why_and_leads_back_to_itself():
    with language.using("es", "/widget?corpus=x&id=w1"):
        shown = pages.closed_page("Set <corpus>.")
    assert "Set &lt;corpus&gt;." in shown
    assert 'href="./widget?corpus=x&amp;id=w1"' in shown
    assert '<html lang="es">' in shown


@pytest.fixture(scope="module")
def widget(make_bot, serve_app, wait_until, tmp_path_factory):
    """Settings of a server with one listed portal, and its address."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("widget"), widget_origins=LISTED.listed[0])
    with serve_app(create_app(settings, lambda _: make_bot())) as url:
        wait_until(f"{url}/widget")
        yield settings, url


def test_the_framed_page_is_the_chat_in_other_dress(widget):
    _, url = widget
    framed, chat = httpx.get(f"{url}/widget?id=w1"), httpx.get(url)
    assert framed.status_code == chat.status_code == 200
    assert 'lang="en" class="tb-framed"' in framed.text.split("<head>")[0]
    own = {"framed.css", "chat/frame.js", "chat/colours.js", "chat/host.js", "chat/visitor.js"}
    links = re.compile(r'(?:href|src)="ui-[0-9a-f]{12}/([^"]+)"')
    assert set(links.findall(framed.text)) - set(links.findall(chat.text)) == own
    assert set(links.findall(chat.text)) <= {*links.findall(framed.text), "theme.js"}
    assert "tb-framed" not in chat.text
    for name in links.findall(framed.text):
        assert httpx.get(f"{url}/ui/{name}").status_code == 200, name


def test_gradio_speaks_to_no_page_around_it(widget):
    _, url = widget
    framed, chat = httpx.get(f"{url}/widget").text, httpx.get(url).text
    for its_own in ("iframeResizer.contentWindow", "postMessage"):
        assert its_own in chat, "Gradio changed: nothing to take out any more?"
        assert its_own not in framed
    assert "__gradio_mode__" in framed


def test_the_framed_page_is_there_in_spanish(widget):
    _, url = widget
    framed = httpx.get(f"{url}/es/widget?theme=dark&q=x").text
    assert 'lang="es" class="tb-framed"' in framed
    assert 'hreflang="en" href="../widget?theme=dark&amp;q=x"' in framed
    assert 'href="./widget?theme=dark&amp;q=x"' in framed.split('id="tb-boot"')[1]


def test_a_widget_that_is_switched_off_says_so_and_comes_back(widget):
    settings, url = widget
    switch_off(settings.data_dir, settings.corpus, "The portal moves.")
    try:
        shown = httpx.get(f"{url}/widget?theme=dark")
        assert shown.status_code == 503
        assert "The portal moves." in shown.text
        assert "trustbot widget --on" in shown.text
        assert '<html class="dark"' in shown.text
        assert LISTED.listed[0] in shown.headers["content-security-policy"]
        assert httpx.get(url).status_code == 200
    finally:
        switch_on(settings.data_dir, settings.corpus)
    assert httpx.get(f"{url}/widget").status_code == 200

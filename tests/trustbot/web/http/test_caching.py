"""What a browser may keep, and how much of it is sent: by a real server with Gradio's own files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from trustbot.settings import Settings
from trustbot.web.chat import preloads
from trustbot.web.chat.preloads import with_preloads
from trustbot.web.http import caching
from trustbot.web.http.caching import ASK_AGAIN, FOR_A_DAY, FOR_GOOD, cache_control, stamp, with_stamps
from trustbot.web.server import create_app


@pytest.fixture(scope="module")
def url(make_bot: Callable, serve_app: Callable, wait_until: Callable) -> Iterator[str]:
    with serve_app(create_app(Settings(), lambda _: make_bot())) as address:
        wait_until(f"{address}/")
        yield address


@pytest.fixture(scope="module")
def page(url: str) -> str:
    return httpx.get(f"{url}/").text


def test_every_file_of_the_page_may_be_kept_for_good(url, page):
    files = re.findall(r'<(?:link|script)[^>]*(?:href|src)="(?:\./)?((?:assets|ui)[^"]*)"', page)
    assert {name.split("/")[0] for name in files} == {"assets", stamp()}
    assert len(files) > 30
    with httpx.Client() as client:
        for name in files:
            response = client.get(f"{url}/{name}")
            assert (response.status_code, response.headers["cache-control"]) == (200, FOR_GOOD), name


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/ui/chat.css", 200, ASK_AGAIN),
        (f"/{stamp()}/chat.css", 200, FOR_GOOD),
        (f"/{stamp()}/nothing.css", 404, None),
        ("/ui-000000000000/chat.css", 404, None),
        ("/assets/nothing.js", 404, None),
        ("/static/fonts/IBMPlexSans/IBMPlexSans-Regular.woff2", 200, FOR_A_DAY),
        ("/", 200, "no-store"),
        ("/healthz", 200, "no-store"),
    ],
)
def test_what_is_there_says_how_long_it_may_be_kept(url, path, status, told):
    response = httpx.get(f"{url}{path}")
    assert response.status_code == status
    assert told is None or response.headers["cache-control"] == told
    assert response.status_code == 200 or response.headers.get("cache-control") != FOR_GOOD


def test_a_file_that_has_not_changed_is_not_sent_again(url):
    first = httpx.get(f"{url}/ui/chat.css")
    again = httpx.get(f"{url}/ui/chat.css", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == ASK_AGAIN


def test_text_is_sent_compressed_and_a_stream_is_not(url):
    for path in ("/", "/ui/chat.css", "/audit", "/api/docs"):
        with httpx.stream("GET", f"{url}{path}", headers={"Accept-Encoding": "gzip"}) as response:
            sent = sum(len(part) for part in response.iter_raw())
        assert response.headers["content-encoding"] == "gzip", path
        assert sent < len(httpx.get(f"{url}{path}").content) / 2
    headers = {"Accept": "text/event-stream", "Accept-Encoding": "gzip"}
    response = httpx.post(f"{url}/api/ask", json={"question": "How?"}, headers=headers, timeout=30)
    assert "content-encoding" not in response.headers


def test_the_stamp_changes_with_any_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching, "STATIC", tmp_path)
    (tmp_path / "chat").mkdir()
    seen = set()
    for name, text in (("a.js", "1"), ("a.js", "2"), ("chat/b.js", "1"), ("c.css", "1"), ("c.css", "12")):
        (tmp_path / name).write_text(text)
        seen.add(stamp.__wrapped__())
    assert len(seen) == 5


def test_only_links_to_our_own_files_are_led_elsewhere():
    own = '<link href="ui/chat.css"><script src="./ui/chat.js"></script>'
    others = '<a href="ui2/x">ui/chat.css</a><link href="assets/ui/x"><a href="https://example.org/ui/x">'
    assert with_stamps(own + others) == own.replace("./ui/", "ui/").replace("ui/", f"{stamp()}/") + others


@pytest.mark.parametrize(
    ("path", "query", "told"),
    [
        ("/theme.css", b"v=1", FOR_GOOD),
        ("/theme.css", b"", None),
        ("/config", b"", None),
        ("/api/ask", b"", None),
        ("/ui-x/chat.css", b"", None),
    ],
)
def test_what_is_no_file_is_left_alone(path, query, told):
    assert cache_control(path, query) == told


ENTRY = """<head><script>window.gradio_config = {{"components": [{{"type": "chatbot", "props": {{}}}}]}};</script>
<script type="module" src="./assets/{name}"></script></head>"""


@pytest.mark.parametrize("script", [None, "", "m.f=[]", 'm.f=["./gone.js"]', 'm.f=["./other.css"]'])
def test_a_gradio_that_is_made_otherwise_only_loads_as_before(tmp_path, monkeypatch, script):
    monkeypatch.setattr(preloads, "_assets", lambda: tmp_path)
    name = f"index-{len(script or 'none')}.js"
    if script is not None:
        (tmp_path / name).write_text(script)
        (tmp_path / "other.css").write_text("")
    page = ENTRY.format(name=name)
    assert (
        with_preloads(page).replace('<link rel="preload" as="style" crossorigin href="./assets/other.css">\n', "")
        == page
    )
    assert with_preloads("<p>no head") == "<p>no head"

"""Where the site stands: what the setting may say, and what is made of a request's path."""

from __future__ import annotations

import asyncio

import pytest
from starlette.datastructures import Address, Headers
from starlette.requests import Request

from trustbot.errors import InvalidInput
from trustbot.web.auth.admission import OPERATOR, address_of
from trustbot.web.chat.doorway import _unforwarded
from trustbot.web.http.addresses import Place, RootPath, place, public_url, route_path


@pytest.mark.parametrize(
    ("written", "path", "url"),
    [
        ("", "", ""),
        ("/", "", ""),
        ("/tools/trustbot", "/tools/trustbot", ""),
        (" /tools/trustbot/ ", "/tools/trustbot", ""),
        ("https://example.edu", "", "https://example.edu"),
        ("https://example.edu:8443/tools/", "/tools", "https://example.edu:8443/tools"),
    ],
)
def test_the_setting_is_a_path_or_an_address(written, path, url):
    assert place(written) == Place(path, url)


@pytest.mark.parametrize(
    "written",
    [
        "tools",
        "//evil.example/x",
        "ftp://example.edu/x",
        "https:///x",
        "https://a@example.edu",
        "/a?b",
        "/a#b",
        "/a b",
        "/a//b",
    ],
)
def test_what_is_neither_is_refused_with_an_example(written):
    with pytest.raises(InvalidInput, match=r"TRUSTBOT_ROOT_PATH can't be used: .*Write it as /tools/trustbot"):
        place(written)


@pytest.mark.parametrize("written", ["/api", "/widget/x", "/es", "https://example.edu/ui"])
def test_a_path_that_is_the_sites_own_is_refused(written):
    with pytest.raises(InvalidInput, match="one of trustbot's own addresses"):
        place(written)


def request_behind(path: str, scheme: str = "http", query: bytes = b"") -> dict:
    host = (b"host", b"example.edu:8443")
    return {"type": "http", "method": "GET", "scheme": scheme, "path": path, "raw_path": path.encode(), "root_path": "",
            "query_string": query, "headers": [host], "server": ("10.0.0.9", 7860)}  # fmt: skip


def through(root: str, path: str, query: bytes = b"") -> tuple[dict | None, list[dict]]:
    """What the application behind the middleware gets, and what is sent."""
    reached, sent = [], []

    async def app(scope, receive, send):
        reached.append(scope)

    async def send(message):
        sent.append(message)

    asyncio.run(RootPath(app, place(root))(request_behind(path, query=query), None, send))  # type: ignore[arg-type]
    return (reached or [None])[0], sent


@pytest.mark.parametrize("path", ["/tools/trustbot/es/audit", "/es/audit"])
def test_whether_a_proxy_cuts_the_path_off_makes_no_difference(path):
    scope, _ = through("https://example.edu/tools/trustbot", path)
    assert scope is not None
    assert (scope["path"], scope["raw_path"]) == ("/tools/trustbot/es/audit", b"/tools/trustbot/es/audit")
    assert (scope["root_path"], route_path(scope)) == ("/tools/trustbot", "/es/audit")


def test_a_path_that_only_begins_alike_is_no_part_of_the_site():
    scope, _ = through("/tools", "/toolshed")
    assert scope is not None
    assert route_path(scope) == "/toolshed"


def test_without_its_slash_the_root_leads_to_the_one_with_it():
    _, sent = through("/tools/trustbot", "/tools/trustbot", b"q=1")
    assert (sent[0]["status"], dict(sent[0]["headers"])[b"location"]) == (308, b"trustbot/?q=1")


def test_without_a_path_nothing_is_changed():
    assert through("", "/es/audit")[0] == request_behind("/es/audit")


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        ("", "https://example.edu:8443"),
        ("/tools", "https://example.edu:8443/tools"),
        ("https://public.example/t", "https://public.example/t"),
    ],
)
def test_the_public_address_is_the_one_that_was_set_or_the_one_that_was_asked(root, expected):
    assert public_url(place(root), Request(request_behind("/x", "https"))) == expected


def test_a_proxy_is_known_to_have_been_there_but_not_what_it_said():
    plain = [(b"host", b"example.edu"), (b"accept", b"*/*")]
    said = [(b"x-forwarded-host", b"evil.example"), (b"x-forwarded-proto", b"https")]
    assert _unforwarded(plain) == plain
    assert _unforwarded([*said, *plain]) == [*plain, (b"via", b"1.1 proxy")]
    assert address_of(Address("127.0.0.1", 9), {}) == OPERATOR
    assert address_of(Address("127.0.0.1", 9), Headers(raw=_unforwarded([*said, *plain]))) != OPERATOR

"""Which origins a list allows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot.text.origins import NO_ORIGINS, NoOrigin, Origins, address_parts, parse_origins


@pytest.mark.parametrize("listed", ["", " ", ",", " , ", [], [""]])
def test_an_empty_list_allows_nobody(listed):
    assert parse_origins(listed) == NO_ORIGINS
    assert not NO_ORIGINS.allows("https://portal.example.edu")
    assert not NO_ORIGINS.allows(None)
    assert not NO_ORIGINS.allows("null")


@pytest.mark.parametrize(
    "written",
    [
        "*",
        "null",
        "https://*",
        "https://*.edu",
        "https://*.*.example.edu",
        "https://portal.*.edu",
        "https://por*.example.edu",
        "*.example.edu",
        "portal.example.edu",
        "https://",
        "https://portal.example.edu/path",
        "https://portal.example.edu?q",
        "https://a.example; script-src *",
        "https://a.example\nscript-src",
        "https://user@a.example",
        "https://a.example:",
        "https://a.example:0",
        "https://a.example:port",
        "https://a..example",
        "https://b\u00fccher.example",
        "ftp://a.example",
        "https://[",
        "javascript://a",
        "'none'",
    ],
)
def test_what_is_no_origin_is_refused_with_what_to_write(written):
    with pytest.raises(NoOrigin, match=r"is not an origin\. Write each as"):
        parse_origins(["https://fine.example", written])


def test_origins_are_read_as_browsers_send_them():
    listed = parse_origins(
        " https://A.example/ ,http://127.0.0.1:8000, https://b.example:443,http://[::1]:80,https://a.example"
    )
    assert listed.listed == ("https://a.example", "http://127.0.0.1:8000", "https://b.example", "http://[::1]")


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://portal.example.edu", True),
        ("https://portal.example.edu:443", False),  # no browser sends it
        ("https://portal.example.edu:8443", False),
        ("http://portal.example.edu", False),
        ("https://portal.example.edu.evil.example", False),
        ("https://x.portal.example.edu", False),
        ("https://a.wards.example", True),
        ("https://a.b.wards.example", True),
        ("https://wards.example", False),
        ("https://.wards.example", False),
        ("https://evilwards.example", False),
        ("https://evil.example/.wards.example", False),
        ("https://evil.example#.wards.example", False),
        ("https://evil.example:80.wards.example", False),
        ("https://user@a.wards.example", False),
        ("http://a.wards.example", False),
        ("https://a.wards.example:8443", False),
        ("https://*.wards.example", False),
        ("http://a.localhost:8000", True),
        ("http://a.localhost:8001", False),
        ("null", False),
        ("", False),
        (None, False),
    ],
)
def test_a_list_allows_what_it_names_and_nothing_beside_it(origin, allowed):
    listed = parse_origins("https://portal.example.edu, https://*.wards.example, http://*.a.localhost:8000")
    listed = listed + Origins(("http://a.localhost:8000",))
    assert listed.allows(origin) is allowed


@given(st.text(max_size=60))
def test_whatever_is_listed_is_one_source_of_a_policy(written):
    try:
        listed = parse_origins(written).listed
    except NoOrigin:
        return
    for origin in listed:
        assert origin.startswith(("https://", "http://"))
        assert not set(origin) & set(" ;,'\"\t\n")
        assert not origin.endswith("*")


@pytest.mark.parametrize(
    "written",
    [
        "",
        "trustbot",
        "portal.example.edu",
        "//portal.example.edu",
        "ftp://portal.example.edu",
        "javascript:alert(1)",
        "https://",
        "https:///path",
        "https://:80",
        "https://portal.example.edu:0",
        "https://portal.example.edu:99999",
        "https://portal.example.edu:port",
        "https://[::1",
    ],
)
def test_what_has_no_scheme_or_no_host_is_no_web_address(written):
    assert address_parts(written) is None


def test_a_web_address_comes_in_its_parts():
    parts = address_parts("http://user@[::1]:8080/a/path?q#f")
    assert parts is not None
    assert (parts.scheme, parts.hostname, parts.port, parts.path) == ("http", "::1", 8080, "/a/path")

"""The client: polite, patient, safe, and never asking twice for what it has."""

from __future__ import annotations

import gzip
import socket
import time
from email.utils import formatdate

import pytest

from ingest.fetch.client import Client, NotThere
from trustbot.errors import FetchFailed, InvalidInput
from trustbot.text.origins import is_public


def test_it_says_who_asks_and_keeps_what_it_got(replay, answer, client, tmp_path) -> None:
    replay.routes["/a"] = answer(
        gzip.compress(b"text"), "text/html; charset=ISO-8859-1", headers={"Content-Encoding": "gzip"}
    )
    reply = client()[0].get(f"{replay.url}/a")
    assert (reply.data, reply.media_type, reply.charset) == (b"text", "text/html", "iso-8859-1")
    agent = replay.asked[0][1]["User-Agent"]
    assert agent.startswith("trustbot/")
    assert "mailto:librarian@example.org" in agent
    assert client()[0].get(f"{replay.url}/a").data == b"text"
    assert len(replay.asked) == 1
    client()[0].get(f"{replay.url}/a", max_age=0.0)
    client(refresh=True)[0].get(f"{replay.url}/a")
    assert len(replay.asked) == 3
    kept = next((tmp_path / "fetched").iterdir())
    kept.write_bytes(kept.read_bytes()[:-1])
    assert client()[0].get(f"{replay.url}/a").data == b"text"
    assert len(replay.asked) == 4, "a damaged copy is fetched anew"


def test_it_waits_between_requests_and_as_long_as_it_is_told_to(replay, answer, client) -> None:
    replay.routes["/a"] = answer(b"1")
    replay.routes["/b"] = answer(b"2", statuses=[429, 200], headers={"Retry-After": "7"})
    replay.routes["/c"] = answer(
        b"3", statuses=[503, 200], headers={"Retry-After": formatdate(time.time() + 30, usegmt=True)}
    )
    replay.routes["/d"] = answer(b"4", statuses=[502, 502, 200])
    asking, waits = client(pause=0.5)
    asking.get(f"{replay.url}/a")
    asking.get(f"{replay.url}/b")
    assert 0.3 < waits[0] <= 0.5
    assert 7.0 in waits
    waits.clear()
    asking.get(f"{replay.url}/c")
    assert any(25 < wait <= 30 for wait in waits)
    waits.clear()
    assert asking.get(f"{replay.url}/d").data == b"4"
    assert [wait for wait in waits if wait >= 1] == [1.0, 2.0]


def test_what_cannot_be_had_is_one_sentence_with_what_to_do(replay, answer, client) -> None:
    replay.routes["/busy"] = answer(b"", statuses=[429], headers={"Retry-After": "3600"})
    replay.routes["/down"] = answer(b"", statuses=[500])
    replay.routes["/locked"] = answer(b"", statuses=[403])
    replay.routes["/cut"] = answer(b"0123456789", cut=4)
    replay.routes["/large"] = answer(b"0" * 3_000_001)
    replay.routes["/bomb"] = answer(gzip.compress(b"0" * 3_000_001), headers={"Content-Encoding": "gzip"})
    replay.routes["/ftp"] = answer(b"", statuses=[302], headers={"Location": "ftp://example.org/a"})
    replay.routes["/loop"] = answer(b"", statuses=[302], headers={"Location": "/loop"})
    asking, waits = client()
    told = {
        "busy": (FetchFailed, "asks for fewer requests (429). Try again later"),
        "down": (FetchFailed, "a failure of its own (500). Try again later"),
        "locked": (FetchFailed, "(403). Open it in a browser and add it with --file"),
        "cut": (FetchFailed, "Try again later"),
        "large": (InvalidInput, "holds more than 2 MB. Download it and use --file"),
        "bomb": (InvalidInput, "holds more than 2 MB"),
        "ftp": (InvalidInput, "leads to ftp://example.org/a, which is no web address"),
        "loop": (FetchFailed, "(302)"),
        "absent": (NotThere, "has nothing at"),
    }
    for path, (kind, words) in told.items():
        with pytest.raises(kind) as caught:
            asking.get(f"{replay.url}/{path}", largest=2_000_000)
        assert words in str(caught.value), path
        assert "\n" not in str(caught.value)
    assert max(waits) < 60, "it never waits an hour"
    assert replay.paths.count("/busy") == 1
    with pytest.raises(InvalidInput, match="is no web address"):
        asking.get("file:///etc/passwd")


def test_a_page_never_leads_into_a_private_network(replay, answer, client, monkeypatch) -> None:
    replay.routes["/a"] = answer(b"secret")
    strange, _ = client(trusted=[])
    with pytest.raises(InvalidInput, match=r"or of this machine\. Add --private"):
        strange.get(f"{replay.url}/a")
    assert replay.asked == [], "nothing was sent"
    assert client(trusted=[], private=True)[0].get(f"{replay.url}/a").data == b"secret"

    # A redirect from a host that may be reached to one that may not, and a name that leads here.
    there = {"public.example": "127.0.0.1"}
    known = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *rest, **named: known(there.get(host, host), *rest, **named)
    )
    port = replay.host.partition(":")[2]
    replay.routes["/away"] = answer(b"", statuses=[302], headers={"Location": f"http://public.example:{port}/a"})
    before = len(replay.asked)
    with pytest.raises(InvalidInput, match=r"public\.example is an address of a private network"):
        client()[0].get(f"{replay.url}/away")
    assert len(replay.asked) == before + 1


def test_through_a_proxy_a_private_name_is_not_asked_for_either(replay, answer, client, monkeypatch) -> None:
    monkeypatch.setenv("http_proxy", replay.url)
    monkeypatch.delenv("no_proxy", raising=False)
    replay.routes["http://known.invalid/a"] = answer(b"by proxy")
    asking, _ = client(trusted=[])
    assert asking.get("http://known.invalid/a").data == b"by proxy"
    with pytest.raises(InvalidInput, match="private network"):
        asking.get("http://127.0.0.2/a")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_a_cache_that_cannot_be_written_is_no_failure(replay, answer, tmp_path) -> None:
    (tmp_path / "file").write_text("no folder")
    replay.routes["/a"] = answer(b"1")
    asking = Client(tmp_path / "file" / "below", trusted=[replay.host], pause=0.0)
    assert asking.get(f"{replay.url}/a").data == b"1"

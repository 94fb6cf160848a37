"""What strangers may make the server read, hold and write down: what is too large, too slow, or no request."""

from __future__ import annotations

import json
import logging
import select
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from urllib.parse import urlsplit

import httpx
import pytest

from trustbot.settings import Settings
from trustbot.web.protection import connections, limits
from trustbot.web.server import create_app

PATIENCE = 60
"""Seconds; a good server takes none of them."""
JSON = {"Content-Type": "application/json"}
POSTS = ("/api/ask", "/api/export", "/api/verify", "/widget/visit", "/lti/launch", "/gradio_api/queue/join")
POSTS += ("/gradio_api/cancel", "/gradio_api/reset", "/gradio_api/upload", "/nothing")


@pytest.fixture(scope="module")
def url(make_bot: Callable, serve_app: Callable, wait_until: Callable) -> Iterator[str]:
    with serve_app(create_app(Settings(), lambda _: make_bot())) as address:
        wait_until(f"{address}/readyz")
        yield address


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long."""
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.3)


def opened(url: str, sent: bytes = b"") -> socket.socket:
    parts = urlsplit(url)
    made = socket.create_connection((parts.hostname, parts.port), PATIENCE)
    made.sendall(sent)
    return made


def head(path: str, *lines: str, method: str = "POST") -> bytes:
    told = (f"{method} {path} HTTP/1.1", "Host: x", "Content-Type: application/json", *lines)
    return "\r\n".join((*told, "", "")).encode()


def all_of(connection: socket.socket) -> bytes:
    """What comes until the server closes the connection."""
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def told(answer: bytes) -> tuple[int, str]:
    """Status and sentence of a problem as it came over the wire."""
    status, _, body = answer.partition(b"\r\n")[0], *answer.partition(b"\r\n\r\n")[1:]
    return int(status.split()[1]), json.loads(body)["detail"]


@pytest.mark.parametrize("path", POSTS)
def test_a_body_that_says_it_is_too_long_is_not_read(url: str, path: str) -> None:
    with closing(opened(url, head(path, "Content-Length: 300000000", "Expect: 100-continue"))) as connection:
        answer = connection.recv(65536)
    status, sentence = told(answer)
    assert status == 413
    assert sentence.endswith(".")


@pytest.mark.parametrize("path", POSTS)
def test_a_body_without_a_length_is_cut_off_wherever_it_goes(url: str, path: str) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(100):
            yield b" " * 65536

    response = httpx.post(url + path, content=endless(), headers=JSON, timeout=PATIENCE)
    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"
    assert "content-security-policy" in response.headers


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("path", POSTS)
def test_a_body_that_does_not_come_is_waited_for_so_long(url: str, path: str) -> None:
    with closing(opened(url, head(path, "Content-Length: 20") + b"{")) as connection:
        status, sentence = told(connection.recv(65536))
    assert status == 408
    assert "did not come whole" in sentence


def test_bodies_take_so_much_memory_together_and_no_more(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_HELD", 100_000)
    sent = head("/api/verify", "Content-Length: 90000") + b" " * 60_000
    with ExitStack() as stack:
        both = [stack.enter_context(closing(opened(url, sent))) for _ in range(2)]
        refused, _, _ = select.select(both, [], [], PATIENCE)
        assert len(refused) == 1
        status, sentence = told(refused[0].recv(65536))
        assert status == 503
        assert "wait too long" in sentence
    monkeypatch.undo()
    # What a request held is given back when it ends, however it ends.
    big = httpx.post(f"{url}/api/verify", content=b" " * 90_000, headers=JSON)
    assert big.status_code == 422


@pytest.mark.parametrize("size", [connections.HEAD_LIMIT + 1000, 3_000_000])
def test_a_head_has_an_end(url: str, size: int) -> None:
    with closing(opened(url)) as connection:
        try:
            connection.sendall(head("/", f"X-Long: {'a' * size}", method="GET"))
        except OSError:
            return  # closed before it had all come
        try:
            status, sentence = told(connection.recv(65536))
        except ConnectionResetError:
            return
    assert status == 431
    assert "32,768 bytes" in sentence


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    ("sent", "status"), [(b"", None), (b"GET / HT", 408), (b"GET / HTTP/1.1\r\nHost: x\r\nX-A: b", 408)]
)
def test_a_connection_that_sends_no_whole_request_is_closed(url: str, sent: bytes, status: int | None) -> None:
    with closing(opened(url, sent)) as connection:
        answer = all_of(connection)
    assert (told(answer)[0] if answer else None) == status


@pytest.mark.usefixtures("hurried")
def test_a_byte_after_an_answer_keeps_no_connection_open(url: str) -> None:
    with closing(opened(url, head("/healthz", method="GET"))) as connection:
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.sendall(b"G")
        assert told(all_of(connection))[0] == 408


@pytest.mark.usefixtures("hurried")
def test_what_is_sent_after_a_refusal_is_neither_kept_nor_waited_for(url: str) -> None:
    with closing(opened(url, head("/api/ask", "Content-Length: 300000000"))) as connection:
        assert told(connection.recv(65536))[0] == 413
        connection.sendall(b"a")
        assert all_of(connection) == b""


def test_past_the_most_connections_a_new_one_is_closed_at_once(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 0)
    with closing(opened(url)) as connection:
        try:
            connection.sendall(head("/healthz", method="GET"))
            answer = connection.recv(65536)
        except OSError:  # the server was quicker
            answer = b""
    assert answer == b""


@pytest.mark.parametrize(
    "sent",
    [
        b"GARBAGE\r\n\r\n",
        b"POST /api/ask HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ],
)
def test_what_is_no_http_gets_a_sentence_and_no_line_in_the_log(
    url: str, sent: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    with closing(opened(url, sent)) as connection:
        status, sentence = told(all_of(connection))
    assert status == 400
    assert "HTTP/1.1" in sentence
    assert capfd.readouterr() == ("", "")


def test_broken_chunks_behind_an_answer_are_no_error(
    url: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    sent = b"POST /nothing HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with closing(opened(url, sent + b"20000\r\n" + b"a" * 0x20000 + b"\r\n")) as connection:
        assert told(connection.recv(65536))[0] == 413
        connection.sendall(b"not a length\r\n")
        assert all_of(connection) == b""
    assert capfd.readouterr() == ("", "")
    assert not caplog.records


def test_an_upgrade_is_answered_as_a_plain_request_and_not_logged(url: str, capfd: pytest.CaptureFixture[str]) -> None:
    wanted = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "x"}
    assert httpx.get(f"{url}/healthz", headers=wanted).status_code == 200
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("path", POSTS)
def test_whoever_leaves_in_the_middle_of_a_body_is_no_error(
    url: str, path: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(5):
        opened(url, head(path, "Content-Length: 100") + b'{"que').close()
    assert httpx.get(f"{url}/readyz", timeout=PATIENCE).status_code == 200
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert capfd.readouterr().err == ""


def test_an_unexpected_error_is_logged_once(url: str, caplog: pytest.LogCaptureFixture) -> None:
    response = httpx.post(f"{url}/api/ask", json={"question": "boom"})
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert "content-security-policy" in response.headers
    assert [r.name for r in caplog.records if r.exc_info] == ["trustbot.web.http.problems"]


@pytest.mark.parametrize("path", ["/api/export", "/api/verify", "/gradio_api/queue/join"])
@pytest.mark.parametrize("unit", [b"[],", b'{"a":1},', b'"",'])
def test_a_body_of_many_small_values_is_not_decoded(url: str, path: str, unit: bytes) -> None:
    body = b'{"fn_index": 0, "session_hash": "x", "format": "md", "data": [' + unit * 100_001 + b"0]}"
    response = httpx.post(url + path, content=body[:790_000], headers=JSON, timeout=PATIENCE)
    assert response.status_code == 413
    assert "100,000 values" in response.json()["detail"]


@pytest.mark.parametrize("media_type", [None, "text/plain", "application/x-www-form-urlencoded", "text/plain;json"])
@pytest.mark.parametrize("path", [p for p in POSTS if not p.startswith(("/lti", "/gradio_api/upload", "/nothing"))])
def test_what_another_sites_page_could_send_unasked_is_not_read(url: str, path: str, media_type: str | None) -> None:
    # A browser that sends no Sec-Fetch-Site asks first only for what isn't a form's.
    headers = {"Origin": "https://evil.example", **({"Content-Type": media_type} if media_type else {})}
    response = httpx.post(url + path, content=b'{"question": "a"}', headers=headers)
    assert response.status_code == 415
    assert "Content-Type: application/json" in response.json()["detail"]

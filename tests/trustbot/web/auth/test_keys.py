"""A portal's published keys, from a real server: rotated, withdrawn, slow, wrong and gone."""

from __future__ import annotations

import logging
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from trustbot.web.auth.keys import (
    FRESH_SECONDS,
    MOST_KEYS,
    REFETCH_SECONDS,
    STALE_SECONDS,
    download,
    from_file,
    from_url,
    parse_keys,
)
from trustbot.web.auth.portals import Portal, Portals
from trustbot.web.auth.tokens import Verifier
from trustbot.web.http.problems import TokenRefused

ISSUER = "https://keyed.example.edu"


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class KeyServer:
    """Serves what `body` holds, with `status`, and counts."""

    def __init__(self):
        self.body, self.status, self.headers, self.asked, self.drip = b"", 200, {}, 0, threading.Event()
        self.drip.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked += 1
                self.send_response(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                half = len(outer.body) // 2
                self.wfile.write(outer.body[:half])
                self.wfile.flush()
                outer.drip.wait(60)
                self.wfile.write(outer.body[half:])

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/jwks"

    def stop(self):
        self.drip.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def keys():
    server = KeyServer()
    yield server
    server.stop()


@pytest.fixture
def clock():
    return Clock()


def test_keys_are_fetched_at_the_first_token_and_then_kept(keys, clock, publish, rsa_pair):
    keys.body = publish(rsa_pair)
    known = from_url(ISSUER, keys.url, clock)
    assert keys.asked == 0
    for _ in range(5):
        assert known.find("rsa-1").algorithm == "RS256"
    assert known.find(None).id == "rsa-1"
    assert keys.asked == 1
    clock.now += FRESH_SECONDS
    known.find("rsa-1")
    assert keys.asked == 2


def test_a_new_key_is_found_and_unknown_ones_make_no_flood(keys, clock, publish, rsa_pair, ec_pair):
    keys.body = publish(rsa_pair)
    known = from_url(ISSUER, keys.url, clock)
    known.find("rsa-1")
    keys.body = publish(ec_pair)
    for name in ("ec-1", *(f"invented-{i}" for i in range(20))):
        assert known.find(name) is None
    assert keys.asked == 1
    clock.now += REFETCH_SECONDS
    assert known.find("ec-1").algorithm == "ES256"
    assert known.find("rsa-1") is None  # withdrawn
    assert keys.asked == 2


def test_keys_outlive_their_server_for_a_day(keys, clock, publish, rsa_pair, caplog):
    keys.body = publish(rsa_pair)
    known = from_url(ISSUER, keys.url, clock)
    known.find("rsa-1")
    keys.status = 500
    with caplog.at_level(logging.WARNING):
        clock.now += FRESH_SECONDS + 1
        assert known.find("rsa-1")
    assert "the keys of https://keyed.example.edu could not be fetched" in caplog.text
    clock.now += STALE_SECONDS
    with pytest.raises(LookupError):
        known.find("rsa-1")
    keys.status = 200
    clock.now += REFETCH_SECONDS
    assert known.find("rsa-1")


def test_what_is_no_set_of_keys_leaves_the_keys_that_were_there(keys, clock, publish, rsa_pair):
    keys.body = publish(rsa_pair)
    known = from_url(ISSUER, keys.url, clock)
    known.find("rsa-1")
    for body in (b"<html>", b"{}", b'{"keys": []}', b"x" * (MOST_KEYS + 1)):
        keys.body = body
        clock.now += FRESH_SECONDS + REFETCH_SECONDS
        assert known.find("rsa-1")
    assert keys.asked == 5


def test_no_redirection_is_followed(keys):
    keys.status, keys.headers = 302, {"Location": "http://127.0.0.1:1/elsewhere"}
    with pytest.raises(OSError, match="redirects"):
        download(keys.url)


def test_a_server_that_never_ends_is_not_waited_for(keys):
    keys.body = b"x" * 1000
    keys.drip.clear()
    with pytest.raises(TimeoutError):
        download(keys.url, 0.3)


def test_nobody_with_keys_waits_for_a_fetch(keys, clock, publish, rsa_pair):
    keys.body = publish(rsa_pair)
    known = from_url(ISSUER, keys.url, clock)
    known.find("rsa-1")
    keys.drip.clear()
    clock.now += FRESH_SECONDS
    fetching = threading.Thread(target=known.find, args=("rsa-1",))
    fetching.start()
    while keys.asked < 2:
        time.sleep(0.01)
    assert known.find("rsa-1")  # while the other one waits
    assert fetching.is_alive()
    keys.drip.set()
    fetching.join()


def test_a_file_is_read_anew_when_a_token_names_a_new_key(tmp_path, clock, publish, rsa_pair, ec_pair):
    file = tmp_path / "keys.json"
    file.write_bytes(publish(rsa_pair))
    known = from_file(ISSUER, file, clock)
    assert known.find("rsa-1")
    file.write_bytes(publish(rsa_pair, ec_pair))
    clock.now += REFETCH_SECONDS
    assert known.find("ec-1")
    file.unlink()
    clock.now += FRESH_SECONDS
    assert known.find("ec-1")


def test_only_strong_public_keys_for_signatures_are_read(publish, rsa_pair, ec_pair, new_pair):
    pair = type(rsa_pair)
    weak = pair(rsa.generate_private_key(public_exponent=65537, key_size=1024), "RS256", "weak")
    other = new_pair("other", ec.SECP384R1())
    sets = publish(weak, other, rsa_pair, ec_pair)
    assert [key.id for key in parse_keys(sets)] == ["rsa-1", "ec-1"]
    with pytest.raises(ValueError, match="no public key"):
        parse_keys(publish(weak, other))
    with pytest.raises(ValueError, match="no public key"):
        parse_keys(publish(ec_pair).replace(b'"sig"', b'"enc"'))
    with pytest.raises(ValueError, match="no public key"):
        parse_keys(publish(ec_pair).replace(b'"sig"', b'"sig", "alg": "HS256"'))


def test_a_visitor_is_told_that_the_keys_cannot_be_fetched(keys, rsa_pair):
    keys.status = 503
    verifier = Verifier(Portals(portals=(Portal(ISSUER, jwks_url=keys.url),)), "preceptor-trust")
    for _ in range(3):
        with pytest.raises(TokenRefused, match="can’t be fetched at present"):
            verifier.visitor(rsa_pair.sign(iss=ISSUER))
    assert keys.asked == 1


def test_nothing_is_fetched_for_a_token_that_no_key_could_fit(keys, sign):
    verifier = Verifier(Portals(portals=(Portal(ISSUER, jwks_url=keys.url),)), "preceptor-trust")
    with pytest.raises(TokenRefused, match="signed with HS256"):
        verifier.visitor(sign(iss=ISSUER))
    assert keys.asked == 0

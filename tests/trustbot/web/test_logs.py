"""The server's log as JSON: a line for each request and each question, tied by an id, and no word of what was asked."""

from __future__ import annotations

import json
import logging
import re

import httpx
import pytest

from trustbot.settings import Settings
from trustbot.web import logs
from trustbot.web.server import create_app

WORD = "zebrafish"


@pytest.fixture
def lines(monkeypatch, capsys):
    """Reads the lines that were written, after the log was set up as a server sets it up."""
    root, own = logging.getLogger(), logging.getLogger("trustbot")
    kept, level = root.handlers[:], own.level

    def written(**how):
        logs.configure(as_json=True, **how)
        return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    yield written
    root.handlers[:] = kept
    own.setLevel(level)
    logging.captureWarnings(False)


@pytest.fixture
def url(make_bot, serve_app, wait_until):
    with serve_app(create_app(Settings(), lambda _: make_bot())) as address:
        wait_until(f"{address}/readyz")
        yield address


def test_each_request_and_question_is_a_line_with_the_id_of_the_response(url, lines):
    read = lines(questions=False)
    given = httpx.post(f"{url}/api/ask?q={WORD}", json={"question": f"How does {WORD} help?"})
    httpx.get(f"{url}/es/api/sources/4", headers={"X-Request-ID": "proxy-7"})
    lost = httpx.get(f"{url}/{WORD}", headers={"X-Request-ID": f"{WORD} {WORD}"})
    found = [line for line in read() if "event" in line]
    assert [(line["event"], line["request_id"]) for line in found] == [
        ("question", given.headers["x-request-id"]),
        ("request", given.headers["x-request-id"]),
        ("request", "proxy-7"),
        ("request", lost.headers["x-request-id"]),
    ]
    assert (found[0]["corpus"], found[0]["channel"], found[0]["outcome"]) == ("preceptor-trust", "api", "answered")
    assert [(line["path"], line["status"]) for line in found[1:]] == [
        ("/api/ask", 200),
        ("/api/sources", 200),
        ("-", 404),
    ]
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"]) for line in found)
    assert WORD not in json.dumps(found)


def test_an_error_that_nobody_foresaw_is_told_by_its_places_and_not_by_its_words(
    serve_app, wait_until, make_bot, lines
):
    bot = make_bot(**{WORD: RuntimeError(f"no {WORD} here")})
    with serve_app(create_app(Settings(), lambda _: bot)) as url:
        wait_until(f"{url}/readyz")
        read = lines(questions=False)
        given = httpx.post(f"{url}/api/ask", json={"question": WORD})
        assert given.status_code == 500
        told = read()
    error = next(line for line in told if line["level"] == "error")
    assert error["request_id"] == given.headers["x-request-id"]
    assert error["exc_info"].startswith("RuntimeError < ")
    assert "conftest.py" in error["exc_info"]
    assert WORD not in json.dumps(told)


def test_words_are_written_only_where_they_are_asked_for(serve_app, wait_until, make_bot, lines):
    with serve_app(create_app(Settings(log_questions=True), lambda _: make_bot())) as url:
        wait_until(f"{url}/readyz")
        read = lines(questions=True)
        httpx.post(f"{url}/api/ask", json={"question": WORD})
        assert [line["text"] for line in read() if line.get("event") == "question"] == [WORD]


def test_a_probe_that_is_well_is_no_news(url, lines):
    read = lines(questions=False)
    for path in ("/healthz", "/readyz", "/metrics"):
        assert httpx.get(url + path).headers["x-request-id"]
    assert read() == []


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/c/north/api/ask", "/c/north/api/ask"),
        ("/c/north/es/api/sources/4", "/c/north/api/sources"),
        ("/c/north/", "/c/north/"),
    ],
)
def test_an_address_of_one_of_several_corpora_names_it(path, told):
    assert logs.address(path, 200) == told
    assert logs.address(path, 404) == "-"

"""What is posted to the chat: checked before Gradio reads it, and answered with a sentence where it is no event."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from trustbot.settings import Settings
from trustbot.web.chat import sessions as chat_sessions
from trustbot.web.chat.requests import MOST_CHARACTERS
from trustbot.web.i18n import words
from trustbot.web.server import create_app

PATIENCE = 120
SURROGATE = '"\\ud800"'


@pytest.fixture(scope="module")
def made() -> Iterator[list[chat_sessions.Sessions]]:
    """The sessions of each chat that is built, the English one first."""
    built: list[chat_sessions.Sessions] = []

    class Noted(chat_sessions.Sessions):
        def __init__(self, blocks: Any) -> None:
            super().__init__(blocks)
            built.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trustbot.web.chat.components.Sessions", Noted)
        yield built


@pytest.fixture(scope="module")
def url(
    made: list[chat_sessions.Sessions], make_bot: Callable, serve_app: Callable, wait_until: Callable
) -> Iterator[str]:
    with serve_app(create_app(Settings(), lambda _: make_bot())) as address:
        wait_until(f"{address}/readyz")
        yield address


@pytest.fixture
def sessions(url: str, made: list[chat_sessions.Sessions]) -> chat_sessions.Sessions:
    return made[0]


@pytest.fixture(scope="module")
def events(url: str) -> dict[str, int]:
    """The numbers of the functions behind the question box and behind feedback."""
    config = httpx.get(f"{url}/config").json()
    ids = {c["props"].get("elem_id"): c["id"] for c in config["components"]}
    wanted = {"box": [ids["tb-box"], "submit"], "give": [ids["tb-give"], "click"]}
    return {name: next(d["id"] for d in config["dependencies"] if at in d["targets"]) for name, at in wanted.items()}


def join(url: str, **body: Any) -> httpx.Response:
    return httpx.post(f"{url}/gradio_api/queue/join", json=body, timeout=PATIENCE)


def told(url: str, session: str) -> list[dict[str, Any]]:
    text = httpx.get(f"{url}/gradio_api/queue/data?session_hash={session}", timeout=PATIENCE).text
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


def quiet(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("queue/join", "{"),
        ("queue/join", "[]"),
        ("queue/join", "{}"),
        ("queue/join", '{"data": [], "fn_index": 99, "session_hash": "x"}'),
        ("queue/join", '{"data": [], "fn_index": -1, "session_hash": "x"}'),
        ("queue/join", '{"data": [], "fn_index": 1e400, "session_hash": "x"}'),
        ("queue/join", f'{{"data": [], "fn_index": {"9" * 5000}, "session_hash": "x"}}'),
        ("queue/join", '{"data": [], "fn_index": null, "session_hash": "x"}'),
        ("queue/join", '{"data": [], "fn_index": BOX, "session_hash": "x"}'),
        ("queue/join", '{"data": ["", null, "", "", "", ""], "fn_index": BOX}'),
        ("queue/join", '{"data": ["", null, "", "", "", ""], "fn_index": BOX, "session_hash": "../x"}'),
        ("queue/join", f'{{"data": ["", null, "", "", "", ""], "fn_index": BOX, "session_hash": "{"x" * 65}"}}'),
        ("queue/join", '{"data": ["", null, "", "", "", 5], "fn_index": BOX, "session_hash": "x"}'),
        ("queue/join", '{"data": ["", {"a": 1}, "", "", "", ""], "fn_index": BOX, "session_hash": "x"}'),
        ("queue/join", f'{{"data": [{SURROGATE}, null, "", "", "", ""], "fn_index": BOX, "session_hash": "x"}}'),
        ("queue/join", "[" * 50_000),
        ("cancel", '{"session_hash": "x", "fn_index": 99, "event_id": "x"}'),
        ("cancel", '{"session_hash": "x", "fn_index": 0, "event_id": {}}'),
        ("reset", '{"event_id": 5}'),
    ],
)
def test_what_is_no_event_of_this_chat_gets_a_sentence_and_no_line_in_the_log(
    url: str,
    events: dict[str, int],
    path: str,
    body: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    sent = body.replace("BOX", str(events["box"])).encode()
    headers = {"Content-Type": "application/json"}
    response = httpx.post(f"{url}/gradio_api/{path}", content=sent, headers=headers, timeout=PATIENCE)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["detail"].endswith(".")
    quiet(caplog, capfd)


@pytest.mark.parametrize("since", [None, "", "9" * 5000, "-1", "1e3", "²"])
def test_a_number_that_is_none_edits_nothing(
    url: str,
    events: dict[str, int],
    since: str | None,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    data = ["How does observation help?", None, None, None, None, since]
    assert join(url, data=data, fn_index=events["box"], session_hash="since").status_code == 200
    done = next(line for line in told(url, "since") if line["msg"] == "process_completed")
    assert done["success"]
    quiet(caplog, capfd)


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "5",
        '{"number": 1e400, "reasons": []}',
        f'{{"number": {"9" * 5000}, "reasons": []}}',
        '{"number": 0, "reasons": 5}',
        '{"number": 0, "reasons": [{}]}',
        '{"number": "\\ud800", "reasons": [], "verdict": "\\ud800"}',
        "[" * 5000,
    ],
)
def test_feedback_that_cannot_be_read_is_passed_over(
    url: str,
    events: dict[str, int],
    given: str | None,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    sent = {"data": [None, "", "", "", given], "fn_index": events["give"], "session_hash": "give"}
    assert join(url, **sent).status_code == 200
    done = next(line for line in told(url, "give") if line["msg"] == "process_completed")
    assert done["success"]
    quiet(caplog, capfd)


def test_a_page_that_asks_another_process_is_told_so(
    url: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    first, last = told(url, "of-another-process")
    assert (first["msg"], first["message"], first["success"]) == ("unexpected_error", words.ELSEWHERE, False)
    # Gradio's script takes a session that is not found for a lost connection, and drops the question.
    assert not first.get("session_not_found")
    assert last["msg"] == "close_stream"
    quiet(caplog, capfd)


def test_what_nobody_comes_to_read_is_dropped_and_what_is_read_is_not(
    url: str,
    events: dict[str, int],
    sessions: chat_sessions.Sessions,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(chat_sessions, "UNREAD_SECONDS", 0.2)
    data = ["How does observation help?", None, "", "", "", ""]
    assert join(url, data=data, fn_index=events["box"], session_hash="unread").status_code == 200
    assert any(not sessions.known("unread") for _ in ticks())
    assert told(url, "unread")[0]["message"] == words.ELSEWHERE
    assert join(url, data=data, fn_index=events["box"], session_hash="unread").status_code == 200
    monkeypatch.undo()
    assert join(url, data=data, fn_index=events["box"], session_hash="unread").status_code == 200
    assert [line["success"] for line in told(url, "unread") if line["msg"] == "process_completed"][:1] == [True]
    quiet(caplog, capfd)


def test_conversations_take_so_much_memory_together_and_no_more(
    url: str, events: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_sessions, "MOST_CHARACTERS", 0)
    data = ["How does observation help?", None, "", "", "", ""]
    refused = join(url, data=data, fn_index=events["box"], session_hash="room")
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) > 0
    monkeypatch.undo()
    assert join(url, data=data, fn_index=events["box"], session_hash="room").status_code == 200
    assert [line["success"] for line in told(url, "room") if line["msg"] == "process_completed"] == [True]


def test_a_conversation_of_the_most_characters_is_let_through_and_a_longer_one_is_not(
    url: str, events: dict[str, int]
) -> None:
    for length, status in ((MOST_CHARACTERS, 200), (MOST_CHARACTERS + 1, 413)):
        data = ["", None, "a" * length, "", "", ""]
        assert join(url, data=data, fn_index=events["box"], session_hash="long").status_code == status
    assert [line["success"] for line in told(url, "long") if line["msg"] == "process_completed"] == [True]


def ticks() -> Iterator[None]:
    pause = threading.Event()
    for _ in range(PATIENCE * 20):
        yield
        pause.wait(0.05)

"""More questions than can be answered soon: whoever would wait too long hears so, at the API and in the chat."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from trustbot.settings import Settings
from trustbot.web.http.problems import Busy
from trustbot.web.i18n import words
from trustbot.web.server import create_app
from trustbot.web.service import Service

PATIENCE = 120
QUESTION = {"question": "How does observation help?"}


@pytest.fixture(scope="module")
def bot(make_bot: Callable) -> Any:
    return make_bot()


@pytest.fixture(scope="module")
def url(bot: Any, serve_app: Callable, wait_until: Callable) -> Iterator[str]:
    """A server with one turn and one place to wait for it."""
    with serve_app(create_app(Settings(concurrency=1, waiting=1), lambda _: bot)) as address:
        wait_until(f"{address}/readyz")
        yield address


def figure(url: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", httpx.get(f"{url}/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0.0


@pytest.fixture
def full(url: str, bot: Any) -> Iterator[Callable[[], list[httpx.Response]]]:
    """Both places are taken until it is called: then their questions are answered."""
    bot.gate, pause = threading.Event(), threading.Event()
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(httpx.post, f"{url}/api/ask", json=QUESTION, timeout=PATIENCE) for _ in range(2)]

        def answered() -> list[httpx.Response]:
            bot.gate.set()
            return [one.result(PATIENCE) for one in asked]

        try:
            while figure(url, "trustbot_questions_open") < 2:
                assert not any(one.done() for one in asked)
                pause.wait(0.05)
            yield answered
        finally:
            answered()
            bot.gate = None


def test_one_more_than_may_wait_is_told_when_to_come_back(url: str, full: Callable) -> None:
    for accept in ("application/json", "text/event-stream"):
        refused = httpx.post(f"{url}/api/ask", json=QUESTION, headers={"Accept": accept}, timeout=PATIENCE)
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0
        assert refused.json()["detail"] == words.BUSY
    assert httpx.post(f"{url}/api/verify", json={}, timeout=PATIENCE).status_code == 503
    assert figure(url, 'trustbot_refusals_total{reason="busy"}') == 3
    # Who asks for less than an answer is served meanwhile.
    assert httpx.get(f"{url}/readyz", timeout=PATIENCE).status_code == 200
    assert httpx.get(f"{url}/api/sources", timeout=PATIENCE).status_code == 200
    assert [one.status_code for one in full()] == [200, 200]
    assert httpx.post(f"{url}/api/ask", json=QUESTION, timeout=PATIENCE).status_code == 200
    assert figure(url, "trustbot_questions_open") == 0


@pytest.mark.usefixtures("full")
def test_the_chat_says_so_and_gives_the_question_back(url: str) -> None:
    config = httpx.get(f"{url}/config").json()
    ids = {c["props"].get("elem_id"): c["id"] for c in config["components"]}
    submit = next(d for d in config["dependencies"] if [ids["tb-box"], "submit"] in d["targets"])
    sent = {"data": ["And why?", None, "", "", "", ""], "fn_index": submit["id"], "session_hash": "busy"}
    assert httpx.post(f"{url}/gradio_api/queue/join", json=sent).status_code == 200
    events = httpx.get(f"{url}/gradio_api/queue/data?session_hash=busy", timeout=PATIENCE).text
    assert words.BUSY in events
    assert '"And why?"' in events
    lines = [json.loads(line[6:]) for line in events.splitlines() if line.startswith("data: ")]
    assert next(line for line in lines if line["msg"] == "process_completed")["success"]


def test_a_place_is_free_again_however_the_work_ends(make_bot: Callable) -> None:
    service = Service(Settings(concurrency=1, waiting=0), lambda _: make_bot())
    service.keep_opening(threading.Event())
    for question in ("How?", "boom"):
        for _ in range(2):
            items = service.stream(question, (), "api")
            try:
                next(items)
            except RuntimeError:
                continue
            with pytest.raises(Busy):
                next(service.stream("How?", (), "api"))
            items.close()
    assert service.work(lambda: "done") == "done"


def test_what_needs_much_memory_is_never_worked_on_twice_at_a_time(make_bot: Callable) -> None:
    service = Service(Settings(concurrency=4), lambda _: make_bot())
    begun, go, running, most = threading.Event(), threading.Event(), 0, 0

    def run() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        begun.set()
        go.wait(PATIENCE)
        running -= 1

    with ThreadPoolExecutor(3) as pool:
        done = [pool.submit(service.work, run, alone=True) for _ in range(3)]
        assert begun.wait(PATIENCE)
        assert service.work(lambda: "meanwhile") == "meanwhile"
        go.set()
        for one in done:
            one.result(PATIENCE)
    assert most == 1


@pytest.mark.parametrize(("chat_model", "expected"), [("", 2), ("openai:any", 4)])
def test_no_more_is_worked_on_here_than_there_are_processors(
    make_bot: Callable, monkeypatch: pytest.MonkeyPatch, chat_model: str, expected: int
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    service = Service(Settings(concurrency=4, chat_model=chat_model), lambda _: make_bot())
    begun, go = threading.Semaphore(0), threading.Event()

    def run() -> None:
        begun.release()
        go.wait(PATIENCE)

    with ThreadPoolExecutor(6) as pool:
        done = [pool.submit(service.work, run) for _ in range(6)]
        assert all(begun.acquire(timeout=PATIENCE) for _ in range(expected))
        assert not begun.acquire(timeout=0.3)
        go.set()
        for one in done:
            one.result(PATIENCE)


def test_the_servers_own_work_takes_no_place_and_is_never_refused(make_bot: Callable) -> None:
    service = Service(Settings(concurrency=2, waiting=0), lambda _: make_bot())
    assert service.work(lambda: service.own_work(lambda: "done")) == "done"

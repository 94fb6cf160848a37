"""What was asked and not answered: counted by what was nearest, shown of five askers or more, without a word of it."""

from __future__ import annotations

import json
import sqlite3
import threading
from datetime import UTC, datetime

import httpx
import pytest

from trustbot.settings import Settings
from trustbot.web.feedback.unanswered import Alike, Row, UnansweredStore
from trustbot.web.server import create_app

WORD = "zebrafish"
MONDAY, TUESDAY = (datetime(2026, 11, day, 12, tzinfo=UTC) for day in (2, 3))
HTML = {"Accept": "text/html"}
LIKE = "Does trust need time?"


@pytest.fixture
def store(tmp_path):
    return UnansweredStore(tmp_path / "unanswered" / "corpus.sqlite3")


def test_only_what_five_askers_came_near_is_told(store, world):
    for number in range(5):
        store.note(world.closest(), f"address {number}", MONDAY)
        store.note(world.closest(), f"address {number}", MONDAY)  # asked twice, counted once
    for number in range(4):
        store.note(world.abstained(), f"address {number}", MONDAY)
    store.note(world.answered(), "address 1", MONDAY)
    found = store.read()
    assert found.rows == (Row("statement", "C04", "closest", 5),)
    assert found.rest == 4
    store.note(world.abstained(), "address 4", TUESDAY)
    assert store.read().rows[1:] == (Row("topic", "Feedback", "abstained", 5),)
    assert store.read("2026-11-03")[:2] == ((), 1)


def test_nothing_is_kept_that_leads_to_a_question_or_an_asker(store, world):
    store.note(world.closest(), "address 203.0.113.7", MONDAY)
    with sqlite3.connect(store.path) as db:
        [(salt,)] = db.execute("select salt from salts").fetchall()
    raw = store.path.read_bytes()
    assert b"robots" not in raw
    assert b"203.0.113.7" not in raw
    assert salt in raw
    assert store.path.stat().st_mode & 0o077 == 0
    store.note(world.closest(), "address 203.0.113.7", TUESDAY)
    assert salt not in store.path.read_bytes()
    assert store.read()[:2] == ((), 2)  # nobody can tell that both were the same


def test_what_is_asked_alike_is_counted_apart(store, world):
    for number in range(5):
        for answer in (world.closest(), world.abstained(), world.answered()):
            store.note(answer, f"address {number}", MONDAY, cluster=LIKE)
    for number in range(6):
        store.note(world.abstained(), f"address {number}", TUESDAY, cluster="")
    for number in range(4):
        store.note(world.closest(), f"address {number}", TUESDAY, cluster="Who decides?")
    store.note(world.closest(), "address 9", TUESDAY)  # no bank, no cluster
    found = store.read()
    assert found.alike == (Alike("", "abstained", 6), Alike(LIKE, "abstained", 5), Alike(LIKE, "closest", 5))
    assert found.alike_rest == 4
    assert store.read("2026-11-03").alike == (Alike("", "abstained", 6),)


def test_the_two_counts_share_no_digest_and_no_order(store, world):
    for number in (3, 1, 2):
        store.note(world.closest(), f"address {number}", MONDAY, cluster=LIKE)
    with sqlite3.connect(store.path) as db:
        nearest = {asker for (asker,) in db.execute("select asker from asked")}
        alike = [asker for (asker,) in db.execute("select asker from alike")]
    assert len(nearest | set(alike)) == 6
    assert alike == sorted(alike)


def test_a_file_of_an_earlier_version_is_read_and_goes_on(store, world):
    store.note(world.closest(), "address 1", MONDAY)
    with sqlite3.connect(store.path) as db:
        db.execute("drop table alike")
    assert store.read() == ((), 1, (), 0)
    store.note(world.closest(), "address 1", MONDAY, cluster=LIKE)
    assert store.read() == ((), 1, (), 1)


def test_threads_count_each_asker_once(store, world):
    def ask(number):
        store.note(world.closest(), f"address {number % 6}", MONDAY)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.read().rows[0].askers == 6


def test_a_file_that_cannot_be_used_spoils_no_answer(store, world, caplog):
    store.path.parent.mkdir()
    store.path.write_bytes(b"no database at all" * 100)
    store.note(world.closest(), "address 1", MONDAY)
    assert "could not be counted" in caplog.text


def test_every_channel_counts_and_the_page_is_for_who_may_read_figures(make_bot, serve_app, wait_until, tmp_path):
    settings = Settings(data_dir=tmp_path, metrics_token="figures")
    question = f"Do robots trust {WORD}?"
    bot = make_bot()
    bot.grid = lambda text: LIKE if "robots" in text else ""
    with serve_app(create_app(settings, lambda _: bot)) as url:
        wait_until(f"{url}/api/sources")
        for number in range(5):
            outside = {"X-Forwarded-For": f"203.0.113.{number}"}
            if number % 2:
                body = {"messages": [{"role": "user", "content": question}]}
                httpx.post(f"{url}/v1/chat/completions", json=body, headers=outside)
            else:
                httpx.post(f"{url}/api/ask", json={"question": question}, headers=outside)
        told = httpx.get(f"{url}/unanswered").json()
        page = httpx.get(f"{url}/es/unanswered", headers=HTML)
        outside = {"X-Forwarded-For": "203.0.113.9"}
        assert httpx.get(f"{url}/unanswered", headers=outside).status_code == 403
        token = {**outside, "Authorization": "Bearer figures"}
        assert httpx.get(f"{url}/unanswered", headers=token).json() == told
    [row] = told["rows"]
    assert (row["kind"], row["nearest"], row["outcome"], row["askers"]) == ("statement", "C04", "closest", 5)
    assert row["text"].startswith("When trust is established early")
    assert row["text"] in page.text
    assert "<td>5</td>" in page.text
    assert told["alike"] == [{"question": LIKE, "outcome": "closest", "askers": 5}]
    assert f'<td lang="en">{LIKE}</td>' in page.text
    assert WORD not in json.dumps(told) + page.text
    assert WORD.encode() not in b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())


def test_it_can_be_switched_off(make_bot, serve_app, wait_until, tmp_path):
    settings = Settings(data_dir=tmp_path, count_unanswered=False)
    with serve_app(create_app(settings, lambda _: make_bot())) as url:
        wait_until(f"{url}/api/sources")
        httpx.post(f"{url}/api/ask", json={"question": "robots"})
    assert not settings.unanswered_file.exists()


def test_the_command(store, world, run, tmp_path, monkeypatch):
    for number in range(6):
        store.note(world.abstained(), f"address {number}", TUESDAY, cluster="")
    monkeypatch.setattr(Settings, "unanswered_file", store.path)
    code, out, err = run("unanswered")
    assert (code, err) == (0, "")
    assert "    6  Feedback (Not covered)" in out
    assert "    6  Like no question of the bank (Not covered)" in out
    assert json.loads(run("unanswered", "--json").out)["rows"][0]["askers"] == 6
    assert json.loads(run("unanswered", "--json", "--since", "2026-11-04").out)["rows"] == []
    assert run("unanswered", "--since", "yesterday").code == 2

"""How the page comes up: what it is told to fetch is what it needs, and `trustbot bench --page` measures it."""

from __future__ import annotations

import re
import time
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Route

from trustbot.errors import TrustbotError
from trustbot.evals import visits

HINT = re.compile(r'<link rel="(?:modulepreload|preload)"[^>]* href="\./(assets/[^"]*)">')


def test_what_is_hinted_is_what_is_loaded_without_hints(live, browser):
    context = browser.new_context()
    context.set_default_timeout(180_000)
    page = context.new_page()
    asked: list[str] = []
    hinted: list[str] = []

    def strip(route: Route) -> None:
        response = route.fetch()
        text = response.text()
        hinted.extend(HINT.findall(text))
        route.fulfill(response=response, body=HINT.sub("", text))

    page.on("request", lambda request: asked.append(urlsplit(request.url).path.lstrip("/")))
    page.route(f"{live}/", strip)
    page.goto(live)
    page.locator("#tb-box textarea").wait_for()
    end = time.monotonic() + 180
    while set(hinted) - set(asked) and time.monotonic() < end:  # a slow machine asks for the last ones late
        page.wait_for_timeout(100)
    page.wait_for_timeout(1500)
    told = set(re.findall(r'(?:src|href)="\./(assets/index-[^"]*)"', page.content()))
    context.close()
    needed = {path for path in asked if path.startswith("assets/")} - told
    assert len(needed) > 30
    assert set(hinted) - needed == set(), "a hint that nothing asks for costs a reader on a phone"
    assert needed - set(hinted) == set(), "what comes in turn costs a round trip"


def test_nothing_is_fetched_twice(live, visit):
    seen = visit(live)
    seen.ready()
    seen.page.wait_for_timeout(1500)
    files = [r for r in seen.requests if "/assets/" in r or "/ui" in r]
    assert len(files) == len(set(files)) > 30


def test_a_page_is_measured_cold_and_again(live, browser):
    question = "How does direct observation build trust?"
    first, second = visits.visit_twice(browser, live, question, visits.DESKTOP)
    for seen in (first, second):
        assert 0 < seen.painted_ms < seen.answered_ms
        assert 0 < seen.usable_ms < seen.answered_ms
    assert second.requests < first.requests / 3, "files come from the browser's cache"
    assert second.received_kib < first.received_kib / 3


def test_a_slow_phone_is_slower(live, browser, monkeypatch):
    # While an answer is late, the page asks for a sign of life and puts its question again, which is nothing it loads.
    count = visits._Traffic.sent
    monkeypatch.setattr(
        visits._Traffic,
        "sent",
        lambda self, event: (
            event["request"]["method"] == "GET"
            and "/readyz" not in event["request"]["url"]
            and "/gradio_api/queue" not in event["request"]["url"]
            and count(self, event)
        ),
    )
    question = "How does direct observation build trust?"
    slow = visits.Profile("slow", 390, 844, down=2e6, up=1e6, latency_ms=400)
    (here, _), (there, _) = (visits.visit_twice(browser, live, question, p) for p in (visits.DESKTOP, slow))
    # Not how fast: only that page, script and answer each waited for the network that was asked for.
    assert there.painted_ms > 400
    assert there.answered_ms - there.painted_ms > 800
    assert there.requests == here.requests


def test_a_page_that_does_not_come_up_is_one_sentence(browser, monkeypatch):
    monkeypatch.setattr(visits, "TIMEOUT_MS", 2000)
    with pytest.raises(TrustbotError, match=r"could not be used \(.*\)\. Open it to see why\.$"):
        visits.visit_twice(browser, "http://127.0.0.1:9", "?", visits.DESKTOP)

"""Links to a question: what they hold, what is read from them, and that nobody can put anything else into the page."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot.settings import Settings
from trustbot.types import Query
from trustbot.web.i18n import words
from trustbot.web.pages.sharing import LINK_LIMIT, Shared, boot_data, link_query, read, standalone
from trustbot.web.server import create_app
from trustbot.web.service import Service

LIMIT = 300
HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!--<script>",
    '"}; alert(1); {"',
    "a & b < c > d ' \" \\ / \\u003c",
    "line\u2028separator\u2029paragraph",
    "[click](javascript:alert(1)) **bold**",
)


@pytest.fixture(scope="module")
def service(make_bot: Any) -> Service:
    made = Service(Settings(question_limit=LIMIT), lambda _: make_bot())
    assert made.keep_opening(threading.Event())
    return made


@pytest.fixture(scope="module")
def url(make_bot: Any, serve_app: Callable, wait_until: Callable) -> Iterator[str]:
    with serve_app(create_app(Settings(question_limit=LIMIT), lambda _: make_bot())) as address:
        wait_until(f"{address}/")
        yield address


def asked(text: str) -> Query:
    return Query(text, text)


def test_a_link_asks_what_was_asked(service: Service) -> None:
    link = link_query(asked("How does trust help? 100 % & more+"), service.bot.corpus)
    assert link is not None
    assert link.isascii()
    assert not set(link) & set(" <>\"'%&") - set("%&")
    assert read(link, service) == read(link.removeprefix("?").encode(), service)
    assert read(link, service) == Shared("How does trust help? 100 % & more+")


@given(text=st.text(st.characters(exclude_categories=("Cc", "Cs", "Co")), max_size=120))
def test_every_question_survives_its_link(service: Service, text: str) -> None:
    link = link_query(asked(text), service.bot.corpus)
    assert link is not None
    shared = read(link, service)
    import unicodedata

    flat = " ".join(unicodedata.normalize("NFC", text).split())
    if any(c.isalnum() for c in flat) and len(flat) <= LIMIT:
        assert shared == Shared(flat)
    else:
        assert shared.problem


@pytest.mark.parametrize(
    ("query", "text"),
    [
        (Query("why does trust matter?", "why does trust matter?"), "why does trust matter?"),
        (Query("why?", "Why does trust help?", {"why?": "Why does trust help?"}), "Why does trust help?"),
        (Query("why", "why trust helps", {"why": "why trust helps"}), "why trust helps"),
        (
            Query("and the second one?", "and the second one?", {"second one": "“Trust helps”"}),
            "and the “Trust helps”?",
        ),
        (Query("who (1)?", "who (1)?", {"(1)": "“a \\1 b”"}), "who “a \\1 b”?"),
    ],
)
def test_a_follow_up_is_linked_as_a_question_that_stands_alone(query: Query, text: str) -> None:
    assert standalone(query) == text


def test_a_question_too_long_for_a_link_has_none(service: Service) -> None:
    assert link_query(asked("ä" * LINK_LIMIT), service.bot.corpus) is None
    link = link_query(asked("a" * (LINK_LIMIT - 60)), service.bot.corpus)
    assert link is not None
    assert len(link) <= LINK_LIMIT


@pytest.mark.parametrize(
    "address", ["", "?", "?utm_source=mail&__theme=dark", "v=2026.11", "Q=a", "&&=&", "%71%", "xq=1"]
)
def test_an_address_without_a_question_is_no_link(service: Service, address: str) -> None:
    assert read(address, service) == Shared()
    assert boot_data(read(address, service)) == ""


@pytest.mark.parametrize(
    "address", ["q=Why%3F&utm_source=mail&__theme=dark", "fbclid=%zz&q=Why%3F", "%71=Why?", "?q=Why?"]
)
def test_parameters_of_others_are_passed_over(service: Service, address: str) -> None:
    assert read(address, service) == Shared("Why?")


BROKEN = {
    "q=%": words.SHARED_BROKEN,
    "q=Why%zz": words.SHARED_BROKEN,
    "q=Why%2": words.SHARED_BROKEN,
    "q=%ff%fe": words.SHARED_BROKEN,
    "q=%c0%80": words.SHARED_BROKEN,
    "q=%ed%a0%80": words.SHARED_BROKEN,
    "q=Why%00": words.SHARED_BROKEN,
    "q=Why%1b%5b31m": words.SHARED_BROKEN,
    "q=Why?&v=%ff": words.SHARED_BROKEN,
    "q=Why?&v=1&v=2": words.SHARED_BROKEN,
    "q=Why?&v=1%0a2": words.SHARED_BROKEN,
    "q=Why?&c=" + "a" * 200: words.SHARED_BROKEN,
    "q=": words.SHARED_EMPTY,
    "q": words.SHARED_EMPTY,
    "q=+%20+": words.SHARED_EMPTY,
    "q=%3F%3F": words.SHARED_EMPTY,
    "q=a&q=b": words.SHARED_SEVERAL,
    "q=a&q=": words.SHARED_SEVERAL,
    "q=" + "a" * (LIMIT + 1): words.SHARED_TOO_LONG.format(limit=LIMIT),
    "q=" + "%20a" * 50_000: words.SHARED_TOO_LONG.format(limit=LIMIT),
}


@pytest.mark.parametrize("address", BROKEN, ids=[a[:24] for a in BROKEN])
def test_a_malformed_link_is_one_sentence_and_asks_nothing(service: Service, address: str) -> None:
    for given_as in (address, address.encode()):
        shared = read(given_as, service)
        assert shared == Shared(problem=BROKEN[address])
        assert shared.problem.endswith(".")


def test_a_link_from_another_version_is_asked_and_says_so(service: Service, make_bot: Any) -> None:
    corpus = service.bot.corpus
    link = link_query(asked("Why?"), replace(corpus, version="2026.1"))
    assert link is not None
    shared = read(link, service)
    assert shared.question == "Why?"
    assert shared.note == words.SHARED_VERSION.format(made="2026.1", served=corpus.version)


def test_a_link_to_other_sources_asks_nothing_and_loses_nothing(service: Service) -> None:
    link = link_query(asked("Why?"), replace(service.bot.corpus, id="surgery"))
    assert link is not None
    shared = read(link, service)
    assert (shared.question, shared.draft) == ("", "Why?")
    assert "surgery" in shared.problem


@given(data=st.binary(max_size=200))
def test_any_bytes_are_handled(service: Service, data: bytes) -> None:
    for raw in (data, b"q=" + data, b"q=a&v=" + data, b"q=" + quote(data).encode()):
        shared = read(raw, service)
        assert not (shared.question and shared.problem)
        block = boot_data(shared)
        assert block.count("<") == (2 if block else 0)


@given(text=st.text(max_size=200))
def test_any_text_is_handled(service: Service, text: str) -> None:
    read(text, service)
    read(f"q={text}", service)


@pytest.mark.parametrize("question", HOSTILE)
def test_no_question_is_markup_in_the_page(url: str, service: Service, question: str) -> None:
    plain = httpx.get(f"{url}/")
    link = link_query(asked(question), service.bot.corpus)
    page = httpx.get(f"{url}/{link}")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    blocks = re.findall(r'<script type="application/json" id="tb-shared">(.*?)</script>', page.text, re.DOTALL)
    assert len(blocks) == 1
    assert not set(blocks[0]) & set("<>&\u2028\u2029")
    told = json.loads(blocks[0])
    assert told["question"] == " ".join(question.split())
    # Nothing but that block is another element than without a link, and nothing more may run.
    assert page.headers["content-security-policy"] == plain.headers["content-security-policy"]
    assert page.text.count("<") == plain.text.count("<") + 2
    assert page.text.count("<script") == plain.text.count("<script") + 1


def test_a_page_without_a_link_has_no_block(url: str) -> None:
    assert "tb-shared" not in httpx.get(f"{url}/").text
    assert "tb-shared" not in httpx.get(f"{url}/?__theme=dark&utm_source=x").text


@pytest.mark.parametrize("address", [a for a in BROKEN if len(a) < 2_000])
def test_a_malformed_link_opens_the_chat_with_a_sentence(url: str, address: str) -> None:
    page = httpx.get(f"{url}/?{address}")
    assert page.status_code == 200
    block = re.search(r'id="tb-shared">(.*?)</script>', page.text)
    assert block is not None
    assert json.loads(block[1])["problem"] == BROKEN[address]


@pytest.mark.parametrize("address", ["/?page=2", "/?page=", "/widget?page=x", "/es/?page=2", "/?deep_link=x&view=y"])
def test_what_gradio_would_read_in_an_address_changes_nothing(url: str, address: str) -> None:
    page = httpx.get(url + address)
    assert page.status_code == 200
    assert "window.gradio_config" in page.text


def test_asking_only_for_the_head_of_a_linked_page_works(url: str) -> None:
    response = httpx.head(f"{url}/?q=Why%3F&v=1")
    assert response.status_code == 200
    assert response.text == ""

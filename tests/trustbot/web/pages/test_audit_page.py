"""The audit on the web: the same statements as a page and as JSON, and one sentence for a filter that is none."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from html.parser import HTMLParser

import httpx
import pytest

from trustbot.corpus.audit import Filter, audit_to_dict
from trustbot.presentation import wording
from trustbot.settings import Settings
from trustbot.types import Corpus
from trustbot.web.http.schemas import AuditListBody
from trustbot.web.i18n import words
from trustbot.web.pages.audit_page import audit_page
from trustbot.web.server import create_app


def without_theme(page: str) -> str:
    """A page without the one script that reads which colours the reader chose."""
    return re.sub(r'<script src="[^"]*theme\.js"[^>]*></script>', "", page)


HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'


@pytest.fixture(scope="module")
def served(index, make_bot, serve_app, wait_until):
    """Address of a server over the default corpus."""
    bot = make_bot()
    bot.corpus = index.corpus
    with serve_app(create_app(Settings(), lambda _: bot)) as url:
        wait_until(f"{url}/readyz")
        yield url


def shown_ids(page: str) -> list[str]:
    return re.findall(r'<tr class="[^"]*" id="(C\d+)"', page)


def plain(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", page))


def test_the_page_holds_every_claim_with_its_words_number_and_notice(served, index):
    response = httpx.get(f"{served}/audit")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in response.headers["content-security-policy"]
    rows = dict(re.findall(r'<tr class="[^"]*" id="(C\d+)" role="row">(.*?)</tr>', response.text))
    assert list(rows) == [a.claim_id for a in index.corpus.audits]
    for audit in index.corpus.audits:
        row = plain(rows[audit.claim_id])
        source = index.corpus.numbered(audit.reference)
        assert f"“{audit.quote}”" in row
        assert re.search(rf'<span class="num">{audit.reference}</span>', rows[audit.claim_id])
        assert wording.badge(source) in row
        assert wording.checked(audit.check) in row
        assert audit.reason in row
        assert audit.direction in row
        assert source.study.learners in row
        assert audit.notice is None or audit.notice in row


def test_it_needs_no_script_and_nothing_from_elsewhere(served):
    page = httpx.get(f"{served}/audit").text
    assert "<script" not in without_theme(page)
    loaded = re.findall(r'<(?:link|img)[^>]*(?:href|src)="([^"]*)"', page)
    assert loaded
    assert not [address for address in loaded if "://" in address]
    for address in loaded:
        assert httpx.get(f"{served}/{address}").status_code == 200


def test_its_markup_is_closed_and_no_id_is_given_twice(served):
    class Reader(HTMLParser):
        def __init__(self):
            super().__init__()
            self.open, self.ids = [], []

        def handle_starttag(self, tag, attributes):
            if tag not in ("meta", "link", "br"):
                self.open.append(tag)
            self.ids += [value for name, value in attributes if name == "id"]

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    reader = Reader()
    reader.feed(httpx.get(f"{served}/audit").text)
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids)) == 31


def test_counts_stand_at_the_top_and_each_is_a_way_to_filter(served):
    page = httpx.get(f"{served}/audit").text
    top = plain(page[: page.index("<table")])
    for told in ("All 30", "✓ Supported 15", "◐ Only partly supported 14", "○ Not confirmed 1", "✕ Contradicted 0"):
        assert told in " ".join(top.split())
    assert "30 of 30 statements shown" in top
    links = [html.unescape(a) for a in re.findall(r'href="(audit\?[^"]*)"', page)]
    assert len(links) == 9
    for link in links:
        filtered = httpx.get(f"{served}/{link}")
        assert filtered.status_code == 200
        assert filtered.text.count('aria-current="true"') == 2


def test_filters_hold_together(served):
    page = httpx.get(f"{served}/audit", params={"check": "partly", "reference": "2"}).text
    assert shown_ids(page) == ["C03", "C04", "C12", "C21", "C22"]
    assert "5 of 30 statements shown: only partly supported, reference 2" in page
    assert 'href="audit?check=partly&amp;reference=3"' in page
    assert 'href="audit?reference=2"' in page
    assert shown_ids(httpx.get(f"{served}/audit?check=contradicted").text) == []
    assert shown_ids(httpx.get(f"{served}/audit?check=&reference=5").text) == ["C20"]


@pytest.mark.parametrize(
    "query", [{"check": HOSTILE}, {"reference": HOSTILE}, {"reference": "6"}, {"check": "x" * 900}]
)
def test_a_filter_that_is_none_is_said_above_all_statements(served, query):
    response = httpx.get(f"{served}/audit", params=query)
    assert response.status_code == 400
    assert re.search(r'role="alert">[^<]{20,200}\.</p>', response.text)
    assert "<script" not in without_theme(response.text)
    assert "<img" not in response.text
    assert len(shown_ids(response.text)) == 30


def test_the_page_is_read_only(served):
    assert httpx.head(f"{served}/audit").status_code == 200
    refused = httpx.post(f"{served}/audit")
    assert refused.status_code == 405
    assert refused.headers["content-type"] == "application/problem+json"


def test_until_there_is_a_corpus_the_page_waits(make_bot, serve_app, wait_until):
    def broken(_):
        raise RuntimeError("boom")

    with serve_app(create_app(Settings(), broken)) as url:
        wait_until(f"{url}/readyz", 503)
        response = httpx.get(f"{url}/audit")
    assert response.status_code == 503
    assert response.headers["retry-after"] == "2"
    assert "boom" not in response.text


def test_the_api_gives_the_same_statements(served, index):
    whole = httpx.get(f"{served}/api/audit")
    assert whole.status_code == 200
    assert whole.json() == audit_to_dict(index.corpus, Filter())
    AuditListBody.model_validate(whole.json(), extra="forbid")
    some = httpx.get(f"{served}/api/audit", params={"check": "not visible", "reference": "4"}).json()
    assert [s["claim"] for s in some["statements"]] == ["C11"]
    assert some["statements"][0]["notice"]


@pytest.mark.parametrize("query", ["check=maybe", "reference=6", "reference=four", "check=partly&reference=1e9"])
def test_the_api_says_what_is_wrong_with_a_filter(served, query):
    response = httpx.get(f"{served}/api/audit?{query}")
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert "Choose" in response.json()["detail"]


def test_the_chat_leads_to_the_page(index):
    from trustbot.web.pages import front

    header = front.header(index.corpus, "2026-11-22T10:00:00Z")
    assert f'<a href="audit" target="_blank" rel="noopener">{words.AUDIT_LINK}</a>' in header
    assert words.AUDIT_LINK not in front.header(replace(index.corpus, audits=()), "2026-11-22T10:00:00Z")


def test_a_corpus_without_an_audit_or_an_article_says_so(index):
    works = tuple(s for s in index.corpus.sources if s.kind == "work")
    bare: Corpus = replace(index.corpus, audits=(), sources=works)
    page = audit_page(bare, Filter())
    assert wording.AUDIT_NONE in page
    assert "<table" not in page
    assert "<nav aria-label" not in page
    assert bare.title in page


def test_what_the_corpus_says_is_only_text(index):
    audit = replace(index.corpus.audits[0], reason=HOSTILE, notice=HOSTILE, direction=HOSTILE)
    page = audit_page(replace(index.corpus, audits=(audit,)), Filter())
    assert "<script" not in without_theme(page)
    assert "<img" not in page
    assert html.escape(HOSTILE) in page

"""The page to browse: the article word for word, each check beside its statement, the works; and every other corpus."""

from __future__ import annotations

import html
import itertools
import re
from dataclasses import replace
from html.parser import HTMLParser

import httpx
import pytest

from trustbot.corpus.audit import tally
from trustbot.presentation import wording
from trustbot.settings import Settings
from trustbot.types import ARTICLE, Corpus, Document, Source, Terms, sha256_text
from trustbot.web.i18n import words
from trustbot.web.pages.browse.article import lay_out
from trustbot.web.pages.browse.asking import Offered, address, questions
from trustbot.web.pages.browse.page import browse_page
from trustbot.web.pages.browse.works import PER_PAGE, card_address, pages
from trustbot.web.pages.evidence_view import CHECK_CLASS
from trustbot.web.server import create_app


def without_theme(page: str) -> str:
    """A page without the one script that reads which colours the reader chose."""
    return re.sub(r'<script src="[^"]*theme\.js"[^>]*></script>', "", page)


BUILT = "2026-11-22T10:00:00Z"
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
NONE = Offered({}, True)


@pytest.fixture(scope="module")
def everything(index) -> Offered:
    """Every question that could be offered; which are is `asking`'s matter."""
    return Offered(dict(questions(index.corpus)), True)


@pytest.fixture(scope="module")
def page(index, everything) -> str:
    return browse_page(index.corpus, BUILT, everything)


@pytest.fixture(scope="module")
def served(index, make_bot, serve_app, wait_until):
    """Address of a server over the default corpus."""
    bot = make_bot()
    bot.corpus = index.corpus
    with serve_app(create_app(Settings(), lambda _: bot)) as url:
        wait_until(f"{url}/")  # ready comes first, the chat after it
        yield url


def plain(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def rows(page: str) -> dict[str, str]:
    """The block around each statement, by its claim."""
    parts = re.split(r'(?=<(?:li|div) class="row)', page[: page.index('class="all-works"')])
    return {m[1]: part for part in parts for m in [re.search(r'id="(C\d+)"', part)] if m}


def cards(page: str) -> dict[str, str]:
    return dict(re.findall(r'<section class="work" id="work-(\d+)">(.*?)</section>', page))


class Reader(HTMLParser):
    """Checks that markup is closed, and keeps its ids, links and headings."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.headings: list[int] = []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given["href"]] if tag == "a" else []
        self.headings += [int(tag[1])] if re.fullmatch(r"h[1-6]", tag) else []

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    return reader


def test_beside_each_statement_stand_its_number_its_check_and_who_trusts_whom(page, index):
    shown = rows(page)
    assert list(shown) == [a.claim_id for a in index.corpus.audits]
    for audit in index.corpus.audits:
        row = shown[audit.claim_id]
        said = re.search(r'<span class="said" id="[^"]*">(.*?)</span>', row)
        assert said
        assert html.unescape(said[1]) == audit.quote
        assert f'<span class="printed"> [{audit.reference}]</span>' in row
        assert f'href="#work-{audit.reference}"' in row
        assert f"{wording.CHECK_MARK[audit.check]} {wording.checked(audit.check)}" in plain(row)
        assert f'class="row noted {CHECK_CLASS[audit.check]}"' in row
        assert f"{words.DIRECTION}: {audit.direction}" in plain(row)
        assert f'href="audit#{audit.claim_id}"' in row
        assert audit.notice is None or audit.notice in plain(row)


def test_each_statement_that_is_answered_can_be_asked_about_and_no_other(index, everything):
    for chunk in (c for c in index.corpus.chunks if c.claim_id):
        left = {k: q for k, q in everything.questions.items() if k != chunk.id}
        without = rows(browse_page(index.corpus, BUILT, Offered(left, True)))
        href = f'href="{html.escape(address(everything.questions[chunk.id]))}"'
        assert [claim for claim, row in without.items() if 'class="ask"' not in row] == [chunk.claim_id]
        assert href in rows(browse_page(index.corpus, BUILT, everything))[chunk.claim_id]
        if chunk.claim_id == "C03":
            break


def test_the_article_is_whole_and_in_its_order_without_menus(page, index):
    article = page[page.index('<article class="reading">') : page.index("</article>")]
    text = plain(re.sub(r'<div class="notes">.*?</div></div>|<p class="ways">.*?</p>', "", article))
    stored = index.corpus.document(ARTICLE).text
    place = 0
    for chunk in sorted(index.corpus.chunks, key=lambda c: c.start):
        if chunk.document_id == ARTICLE and chunk.kind != "page":
            place = text.index(" ".join(chunk.text.split()), place)
    for heading in re.findall(r"^#{2,} (.*)$", stored, re.MULTILINE):
        assert (heading in text) is (
            heading not in ("Personalize", "Help us tailor your experience", "Have a follow-up question?")
        )
    for menu in ("Which best describes you?", "world-class"):
        assert menu in stored
        assert menu not in page


def test_what_the_page_says_of_itself_stands_apart(page):
    itself = plain(page[page.index('class="itself"') :])
    for line in ("Medical Advisory Board", "Article Review Status", "Under Review", "Last updated: August 18, 2025"):
        assert line in itself
    article = page[page.index("<article") : page.index("</article>")]
    assert "Medical Advisory Board" not in article


def test_an_unnumbered_statement_says_so(page):
    article = page[page.index("<article") : page.index("</article>")]
    closing = article[article.index("By prioritizing trust-building") :]
    assert words.BROWSE_UNNUMBERED in closing[: closing.index("</div></div>")]


def test_each_work_has_its_record_its_counts_and_its_note(page, index, everything):
    shown = cards(page)
    works = sorted((s for s in index.corpus.sources if s.kind != "help"), key=lambda s: s.number)
    assert len(works) == len(index.corpus.sources) - 1, "the help text is none"
    assert list(shown) == [str(s.number) for s in works]
    assert "documents/help" not in page
    for source in works:
        card, told = shown[str(source.number)], plain(shown[str(source.number)])
        assert all(
            fact in told for fact in (source.title, source.licence, wording.badge(source), *source.open_questions)
        )
        assert all(author in told for author in source.authors)
        assert source.doi is None or f'href="https://doi.org/{source.doi}"' in card
        for document in (d for d in index.corpus.documents if d.source_id == source.id and d.kind != "record"):
            assert f'href="documents/{document.id}"' in card
        if source.kind == "guidance":
            continue
        for check, count in tally([a for a in index.corpus.audits if a.reference == source.number]).items():
            query = re.escape(f"audit?check={check.replace(' ', '+')}&amp;reference={source.number}")
            link = re.search(f'href="{query}">(.*?)</a>', card)
            assert (link is not None) is (count > 0)
            assert link is None or str(count) in plain(link[1])
        assert html.escape(address(everything.questions[source.number])) in card


def test_the_marks_are_explained_and_counted_and_lead_to_the_table(page):
    checks = page[page.index('<section class="checks">') : page.index("<article")]
    told = plain(checks)
    for mark in (
        "✓ Supported 15 of 30",
        "◐ Only partly supported 14 of 30",
        "○ Not confirmed 1 of 30",
        "✕ Contradicted 0 of 30",
    ):
        assert mark in told
    assert re.search(r'<a class="table-link" href="audit">All 30 checks in one table</a>', checks)


def test_one_heading_of_the_first_level_none_skipped_and_every_link_arrives(page, served):
    reader = read(page)
    assert reader.headings.count(1) == 1
    main = reader.headings
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(main))
    assert len(reader.ids) == len(set(reader.ids))
    other_languages = set(read(page[page.index('<nav class="languages"') : page.index('<header id="tb-dis')]).links)
    for link in set(reader.links) - other_languages:
        if link.startswith("#"):
            assert link[1:] in reader.ids
        elif not link.startswith(("https://", "./")):
            assert httpx.get(f"{served}/{link}", follow_redirects=True).status_code == 200


def test_it_is_served_read_only_without_script_and_loads_only_what_is_here(served):
    response = httpx.get(f"{served}/browse", timeout=30)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in response.headers["content-security-policy"]
    assert "<script" not in without_theme(response.text)
    loaded = re.findall(r'<(?:link rel="(?:icon|stylesheet)"|img)[^>]*(?:href|src)="([^"]*)"', response.text)
    assert len(loaded) == 4
    for loading in loaded:
        assert "://" not in loading
        assert httpx.get(f"{served}/{loading}").status_code == 200
    assert httpx.head(f"{served}/browse").status_code == 200
    refused = httpx.post(f"{served}/browse")
    assert refused.status_code == 405
    assert refused.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("page", ["0", "-1", "99", "x", "²", "9" * 40, HOSTILE])
def test_a_page_that_is_none_shows_the_nearest(served, page):
    response = httpx.get(f"{served}/browse", params={"page": page}, timeout=30)
    assert response.status_code == 200
    assert "<script" not in without_theme(response.text)
    assert list(cards(response.text)) == list("123456")


def test_until_there_is_a_corpus_the_page_waits(serve_app, wait_until):
    def broken(_):
        raise RuntimeError("boom")

    with serve_app(create_app(Settings(), broken)) as url:
        wait_until(f"{url}/readyz", 503)
        response = httpx.get(f"{url}/browse")
    assert response.status_code == 503
    assert response.headers["retry-after"] == "2"
    assert "boom" not in response.text


def test_while_questions_are_tried_the_page_says_so(index, page):
    unfinished = browse_page(index.corpus, BUILT, Offered({}, False))
    assert f'role="status">{words.BROWSE_TRYING}' in unfinished
    assert 'class="ask"' not in unfinished
    assert words.BROWSE_TRYING not in page


def test_a_corpus_without_an_audit_shows_the_article_and_the_numbers(index, everything):
    page = browse_page(replace(index.corpus, audits=()), BUILT, everything)
    read(page)
    article = page[page.index("<article") : page.index("</article>")]
    assert article.count('class="num-link"') == 30
    assert article.count('class="ask"') == 31
    assert "audit" not in article
    assert 'class="check ' not in page
    assert words.BROWSE_UNNUMBERED not in page


def test_a_text_that_may_not_be_passed_on_is_not_shown(index, everything):
    documents = tuple(replace(d, terms=Terms(ship=False)) for d in index.corpus.documents)
    page = browse_page(replace(index.corpus, documents=documents), BUILT, everything)
    read(page)
    assert "<article" not in page
    assert words.BROWSE_HIDDEN in page
    assert "Trust provides an environment of hope" not in page
    assert "Medical Advisory Board" not in page
    assert list(cards(page)) == list("123456")


def many(count: int) -> Corpus:
    """A corpus of documents without a guidance."""
    sources, documents = [], []
    for n in range(1, count + 1):
        text = f"Text {n}."
        sources.append(Source(f"s{n}", n, f"Work {n}", (), None, None, f"https://e.org/{n}", "CC0"))
        documents.append(
            Document(f"d/{n}", f"s{n}", "full text", f"Document {n}", "text/plain", "CC0", text, sha256_text(text))
        )
    return Corpus("many", "Many", "Scope.", "1", "en", "Disclaimer.", tuple(sources), tuple(documents), ())


def test_a_corpus_of_documents_is_listed_by_work_page_after_page():
    corpus = many(2 * PER_PAGE + 5)
    assert pages(corpus) == 3
    seen = []
    for number in (1, 2, 3):
        page = browse_page(corpus, BUILT, NONE, number)
        read(page)
        seen += list(cards(page))
        assert ("page=1#works" in page, "page=3#works" in page) == (number == 2, number == 2)
        assert "<article" not in page
        for source in corpus.sources:
            place, _, anchor = card_address(source.number, corpus).partition("#")
            asked = f"?page={number}" if number > 1 else ""
            assert (f'id="{anchor}"' in page) is (place == (f"browse{asked}" if asked else ""))
    assert seen == [str(s.number) for s in corpus.sources]
    assert 'href="documents/d%2F7"' in browse_page(corpus, BUILT, NONE)
    assert "Works 101 to 200 of 205" in browse_page(corpus, BUILT, NONE, 2)


def test_a_short_corpus_of_documents_needs_no_pages():
    page = browse_page(many(2), BUILT, NONE)
    assert plain(page).count("Work 1") == 1
    assert "page=" not in page
    assert words.BROWSE_WORKS_LEAD in page


def test_an_article_of_plain_text_and_paragraphs_with_several_statements_is_laid_out(world):
    text = "First part [2].\nSecond part. [4]\n\n- An item\n  goes on [2]\n\nLast words.\n"
    stored = replace(world.corpus.document(ARTICLE), text=text, content_hash=sha256_text(text), media_type="text/plain")
    model = world.corpus.chunks[0]

    def chunk(words: str, reference: int | None, kind: str = "statement"):
        start = text.index(words)
        return replace(
            model, id=words, text=words, start=start, end=start + len(words), sentences=(), reference=reference,
            kind=kind, headings=(), claim_id=None,
        )  # fmt: skip

    chunks = (
        chunk("First part", 2),
        chunk("Second part.", 4),
        chunk("An item\n  goes on", 2),
        chunk("Last words.", None, "prose"),
    )
    notes = tuple(d for d in world.corpus.documents if d.id != ARTICLE)
    corpus = replace(world.corpus, documents=(stored, *notes), chunks=chunks, audits=())
    laid = lay_out(stored, corpus)
    assert [(b.tag, len(b.chunks)) for b in laid.blocks] == [("p", 2), ("li", 1), ("p", 0), ("p", 1)]
    page = browse_page(corpus, BUILT, Offered({c.id: "Q?" for c in chunks}, True))
    read(page)
    article = page[page.index("<article") : page.index("</article>")]
    assert article.count('class="note"') == 3
    assert article.count('class="ask"') == 4
    assert "goes on" in plain(article)


def test_what_the_corpus_says_is_only_text(index, everything):
    audits = (replace(index.corpus.audits[0], notice=HOSTILE, direction=HOSTILE), *index.corpus.audits[1:])
    sources = tuple(
        replace(
            s, title=HOSTILE, authors=(HOSTILE,), licence=HOSTILE, open_questions=(HOSTILE,), address="javascript:x()"
        )
        for s in index.corpus.sources
    )
    page = browse_page(replace(index.corpus, audits=audits, sources=sources), BUILT, everything)
    read(page)
    assert "<script" not in without_theme(page)
    assert "<img" not in page
    assert 'javascript:x()"' not in page
    assert html.escape(HOSTILE) in page

"""A quoted place in its document: the version that was quoted, marked to the letter, inert, and never another one."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot.index.documents import DocumentVersion, find_version, keep_documents
from trustbot.settings import Settings
from trustbot.types import Document, Terms, sha256_text
from trustbot.web.http.schemas import DocumentVersionBody, ProblemBody
from trustbot.web.pages.document_page import document_link, document_page, stored_text
from trustbot.web.pages.evidence_view import evidence, in_context
from trustbot.web.pages.stored import Place
from trustbot.web.server import create_app

OLD_ARTICLE = "# Guidance on trust\n\n- Direct observation is <b>crucial</b> & builds trust [4]\n- Another line\n"
GONE = "Nobody quotes this\r\nany more.\r\n"
CLOSED = " ".join(f"word{i}" for i in range(400))


def document(name, text, media_type="text/markdown", **more):
    made = Document(name, "guidance", "article", f"<i>{name}</i>", media_type, "L & co", text, sha256_text(text))
    return replace(made, **more)


STORED = [
    document("article", OLD_ARTICLE),
    document("gone/with slash", GONE, "text/plain"),
    document("closed", CLOSED, terms=Terms(20, False, "https://example.org/licence")),
]
ARTICLE, GONE_ONE, CLOSED_ONE = (d.content_hash for d in STORED)


@pytest.fixture(scope="module")
def index_dir(world, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored") / "index"
    folder.mkdir()
    keep_documents(
        folder,
        replace(world.corpus, documents=tuple(STORED)),
        "v-20260101T000000000000Z-aaaaaaaa",
        "2026-01-02T03:04:05+00:00",
    )
    served = replace(world.corpus, documents=(*world.corpus.documents, STORED[2]))
    keep_documents(folder, served, "v-20260202T000000000000Z-bbbbbbbb", "2026-02-02T00:00:00+00:00")
    return folder


@pytest.fixture(scope="module")
def bot(make_bot, world, index_dir):
    made = make_bot()
    made.corpus = replace(world.corpus, documents=(*world.corpus.documents, STORED[2]))
    made.document = lambda content_hash, document_id=None: find_version(
        index_dir, made.corpus, content_hash, document_id
    )
    return made


@pytest.fixture(scope="module")
def url(bot, serve_app, wait_until):
    with serve_app(create_app(Settings(), lambda _: bot)) as address:
        wait_until(f"{address}/readyz")
        yield address


def page(url, name, version, span=None, status=200):
    place = f"&start={span[0]}&end={span[1]}" if span else ""
    response = httpx.get(f"{url}/documents/{quote(name, safe='')}?version={version}{place}")
    assert response.status_code == status, response.text
    return response


def marked(text):
    return "".join(html.unescape(part) for part in re.findall(r"<mark[^>]*>(.*?)</mark>", text, re.DOTALL))


def told(text):
    return html.unescape(re.sub(r"<[^>]+>", "", text))


def test_the_evidence_leads_to_the_quote_in_its_document(url, world):
    for citation in world.answered().citations:
        shown = evidence([citation], "tb-a0", [""], [citation.number])
        address = html.unescape(re.search(r'href="(documents/[^"]+)"', shown)[1])
        assert address == document_link(citation)
        found = httpx.get(f"{url}/{address}")
        assert found.status_code == 200
        assert marked(found.text) == citation.quote.text
        assert 'class="banner"' not in found.text, "it is the current version"
        assert citation.document.content_hash.removeprefix("sha256:") in found.text


def test_an_old_version_says_that_its_text_has_changed_and_leads_to_the_current_one(url, world):
    start = OLD_ARTICLE.index("Direct")
    text = page(url, "article", ARTICLE, (start, start + 43)).text
    assert "This is the version of 2 January 2026 that the answer quoted; the text has changed since." in told(text)
    assert marked(text) == OLD_ARTICLE[start : start + 43]
    current = html.unescape(re.search(r'href="\.\./(documents/[^"]+)"', text)[1])
    now = httpx.get(f"{url}/{current}")
    assert now.status_code == 200
    assert 'class="banner"' not in now.text
    assert world.corpus.documents[0].content_hash.removeprefix("sha256:") in now.text


def test_a_document_that_is_gone_is_shown_and_said_to_be_gone(url):
    text = page(url, "gone/with slash", GONE_ONE, (0, len("Nobody quotes this\r\nany more."))).text
    assert "no longer among the texts that answers are taken from" in told(text)
    assert "Open the current text" not in text
    assert marked(text).split() == ["Nobody", "quotes", "this", "any", "more."]
    assert '<link rel="stylesheet" href="../ui/document.css">' in text, "an encoded slash is no step of the path"
    assert httpx.get(f"{url}/documents/gone/with slash?version={GONE_ONE}").text.count("../../ui/document.css") == 1


def test_markup_in_a_document_and_in_its_record_is_inert_and_nothing_can_run(url):
    response = page(url, "article", ARTICLE, (0, 10))
    assert "&lt;b&gt;crucial&lt;/b&gt; &amp; builds" in response.text
    assert "&lt;i&gt;article&lt;/i&gt;" in response.text
    assert "<b>" not in response.text
    assert "<script" not in response.text
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["x-content-type-options"] == "nosniff"


def test_a_text_that_may_not_be_shown_whole_shows_the_quoted_place_alone(url):
    start = CLOSED.index("word200")
    text = page(url, "closed", CLOSED_ONE, (start, start + len("word200 word201"))).text
    assert marked(text) == "word200 word201"
    assert len(set(re.findall(r"word\d+", text))) == 20, "as many words as the licence allows in one piece"
    assert "Its licence doesn’t allow the whole text to be shown here, only the quoted place." in text
    assert '<a href="https://example.org/licence"' in text
    whole = page(url, "closed", CLOSED_ONE).text
    assert re.findall(r"word\d+", whole) == []
    assert "Its licence doesn’t allow the whole text to be shown here." in whole
    refused = page(url, "closed", CLOSED_ONE, (0, len(CLOSED)), 403).json()
    assert "The licence of this document (L & co) doesn’t allow a part of that length." in refused["detail"]


def test_the_evidence_shows_no_more_around_a_quote_than_its_licence_allows(world):
    cited = world.citation("Penner and colleagues suggest that it may help", document="penner-2022", audit=None)
    open_context = told(in_context(cited))
    assert "described direct observation" in open_context
    for terms, around in ((Terms(8, False), ""), (Terms(12, False), " to promote"), (Terms(None, False), "described")):
        limited = told(in_context(replace(cited, document=replace(cited.document, terms=terms))))
        assert cited.quote.text in limited
        assert around in limited
        assert terms.quote_words is None or len(limited.split()) <= terms.quote_words


def test_the_api_gives_the_same_versions(url, world):
    def get(query, status=200):
        response = httpx.get(f"{url}/api/documents/{query}")
        assert response.status_code == status
        return response.json()

    current = DocumentVersionBody.model_validate(get("article"), extra="forbid")
    assert (current.state, current.hash) == ("current", world.corpus.documents[0].content_hash)
    old = DocumentVersionBody.model_validate(get(f"article?version={ARTICLE}&start=2&end=10"), extra="forbid")
    assert (old.state, old.current_hash, old.text, old.span) == (
        "superseded",
        current.hash,
        OLD_ARTICLE,
        OLD_ARTICLE[2:10],
    )
    assert (old.first_seen[:10], old.terms.ship) == ("2026-01-02", True)
    gone = DocumentVersionBody.model_validate(get(GONE_ONE), extra="forbid")
    assert (gone.id, gone.state, gone.current_hash, gone.text) == ("gone/with slash", "superseded", None, GONE)
    assert get(f"article?version={ARTICLE.removeprefix('sha256:').upper()}")["hash"] == ARTICLE
    closed = DocumentVersionBody.model_validate(get("closed?start=0&end=11"), extra="forbid")
    assert (closed.text, closed.span, closed.terms.quote_words) == (None, "word0 word1", 20)
    get(f"closed?start=0&end={len(CLOSED)}", 403)
    assert [d["text"] for d in httpx.get(f"{url}/api/sources/6").json()["documents"] if d["id"] == "closed"] == [None]


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        (f"article?version={GONE_ONE}", 404, f"No version {GONE_ONE} of the document article is kept here."),
        ("article?version=sha256:" + "0" * 64, 404, "GET /api/documents/article gives the current one."),
        ("article?version=../../etc", 404, "No version ../../etc of the document article"),
        ("nothing", 404, "There is no document nothing."),
        ("sha256:" + "0" * 64, 404, "No stored document has the hash"),
        ("article?start=0&end=999999", 422, "0 to 999999 is not a part of it"),
        ("article?start=x", 422, "The field start can’t be used"),
    ],
)
@pytest.mark.parametrize("place", ["documents", "api/documents"])
def test_what_is_not_there_is_a_problem_with_one_sentence(url, place, address, status, said):
    response = httpx.get(f"{url}/{place}/{address}")
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert said in ProblemBody.model_validate(response.json()).detail


def test_a_text_that_was_altered_meanwhile_is_not_shown(url, index_dir):
    path = index_dir / "documents" / (ARTICLE.removeprefix("sha256:") + ".txt")
    whole = path.read_bytes()
    try:
        for changed in (whole.replace(b"crucial", b"useless"), whole[:-1], whole + b"\n"):
            path.write_bytes(changed)
            for place in ("documents", "api/documents"):
                response = httpx.get(f"{url}/{place}/article?version={ARTICLE}&start=2&end=10")
                assert response.status_code == 503
                detail = ProblemBody.model_validate(response.json()).detail
                assert f"The stored text …/{path.name} was altered" in detail
                assert "run `trustbot-ingest`" in detail
                assert "useless" not in response.text
    finally:
        path.write_bytes(whole)
    assert page(url, "article", ARTICLE, (2, 10)).status_code == 200


LINES = st.lists(
    st.sampled_from(
        ["# Head", "## <Sub> & co", "- item [1]", "* first", "", "  ", "Plain words.", "\tindented", "#no head", "- "]
    ),
    max_size=12,
).map("\n".join)


@given(text=LINES, data=st.data(), media_type=st.sampled_from(["text/markdown", "text/plain"]))
def test_what_is_marked_is_what_is_quoted_and_nothing_is_lost(text, data, media_type):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    stored = document("d", text, media_type)
    shown = stored_text(stored, (0, len(text)), (start, end))
    assert "".join(marked(shown).split()) == "".join(text[start:end].split())
    assert re.findall(r"\w+", told(re.sub(r"</(?:p|li|h\d)>", " ", shown))) == re.findall(r"\w+", text)
    assert shown.count('id="quote"') == (1 if "<mark" in shown else 0)


def test_the_page_of_a_document_without_a_place_marks_nothing(world):
    stored = world.corpus.documents[0]
    version = DocumentVersion(stored, 6, "W", "1", "2026-01-01", stored.content_hash)
    text = document_page(Place(version, None, (0, len(stored.text))), "../")
    assert "<mark" not in text
    assert "The quoted words" not in text

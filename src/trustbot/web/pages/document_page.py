"""`/documents/{id}`: a stored document with the quoted words marked in it, as a page that needs no script.

In: a stored version and a place in it. Out: one whole HTML page, and the route that serves it. Every character is the
stored text's own but for the marks of headings and lists, which become headings and lists. This module knows neither
the chat nor how a version was found; everything it is given is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from itertools import groupby
from typing import Annotated, NamedTuple
from urllib.parse import quote, urlencode

from fastapi import FastAPI, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse

from trustbot.index.documents import DocumentVersion
from trustbot.text.markdown import PLAIN
from trustbot.types import Citation, Document, Span
from trustbot.web.http.markup import element, facts, link, sourced, text
from trustbot.web.http.pages import waiting_page, whole_page
from trustbot.web.i18n import language, words
from trustbot.web.pages.stored import Place, find_place
from trustbot.web.service import Service

POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
"""Nothing but this site's own styles, icon and font; who may frame the page is added."""
HEADERS = {"Cache-Control": "no-store", "Content-Security-Policy": POLICY + "frame-ancestors 'none'"}

_LINE = re.compile(r"[^\n]+")
_HEADING = re.compile(r"(#{1,6})[ \t]+")
_ITEM = re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+")


def add_document_page(app: FastAPI, service: Service) -> None:
    """Serve the page at `/documents/{id}`; until there is a corpus, the waiting page."""

    @app.api_route("/documents/{document_id:path}", methods=["GET", "HEAD"], include_in_schema=False)
    def document(
        request: Request,
        document_id: str,
        version: Annotated[str | None, Query()] = None,
        start: Annotated[int | None, Query()] = None,
        end: Annotated[int | None, Query()] = None,
    ) -> HTMLResponse:
        # Relative, because the site may stand under a prefix; encoded slashes of an id are no steps of a path.
        path = request.scope.get("raw_path", b"").decode("ascii", "replace")
        base = "../" * (path.rpartition("/documents/")[2].count("/") + 1)
        if service.missing:
            waiting = waiting_page(service.missing, service.problem, base)
            return HTMLResponse(waiting, status_code=503, headers={"Cache-Control": "no-store", "Retry-After": "2"})
        place = find_place(service, document_id, version, start, end)
        return HTMLResponse(document_page(place, base), headers=HEADERS)


def document_link(citation: Citation) -> str:
    """Address of the page that shows a citation's quote in its document, from the root of the site."""
    stored = citation.document
    return _address(stored.id, stored.content_hash, (citation.quote.start, citation.quote.end))


def stored_address(document: Document) -> str:
    """Address of the page of a whole document, from the root of the site."""
    return _address(document.id, document.content_hash)


def _address(document_id: str, content_hash: str, place: Span | None = None) -> str:
    query = {"version": content_hash, **({"start": place[0], "end": place[1]} if place else {})}
    return f"documents/{quote(document_id, safe='')}?{urlencode(query, safe=':')}"


def document_page(place: Place, base: str) -> str:
    """The whole page; `base` leads from it to the root of the site."""
    version = place.version
    stored = version.document
    kind = words.DOCUMENT_ARTICLE if stored.kind == "article" else words.DOCUMENT_KIND[stored.kind]
    main = "".join(
        (
            element("p", element("a", f"← {text(words.AUDIT_BACK)}", href=base), "back"),
            sourced("h1", text(stored.title)),
            element("p", text(kind), "kind"),
            _banner(version, base, quoted=place.quote is not None),
            _quoted(place),
            _record(version),
            element("h2", text(words.DOCUMENT_TEXT), id="text"),
            _text(place),
            element("footer", element("p", text(words.DISCLAIMER_SHORT))),
        )
    )
    style = f'<link rel="stylesheet" href="{base}ui/document.css">\n'
    return whole_page(stored.title, element("main", main), "document", style, base, themed=False)


def _banner(version: DocumentVersion, base: str, *, quoted: bool) -> str:
    """What a reader must know of a text that is no longer the current one; nothing for one that is."""
    if version.is_current:
        return ""
    gone = version.current_hash is None
    told = words.DOCUMENT_GONE if gone else words.DOCUMENT_CHANGED
    which = words.DOCUMENT_VERSION_QUOTED if quoted else words.DOCUMENT_VERSION
    said = told.format(version=which.format(date=language.date(version.first_seen[:10])))
    current = base + _address(version.document.id, version.current_hash) if version.current_hash else ""
    onward = f" {element('a', text(words.DOCUMENT_CURRENT), href=current)}" if current else ""
    return element("p", element("span", text(said)) + onward, "banner", role="note")


def _quoted(place: Place) -> str:
    if place.words is None:
        return ""
    heading = element("h2", text(words.DOCUMENT_QUOTED))
    said = sourced("blockquote", element("p", f"“{text(place.words)}”"))
    page = place.version.document.page_of(place.quote[0]) if place.quote else None
    said += element("p", text(f"{words.PAGE} {page}")) if page else ""
    return element("section", heading + said + element("p", element("a", text(words.DOCUMENT_PLACE), href="#quote")))


def _record(version: DocumentVersion) -> str:
    stored = version.document
    licence = link(stored.licence, stored.terms.address) if stored.terms.address else text(stored.licence)
    since = words.DOCUMENT_SINCE.format(
        date=language.date(version.first_seen[:10]), version=version.corpus_version or "?"
    )
    return facts(
        [
            (words.WORK, "" if stored.kind == "help" else f"[{version.number}] {sourced('span', text(version.work))}"),
            (words.DOCUMENT_LICENCE, licence),
            (words.DOCUMENT_STATE, text(words.DOCUMENT_STATES[version.is_current])),
            (words.DOCUMENT_STORED, text(since)),
            (words.DOCUMENT_HASH, element("code", text(stored.content_hash.removeprefix("sha256:")))),
        ]
    )


def _text(place: Place) -> str:
    if place.part is None:
        return element("p", text(words.DOCUMENT_HIDDEN), "limit")
    stored, (start, end) = place.version.document, place.part
    partly = element("p", text(words.DOCUMENT_PART), "limit") if (start, end) != (0, len(stored.text)) else ""
    before, after = (element("p", "…", "cut") if cut else "" for cut in (start > 0, end < len(stored.text)))
    return partly + sourced("article", before + stored_text(stored, place.part, place.quote) + after)


class Piece(NamedTuple):
    """A line as it is shown: its element, and its place without the mark that made it one."""

    tag: str
    start: int
    end: int


def stored_text(document: Document, part: Span, marked: Span | None) -> str:
    """`part` of a document as headings, lists and paragraphs, with `marked` in it marked."""
    found = pieces(document, part, marked or (0, 0))
    shown, is_first = [], True
    for (tag, _), group in groupby(found, key=lambda p: (p.tag, p.start if p.tag.startswith("h") else 0)):
        if not tag:
            continue
        lines = []
        for piece in group:
            line, has_mark = _marked(document.text, piece, marked, is_first)
            is_first = is_first and not has_mark
            lines.append(line)
        if tag == "li":
            shown.append(element("ul", "".join(element("li", line) for line in lines)))
        else:
            shown.append(element(tag, "\n".join(lines)))
    return "".join(shown)


def pieces(document: Document, part: Span, marked: Span = (0, 0)) -> Iterator[Piece]:
    """The lines of `part`: a heading of Markdown (`h3` for the highest), an item (`li`) or text (`p`).

    A piece without a tag ends a paragraph. What is `marked` keeps the mark of its list.
    """
    is_markdown = document.media_type not in PLAIN
    last = part[0]
    for line in _LINE.finditer(document.text, *part):
        if document.text.count("\n", last, line.start()) > 1:
            yield Piece("", last, last)  # an empty line ends a paragraph
        start, end, last = line.start(), line.end(), line.end()
        if not line[0].strip():
            yield Piece("", start, end)
            continue
        heading = _HEADING.match(line[0]) if is_markdown else None
        item = _ITEM.match(line[0])
        tag = f"h{min(len(heading[1]) + 2, 6)}" if heading else "li" if item else "p"
        lead = heading or item
        # What is quoted is shown to the letter, be it the mark of a list.
        if lead and not (marked[0] < start + lead.end() and marked[1] > start):
            start += lead.end()
        yield Piece(tag, start, end)


def _marked(stored: str, piece: Piece, marked: Span | None, is_first: bool) -> tuple[str, bool]:
    """A line, escaped, with what is marked of it in a mark; and whether it has one."""
    start, end = piece.start, piece.end
    first, last = (max(start, marked[0]), min(end, marked[1])) if marked else (0, 0)
    if first >= last:
        return escape(stored[start:end].rstrip("\r")), False
    inner = element("mark", escape(stored[first:last]), id="quote" if is_first else "")
    return escape(stored[start:first]) + inner + escape(stored[last:end].rstrip("\r")), True

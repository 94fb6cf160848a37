"""A page of the web as a document: its file, its title, and the licence that it gives itself.

In: what came back from an address. Out: bytes that the parsers read, the ending that says of which kind they are,
and what the page says of itself. This module fetches nothing.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from ingest.fetch.client import Reply
from ingest.fetch.licences import Licence, licence_at
from ingest.fetch.work import plain
from ingest.media import MEDIA_TYPES
from ingest.parsers.html import decode_html
from trustbot.errors import InvalidInput

_PAGES = ("text/html", "application/xhtml+xml")
_UNSAID = ("application/octet-stream", "text/plain", "binary/octet-stream")
"""What servers say of files that they don't know."""


@dataclass(frozen=True, slots=True)
class Page:
    """A file of the web; title and licence are empty where it doesn't say them."""

    data: bytes
    suffix: str
    stem: str
    """What its address calls it."""
    title: str = ""
    licence: Licence | None = None


def read_page(reply: Reply) -> Page:
    """The page; InvalidInput for a kind of file that no parser reads."""
    path = PurePosixPath(unquote(urlsplit(reply.url).path))
    suffix = _suffix(reply.media_type, path.suffix.lower())
    if not suffix:
        raise InvalidInput(
            f"{reply.url[:200]} is {reply.media_type}, which can't be read. Save it as one of "
            f"{', '.join(sorted(MEDIA_TYPES))} and use --file."
        )
    data = _in_utf8(reply)
    stem = (
        path.stem
        if path.stem and path.stem.lower() != "index"
        else path.parent.name or str(urlsplit(reply.url).hostname)
    )
    if MEDIA_TYPES[suffix] not in _PAGES:
        return Page(data, suffix, stem)
    head = _Head()
    head.feed(decode_html(data, reply.url)[0])
    return Page(data, suffix, stem, plain(head.title), next(filter(None, map(licence_at, head.licences)), None))


def _suffix(media_type: str, own: str) -> str:
    """The ending of a file of this media type; the address's own where that says it, or says more."""
    if own in MEDIA_TYPES and (MEDIA_TYPES[own] == media_type or media_type in _UNSAID):
        return own
    found = next((end for end, kind in MEDIA_TYPES.items() if kind == media_type), "")
    return found or (".xml" if media_type == "text/xml" or media_type.endswith("+xml") else "")


def _in_utf8(reply: Reply) -> bytes:
    """The bytes; what only the server's word said of their encoding is written into them, as a mark."""
    marked = reply.data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if marked or not reply.charset or not reply.media_type.startswith("text/"):
        return reply.data
    try:
        return codecs.BOM_UTF8 + reply.data.decode(reply.charset).encode("utf-8")
    except (LookupError, UnicodeError):
        return reply.data  # the parsers find out, or say that they can't


class _Head(HTMLParser):
    """The title of a page, and the addresses of licences that its links name as its own (`rel="license"`)."""

    def __init__(self) -> None:
        super().__init__()
        self.title = ""
        self.licences: list[str] = []
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self._in_title = tag == "title" and not self.title
        if tag in ("a", "link", "area") and "license" in (told.get("rel") or "").lower().split():
            self.licences.append(told.get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        self._in_title = self._in_title and tag != "title"

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data

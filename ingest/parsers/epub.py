"""EPUB: the chapters of a book in their reading order, each of which is a page of HTML.

In: the bytes of a book. Out: one text with the headings of its chapters. The package file says which parts are read in
which order; covers and tables of contents are no text.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from ingest.manifest import DocumentEntry
from ingest.parsers.archives import open_archive
from ingest.parsers.blocks import Block, Parts, compose
from ingest.parsers.html import decode_html, read_html
from ingest.parsers.plain import Parsed
from ingest.parsers.xml import parse_tree
from trustbot.errors import InvalidInput

_CONTAINER = "META-INF/container.xml"
_PAGES = frozenset(("application/xhtml+xml", "text/html"))


def parse_epub(data: bytes, entry: DocumentEntry) -> Parsed:
    """The text of a book; InvalidInput for an archive that is none, or whose chapters are locked."""
    return compose(entry, read_epub(data, entry.path.name))


def read_epub(data: bytes, name: str) -> Parts:
    """Blocks and title of a book."""
    with open_archive(data, name) as archive:
        if "META-INF/encryption.xml" in archive.namelist() and b"EncryptedData" in archive.read(
            "META-INF/encryption.xml"
        ):
            raise InvalidInput(f"{name} is locked for certain readers (DRM). Give a copy that is not.")
        place, package = _package(archive, name)
        blocks: list[Block] = []
        for path in _chapters(package, place):
            if path in archive.namelist():
                page, _ = decode_html(archive.read(path), path)
                blocks += read_html(page).blocks
        found = package.xpath("//*[local-name()='metadata']/*[local-name()='title']")
        title = " ".join((found[0].text or "").split()) if found else ""
    return Parts(tuple(blocks), title=title)


def _package(archive: zipfile.ZipFile, name: str) -> tuple[str, Any]:
    try:
        container = parse_tree(archive.read(_CONTAINER))
        path = container.xpath("string(//*[local-name()='rootfile']/@full-path)")
        return path, parse_tree(archive.read(path))
    except KeyError:
        raise InvalidInput(f"{name} is no book: a part that names its chapters is missing. Export it anew.") from None


def _chapters(package: Any, place: str) -> Iterator[str]:
    """The paths of the chapters; what is out of the reading order or is the table of contents is left out."""
    items = {i.get("id"): i for i in package.xpath("//*[local-name()='manifest']/*[local-name()='item']")}
    for reference in package.xpath("//*[local-name()='spine']/*[local-name()='itemref']"):
        item = items.get(reference.get("idref"))
        if item is None or reference.get("linear") == "no" or item.get("media-type") not in _PAGES:
            continue
        if "nav" not in (item.get("properties") or "").split():
            href = unquote((item.get("href") or "").partition("#")[0])
            yield posixpath.normpath(posixpath.join(posixpath.dirname(place), href))

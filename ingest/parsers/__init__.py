"""PARSERS: media type -> the function that turns a file of that type into text and sections.

In: a document entry of the manifest. Out: the stored `Document` and its `Section`s, each of which is a span
of the document's text. A parser is a plain function from bytes and entry to `Parsed`; it knows neither
chunks, nor tokens, nor the index. Each kept library that parses has its home in one module here, and is loaded
with the first file that needs it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module

from ingest.manifest import DocumentEntry
from ingest.media import MEDIA_TYPES, UNKNOWN, media_type_of
from ingest.parsers.plain import Parsed
from trustbot.errors import InvalidInput
from trustbot.types import Document, Section, Standing, sha256_text

__all__ = ["PARSERS", "Parsed", "Parser", "ReadDocument", "parse", "read_document"]

Parser = Callable[[bytes, DocumentEntry], Parsed]

LARGEST = 200_000_000
"""Bytes of a file; a document is read into memory whole."""


def _at(module: str, function: str) -> Parser:
    def run(data: bytes, entry: DocumentEntry) -> Parsed:
        parser: Parser = getattr(import_module(f"ingest.parsers.{module}"), function)
        return parser(data, entry)

    return run


PARSERS: Mapping[str, Parser] = {
    "text/markdown": _at("markdown", "parse_markdown"),
    "text/plain": _at("plain", "parse_plain"),
    "text/html": _at("html", "parse_html"),
    "application/xhtml+xml": _at("html", "parse_html"),
    "text/csv": _at("tables", "parse_csv"),
    "text/tab-separated-values": _at("tables", "parse_csv"),
    "application/xml": _at("jats", "parse_xml"),
    "text/xml": _at("jats", "parse_xml"),
    "application/pdf": _at("pdf", "parse_pdf"),
    "application/epub+zip": _at("epub", "parse_epub"),
    MEDIA_TYPES[".docx"]: _at("word", "parse_docx"),
    MEDIA_TYPES[".pptx"]: _at("slides", "parse_pptx"),
}


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A document as it is stored, its sections in order, and what is told of how its file was read."""

    document: Document
    sections: tuple[Section, ...]
    notes: tuple[str, ...] = ()


def parse(entry: DocumentEntry) -> tuple[Document, tuple[Section, ...]]:
    """Read the file of `entry`: its stored document, and its sections in order. Raises as `read_document` does."""
    read = read_document(entry)
    return read.document, read.sections


def read_document(entry: DocumentEntry) -> ReadDocument:
    """Read the file of `entry`.

    Raises InvalidInput, saying why, for a file that no parser reads, that isn't readable text, or that holds
    nothing.
    """
    data = _bytes(entry)
    media_type, note = media_type_of(data, entry.media_type, entry.path.name)
    parser = PARSERS.get(media_type)
    if media_type == UNKNOWN:
        raise InvalidInput(
            f"The kind of file can't be told from the name {entry.path.name}. Add `media_type` to its entry, such as "
            '"text/markdown".'
        )
    if parser is None:
        raise InvalidInput(
            f"{entry.path.name} is {media_type}, which can't be read. Convert it to one of "
            f"{', '.join(sorted(PARSERS))}."
        )
    parsed = _parsed(parser, data, entry)
    if not parsed.sections:
        raise InvalidInput(f"{entry.path.name} holds no text. Fill it, or remove its entry.")
    missing = next((h for h in entry.sections if not _has_heading(h, parsed)), None)
    if missing is not None:
        raise InvalidInput(
            f"`sections` names the heading {missing!r}, which {entry.path.name} does not have. Copy the heading letter "
            "for letter, without its marks."
        )
    document = Document(
        id=entry.id,
        source_id=entry.source_id,
        kind=entry.kind,
        title=entry.title,
        media_type=media_type,
        licence=entry.licence,
        text=parsed.text,
        content_hash=sha256_text(parsed.text),
        terms=entry.terms,
        pages=parsed.pages,
        standing=_standing(entry, parsed),
    )
    return ReadDocument(document, parsed.sections, (*((note,) if note else ()), *parsed.notes))


def _standing(entry: DocumentEntry, parsed: Parsed) -> Standing:
    """What the manifest says, and where it says nothing, the file itself."""
    given, own = entry.standing, parsed.standing
    return replace(
        given, date=given.date or own.date, expires=given.expires or own.expires, tags=given.tags or own.tags
    )


def _bytes(entry: DocumentEntry) -> bytes:
    try:
        if entry.path.stat().st_size > LARGEST:
            raise InvalidInput(f"{entry.path.name} has more than {LARGEST // 1_000_000} MB. Split it into parts.")
        data = entry.path.read_bytes()
    except OSError as error:
        raise InvalidInput(
            f"{entry.path.name} can't be read ({error.strerror}). Make it readable, or remove its entry."
        ) from None
    if not data.strip():
        raise InvalidInput(f"{entry.path.name} is empty: it holds no text. Fill it, or remove its entry.")
    return data


def _parsed(parser: Parser, data: bytes, entry: DocumentEntry) -> Parsed:
    try:
        parsed = parser(data, entry)
    except InvalidInput:
        raise
    except (Exception, RecursionError) as error:
        # Whatever a library raises on a damaged file: the other files of the corpus are not to suffer from it.
        raise InvalidInput(
            f"{entry.path.name} can't be read as {entry.media_type}: it is damaged, or of a kind that isn't read "
            f"({type(error).__name__}). Open it in its own program and save it anew, or remove its entry."
        ) from error
    # What can't be stored as UTF-8 can't have a hash.
    if any("\ud800" <= c <= "\udfff" for c in parsed.text):
        raise InvalidInput(f"{entry.path.name} holds characters that are halves of others. Save it anew.")
    return parsed


def _has_heading(heading: str, parsed: Parsed) -> bool:
    if any(heading in s.headings for s in parsed.sections):
        return True
    return bool(re.search(rf"^ {{0,3}}#{{1,6}}[ \t]+{re.escape(heading)}[ \t]*#*[ \t]*$", parsed.text, re.MULTILINE))

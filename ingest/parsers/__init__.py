"""PARSERS: media type -> the function that turns a file of that type into text and sections.

In: a document entry of the manifest. Out: the stored `Document` and its `Section`s, each of which is a span
of the document's text. A parser is a plain function from bytes and entry to `Parsed`; it knows neither
chunks, nor tokens, nor the index.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ingest.manifest import DocumentEntry
from ingest.parsers.markdown import parse_markdown
from ingest.parsers.plain import Parsed, parse_plain
from trustbot.errors import InvalidInput
from trustbot.types import Document, Section, sha256_text

__all__ = ["PARSERS", "Parsed", "Parser", "parse"]

Parser = Callable[[bytes, DocumentEntry], Parsed]

PARSERS: Mapping[str, Parser] = {
    "text/markdown": parse_markdown,
    "text/plain": parse_plain,
}


def parse(entry: DocumentEntry) -> tuple[Document, tuple[Section, ...]]:
    """Read the file of `entry`: its stored document, and its sections in order.

    Raises InvalidInput, saying why, for a file that no parser reads, that isn't readable text, or that holds
    nothing.
    """
    parser = PARSERS.get(entry.media_type)
    if parser is None:
        raise InvalidInput(
            f"{entry.path.name} is {entry.media_type}, which can't be read. Convert it to one of "
            f"{', '.join(sorted(PARSERS))}."
        )
    try:
        data = entry.path.read_bytes()
    except OSError as error:
        raise InvalidInput(
            f"{entry.path.name} can't be read ({error.strerror}). Make it readable, or remove its entry."
        ) from None
    parsed = parser(data, entry)
    if not parsed.sections:
        raise InvalidInput(f"{entry.path.name} holds no text. Fill it, or remove its entry.")
    document = Document(
        id=entry.id,
        source_id=entry.source_id,
        kind=entry.kind,
        title=entry.title,
        media_type=entry.media_type,
        licence=entry.licence,
        text=parsed.text,
        content_hash=sha256_text(parsed.text),
        terms=entry.terms,
    )
    return document, parsed.sections

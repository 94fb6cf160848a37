"""Plain text: one section without a heading.

In: the bytes of a file. Out: its text, character for character, and the section that holds it. The decoding
here is what every text format shares: UTF-8, unchanged, so that a file and its stored document have one hash.
"""

from __future__ import annotations

from dataclasses import dataclass

from ingest.manifest import DocumentEntry
from trustbot.errors import InvalidInput
from trustbot.types import Section, SectionKind

BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a parser made of a file: the text to store, and sections that are spans of it."""

    text: str
    sections: tuple[Section, ...]


def parse_plain(data: bytes, entry: DocumentEntry) -> Parsed:
    """The whole file as one section; InvalidInput if it isn't UTF-8 text."""
    text = decode(data, entry)
    found = section(entry, text, 0, len(text), ordinal=0)
    return Parsed(text, (found,) if found else ())


def decode(data: bytes, entry: DocumentEntry) -> str:
    """The text of a file: UTF-8, line ends and byte order mark unchanged; InvalidInput for anything else."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{entry.path.name} is not UTF-8 at byte {error.start}. Save it as UTF-8.") from None
    if "\0" in text:
        raise InvalidInput(f"{entry.path.name} is not text but binary data. Declare its true media type.")
    return text


def section(
    entry: DocumentEntry,
    text: str,
    start: int,
    end: int,
    *,
    ordinal: int,
    headings: tuple[str, ...] = (),
    kind: SectionKind = "prose",
) -> Section | None:
    """The section in `text[start:end]` without the white space around it, or None where there is no more."""
    # A byte order mark is not white space to Python, and no reader's quote should begin with one.
    while start < end and (text[start].isspace() or text[start] == BYTE_ORDER_MARK):
        start += 1
    inside = text[start:end].rstrip()
    if not inside:
        return None
    return Section(
        document_id=entry.id,
        source_id=entry.source_id,
        headings=headings,
        text=inside,
        ordinal=ordinal,
        start=start,
        kind=kind,
    )

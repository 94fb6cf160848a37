"""Plain text: one section without a heading; and what every parser returns.

In: the bytes of a file. Out: its text and the section that holds it. Text in UTF-8 with plain line ends and no
typographic ligatures is kept character for character, so that a file and its stored document have one hash.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ingest.manifest import DocumentEntry
from ingest.parsers.decoding import decode
from ingest.parsers.mending import mend
from trustbot.types import Section, SectionKind, Standing


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a parser made of a file: the text to store, and sections that are spans of it."""

    text: str
    sections: tuple[Section, ...]
    notes: tuple[str, ...] = ()
    """What the report tells of how the file was read, each without a full stop."""
    pages: tuple[int, ...] = ()
    """Where each page begins in `text`; empty where the format knows none."""
    standing: Standing = field(default_factory=Standing)
    """What the file itself says of its dates and tags."""


def parse_plain(data: bytes, entry: DocumentEntry) -> Parsed:
    """The whole file as one section; InvalidInput where its encoding can't be told."""
    decoded = decode(data, entry.path.name)
    text = decoded.text if entry.as_it_stands else mend(decoded.text, entry.language)
    found = section(entry, text, 0, len(text), ordinal=0)
    return Parsed(text, (found,) if found else (), (decoded.note,) if decoded.note else ())


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
    while start < end and text[start].isspace():
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

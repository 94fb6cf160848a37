"""What structured formats have in common: a document as a row of blocks, written out as one text with sections.

In: headings, paragraphs, list items and tables as a parser found them, with their pages where there are any. Out: the
text that is stored, in the form of Markdown (`#` headings, `- ` items, tables with `|`), and its sections. The same
document in another format gives the same blocks, and so the same text. This module knows no format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ingest.manifest import DocumentEntry
from ingest.parsers.mending import mend
from ingest.parsers.plain import Parsed, section
from trustbot.text.markdown import Heading
from trustbot.types import Section, SectionKind

LONGEST_HEADING = 300
"""Characters; what is longer is a paragraph that somebody set as a heading, and would leave its text no room."""

TURN = "\f"
"""Stands in a block's text where a page begins inside it; it is no character of the stored text."""

_BLANKS = re.compile(r"[^\S\n\f]+")
_AROUND = re.compile(r" ?\n ?")


@dataclass(frozen=True, slots=True)
class Block:
    """A heading (`level` 1 to 6), a paragraph, a list item (`level` 0 for the outermost) or a table's rows."""

    kind: Literal["heading", "paragraph", "item", "table", "code"]
    text: str = ""
    level: int = 0
    rows: tuple[tuple[str, ...], ...] = field(default=())
    page: int | None = None
    mark: str = "-"


@dataclass(frozen=True, slots=True)
class Parts:
    """What a format's reader found: its blocks, its own title, and what is told in the report."""

    blocks: tuple[Block, ...]
    notes: tuple[str, ...] = ()
    title: str = ""
    pages: int = 0
    """How many pages or slides it has; 0 where the format knows none."""


def tidy(text: str) -> str:
    """`text` with single blanks, and line breaks only where they are meant."""
    return _AROUND.sub("\n", _BLANKS.sub(" ", text)).strip()


def compose(entry: DocumentEntry, parts: Parts) -> Parsed:
    """The stored text of `parts`, its sections, and where its pages begin."""
    text = ""
    headings: list[Heading] = []
    starts: dict[int, int] = {}
    before: Block | None = None
    for block in parts.blocks:
        written = _written(block, entry.language)
        if not written:
            continue
        if text:
            tight = before is not None and before.kind == block.kind == "item"
            text += "\n" if tight else "\n\n"
        if block.page is not None:
            starts.setdefault(block.page, len(text))
        if written.startswith("#") and block.kind == "heading":
            title = written.lstrip("#").strip()
            headings.append(Heading(block.level, title, len(text), len(text) + len(written)))
        first, *turned = written.split(TURN)
        text += first
        for page, part in enumerate(turned, (block.page or 0) + 1):
            starts.setdefault(page, len(text))
            text += part
        before = block
    text += "\n" if text else ""
    return Parsed(text, by_heading(entry, text, headings), parts.notes, _pages(starts, parts.pages, len(text)))


def by_heading(entry: DocumentEntry, text: str, headings: Sequence[Heading]) -> tuple[Section, ...]:
    """A section for each stretch of `text` under a heading, with the path of headings above it.

    The heading of level 1 is the page's title where there is only one: it is left out of the paths, and its kind in
    `entry.sections` holds for the text right below it only. Any other heading's kind holds for those below it as well.
    """
    tops = [h for h in headings if h.level == 1]
    title = tops[0] if len(tops) == 1 else None
    sections: list[Section] = []
    path: list[Heading] = []
    starts = [Heading(0, "", 0, 0), *headings]
    for heading, following in zip(starts, [*headings, None], strict=True):
        if heading.level:
            path = [h for h in path if h.level < heading.level] + [heading]
        named = tuple(h.title for h in path if h is not title and h.title)
        kind = _kind(entry, named, heading is title and heading.title)
        end = following.start if following else len(text)
        found = section(entry, text, heading.end, end, ordinal=len(sections), headings=named, kind=kind)
        if found:
            sections.append(found)
    return tuple(sections)


def _kind(entry: DocumentEntry, headings: tuple[str, ...], title: str | bool) -> SectionKind:
    names = (title,) if isinstance(title, str) else tuple(reversed(headings))
    return next((entry.sections[n] for n in names if n in entry.sections), "prose")


def _written(block: Block, language: str) -> str:
    if block.kind == "table":
        return table(block.rows, language)
    if block.kind == "code":
        return block.text.strip("\n") if block.text.strip() else ""
    text = tidy(mend(block.text, language))
    if not text:
        return ""
    if block.kind == "heading":
        line = " ".join(text.split())
        return f"{'#' * block.level} {line}" if len(line) <= LONGEST_HEADING else line
    if block.kind == "item":
        indent = "  " * block.level
        return f"{indent}{block.mark} " + text.replace("\n", f"\n{indent}  ")
    return text


def table(rows: Iterable[Sequence[str]], language: str = "en") -> str:
    """Rows as a Markdown table, whose first row is its header; empty rows are left out."""
    cells = [[" ".join(mend(cell, language).split()).replace("|", "/") for cell in row] for row in rows]
    cells = [row for row in cells if any(row)]
    if not cells:
        return ""
    width = max(len(row) for row in cells)
    lines = ["| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in cells]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])


def _pages(starts: dict[int, int], pages: int, end: int) -> tuple[int, ...]:
    """Where each page begins in the text; an empty one where the next one does."""
    found = []
    for page in range(pages, 0, -1):
        end = starts.get(page, end)
        found.append(end)
    return tuple(reversed(found))

"""DOCX: headings, paragraphs, lists and tables of a Word document, as its reader sees them.

In: the bytes of a document. Out: its text without hidden words, deleted words of tracked changes, headers and footers.
A heading is what its style, or the style that it is based on, gives an outline level. python-docx opens; this is its
home.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from ingest.manifest import DocumentEntry
from ingest.parsers.archives import open_archive
from ingest.parsers.blocks import Block, Parts, compose
from ingest.parsers.plain import Parsed
from trustbot.errors import InvalidInput

_LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How the container begins that Office puts an encrypted document into, and that its formats before 2007 are."""
_SKIPPED = frozenset(
    ("del", "moveFrom", "Fallback", "instrText", "delText", "txbxContent", "footnoteReference", "endnoteReference")
)
_BULLETS = re.compile(r"[•‣◦▪●–-]\s+")


def parse_docx(data: bytes, entry: DocumentEntry) -> Parsed:
    """The text of a document; InvalidInput for one that is locked, or of Word before 2007."""
    return compose(entry, read_docx(data, entry.path.name))


def read_docx(data: bytes, name: str) -> Parts:
    """Blocks and title of a document."""
    check_office(data, name)
    import docx

    document = docx.Document(BytesIO(data))
    blocks = tuple(_flow(document.element.body, document))
    return Parts(_titled(blocks), title=" ".join((document.core_properties.title or "").split()))


def check_office(data: bytes, name: str) -> None:
    """InvalidInput for a file of Office that can't be read: locked, of before 2007, or unpacking to too much."""
    if data.startswith(_LOCKED):
        problem = "is protected with a password, or of Office before 2007"
        raise InvalidInput(f"{name} {problem}. Save it without a password in today's format.")
    open_archive(data, name).close()


def _titled(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """With a title above it, every heading is one level further down: Word counts the title as none."""
    if not any(b.kind == "heading" and b.level == 0 for b in blocks):
        return blocks
    return tuple(Block("heading", b.text, min(b.level + 1, 6)) if b.kind == "heading" else b for b in blocks)


def _flow(element: Any, document: Any) -> Iterator[Block]:
    for child in element:
        name = _name(child)
        if name == "p":
            yield from _paragraph(child, document)
        elif name == "tbl":
            yield from _table(child, document)
        elif name in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"):
            yield from _flow(child, document)


def _paragraph(element: Any, document: Any) -> Iterator[Block]:
    text = _text(element)
    if not text.strip():
        return
    styles = _styles(element, document)
    level = _outline(element, styles)
    if level is not None:
        yield Block("heading", text, level)
    elif (depth := _list_depth(element, styles)) is not None:
        yield Block("item", _BULLETS.sub("", text, count=1) if _BULLETS.match(text) else text, depth)
    else:
        yield Block("paragraph", text)
    for box in element.iter():
        if _name(box) == "txbxContent" and not any(_name(a) == "Fallback" for a in box.iterancestors()):
            yield from _flow(box, document)


def _styles(element: Any, document: Any) -> list[Any]:
    """The style of a paragraph and those that it is based on, nearest first."""
    found: list[Any] = []
    style_id = element.style
    style = next((s for s in document.styles.element.style_lst if s.styleId == style_id), None) if style_id else None
    while style is not None and style not in found:
        found.append(style)
        style = style.base_style
    return found


def _outline(element: Any, styles: list[Any]) -> int | None:
    """1 to 6 for a heading, 0 for the title, None for text."""
    for holder in (element, *styles):
        level = holder.xpath("string(./w:pPr/w:outlineLvl/@w:val)")
        if level.isdecimal():
            return min(int(level) + 1, 6) if int(level) < 9 else None
    for style in styles:
        name = (style.name_val or "").lower()
        if name == "title":
            return 0
        if found := re.fullmatch(r"heading (\d)", name):  # Word keeps its own names in English in every language
            return min(int(found[1]), 6)
    return None


def _list_depth(element: Any, styles: list[Any]) -> int | None:
    for holder in (element, *styles):
        number = holder.xpath("string(./w:pPr/w:numPr/w:numId/@w:val)")
        if number:
            depth = holder.xpath("string(./w:pPr/w:numPr/w:ilvl/@w:val)")
            return None if number == "0" else min(int(depth or 0), 8)
    names = [(s.name_val or "").lower() for s in styles]
    found = next((m for n in names if (m := re.fullmatch(r"list (?:bullet|number)(?: (\d))?", n))), None)
    return int(found[1] or 1) - 1 if found else None


def _table(element: Any, document: Any) -> Iterator[Block]:
    rows = []
    for row in element:
        if _name(row) == "tr":
            cells = [c for c in row.iter() if _name(c) == "tc" and next(_rows_above(c)) is row]
            rows.append(tuple(" ".join(_text(p) for p in c.iter() if _name(p) == "p").strip() for c in cells))
    if max((len(row) for row in rows), default=0) > 1:
        yield Block("table", rows=tuple(rows))
        return
    for cell in element.iter():  # a frame around text
        if _name(cell) == "tc":
            yield from _flow(cell, document)


def _rows_above(cell: Any) -> Iterator[Any]:
    return (a for a in cell.iterancestors() if _name(a) == "tr")


def _name(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _text(element: Any) -> str:
    """The words of a paragraph as they are printed."""
    said = []
    for child in element:
        name = _name(child)
        if name in _SKIPPED or (name == "r" and _is_hidden(child)):
            continue
        if name == "t":
            said.append(child.text or "")
        elif name in ("tab", "ptab"):
            said.append(" ")
        elif name in ("br", "cr"):
            said.append("\n")
        elif name == "noBreakHyphen":
            said.append("-")
        else:
            said.append(_text(child))
    return "".join(said)


def _is_hidden(run: Any) -> bool:
    """Hidden, or struck out."""
    for tag in ("vanish", "strike", "dstrike"):
        found = run.xpath(f"./w:rPr/w:{tag}")
        if found and (found[0].xpath("string(@w:val)") or "1") not in ("0", "false"):
            return True
    return False

"""PPTX: the slides of a presentation, each under its title, with its number.

In: the bytes of a presentation. Out: for each slide that is shown its title as a heading, then its text from top to
bottom, its tables, and its speaker's notes. python-pptx opens; this is its home.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any

from ingest.manifest import DocumentEntry
from ingest.parsers.blocks import Block, Parts, compose
from ingest.parsers.plain import Parsed
from ingest.parsers.word import check_office

_FURNITURE = frozenset(("SLIDE_NUMBER", "FOOTER", "DATE", "HEADER"))


def parse_pptx(data: bytes, entry: DocumentEntry) -> Parsed:
    """The text of a presentation; InvalidInput for one that is locked, or of PowerPoint before 2007."""
    return compose(entry, read_pptx(data, entry.path.name))


def read_pptx(data: bytes, name: str) -> Parts:
    """Blocks, title and slides of a presentation."""
    check_office(data, name)
    import pptx

    presentation = pptx.Presentation(BytesIO(data))
    blocks: list[Block] = []
    slides = list(presentation.slides)
    for number, slide in enumerate(slides, 1):
        if slide.element.get("show") != "0":
            blocks += _slide(slide, number)
    title = " ".join((presentation.core_properties.title or "").split())
    return Parts(tuple(blocks), title=title, pages=len(slides))


def _slide(slide: Any, number: int) -> Iterator[Block]:
    title = slide.shapes.title
    if title is not None and title.text_frame.text.strip():
        # The slide that only names the presentation is its title page.
        level = 1 if number == 1 and slide.slide_layout.name == "Title Slide" else 2
        yield Block("heading", " ".join(title.text_frame.text.split()), level, page=number)
    for shape in _shapes(slide.shapes):
        if title is None or shape.shape_id != title.shape_id:
            yield from _shape(shape, number)
    notes = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    for paragraph in notes.paragraphs if notes is not None else ():
        yield Block("paragraph", _text(paragraph), page=number)


def _shapes(shapes: Iterable[Any]) -> Iterator[Any]:
    """The shapes with text, from top to bottom, groups taken apart; the slide's own furniture left out."""
    placed = sorted(shapes, key=lambda s: (s.top or 0, s.left or 0))
    for shape in placed:
        if shape.shape_type is not None and shape.shape_type.name == "GROUP":
            yield from _shapes(shape.shapes)
        elif not (shape.is_placeholder and shape.placeholder_format.type.name in _FURNITURE):
            yield shape


def _shape(shape: Any, number: int) -> Iterator[Block]:
    if getattr(shape, "has_table", False) and shape.has_table:
        rows = tuple(tuple(cell.text for cell in row.cells) for row in shape.table.rows)
        yield Block("table", rows=rows, page=number)
    if not shape.has_text_frame:
        return
    said = [p for p in shape.text_frame.paragraphs if _text(p).strip()]
    bulleted = shape.is_placeholder and shape.placeholder_format.type.name in ("OBJECT", "BODY")
    for paragraph in said:
        is_item = (bulleted and len(said) > 1) or _has_bullet(paragraph)
        kind = "item" if is_item and not _has_no_bullet(paragraph) else "paragraph"
        yield Block(kind, _text(paragraph), paragraph.level if kind == "item" else 0, page=number)  # type: ignore[arg-type]


def _text(paragraph: Any) -> str:
    said: str = paragraph.text
    return said.replace("\v", "\n")


def _has_bullet(paragraph: Any) -> bool:
    return bool(paragraph._p.findall("./{*}pPr/{*}buChar") or paragraph._p.findall("./{*}pPr/{*}buAutoNum"))


def _has_no_bullet(paragraph: Any) -> bool:
    return bool(paragraph._p.findall("./{*}pPr/{*}buNone"))

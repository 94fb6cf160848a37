"""PDF: the text of its pages in reading order, with headings, paragraphs, lists and tables as they look.

In: the bytes of a file. Out: its text without running heads, page numbers, hyphens of line ends and ligatures, and
where each page begins. A PDF holds no paragraphs, only letters at places; what they are is told by size, weight and
distance. pdfplumber reads letters and ruled tables; this is its home.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from ingest.manifest import DocumentEntry
from ingest.parsers.blocks import Parts, compose
from ingest.parsers.flow import Placed, flow
from ingest.parsers.layout import Line, Word, lines_of, reading_order
from ingest.parsers.plain import Parsed
from trustbot.errors import InvalidInput

MOST_PAGES = 3000
FEWEST_LETTERS = 20
"""Letters on a page, on average, below which a file is taken for pictures of pages."""
_UNKNOWN = re.compile(r"\(cid:\d+\)|�")
_SIGN = re.compile(r"\A\(cid:\d+\)\Z")
_DIGITS = re.compile(r"\d+")
_BOLD = re.compile(r"bold|black|heavy|semibold|demi", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """A page's words, and its tables, each of which stands among the words as one of them."""

    number: int
    words: tuple[Word, ...]
    tables: tuple[tuple[tuple[str, ...], ...], ...]
    height: float


def parse_pdf(data: bytes, entry: DocumentEntry) -> Parsed:
    """The text of a file; InvalidInput for one that is locked, damaged, or holds pictures of pages only."""
    return compose(entry, read_pdf(data, entry.path.name, entry.language))


def read_pdf(data: bytes, name: str, language: str = "en") -> Parts:
    """Blocks, title and pages of a file."""
    pages, title, pictures = _pages(data, name)
    letters = [sum(len(word.text) for word in page.words) for page in pages]
    if sum(letters) < FEWEST_LETTERS * len(pages) and pictures:
        raise InvalidInput(
            f"{name} holds pictures of pages and no text. Run it through text recognition (OCR, such as ocrmypdf), "
            "check the result, and give that."
        )
    text = " ".join(word.text for page in pages for word in page.words)
    unknown = len(_UNKNOWN.findall(text))
    if unknown * 20 > len(text.split()):
        raise InvalidInput(
            f"{name} doesn't say which letters its signs are. Save it anew from its own program, or run it through "
            "text recognition (OCR)."
        )
    notes = []
    empty = [str(page.number) for page, count in zip(pages, letters, strict=True) if not count]
    if empty and pictures:
        notes.append(
            f"no text on page {', '.join(empty[:20])}{' …' if len(empty) > 20 else ''}, perhaps pictures of text"
        )
    placed = [
        Placed(line, page.number, page.tables)
        for page, words in zip(pages, _without_furniture(pages), strict=True)
        for line in reading_order(words)
    ]
    return Parts(tuple(flow(placed, language)), tuple(notes), title, len(pages))


def _pages(data: bytes, name: str) -> tuple[list[Page], str, bool]:
    """The pages, the title that the file gives itself, and whether it has pictures."""
    import pdfplumber
    from pdfplumber.utils.exceptions import PdfminerException

    try:
        with pdfplumber.open(BytesIO(data)) as file:
            if len(file.pages) > MOST_PAGES:
                raise InvalidInput(f"{name} has more than {MOST_PAGES} pages. Split it into parts.")
            found, pictures = [], False
            for page in file.pages:
                found.append(_page(page))
                pictures = pictures or bool(page.images)
                page.close()  # what was read of it is kept in memory otherwise
            title = file.metadata.get("Title")
    except PdfminerException as error:
        if "Password" in repr(error):
            raise InvalidInput(f"{name} is protected with a password. Give a copy without one.") from None
        raise InvalidInput(
            f"{name} is damaged: it can't be read as PDF. Open it in its own program and save it anew."
        ) from None
    return found, " ".join(title.split()) if isinstance(title, str) else "", pictures


def _page(page: Any) -> Page:
    tables = []
    words: list[Word] = []
    boxes = []
    for table in page.find_tables():
        rows = [tuple(cell or "" for cell in row) for row in table.extract()]
        rows = [row for row in rows if any(cell.strip() for cell in row)]
        if len(rows) > 1 and max(len(row) for row in rows) > 1 and _filled(rows):
            left, top, right, bottom = table.bbox
            boxes.append(table.bbox)
            tables.append(tuple(rows))
            words.append(Word(f"\0{len(tables) - 1}", left, right, top, bottom, 10.0, False))
    upright = page.filter(lambda item: item["object_type"] != "char" or item["upright"]).dedupe_chars()
    for found in upright.extract_words(
        x_tolerance_ratio=0.18, y_tolerance=2, extra_attrs=["fontname", "size"], expand_ligatures=True
    ):
        middle = (found["x0"] + found["x1"]) / 2, (found["top"] + found["bottom"]) / 2
        if not any(x0 <= middle[0] <= x1 and top <= middle[1] <= bottom for x0, top, x1, bottom in boxes):
            words.append(_word(found))
    if words:
        words += [
            mark
            for mark in _bullets(page)
            if any(w.top < mark.top + 5 < w.bottom and 0 < w.left - mark.right < 3 * w.size for w in words)
        ]
    return Page(page.page_number, tuple(words), tuple(tables), float(page.height))


def _filled(rows: Sequence[tuple[str, ...]]) -> bool:
    """Whether most cells hold something: lines around text that is no table leave most of them empty."""
    cells = [cell for row in rows for cell in row]
    return sum(bool(cell.strip()) for cell in cells) * 2 >= len(cells)


def _bullets(page: Any) -> Iterator[Word]:
    """Marks of lists that are drawn instead of written: small, about as wide as high, filled."""
    for shape in (*page.curves, *page.rects):
        width, height = float(shape["width"]), float(shape["height"])
        if 1.5 <= width <= 7 and 0.7 <= width / max(height, 0.1) <= 1.4 and shape.get("fill"):
            # As high as the letters beside it.
            middle = float(shape["top"]) + height / 2
            yield Word("•", float(shape["x0"]), float(shape["x1"]), middle - 5, middle + 5, 10.0, False)


def _word(found: dict[str, Any]) -> Word:
    return Word(
        # A sign that stands alone and has no letter to it is a list's mark from a font of signs.
        _SIGN.sub("•", found["text"]),
        float(found["x0"]),
        float(found["x1"]),
        float(found["top"]),
        float(found["bottom"]),
        round(float(found["size"]) * 2) / 2,
        bool(_BOLD.search(found["fontname"])),
    )


def _without_furniture(pages: Sequence[Page]) -> Iterator[list[Word]]:
    """The words of each page without running heads and feet: lines that stand at the same edge of several pages."""
    edges = [_edges(page) for page in pages]
    counts = Counter(key for found in edges for key in {key for key, _ in found})
    least = 2 if len(pages) < 6 else 3
    for page, found in zip(pages, edges, strict=True):
        dropped: set[Word] = set()
        for key, line in found:
            if counts[key] >= least or (key[1] in ("#", "- # -", "– # –") and len(pages) > 1):
                dropped |= set(line.words)
        yield [word for word in page.words if word not in dropped]


def _edges(page: Page) -> list[tuple[tuple[str, str], Line]]:
    """The lines in the outer eighth of a page, each with its edge and its words, every number of which is `#`."""
    found = []
    written = [word for word in page.words if not word.text.startswith("\0")]
    top = [word for word in written if word.bottom < page.height / 8]
    foot = [word for word in written if word.top > page.height * 7 / 8]
    for edge, words in (("top", top), ("foot", foot)):
        for line in lines_of(words):
            found.append(((edge, _DIGITS.sub("#", line.text)), line))
    return found

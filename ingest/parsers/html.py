"""HTML: what a reader of the page reads, as blocks; menus, scripts and hidden text are no part of it.

In: the bytes of a page, or a fragment of one. Out: its headings, paragraphs, list items and tables. Which of a page is
its content is told by its own elements (`main`, `article`, `nav`, `header`, `footer`, `aside`), which is what they are
for; where a page has none, by lists that are nothing but links. lxml parses; this is its home for HTML.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ingest.manifest import DocumentEntry
from ingest.parsers.blocks import Block, Parts, compose, tidy
from ingest.parsers.decoding import decode
from ingest.parsers.plain import Parsed
from trustbot.errors import InvalidInput

if TYPE_CHECKING:
    from lxml.html import HtmlElement

DROPPED = frozenset(
    "script style template noscript head nav aside footer form button select input textarea iframe object embed svg "
    "canvas audio video map dialog menu del s strike math img picture".split()
)
_ROLES = frozenset(
    "navigation banner contentinfo search complementary menu menubar dialog alert doc-noteref doc-backlink".split()
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_BLANKS = re.compile(r"[^\S\v]+")
_HEADING = re.compile(r"h([1-6])")
_BLOCKS = frozenset(
    "p div section article main header ul ol li dl dt dd table blockquote pre figure figcaption details summary "
    "address hr h1 h2 h3 h4 h5 h6 hgroup body center fieldset caption thead tbody tfoot tr td th".split()
)
DEEPEST = 200
"""Elements inside each other; what is nested deeper is no document, and would end the interpreter's own stack."""


def parse_html(data: bytes, entry: DocumentEntry) -> Parsed:
    """The content of a page; InvalidInput where its encoding can't be told."""
    text, note = decode_html(data, entry.path.name)
    parts = read_html(text)
    return compose(entry, Parts(parts.blocks, (note,) if note else (), parts.title))


def decode_html(data: bytes, name: str) -> tuple[str, str]:
    """The text of a page, in the encoding that it declares, and what is told of it."""
    found = _CHARSET.search(data[:4096])
    declared = found[1].decode("ascii", "replace") if found else ""
    if declared and not data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            # As browsers do, because pages that say Latin-1 are Windows-1252.
            codec = codecs.lookup(declared).name
            text = data.decode("cp1252" if codec in ("iso8859-1", "ascii") else codec)
        except (LookupError, UnicodeError):
            pass
        else:
            if isinstance(text, str) and "\0" not in text:
                return text.replace("\r\n", "\n").replace("\r", "\n"), ""
    decoded = decode(data, name)
    return decoded.text, decoded.note


def read_html(text: str, *, is_fragment: bool = False) -> Parts:
    """Blocks and title of a page; of a fragment, every block that isn't hidden."""
    root = _tree(text)
    if root is None:
        return Parts(())
    title = next((tidy(t.text_content()) for t in root.iter("title")), "")
    start = root if is_fragment else _content(root)
    blocks = tuple(Walk(is_page=not is_fragment).blocks(start))
    return Parts(blocks, title=" ".join(title.split()))


def _tree(text: str) -> HtmlElement | None:
    from lxml import etree, html

    # Control characters have no place in a page, and the parser ends at the first one.
    text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]", " ", text)
    if not text.strip():
        return None
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    try:
        root = html.document_fromstring(text.encode("utf-8"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return None  # nothing but comments
    deepest = 0
    for element in root.iter():
        if len(element) == 0:
            deepest = max(deepest, sum(1 for _ in element.iterancestors()))
            if deepest > DEEPEST:
                raise InvalidInput("It has elements nested too deeply to be a page. Save it from a browser as HTML.")
    return root


def _content(root: HtmlElement) -> HtmlElement:
    """The one element that says that it is the content, else the whole body."""
    for found in (
        [e for e in root.iter("main") if not _is_dropped(e)],
        [e for e in root.iter() if isinstance(e.tag, str) and e.get("role") == "main"],
        [e for e in root.iter("article") if not _is_dropped(e)],
    ):
        if len(found) == 1 and found[0].text_content().strip():
            return found[0]
    body = root.find("body")
    return root if body is None else body


def _is_dropped(element: HtmlElement) -> bool:
    if not isinstance(element.tag, str) or element.tag in DROPPED:
        return True
    return (
        element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or element.get("role") in _ROLES
        or bool(_HIDDEN.search(element.get("style") or ""))
    )


class Walk:
    """One pass over a tree, from which blocks come in reading order."""

    def __init__(self, *, is_page: bool) -> None:
        self._is_page = is_page

    def blocks(self, element: HtmlElement, depth: int = -1, mark: str = "-") -> Iterator[Block]:
        """The blocks of an element: runs of inline text are paragraphs (in an item: the item)."""
        run: list[str] = [element.text or ""]
        first = "item" if mark and depth >= 0 and element.tag == "li" else "paragraph"
        for child in element:
            if self._dropped(child, element):
                run.append(child.tail or "")
                continue
            if child.tag not in _BLOCKS and not any(d.tag in _BLOCKS for d in child.iterdescendants()):
                run.append(inline(child) + (child.tail or ""))
                continue
            if "".join(run).strip():
                yield _text_block(first, run, depth, mark)
                first = "paragraph"
            if first == "item" and child.tag in ("p", "div"):  # a loose list: the paragraph is the item
                inner = list(self.blocks(child, depth))
                for block in inner:
                    is_own = first == "item" and block.kind == "paragraph"
                    yield Block("item", block.text, max(depth, 0), mark=mark) if is_own else block
                    first = "paragraph" if is_own else first
            else:
                yield from self._block(child, depth)
            run = [child.tail or ""]
        if "".join(run).strip():
            yield _text_block(first, run, depth, mark)

    def _dropped(self, child: HtmlElement, parent: HtmlElement) -> bool:
        if _is_dropped(child):
            return True
        if not self._is_page:
            return False
        if child.tag == "header" and parent.tag in ("body", "html"):
            return child.find(".//h1") is None
        return child.tag in ("ul", "ol") and _is_menu(child)

    def _block(self, element: HtmlElement, depth: int) -> Iterator[Block]:
        tag = element.tag
        if heading := _HEADING.fullmatch(tag):
            yield Block("heading", " ".join(inline(element).split()), int(heading[1]))
        elif tag in ("ul", "ol"):
            yield from self._items(element, depth + 1)
        elif tag == "table":
            yield from self._table(element, depth)
        elif tag == "pre":
            yield Block("code", element.text_content())
        elif tag == "dl":
            yield from _definitions(element)
        else:
            yield from self.blocks(element, depth)

    def _items(self, element: HtmlElement, depth: int) -> Iterator[Block]:
        number = 0
        for child in element:
            if _is_dropped(child):
                continue
            if child.tag in ("ul", "ol"):
                yield from self._items(child, depth + 1)
                continue
            number += 1
            mark = f"{number}." if element.tag == "ol" else "-"
            yield from self.blocks(child, depth, mark)

    def _table(self, element: HtmlElement, depth: int) -> Iterator[Block]:
        rows = [r for r in element.iter("tr") if next(r.iterancestors("table")) is element and not _is_dropped(r)]
        cells = [[c for c in row if isinstance(c.tag, str) and c.tag in ("td", "th")] for row in rows]
        nested = any(c.find(".//table") is not None or c.find(".//h2") is not None for row in cells for c in row)
        if nested or max((len(row) for row in cells), default=0) < 2:  # laid out with a table
            for row in cells:
                for cell in row:
                    yield from self.blocks(cell, depth)
            return
        caption = element.find("caption")
        if caption is not None and inline(caption).strip():
            yield Block("paragraph", inline(caption))
        yield Block("table", rows=tuple(tuple(t for c in row for t in _spanned(c)) for row in cells))


def _spanned(cell: HtmlElement) -> list[str]:
    wide = cell.get("colspan") or "1"
    said = " ".join(inline(cell).split())
    return [said] + [""] * (min(int(wide), 50) - 1 if wide.isdecimal() else 0)


def _is_menu(element: HtmlElement) -> bool:
    """A list of three items or more, each of which is one short link to elsewhere and nothing else."""
    items = [i for i in element if isinstance(i.tag, str)]
    linked = [i for i in items if "".join(a.text_content() for a in i.iter("a")).split() == i.text_content().split()]
    return len(items) >= 3 and len(linked) == len(items) and all(len(i.text_content().split()) <= 5 for i in items)


def _text_block(kind: Any, run: list[str], depth: int, mark: str) -> Block:
    # Line breaks of the file are blanks; those of the page came as a mark of their own.
    said = _BLANKS.sub(" ", "".join(run)).replace("\v", "\n")
    return Block(kind, said, max(depth, 0), mark=mark)


def inline(element: HtmlElement) -> str:
    """The words of an element, white space as one blank, `<br>` as a line break, marks of footnotes left out."""
    if _is_dropped(element) or _is_note_mark(element):
        return ""
    if element.tag == "br":
        return "\v"
    said = [element.text or ""]
    for child in element:
        said.append(inline(child))
        said.append(" " if child.tag in _BLOCKS else "")
        said.append(child.tail or "")
    return "".join(said)


def _is_note_mark(element: HtmlElement) -> bool:
    """A raised number, letter or sign that leads to a note on the same page."""
    if element.tag not in ("sup", "a"):
        return False
    link = element if element.tag == "a" else element.find(".//a")
    if link is None or not (link.get("href") or "").startswith("#"):
        return False
    raised = element.tag == "sup" or "footnote" in (element.get("class") or "") or element.find(".//sup") is not None
    return raised and len(element.text_content().strip()) <= 6


def _definitions(element: HtmlElement) -> Iterator[Block]:
    term = ""
    for child in element.iter("dt", "dd"):
        if _is_dropped(child):
            continue
        said = " ".join(inline(child).split())
        if child.tag == "dt":
            term = said
        elif said:
            yield Block("paragraph", f"{term.rstrip(':')}: {said}" if term else said)

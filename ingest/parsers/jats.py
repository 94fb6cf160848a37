"""JATS and PubMed XML: title, abstract and body of articles, without their reference lists.

In: the bytes of an article as publishers and PubMed Central keep it, or of PubMed's records. Out: its sections by their
own titles. Marks of references (`xref`) are kept as printed where they are bracketed, tables as tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ingest.manifest import DocumentEntry
from ingest.parsers.blocks import Block, Parts, compose
from ingest.parsers.html import parse_html
from ingest.parsers.plain import Parsed
from ingest.parsers.xml import parse_tree
from trustbot.errors import InvalidInput

_DROPPED = frozenset(
    "ref-list fn-group fn graphic media inline-graphic object-id label tex-math math inline-formula alternatives "
    "permissions supplementary-material alt-text".split()
)
_DEEPEST = 6
_BLANKS = re.compile(r"\s+")
_EMPTY = re.compile(r"\s*[\[(]\s*(?:[,;–-]\s*)*[\])]")


def parse_xml(data: bytes, entry: DocumentEntry) -> Parsed:
    """The text of an article or of records; InvalidInput for XML of another kind."""
    root = parse_tree(data, entry.path.name)
    kind = _name(root)
    if kind == "html":
        return parse_html(data, entry)
    parts = read_articles(root)
    if parts is None:
        raise InvalidInput(
            f"{entry.path.name} is XML of the kind <{kind[:40]}>; what is read is JATS (<article>) and PubMed "
            "(<PubmedArticleSet>). Convert it to HTML or Markdown."
        )
    return compose(entry, parts)


def read_articles(root: Any) -> Parts | None:
    """Blocks and title of each article below `root`; None if there is none."""
    articles = [e for e in root.iter() if _name(e) in ("article", "PubmedArticle")]
    if not articles:
        return None
    several = len(articles) > 1
    blocks: list[Block] = []
    title = ""
    for article in articles:
        found = list(_pubmed(article) if _name(article) == "PubmedArticle" else _jats(article))
        title = title or next((b.text for b in found if b.kind == "heading"), "")
        # Of several articles, each one's title is the heading of its text.
        blocks += [
            Block(b.kind, b.text, min(b.level + 1, 6), b.rows, mark=b.mark) if several and b.kind == "heading" else b
            for b in found
        ]
    return Parts(tuple(blocks), title=title)


def _name(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _first(element: Any, path: str) -> Any:
    """The first element at a path of local names, such as `front/article-meta`; None if there is none."""
    steps = "/".join(f"*[local-name()='{step}']" for step in path.split("/"))
    found = element.xpath(f"./{steps}")
    return found[0] if found else None


def _pubmed(article: Any) -> Iterator[Block]:
    record = _first(article, "MedlineCitation/Article")
    if record is None:
        return
    title = _first(record, "ArticleTitle")
    if title is not None:
        yield Block("heading", _words(title), 1)
    abstract = _first(record, "Abstract")
    for part in abstract if abstract is not None else ():
        if _name(part) == "AbstractText":
            if part.get("Label"):
                yield Block("heading", part.get("Label").capitalize(), 2)
            yield Block("paragraph", _words(part))


def _jats(article: Any) -> Iterator[Block]:
    title = _first(article, "front/article-meta/title-group/article-title")
    if title is not None:
        yield Block("heading", _words(title), 1)
    meta = _first(article, "front/article-meta")
    for abstract in meta if meta is not None else ():
        if _name(abstract) == "abstract":
            own = _first(abstract, "title")
            yield Block("heading", _words(own) if own is not None else "Abstract", 2)
            yield from _flow(abstract, 2)
    for name in ("body", "back"):
        part = _first(article, name)
        if part is not None:
            yield from _flow(part, 1)


def _flow(element: Any, level: int, depth: int = 0) -> Iterator[Block]:
    """The blocks inside an element whose own heading has `level`."""
    for child in element:
        name = _name(child)
        if name in _DROPPED or name in ("title", "front", "front-stub"):
            continue
        if name in ("sec", "app", "ack", "boxed-text", "app-group", "notes", "glossary"):
            title = _first(child, "title")
            if title is not None and _words(title):
                yield Block("heading", _words(title), min(level + 1, _DEEPEST))
            yield from _flow(child, min(level + (title is not None), _DEEPEST), depth)
        elif name == "list":
            yield from _list(child, depth)
        elif name in ("table-wrap", "fig"):
            yield from _figure(child)
        elif name == "def-item":
            said = [_words(part) for part in child if _name(part) in ("term", "def")]
            yield Block("paragraph", ": ".join(filter(None, said)))
        elif name == "p":
            yield from _paragraph(child, level, depth)
        else:
            yield from _flow(child, level, depth)


def _paragraph(element: Any, level: int, depth: int) -> Iterator[Block]:
    """A paragraph, and the lists and tables that JATS allows inside one, behind it."""
    yield Block("paragraph", _words(element))
    inside = [c for c in element if _name(c) in ("list", "table-wrap", "boxed-text", "def-list")]
    if inside:
        holder = element.makeelement("holder")
        for child in inside:
            child.tail = None
            holder.append(child)
        yield from _flow(holder, level, depth)


def _list(element: Any, depth: int) -> Iterator[Block]:
    is_ordered = element.get("list-type") == "order"
    for number, item in enumerate((i for i in element if _name(i) == "list-item"), 1):
        yield from _item(item, depth, f"{number}." if is_ordered else "-")


def _item(item: Any, depth: int, mark: str) -> Iterator[Block]:
    for position, child in enumerate(item):
        if _name(child) == "list":
            yield from _list(child, depth + 1)
        elif _name(child) not in _DROPPED:
            yield Block(
                "item" if position == 0 or _name(child) == "p" else "paragraph", _words(child), depth, mark=mark
            )


def _figure(element: Any) -> Iterator[Block]:
    label, caption = _first(element, "label"), _first(element, "caption")
    said = " ".join(_words(part) for part in (label, caption) if part is not None)
    if said:
        yield Block("paragraph", said)
    for table in element.iter():
        if _name(table) == "table":
            rows = [r for r in table.iter() if _name(r) == "tr"]
            yield Block("table", rows=tuple(tuple(_words(c) for c in row if _name(c) in ("td", "th")) for row in rows))


def _is_mark(element: Any) -> bool:
    """A raised number that leads to a reference or note; one that is printed in brackets is part of its sentence."""
    if _name(element) == "sup":
        inside = [c for c in element if _name(c) == "xref"]
        return bool(inside) and not re.search(r"[^\W\d]{2}", "".join(element.itertext()))
    return _name(element) == "xref" and any(_name(c) == "sup" for c in element)


def _words(element: Any) -> str:
    return _EMPTY.sub("", _BLANKS.sub(" ", _text(element))).strip()


def _text(element: Any, depth: int = 0) -> str:
    """The words inside an element; raised marks of references and notes are no words of it."""
    said = [element.text or ""]
    for child in element:
        name = _name(child)
        if name in ("list", "table-wrap", "boxed-text", "def-list") or name in _DROPPED:
            said.append(" ")
        elif not _is_mark(child) and depth < 100:
            gap = " " if name in ("p", "title", "break", "sec") else ""
            said += [gap, _text(child, depth + 1), gap]
        said.append(child.tail or "")
    return "".join(said)

"""The guidance as it stands, with what checking it found beside each of its statements.

In: the stored article, the corpus, the questions that may be offered. Out: markup: headings with ids, paragraphs and
lists, each statement with its note; what the page says of itself is given apart, and what belongs to no statement
(menus, advertising) is left out. This module knows neither a request nor what is around the article.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from itertools import groupby

from trustbot.presentation import wording
from trustbot.types import ARTICLE, Audit, Chunk, Corpus, Document
from trustbot.web.http.markup import element, sourced, sourced_text, text
from trustbot.web.i18n import said, words
from trustbot.web.pages.browse.asking import Key, address
from trustbot.web.pages.browse.works import card_address
from trustbot.web.pages.document_page import pieces
from trustbot.web.pages.evidence_view import CHECK_CLASS, byline

HIGHEST = 2
"""Level of the article's own parts; its title is the page's."""
NAMED = 80
"""Most characters of a statement that a link's name repeats."""


@dataclass(frozen=True, slots=True)
class Block:
    """A heading (`h2` to `h6`), an item (`li`) or a paragraph (`p`); `start` to `end` are its characters."""

    tag: str
    start: int
    end: int
    anchor: str = ""
    chunks: tuple[Chunk, ...] = ()
    """The statements that begin in it."""
    disclaims: bool = False


@dataclass(frozen=True, slots=True)
class Laid:
    """The article laid out: what is read, and the lines that its page says of itself."""

    blocks: tuple[Block, ...]
    page: tuple[str, ...]

    @property
    def parts(self) -> tuple[Block, ...]:
        """The headings of the highest level."""
        return tuple(b for b in self.blocks if b.tag == f"h{HIGHEST}")


@dataclass(frozen=True, slots=True)
class _Headings:
    """Headings with nothing under them yet; they are shown once something is."""

    taken: set[str] = field(default_factory=set)
    waiting: list[Block] = field(default_factory=list)

    def add(self, name: str, level: int, start: int, end: int) -> None:
        while self.waiting and self.waiting[-1].tag >= f"h{level}":
            self.waiting.pop()
        slug = "part-" + (re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "x")
        anchor = next(a for a in (slug, *(f"{slug}-{n}" for n in range(2, 10_000))) if a not in self.taken)
        self.waiting.append(Block(f"h{level}", start, end, anchor))

    def shown(self) -> list[Block]:
        ready = self.waiting.copy()
        self.taken.update(block.anchor for block in ready)
        self.waiting.clear()
        return ready


def lay_out(document: Document, corpus: Corpus) -> Laid:
    """The article's blocks in order, each with its statements."""
    chunks = sorted((c for c in corpus.chunks if c.document_id == document.id), key=lambda c: c.start)
    headings, blocks, page = _Headings(), list[Block](), list[str]()
    for tag, start, end in _blocks(document):
        if tag.startswith("h"):
            level = int(tag[1]) - 2  # the pieces count from h3
            if level >= HIGHEST or blocks:  # what stands above everything is the title
                headings.add(document.text[start:end].strip(), max(level, HIGHEST), start, end)
            continue
        inside = [c for c in chunks if c.start < end and c.end > start]
        if any(c.kind == "page" for c in inside):
            page += document.text[start:end].split("\n")
        elif inside:
            blocks += headings.shown()
            begun = tuple(c for c in inside if c.start >= start and c.kind in ("statement", "prose"))
            blocks.append(Block(tag, start, end, "", begun, inside[0].kind == "disclaimer"))
    return Laid(tuple(blocks), tuple(line.strip() for line in page if line.strip()))


def _blocks(document: Document) -> Iterator[tuple[str, int, int]]:
    """The document's headings, items and whole paragraphs."""
    found = pieces(document, (0, len(document.text)))
    for tag, group in groupby(found, key=lambda p: p.tag):
        members = list(group)
        if tag == "p":
            yield tag, members[0].start, members[-1].end
        elif tag:
            yield from ((tag, p.start, p.end) for p in members)


def article_view(document: Document, laid: Laid, corpus: Corpus, offered: Mapping[Key, str]) -> str:
    """What is read: headings, paragraphs and lists, statements with their notes."""
    shown = []
    for tag, group in groupby(laid.blocks, key=lambda b: b.tag):
        blocks = [_block(document, block, corpus, offered) for block in group]
        shown.append(element("ul", "".join(blocks), role="list") if tag == "li" else "".join(blocks))
    return "".join(shown)


def _block(document: Document, block: Block, corpus: Corpus, offered: Mapping[Key, str]) -> str:
    if block.tag.startswith("h"):
        return sourced(block.tag, text(document.text[block.start : block.end]), id=block.anchor)
    tag = block.tag if block.tag == "li" else "div"
    own = sourced("p", _said(document, block), "quiet" if block.disclaims else "")
    found, ways = ([f(c, corpus, offered) for c in block.chunks] for f in (_found, _ways))
    if len(block.chunks) > 1:  # what can be done stands with each statement's own note
        found, ways = [f + w for f, w in zip(found, ways, strict=True)], []
    notes = "".join(
        element("div", note, "note", role="note", **{"aria-label": _short(chunk)})
        for note, chunk in zip(found, block.chunks, strict=True)
        if note
    )
    if not notes:
        return element(tag, own + "".join(ways), "row")
    checks = {a.check for c in block.chunks if (a := corpus.audit(c.claim_id))}
    name = f"row noted {CHECK_CLASS[checks.pop()]}" if len(checks) == 1 else "row noted"
    return element(tag, own + element("div", notes, "notes") + "".join(ways), name)


def _said(document: Document, block: Block) -> str:
    """The words of a block; each statement can be linked to, and what is printed behind it stands back."""
    stored, parts, last = document.text, [], block.start
    for chunk in block.chunks:
        parts.append(_quiet(stored[last : chunk.start]))
        end = min(chunk.end, block.end)
        anchor = chunk.claim_id or f"at-{chunk.start}"
        parts.append(element("span", escape(stored[chunk.start : end]), "said", id=anchor))
        last = end
    rest = stored[last : block.end].rstrip()
    return "".join(parts) + (_quiet(rest) if block.chunks else escape(rest))


def _quiet(between: str) -> str:
    return element("span", escape(between), "printed") if between.strip() else escape(between)


def _short(chunk: Chunk) -> str:
    """The beginning of a statement, for the names of links."""
    plain = " ".join(chunk.text.split())
    return plain if len(plain) <= NAMED else plain[:NAMED].rsplit(" ", 1)[0] + " …"


def _ways(chunk: Chunk, corpus: Corpus, offered: Mapping[Key, str]) -> str:
    """What can be done about a statement: ask, and see its check in full."""
    question, audit = offered.get(chunk.id), corpus.audit(chunk.claim_id)
    ways = [(words.BROWSE_ASK, "ask", address(question))] if question else []
    ways += [(words.BROWSE_ROW, "row-link", f"audit#{audit.claim_id}")] if audit else []
    links = (
        element("a", text(label), name, href=href, **{"aria-label": f"{label}: {_short(chunk)}"})
        for label, name, href in ways
    )
    return element("p", "".join(links), "ways") if ways else ""


def _found(chunk: Chunk, corpus: Corpus, _: Mapping[Key, str]) -> str:
    """The number behind a statement, its check, what the work supports, who trusts whom there."""
    audit = corpus.audit(chunk.claim_id)
    if audit is None:
        if chunk.reference is not None:
            return element("p", _number(chunk.reference, corpus), "mark")
        return element("p", text(words.BROWSE_UNNUMBERED), "who") if corpus.audits else ""
    mark = element("p", _number(audit.reference, corpus) + check_mark(audit), "mark")
    notice = sourced("p", text(audit.notice), "found") if audit.notice else ""
    who = element("p", f"{text(words.DIRECTION)}: {sourced_text(audit.direction)}", "who") if audit.direction else ""
    return mark + notice + (element("p", who, "who") if who else "")


def _number(number: int, corpus: Corpus) -> str:
    """The number of the work, as a link to it."""
    source = corpus.numbered(number)
    told = words.BROWSE_WORK_OF.format(number=number, work=byline(source) if source else "").rstrip(" :")
    return element(
        "a",
        element("span", str(number), "num"),
        "num-link",
        href=card_address(number, corpus),
        title=told,
        **{"aria-label": told},
    )


def check_mark(audit: Audit) -> str:
    """The check by shape, colour and words."""
    shape = element("span", wording.CHECK_MARK[audit.check], **{"aria-hidden": "true"})
    return element("span", f"{shape} {text(said.checked(audit.check))}", f"check {CHECK_CLASS[audit.check]}")


def stored_article(corpus: Corpus) -> Document | None:
    """The guidance itself, if the corpus has it."""
    return next((d for d in corpus.documents if d.id == ARTICLE), None)

"""Sections -> units: the sentences that can be quoted, those together that belong together.

In: a document, one of its sections, and whether a span of it fits into a chunk. Out: units in order. How a section is
cut depends on what it is:

- a list item of the guidance, or a paragraph of it that ends in a printed reference ` [n]`, is a statement: a unit of
  its own, without the bullet and without the reference, which becomes data;
- a note is one unit a sentence, because it says one fact a sentence;
- page facts and disclaimers are one unit a sentence or line; chrome is left out;
- in everything else a lead-in and its list are one sentence, and so are a question and its answer; where they are too
  long for one, each item or sentence keeps the lead-in or the question as its lead. A row of a table has the header as
  its lead. Lines of keys and values are a sentence each.

This module knows neither tokens, nor vectors, nor the index.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.blocks import ITEM, LINE, Block, asks, blocks, leads_in, tells_by_line
from trustbot.text.inline import key_of
from trustbot.text.sentences import split_run_on, split_sentences
from trustbot.types import Document, Section, SectionKind, Span

_REFERENCE = re.compile(r"[ \t]*\[(\d{1,4})\][ \t]*\.?\s*\Z")
FACT_WORDS = 40
"""Words up to which a line is one sentence, whatever stops it holds: `Blood bank: ext. 2200`."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Sentences that belong together, at places in the section; `alone` ones are never packed with their neighbours."""

    sentences: tuple[Span, ...]
    kind: SectionKind
    reference: int | None = None
    alone: bool = True
    lead: Span | None = None
    """The words before them without which they say nothing: the header of a table, a lead-in, a question."""


def units_of(document: Document, section: Section, fits: Callable[[Span], bool]) -> Iterator[Unit]:
    """What the section consists of, in order; see the module's docstring for the rules."""
    kind, is_article = section.kind, document.kind == "article"
    by_line = kind in ("page", "disclaimer")
    if kind == "chrome":
        return
    if not (is_article or by_line or document.kind == "note"):
        yield from _Structure(section.text, kind, lambda s: fits(s) and document.terms.allow(section.text[slice(*s)]))
        return
    for block in _statements(section.text, by_line=by_line, references=is_article and not by_line):
        sentences = tuple(_shifted(split_sentences(section.text[block.start : block.end]), block.start))
        if by_line or document.kind == "note":
            yield from (Unit((span,), kind) for span in sentences)
        elif is_article and (block.is_item or block.reference or kind == "statement"):
            yield Unit(sentences, "statement", block.reference)
        else:
            yield Unit(sentences, kind, alone=False)


def _shifted(spans: Sequence[Span], by: int) -> Iterator[Span]:
    return ((by + s, by + e) for s, e in spans)


class _Structure:
    """The units of a text that is neither guidance nor note."""

    def __init__(self, text: str, kind: SectionKind, whole: Callable[[Span], bool]) -> None:
        """`whole` tells whether a span may be one sentence."""
        self._text, self._kind, self._whole = text, kind, whole
        self._blocks = list(blocks(text))

    def __iter__(self) -> Iterator[Unit]:
        at = 0
        while at < len(self._blocks):
            end = self._together(at)
            yield from self._joined(at, end) if end > at + 1 else self._single(self._blocks[at], None)
            at = end

    def _together(self, at: int) -> int:
        """Behind the last block that belongs to the one at `at`: a question has its answer, a lead-in its list."""
        block, end = self._blocks[at], at + 1
        if end == len(self._blocks):
            return end
        if asks(self._text, block):
            if asks(self._text, self._blocks[end]):  # questions in a row: the first has no answer
                return end
            return self._together(end) if leads_in(self._text, self._blocks[end]) else self._list_end(end)
        if leads_in(self._text, block):
            following = self._blocks[end]
            if following.kind in ("item", "table") or tells_by_line(self._text, following):
                return self._list_end(end)
        return end

    def _list_end(self, at: int) -> int:
        """Behind the list whose first item is at `at`; behind the block where it is none."""
        end = at + 1
        while self._blocks[at].kind == "item" and end < len(self._blocks) and self._blocks[end].kind == "item":
            end += 1
        return end

    def _joined(self, at: int, end: int) -> Iterator[Unit]:
        first = self._blocks[at]
        *before, lead = self._sentences(first.start, first.end)
        if before:
            yield Unit(tuple(before), self._kind, alone=False)
        rest = self._blocks[at + 1 : end]
        if rest[-1].kind != "table" and self._whole((lead[0], rest[-1].end)) and not tells_by_line(self._text, rest[0]):
            yield Unit(((lead[0], rest[-1].end),), self._kind, alone=False)
            return
        yield Unit((lead,), self._kind, alone=False)
        for block in rest:
            yield from self._single(block, lead)

    def _single(self, block: Block, lead: Span | None) -> Iterator[Unit]:
        if block.kind == "table":
            yield from self._rows(block, lead)
        elif tells_by_line(self._text, block):
            for line in block.lines:
                yield from self._fact(line, lead)
        elif block.kind == "item" and len(block.lines) == 1:
            yield from self._fact(block.lines[0], lead, keyed=bool(key_of(self._text[slice(*block.lines[0])])))
        else:
            yield self._unit(self._sentences(block.start, block.end), lead)

    def _rows(self, block: Block, lead: Span | None) -> Iterator[Unit]:
        header, *rows = block.lines
        if not rows or not re.search(r"\w", self._text[slice(*header)]):
            yield self._unit([row for row in (rows or [header]) if self._text[slice(*row)].strip("| \t")], lead)
            return
        yield Unit(tuple(rows), self._kind, lead=header)

    def _fact(self, line: Span, lead: Span | None, *, keyed: bool = True) -> Iterator[Unit]:
        """One line as one sentence, or where it is long its sentences, each with the line's key."""
        start, end = line
        if keyed and len(self._text[start:end].split()) <= FACT_WORDS:
            yield self._unit([line], lead)
            return
        first, *rest = self._sentences(start, end)
        yield self._unit([first], lead)
        value = key_of(self._text[start:end]) if keyed else 0
        if rest:
            yield self._unit(rest, (start, start + len(self._text[start : start + value].rstrip())) if value else lead)

    def _unit(self, sentences: Sequence[Span], lead: Span | None) -> Unit:
        return Unit(tuple(sentences), self._kind, alone=lead is not None, lead=lead)

    def _sentences(self, start: int, end: int) -> list[Span]:
        inside = _shifted(split_sentences(self._text[start:end]), start)
        return [part for s, e in inside for part in _shifted(split_run_on(self._text[s:e]), s)]


# -- the guidance, notes and page facts ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Statement:
    """A paragraph, list item or line of a section; offsets count from the section's start."""

    start: int
    end: int
    is_item: bool
    reference: int | None = None


def _statements(text: str, *, by_line: bool, references: bool) -> Iterator[_Statement]:
    """The list items and paragraphs of `text`, or its lines.

    With `references`, a line that ends in a printed reference ends its block, and the reference becomes data.
    """
    start = end = -1
    is_item = False
    for line in LINE.finditer(text):
        blank, item = not line[0].strip(), ITEM.match(line[0])
        # As in Markdown, only a list that begins with 1 may follow a line of text: "95)" there is text.
        if item and start >= 0 and not is_item and item["number"] not in (None, "1"):
            item = None
        if start >= 0 and (blank or item or by_line):
            yield _statement(text, _Statement(start, end, is_item), references)
            start = -1
        if blank:
            continue
        if start < 0:
            start, is_item = line.start() + (item.end() if item else 0), bool(item)
        end = line.end()
        if references and _REFERENCE.search(line[0]):
            yield _statement(text, _Statement(start, end, is_item), references)
            start = -1
    if start >= 0:
        yield _statement(text, _Statement(start, end, is_item), references)


def _statement(text: str, block: _Statement, references: bool) -> _Statement:
    found = _REFERENCE.search(text, block.start, block.end) if references else None
    # A line that holds nothing but a number in brackets is text, not a reference.
    if found and text[block.start : found.start()].strip():
        return replace(block, end=found.start(), reference=int(found[1]))
    return block

"""Printed lines -> headings, paragraphs, list items and tables, across columns and pages.

In: the lines of all pages in reading order. Out: blocks. The size that most letters have is that of running text;
larger lines, and short bold ones, are headings, ranked by size. A line belongs to the paragraph above it unless there
is a gap, an indent or a mark of a list between them. This module knows no PDF.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.parsers.blocks import TURN, Block
from ingest.parsers.layout import Line
from ingest.parsers.mending import mend

_MARK = re.compile(r"(?P<bullet>[•‣◦▪●○■□–*·-]|\uf0b7|(?P<number>\d{1,2}[.)]|\(?[a-z]\)))\s+(?=\S)")
_ENDS = re.compile(r"[.!?:;。！？][\"'”’»)\]]*(?:\s?\[\d+\])*$")
LONGEST_HEADING = 25
"""Words; a longer line in large letters is a lead or a quotation."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A line, its page, and that page's tables, one of which it may stand for."""

    line: Line
    page: int
    tables: tuple[tuple[tuple[str, ...], ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Style:
    """What running text looks like: its size, the distance from line to line, and the sizes of headings."""

    size: float
    pitch: float
    larger: tuple[float, ...]


def flow(placed: Sequence[Placed], language: str) -> Iterator[Block]:
    """The blocks of a document."""
    style = _style(placed)
    run: list[Placed] = []
    level: int | None = None
    position = 0
    while position < len(placed):
        item = placed[position]
        if item.line.text.startswith("\0") or (rows := _rows(placed, position)):
            yield from _block(run, level, language)
            run, level = [], None
            if item.line.text.startswith("\0"):
                yield Block("table", rows=item.tables[int(item.line.text.split()[0][1:])], page=item.page)
                position += 1
            else:
                yield Block("table", rows=rows, page=item.page)
                position += len(rows)
            continue
        found = _level(item.line, style)
        if run and (found != level or _begins(run, item, style, found)):
            yield from _block(run, level, language)
            run = []
        run.append(item)
        level = found
        position += 1
    yield from _block(run, level, language)


def _style(placed: Sequence[Placed]) -> Style:
    letters: Counter[float] = Counter()
    for item in placed:
        for word in item.line.words:
            letters[word.size] += len(word.text)
    size = letters.most_common(1)[0][0] if letters else 10.0
    gaps = [
        b.line.top - a.line.top
        for a, b in pairwise(placed)
        if a.page == b.page and a.line.column == b.line.column and a.line.size == b.line.size == size
    ]
    near = [gap for gap in gaps if 0 < gap < 2.2 * size]
    larger = sorted(
        {i.line.size for i in placed if i.line.size >= 1.08 * size + 0.4 and _may_head(i.line)}, reverse=True
    )
    # Lines of a paragraph are nearer to each other than paragraphs are.
    near.sort()
    return Style(size, near[len(near) // 5] if near else 1.2 * size, tuple(larger))


def _may_head(line: Line) -> bool:
    return len(line.words) <= LONGEST_HEADING and any(c.isalpha() for c in line.text)


def _level(line: Line, style: Style) -> int | None:
    """1 to 6 for a line of a heading, None for text."""
    if not _may_head(line):
        return None
    if line.size in style.larger:
        return min(style.larger.index(line.size) + 1, 6)
    is_head = (
        line.is_bold and line.size >= style.size and len(line.words) <= 14 and not re.search(r"[.;,:]$", line.text)
    )
    return min(len(style.larger) + 1, 6) if is_head else None


def _begins(run: Sequence[Placed], item: Placed, style: Style, level: int | None) -> bool:
    """Whether a line begins a block of its own, behind the lines of `run`, which look alike."""
    before, line = run[-1].line, item.line
    same_place = run[-1].page == item.page and before.column == line.column and line.top >= before.top
    gap = line.top - before.top
    if level is not None:
        return not same_place or gap > 1.6 * line.size
    if _MARK.match(line.text) and _is_list_mark(line, run):
        return True
    if not same_place:
        return bool(_ENDS.search(before.text)) or not line.text[0].islower()
    if gap > 1.3 * max(style.pitch, before.size):
        return True
    first = run[0].line
    if _MARK.match(first.text):  # the further lines of an item stand further in than its mark
        return line.left < first.left + 0.3 * style.size
    # An indented first line: the paragraph above it ended its sentence.
    return line.left > before.left + 0.8 * style.size and len(run) > 1 and bool(_ENDS.search(before.text))


def _is_list_mark(line: Line, run: Sequence[Placed]) -> bool:
    """A number at a line's beginning is a mark only behind a finished line: `in the year / 12. May` is none."""
    found = _MARK.match(line.text)
    if found and found["number"]:
        return bool(_ENDS.search(run[-1].line.text)) or bool(_MARK.match(run[0].line.text))
    is_dash = found is not None and found["bullet"] in "–-*"
    return not is_dash or bool(_ENDS.search(run[-1].line.text)) or bool(_MARK.match(run[0].line.text))


def _block(run: Sequence[Placed], level: int | None, language: str) -> Iterator[Block]:
    if not run:
        return
    text, page = run[0].line.text, run[0].page
    for item in run[1:]:
        text += f"\n{TURN * (item.page - page)}{item.line.text}"
        page = item.page
    text = mend(text, language).replace("\n", " ")
    if level is not None:
        yield Block("heading", text.replace(TURN, ""), level, page=run[0].page)
    elif found := _MARK.match(text):
        mark = found["bullet"] if found["number"] else "-"
        yield Block("item", text[found.end() :], 0, page=run[0].page, mark=mark)
    else:
        yield Block("paragraph", text, page=run[0].page)


def _rows(placed: Sequence[Placed], start: int) -> tuple[tuple[str, ...], ...]:
    """The rows of a table without lines: three lines or more with the same number of cells, which begin in line."""
    rows: list[tuple[str, ...]] = []
    first = placed[start].line
    columns = _starts(first)
    if len(columns) < 2:
        return ()
    for item in placed[start:]:
        if item.page != placed[start].page or item.line.column != first.column or item.line.top < first.top:
            break
        begins = _starts(item.line)
        if len(begins) != len(columns) or any(abs(a - b) > 4 for a, b in zip(begins, columns, strict=True)):
            break
        rows.append(item.line.cells)
    return tuple(rows) if len(rows) > 2 else ()


def _starts(line: Line) -> tuple[float, ...]:
    """Where the cells of a line begin."""
    starts = [line.words[0].left]
    for before, word in zip(line.words, line.words[1:], strict=False):
        if word.left - before.right > 1.2 * max(word.size, before.size):
            starts.append(word.left)
    return tuple(starts)

"""The text of a section -> its blocks: paragraphs, list items, tables and code, as their lines show them.

In: a text. Out: blocks in order, whose offsets count from the start of the text, and what the layout of a paragraph
tells: whether its line breaks were meant, and whether its lines name what they tell of. Only marks and layout are
looked at, never words. This module knows neither documents nor chunks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from trustbot.text.inline import KEYS
from trustbot.types import Span

ITEM = re.compile(r"[ \t]*(?:[-*+•]|(?P<number>\d{1,3})[.)])[ \t]+(?=\S)")
LINE = re.compile(r"[^\n]*\n|[^\n]+")
_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}|~{3,})")
_RULE = re.compile(r"[ \t]*\|?[ \t]*:?-{1,}:?[ \t]*(?:\|[ \t]*:?-{1,}:?[ \t]*)*\|?[ \t]*")
"""The line under the header of a table."""
_QUESTION = re.compile(r"""[?？]["'”’»)\]*_]*\s*\Z""")
_LEAD_IN = re.compile(r"""[:：]["'”’»)\]*_]*\s*\Z""")
_CLOSED = re.compile(r"""[.!?…。！？]["'”’»)\]*_]*\s*\Z""")


@dataclass(frozen=True, slots=True)
class Block:
    """One block; `lines` are its lines without their ends, and for a table its rows, the header first."""

    kind: Literal["paragraph", "item", "table", "code"]
    lines: tuple[Span, ...]

    @property
    def start(self) -> int:
        """Its first character, behind the bullet or number of an item."""
        return self.lines[0][0]

    @property
    def end(self) -> int:
        """Behind its last character."""
        return self.lines[-1][1]


Line = tuple[int, int, str]
"""Start, end without the line's end, and the whole line."""


def blocks(text: str) -> Iterator[Block]:
    """The blocks of `text`, in order; together they hold all of it but white space, list marks and rules of tables."""
    lines = [(m.start(), m.start() + len(m[0].rstrip()), m[0]) for m in LINE.finditer(text)]
    at = 0
    while at < len(lines):
        special = _code(lines, at) or _table(lines, at)
        if special:
            block, at = special
            yield block
        elif not lines[at][2].strip():
            at += 1
        else:
            block, at = _flow(text, lines, at)
            yield block


def _flow(text: str, lines: Sequence[Line], at: int) -> tuple[Block, int]:
    """The paragraph or item that begins at a line, and the line behind it.

    A line that is a question, at the beginning or behind the end of a sentence, is a paragraph of its own.
    """
    start, end, line = lines[at]
    mark = ITEM.match(line)
    held = [(start + (mark.end() if mark else len(line) - len(line.lstrip())), end)]
    at += 1
    while at < len(lines) and lines[at][2].strip() and not (_code(lines, at) or _table(lines, at)):
        start, end, line = lines[at]
        item = ITEM.match(line)
        # As in Markdown, only a list that begins with 1 may follow a line of text: "95)" there is text.
        if item and (mark or item["number"] in (None, "1")):
            break
        if not mark and len(held) == 1 and _QUESTION.search(text, *held[0]):
            break
        if not mark and _QUESTION.search(line) and _CLOSED.search(text, *held[-1]):
            break
        held.append((start, end))
        at += 1
    return Block("item" if mark else "paragraph", tuple(held)), at


def _code(lines: Sequence[Line], at: int) -> tuple[Block, int] | None:
    """A block of code that begins at a line, and the line behind it."""
    opened = _FENCE.match(lines[at][2])
    if opened is None:
        return None
    fence = opened["fence"]
    last = next((i for i in range(at + 1, len(lines)) if lines[i][2].strip().startswith(fence)), len(lines) - 1)
    inside = tuple((s, e) for s, e, _ in lines[at : last + 1] if s < e)
    return Block("code", inside), last + 1


def _table(lines: Sequence[Line], at: int) -> tuple[Block, int] | None:
    """A table that begins at a line, and the line behind it: its columns are parted by `|`, or by two tabs or more."""
    texts = [line.strip() for _, _, line in lines[at : at + 2]]
    if len(texts) < 2:
        return None
    ruled = "|" in texts[0] and "-" in texts[1] and "|" in texts[1] and bool(_RULE.fullmatch(texts[1]))
    tabs = texts[0].count("\t")
    if not ruled and (tabs < 2 or texts[1].count("\t") != tabs):
        return None
    last = at
    while last < len(lines) and lines[last][2].strip():
        row = lines[last][2].strip()
        if ("|" not in row) if ruled else (row.count("\t") != tabs):
            break
        last += 1
    rows = [(s + len(t) - len(t.lstrip()), e) for s, e, t in lines[at:last]]
    return Block("table", tuple(row for i, row in enumerate(rows) if i != 1 or not ruled)), last


def asks(text: str, block: Block) -> bool:
    """Whether a paragraph is a question and nothing else."""
    return block.kind == "paragraph" and bool(_QUESTION.search(text, block.start, block.end))


def leads_in(text: str, block: Block) -> bool:
    """Whether a paragraph ends in a colon: what follows belongs to it."""
    return block.kind == "paragraph" and bool(_LEAD_IN.search(text, block.start, block.end))


def tells_by_line(text: str, block: Block) -> bool:
    """Whether each line of a paragraph is said for itself: by its keys, or since its breaks can't come of its width."""
    lines = [text[s:e] for s, e in block.lines]
    if block.kind != "paragraph" or len(lines) < 2 or any(line.lstrip("\"'“‘«([*_ ")[:1].islower() for line in lines):
        return False
    if any(all(key.match(line) for line in lines) for key in KEYS):
        return True
    if any(line.endswith((",", ";", "-", "–", "—", "(", "/")) for line in lines[:-1]):
        return False
    # In wrapped text the next line's first word didn't fit.
    widest = max(map(len, lines))
    meant = [len(line) + 1 + len(following.split()[0]) <= widest for line, following in pairwise(lines)]
    return 2 * sum(meant) > len(meant)

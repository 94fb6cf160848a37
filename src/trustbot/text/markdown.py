"""Where the headings of a Markdown text are.

In: a text. Out: its `#` headings in order, those inside code blocks left out. This module knows neither sections nor
what a heading means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HEADING = re.compile(r"\ufeff? {0,3}(?P<marks>#{1,6})(?:[ \t]+(?P<title>.*?))?(?:[ \t]+#+)?[ \t]*\r?\n?")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}|~{3,})")


PLAIN = frozenset(("text/plain", "text/csv", "text/tab-separated-values"))
"""Media types whose stored text has no headings; every other format is stored with those of Markdown."""


@dataclass(frozen=True, slots=True)
class Heading:
    """One heading; `start` and `end` are the characters of its line."""

    level: int
    """1 to 6."""
    title: str
    """Without its marks; may be empty."""
    start: int
    end: int


def headings(text: str) -> Iterator[Heading]:
    """The headings of `text`, in order."""
    fence = ""
    offset = 0
    for line in _LINE.findall(text):
        opened = _FENCE.match(line)
        if fence:
            if opened and opened["fence"].startswith(fence) and not line[opened.end() :].strip():
                fence = ""
        elif opened:
            fence = opened["fence"]
        elif found := _HEADING.fullmatch(line):
            yield Heading(len(found["marks"]), (found["title"] or "").strip(), offset, offset + len(line))
        offset += len(line)

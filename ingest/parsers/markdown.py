"""Markdown: its `#` headings cut it into sections.

In: the bytes of a file. Out: its text, character for character, and one section for each stretch of text
under a heading, with the path of headings above it. Marks inside the text stay as they are: what is quoted
is what is in the file. This module knows neither lists nor statements; the chunker does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.manifest import DocumentEntry
from ingest.parsers.plain import Parsed, decode, section
from trustbot.types import Section, SectionKind

_HEADING = re.compile(r"\ufeff? {0,3}(?P<marks>#{1,6})(?:[ \t]+(?P<title>.*?))?(?:[ \t]+#+)?[ \t]*\r?\n?")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}|~{3,})")


@dataclass(frozen=True, slots=True)
class _Heading:
    level: int
    title: str
    start: int
    end: int


def parse_markdown(data: bytes, entry: DocumentEntry) -> Parsed:
    """Sections by heading; InvalidInput if the file isn't UTF-8 text.

    The heading of level 1 is the page's title where there is only one: it is left out of the paths, and its
    kind in `entry.sections` holds for the text right below it only. Any other heading's kind holds for the
    headings below it as well.
    """
    text = decode(data, entry)
    headings = list(_headings(text))
    tops = [h for h in headings if h.level == 1]
    title = tops[0] if len(tops) == 1 else None
    sections: list[Section] = []
    path: list[_Heading] = []
    starts = [_Heading(0, "", 0, 0), *headings]
    for heading, following in zip(starts, [*headings, None], strict=True):
        if heading.level:
            path = [h for h in path if h.level < heading.level] + [heading]
        named = tuple(h.title for h in path if h is not title and h.title)
        found = section(
            entry,
            text,
            heading.end,
            following.start if following else len(text),
            ordinal=len(sections),
            headings=named,
            kind=_kind(entry, named, heading is title and heading.title),
        )
        if found:
            sections.append(found)
    return Parsed(text, tuple(sections))


def _headings(text: str) -> Iterator[_Heading]:
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
            yield _Heading(len(found["marks"]), (found["title"] or "").strip(), offset, offset + len(line))
        offset += len(line)


def _kind(entry: DocumentEntry, headings: tuple[str, ...], title: str | bool) -> SectionKind:
    names = (title,) if isinstance(title, str) else tuple(reversed(headings))
    return next((entry.sections[n] for n in names if n in entry.sections), "prose")

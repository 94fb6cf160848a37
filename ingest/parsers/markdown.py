"""Markdown: its `#` headings cut it into sections.

In: the bytes of a file. Out: its text, character for character, and one section for each stretch of text
under a heading, with the path of headings above it. Marks inside the text stay as they are: what is quoted
is what is in the file. This module knows neither lists nor statements; the chunker does.
"""

from __future__ import annotations

from ingest.manifest import DocumentEntry
from ingest.parsers.plain import Parsed, decode, section
from trustbot.markdown import Heading
from trustbot.markdown import headings as headings_of
from trustbot.types import Section, SectionKind


def parse_markdown(data: bytes, entry: DocumentEntry) -> Parsed:
    """Sections by heading; InvalidInput if the file isn't UTF-8 text.

    The heading of level 1 is the page's title where there is only one: it is left out of the paths, and its
    kind in `entry.sections` holds for the text right below it only. Any other heading's kind holds for the
    headings below it as well.
    """
    text = decode(data, entry)
    headings = list(headings_of(text))
    tops = [h for h in headings if h.level == 1]
    title = tops[0] if len(tops) == 1 else None
    sections: list[Section] = []
    path: list[Heading] = []
    starts = [Heading(0, "", 0, 0), *headings]
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


def _kind(entry: DocumentEntry, headings: tuple[str, ...], title: str | bool) -> SectionKind:
    names = (title,) if isinstance(title, str) else tuple(reversed(headings))
    return next((entry.sections[n] for n in names if n in entry.sections), "prose")

"""An answer's text as paragraphs and lists, with numbers that lead to the quotes they stand for.

In: an answer and the prefix of its ids. Out: markup, and for each citation the id of the sentence that it
supports. This module knows neither the evidence's own look nor where the text is shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from trustbot.presentation import wording
from trustbot.types import MARKER, Answer, Audit, Check, Citation, Partial, Span
from trustbot.web.http.markup import element, sourced, sourced_text, text
from trustbot.web.i18n import language, said, words
from trustbot.web.pages.evidence_view import CHECK_CLASS, CHECK_MARK

POINTS = 3
"""Points shown below the first line; the rest opens."""
_ITEM = re.compile(r"^(\s*)(?:[-*•]|\d{1,2}[.)])\s+")
_LEADS = (wording.NOTE_LEAD, wording.HELP_LEAD, wording.PAGE_LEAD, wording.DISCLAIMER_LEAD)


@dataclass(slots=True)
class _Line:
    """One line of the text; its ends move inwards as parts of it are shown in a way of their own."""

    start: int
    end: int
    item: bool


class Sentences:
    """The text of one answer. `places[i]` is the id of the sentence that citation `i` supports, or empty."""

    def __init__(self, given: Answer | Partial, prefix: str) -> None:
        self._text = given.text
        self._citations = given.citations
        self._prefix = prefix
        self._spans = _disjoint({span for c in given.citations for span in c.supports})
        self.places = [self._place(c) for c in given.citations]

    def markup(self) -> str:
        """Paragraphs and lists, each statement followed by what its audit says against it.

        Where all of it is a list, its first item is the first line, POINTS follow, and the rest opens. What checking
        found of the first line stands unfolded: the mark alone doesn't tell how far it holds.
        """
        blocks: list[str] = []
        items: list[str] = []
        for line in self._lines():
            against = self._against(line, first=not items and not blocks)
            inner = self._lead(line) + self._inline(line.start, line.end)
            if line.item:
                items.append(inner + against)
                continue
            blocks += _list(items)
            items = []
            blocks.append(element("p", inner) + against)
        if blocks or len(items) < 2:
            return "".join(blocks + _list(items))
        first, points, rest = items[0], items[1 : 1 + POINTS], items[1 + POINTS :]
        return element("div", first, "tb-first-line") + "".join(_list(points) + _rest(rest))

    def doubted(self) -> tuple[int, int]:
        """How many statements that were checked go further than their work, and how many were checked."""
        found = [{c.audit.check for c in self._citations if c.audit and self._holds(c, span)} for span in self._spans]
        return sum(bool(checks - {"supported"}) for checks in found), sum(map(bool, found))

    @staticmethod
    def _holds(citation: Citation, span: Span) -> bool:
        return any(start < span[1] and span[0] < end for start, end in citation.supports)

    def _place(self, citation: Citation) -> str:
        for start, end in citation.supports:
            for i, (s, e) in enumerate(self._spans):
                if start < e and s < end:
                    return f"{self._prefix}-s{i}"
        return ""

    def _lines(self) -> list[_Line]:
        found: list[_Line] = []
        position = 0
        for raw in self._text.splitlines(keepends=True):
            content = raw.rstrip()
            if content.strip():
                lead = _ITEM.match(content)
                skipped = lead.end() if lead else len(content) - len(content.lstrip())
                found.append(_Line(position + skipped, position + len(content), bool(lead)))
            position += len(raw)
        return found

    def _lead(self, line: _Line) -> str:
        """The fixed phrase that a line may begin with, set apart from the words it introduces."""
        for lead in _LEADS:
            if self._text.startswith(lead, line.start, line.end):
                line.start += len(lead)
                return element("span", text(language.translate(lead.strip())), "tb-lead") + " "
        return ""

    def _inline(self, start: int, end: int) -> str:
        parts: list[str] = []
        at = start
        for i, span in enumerate(self._spans):
            s, e = max(span[0], start), min(span[1], end)
            if s < e:
                sentence = element("span", self._marked(s, e), "tb-s", id=f"{self._prefix}-s{i}")
                parts += [self._marked(at, s), sentence]
                at = e
        return "".join((*parts, self._marked(at, end)))

    def _marked(self, start: int, end: int) -> str:
        parts: list[str] = []
        at = start
        for found in MARKER.finditer(self._text, start, end):
            # A number never stands alone at the start of a line, away from what it supports.
            before = re.sub(" $", "\u00a0", self._text[at : found.start()])
            parts += [_prose(before), self._number(int(found[1]), found.start())]
            at = found.end()
        return "".join((*parts, _prose(self._text[at:end])))

    def _number(self, number: int, position: int) -> str:
        index = self._cited(number, position)
        audit = self._citations[index].audit
        doubt = CHECK_CLASS[audit.check] if audit and audit.check != "supported" else ""
        title = words.OPEN_REFERENCE.format(number=number)
        return element("a", f"[{number}]", f"tb-cite {doubt}".strip(), href=f"#{self._prefix}-c{index}", title=title)

    def _cited(self, number: int, position: int) -> int:
        """The citation that a marker stands for: its range holds the marker, or ended last before it."""

        def distance(index: int) -> tuple[int, int]:
            before = [max(0, position - e) for s, e in self._citations[index].supports if s <= position]
            return (min(before, default=len(self._text)), index)

        return min((i for i, c in enumerate(self._citations) if c.number == number), key=distance)

    def _against(self, line: _Line, *, first: bool) -> str:
        """What checking found against this line's statements, taken out of the line where it ends with it."""
        told: dict[str, Audit] = {}
        places: dict[str, str] = {}
        for citation in self._citations:
            audit, headings = citation.audit, citation.quote.chunk.headings
            here = any(s < line.end and line.start < e for s, e in citation.supports)
            if audit and here and (audit.notice or audit.check != "supported"):
                told.setdefault(audit.notice or audit.reason, audit)
            if audit and here and audit.notice and headings and self._cut(line, wording.also(headings[-1], audit)):
                places[audit.notice] = headings[-1]
        for notice, audit in told.items():
            self._cut(line, wording.caution(audit.check, notice))
        found: dict[Check, dict[str, str | None]] = {}
        for notice, audit in told.items():
            found.setdefault(audit.check, {})[notice] = places.get(notice)
        return "".join(caution(check, of, unfolded=first) for check, of in found.items())

    def _cut(self, line: _Line, ending: str) -> bool:
        """Take `ending` out of the line; whether the line ended with it."""
        ends = self._text.endswith(ending, line.start, line.end)
        if ends:
            line.end = len(self._text[: line.end - len(ending)].rstrip())
        return ends


def _prose(part: str) -> str:
    """A part of the text: what trustbot says in the reader's language, what the sources say as it is."""
    return "".join(
        text(piece) if ours or not re.search(r"\w", piece) else sourced_text(piece) for piece, ours in said.parts(part)
    )


def caution(check: Check, found: Mapping[str, str | None], *, unfolded: bool = False) -> str:
    """What checking found, by one mark; each notice with the heading under which the same advice stands, if any."""
    said_of = said.checked(check) if check in wording.CHECKED else words.SUPPORTED_CAVEAT
    heading = element("b", text(f"{CHECK_MARK[check]} {said_of}"))
    told = ""
    for notice, place in found.items():
        told += sourced("p", text(notice))
        if place is not None:
            told += element("p", text(said.said(wording.also(place, None)).strip("()")), "tb-also")
    if unfolded:
        return element("div", f"{heading} {told}", f"tb-over {CHECK_CLASS[check]}")
    return element("details", f"{element('summary', heading)} {told}", f"tb-over {CHECK_CLASS[check]}")


def _list(items: list[str]) -> list[str]:
    return [element("ul", "".join(element("li", item) for item in items), "tb-list")] if items else []


def _rest(items: list[str]) -> list[str]:
    """The points that open, and how many they are."""
    if not items:
        return []
    label = words.MORE_ONE if len(items) == 1 else words.MORE_MANY.format(count=len(items))
    return [element("details", element("summary", text(label)) + "".join(_list(items)), "tb-rest")]


def _disjoint(spans: set[Span]) -> list[Span]:
    """The ranges in order, without those that overlap an earlier one."""
    kept: list[Span] = []
    for start, end in sorted(spans):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept

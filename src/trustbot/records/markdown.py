"""A `Record` as Markdown.

In: a record. Out: CommonMark text. Whatever the record holds is made inert: it can't become markup of its own. This
module decides nothing about what is shown; `layout` does.
"""

from __future__ import annotations

import re

from trustbot.presentation import titles
from trustbot.records import layout
from trustbot.records.record import Record, RecordedCitation, RecordedTurn
from trustbot.types import GIVEN

_SPECIAL = re.compile(r"([\\`*_<>&|~])|(\])(?=[(\[:])|(!)(?=\[)")
_BLOCK = re.compile(r"^(\d{1,9})([.)])|^([#+\-=])")


def markdown(record: Record) -> str:
    """The whole record."""
    parts = [f"# {layout.TITLE}", f"**{text(record.disclaimer)}**", _list(layout.facts(record))]
    for number, turn in enumerate(record.turns, 1):
        parts += _turn(record, number, turn)
    parts.append(f"## {layout.WORKS}")
    listed = layout.references(record.references)
    parts += [_reference(reference) for reference in listed] or [layout.NOTHING_CITED]
    parts += ["---", text(layout.HOW_TO_CHECK), f"*{text(record.disclaimer)}*"]
    return "\n\n".join(part for part in parts if part) + "\n"


def text(value: str) -> str:
    """`value` on one line, inert."""
    flat = " ".join(value.split())
    safe = _SPECIAL.sub(lambda m: "\\" + m[0], flat)
    return _BLOCK.sub(lambda m: f"{m[1]}\\{m[2]}" if m[1] else f"\\{m[3]}", safe)


def _turn(record: Record, number: int, turn: RecordedTurn) -> list[str]:
    parts = [f"## {number}. {text(turn.question)}"]
    understood = layout.understood(turn)
    if understood:
        parts.append(f"*{layout.UNDERSTOOD}:* {text(understood)}")
    parts += [f"> **{titles.NOTICE[n.kind]}.** {text(n.text)}" for n in layout.notices(turn)]
    if turn.outcome not in GIVEN:
        parts.append(f"**{layout.NOT_ANSWERED}.** {text(turn.reason or turn.text)}")
        return [*parts, *(_citation(record, citation) for citation in turn.closest)]
    parts.append(f"*{layout.MADE}:* {text(layout.made(turn))}")
    for statement in layout.statements(turn):
        parts.append(text(statement.text))
        parts += [_citation(record, citation) for citation in statement.citations]
    return parts


def _citation(record: Record, citation: RecordedCitation) -> str:
    rows = [f"- \\[{citation.number}\\] “{text(citation.quote)}”"]
    rows += [text(layout.place(citation)), text(layout.work_line(record, citation))]
    rows += [f"**{term}:** {text(value)}" for term, value in layout.audit(citation)]
    rows.append(text(layout.proof(citation)))
    # Two spaces at the end of a line break it within the item.
    return "  \n  ".join(row for row in rows if row)


def _reference(reference: layout.Reference) -> str:
    rows = [f"- \\[{reference.number}\\] {text(reference.text)}"]
    rows += [f"{term}: {text(value)}" for term, value in reference.facts]
    return "  \n  ".join(rows)


def _list(pairs: list[tuple[str, str]]) -> str:
    return "\n".join(f"- {term}: {text(value)}" for term, value in pairs)

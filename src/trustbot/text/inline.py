"""A quote -> its words in one line, as an answer says them and as a reader reads them.

In: a quote, whose text is what the document holds, letter for letter. Out: the same words on one line: each cell of a
table's row behind the name of its column, items of a list parted by semicolons, a quote that says nothing alone behind
its lead. A number in brackets that the document itself prints is said to be the document's, as an answer's own numbers
look alike. What is added is fixed, so that checking can make the line again. This module judges nothing.
"""

from __future__ import annotations

import re

from trustbot.presentation.wording import OWN_REFERENCE
from trustbot.types import MARKER, Quote

_BULLET = re.compile(r"(?P<end>\S)[^\S\n]*\n\s*[-*+•][ \t]+(?=\S)")
_CELL = re.compile(r"(?<!\\)\|")
_OPEN = ":：,;.!?。！？"
"""Marks behind which an item needs no semicolon."""


KEYS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\S[^:：\n]{0,59}?[:：](?:\*\*|__)?[ \t]+(?=\S)",
        r"\S[^\t\n]{0,59}?\t+(?=\S)",
        r"\S[^=\n]{0,59}?[ \t]=[ \t](?=\S)",
        r"\S[^\n]{0,59}?[ \t][-–—][ \t](?=\S)",
        r"\S[^.\n]{0,59}?\.{3,}[ \t]*(?=\S)",
    )
)
"""What parts a key from its value, at the beginning of a line; one paragraph uses one of them."""


def key_of(line: str) -> int:
    """Where the value of a line `key: value` begins; 0 where it has no key."""
    return next((found.end() for key in KEYS if (found := key.match(line))), 0)


def in_line(quote: Quote) -> str:
    """The words of a quote in one line; its lead first, if it has one that is not a table's header."""
    lead = quote.chunk.lead_text
    header, row = (cells(part) for part in (lead, quote.text))
    if len(header) > 1 and len(row) > 1:
        pairs = zip([*header, *[""] * len(row)], row, strict=False)
        return _own("; ".join(f"{name}: {cell}" if name else cell for name, cell in pairs if cell))
    return _own(f"{_plain(lead)} {_plain(quote.text)}" if lead else _plain(quote.text))


def _plain(text: str) -> str:
    return " ".join(_BULLET.sub(_parted, text).split())


def _parted(match: re.Match[str]) -> str:
    return f"{match['end']} " if match["end"] in _OPEN else f"{match['end']}; "


def cells(line: str) -> list[str]:
    """The cells of a table's row; none of any other text."""
    text = line.strip()
    if "\n" in text:
        return []
    if "\t" in text:
        return [cell.strip() for cell in line.split("\t")]
    if "|" not in text:
        return []
    return [
        " ".join(cell.replace("\\|", "|").split()) for cell in _CELL.split(text.removeprefix("|").removesuffix("|"))
    ]


def _own(text: str) -> str:
    return MARKER.sub(lambda found: OWN_REFERENCE.format(number=found[1]), text)

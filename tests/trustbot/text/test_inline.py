"""The words of a quote in one line: what an answer says of it."""

from __future__ import annotations

import pytest

from trustbot.text.inline import in_line
from trustbot.types import Chunk, Quote


def quote(text: str, lead: str = "") -> Quote:
    at = len(lead) + 1
    chunk = Chunk(
        "id", "doc", "src", "hash", (), text, at, at + len(text), ((0, len(text)),),
        lead=(0, len(lead)) if lead else None, lead_text=lead,
    )  # fmt: skip
    return Quote(chunk, at, at + len(text), text)


@pytest.mark.parametrize(
    ("lead", "text", "line"),
    [
        ("", "A wrapped\n  line.", "A wrapped line."),
        ("", "Pack:\n\n- a torch\n* a lamp,\n- keys", "Pack: a torch; a lamp, keys"),
        ("", "Do this:\n1. Open it.\n2. Close it.", "Do this: 1. Open it. 2. Close it."),
        ("Pack:", "a torch", "Pack: a torch"),
        ("| Room | Bed |", "| Elm | 4 |", "Room: Elm; Bed: 4"),
        ("| | Bed | Call |", "| Elm | | 5 |", "Elm; Call: 5"),
        ("Room | Bed", "Elm | 4 | more", "Room: Elm; Bed: 4; more"),
        ("Room\tBed\tCall", "Elm\t\t512", "Room: Elm; Call: 512"),
        (r"| Room | A \| B |", "| Elm | 4 |", "Room: Elm; A | B: 4"),
        ("", "Lamps are lit [3]. See [12, 13].", "Lamps are lit [its reference 3]. See [12, 13]."),
    ],
)
def test_the_words_of_a_quote_stand_in_one_line(lead: str, text: str, line: str) -> None:
    assert in_line(quote(text, lead)) == line

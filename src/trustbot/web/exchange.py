"""One question of a conversation and what was shown for it: the value that the chat remembers.

In: nothing. Out: `Exchange`. This module knows neither how an answer was made nor where it is kept.
"""

from __future__ import annotations

from dataclasses import dataclass

from trustbot.types import Answer


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what was shown for it; `said` is empty where answering failed."""

    number: int
    asked: str
    shown: str
    said: str
    answer: Answer | None = None
    """What an export is made of; None where answering failed."""
    token: str = ""
    """Names this exchange, and no other, in the reader's feedback."""

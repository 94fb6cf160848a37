"""The parts of a note on a work: what it found, what it does not show, and the record of the work itself.

In: a chunk. Out: which of them it stands in, by its innermost heading. This module knows no question.
"""

from __future__ import annotations

from trustbot.types import Chunk


def is_finding(chunk: Chunk) -> bool:
    """Whether it says what the work found."""
    return _heading(chunk) == "what it found"


def is_limit(chunk: Chunk) -> bool:
    """Whether it says what the work does not show."""
    return _heading(chunk) == "what it does not show"


def is_record(chunk: Chunk) -> bool:
    """Whether it is about the work, such as where it appeared, and not about its subject."""
    return _heading(chunk) == "record"


def _heading(chunk: Chunk) -> str:
    return chunk.headings[-1].lower() if chunk.headings else ""

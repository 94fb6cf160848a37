"""What the package ships for reading: the general reader, and what can be asked of any corpus beside its subject."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

from trustbot.corpus.facts import HEADINGS, HELP
from trustbot.errors import ModelError
from trustbot.reading.bank import Example, read_bank

FACTS = tuple(f"fact:{name}" for name in HEADINGS)
"""Sentences of the records, by the heading that they stand under."""
HELPS = tuple(f"help:{name}" for name in HELP)
"""Sentences of the help text, in the same way."""
PARTS = ("fact:findings", "fact:limits")
"""Sentences of the notes on works, by the part of the note that they stand in."""
OPERATIONS = ("shorter", "simpler", "more", "source", "proven", "overview", "greeting", "thanks")
OPERATION = "op:"
TOPICS = (*FACTS, *HELPS, *PARTS, *(f"{OPERATION}{name}" for name in OPERATIONS))


GENERAL = "general.safetensors"
QUESTIONS = "questions.jsonl"


def packaged(name: str) -> Path:
    """The path of a file beside this module."""
    return Path(str(resources.files("trustbot.reading").joinpath(name)))


@cache
def general_bytes() -> bytes:
    """The general reader's file; ModelError if the package lacks it."""
    path = packaged(GENERAL)
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} can't be read ({error.strerror}). Install trustbot again.") from None


@cache
def product_questions() -> tuple[Example, ...]:
    """Questions that any corpus meets: on the product, works, the last answer, and on something else altogether."""
    return read_bank(packaged(QUESTIONS), TOPICS).examples

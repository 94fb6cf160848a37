"""What the package ships for reading: the general reader and the questions that any corpus meets."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

from trustbot.errors import ModelError
from trustbot.reading.bank import Example, read_bank
from trustbot.reading.product import TOPICS

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

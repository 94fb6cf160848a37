"""What can't be taken as a question or a history: clean text, or an error with one sentence."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from trustbot import wording
from trustbot.errors import InvalidInput, InvalidQuestion
from trustbot.personas import PERSONAS
from trustbot.types import Turn

TURN_LIMIT = 20_000
"""Most characters of one earlier message; longer ones are refused, like questions."""


def check_question(question: object, limit: int) -> str:
    """The question as clean text of at most `limit` characters; raises InvalidQuestion with one sentence."""
    if not isinstance(question, str):
        raise InvalidQuestion(f"The question must be text, not {type(question).__name__}. Send it as a string.")
    if any(_is_control(c) for c in question):
        raise InvalidQuestion(wording.QUESTION_BROKEN)
    text = " ".join(unicodedata.normalize("NFC", question).split())
    if not text:
        raise InvalidQuestion(wording.QUESTION_EMPTY)
    if len(text) > limit:
        raise InvalidQuestion(f"The question has {len(text):,} characters; at most {limit:,} are read. Shorten it.")
    if not any(c.isalnum() for c in text):
        raise InvalidQuestion(wording.QUESTION_WORDLESS)
    return text


def check_history(history: Iterable[Turn | Mapping[str, object]], limit: int) -> tuple[Turn, ...]:
    """The last `limit` turns as `Turn`s; raises InvalidInput for a turn without a role or a text."""
    if isinstance(history, str | bytes | Mapping) or not isinstance(history, Iterable):
        raise InvalidInput('The history must be a list of objects with "role" and "text". Put the turns into a list.')
    return tuple(_turn(item, place) for place, item in enumerate(history, 1))[-limit:] if limit else ()


def _turn(item: Turn | Mapping[str, object], place: int) -> Turn:
    role, text = (item.role, item.text) if isinstance(item, Turn) else _fields(item, place)
    if role not in ("user", "assistant") or not isinstance(text, str) or len(text) > TURN_LIMIT:
        raise InvalidInput(
            f'Turn {place} of the history must have the role "user" or "assistant" and a text of at most '
            f"{TURN_LIMIT:,} characters. Correct it."
        )
    if any(_is_control(c) for c in text):
        raise InvalidInput(f"Turn {place} of the history holds control characters. Send it as plain text.")
    return Turn(role, text)


def _fields(item: object, place: int) -> tuple[object, object]:
    if not isinstance(item, Mapping):
        raise InvalidInput(f'Turn {place} of the history must be an object with "role" and "text". Correct it.')
    return item.get("role"), item.get("text")


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs", "Co") and character not in "\t\n\r"


def personas() -> Sequence[str]:
    """Who may be asking; it changes order and suggestions, never what is cited."""
    return PERSONAS

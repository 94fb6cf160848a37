"""What can't be taken as a question or a history: clean text, or an error with one sentence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from trustbot.errors import InvalidInput, InvalidQuestion
from trustbot.presentation import wording
from trustbot.query import inputs
from trustbot.query.personas import PERSONAS
from trustbot.types import Turn

TURN_LIMIT = 20_000
"""Characters of an earlier answer that are read, its beginning."""
ASKED_LIMIT = 2_000
"""Characters of an earlier question that are read, its end."""
ASKED_ROOM = 2_500
"""Characters of all earlier questions that are read: a model reads each of them, which takes longer than the rest."""
HISTORY_LIMIT = 60_000
"""Characters of a conversation that are read, its end: twenty messages as long as answers are."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff\U000f0000-\U0010ffff]")
"""Control characters but for white space, halves of surrogate pairs, and characters for private use."""


def check_question(question: object, limit: int) -> str:
    """The question as clean text of at most `limit` characters; raises InvalidQuestion with one sentence."""
    if not isinstance(question, str):
        raise InvalidQuestion(f"The question must be text, not {type(question).__name__}. Send it as a string.")
    if _CONTROL.search(question):
        raise InvalidQuestion(wording.QUESTION_BROKEN)
    text = plain(question)
    if not text:
        raise InvalidQuestion(wording.QUESTION_EMPTY)
    if len(text) > limit:
        raise InvalidQuestion(f"The question has {len(text):,} characters; at most {limit:,} are read. Shorten it.")
    if not any(c.isalnum() for c in text):
        raise InvalidQuestion(wording.QUESTION_WORDLESS)
    return text


def plain(text: str) -> str:
    """A question with its white space and its letters' forms set right, as it is read before it is answered."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def check_history(history: Iterable[Turn | Mapping[str, object]], limit: int) -> tuple[Turn, ...]:
    """What is read of a conversation, as `Turn`s: its last `limit` messages, as far as they fit into the limits here.

    A conversation may be of any length: what isn't read costs nothing, and who has talked for long can go on. The forms
    of a message are those of `inputs`. Raises InvalidInput for one that has none of them.
    """
    if isinstance(history, str | bytes | Mapping) or not isinstance(history, Iterable):
        raise InvalidInput('The history must be a list of objects with "role" and "text". Put the turns into a list.')
    numbered = [(place, inputs.turn_of(item, place)) for place, item in enumerate(history, 1)]
    turns = [(place, turn) for place, turn in numbered if turn is not None]
    kept: list[Turn] = []
    room, asked = HISTORY_LIMIT, ASKED_ROOM
    for place, turn in reversed(turns[-limit:] if limit else []):
        text = turn.text[-ASKED_LIMIT:] if turn.role == "user" else turn.text[:TURN_LIMIT]
        room -= len(text)
        asked -= len(text) if turn.role == "user" else 0
        if room < 0 or asked < 0:
            break
        if _CONTROL.search(text):
            raise InvalidInput(f"Turn {place} of the history holds control characters. Send it as plain text.")
        kept.append(Turn(turn.role, text))
    return tuple(reversed(kept))


def personas() -> Sequence[str]:
    """Who may be asking; it changes order and suggestions, never what is cited."""
    return PERSONAS

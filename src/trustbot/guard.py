"""What can't be taken as a question, and what must not be answered. Fails closed.

In: whatever a caller sent. Out: the question as clean text, or an error with one sentence; and the reason why a
question is refused, if it is. This module knows no corpus and searches nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from trustbot import wording
from trustbot.errors import InvalidInput, InvalidQuestion
from trustbot.personas import PERSONAS
from trustbot.types import Turn

TURN_LIMIT = 20_000
"""Most characters of one earlier message; longer ones are refused, like questions."""

INSTRUCTION = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:previous|prior|above|earlier|all|your|the|these|any)\b.{0,40}"
    r"\b(?:instructions?|prompts?|rules?|guidelines|context|sources|disclaimers?|constraints?|training)\b"
    # "Can I ignore the article?" asks; at the head of a sentence it orders.
    r"|(?:^|[.!?,;:]\s*|\b(?:please|just|now(?:\s+on,?)?|and|then|you\s+(?:must|should|can|will|may|shall))\s+)"
    r"(?:ignore|disregard|forget|override|bypass)\b[^.!?]{0,25}"
    r"\b(?:articles?|documents?|guidance|texts?|corpus|passages?|references?|citations?|evidence|stud(?:y|ies)|papers?)\b"
    r"|\b(?:system|hidden|initial|developer)\s+prompt\b|\byou\s+are\s+now\b|\bact\s+as\s+(?:if|though|a|an|my)\b|\bpretend\b"
    r"|\bjailbreak|\bDAN\b|\bwithout\s+(?:any\s+)?(?:restrictions?|filters?|limits?|citations?)\b|\bdo\s+anything\s+now\b"
    r"|\b(?:drop|remove|hide|skip|omit|delete)\b.{0,30}\b(?:disclaimers?|citations?|sources?|warnings?|safety)\b"
    r"|\b(?:repeat|say|print|output|write)\b.{0,40}\b(?:forever|endlessly|\d{2,}\s+times|over\s+and\s+over|system)\b"
    r"|\b(?:reveal|show|print|leak|output)\b.{0,40}\b(?:prompt|instructions?|configuration|secrets?|api\s+keys?|password)\b"
    r"|\brole[- ]?play\b|\b(?:new|updated)\s+instructions?\s*:|<\|?\w+\|?>"
    r"|\bmake\s+up\b.{0,30}\b(?:citation|reference|source|study|figure)",
    re.IGNORECASE | re.DOTALL,
)
GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|hiya|howdy|greetings|good\s+(?:morning|afternoon|evening|day))(?:\s+(?:there|all|everyone|bot|trustbot))?\W*$",
    re.IGNORECASE,
)
THANKS = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|great|perfect|cool|nice|awesome|good|got\s+it|alright|that(?:'s|\s+is)\s+all)[\s,.!]*)*(?:thanks|thank\s+you|thx|ty|cheers|bye|goodbye"
    r"|that(?:'s|\s+is)\s+all|ok(?:ay)?|great|perfect|cool|got\s+it)(?:\s+(?:so\s+much|very\s+much|a\s+lot|again|you|for\s+your\s+help"
    r"|for\s+that|everyone))*\W*$",
    re.IGNORECASE,
)


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


def refusal(question: str) -> str | None:
    """Why the question is not allowed, as a sentence; None if it is."""
    return wording.INSTRUCTION if INSTRUCTION.search(question) else None


def small_talk(question: str, title: str) -> str | None:
    """What to say to a greeting or a thank-you; None for anything else."""
    if GREETING.match(question):
        return wording.GREETING.format(title=title)
    return wording.THANKS if THANKS.match(question) else None


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs", "Co") and character not in "\t\n\r"


def personas() -> Sequence[str]:
    """Who may be asking; it changes order and suggestions, never what is cited."""
    return PERSONAS

"""Does a question point at one of many things without saying which? Question + history -> the words that dangle.

In: a question and the turns before it. Out: the noun phrase that a clarifying question should ask about, or nothing.
"The animal" or "this clinic" is clear when the conversation has named it, or when the phrase goes on to say which one.
This module knows no corpus and asks nothing itself: in a corpus on one subject such a phrase is clear enough.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from trustbot.terms import FRAME_WORDS, STOPWORDS, stem, words
from trustbot.types import Turn

MANY = 20
"""Documents from which a corpus has more than one subject, so that a phrase may point at any of several."""
UNRELATED = 0.4
"""Cosine below which a question has left the subject of every earlier one."""
LONGEST = 4
"""Words of a phrase that are read."""
POINTER = re.compile(r"\b(?P<word>the|this|these|those)\s+(?=[A-Za-z])", re.IGNORECASE)
TOKEN = re.compile(r"(?P<word>[A-Za-z][\w.-]*(?P<owner>['’]s)?)(?P<gap>\s*)")
AUXILIARY = re.compile(
    r"\b(?:do|does|did|is|are|was|were|has|have|had|can|could|will|would|should|may|might)\s+$", re.I
)
SAYS_WHICH = frozenset("of to for that which who where when between about with from by".split())
"""What comes after a phrase with "the" and says which one is meant."""
ONLY_ONE = frozenset(
    """world internet sun moon earth sky weather government public time times day night week month year years
    future past present way thing things same other others first second third last next following best most more
    less least only whole entire people process news web media law market country difference differences issue
    problem question answer main top major key total""".split()
)
"""Words with which "the" names something that needs no telling apart, or counts or compares."""

Likeness = Callable[[str, Sequence[str]], Sequence[float]]
"""A text and others -> the cosine of each with it."""


def dangling(question: str, history: Sequence[Turn], likeness: Likeness) -> str | None:
    """The phrase of `question` that points at something which nobody has named; None if everything is clear.

    What an answer mentions in passing has not been named: a phrase that only answers hold dangles where the question
    has left the subject of the earlier ones.
    """
    everything, asked = _stems(history), _stems([t for t in history if t.role == "user"])
    phrases = list(_phrases(question))
    for phrase in phrases:
        if not everything & _stemmed(phrase):
            return phrase
    for phrase in phrases:
        if not _stemmed(phrase) <= asked:
            turns = [t.text for t in history if t.role == "user"]
            return phrase if max(likeness(question, turns), default=0.0) < UNRELATED else None
    return None


def _phrases(question: str) -> Iterator[str]:
    """The phrases with "the" or "this" that don't say themselves which one they mean, and name nothing."""
    for pointer in POINTER.finditer(question):
        found, follows = _phrase(question, pointer.end())
        if not found or any(word[0].isupper() for word in found):
            continue
        if found[0].lower() in ONLY_ONE or found[0].lower() in FRAME_WORDS:
            continue
        if pointer["word"].lower() != "the" or follows not in SAYS_WHICH:
            inverted = AUXILIARY.search(question[: pointer.start()])
            yield " ".join(_without_verb(found) if inverted else found)


def _without_verb(found: list[str]) -> list[str]:
    """The words before the verb, which in an inverted question comes after its subject: "does the clinic provide"."""
    return found[:2] if len(found) == LONGEST else found[:-1] or found


def _phrase(question: str, start: int) -> tuple[list[str], str]:
    """The words from `start` up to a function word or the end of the phrase, and the word that follows."""
    found: list[str] = []
    position = start
    while match := TOKEN.match(question, position):
        word = match["word"].removesuffix(match["owner"] or "").rstrip(".")
        if len(found) == LONGEST or word.lower() in STOPWORDS:
            return found, word.lower()
        found.append(word)
        position = match.end()
        if match["owner"] or not match["gap"]:
            break
    return found, ""


def _stems(turns: Sequence[Turn]) -> frozenset[str]:
    return frozenset(stem(w) for turn in turns for w, _, _ in words(turn.text))


def _stemmed(phrase: str) -> frozenset[str]:
    return frozenset(stem(w) for w, _, _ in words(phrase))

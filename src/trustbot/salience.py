"""What a conversation is about: the name that it keeps coming back to, else the words of its last full question.

In: the turns so far. Out: a short phrase. Names are read off their capitals, and a part of a name ("Clark") counts for
the whole ("Lewis and Clark"); what users say counts more than what they were answered, which may mention anybody. This
module knows no corpus and resolves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from trustbot.terms import FRAME_WORDS, STOPWORDS, content_terms, words, zipf
from trustbot.types import Turn

NAME = re.compile(
    r"[A-ZÀ-Þ][\w’'.-]*\w(?:\s+(?:(?:of|the|and|de|la|van|der|von|for|in|&)\s+){0,2}[A-ZÀ-Þ0-9][\w’'.-]*\w)*|[A-Z]{2,}\b"
)
SENTENCE_START = re.compile(r"(?:^|[.!?:\"“]\s*)$")
ASKED, ANSWERED = 4.0, 1.0
"""What a mention by the user, and one in an answer, counts for."""
FADE = 0.85
"""What a mention loses with every turn that has passed since."""
MENTIONS = 3
"""Most mentions counted per turn: a long answer may repeat anything."""
COMMON = 4.6
"""Zipf frequency from which a capitalised word at the start of a sentence is taken for an ordinary word."""
READ = 1500
"""Characters of an answer that are looked at."""
PHRASE_WORDS = 2


def name(history: Sequence[Turn]) -> str | None:
    """The name that the conversation keeps coming back to; None if there is none."""
    scores: dict[str, float] = {}
    for age, turn in enumerate(reversed(history)):
        weight = (ASKED if turn.role == "user" else ANSWERED) * FADE**age
        counted: dict[str, int] = {}
        for found in names(turn.text[:READ]):
            counted[found] = counted.get(found, 0) + 1
            if counted[found] <= MENTIONS:
                scores[found] = scores.get(found, 0.0) + weight
    merged = {whole: value + _parts(whole, scores) for whole, value in scores.items()}
    best = max(merged, key=lambda n: (merged[n], len(n)), default=None)
    return _whole(best, scores) if best else None


def names(text: str) -> Iterator[str]:
    """The names in `text`, in order, repeats included."""
    for match in NAME.finditer(text):
        found = re.sub(r"['’]s\b|[.,'’]+$", "", match.group()).strip()
        tokens = [w for w, _, _ in words(found)]
        while tokens and (tokens[0] in STOPWORDS or tokens[0] in FRAME_WORDS):  # "What Burger King" is "Burger King"
            found = found.split(None, 1)[1] if " " in found else ""
            tokens = tokens[1:]
        if not tokens or found.isdigit():
            continue
        alone = len(tokens) == 1
        if alone and SENTENCE_START.search(text[: match.start()]) and zipf(tokens[0]) >= COMMON:
            continue
        yield found


def phrase(question: str) -> str | None:
    """The heaviest words of a question, in its order; None if it has none."""
    terms = content_terms(question)
    kept = sorted(sorted(terms, key=lambda t: -t.weight)[:PHRASE_WORDS], key=lambda t: t.start)
    return " ".join(question[t.start : t.end] for t in kept) or None


def _parts(whole: str, scores: dict[str, float]) -> float:
    """What the mentions of parts of a name add to it."""
    tokens = set(whole.split())
    return sum(value for other, value in scores.items() if other != whole and set(other.split()) < tokens)


def _whole(best: str, scores: dict[str, float]) -> str:
    """The longest name that `best` is a part of."""
    tokens = set(best.split())
    return max((n for n in scores if tokens <= set(n.split()) and len(n.split()) <= 4), key=len, default=best)

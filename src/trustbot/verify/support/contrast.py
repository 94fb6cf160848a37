"""What a passage sets against each other, turned round: "A, not B" as "B, not A", "little known" as "well known".

In: a sentence and the texts nearest to it. Out: the words that show the turn. Such a sentence has all the words of its
source and as many negations, so that only their places tell. The lists are of the English language, not of any corpus.
This module knows no vector and no verdict.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from trustbot.text.terms import content_terms, stem, words
from trustbot.verify.support.synonyms import akin

_AGAINST = re.compile(
    r"(?:(?:,\s+|\s+and\s+)not|,?\s+(?:and\s+)?(?:rather\s+than|instead\s+of|as\s+opposed\s+to|in\s+place\s+of))\s+"
    r"(?!only\b|just\b|merely\b|simply\b|be\b|been\b)",
    re.IGNORECASE,
)
"""What stands between what is so and what isn't."""
_FIRST = re.compile(r"\bnot\s+(?!only\b|just\b)(?P<off>[^,;]+?),?\s+but\s+(?!also\b)(?P<on>[^,;.]+)", re.IGNORECASE)
"""The same the other way round: "not A but B"."""
_STOP = re.compile(r"[,;:.—–]|\s(?:with|that|which|who|when|because|as|but|to)\s", re.IGNORECASE)
SIDE = 4
"""Content words on either side of what sets them apart."""
MUCH = frozenset("well widely much extensively richly thoroughly highly heavily fully greatly strongly closely".split())
LITTLE = frozenset(
    "little poorly barely scarcely hardly insufficiently inadequately rarely seldom weakly slightly".split()
)
_AS_WELL = re.compile(r"\bas\s+well\b(?:\s+as\b)?|\bas\s+much\b(?:\s+as\b)?|\bhow\s+(?:well|much)\b", re.IGNORECASE)

Sides = tuple[frozenset[str], frozenset[str]]


def turned_contrasts(sentence: str, passages: Sequence[str]) -> tuple[str, ...]:
    """The words that a sentence sets aside and its passages keep, where it keeps what they set aside."""
    theirs = [sides for passage in passages for sides in _contrasts(passage)]
    for on, off in _contrasts(sentence):
        for kept, left in theirs:
            crossed = _shared(on - off, left - kept), _shared(off - on, kept - left)
            if all(crossed) and not _shared(off - on, left - kept):
                return tuple(sorted(off))
    return ()


def turned_degrees(sentence: str, passages: Sequence[str]) -> tuple[str, ...]:
    """The words that are said to be much so, and are little so in the passages, or the reverse."""
    own = _degrees(sentence)
    theirs = [degree for passage in passages for degree in _degrees(passage)]
    return tuple(
        f"{word} {of}"
        for word, of, much in own
        if any(of == other and much != theirs_much for _, other, theirs_much in theirs)
        and not any(of == other and much == theirs_much for _, other, theirs_much in theirs)
    )


def _contrasts(text: str) -> list[Sides]:
    """What is kept and what is set aside, by stem."""
    found = [(_stems(m["on"])[:SIDE], _stems(m["off"])[-SIDE:]) for m in _FIRST.finditer(text)]
    if not found:
        for mark in _AGAINST.finditer(text):
            cut = _STOP.search(text, mark.end())
            off = _stems(text[mark.end() : cut.start() if cut else len(text)])[:SIDE]
            found.append((_stems(text[: mark.start()])[-SIDE:], off))
    return [(frozenset(on), frozenset(off)) for on, off in found if on and off]


def _degrees(text: str) -> list[tuple[str, str, bool]]:
    """Each word of degree, the stem that it is about, and whether it says much."""
    told = [w for w, _, _ in words(_AS_WELL.sub(" ", text))]
    return [
        (word, stem(following), word in MUCH) for word, following in itertools.pairwise(told) if word in MUCH | LITTLE
    ]


def _shared(one: frozenset[str], other: frozenset[str]) -> int:
    return sum(bool(akin(s) & other) for s in one)


def _stems(text: str) -> list[str]:
    return [t.stem for t in content_terms(text)]

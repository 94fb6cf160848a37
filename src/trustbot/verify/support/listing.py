"""Members of a list: one that a passage's own list doesn't have was put in, or in another's place.

In: an `Alignment` and a vocabulary. Out: the members that are foreign. Words that are listed together are alike
("integrity", "humility"), so their likeness, which speaks for any other word, says nothing here. The lists are read by
rules, without a parser. This module knows no verdict.
"""

from __future__ import annotations

import re

from trustbot.text.terms import STOPWORDS, Vocabulary, is_content, stem, words
from trustbot.verify.support.additions import LIGHT, PARTIES
from trustbot.verify.support.alignment import Alignment
from trustbot.verify.support.synonyms import akin

_MEMBER = r"[\w'’-]+(?:\s+[\w'’-]+){0,3}"
_LIST = re.compile(rf"(?:{_MEMBER},\s+)+(?:and\s+|or\s+)?[\w'’-]+(?:\s+(?:and|or)\s+[\w'’-]+)?")
_BETWEEN = re.compile(r",\s+(?:and\s+|or\s+)?|\s+(?:and|or)\s+")
ALIKE = 0.8
"""Likeness from which a member may stand for another."""


def foreign_members(alignment: Alignment, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The last words of members of a list of which the passages list others, and don't have these at all."""
    theirs = [m for passage in alignment.passages for m in _lists(passage)]
    held = {stem(w) for passage in alignment.passages for w, _, _ in words(passage)}
    concepts = {c.preferred for passage in alignment.passages for c in vocabulary.find(passage)}
    found = []
    for members in _lists(alignment.sentence):
        known = {w for w in members if akin(stem(w)) & held}
        alike = any(len({stem(w) for w in known} & {stem(w) for w in other}) >= 1 for other in theirs)
        for word in members:
            row = next((r for r, t in enumerate(alignment.terms) if t.text == word), None)
            if not alike or word in known or row is None or stem(word) in LIGHT | PARTIES or not is_content(word):
                continue
            near = max((float(u.likeness[row].max()) for u in alignment.units if u.terms), default=0.0)
            if near < ALIKE and not any(c.preferred in concepts for c in vocabulary.find(word)):
                found.append(word)
    return tuple(found)


def _lists(text: str) -> list[list[str]]:
    """The last word of each member of each list of three or more."""
    made = []
    for match in _LIST.finditer(text):
        ends = [words(item)[-1][0] for item in _BETWEEN.split(match.group()) if words(item)]
        made.append([w for w in ends if w not in STOPWORDS])
    return [m for m in made if len(m) > 2]

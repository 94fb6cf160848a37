"""Typing slips and texting shorthand -> the words that were meant.

In: a question as typed, the words that a corpus uses. Out: the question to search for, and what was changed.
Only a rare word that is nearly one of the corpus's own is corrected: a word of the language that the corpus
doesn't hold is a reason to decline, never a slip. This module knows no history and no index.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from functools import partial

from trustbot.terms import WORD, zipf

SHORTHAND: Mapping[str, str] = {
    "u": "you", "ur": "your", "r": "are", "y": "why", "w": "with", "wo": "without", "b4": "before", "bc": "because",
    "cuz": "because", "coz": "because", "thru": "through", "tho": "though", "sum1": "someone", "wat": "what",
    "wut": "what", "hav": "have", "abt": "about", "2gether": "together", "ppl": "people", "pls": "please",
    "plz": "please", "pts": "patients", "gr8": "great", "rn": "now",
    "diff": "different", "ref": "reference", "refs": "references", "prof": "professor", "dr": "doctor", "yr": "year",
    "yrs": "years", "hr": "hour", "hrs": "hours", "wk": "week", "wks": "weeks", "dont": "don't", "doesnt": "doesn't",
    "didnt": "didn't", "cant": "can't", "wont": "won't", "isnt": "isn't", "arent": "aren't", "wasnt": "wasn't",
    "werent": "weren't", "couldnt": "couldn't", "shouldnt": "shouldn't", "wouldnt": "wouldn't", "hasnt": "hasn't",
    "havent": "haven't", "hadnt": "hadn't", "im": "I'm", "ive": "I've", "thats": "that's", "theres": "there's",
    "theyre": "they're", "youre": "you're", "hows": "how is", "wheres": "where is", "whos": "who is",
    "whats": "what is", "btwn": "between", "shd": "should", "cud": "could", "shud": "should", "wud": "would",
    "bcos": "because", "cos": "because", "wen": "when", "thx": "thanks", "tmrw": "tomorrow", "evry": "every",
    "smth": "something", "gd": "good", "idk": "I don't know",
}  # fmt: skip
"""Shorthand of messages, as whole words; a fixed list of the language, not of any corpus."""
FOR_TO = re.compile(
    r"\b(?:how|hard|easy|able|want|need|have|hav|has|ways?|like|try|going|used|got|supposed)\s+$", re.IGNORECASE
)
"""What stands before a "2" that means "to"; elsewhere it is a number."""
FOR_FOR = re.compile(
    r"\b(?:good|bad|better|best|important|importnt|crucial|key|useful|helpful|needed|ready|reasons?|tips?|time|right)\s+$",
    re.IGNORECASE,
)
"""The same for a "4" that means "for"."""
TEXTING = 2
"""Shorthand words that show that a question is written in it throughout."""
COUNTING = re.compile(
    r"\b(?:ref|reference|source|study|paper|work|citation|number|no|and|or|the|these|those|first|last|only|about|top"
    r"|give|name|list|least|most|year|years|phase|level|type|pgy)s?\.?\s+$|[\d\W]\s*$(?<!\s)",
    re.IGNORECASE,
)
"""What stands before a figure that counts or names something, even in shorthand."""
RARE = 3.5
"""Zipf frequency below which a word may be a slip: fewer than about three uses in a million words."""
NEAR = 0.84
"""Least similarity (`difflib`'s ratio, 0 to 1) of a slip and the word that was meant."""
SHORTEST = 5
"""Shorter words have too many neighbours."""
SLASHED = re.compile(r"\bw/o\b|\bw/(?=\s|$)", re.IGNORECASE)


class Speller:
    """Corrects towards `known`, the words of a corpus and its vocabulary, in lower case."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known = frozenset(known)
        self._targets = sorted(w for w in self._known if len(w) >= SHORTEST)

    def correct(self, text: str) -> tuple[str, dict[str, str]]:
        """The text with slips mended, and each slip with what it became."""
        text = SLASHED.sub(lambda m: "without" if "o" in m.group().lower() else "with", text)
        changed: dict[str, str] = {}
        parts, position = [], 0
        for match in WORD.finditer(text):
            meant = self._meant(match.group().lower(), text, match)
            if meant is not None:
                changed[match.group()] = meant
                parts.append(text[position : match.start()] + meant)
                position = match.end()
        return "".join(parts) + text[position:], changed

    def _meant(self, word: str, text: str, match: re.Match[str]) -> str | None:
        if word in self._known:
            return None
        if word in SHORTHAND and not text[: match.start()].endswith("'"):
            # "Generation Y" and "option r" are no shorthand: one letter counts only where a word would start.
            return SHORTHAND[word] if len(word) > 1 or word in "uw" or not text[: match.start()].strip() else None
        before, after = text[: match.start()], text[match.end() :]
        if word in ("2", "4"):
            meant, opening = ("to", FOR_TO) if word == "2" else ("for", FOR_FOR)
            texting = sum(w.group().lower() in SHORTHAND for w in WORD.finditer(text)) >= TEXTING
            meant_so = opening.search(before) or (texting and before.strip() and not COUNTING.search(before))
            return meant if meant_so and re.match(r"\s+[^\W\d]", after) else None
        if len(word) < SHORTEST or not word.isalpha() or zipf(word) >= RARE:
            return None
        close = difflib.get_close_matches(word, self._targets, cutoff=NEAR)
        near = max(close, key=partial(_nearness, word), default="")
        # A prefix or an ending more is another word, often the opposite: "unprofessionalism" is no slip.
        affixed = word.endswith(near) or near.endswith(word) or word.startswith(near)
        return near if near and not affixed else None


def _nearness(word: str, target: str) -> tuple[float, bool]:
    """How much of `word` is in `target`, 0 to 1; of two that are as near, the one with its ending is meant."""
    return difflib.SequenceMatcher(None, target, word).ratio(), target[-1] == word[-1]

"""Typing slips and texting shorthand -> the words that were meant.

In: a question as typed, the words that a corpus uses. Out: the question to search for, and what was changed.
Only a rare word that is nearly one of the corpus's own is corrected: a word of the language that the corpus
doesn't hold is a reason to decline, never a slip. This module knows no history and no index.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

from trustbot.terms import WORD, zipf

SHORTHAND: Mapping[str, str] = {
    "u": "you", "ur": "your", "r": "are", "y": "why", "w": "with", "wo": "without", "b4": "before", "bc": "because",
    "cuz": "because", "coz": "because", "thru": "through", "tho": "though", "sum1": "someone", "wat": "what",
    "wut": "what", "hav": "have", "abt": "about", "2gether": "together", "ppl": "people", "pls": "please",
    "plz": "please", "pts": "patients", "gr8": "great", "rn": "now", "btw": "between", "bw": "between",
    "diff": "different",
    "ref": "reference", "refs": "references", "prof": "professor", "dr": "doctor", "yr": "year", "yrs": "years",
    "hr": "hour", "hrs": "hours", "wk": "week", "wks": "weeks", "dont": "don't", "doesnt": "doesn't",
    "whats": "what is",
}  # fmt: skip
"""Shorthand of messages, as whole words; a fixed list of the language, not of any corpus."""
BETWEEN_WORDS = {"2": "to", "4": "for"}
"""Digits that stand for a word, but only between two words of letters."""
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
            return SHORTHAND[word]
        if word in BETWEEN_WORDS:
            inside = re.search(r"[^\W\d]\s+$", text[: match.start()]) and re.match(r"\s+[^\W\d]", text[match.end() :])
            named = re.search(
                r"(?:reference|study|source|paper|number|work|no|and|or|citation)\W*$",
                text[: match.start()],
                re.I,
            )
            return BETWEEN_WORDS[word] if inside and not named else None
        if len(word) < SHORTEST or not word.isalpha() or zipf(word) >= RARE:
            return None
        near = difflib.get_close_matches(word, self._targets, n=1, cutoff=NEAR)
        return near[0] if near else None

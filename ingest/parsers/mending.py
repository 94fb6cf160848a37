"""Characters and words that typesetting changed, as they are written: ligatures, soft hyphens, words cut at line ends.

In: text, and its language. Out: the same words as a reader would type them. Whether a hyphen at a line's end belongs to
the word is told by the document itself, else by how common the two forms are in the language.
"""

from __future__ import annotations

import re
from functools import lru_cache

_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_BLANKS = dict.fromkeys((0xA0, 0x2007, 0x202F), " ")
# The joiners between letters of Arabic, Persian and Indic scripts (U+200C, U+200D) are spelling, and stay.
_NOTHING = dict.fromkeys((0xAD, 0x200B, 0x2060, 0xFEFF), "")
_TABLE = {**_LIGATURES, **_BLANKS, **_NOTHING}
_SOFT = re.compile(r"\xad[ \t]*\n[ \t]*")
_CUT = re.compile(r"(?<![^\W\d_])(?P<head>[^\W\d_]+(?:-[^\W\d_]+)*)[-‐][ \t]*\n[ \t]*(?P<turn>\f?)(?P<tail>[^\W\d_]+)")
RARER = 1.5
"""How much rarer a joined word is than both of its halves, as a power of ten, where it is written with a hyphen."""


def mend(text: str, language: str = "en") -> str:
    """`text` without typographic ligatures, invisible characters and hyphens of line breaks."""
    text = _SOFT.sub("", text).translate(_TABLE)
    # A form feed is where a page begins: it stays, behind the word that was cut by it.
    return _CUT.sub(lambda found: _joined(found, text, language) + found["turn"], text)


def _joined(found: re.Match[str], text: str, language: str) -> str:
    head, tail = found["head"], found["tail"]
    if not tail[0].islower():
        return f"{head}-{tail}"
    whole, hyphened = head + tail, f"{head}-{tail}"
    lower = text.lower()
    if re.search(rf"\b{re.escape(whole.lower())}\b", lower):
        return whole
    if re.search(rf"\b{re.escape(hyphened.lower())}\b", lower):
        return hyphened
    last = head.rsplit("-", 1)[-1]
    rarer_half = min(_zipf(last, language), _zipf(tail, language))
    # A half that is no word of its own, such as `ventila`, has the frequency 0.
    return hyphened if _zipf(last + tail, language) < rarer_half - RARER else whole


@lru_cache(maxsize=4096)
def _zipf(word: str, language: str) -> float:
    # Loaded only for a document that has such a word.
    from wordfreq import available_languages, zipf_frequency

    known = language.split("-", maxsplit=1)[0].lower()
    return float(zipf_frequency(word, known if known in available_languages() else "en"))

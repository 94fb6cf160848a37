"""Which language a message is in, as far as a reader of English has to know: English, or one that it can't read.

In: a message as typed. Out: a language's code, or None. Learned from the word frequencies of `wordfreq`: how likely the
message's words are in each language, against how likely it is that somebody asks in another than English here. A script
that one language alone of these is written in tells by itself. This module knows no corpus and no sentence to say.
"""

from __future__ import annotations

import functools
import unicodedata
from collections import Counter
from collections.abc import Mapping

from trustbot.text.terms import WORD

READ = "en"
"""The language of the models that read questions."""
WORDED = tuple("es pt fr it de nl pl sv da nb fi tr ro cs hu id fil vi ru uk ar fa".split())
"""Languages that are told apart by their words."""
SCRIPTS = {
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "CJK": "zh",
    "GREEK": "el",
    "HEBREW": "he",
    "DEVANAGARI": "hi",
    "BENGALI": "bn",
}
"""Languages that are told by their script, by the first word of its characters' Unicode names."""
COMMON = 5000
"""Words of each language that are looked at, the commonest: a name or a term is in none, and tells nothing."""
PRIOR = 3.0
"""How much likelier English is before a word is read, as a power of ten: one or two words alike in both don't tell."""
CENTIBELS = 100
"""Steps of a tenfold frequency in wordfreq's lists."""


def foreign(message: str) -> str | None:
    """The code of the language that `message` is in, where that is another than English and one of ours."""
    return _of_script(message) or _of_words(message)


def _of_script(message: str) -> str | None:
    """The language whose own script most letters are in; kana among Chinese characters are Japanese."""
    letters = [c for c in message if c.isalpha()]
    scripts = Counter(unicodedata.name(c, "").split(" ")[0].partition("-")[0] for c in letters)
    told = {name: count for name, count in scripts.items() if name in SCRIPTS}
    if 2 * sum(told.values()) <= len(letters) or not told:
        return None
    kana = [name for name in told if SCRIPTS[name] == "ja"]
    return "ja" if kana else SCRIPTS[max(told, key=lambda name: told[name])]


def _of_words(message: str) -> str | None:
    words = [w for w in WORD.findall(message.casefold()) if w.isalpha()]
    likely = {code: _likelihood(code, words) for code in (READ, *WORDED)}
    likely[READ] += PRIOR
    best = max(likely, key=lambda code: likely[code])
    return None if best == READ else best


def _likelihood(code: str, words: list[str]) -> float:
    """The probability of words in a language, as a power of ten; one that isn't among the common is as rare as those
    can be, in every language alike."""
    known, rare = _tables()
    return sum(known[code].get(word, rare) for word in words)


@functools.cache
def _tables() -> tuple[Mapping[str, Mapping[str, float]], float]:
    """For each language its common words with their frequency as a power of ten; and the rarest of all."""
    tables = {code: _common(code) for code in (READ, *WORDED)}
    return tables, min(min(table.values()) for table in tables.values())


def _common(code: str) -> dict[str, float]:
    from wordfreq import get_frequency_list

    found: dict[str, float] = {}
    for bucket, words in enumerate(get_frequency_list(code, "small")):
        if len(found) >= COMMON:
            break
        found.update(dict.fromkeys(words, -bucket / CENTIBELS))
    get_frequency_list.cache_clear()  # the whole lists are not needed again
    return found

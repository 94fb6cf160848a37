"""Words as the searcher sees them: content terms, their weight, and the corpus's controlled vocabulary.

In: text. Out: `Term`s with character offsets, stems and weights; concepts of a vocabulary found in a text.
This module knows no index, no model and no question: only words. Stemming is Snowball's (PyStemmer), word
frequencies are wordfreq's, so both hold for any text in the corpus's language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

WORD = re.compile(r"[^\W_]+")

STOPWORDS = frozenset(
    """a about above after again against all also although am among an and any anybody anyone anything are aren as at
    be because been before being below between both but by can cannot could couldn d did didn do does doesn
    doing don down during each either else ever every everyone few for from further had hadn has hasn have haven
    having he her here hers herself him himself his how however i if in into is isn it its itself just ll m may
    me might mine more most much must my myself neither no nor not now of off on once one only onto or other
    others ought our ours ourselves out over own per quite rather re really s same shall shan she should shouldn
    since so some somebody someone something such t than that the their theirs them themselves then there these
    they this those though through thus to too toward towards under until up upon us ve very was wasn we well
    were weren what whatever when where whether which while who whoever whom whose why will with within without
    won would wouldn yet you your yours yourself yourselves u w pls plz hi hello okay ok thanks thank please""".split()
)
"""Function words of English: they carry grammar, not a topic."""

FRAME_WORDS = frozenset(
    """answer answers ask asked asking article articles chapter cite cited cites claim claims describe described
    describes discuss discussed discusses document documents evidence example examples explain explained
    explains finding findings find finds found give given gives go goes going got get gets guidance guideline
    guidelines idea ideas kind know known let like list look main make makes making mean means mention mentioned
    mentions name paper papers piece point points question questions reference references regard regarding
    report reported reports research say saying says said section show shown shows sort source sources state
    stated statement statements states studies study suggest suggested suggests summarise summarize summary talk
    tell thing things think try us use used using want way ways work works wonder wondering know curious exactly
    actually basically generally usually important importance matter matters role reason reasons effect effects
    affect affects impact happen happens happening help helps according compare compared compares comparison versus vs
    differ differs difference differences contrast contribute contributes contributed contributing relate relates
    related relating connected connection link linked links linking
    today tomorrow tonight yesterday monday tuesday wednesday thursday friday saturday sunday nowadays currently
    soon""".split()
)
"""Words that address the sources or frame a question ("what does the article say about …"): they ask, and
say nothing about what is asked for. A fixed list of the language, not of any corpus."""

FRAME_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Term:
    """One word: `start` and `end` are its character offsets, `weight` its share of the meaning, 0 to 1."""

    text: str
    stem: str
    start: int
    end: int
    weight: float


@lru_cache(maxsize=4)
def _stemmer(language: str) -> Any:
    import Stemmer

    return Stemmer.Stemmer(language)


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The Snowball stem of one lower-case English word."""
    return str(_stemmer("english").stemWord(word))


@lru_cache(maxsize=65536)
def zipf(word: str) -> float:
    """Zipf frequency of an English word (log10 of occurrences per billion words): 0 unknown, 7.7 for "the"."""
    from wordfreq import zipf_frequency

    return float(zipf_frequency(word, "en"))


def rarity(word: str) -> float:
    """How much a word tells about a topic, 0.1 to 1, from its frequency in general English.

    A word used more than once per thousand (Zipf 6) says next to nothing; one used less than about four
    times per hundred thousand (Zipf 4.6) says as much as a word can.
    """
    return min(1.0, max(0.1, (6.2 - zipf(word)) / 1.6))


def words(text: str) -> list[tuple[str, int, int]]:
    """Every word of `text` in lower case with its offsets; hyphens and apostrophes separate words."""
    return [(m.group().lower(), m.start(), m.end()) for m in WORD.finditer(text)]


def is_content(word: str) -> bool:
    """Whether a word can name a topic: neither a function word nor a frame word."""
    return word not in STOPWORDS and word not in FRAME_WORDS


def content_terms(text: str) -> list[Term]:
    """The words of `text` that carry meaning, in order, repeats included, each weighted by its rarity.

    Frame words stay, at a fraction of their weight: "talk about goals" is still a little about talking.
    """
    return [
        Term(word, stem(word), start, end, rarity(word) * (1.0 if is_content(word) else FRAME_SHARE))
        for word, start, end in words(text)
        if word not in STOPWORDS
    ]


def content_stems(text: str) -> frozenset[str]:
    """The stems of the content words of `text`."""
    return frozenset(stem(word) for word, _, _ in words(text) if is_content(word))


@dataclass(frozen=True, slots=True)
class Concept:
    """A concept of the controlled vocabulary found in a text, over the characters `start` to `end`."""

    preferred: str
    start: int
    end: int


class Vocabulary:
    """A corpus's controlled vocabulary, as librarians keep one: preferred term -> interchangeable variants.

    Matching is by stem, the longest variant first; a word belongs to at most one concept.
    """

    def __init__(self, entries: Mapping[str, Iterable[str]]) -> None:
        self._forms: dict[tuple[str, ...], str] = {}
        self._stems: dict[str, frozenset[tuple[str, ...]]] = {}
        for preferred, variants in entries.items():
            forms = {tuple(stem(w) for w, _, _ in words(form)) for form in (preferred, *variants)}
            forms.discard(())
            self._stems[preferred] = frozenset(forms)
            for form in forms:
                self._forms.setdefault(form, preferred)
        self._longest: dict[str, int] = {}
        """First stem -> words of the longest form that begins with it: most words of a text begin none."""
        for first, *rest in self._forms:
            self._longest[first] = max(self._longest.get(first, 0), 1 + len(rest))

    def find(self, text: str) -> list[Concept]:
        """The concepts in `text`, left to right, not overlapping."""
        tokens = [(stem(word), start, end) for word, start, end in words(text)]
        found: list[Concept] = []
        i = 0
        while i < len(tokens):
            for n in range(min(self._longest.get(tokens[i][0], 0), len(tokens) - i), 0, -1):
                preferred = self._forms.get(tuple(t[0] for t in tokens[i : i + n]))
                if preferred is not None:
                    found.append(Concept(preferred, tokens[i][1], tokens[i + n - 1][2]))
                    i += n
                    break
            else:
                i += 1
        return found

    def forms(self, preferred: str) -> frozenset[tuple[str, ...]]:
        """Every form of a concept as a tuple of stems; empty for an unknown concept."""
        return self._stems.get(preferred, frozenset())

    def knows(self, stemmed: str) -> bool:
        """Whether a stem is part of any form."""
        return any(stemmed in form for form in self._forms)

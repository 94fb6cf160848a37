"""Which works a question speaks of: by number, by name, by year, by what they are, as "the article" or as all of them.

In: a question, the references that condensing found in it, the last answer's numbers, the sources. Out: the numbers
of the works and the characters that named them. This module knows no fact about a work but the words of its record.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from trustbot.leaning import LAST_REFERENCE, REFERENCE
from trustbot.source_vocabulary import GUIDANCE, MANY, ONE
from trustbot.terms import STOPWORDS, stem, words, zipf
from trustbot.types import Source, Span

SPELLED: Mapping[str, int] = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "first": 1, "second": 2, "third": 3, "fourth": 4,
    "fifth": 5, "sixth": 6,
}  # fmt: skip
NOUN = rf"(?:{'|'.join(sorted(ONE))})"
SPELLED_REFERENCE = re.compile(
    rf"\b{NOUN}\s+(?:number\s+)?(?P<after>one|two|three|four|five|six)\b"
    rf"|\b(?P<before>first|second|third|fourth|fifth|sixth)\s+{NOUN}\b",
    re.IGNORECASE,
)
SINGULAR = frozenset("it its this that he she his her".split())
PLURAL = frozenset("these those they them their theirs".split())
POINTERS = frozenset("the this that these those your our".split())
CHOOSERS = POINTERS | frozenset("which what each every any other another no one either neither whose".split())
"""Words before "study" that make it one of the works: "type of study" and "under review" mean none."""
FOLLOWED = frozenset("by from of in".split())
"""Words after a noun that introduce what kind of work it is; for one work, those of `ABOUT` as well."""
ABOUT = FOLLOWED | {"with", "on", "about"}
OWN_NAME = 4.0
"""Zipf frequency from which a surname is a common word, and names a person only where it has a capital letter."""
LONGEST = 4
"""Words that may describe a work before or after its noun."""


@dataclass(frozen=True, slots=True)
class Mentions:
    """`numbers` of the works meant, `spans` of the question that named them."""

    numbers: tuple[int, ...] = ()
    spans: tuple[Span, ...] = ()
    explicit: bool = False
    """Whether works were named one by one: by number, name or description."""
    article: bool = False
    """Whether the guidance itself was named, possibly beside works."""
    every: bool = False
    """Whether all works were named together."""
    pointed: bool = False
    """Whether a pronoun stands for the works, those of the last answer or those that the page shows."""


def find(text: str, references: Sequence[int], last: Sequence[int], sources: Sequence[Source]) -> Mentions:
    """The works that `text` speaks of; `last` are the numbers of the last answer, in order."""
    works = tuple(s for s in sources if s.kind == "work")
    named, spans = _numbered(text, references)
    tokens = words(text)
    before = {s: words(text[:s])[-1:] for _, s, _ in tokens}

    def whole(start: int, end: int) -> Span:
        """With the word before it, if that is one that points: "the", "this"."""
        opening = before.get(start) or []
        return (opening[0][1], end) if opening and opening[0][0] in POINTERS else (start, end)

    for numbers, span in sorted(_described(text, tokens, works), key=lambda found: found[1][0] - found[1][1]):
        if not any(s < span[1] and span[0] < e for s, e in spans):
            named += [n for n in numbers if n not in named]
            spans.append(whole(*span))
    guidance = next((s.number for s in sources if s.kind == "guidance"), None)
    article = [whole(s, e) for word, s, e in tokens if word in GUIDANCE and not _inside(s, spans)]
    many = [whole(s, e) for word, s, e in tokens if word in MANY and not _inside(s, spans)]
    one = [whole(s, e) for word, s, e in tokens if word in ONE and not _inside(s, spans) and _chosen(before[s])]
    if named:
        return Mentions(tuple(named), (*spans, *article, *many, *one), explicit=True, article=bool(article))
    everything = tuple(s.number for s in works)
    pronouns = {word for word, _, _ in tokens}
    if many or (one and not article):
        pointed = tuple(n for n in last if n in everything) if pronouns & {"those", "these", "them"} else ()
        named_together = pointed if len(pointed) > 1 or not many else ()
        spans = [*many, *one, *article]
        return Mentions(named_together or everything, tuple(spans), article=bool(article), every=not named_together)
    if article and guidance is not None:
        return Mentions((guidance,), tuple(article), article=True)
    return _pointed(pronouns, last, everything, guidance)


def _pointed(pronouns: set[str], last: Sequence[int], everything: tuple[int, ...], guidance: int | None) -> Mentions:
    if not pronouns & (SINGULAR | PLURAL):
        return Mentions(tuple(last), pointed=False)
    if last:
        return Mentions(tuple(dict.fromkeys(last)), pointed=True)
    if pronouns & PLURAL and not pronouns & SINGULAR:
        return Mentions(everything, every=True, pointed=True)
    return Mentions(() if guidance is None else (guidance,), pointed=True)


def _numbered(text: str, references: Sequence[int]) -> tuple[list[int], list[Span]]:
    if references:
        found = [m.span() for m in (*REFERENCE.finditer(text), *LAST_REFERENCE.finditer(text))]
        return list(dict.fromkeys(references)), found
    spelled = list(SPELLED_REFERENCE.finditer(text))
    numbers = [SPELLED[(m["after"] or m["before"]).lower()] for m in spelled]
    return numbers, [m.span() for m in spelled]


def _inside(position: int, spans: Sequence[Span]) -> bool:
    return any(s <= position < e for s, e in spans)


def _described(
    text: str, tokens: Sequence[tuple[str, int, int]], works: Sequence[Source]
) -> list[tuple[tuple[int, ...], Span]]:
    """Works named by surname, or by what they are: "the Farrell paper", "the study from 2008"."""
    found: list[tuple[tuple[int, ...], Span]] = []
    for place, (word, start, end) in enumerate(tokens):
        if word in ONE | MANY | GUIDANCE or word == "one":
            for first, last in _phrases(tokens, place):
                numbers = _fitting(tokens[first : last + 1], works)
                if numbers and not _any_such(tokens, min(first, place)):
                    span = (min(tokens[first][1], start), max(tokens[last][2], end))
                    found.append((numbers, span))
                    break
            else:
                alone = _fitting([tokens[place]], works) if word in ONE else ()
                if len(alone) == 1 and not _any_such(tokens, place):  # "the autoethnography"
                    found.append((alone, (start, end)))
        by_name = tuple(w.number for w in works if word in _surnames(w) and _is_name(text, word, start, w))
        if by_name and not any(s <= start < e for _, (s, e) in found):
            found.append((by_name, (start, end)))
    return found


def _chosen(before: Sequence[tuple[str, int, int]]) -> bool:
    return bool(before) and before[0][0] in CHOOSERS


def _any_such(tokens: Sequence[tuple[str, int, int]], place: int) -> bool:
    """Whether the phrase at `place` means any work of its kind: "a systematic review"."""
    return place > 0 and tokens[place - 1][0] in ("a", "an", "another")


def _phrases(tokens: Sequence[tuple[str, int, int]], place: int) -> list[tuple[int, int]]:
    """First and last token of what may describe the noun at `place`: what precedes it, then what follows."""
    spans = []
    first = place
    while first > 0 and place - first < LONGEST and tokens[first - 1][0] not in STOPWORDS:
        first -= 1
    spans += [(f, place - 1) for f in range(first, place)]
    after = place + 1
    follow = ABOUT if tokens[place][0] in ONE else FOLLOWED
    if after < len(tokens) and tokens[after][0] in follow:
        start = after + 1
        while start < len(tokens) and tokens[start][0] in ("the", "a", "an"):
            start += 1
        spans += [(start, last) for last in range(min(start + LONGEST, len(tokens)) - 1, start - 1, -1)]
    return spans


def _fitting(described: Sequence[tuple[str, int, int]], works: Sequence[Source]) -> tuple[int, ...]:
    """Numbers of the works that all the words fit, if they fit some works and not all."""
    asked = {stem(word) for word, _, _ in described if word not in STOPWORDS}
    if not asked:
        return ()
    numbers = tuple(w.number for w in works if asked <= _description(w))
    return numbers if len(numbers) < len(works) else ()


@lru_cache(maxsize=256)
def _description(source: Source) -> frozenset[str]:
    study = source.study
    about = (study.design, study.participants, study.setting, study.summary) if study else ()
    texts = (source.title, *source.authors, str(source.year or ""), source.container or "", *about)
    return frozenset(stem(word) for text in texts for word, _, _ in words(text))


@lru_cache(maxsize=256)
def _surnames(source: Source) -> frozenset[str]:
    last = (author.split()[-1] for author in source.authors if author.split())
    return frozenset(word for name in last for word, _, _ in words(name))


def _is_name(text: str, word: str, start: int, source: Source) -> bool:
    capital = text[start].isupper() and text[:start].strip() != ""
    return capital or zipf(word) < OWN_NAME

"""Numbers, names and quoted words of a sentence: each must stand in what it cites.

In: a sentence and the texts that it cites. Out: what of it those texts don't hold, and numbers that changed places.
Words
and digits are the same number ("sixteen", "16"). This module knows no vector and no verdict.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from trustbot.text.terms import STOPWORDS, stem, words

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS = "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()
SPELLED: dict[str, float] = {
    **{word: float(n) for n, word in enumerate(_UNITS)},
    **{word: float(10 * n) for n, word in enumerate(_TENS, 2)},
    **{word: float(n) for n, word in enumerate(_ORDINALS)},
    "twice": 2.0, "thrice": 3.0, "dozen": 12.0, "half": 0.5, "double": 2.0, "triple": 3.0, "single": 1.0, "sole": 1.0,
}  # fmt: skip
_SCALES = {"hundred": 100.0, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_TOKEN = re.compile(r"[0-9]+(?:[,\u202f][0-9]{3})+(?![0-9])|[0-9]+(?:[.·][0-9]+)?|[^\W0-9_]+")
_NO_COUNT = re.compile(
    r"\b(?:one another|each one|no one|the one|this one|that one|any one|some ?one|one's|one way or|at once|every one"
    r"|first(?:ly)?,|first of all|at first|on the one|one or another|one and the same)",
    re.IGNORECASE,
)
_ALONE = frozenset({0.5, 1.0})
"""Numbers that words often stand for without counting anything ("one", "half"): they bind, but aren't missed."""
_THEM = frozenset({"them", "these", "those", "whom"})
"""What a number counts then stands elsewhere."""
_YEARS = range(1800, 2100)
"""Numbers that count nothing, and are compared with their like."""
_RATIO = re.compile(r"\d+\+?:\d+\+?")
NEAR = 5
"""Words before and after a number that tell what it counts."""
_QUOTED = re.compile(r"“([^”]{3,})”|\"([^\"\n]{3,})\"|«([^»]{3,})»")
_NAME = re.compile(r"(?<![.!?:“\"(]\s)(?<!^)(?<=\s)[(“\"]?(?P<name>[A-Z][\w-]*[\w])|\b(?P<short>[A-Z]{2,}\d*)\b")
_OWNER = re.compile(r"^\W*(?P<name>[A-Z][\w-]+)(?:['’]s?\b| et al| and (?:colleagues|others|co-authors))")
MEASURES = frozenset(
    """second minute hour day week weekend fortnight month quarter year decade century semester trimester morning
    afternoon evening night overnight percent percentage majority minority third dozen inch mile metre meter kilometre
    kilometer gram kilogram litre liter ounce dollar euro pound""".split()
)
"""What is counted or measured by, without a digit: "in the first week", "for at least one year"."""
_OF_TIME = {
    "daily": "day", "weekly": "week", "monthly": "month", "yearly": "year", "hourly": "hour", "nightly": "night",
    "annual": "year", "annually": "year", "quarterly": "quarter", "fortnightly": "fortnight",
}  # fmt: skip
_NO_MEASURE = re.compile(
    r"\b(?:the\s+second|a\s+second|second(?:ly|s)?(?=\s*(?:,|-?(?:year|hand|time|version|driver|factor|one|of)\b))"
    r"|a\s+third|the\s+third|third\s+(?:part(?:y|ies))|every\s*day|everyday|day[- ]to[- ]day|these\s+days"
    r"|at\s+the\s+end\s+of\s+the\s+day|second)\b",
    re.IGNORECASE,
)
_PART = re.compile(r"[^\W_]+")
_DAYS = frozenset("january february march april may june july august september october november december".split())


@dataclass(frozen=True, slots=True)
class Number:
    """`value` at the word of this place, and the stems of the content words around it."""

    value: float
    spelled: bool
    around: frozenset[str]
    counted: str = ""
    """The stem of the content word right behind it; empty where there is none."""
    behind: frozenset[str] = frozenset()
    """Stems of the words behind it, as far as the next number, and of the one before an "of": "journals of 110"."""


def numbers(text: str) -> tuple[Number, ...]:
    """The numbers of `text`, left to right; 0.5 for "half", the sum of "one hundred and ten"."""
    tokens = [m.group().lower() for m in _TOKEN.finditer(_NO_COUNT.sub(lambda m: "x" * len(m.group()), text))]
    found: list[Number] = []
    place = 0
    while place < len(tokens):
        value, length = _read(tokens, place)
        if length:
            after = [stem(t) for t in _until_number(tokens[place + length : place + length + NEAR])]
            counted = after[0] if after and tokens[place + length] not in STOPWORDS | _DAYS else ""
            if tokens[place - 1 : place] == ["of"]:
                after += [stem(t) for t in tokens[max(0, place - 2) : place - 1]]
            around = _around(tokens, place, length)
            found.append(Number(value, not _digits(tokens[place]), around, counted, frozenset(after)))
        place += max(length, 1)
    return tuple(found)


def missing_numbers(sentence: str, passages: Sequence[str]) -> tuple[float, ...]:
    """The numbers of `sentence` that no passage has."""
    theirs = [n for passage in passages for n in numbers(passage)]
    held = {n.value for n in theirs}
    counted = {n.counted for n in theirs} - {""}
    # A "one" that may count nothing does count what other numbers count in the passages.
    return tuple(
        n.value
        for n in numbers(sentence)
        if n.value not in held and not (n.spelled and n.value in _ALONE and n.counted not in counted)
    )


def missing_measures(sentence: str, passages: Sequence[str]) -> tuple[str, ...]:
    """The units of time or measure that `sentence` names and no passage does: an amount need not have digits."""
    held = {_measure(word) for passage in passages for word, _, _ in words(passage)}
    plain = _NO_MEASURE.sub(" ", sentence)
    return tuple(dict.fromkeys(w for w, _, _ in words(plain) if (unit := _measure(w)) in MEASURES and unit not in held))


def _measure(word: str) -> str:
    """The unit that a word names, in the singular."""
    return _OF_TIME.get(word) or (word.removesuffix("s") if word.removesuffix("s") in MEASURES else word)


def swapped_numbers(sentence: str, passages: Sequence[str]) -> tuple[float, ...]:
    """The numbers of `sentence` that count what another number counts in the passages."""
    ratios = {m.group() for passage in passages for m in _RATIO.finditer(passage)}
    sentence = _RATIO.sub(lambda m: " " if m.group() in ratios else m.group(), sentence)
    theirs = [n for passage in passages for n in numbers(passage)]
    held = {stem(word) for passage in passages for word, _, _ in words(passage)}
    return tuple(n.value for n in numbers(sentence) if _elsewhere(n, theirs) or _recounted(n, theirs, held))


def missing_names(sentence: str, known: Sequence[str]) -> tuple[str, ...]:
    """Proper names and abbreviations of `sentence` that none of the texts has."""
    held = {word for text in known for word, _, _ in words(text)}
    stems = {stem(word) for word in held}
    named = [m["name"] or m["short"] for m in _NAME.finditer(sentence)]
    first = _OWNER.match(sentence)
    named += [first["name"]] if first else []
    return tuple(
        name
        for name in dict.fromkeys(named)
        for parts in [[w.lower() for w in _PART.findall(name) if w[0].isupper()] or [name.lower()]]
        if not all(p in held or stem(p) in stems or p in STOPWORDS or p in _DAYS for p in parts)
    )


def missing_quotes(sentence: str, known: Sequence[str]) -> tuple[str, ...]:
    """What `sentence` puts in quotation marks and none of the texts says word for word."""
    flat = [_flat(text) for text in known]
    quoted = [next(filter(None, m.groups())) for m in _QUOTED.finditer(sentence)]
    return tuple(q for q in quoted if not any(_flat(q) in text for text in flat))


def is_number(word: str) -> bool:
    """Whether a lower-case word is a number, in digits or not."""
    return word in SPELLED or word in _SCALES or word.isdecimal()


def _digits(token: str) -> bool:
    return token[0] in "0123456789"


def _flat(text: str) -> str:
    return " ".join(word for word, _, _ in words(text))


def _read(tokens: Sequence[str], place: int) -> tuple[float, int]:
    """The number that begins at `place`, and how many tokens it takes; 0 tokens if there is none."""
    token = tokens[place]
    if _digits(token):
        value, length = float(token.replace(",", "").replace("\u202f", "").replace("·", ".")), 1
    elif token in SPELLED:
        value, length = SPELLED[token], 1
        following = tokens[place + 1] if place + 1 < len(tokens) else ""
        if token in _TENS and following in SPELLED and 1 <= SPELLED[following] <= 9:
            value, length = value + SPELLED[following], 2
    elif token in _SCALES and place and tokens[place - 1] in ("a", "an"):
        value, length = 1.0, 0
    else:
        return 0.0, 0
    scaled = tokens[place + length] if place + length < len(tokens) else ""
    if scaled in _SCALES:
        value, length = value * _SCALES[scaled], length + 1
        rest = place + length + (tokens[place + length : place + length + 1] == ["and"])
        if rest < len(tokens) and tokens[rest] in SPELLED and tokens[rest] not in _ORDINALS:
            more, taken = _read(tokens, rest)
            value, length = value + more, rest + taken - place
    return value, length


def _around(tokens: Sequence[str], place: int, length: int) -> frozenset[str]:
    """Stems of the content words near a number, as far as the next number on either side."""
    before = list(reversed(tokens[max(0, place - NEAR) : place]))
    after = tokens[place + length : place + length + NEAR]
    near = (*_until_number(before), *_until_number(after))
    return frozenset(stem(t) for t in near if t not in STOPWORDS | _DAYS)


def _until_number(tokens: Sequence[str]) -> Sequence[str]:
    stop = next((i for i, t in enumerate(tokens) if _digits(t) or t in SPELLED or t in _SCALES), len(tokens))
    return tokens[:stop]


def _recounted(number: Number, theirs: Sequence[Number], held: set[str]) -> bool:
    """Whether a number stands right before a word of the passages that stands behind it nowhere there."""
    same = [n for n in theirs if n.value == number.value]
    alone = number.spelled and number.value in _ALONE
    told = any(number.counted in n.behind or n.behind & _THEM for n in same)
    return bool(same and not alone and number.counted in held and not told)


def _elsewhere(number: Number, theirs: Sequence[Number]) -> bool:
    """Whether the words around a number stand around other numbers of the passages, and not around the same one."""
    theirs = [n for n in theirs if (n.value in _YEARS) == (number.value in _YEARS)]
    if number.spelled and number.value in _ALONE and not number.counted:
        return False
    if number.counted and any(n.value == number.value and number.counted in n.behind for n in theirs):
        return False
    same = max((len(number.around & n.around) for n in theirs if n.value == number.value), default=None)
    other = max((len(number.around & n.around) for n in theirs if n.value != number.value), default=0)
    return same is not None and other >= 1 and other > same + (1 if same else 0)

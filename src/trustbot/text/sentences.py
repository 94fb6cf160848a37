"""Where sentences begin and end: rules, no model.

In: a text. Out: half-open ranges of characters that hold every character but the white space between them. A
blank line always ends a sentence, a single line break never does. Wrong guesses are made on the safe side:
two sentences taken for one still quote verbatim, half a sentence may say something else. This module knows
neither chunks nor markers' meaning.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from trustbot.text.terms import zipf
from trustbot.types import Span

_PARAGRAPH = re.compile(r"\S(?:(?!\r?\n[ \t]*\r?\n).)*", re.DOTALL)
# A stop, what closes with it, and the printed references that belong to the sentence before them. A row of stops is
# looked at once, not from each of them.
_STOP = re.compile(
    r"""(?P<stop>(?<![.!?…])[.!?…]+|[。！？]+)(?P<close>["'”’»)\]]*)(?:[ \t]?\[\d{1,4}\])*"""
    r"""(?P<gap>\s+|$|(?<=[。！？]))"""
)
_WORD = re.compile(r"\S+$")
_ANY_WORD = re.compile(r"\S+")
_MARK = re.compile(r"[^\w\s'’-](?:\s|$)")
RUN_ON = 60
"""Words of a sentence above which it may be speech without marks."""
MARKED = 30
"""Words a mark of punctuation in such speech, at least; prose has more marks."""
SHORTEST_PART, LONGEST_PART = 10, 30
LONGEST_WORD = 40
"""Characters before a stop that are looked at for what it ends."""
_ENUMERATOR = re.compile(r"[(\[]?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,4})")
_INITIALS = re.compile(r"(?:[A-Za-z]\.)*[A-Z]|(?:[A-Za-z]\.)+[a-z]")
_NEXT = re.compile(r"[\"'“‘«(\[]*([^\W_]+)?")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Never the last word of a sentence.
_TITLES = _words(
    """dr mr mrs ms mx prof rev hon gen col capt sgt st mt messrs mmes
    vs e.g i.e eg ie cf viz ca approx"""
)
# Followed by their number, part of the sentence; otherwise words like any other ("The answer is no.").
_NUMBERED = _words(
    """fig figs no nos vol vols p pp ref refs eq eqs sec sect ch chap tab art par para ver v ex app suppl ed
    eds jan feb mar apr jun jul aug sep sept oct nov dec"""
)
# At the end of a sentence or before a name: which one, the next word tells.
_SHORTENED = _words("inc ltd co corp jr sr ph.d m.d b.sc m.sc dept univ assoc bros resp")
_STARTERS = _words(
    """a after all although an and another as at because before both but by during each finally first for
    from furthermore he hence here his how however i if in it its many moreover most no not on one or other
    our overall second she since so some such that the their then there therefore these they third this
    those thus to two we what when where whereas which while who why with you your"""
)


def split_sentences(text: str) -> tuple[Span, ...]:
    """Ranges of the sentences of `text`, in order, without the white space around them."""
    spans: list[Span] = []
    for paragraph in _PARAGRAPH.finditer(text):
        start, end = paragraph.span()
        end = start + len(paragraph[0].rstrip())
        for stop in _STOP.finditer(text, start, end):
            if stop.end() < end and _ends(text, start, stop, end):
                spans.append((start, stop.start("gap")))
                start = stop.end()
        spans.append((start, end))
    return tuple(spans)


def split_run_on(text: str) -> tuple[Span, ...]:
    """Ranges of the parts of one sentence: itself, unless it runs on without a mark, as a transcript of speech does.

    Each part ends where a rare word is followed by a common one, which is where phrases mostly meet. The places depend
    on the words around them alone, so that what is said twice is cut alike.
    """
    words = [m.span() for m in _ANY_WORD.finditer(text)]
    if len(words) <= RUN_ON or len(words) > MARKED * (1 + len(_MARK.findall(text))):
        parts, start = [], 0
        while len(words) - start > LONGEST_PART and len(words) > RUN_ON:
            cut = max(range(start + SHORTEST_PART, start + LONGEST_PART + 1), key=lambda i: _seam(text, words, i))
            parts.append((words[start][0], words[cut - 1][1]))
            start = cut
        return (*parts, (words[start][0], words[-1][1])) if words else ()
    return ((words[0][0], words[-1][1]),)


def _seam(text: str, words: Sequence[Span], at: int) -> float:
    """How much the word at `at` looks like the beginning of a phrase, by how common it and the one before are."""
    before, after = (text[slice(*words[i])].lower() for i in (at - 1, at))
    return zipf(after) - zipf(before)


def _ends(text: str, start: int, stop: re.Match[str], end: int) -> bool:
    """Whether the sentence that began at `start` ends at `stop`, which lies before the paragraph's `end`."""
    if stop["stop"][0] in "。！？":
        return True
    following = text[stop.end()]
    if following.islower() or following in ",;:.!?)]":
        return False
    if stop["stop"] != ".":
        return True
    before = _WORD.search(text, max(start, stop.start() - LONGEST_WORD), stop.start())
    word = before[0].lstrip("\"'“‘«([") if before else ""
    if stop["close"]:
        # "(see p. 5)." has its own stop inside; what counts is the one outside.
        return True
    if before and before.start() == start and _ENUMERATOR.fullmatch(before[0]):
        return False
    return _ends_after(word, following, _next_word(text, stop.end(), end))


def _ends_after(word: str, following: str, next_word: str) -> bool:
    """Whether a full stop behind `word` ends a sentence, given the next character and the next word."""
    lower = word.lower()
    if lower in _TITLES:
        return False
    if lower in _NUMBERED or lower == "al":
        return not (following.isdigit() or following in "([")
    if lower in _SHORTENED or _INITIALS.fullmatch(word):
        return next_word.lower() in _STARTERS
    return True


def _next_word(text: str, start: int, end: int) -> str:
    found = _NEXT.match(text, start, end)
    return (found[1] or "") if found else ""

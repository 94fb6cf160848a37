"""Which fixed sentence is this? The templates of `wording`, and what stands in their gaps.

In: a sentence. Out: the templates that it is, each with what fills its gaps. An export checks with this that a sentence
is one that trustbot says, and a screen finds the sentence's translation. This module judges no gap and knows no
language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from trustbot.presentation import wording

GAP = re.compile(r"\{(\w+)\}")
LONGEST = 300
"""Characters that a gap holds at most, unless more are asked for."""
SYMBOLS = frozenset({"MONTHS", "CHECK_MARK"})
"""Constants of `wording` that are no sentences."""


class Filled(NamedTuple):
    """A template, and what its gaps are filled with."""

    template: str
    gaps: Mapping[str, str]


def constants() -> Iterator[tuple[str, str]]:
    """Every fixed sentence and phrase, with the name of the constant that holds it."""
    for name, value in vars(wording).items():
        if name.isupper() and name not in SYMBOLS:
            texts = value.values() if isinstance(value, Mapping) else [value]
            yield from ((name, text) for text in texts if isinstance(text, str))


def filled(sentence: str, longest: int = LONGEST) -> Iterator[Filled]:
    """Every template of more than one word that the whole of `sentence` is, those with the most words of their own
    first."""
    for text, literals, pattern in _patterns(longest):
        # Most templates are ruled out by their own words; only then is it worth to look for gaps.
        found = pattern.fullmatch(sentence) if all(words in sentence for words in literals) else None
        if found:
            yield Filled(text, found.groupdict())


@cache
def _patterns(longest: int) -> tuple[tuple[str, tuple[str, ...], re.Pattern[str]], ...]:
    texts = dict.fromkeys(text for _, text in constants() if " " in text)
    ranked = sorted(texts, key=lambda text: -len(GAP.sub("", text)))
    return tuple((text, tuple(GAP.split(text)[::2]), re.compile(_pattern(text, longest))) for text in ranked)


def _pattern(text: str, longest: int) -> str:
    first, *others = GAP.split(text)  # literal, name, literal, name, …
    pattern = re.escape(first)
    for place, (name, literal) in enumerate(zip(others[::2], others[1::2], strict=True), 1):
        held = rf"[^\n]{{1,{longest}}}"
        if literal and 2 * place < len(others):
            # Up to the next words of the template and no further: all ways to share a text among gaps are too many.
            held = rf"(?>{held}?(?={re.escape(literal)}))"
        pattern += f"(?P<{name}>{held}){re.escape(literal)}"
    return pattern

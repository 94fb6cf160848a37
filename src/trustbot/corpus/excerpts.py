"""How much of a stored text may be shown around a quote, as the text's licence allows.

In: a document and a place in it. Out: the range that may be shown. The rule is the same on every screen and in the
API. This module shows nothing.
"""

from __future__ import annotations

import re

from trustbot.types import Document, Span

CONTEXT_WORDS = 40
"""Words on each side of a quote from a text that may not be shown whole, where its licence allows as many."""
LONGEST = 120
"""Most words of a place in a text that may not be shown whole, where its licence names no limit: more than any sentence
has, and fewer than anybody would read a text by."""

_WORD = re.compile(r"\S+")


def shown_part(document: Document, start: int, end: int) -> Span | None:
    """What may be shown of `document` around its characters `start` to `end`; None if not even those may be.

    The whole text where it may be passed on; else the place with the words around it, which together are no more than
    may be quoted.
    """
    text, terms = document.text, document.terms
    if terms.ship:
        return 0, len(text)
    room = (LONGEST if terms.quote_words is None else terms.quote_words) - len(text[start:end].split())
    if room < 0:
        return None
    words = [word.span() for word in _WORD.finditer(text)]
    before = [s for s, e in words if e < start]
    after = [e for s, e in words if s > end]
    around = CONTEXT_WORDS
    if terms.quote_words is not None:
        # Words that the place only touches are shown with what is around it.
        touched = len(words) - len(before) - len(after)
        around = min(CONTEXT_WORDS, max(0, terms.quote_words - touched) // 2)
    return (
        (before[-around] if len(before) >= around else 0) if around else start,
        (after[around - 1] if len(after) >= around else len(text)) if around else end,
    )

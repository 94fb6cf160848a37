"""Is what a chat model wrote a whole sentence, and does it keep each "may" of what it rests on?

In: a sentence without markers, and the texts of its quotes. Out: whether it begins and ends where a sentence does, and
whether no verb has lost its "may" or "can". A piece that was cut out of a quote says something else than the quote, or
nothing, and no comparison of words tells that. This module knows no corpus and no vector.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from trustbot.text.terms import STOPWORDS, stem, words

MAY = re.compile(r"\b(?:may|might|can|could)\b(?!\s+not\b)", re.IGNORECASE)
ROOM = re.compile(
    r"\b(?:may|might|can|could|would|possib\w*|perhaps|potential\w*|allow\w*|enabl\w*|able|ability|capab\w*|sometimes"
    r"|often|likely|opens?|lets?|help\w*|hard|difficult\w*|cannot|whether|ways?|opportunit\w*|chances?)\b|n['’]t\b",
    re.IGNORECASE,
)
"""What leaves the room of a "may" in its clause."""
JOINS = frozenset("that and but or so because although though while whereas when if where which who whether".split())
"""Words behind which a clause begins."""
DANGLING = frozenset(
    "if and or but the a an whether because although while whereas than which whose their its our your every".split()
)
"""Words that no sentence ends with."""
LABEL = re.compile(r"\W*((?:[\w'’-]+\W+?){0,4}?[\w'’-]+)\s*:\s")
"""What stands before a colon at the beginning: it lends the rest an authority, or a name."""
_CLAUSE = re.compile(
    r"[,;:—–.]\s+(?:and|but|or|so)?\s*|\s+(?:but|so|which|who|because|since|although|while|whereas|if|when)\s+",
    re.IGNORECASE,
)


def is_whole(said: str, quotes: Sequence[str]) -> bool:
    """Whether `said` begins and ends like a sentence, and is not a piece from the middle of a clause of a quote."""
    told = [w for w, _, _ in words(said)]
    if not told or told[-1] in DANGLING or re.search(r",\W*$", said):
        return False
    label = LABEL.match(said)
    held = {stem(w) for quote in quotes for w, _, _ in words(quote)}
    if label and not all(stem(w) in held for w, _, _ in words(label[1]) if w not in STOPWORDS):
        return False
    return not any(_cut_out(told, quote) for quote in quotes)


def keeps_may(said: str, quotes: Sequence[str]) -> bool:
    """Whether each verb that is behind a "may" in the quotes, and never without one, leaves as much room in `said`."""
    clauses = [(_stems(c) - _after_to(c), ROOM.search(c) is not None) for c in _CLAUSE.split(said)]
    plain = {s for quote in quotes for c in _CLAUSE.split(quote) if not MAY.search(c) for s in _stems(c)}
    for verb in {v for quote in quotes for v in _possible(quote)} - plain:
        room = [open_ for stems, open_ in clauses if verb in stems]
        if room and not any(room):
            return False
    return True


def _cut_out(told: Sequence[str], quote: str) -> bool:
    """Whether these words stand in `quote` in a row, and only where a clause is under way."""
    theirs = list(words(quote))
    starts = [
        at for at in range(len(theirs) - len(told) + 1) if [w for w, _, _ in theirs[at : at + len(told)]] == [*told]
    ]
    return bool(starts) and not any(_begins(theirs, at, quote) for at in starts)


def _begins(theirs: Sequence[tuple[str, int, int]], at: int, quote: str) -> bool:
    if at == 0 or theirs[at - 1][0] in JOINS:
        return True
    return bool(re.search(r"[^\w\s'’\"“”(-]|\n", quote[theirs[at - 1][2] : theirs[at][1]]))


def _possible(quote: str) -> Iterator[str]:
    """The stems of the verbs behind a "may", past "be" and adverbs."""
    for may in MAY.finditer(quote):
        behind = (w for w, _, _ in words(quote[may.end() :]) if w not in STOPWORDS and not w.endswith("ly"))
        verb = next(behind, None)
        if verb:
            yield stem(verb)


def _after_to(text: str) -> set[str]:
    """The stems behind a "to", which claim nothing."""
    told = [w for w, _, _ in words(text)]
    return {stem(word) for before, word in pairwise(told) if before == "to"}


def _stems(text: str) -> set[str]:
    return {stem(w) for w, _, _ in words(text)}

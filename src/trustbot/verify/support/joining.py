"""Quotes joined in one sentence: which of its parts no single quote says.

In: a sentence, its alignment with each of several quotes, words that need no quote. Out: the parts that mix. Two quotes
may be told one after the other, or share a subject ("the review of 73 articles took in papers in English only"). What
none of them says is a relation between a thing of the one and a thing of the other: so a sentence is cut where it lists
and where it joins, each part must be one quote's own, and what hangs on by "which" or "with" must hang on something
that its quote speaks of too. This module knows no corpus and no verdict.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from trustbot.text.terms import Term, stem, words
from trustbot.verify.support.additions import LIGHT, PARTIES, TELLING, is_hung_on
from trustbot.verify.support.alignment import Alignment
from trustbot.verify.support.figures import is_number
from trustbot.verify.support.frames import framing
from trustbot.verify.support.synonyms import akin

WHOLE = 0.85
"""Share of a part, by weight and likeness, that its quote must hold."""
LIST = 2
"""Content words of a list's item at most; what is longer says something of its own."""
HEAD = 2
"""Content words before a "which" or "with", one of which it hangs on."""
MET = 0.75
"""Likeness from which a quote has a word."""
_CUT = re.compile(
    r"(?P<hang>,?\s+(?:which|who|whose|where(?!\s+(?:possible|necessary|appropriate|needed|feasible|applicable)\b))\s+"
    r"|\s+(?:with|without)\s+)"
    r"|(?P<joint>;\s+|,\s+(?:and|but|or|so|yet|then)\s+|,?\s+(?:but|while|whereas|because|since|although)\s+"
    r"|\s+and\s+(?=(?:does|do|did|is|are|was|were|has|have|had|can|may|might|could|will|would|should|not|it|they)\b))"
    r"|,\s+|\s+(?:and|as\s+well\s+as)\s+",
    re.IGNORECASE,
)
_CLOSE = re.compile(r"[\s-]*(?:(?:the|a|an)\s+)?", re.IGNORECASE)
"""What may stand between a word and the one that it tells of."""
_OF = re.compile(r"\s+(?:of|from|in|by)\s+(?:[\w-]+\s+)?", re.IGNORECASE)
WORKS = frozenset(stem(w) for w in "paper study article text review reference source report account".split())
"""What a source may be called by."""

Held = Sequence[float]
"""How well a quote has each content word of a sentence, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a sentence: the places of the content words of its items.

    `hangs` where it hangs on words before it; `opens` where its items are what a clause begins with, its subjects.
    """

    start: int
    end: int
    items: tuple[tuple[int, ...], ...]
    hangs: bool
    opens: bool

    @property
    def rows(self) -> tuple[int, ...]:
        """The places of all its content words."""
        return tuple(row for item in self.items for row in item)


def mixing(alignments: Sequence[Alignment], known: frozenset[str]) -> tuple[str, ...]:
    """The parts of a sentence, aligned with one quote each time, that no one quote says; `known` are free stems."""
    sentence, terms = alignments[0].sentence, alignments[0].terms
    frame = framing(sentence, terms)
    free = {
        i
        for i, t in enumerate(terms)
        if i in frame or t.stem in known | LIGHT | WORKS or is_number(t.text) or is_hung_on(sentence, t)
    }
    held = [_held(a) for a in alignments]
    loose = []
    heads: list[int] = []
    for part in parts(sentence, terms):
        rows = [r for r in part.rows if r not in free]
        carriers = (
            [h for h in held if _carries(h, rows, terms, held)]
            or _told_of(sentence, terms, rows, held)
            or _listed(part, free, terms, held)
        )
        if part.hangs:
            carriers = [h for h in carriers if not heads or max(h[r] for r in heads) >= MET]
        # What hangs on a thing may have another behind it that hangs on the same.
        heads = [*(heads if part.hangs else ()), *[r for r in part.rows if r not in frame][-HEAD:]]
        if rows and not carriers:
            loose.append(sentence[part.start : part.end].strip(" ,;"))
    return tuple(loose)


def parts(sentence: str, terms: Sequence[Term]) -> list[Part]:
    """The parts of `sentence`, a list's short items left with what follows them."""
    made: list[Part] = []
    start, since, hangs, within, opens = 0, 0, False, False, True
    items: list[tuple[int, ...]] = []
    cuts = [(m.start(), m.end(), m["hang"], m["joint"]) for m in _CUT.finditer(sentence)]
    for stop, following, hanging, joint in [*cuts, (len(sentence), len(sentence), None, ".")]:
        items.append(tuple(r for r, t in enumerate(terms) if since <= t.start < stop))
        ends = within and sentence[stop : stop + 1] == ","  # of what hangs on the words before it
        if len(items[-1]) > LIST or joint or hanging or ends:
            made.append(Part(start, stop, tuple(items), hangs, opens))
            start, hangs, items, opens = following, hanging is not None, [], joint is not None
            within = hangs or (within and not ends)
        since = following
    return made


def _held(alignment: Alignment) -> list[float]:
    """How well one quote has each term of the sentence, 0 to 1."""
    stems = {stem(w) for p in alignment.passages for w, _, _ in words(p)}
    units = [u for u in alignment.units if u.terms]
    return [
        1.0 if akin(t.stem) & stems else max((float(u.likeness[row].max()) for u in units), default=0.0)
        for row, t in enumerate(alignment.terms)
    ]


def _carries(own: Held, rows: Sequence[int], terms: Sequence[Term], held: Sequence[Held]) -> bool:
    """Whether one of the quotes has most of these words, and none of them is another's."""
    total = sum(terms[r].weight for r in rows)
    if any(own[r] < MET <= max(h[r] for h in held) for r in rows if terms[r].weight >= TELLING):
        return False
    return sum(terms[r].weight * own[r] for r in rows) >= WHOLE * total


def _told_of(sentence: str, terms: Sequence[Term], rows: Sequence[int], held: Sequence[Held]) -> list[Held]:
    """The quotes that say a part but for words of another that tell of a thing of both ("the long review of 73")."""
    found = []
    for own in held:
        strange = [r for r in rows if own[r] < MET]
        others = [h for h in held if h is not own]
        if (
            _carries(own, [r for r in rows if r not in strange], terms, held)
            and len(strange) < len(rows)
            and all(
                any(_describes(sentence, terms, run, own, other) for other in others) for run in _runs(strange, rows)
            )
        ):
            found.append(own)
    return found


def _listed(part: Part, free: set[int], terms: Sequence[Term], held: Sequence[Held]) -> list[Held]:
    """The quotes that have some item of a list; none unless each item has one, and subjects one that says the rest."""
    *items, last = [[r for r in item if r not in free] for item in part.items]
    said = last[1:] if part.opens else []
    found = [[h for h in held if _carries(h, [*item, *said], terms, held)] for item in items if item]
    found.append([h for h in held if _carries(h, last, terms, held) and (not last or h[last[0]] >= MET)])
    return [h for carriers in found for h in carriers] if all(found) else []


def _runs(strange: Sequence[int], rows: Sequence[int]) -> list[list[int]]:
    """Those of the rows that are strange, in a row."""
    runs: list[list[int]] = []
    for row in strange:
        if runs and rows.index(row) == rows.index(runs[-1][-1]) + 1:
            runs[-1].append(row)
        else:
            runs.append([row])
    return runs


def _describes(sentence: str, terms: Sequence[Term], run: Sequence[int], own: Held, other: Held) -> bool:
    """Whether the words of a run are another quote's, and tell of a work or of people that both quotes speak of.

    They stand right before them, or behind them by an "of".
    """
    if min(other[r] for r in run) < MET:
        return False
    known = [r for r, t in enumerate(terms) if t.stem in WORKS | PARTIES]
    both = [r for r in known if own[r] >= MET and other[r] >= MET]
    before = [r for r in both if r < run[0] and _OF.fullmatch(sentence[terms[r].end : terms[run[0]].start])]
    behind = [r for r in both if r > run[-1] and _CLOSE.fullmatch(sentence[terms[run[-1]].end : terms[r].start])]
    return bool(before or behind)

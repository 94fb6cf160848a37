"""Which way a sentence points: negation, rise and fall.

In: words, and sentences beside passages. Out: the charge of a stretch of text (+1 or -1, the product of its negations
and directions), and how far a sentence and its passages agree in it. The lists are of the English language, not of any
corpus. This module knows no verdict.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trustbot.text.terms import stem, words
from trustbot.verify.support.alignment import Alignment, Unit

NEGATIONS = frozenset(
    """no not never neither nor none nobody nothing without cannot hardly scarcely barely rarely seldom lack lacks
    lacked lacking absence absent fail fails failed failure unable unlikely uninvolved""".split()
)

_RISE = """increase rise raise higher high highest greater great more most elevate enhance promote stimulate induce
    activate improve strengthen accelerate boost augment upregulate grow expand facilitate contribute require essential
    crucial necessary critical pivotal vital enable help support positive benefit beneficial effective longer better
    best above presence maximize maximise encourage foster hasten aid assist allow permit amplify deepen heighten widen
    gain overexpression abundant abundance excess excessive elevated intensify potentiate trigger cause drive mediate
    confer exacerbate aggravate sufficient capable able responsible rapid faster important key advantage easy easier
    superior restore rescue useful initiate initiation sensitive sensitivity overestimate common frequent frequently
    safe safer strong stronger"""
_FALL = """decrease reduce reduction lower low lowest less least fewer few decline drop fall fell diminish impair
    inhibit suppress prevent block attenuate dampen impede hinder weaken slow slower minimize minimise limit restrict
    loss lose deficiency deficient deplete depletion knockout negative ineffective ablate ablation silence repress
    downregulate below dispensable harm avoid discourage shorten shorter worse worst worsen minor little inverse
    inversely insufficient incapable deter hamper undermine obstruct disrupt abolish abrogate eliminate delete deletion
    remove removal counteract protect protection lessen deactivate inactivate inactivation antagonize antagonist
    inhibitor delay reverse narrow mild modest knockdown null deprive refractory resistant resistance unaffected
    disadvantage hard harder difficult difficulty inferior useless rare underestimate spare halt stop ameliorate
    alleviate mitigate poor poorly weak weaker unimportant independent"""

NEUTRAL = frozenset(
    "effect effects use uses used using response responses responsive activity activities active abl".split()
)
"""Words that share a stem with charged ones ("effective", "useful", "responsible") and point nowhere."""

NEAR = 5
"""Words before and after a word whose charges it takes on."""
SAME = 0.6
"""Likeness from which a word of a passage is taken for the sentence's own."""
SLACK = 0.05
"""How much less alike than the best counterpart another may be and still count as one."""
SHARP = 4
"""Power of a unit's closeness to the sentence: the farther one is, the less its charges matter."""
CLAUSE = re.compile(
    r"[;:—–]|,\s+(?:and|but|or|so|yet|which|who|whereas|while|although|though|because|thereby|thus|resulting)\b"
    r"|\b(?:but|whereas|while|although|however|because|despite)\b",
    re.IGNORECASE,
)
ASKS = re.compile(r"\bwhether\b|^\W*(?:objective|background|aim|purpose|question)\b|\bhypothes\w*", re.IGNORECASE)
OPEN = 0.2
"""What a sentence counts that asks and doesn't tell: its charges are nobody's finding."""
FAINT = 0.35
"""Likeness below which a counterpart counts for nothing."""
SHORTEST = 15
"""Characters of a clause; less is an insertion."""


def _stems(listed: str) -> frozenset[str]:
    return frozenset(stem(word) for word in listed.split())


RISE = _stems(_RISE)
FALL = _stems(_FALL) - RISE


@dataclass(frozen=True, slots=True)
class Charge:
    """`sign` is the product of the signs of `count` charged words; 1 where there is none."""

    sign: int
    count: int


def said(text: str) -> list[tuple[str, int, int]]:
    """The words of `text` with their offsets; what is left of "n't" is "not"."""
    return [("not" if w == "t" and text[s - 1 : s] in ("'", "’") and s else w, s, e) for w, s, e in words(text)]


def sign_of(word: str) -> int:
    """-1 for a word that negates or falls, 1 for one that rises, 0 for any other."""
    if word in NEGATIONS:
        return -1
    if word in NEUTRAL:
        return 0
    stemmed = stem(word)
    return -1 if stemmed in FALL else 1 if stemmed in RISE else 0


def charge(found: Iterable[str]) -> Charge:
    """The charge of lower-case words."""
    signs = [s for s in map(sign_of, found) if s]
    product = 1
    for sign in signs:
        product *= sign
    return Charge(product, len(signs))


def negations(text: str) -> int:
    """How many negations `text` has; "not only" is none."""
    found = [word for word, _, _ in said(text)]
    return sum(
        w in NEGATIONS and not (w == "not" and n in ("only", "just", "merely"))
        for w, n in zip(found, [*found[1:], *found[:1]], strict=True)
    )


def agreement(alignment: Alignment) -> float:
    """How far the words of a sentence and their counterparts are charged alike by the words near them, -1 to 1.

    0 where nothing is charged, or nothing has a counterpart.
    """
    signed, places = _charged(alignment.sentence)
    units = [(u, *_charged(u.text)) for u in alignment.units if u.terms]
    if not units:
        return 0.0
    closest = max(1e-6, *(u.cosine for u, _, _ in units))
    total = weight = 0.0
    for row, term in enumerate(alignment.terms):
        best = max(float(u.likeness[row].max()) for u, _, _ in units)
        if sign_of(term.text) or best < SAME:
            continue
        own = _near(signed, places[term.start])
        for unit, signs, where in units:
            share = term.weight * max(unit.cosine / closest, 0.01) ** SHARP * (OPEN if ASKS.search(unit.text) else 1)
            for column in (unit.likeness[row] >= max(SAME, best - SLACK)).nonzero()[0]:
                theirs = _near(signs, where[unit.terms[column].start])
                total += share * (own.sign * theirs.sign if own.count or theirs.count else 0)
                weight += share
    return total / weight if weight else 0.0


def clause_agreement(alignment: Alignment) -> float:
    """How far the sentence as a whole is charged like the clauses nearest to it, -1 to 1."""
    own = charge(word for word, _, _ in said(alignment.sentence))
    neutral = [i for i, t in enumerate(alignment.terms) if not sign_of(t.text)]
    total = weight = 0.0
    for unit in alignment.units:
        for start, end in clauses(unit.text):
            share = _held(alignment, unit, neutral, start, end) ** (SHARP + 2)
            theirs = charge(word for word, _, _ in said(unit.text[start:end]))
            total += share * (own.sign * theirs.sign if own.count or theirs.count else 0.5)
            weight += share
    return total / weight if weight else 0.0


def clauses(text: str) -> list[tuple[int, int]]:
    """The clauses of a sentence; where there are several, the whole of it as well."""
    found, start = [], 0
    for cut in CLAUSE.finditer(text):
        if cut.start() - start >= SHORTEST:
            found.append((start, cut.start()))
            start = cut.end()
    found.append((start, len(text)))
    return found if len(found) == 1 else [*found, (0, len(text))]


def _held(alignment: Alignment, unit: Unit, rows: Sequence[int], start: int, end: int) -> float:
    """Share of the terms at `rows`, by weight, that a clause of a unit holds."""
    inside = [i for i, t in enumerate(unit.terms) if start <= t.start < end]
    if not inside or not rows:
        return 0.0
    weights = [alignment.terms[row].weight for row in rows]
    met = [max(float(unit.likeness[row, i]) for i in inside) for row in rows]
    return sum(w * (m if m >= FAINT else 0.0) for w, m in zip(weights, met, strict=True)) / sum(weights)


def _charged(text: str) -> tuple[list[int], dict[int, int]]:
    """The signs of the words of `text`, and at which place the word that begins at a character is."""
    found = said(text)
    return [sign_of(word) for word, _, _ in found], {start: i for i, (_, start, _) in enumerate(found)}


def _near(signs: Sequence[int], place: int) -> Charge:
    near = [s for s in signs[max(0, place - NEAR) : place + NEAR + 1] if s]
    return Charge(-1 if sum(s < 0 for s in near) % 2 else 1, len(near))

"""What is denied: negations and opposites that a sentence has and its passages don't, or the reverse.

In: an `Alignment`. Out: the words that show that a sentence says the contrary of the passages' sentences nearest to
it. A negation reaches the next few content words; it counts only where the other side speaks of the same. An opposite
("easy" for "hard") turns a negation round, so that "not easy" agrees with "hard". This module knows no vector but
those of the alignment, and no verdict.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from trustbot.text.terms import content_terms, stem
from trustbot.verify.support.alignment import Alignment, Unit
from trustbot.verify.support.opposites import contradicting
from trustbot.verify.support.polarity import NEGATIONS, said

SCARCE = frozenset(
    """few fewer little limited scarce hard difficult rare seldom rarely hardly leaves left rather instead background
    """.split()
)
"""Words that answer a negation on the other side ("seldom" for "limited"), and deny nothing by themselves."""
REACH = 4
"""Content words behind a negation that it is about."""
HELD = 0.5
"""Share of a negation's words that the other side must have, for it to speak of the same thing."""
NEAREST = 0.9
"""How near to the nearest unit, by likeness, another must be to be weighed as well."""
ENOUGH = 0.5
"""Likeness of the nearest unit below which nothing is said to be contrary: it speaks of something else."""
REPEATED = 4
"""Words repeated just before and after a negation, in all, by which it is known to have been taken out or put in."""
_END = re.compile(
    r"[;:—–]|,\s+(?:and|but|so|yet|which|who|while|whereas)\b|\b(?:but|whereas|while|although|that)\b"
    r"|\sand\s+(?=\w+[^s\W]s\b)|\sor\s+(?=(?:how|what|whether|that|when|where|why|who)\b)",
    re.IGNORECASE,
)
_ONLY = re.compile(
    r"\bnot\s+(?:only|just|merely|simply)\b|\b(?:no|not|never|cannot)\b[^,;.]*?\bwithout\b", re.IGNORECASE
)
"""Negations that deny nothing: "not only", and two that undo each other."""
_NO_LONGER = re.compile(r"\bno\s+(?:longer|more)\b(?!\s+than\b)", re.IGNORECASE)
"""A negation of two words, of which the second measures nothing."""


@dataclass(frozen=True, slots=True)
class Negation:
    """A negating word and the stems of what it negates."""

    word: str
    scope: tuple[str, ...]
    around: frozenset[str]
    """The scope and the words before: what is not covered may be named first."""


def negated(text: str, signs: frozenset[str] = NEGATIONS) -> tuple[Negation, ...]:
    """The negations of `text` that are about something; `signs` are the words that negate."""
    plain = _ONLY.sub(_without_negations, text)
    terms = content_terms(plain)
    found = []
    for word, _, end in said(plain):
        if word in signs:
            cut = _END.search(plain, end)
            stop = cut.start() if cut else len(plain)
            scope = tuple(t.stem for t in terms if end <= t.start < stop and t.text not in signs)[:REACH]
            before = [t.stem for t in terms if t.end <= end and t.text not in signs][-REACH:]
            if scope:
                found.append(Negation(word, scope, frozenset(scope).union(before)))
    return tuple(found)


def denied(alignment: Alignment) -> tuple[str, ...]:
    """The words by which a sentence says the contrary of the units nearest to it; none where it agrees with one
    of them."""
    found: tuple[str, ...] = ()
    for unit in nearest(alignment):
        found = _contrary(alignment.sentence, unit)
        if not found:
            return ()
    return found


def nearest(alignment: Alignment) -> list[Unit]:
    """The units that hold most of the sentence, best first."""
    weights = [t.weight for t in alignment.terms]
    scored = [
        (sum(w * float(row.max()) for w, row in zip(weights, u.likeness, strict=True)) / sum(weights), -i, u)
        for i, u in enumerate(alignment.units)
        if u.terms
    ]
    best = max((s for s, _, _ in scored), default=0.0)
    close = [found for found in scored if found[0] >= max(ENOUGH, NEAREST * best)]
    return [u for _, _, u in sorted(close, key=lambda found: (-found[0], -found[1]))]


def _contrary(sentence: str, unit: Unit) -> tuple[str, ...]:
    sentence, text = _NO_LONGER.sub("not", sentence), _NO_LONGER.sub("not", unit.text)
    own, theirs = negated(sentence), negated(text)
    pairs = [(stem(w), stem(o), f"{w}/{o}") for w, o in contradicting(_said(sentence), _said(text))]
    # "not easy" agrees with "hard": a negation that an opposite answers denies nothing, nor does the opposite.
    undone = [(w, o, shown) for w, o, shown in pairs if _within(w, own) != _within(o, theirs)]
    left = [shown for w, o, shown in pairs if (w, o, shown) not in undone]
    own = tuple(n for n in own if not any(w in n.scope for w, _, _ in undone))
    theirs = tuple(n for n in theirs if not any(o in n.scope for _, o, _ in undone))
    lost = [n for n in theirs if _speaks_of(sentence, n) and not _answered(n, negated(sentence, NEGATIONS | SCARCE))]
    added = [n for n in own if _speaks_of(text, n) and not _answered(n, negated(text, NEGATIONS | SCARCE))]
    return tuple(left + [n.word for n in (*lost, *added)]) or _edited(sentence, text)


def _edited(sentence: str, text: str) -> tuple[str, ...]:
    """Negations by which alone a sentence differs from the words that it repeats: another one near by, of the same
    words, doesn't answer these."""
    theirs, own = _said(_ONLY.sub(_without_negations, text)), _said(_ONLY.sub(_without_negations, sentence))
    codes = SequenceMatcher(None, theirs, own, autojunk=False).get_opcodes()
    found: list[str] = []
    for before, (_, i, j, k, m), after in zip(codes, codes[1:], codes[2:], strict=False):
        changed = [*theirs[i:j], *own[k:m]]
        repeated = before[2] - before[1] + after[2] - after[1]
        if before[0] == after[0] == "equal" and NEGATIONS.issuperset(changed) and (i == j or k == m):
            found += changed if repeated >= REPEATED else []
    return tuple(found)


def _within(stemmed: str, negations: Sequence[Negation]) -> bool:
    return any(stemmed in n.scope for n in negations)


def _said(text: str) -> list[str]:
    return [word for word, _, _ in said(text)]


def _speaks_of(text: str, negation: Negation) -> bool:
    held = {stem(word) for word in _said(text)}
    return sum(s in held for s in negation.scope) / len(negation.scope) >= HELD


def _answered(negation: Negation, others: Sequence[Negation]) -> bool:
    """Whether the other side negates some of the same."""
    return any(negation.around & set(o.scope) or o.around & set(negation.scope) for o in others)


def _without_negations(found: re.Match[str]) -> str:
    """The same words, the negating ones blanked out."""
    return re.sub(
        r"\b(?:not?|never|cannot|without)\b", lambda m: " " * len(m.group()), found.group(), flags=re.IGNORECASE
    )

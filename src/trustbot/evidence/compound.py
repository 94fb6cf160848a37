"""Questions with several parts: each part is read for itself, and answered or named as missing.

A question is taken to have parts where it has several sentences that ask, or where a reader finds that each of its two
halves has a statement of its own, which it answers better than the whole question does. In: a question, and what reads
one. Out: the evidence of all parts and one decision, or nothing where the question is one. This module reads nothing
itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from trustbot.evidence import Decision, Evidence
from trustbot.query.parts import asked_in, halves_of
from trustbot.types import Query, Quote

Read = Callable[[Query], "Part"]


@dataclass(frozen=True, slots=True)
class Part:
    """What a part of a question finds."""

    text: str
    evidence: Evidence
    decision: Decision

    @property
    def found(self) -> Quote | None:
        """The sentence that answers it best, if it is answered."""
        return max(self.evidence.chosen, key=lambda q: q.score) if self.decision.answers else None


def answer_asked(query: Query, read: Read) -> tuple[Evidence, Decision] | None:
    """The evidence and the decision on a question of several sentences that ask; None for any other."""
    asked = asked_in(query.text)
    if query.about or len(asked) < 2:
        return None
    parts = _in_turn(query, asked, read)
    return _together(parts) if any(part.found for part in parts) else None


def answer_halves(
    query: Query, read: Read, whole: Sequence[tuple[Quote, float]], said: Sequence[Quote]
) -> tuple[Evidence, Decision] | None:
    """The same for a question that is joined of two; to be asked of one that is answered, never to rescue another.

    `whole` are the sentences that were read, with how likely each answers the question as one; `said` those that would
    be said so. Where these hold the answers of both halves, nothing is gained.
    """
    if query.about or query.references:
        return None
    likely = {_place(q): score for q, score in whole}
    split = [parts for both in halves_of(query.text) if _stand(parts := _in_turn(query, both, read), likely)]
    known = {_place(quote) for quote in said}
    split = [parts for parts in split if not {_place(p.found) for p in parts if p.found} <= known]
    return _together(max(split, key=_least)) if split else None


def _place(quote: Quote) -> tuple[str, int]:
    return quote.chunk.id, quote.start


def _in_turn(query: Query, texts: Sequence[str], read: Read) -> list[Part]:
    """Each part read alone, or where that finds nothing, behind those before it, to which it may point back."""
    parts: list[Part] = []
    for place, text in enumerate(texts):
        part = read(replace(query, text=text))
        if place and not part.decision.answers:
            behind = read(replace(query, text=text, turns=(*query.turns, *texts[:place])))
            part = behind if behind.decision.answers else part
        parts.append(part)
    return parts


def _stand(parts: Sequence[Part], whole: dict[tuple[str, int], float]) -> bool:
    """Whether each half has a statement of its own, and is likelier to be answered by it than the whole question."""
    found = [part.found for part in parts]
    places = [_place(q) for q in found if q is not None]
    if len(set(places)) < len(parts):
        return False
    return all(q is not None and q.score > whole.get(_place(q), 0.0) for q in found)


def _least(parts: Sequence[Part]) -> float:
    return min(part.evidence.best for part in parts)


def _together(parts: Sequence[Part]) -> tuple[Evidence, Decision]:
    answered = [part for part in parts if part.decision.answers]
    chosen = {_place(q): q for part in answered for q in part.evidence.chosen}
    nearest = [q for part in answered for q in part.evidence.nearest]
    best = _least(answered)
    missing = tuple(part.text for part in parts if not part.decision.answers)
    sure = not missing and all(part.decision.verdict == "answered" for part in parts)
    covered = min(part.decision.probability for part in answered)
    decision = Decision(
        "answered" if sure else "partly",
        covered,
        {"answerable": covered, "best": best, "parts": float(len(parts))},
        missing,
    )
    return Evidence(tuple(chosen.values()), tuple(nearest), best=best), decision

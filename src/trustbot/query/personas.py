"""Who is asking, and what comes first for them: the same statements in another order, never others.

Whom a statement concerns is told by the corpus (`Audit.concerns`). Nothing is chosen, dropped or worded here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import get_args

from trustbot.presentation import wording
from trustbot.types import Check, Chunk, Corpus, Verdict

PERSONAS = ("preceptor", "medical student", "resident", "program director", "other")
WEIGHS = "program director"
"""Who is told the better supported statements before the others."""
NUMBERED = re.compile(r"[ \t]*(?:\d{1,3}|[A-Za-z])[.)][ \t]+")
"""What stands before an item of a list whose order the document gives."""
STRENGTH: tuple[Check, ...] = get_args(Check)
"""Checks, the best support first."""


@dataclass(frozen=True, slots=True)
class Arranged:
    """Claims in the order for a persona; `framing` says so in a sentence, where it is another than it was."""

    verdicts: tuple[Verdict, ...]
    framing: str | None = None


class Personas:
    """What concerns whom in one corpus."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus

    def arrange(self, persona: str | None, verdicts: Sequence[Verdict], *, listed: bool = False) -> Arranged:
        """The claims in the order for `persona`; `listed` where they are items of a list, each of which answers.

        Only statements of the guidance are moved, each with all that is said of it. Kept are: the first one, which
        answers best, unless it is an item of a list; the items of one heading beside each other; notes behind the
        statements; and a list that its document numbers.
        """
        given = tuple(verdicts)
        if persona not in wording.FRAMING:
            return Arranged(given)
        pinned = _pinned(given, listed=listed)
        order = [*given[:pinned]]
        for movable, run in groupby(given[pinned:], key=_is_statement):
            claims = list(run)
            order += self._sorted(persona, claims, listed=listed) if movable else claims
        if tuple(order) == given:
            return Arranged(given)
        framing = wording.FRAMING_AFTER if pinned else wording.FRAMING
        return Arranged(tuple(order), framing[persona])

    def concerns(self, persona: str, chunk: Chunk) -> bool:
        """Whether the corpus says that a statement is for `persona` first of all."""
        audit = self._corpus.audit(chunk.claim_id)
        return audit is not None and persona in audit.concerns

    def _sorted(self, persona: str, run: list[Verdict], *, listed: bool) -> list[Verdict]:
        if any(_is_numbered(v.quotes[0].chunk, self._corpus) for v in run):
            return run
        if not listed:
            return sorted(run, key=lambda v: self._rank(persona, v))
        # Items of one heading stay beside each other, so the headings are put in order as well.
        parts = [list(part) for _, part in groupby(run, key=lambda v: v.quotes[0].chunk.headings)]
        parts = [sorted(part, key=lambda v: self._rank(persona, v)) for part in parts]
        return [v for part in sorted(parts, key=lambda p: self._rank(persona, p[0])) for v in part]

    def _rank(self, persona: str, verdict: Verdict) -> tuple[bool, int]:
        """What sorts a claim: first what concerns the persona and, for who weighs, what is supported best."""
        return min((self._rank_of(persona, quote.chunk) for quote in verdict.quotes), default=(True, 0))

    def _rank_of(self, persona: str, chunk: Chunk) -> tuple[bool, int]:
        audit = self._corpus.audit(chunk.claim_id)
        strength = STRENGTH.index(audit.check) if audit else len(STRENGTH)
        return not self.concerns(persona, chunk), strength if persona == WEIGHS else 0


def _pinned(given: Sequence[Verdict], *, listed: bool) -> int:
    """1 if the first claim says yes or no, or answers better than what follows; 0 if it is an item of a list."""
    if not given or not _is_statement(given[0]) or not listed:
        return 1
    return int(given[0].claim.text.startswith(tuple(wording.DIRECT.values())))


def _is_statement(verdict: Verdict) -> bool:
    return bool(verdict.quotes) and verdict.quotes[0].chunk.kind == "statement"


def _is_numbered(chunk: Chunk, corpus: Corpus) -> bool:
    """Whether the document numbers the item."""
    text = corpus.document(chunk.document_id).text
    return bool(NUMBERED.fullmatch(text[text.rfind("\n", 0, chunk.start) + 1 : chunk.start]))

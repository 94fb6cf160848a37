"""The audit of the guidance: each numbered statement, the work that it cites, and what checking the two found.

In: a corpus and what to filter by. Out: the statements in the order of the guidance, and the one JSON object that the
command line and HTTP share. This module knows no screen and judges nothing: the checks are the corpus's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from trustbot.errors import IndexMissing, InvalidInput
from trustbot.presentation import wording
from trustbot.presentation.wire import source_to_dict
from trustbot.types import ARTICLE, Audit, Check, Corpus, Document, Source

CHECKS: tuple[Check, ...] = get_args(Check)
SHOWN = 40
"""Most characters of a wrong value that a message repeats."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One numbered statement of the guidance with its audit; `start` to `end` are its characters in `document`."""

    audit: Audit
    source: Source
    document: Document
    headings: tuple[str, ...]
    start: int
    end: int

    @property
    def finding(self) -> str:
        """What the work supports and what not, in one sentence: the notice, or the reason where nothing is amiss."""
        return self.audit.notice or self.audit.reason

    @property
    def learners(self) -> str | None:
        """Which learners the work is about, where its record says so."""
        return self.source.study.learners if self.source.study else None

    @property
    def setting(self) -> str | None:
        """Where the work was done, where its record says so."""
        return self.source.study.setting if self.source.study else None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which statements are wanted; None lets all pass."""

    check: Check | None = None
    reference: int | None = None


def parse_filter(check: str | None, reference: str | None, corpus: Corpus) -> Filter:
    """A filter from what a person wrote; an empty value is none. Raises InvalidInput with what may be written."""
    return Filter(_check(check or ""), _reference(reference or "", corpus))


def statements(corpus: Corpus, wanted: Filter | None = None) -> tuple[Statement, ...]:
    """The audited statements that pass `wanted`, in order. Raises IndexMissing if they don't fit the stored text."""
    audits = [a for a in corpus.audits if wanted is None or _passes(a, wanted)]
    if not audits:
        return ()
    document = corpus.document(ARTICLE)
    headings = {c.claim_id: c.headings for c in corpus.chunks if c.claim_id}
    return tuple(_statement(a, corpus, document, headings.get(a.claim_id, ())) for a in audits)


def tally(audits: Sequence[Audit]) -> dict[Check, int]:
    """How many statements each check was given to; every check is there, if only with 0."""
    counts = Counter(a.check for a in audits)
    return {check: counts[check] for check in CHECKS}


def references(corpus: Corpus) -> tuple[int, ...]:
    """The numbers that audited statements cite, in order."""
    return tuple(sorted({a.reference for a in corpus.audits}))


def audit_to_dict(corpus: Corpus, wanted: Filter) -> dict[str, Any]:
    """The audit as plain JSON types: counts of the whole, and the statements that pass `wanted`."""
    shown = statements(corpus, wanted)
    return {
        "corpus": {"id": corpus.id, "title": corpus.title, "version": corpus.version},
        "total": len(corpus.audits),
        "counts": dict(tally(corpus.audits)),
        "filter": {"check": wanted.check, "reference": wanted.reference},
        "shown": len(shown),
        "statements": [statement_to_dict(s) for s in shown],
    }


def statement_to_dict(statement: Statement) -> dict[str, Any]:
    """One audited statement as plain JSON types, with the record of the work that it cites."""
    audit = statement.audit
    return {
        "claim": audit.claim_id,
        "quote": audit.quote,
        "section": list(statement.headings),
        "document": statement.document.id,
        "start": statement.start,
        "end": statement.end,
        "document_hash": statement.document.content_hash,
        "reference": audit.reference,
        "check": audit.check,
        "in_words": wording.checked(audit.check),
        "reason": audit.reason,
        "notice": audit.notice,
        "direction": audit.direction,
        "learners": statement.learners,
        "setting": statement.setting,
        "repeats": audit.repeats,
        "source": source_to_dict(statement.source),
    }


def _statement(audit: Audit, corpus: Corpus, document: Document, headings: tuple[str, ...]) -> Statement:
    source = corpus.numbered(audit.reference)
    start = document.text.find(audit.quote)
    if source is None or start < 0:  # the build refuses both, so the index was altered
        raise IndexMissing(
            f"The audit of {audit.claim_id} doesn't fit its corpus. Run `trustbot-ingest --rebuild` to mend the index."
        )
    return Statement(audit, source, document, headings, start, start + len(audit.quote))


def _passes(audit: Audit, wanted: Filter) -> bool:
    return wanted.check in (None, audit.check) and wanted.reference in (None, audit.reference)


def _check(value: str) -> Check | None:
    plain = " ".join(value.replace("-", " ").replace("_", " ").casefold().split())
    found = next((c for c in CHECKS if c == plain), None)
    if plain and found is None:
        known = wording.listing(CHECKS)
        raise InvalidInput(wording.NO_CHECK.format(value=_shown(value), known=known))
    return found


def _reference(value: str, corpus: Corpus) -> int | None:
    plain = value.strip().removeprefix("[").removesuffix("]")
    if not plain:
        return None
    known = references(corpus)
    if not known:
        raise InvalidInput(wording.NO_REFERENCES)
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 5 and int(plain) in known):
        numbers = " or ".join(filter(None, (", ".join(map(str, known[:-1])), str(known[-1]))))
        raise InvalidInput(wording.NO_REFERENCE.format(value=_shown(value), known=numbers))
    return int(plain)


def _shown(value: str) -> str:
    text = "".join(c if c.isprintable() else "?" for c in value)
    return f"“{text if len(text) <= SHOWN else text[: SHOWN - 1] + '…'}”"

"""Does each sentence of an answer say what its quotes say, and nothing else?

In: a recorded turn, what checking its quotes found, and the corpus. Out: a sentence for each part of the text that
doesn't. `trustbot.verify.attribution` judges, as it did when the answer was made, or `trustbot.verify.worded` where a
chat model worded it; where the audit or a document has changed since, they judge by what was recorded. This module
reads no file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import get_args

from trustbot.records.record import RecordedCitation, RecordedTurn
from trustbot.types import GIVEN, MARKER, Audit, Chunk, Claim, Corpus, Document, Quote, SectionKind, Span, sha256_text
from trustbot.verify import attribution, worded
from trustbot.verify.support.supporter import Supporter

_BULLET = re.compile(r"^[^\S\n]*(?:[-*•]|\d{1,2}[.)])\s+", re.MULTILINE)
NOT_CHECKED = "The text was worded by a chat model, and what checks such sentences is not at hand."
Checker = Callable[[], Supporter]
"""What checks sentences that a chat model worded, opened only where there are any."""
Stored = Callable[[str, str], str | None]
"""Document id and hash -> the text that was published so, if any was."""


def check(
    turn: RecordedTurn, statuses: Sequence[str], corpus: Corpus, stored: Stored, checker: Checker | None = None
) -> list[str]:
    """What is wrong, one sentence each. Sentences whose quotes don't stand are passed over: those say enough."""
    if turn.outcome not in GIVEN:
        return []
    if turn.model is not None and checker is None:
        return [NOT_CHECKED]
    told = []
    left = _left_over(turn)
    if left:
        told.append(f"The text says “{_clip(left)}”, which no citation stands for.")
    view = _as_recorded(turn, corpus, stored)
    standing = [status not in ("changed", "unknown") for status in statuses]
    for span in spans(turn):
        cited = [(c, ok) for c, ok in zip(turn.citations, standing, strict=True) if span in c.supports]
        if not all(ok for _, ok in cited):
            continue
        quotes = [q for c, _ in cited for q in _quotes(c, view)]
        said = turn.text[slice(*span)]
        numbers = tuple(dict.fromkeys(int(n) for n in MARKER.findall(said)))
        claim = Claim(said, *span, numbers)
        if turn.model is not None and checker is not None:
            verdict = worded.check([claim], quotes, view, checker())[0]
            problem = "is not supported by its quotes"
        else:
            verdict = attribution.check([claim], quotes, view)[0]
            problem = "is not what its quotes say"
        if verdict.support != "supported":
            told.append(f"The sentence “{_clip(said)}” {problem}.")
    return told


def spans(turn: RecordedTurn) -> list[Span]:
    """The parts of the text that citations stand for, in order."""
    return sorted({span for c in turn.citations for span in c.supports})


def chunks_at(given: RecordedCitation, corpus: Corpus) -> list[Chunk]:
    """The chunks of the corpus that hold the citation's place, in the version that it quotes."""
    return [
        chunk
        for chunk in (*corpus.chunks, *corpus.records)
        if chunk.document_id == given.document
        and chunk.document_hash == given.document_hash
        and chunk.start <= given.start < given.end <= chunk.end
    ]


def _left_over(turn: RecordedTurn) -> str:
    """The words of the text that no citation stands for."""
    parts, at = [], 0
    for start, end in spans(turn):
        parts.append(turn.text[at:start])
        at = max(at, end)
    left = " ".join([*parts, turn.text[at:]])
    # A bullet is told from words by what follows it, which is blank by now.
    bare = _BULLET.sub(" ", left)
    return " ".join(bare.split()) if re.search(r"\w", bare) else ""


def _as_recorded(turn: RecordedTurn, corpus: Corpus, stored: Stored) -> Corpus:
    """The corpus with the audits, and with the documents that are gone, as the record has them."""
    audits = {a.claim_id: a for a in corpus.audits}
    documents = {d.id: d for d in corpus.documents}
    for given in turn.citations:
        if given.audit:
            audits[given.audit.claim] = _audit(given, audits.get(given.audit.claim))
        if given.document not in documents and (text := stored(given.document, given.document_hash)):
            documents[given.document] = _document(given, text)
    return replace(corpus, audits=tuple(audits.values()), documents=tuple(documents.values()))


def _audit(given: RecordedCitation, known: Audit | None) -> Audit:
    assert given.audit is not None  # noqa: S101 - asked for by its only caller
    found = given.audit
    repeats = known.repeats if known else None
    return Audit(
        found.claim, given.quote, given.number, found.check, found.reason, found.direction, found.notice, repeats
    )


def _document(given: RecordedCitation, text: str) -> Document:
    return Document(
        given.document, given.work, given.document_kind, given.document_title, "", "", text, sha256_text(text)
    )


def _quotes(given: RecordedCitation, view: Corpus) -> list[Quote]:
    """The citation as quotes: of its own chunk, or where its version is gone, of one of each kind that it may be."""
    return [Quote(chunk, given.start, given.end, given.quote) for chunk in chunks_at(given, view) or _made(given)]


def _made(given: RecordedCitation) -> list[Chunk]:
    return [
        Chunk(
            id=f"{given.document_hash}:{given.start}",
            document_id=given.document,
            source_id=given.work,
            document_hash=given.document_hash,
            headings=given.section,
            text=given.quote,
            start=given.start,
            end=given.end,
            sentences=((0, len(given.quote)),),
            kind=kind,
            reference=given.number,
            claim_id=given.audit.claim if given.audit else None,
        )
        for kind in _kinds()
    ]


def _kinds() -> tuple[SectionKind, ...]:
    kinds: tuple[SectionKind, ...] = get_args(SectionKind)
    return kinds


def _clip(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 120 else flat[:119] + "…"

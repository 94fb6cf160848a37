"""Sections -> Chunks: the units that are embedded, searched and cited.

In: a document, its sections, and the two limits a chunk keeps: tokens for a chat model, word pieces for the
embedder, which would cut off the rest in silence. Out: chunks that never cross a section, each an exact span
of the document, that together hold every sentence. `units` says what belongs together; what may stand with its
neighbours is packed, sentence by sentence, as full as the limits allow.

This module knows neither files, nor vectors, nor the index.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from ingest.units import Unit, units_of
from trustbot.errors import InvalidInput, ManifestError
from trustbot.models import tokens
from trustbot.types import Audit, Chunk, Document, Section, Span, chunk_id

CHUNKER_VERSION = 2
"""Part of the fingerprint: raise it whenever the same document would be cut differently."""

_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a chunk's embedded text may measure: cl100k `tokens`, and `pieces` as `count_pieces` counts."""

    tokens: int
    pieces: int
    count_pieces: Callable[[str], int]

    def hold(self, text: str) -> bool:
        """True if `text` keeps both limits."""
        return tokens.fits(text, self.tokens) and self.count_pieces(text) <= self.pieces


def chunk_document(
    document: Document, sections: Iterable[Section], limits: Limits, audits: Sequence[Audit] = ()
) -> tuple[Chunk, ...]:
    """The chunks of `document`, in reading order; statements carry the id of the claim that quotes them.

    Raises InvalidInput if a heading alone fills a chunk, ManifestError for a claim that quotes no statement.
    """
    chunks = [chunk for section in sections for chunk in chunk_section(document, section, limits)]
    return tuple(_with_claims(document, chunks, audits) if document.kind == "article" else chunks)


def chunk_section(document: Document, section: Section, limits: Limits) -> Iterator[Chunk]:
    """The chunks of one section; see `chunk_document`."""
    waiting: list[Span] = []
    for unit in units_of(document, section, lambda span: _fits(section, limits, *span)):
        if not unit.alone:
            waiting += unit.sentences
            continue
        yield from _pack(document, section, limits, Unit(tuple(waiting), section.kind))
        yield from _pack(document, section, limits, unit)
        waiting = []
    yield from _pack(document, section, limits, Unit(tuple(waiting), section.kind))


def _pack(document: Document, section: Section, limits: Limits, unit: Unit) -> Iterator[Chunk]:
    """Chunks of as many whole sentences as fit; a longer sentence is cut at white space."""
    if unit.lead and not _fits(section, limits, *unit.lead, unit.lead):
        unit = replace(unit, lead=None)  # it would leave its sentences less room than it takes
    group: list[Span] = []
    for sentence in unit.sentences:
        if group and not _fits(section, limits, group[0][0], sentence[1], unit.lead):
            yield _chunk(document, section, limits, unit, group)
            group = []
        if group or _fits(section, limits, *sentence, unit.lead):
            group.append(sentence)
            continue
        *full, rest = _cut(section, limits, sentence, unit.lead)
        for part in full:
            yield _chunk(document, section, limits, unit, [part])
        group = [rest]
    if group:
        yield _chunk(document, section, limits, unit, group)


def _fits(section: Section, limits: Limits, start: int, end: int, lead: Span | None = None) -> bool:
    prefix = f"{section.headings[-1]}: " if section.headings else ""
    return limits.hold(prefix + (f"{section.text[slice(*lead)]} " if lead else "") + section.text[start:end])


def _cut(section: Section, limits: Limits, sentence: Span, lead: Span | None) -> list[Span]:
    """Parts of a sentence that is too long: cut at white space, or inside a word that is too long itself."""
    parts: list[Span] = []
    start, end = sentence
    while not _fits(section, limits, start, end, lead):
        # A word is at least one token, so no more words than tokens can fit.
        words = islice(_WORD.finditer(section.text, start, end), limits.tokens + 1)
        ends = [word.end() for word in words]
        inside = range(start + 1, min(ends[0], start + limits.tokens * tokens.LONGEST))
        cut = _longest(section, limits, start, ends, lead) or _longest(section, limits, start, inside, lead)
        if not cut:
            heading = section.headings[-1] if section.headings else ""
            raise InvalidInput(
                f"Document {section.document_id}: the heading {heading[:60]!r} leaves no room for its text "
                f"in a chunk of {limits.tokens} tokens. Shorten the heading, or raise TRUSTBOT_CHUNK_TOKENS."
            )
        parts.append((start, cut))
        following = _WORD.search(section.text, cut, end)
        start = following.start() if following else end
    return [*parts, (start, end)]


def _longest(section: Section, limits: Limits, start: int, ends: Sequence[int], lead: Span | None) -> int:
    """The last of the ascending `ends` up to which the text from `start` fits; 0 if none does."""
    low, high = 0, len(ends)
    while low < high:
        middle = (low + high) // 2
        if _fits(section, limits, start, ends[middle], lead):
            low = middle + 1
        else:
            high = middle
    return ends[low - 1] if low else 0


def _chunk(document: Document, section: Section, limits: Limits, unit: Unit, spans: Sequence[Span]) -> Chunk:
    start, end = spans[0][0], spans[-1][1]
    text = section.text[start:end]
    lead = (section.start + unit.lead[0], section.start + unit.lead[1]) if unit.lead else None
    chunk = Chunk(
        id=chunk_id(document.id, document.content_hash, section.start + start, text),
        document_id=document.id,
        source_id=document.source_id,
        document_hash=document.content_hash,
        headings=section.headings,
        text=text,
        start=section.start + start,
        end=section.start + end,
        # A sentence that the licence doesn't allow to be quoted whole is found, but is nothing to quote.
        sentences=tuple((s - start, e - start) for s, e in spans if document.terms.allow(section.text[s:e])),
        kind=unit.kind,
        reference=unit.reference,
        lead=lead,
        lead_text=document.text[slice(*lead)] if lead else "",
    )
    if not limits.hold(chunk.embedded_text) or document.text[chunk.start : chunk.end] != text:
        raise InvalidInput(
            f"Document {document.id}: the chunk at character {chunk.start} breaks its limits. Report this as a defect."
        )
    return chunk


def _with_claims(document: Document, chunks: Sequence[Chunk], audits: Sequence[Audit]) -> list[Chunk]:
    """`chunks`, each statement with the claim that quotes it."""
    claimed = list(chunks)
    for audit in audits:
        start = document.text.find(audit.quote)
        end = start + len(audit.quote)
        held = [i for i, c in enumerate(claimed) if start >= 0 and c.start < end and start < c.end]
        if not held or any(claimed[i].kind != "statement" for i in held):
            problem = "its quote is not a statement of the article."
            raise ManifestError(
                "claims.toml", f"claim {audit.claim_id}", problem, "Copy the statement letter for letter."
            )
        for i in held:
            claimed[i] = replace(claimed[i], claim_id=audit.claim_id)
    return claimed

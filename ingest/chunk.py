"""Sections -> Chunks: the units that are embedded, searched and cited.

In: a document, its sections, and the two limits a chunk keeps: tokens for a chat model, word pieces for the
embedder, which would cut off the rest in silence. Out: chunks that never cross a section, each an exact span
of the document, that together hold every sentence. How a section is cut depends on what it is:

- a list item of the guidance, or a paragraph of it that ends in a printed reference ` [n]`, is a statement: a
  chunk of its own, without the bullet and without the reference, which becomes data;
- a note is one chunk a sentence, because it says one fact a sentence;
- page facts and disclaimers are one chunk a sentence or line; chrome is left out;
- everything else is packed, sentence by sentence, as full as the limits allow.

This module knows neither files, nor vectors, nor the index.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from trustbot import tokens
from trustbot.errors import InvalidInput, ManifestError
from trustbot.sentences import split_sentences
from trustbot.types import Audit, Chunk, Document, Section, SectionKind, Span, chunk_id

CHUNKER_VERSION = 1
"""Part of the fingerprint: raise it whenever the same document would be cut differently."""

_ITEM = re.compile(r"[ \t]*(?:[-*+•]|(?P<number>\d{1,3})[.)])[ \t]+(?=\S)")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_WORD = re.compile(r"\S+")
_REFERENCE = re.compile(r"[ \t]*\[(\d{1,4})\][ \t]*\.?\s*\Z")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a chunk's embedded text may measure: cl100k `tokens`, and `pieces` as `count_pieces` counts."""

    tokens: int
    pieces: int
    count_pieces: Callable[[str], int]

    def hold(self, text: str) -> bool:
        """True if `text` keeps both limits."""
        return tokens.fits(text, self.tokens) and self.count_pieces(text) <= self.pieces


@dataclass(frozen=True, slots=True)
class _Block:
    """A paragraph, list item or line of a section; offsets count from the section's start."""

    start: int
    end: int
    is_item: bool
    reference: int | None = None


@dataclass(frozen=True, slots=True)
class _Unit:
    """Sentences that belong together; `alone` ones are never packed with their neighbours."""

    sentences: tuple[Span, ...]
    kind: SectionKind
    reference: int | None = None
    alone: bool = True


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
    for unit in _units(document, section):
        if not unit.alone:
            waiting += unit.sentences
            continue
        yield from _pack(document, section, limits, _Unit(tuple(waiting), section.kind))
        yield from _pack(document, section, limits, unit)
        waiting = []
    yield from _pack(document, section, limits, _Unit(tuple(waiting), section.kind))


def _units(document: Document, section: Section) -> Iterator[_Unit]:
    """What the section consists of, in order; see the module's docstring for the rules."""
    kind, is_article = section.kind, document.kind == "article"
    if kind == "chrome":
        return
    by_line = kind in ("page", "disclaimer")
    for block in _blocks(section.text, by_line=by_line, references=is_article and not by_line):
        sentences = _sentences(section.text, block)
        if by_line or document.kind == "note":
            yield from (_Unit((span,), kind) for span in sentences)
        elif is_article and (block.is_item or block.reference or kind == "statement"):
            yield _Unit(sentences, "statement", block.reference)
        else:
            yield _Unit(sentences, kind, alone=False)


def _blocks(text: str, *, by_line: bool, references: bool) -> Iterator[_Block]:
    """The list items and paragraphs of `text`, or its lines.

    With `references`, a line that ends in a printed reference ends its block, and the reference becomes data.
    """
    start = end = -1
    is_item = False
    for line in _LINE.finditer(text):
        blank, item = not line[0].strip(), _ITEM.match(line[0])
        # As in Markdown, only a list that begins with 1 may follow a line of text: "95)" there is text.
        if item and start >= 0 and not is_item and item["number"] not in (None, "1"):
            item = None
        if start >= 0 and (blank or item or by_line):
            yield _block(text, start, end, is_item, references)
            start = -1
        if blank:
            continue
        if start < 0:
            start, is_item = line.start() + (item.end() if item else 0), bool(item)
        end = line.end()
        if references and _REFERENCE.search(line[0]):
            yield _block(text, start, end, is_item, references)
            start = -1
    if start >= 0:
        yield _block(text, start, end, is_item, references)


def _block(text: str, start: int, end: int, is_item: bool, references: bool) -> _Block:
    found = _REFERENCE.search(text, start, end) if references else None
    # A line that holds nothing but a number in brackets is text, not a reference.
    if found and text[start : found.start()].strip():
        return _Block(start, found.start(), is_item, int(found[1]))
    return _Block(start, end, is_item)


def _sentences(text: str, block: _Block) -> tuple[Span, ...]:
    inside = split_sentences(text[block.start : block.end])
    return tuple((block.start + s, block.start + e) for s, e in inside)


def _pack(document: Document, section: Section, limits: Limits, unit: _Unit) -> Iterator[Chunk]:
    """Chunks of as many whole sentences as fit; a longer sentence is cut at white space."""
    group: list[Span] = []
    for sentence in unit.sentences:
        if group and not _fits(section, limits, group[0][0], sentence[1]):
            yield _chunk(document, section, limits, unit, group)
            group = []
        if group or _fits(section, limits, *sentence):
            group.append(sentence)
            continue
        *full, rest = _cut(section, limits, sentence)
        for part in full:
            yield _chunk(document, section, limits, unit, [part])
        group = [rest]
    if group:
        yield _chunk(document, section, limits, unit, group)


def _fits(section: Section, limits: Limits, start: int, end: int) -> bool:
    prefix = f"{section.headings[-1]}: " if section.headings else ""
    return limits.hold(prefix + section.text[start:end])


def _cut(section: Section, limits: Limits, sentence: Span) -> list[Span]:
    """Parts of a sentence that is too long: cut at white space, or inside a word that is too long itself."""
    parts: list[Span] = []
    start, end = sentence
    while not _fits(section, limits, start, end):
        # A word is at least one token, so no more words than tokens can fit.
        words = islice(_WORD.finditer(section.text, start, end), limits.tokens + 1)
        ends = [word.end() for word in words]
        inside = range(start + 1, min(ends[0], start + limits.tokens * tokens.LONGEST))
        cut = _longest(section, limits, start, ends) or _longest(section, limits, start, inside)
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


def _longest(section: Section, limits: Limits, start: int, ends: Sequence[int]) -> int:
    """The last of the ascending `ends` up to which the text from `start` fits; 0 if none does."""
    low, high = 0, len(ends)
    while low < high:
        middle = (low + high) // 2
        if _fits(section, limits, start, ends[middle]):
            low = middle + 1
        else:
            high = middle
    return ends[low - 1] if low else 0


def _chunk(document: Document, section: Section, limits: Limits, unit: _Unit, spans: Sequence[Span]) -> Chunk:
    start, end = spans[0][0], spans[-1][1]
    text = section.text[start:end]
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

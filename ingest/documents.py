"""The documents of a corpus, read and cut; each that can't be is refused by itself.

In: the entries of a manifest. Out: documents, sections and chunks, and a sentence for each document that did not go in.
This module knows neither vectors nor the index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.chunk import Limits, chunk_document
from ingest.manifest import DocumentEntry, Manifest
from ingest.parsers import read_document
from ingest.progress import bar
from ingest.report import Note, Refusal
from trustbot.errors import InvalidInput
from trustbot.index.snapshot import Snapshot
from trustbot.models.cards import ModelCard
from trustbot.models.embedding import open_counter
from trustbot.types import Audit, Chunk, Document, Section

READ = ("en",)
"""Languages, as the first part of their tag, whose questions and statements the reader was trained on."""

NOT_ALLOWED = (
    "its licence ({licence}) doesn't allow its words to be indexed. Remove the document, or correct `index` of the "
    "licence of the document or of its source."
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """The documents of a corpus that could be read, their sections, and those that could not."""

    documents: tuple[Document, ...]
    sections: tuple[tuple[Section, ...], ...]
    refused: tuple[Refusal, ...]
    notes: tuple[Note, ...] = ()

    def without(self, refused: Sequence[Refusal]) -> Parsed:
        """The same without documents that are refused as they are cut; InvalidInput if none is left."""
        if not refused:
            return self
        gone = {r.id for r in refused}
        kept = [(d, s) for d, s in zip(self.documents, self.sections, strict=True) if d.id not in gone]
        _check_any([d for d, _ in kept], refused)
        notes = tuple(n for n in self.notes if n.id not in gone)
        return Parsed(tuple(d for d, _ in kept), tuple(s for _, s in kept), (*self.refused, *refused), notes)


def parse_documents(entries: Sequence[DocumentEntry], progress: bool) -> Parsed:
    documents: list[Document] = []
    sections: list[tuple[Section, ...]] = []
    refused: list[Refusal] = []
    notes: list[Note] = []
    for entry in bar(entries, "Reading", progress):
        if not entry.may_index:
            refused.append(Refusal(entry.id, NOT_ALLOWED.format(licence=entry.licence)))
            continue
        try:
            read = read_document(entry)
        except InvalidInput as error:
            if entry.kind == "article":  # what everything else is about
                raise
            refused.append(Refusal(entry.id, str(error)))
        else:
            documents.append(read.document)
            sections.append(read.sections)
            notes += [Note(entry.id, note) for note in read.notes]
    _check_any(documents, refused)
    return Parsed(tuple(documents), tuple(sections), tuple(refused), tuple(notes))


def _check_any(documents: Sequence[Document], refused: Sequence[Refusal]) -> None:
    if not documents:
        reason = refused[0].reason if refused else "Declare documents in its manifest."
        raise InvalidInput(f"The corpus has no document that can be indexed. {reason}")


def cut_documents(
    parsed: Parsed, limits: Limits, audits: Sequence[Audit], progress: bool
) -> tuple[Parsed, tuple[Chunk, ...]]:
    """The chunks, and the documents without those that can't be cut; an article that can't be is no small loss."""
    chunks: list[Chunk] = []
    refused: list[Refusal] = []
    pairs = list(zip(parsed.documents, parsed.sections, strict=True))
    for document, sections in bar(pairs, "Cutting", progress):
        try:
            chunks += chunk_document(document, sections, limits, audits)
        except InvalidInput as error:
            if document.kind == "article":
                raise
            refused.append(Refusal(document.id, str(error)))
    kept = parsed.without(refused)
    if not chunks:
        raise InvalidInput("The corpus has no text that can be indexed: all its sections are chrome.")
    return kept, tuple(chunks)


def refused_again(
    parsed: Parsed,
    before: Snapshot,
    chunk_tokens: int,
    card: ModelCard,
    embedder: str,
    models_dir: Path,
    audits: Sequence[Audit],
) -> tuple[Refusal, ...]:
    """Why the documents that could be read are not in an index that was made of them."""
    indexed = {d.id for d in before.corpus.documents}
    absent = [(d, s) for d, s in zip(parsed.documents, parsed.sections, strict=True) if d.id not in indexed]
    refused = []
    for document, sections in absent:
        try:
            chunk_document(
                document, sections, Limits(chunk_tokens, card.max_tokens, open_counter(embedder, models_dir)), audits
            )
        except InvalidInput as error:
            refused.append(Refusal(document.id, str(error)))
    return tuple(refused)


def language_note(manifest: Manifest) -> tuple[Note, ...]:
    if manifest.language.split("-")[0].lower() in READ:
        return ()
    told = f"its language is {manifest.language}; questions are read in English alone, so few will find their answer"
    return (Note("manifest.toml", told),)

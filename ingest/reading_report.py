"""`trustbot-ingest check --json`: what a corpus folder holds and how it is read, for a program that shows it.

In: a manifest. Out: plain JSON types: each document with what its manifest says of it, its sections and statements, and
what a person should know or see to. The index is left alone.
"""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from ingest.build import read_folder
from ingest.check import warnings_of
from ingest.documents import Parsed, language_note
from ingest.manifest import DocumentEntry, Manifest
from ingest.schema import ManifestModel, read_model
from trustbot.errors import InvalidInput
from trustbot.reading.sentences import quotes_of
from trustbot.settings import Settings
from trustbot.types import Corpus

MOST = 500
"""Statements of a document that are listed."""


def describe(manifest: Manifest, settings: Settings) -> dict[str, Any]:
    """The report. A corpus of which nothing can be indexed is described as well: its documents are then refused."""
    parsed, corpus, problem = _read(manifest, settings)
    refused = {one.id: one.reason for one in parsed.refused}
    replaces = _replaces(manifest)
    return {
        "id": manifest.id,
        "title": manifest.title,
        "scope": manifest.scope,
        "disclaimer": manifest.disclaimer,
        "language": manifest.language,
        "claims": [audit.claim_id for audit in manifest.audits],
        "notes": [f"{note.text}." for note in language_note(manifest)],
        "warnings": [*([problem] if problem else []), *warnings_of(manifest, parsed)],
        "documents": [
            _document(entry, replaces[entry.id], parsed, corpus, refused.get(entry.id, ""))
            for entry in manifest.documents
        ],
    }


def _read(manifest: Manifest, settings: Settings) -> tuple[Parsed, Corpus | None, str]:
    try:
        parsed, corpus = read_folder(
            manifest, settings.models_dir, embedder=settings.embedder, chunk_tokens=settings.chunk_tokens
        )
    except InvalidInput as error:
        return Parsed((), (), ()), None, str(error)
    return parsed, corpus, ""


def _replaces(manifest: Manifest) -> dict[str, list[str]]:
    """Document id -> ids of the documents that it takes the place of, as the manifest says."""
    _, model = read_model(manifest.directory / "manifest.toml", ManifestModel)
    return {document.id: list(document.replaces) for document in model.document}


def _document(
    entry: DocumentEntry, replaces: Sequence[str], parsed: Parsed, corpus: Corpus | None, refused: str
) -> dict[str, Any]:
    read = next((d for d in parsed.documents if d.id == entry.id), None)
    standing = read.standing if read else entry.standing
    told = {
        "id": entry.id,
        "title": entry.title,
        "kind": entry.kind,
        "file": entry.path.name,
        "date": standing.date,
        "expires": standing.expires,
        "replaces": list(replaces),
        "currency": standing.at(datetime.date.today()),
        "hash": read.content_hash if read else None,
        "refused": refused,
        "notes": [f"{note.text}." for note in parsed.notes if note.id == entry.id],
    }
    return told | (_units(entry.id, corpus) if corpus and read else {"sections": [], "units": 0, "statements": []})


def _units(document_id: str, corpus: Corpus) -> dict[str, Any]:
    """The document's sections with how many statements each has, and the first statements themselves."""
    sections: Counter[str] = Counter()
    times: dict[str, int] = defaultdict(int)
    statements: list[dict[str, Any]] = []
    for chunk in corpus.chunks:
        if chunk.document_id != document_id:
            continue
        heading = " › ".join(chunk.headings)
        sections[heading] += len(chunk.sentences)
        if chunk.kind not in ("statement", "prose"):
            continue
        for quote in quotes_of(chunk, corpus):
            times[quote.text] += 1
            if times[quote.text] == 1 and len(statements) < MOST:
                name = chunk.claim_id or ""
                statements.append({"start": quote.start, "text": quote.text, "section": heading, "name": name})
    return {
        "sections": [{"heading": heading, "units": count} for heading, count in sections.items()],
        "units": sum(sections.values()),
        "statements": statements,
    }

"""What an index version keeps beside its vectors: the corpus, and what it was made with.

In: a `Corpus` and its `Recipe`. Out: `snapshot.json`, sealed, whose documents' texts are in the store beside the
versions; and the same two back, after every byte, every text and everything that refers to a text was checked.
This module knows neither Chroma, nor which version is the current one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from trustbot.documents import DOCUMENTS, read_text, text_file
from trustbot.errors import IndexMismatch, IndexMissing
from trustbot.sealed import unseal, write_sealed
from trustbot.types import ARTICLE, Audit, Chunk, Corpus, Document, Source, Study, Terms, chunk_id, sha256_text

SCHEMA = 3
"""Version of this format; an index of another one is rebuilt, never migrated and never served."""
OLDER = (1, 2)
"""Formats that can still be read for their vectors, so that a rebuild need not make them anew."""

SNAPSHOT = "snapshot.json"


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides what an index holds: the same recipe gives the same index."""

    embedder: str
    weights_hash: str
    pooling: str
    dimension: int
    max_tokens: int
    chunker: int
    chunk_tokens: int
    manifest: str
    documents: Mapping[str, str]
    """Document id -> content hash, in the order of the manifest."""
    reader: str = ""
    """What the reader of the version was made from; empty in formats before there was one."""
    schema: int = SCHEMA

    @property
    def fingerprint(self) -> str:
        """SHA-256 over every field, as `sha256:<hex>`."""
        fields = asdict(self)
        if not self.reader:
            del fields["reader"]
        return sha256_text(json.dumps(fields, ensure_ascii=False, sort_keys=True))

    @property
    def vectors_from(self) -> tuple[str, str, str, int, int]:
        """What decides the vector of a text; vectors may be reused between recipes that agree in it."""
        return (self.embedder, self.weights_hash, self.pooling, self.dimension, self.max_tokens)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A version's snapshot as read back; `files` are the sizes of the vector store's files as published."""

    corpus: Corpus
    recipe: Recipe
    built_at: str
    files: Mapping[str, int]
    extra: Mapping[str, str] = field(default_factory=dict)
    """Name -> SHA-256 (hex) of each further file of the version."""


def write_snapshot(version: Path, snapshot: Snapshot) -> None:
    """Write `snapshot.json`; chunks are stored as places in their documents, not as text."""
    data = {
        "schema": snapshot.recipe.schema,
        "fingerprint": snapshot.recipe.fingerprint,
        "built_at": snapshot.built_at,
        "files": dict(snapshot.files),
        "extra": dict(snapshot.extra),
        "recipe": asdict(snapshot.recipe),
        "corpus": _corpus_to_dict(snapshot.corpus),
    }
    write_sealed(version / SNAPSHOT, data)


def read_snapshot(version: Path, *, for_vectors: bool = False) -> Snapshot:
    """The snapshot of a version, after checking that everything it names is there and as it was written.

    With `for_vectors`, one of an older format is read as well. Raises IndexMissing if it is incomplete or was
    altered, or if a file of the vector store is shorter than it was; DocumentAltered if a document's text doesn't have
    its hash; IndexMismatch for another schema.
    """
    path = version / SNAPSHOT
    data = _read(path, (SCHEMA, *OLDER) if for_vectors else (SCHEMA,))
    # The texts of the first format are in the version's own folder.
    texts = (version if data["schema"] == 1 else version.parent) / DOCUMENTS
    try:
        documents = tuple(_document(texts, d) for d in data["corpus"]["documents"])
        corpus = _corpus_from_dict(data["corpus"], documents)
        _check(corpus)
        recipe = Recipe(**{"schema": data["schema"], **data["recipe"]})
        if data["fingerprint"] != recipe.fingerprint:
            raise ValueError("the fingerprint is that of another recipe")
        extra = dict(data.get("extra", {}))
        snapshot = Snapshot(corpus, recipe, str(data["built_at"]), dict(data["files"]), extra)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise _damaged(path, error) from None
    # Opening a store that was cut short would take the whole process down inside Chroma.
    found = file_sizes(version)
    short = next((name for name, size in snapshot.files.items() if found.get(name, -1) < size), None)
    if short:
        raise IndexMissing(
            f"The index at {version} is damaged: {short} is missing or was cut short. Run `trustbot-ingest` "
            "to rebuild it."
        )
    return snapshot


def _read(path: Path, formats: tuple[int, ...]) -> dict[str, Any]:
    """The file's content; IndexMismatch for a format that isn't one of `formats`, IndexMissing for damage."""
    try:
        raw = path.read_bytes()
        try:
            data = unseal(raw)
        except ValueError:
            data = json.loads(raw)  # another format, which has no seal, or damage
            if data["schema"] == SCHEMA:
                raise
        schema = data["schema"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(path, error) from None
    if schema not in formats:
        raise IndexMismatch(
            f"The index {path.parent} has the format {schema}, this program reads {SCHEMA}. Run "
            "`trustbot-ingest` to rebuild it."
        )
    return data


def _check(corpus: Corpus) -> None:
    """Raise ValueError unless every chunk and every audit is about a text that is there."""
    claims = {a.claim_id for a in corpus.audits}
    for chunk in (*corpus.chunks, *corpus.records):
        if chunk.id != chunk_id(chunk.document_id, chunk.document_hash, chunk.start, chunk.text):
            raise ValueError(f"the chunk {chunk.id} is not the text at its place")
        if chunk.claim_id is not None and chunk.claim_id not in claims:
            raise ValueError(f"the chunk {chunk.id} stands for a claim that is not there")
    article = next((d.text for d in corpus.documents if d.id == ARTICLE), None)
    lost = next((a.claim_id for a in corpus.audits if article is not None and a.quote not in article), None)
    if lost:
        raise ValueError(f"the claim {lost} quotes words that are not in the article")


def file_sizes(version: Path, *, under: str = "") -> Mapping[str, int]:
    """Size of each file of a version, or of those in its folder `under`, by its path in the version."""
    files = (p for p in (version / under).rglob("*") if p.is_file())
    return {p.relative_to(version).as_posix(): p.stat().st_size for p in files}


def _damaged(path: Path, error: Exception) -> IndexMissing:
    # What the checks here found is worth telling; what a parser says about a damaged file isn't.
    said = str(error) if type(error) is ValueError else type(error).__name__
    return IndexMissing(
        f"The index at {path.parent} is incomplete or damaged ({path.name}: {said}). "
        "Run `trustbot-ingest` to rebuild it."
    )


def _document(texts: Path, data: Mapping[str, Any]) -> Document:
    text = read_text(texts, data["content_hash"])
    if text is None:
        raise IndexMissing(
            f"The stored text of document {data['id']}, {texts / text_file(data['content_hash'])}, is missing. "
            "Run `trustbot-ingest` to write it anew."
        )
    return Document(**dict(data) | {"text": text, "terms": Terms(**data.get("terms", {}))})


def _corpus_to_dict(corpus: Corpus) -> dict[str, Any]:
    return {
        "id": corpus.id,
        "title": corpus.title,
        "scope": corpus.scope,
        "version": corpus.version,
        "language": corpus.language,
        "disclaimer": corpus.disclaimer,
        "sources": [asdict(s) for s in corpus.sources],
        "documents": [_without(asdict(d), "text") for d in corpus.documents],
        "audits": [asdict(a) for a in corpus.audits],
        "vocabulary": {k: list(v) for k, v in corpus.vocabulary.items()},
        # What a chunk has from its document is not stored twice.
        "chunks": [_without(_fields(c), "text", "source_id", "document_hash") for c in corpus.chunks],
        "records": [_without(_fields(c), "text", "source_id", "document_hash") for c in corpus.records],
        "widget_origins": list(corpus.widget_origins),
    }


def _corpus_from_dict(data: Mapping[str, Any], documents: tuple[Document, ...]) -> Corpus:
    by_id = {d.id: d for d in documents}
    return Corpus(
        id=data["id"],
        title=data["title"],
        scope=data["scope"],
        version=data["version"],
        language=data["language"],
        disclaimer=data["disclaimer"],
        sources=tuple(_source(s) for s in data["sources"]),
        documents=documents,
        chunks=tuple(_chunk(c, by_id[c["document_id"]]) for c in data["chunks"]),
        audits=tuple(Audit(**a | {"related": tuple(a["related"])}) for a in data["audits"]),
        vocabulary={k: tuple(v) for k, v in data["vocabulary"].items()},
        # A version published before there were records has none, and serves until the next ingest.
        records=tuple(_chunk(c, by_id[c["document_id"]]) for c in data.get("records", ())),
        widget_origins=tuple(data.get("widget_origins", ())),
    )


def _source(data: Mapping[str, Any]) -> Source:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
    values["study"] = Study(**data["study"]) if data["study"] else None
    return Source(**values)


def _chunk(data: Mapping[str, Any], document: Document) -> Chunk:
    places = {"headings": tuple(data["headings"]), "sentences": tuple((s, e) for s, e in data["sentences"])}
    return Chunk(
        **dict(data) | places,
        source_id=document.source_id,
        document_hash=document.content_hash,
        text=document.text[data["start"] : data["end"]],
    )


def _fields(chunk: Chunk) -> dict[str, Any]:
    # asdict() copies deeply, which for thousands of chunks of plain tuples is most of the time.
    return {name: getattr(chunk, name) for name in Chunk.__dataclass_fields__}


def _without(data: dict[str, Any], *names: str) -> dict[str, Any]:
    return {k: v for k, v in data.items() if k not in names}

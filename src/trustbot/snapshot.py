"""What an index version keeps beside its vectors: the corpus, and what it was made with.

In: a `Corpus` and its `Recipe`. Out: `snapshot.json` and one text file per document, named by its hash; and
the same two back, every document checked against its hash. This module knows neither Chroma, nor which
version is the current one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from trustbot.errors import IndexMismatch, IndexMissing
from trustbot.types import Audit, Chunk, Corpus, Document, Source, Study, sha256_text

SCHEMA = 1
"""Version of this format; an index of another one is rebuilt, never migrated."""

SNAPSHOT = "snapshot.json"
DOCUMENTS = "documents"


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

    @property
    def fingerprint(self) -> str:
        """SHA-256 over every field and the schema, as `sha256:<hex>`."""
        return sha256_text(json.dumps({"schema": SCHEMA, **asdict(self)}, ensure_ascii=False, sort_keys=True))

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


def write_documents(version: Path, corpus: Corpus) -> None:
    """Write the text of each document under its hash."""
    folder = version / DOCUMENTS
    folder.mkdir(parents=True)
    for document in corpus.documents:
        # Bytes, because text mode would translate line ends and so change hash and offsets.
        (folder / document_file(document.content_hash)).write_bytes(document.text.encode("utf-8"))


def write_snapshot(version: Path, snapshot: Snapshot) -> None:
    """Write `snapshot.json`; chunks are stored as places in their documents, not as text."""
    data = {
        "schema": SCHEMA,
        "fingerprint": snapshot.recipe.fingerprint,
        "built_at": snapshot.built_at,
        "files": dict(snapshot.files),
        "recipe": asdict(snapshot.recipe),
        "corpus": _corpus_to_dict(snapshot.corpus),
    }
    (version / SNAPSHOT).write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")


def read_snapshot(version: Path) -> Snapshot:
    """The snapshot of a version, after checking that everything it names is there.

    Raises IndexMissing if it is incomplete, if a document's text doesn't have its hash, or if a file of the
    vector store is shorter than it was; IndexMismatch for another schema.
    """
    path = version / SNAPSHOT
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        schema = data["schema"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(path, error) from None
    if schema != SCHEMA:
        raise IndexMismatch(
            f"The index {version} has the format {schema}, this program reads {SCHEMA}. Run "
            "`trustbot-ingest` to rebuild it."
        )
    try:
        documents = tuple(_document(version, d) for d in data["corpus"]["documents"])
        corpus = _corpus_from_dict(data["corpus"], documents)
        recipe = Recipe(**data["recipe"])
        if data["fingerprint"] != recipe.fingerprint:
            raise ValueError("the fingerprint is that of another recipe")
        snapshot = Snapshot(corpus, recipe, str(data["built_at"]), dict(data["files"]))
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


def file_sizes(version: Path, *, under: str = "") -> Mapping[str, int]:
    """Size of each file of a version, or of those in its folder `under`, by its path in the version."""
    files = (p for p in (version / under).rglob("*") if p.is_file())
    return {p.relative_to(version).as_posix(): p.stat().st_size for p in files}


def document_file(content_hash: str) -> str:
    """File name of a stored document."""
    return content_hash.removeprefix("sha256:") + ".txt"


def read_document(folder: Path, content_hash: str) -> str | None:
    """The stored text with this hash, or None if the folder has no such text, unaltered."""
    try:
        data = (folder / document_file(content_hash)).read_bytes()
    except OSError:
        return None
    if "sha256:" + hashlib.sha256(data).hexdigest() != content_hash:
        return None
    return data.decode("utf-8")


def _damaged(path: Path, error: Exception) -> IndexMissing:
    return IndexMissing(
        f"The index at {path.parent} is incomplete or damaged ({path.name}: {type(error).__name__}). "
        "Run `trustbot-ingest` to rebuild it."
    )


def _document(version: Path, data: Mapping[str, Any]) -> Document:
    text = read_document(version / DOCUMENTS, data["content_hash"])
    if text is None:
        raise IndexMissing(
            f"The stored text of document {data['id']} in {version} is missing or was altered. "
            "Run `trustbot-ingest` to rebuild the index."
        )
    return Document(text=text, **data)


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
        audits=tuple(Audit(**a) for a in data["audits"]),
        vocabulary={k: tuple(v) for k, v in data["vocabulary"].items()},
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

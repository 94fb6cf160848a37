"""What an index version keeps beside its vectors: the corpus, and what it was made with.

In: a `Corpus` and its `Recipe`. Out: `snapshot.json`, sealed, whose documents' texts are in the store beside the
versions; and the same two back, after every byte, every text and everything that refers to a text was checked. The
other files of a version have their checksums in it. This module knows neither Chroma, nor which version is the current
one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from trustbot.errors import IndexMismatch, IndexMissing
from trustbot.files.sealed import unseal, write_sealed
from trustbot.index.documents import DOCUMENTS, read_text, text_file
from trustbot.types import (
    ARTICLE,
    Audit,
    Chunk,
    Contact,
    Corpus,
    Document,
    Source,
    Standing,
    Study,
    Suggestion,
    Terms,
    Update,
    chunk_id,
    sha256_text,
)

SCHEMA = 4
"""Version of this format; an index of another one is rebuilt, never migrated and never served. The first three held no
checksums of the vector store, so not even their vectors are read: a damaged store ends the whole process."""

SNAPSHOT = "snapshot.json"
OF_THE_DOCUMENT = ("text", "source_id", "document_hash", "lead_text")
"""What a chunk has from its document."""


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
    """Document id -> content hash, with the dates that its file gives, in the order of the manifest."""
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
    """A version's snapshot as read back."""

    corpus: Corpus
    recipe: Recipe
    built_at: str
    files: Mapping[str, str]
    """Path in the version -> SHA-256 (hex), for each other file of the version as it was published."""


def write_snapshot(version: Path, snapshot: Snapshot) -> None:
    """Write `snapshot.json`; chunks are stored as places in their documents, not as text."""
    data = {
        "schema": snapshot.recipe.schema,
        "fingerprint": snapshot.recipe.fingerprint,
        "built_at": snapshot.built_at,
        "files": dict(snapshot.files),
        "recipe": asdict(snapshot.recipe),
        "corpus": _corpus_to_dict(snapshot.corpus),
    }
    write_sealed(version / SNAPSHOT, data)


def read_snapshot(version: Path) -> Snapshot:
    """The snapshot of a version, after checking that it and every text it names are as they were written.

    The version's other files are left alone; see `check_files`. Raises IndexMissing if it is incomplete or was altered,
    DocumentAltered if a document's text doesn't have its hash, IndexMismatch for another schema.
    """
    path = version / SNAPSHOT
    data = _read(path)
    try:
        documents = tuple(_document(version.parent / DOCUMENTS, d) for d in data["corpus"]["documents"])
        corpus = _corpus_from_dict(data["corpus"], documents)
        _check(corpus)
        recipe = Recipe(**data["recipe"])
        if data["fingerprint"] != recipe.fingerprint:
            raise ValueError("the fingerprint is that of another recipe")
        return Snapshot(corpus, recipe, str(data["built_at"]), dict(data["files"]))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise _damaged(path, error) from None


def file_hashes(version: Path) -> dict[str, str]:
    """Path in the version -> SHA-256 (hex) of each file that is there, without the snapshot."""
    files = sorted(p for p in version.rglob("*") if p.is_file() and p != version / SNAPSHOT)
    return {p.relative_to(version).as_posix(): sha256_of(p) for p in files}


def check_files(version: Path, snapshot: Snapshot) -> None:
    """Raise IndexMissing unless every file of the version is there and as it was published."""
    for name, expected in snapshot.files.items():
        if not (version / name).is_file() or sha256_of(version / name) != expected:
            raise altered(version, name)


def altered(version: Path, name: str) -> IndexMissing:
    """The error for a file of a version that is lost or no longer has its checksum."""
    return IndexMissing(
        f"The index at {version} is damaged: {name} is missing or is not what was written. Run `trustbot-ingest` to "
        "rebuild it."
    )


def sha256_of(path: Path) -> str:
    """SHA-256 (hex) of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(path: Path) -> dict[str, Any]:
    """The file's content; IndexMismatch for another format, IndexMissing for damage."""
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
    if schema != SCHEMA:
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
    ids = {chunk.id for chunk in (*corpus.chunks, *corpus.records)}
    if any(not s.about or not {*s.about, *s.cites} <= ids for s in corpus.suggestions):
        raise ValueError("a suggestion is about a text that is not there")
    article = next((d.text for d in corpus.documents if d.id == ARTICLE), None)
    lost = next((a.claim_id for a in corpus.audits if article is not None and a.quote not in article), None)
    if lost:
        raise ValueError(f"the claim {lost} quotes words that are not in the article")


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
    terms, pages = Terms(**data.get("terms", {})), tuple(data.get("pages", ()))
    given = data.get("standing", {})
    standing = Standing(**given | {name: tuple(given.get(name, ())) for name in ("replaced_by", "tags")})
    return Document(**dict(data) | {"text": text, "terms": terms, "pages": pages, "standing": standing})


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
        "chunks": [_without(_fields(c), *OF_THE_DOCUMENT) for c in corpus.chunks],
        "records": [_without(_fields(c), *OF_THE_DOCUMENT) for c in corpus.records],
        "widget_origins": list(corpus.widget_origins),
        "contacts": [asdict(c) for c in corpus.contacts],
        "suggestions": [asdict(s) for s in corpus.suggestions],
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
        audits=tuple(
            Audit(**a | {name: tuple(a.get(name, ())) for name in ("related", "concerns")}) for a in data["audits"]
        ),
        vocabulary={k: tuple(v) for k, v in data["vocabulary"].items()},
        records=tuple(_chunk(c, by_id[c["document_id"]]) for c in data["records"]),
        widget_origins=tuple(data["widget_origins"]),
        # An index that was made before there were contacts has none.
        contacts=tuple(Contact(**c | {"kinds": tuple(c["kinds"])}) for c in data.get("contacts", ())),
        suggestions=tuple(
            Suggestion(s["question"], *(tuple(s[name]) for name in ("about", "cites", "personas")))
            for s in data.get("suggestions", ())
        ),
    )


def _source(data: Mapping[str, Any]) -> Source:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
    values["study"] = Study(**data["study"]) if data["study"] else None
    values["updates"] = tuple(Update(**u) for u in data.get("updates", ()))
    return Source(**values)


def _chunk(data: Mapping[str, Any], document: Document) -> Chunk:
    lead = tuple(data["lead"]) if data.get("lead") else None
    places = {"headings": tuple(data["headings"]), "sentences": tuple((s, e) for s, e in data["sentences"])}
    return Chunk(
        **dict(data) | places | {"lead": lead},
        lead_text=document.text[slice(*lead)] if lead else "",
        source_id=document.source_id,
        document_hash=document.content_hash,
        text=document.text[data["start"] : data["end"]],
    )


def _fields(chunk: Chunk) -> dict[str, Any]:
    # asdict() copies deeply, which for thousands of chunks of plain tuples is most of the time.
    return {name: getattr(chunk, name) for name in Chunk.__dataclass_fields__}


def _without(data: dict[str, Any], *names: str) -> dict[str, Any]:
    return {k: v for k, v in data.items() if k not in names}

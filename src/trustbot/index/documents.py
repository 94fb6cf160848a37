"""Every document version that was ever published, kept for good: an old quote still opens the text it quotes.

    <index_dir>/documents/
        <sha256>.txt             a text, named by its hash; written once, never changed
        v-<UTC time>-<hash>.json what was first recorded when that index version was published: which document
                                 had which text, with its title, work, licence and terms

In: a corpus at publishing time; later a document id and a hash. Out: files; and the text with what was recorded of
it, checked against its hash each time it is read. Nothing is read before it is asked for, nothing is ever removed,
and only the process that holds the index's lock writes. This module knows neither Chroma nor index versions.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from trustbot.errors import DocumentAltered
from trustbot.files.sealed import unseal, write_sealed, write_whole
from trustbot.types import Corpus, Document, Terms

DOCUMENTS = "documents"

_HASH = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class DocumentVersion:
    """A text that was published under a document's id, with what was recorded of it."""

    document: Document
    """As it was published, under the terms of its licence that were recorded last."""
    number: int
    """The number that readers saw for its work."""
    work: str
    """Title of its work."""
    corpus_version: str
    first_seen: str
    """When this text was first published, ISO 8601 in UTC."""
    current_hash: str | None
    """Hash of the text that is current under the same id; None if the document is no longer in the corpus."""

    @property
    def is_current(self) -> bool:
        """False once another text has taken its place, or none has."""
        return self.current_hash == self.document.content_hash


def find_version(
    index_dir: Path, corpus: Corpus, content_hash: str, document_id: str | None = None
) -> DocumentVersion | None:
    """The text with this `sha256:...` that was published under `document_id`, or under any id; None if none was.

    `corpus` is the one that is served: it decides what is current. The text is read from its file and checked.
    Raises DocumentAltered if that file, or what was recorded, no longer is what was written.
    """
    if not _HASH.fullmatch(content_hash):
        return None
    folder = index_dir / DOCUMENTS
    record = next(
        (r for r in _records(folder) if r["content_hash"] == content_hash and document_id in (None, r["id"])), None
    )
    text = read_text(folder, content_hash) if record else None
    if record is None or text is None:
        return None
    current = next((d.content_hash for d in corpus.documents if d.id == record["id"]), None)
    names = ("id", "source_id", "kind", "title", "media_type", "licence", "content_hash")
    terms, pages = Terms(**record["terms"]), tuple(record.get("pages", ()))
    document = Document(**{name: record[name] for name in names}, text=text, terms=terms, pages=pages)
    return DocumentVersion(
        document, record["number"], record["work"], record["corpus_version"], record["first_seen"], current
    )


def stored_document(index_dir: Path, content_hash: str) -> str | None:
    """Text of any document that this index ever held, by its `sha256:...`; None if unknown or altered."""
    try:
        return read_text(index_dir / DOCUMENTS, content_hash) if _HASH.fullmatch(content_hash) else None
    except DocumentAltered:
        return None


def read_text(folder: Path, content_hash: str) -> str | None:
    """The text with this hash, or None if `folder` has none; DocumentAltered if it no longer has its hash."""
    path = folder / text_file(content_hash)
    try:
        data = path.read_bytes()
    except OSError:
        return None
    if "sha256:" + hashlib.sha256(data).hexdigest() != content_hash:
        raise DocumentAltered(
            f"The stored text {path} was altered: it no longer has the hash that it is named by. Restore the file "
            "from a copy, or, if the corpus still holds that text, run `trustbot-ingest` to write it anew."
        )
    return data.decode("utf-8")


def text_file(content_hash: str) -> str:
    """File name of a stored text."""
    return content_hash.removeprefix("sha256:") + ".txt"


def keep_documents(index_dir: Path, corpus: Corpus, version: str, published: str) -> None:
    """Add the texts of `corpus` that are not stored yet, and what is new about them under the name `version`.

    `published` is the time, ISO 8601 in UTC. To be called with the index's lock held, before the version is
    published: what is published can always be found.
    """
    folder = index_dir / DOCUMENTS
    folder.mkdir(exist_ok=True)
    _write_texts(folder, corpus.documents)
    known = _recorded(folder)
    records = [_record(document, corpus, published) for document in corpus.documents]
    new = []
    for record in records:
        before = known.get((record["id"], record["content_hash"]))
        if before:  # a text is first seen once, whatever is recorded of it later
            record |= {name: before[name] for name in ("corpus_version", "first_seen")}
        if record != before:
            new.append(record)
    if new:
        write_sealed(folder / f"{version}.json", {"documents": new})
    _sync_folder(folder)


def are_recorded(index_dir: Path, corpus: Corpus) -> bool:
    """Whether the store has on record that each document of `corpus` has its text."""
    recorded = _recorded(index_dir / DOCUMENTS)
    return all((d.id, d.content_hash) in recorded for d in corpus.documents)


def mend_texts(index_dir: Path, documents: Sequence[Document], lock: Callable[[], AbstractContextManager[None]]) -> int:
    """Write anew the texts of `documents` that were stored and are lost or altered; returns how many.

    `lock` is held while writing, and not taken where there is nothing to write.
    """
    folder = index_dir / DOCUMENTS
    stored = {content_hash for _, content_hash in _recorded(folder)}
    lost = [d for d in documents if d.content_hash in stored and stored_document(index_dir, d.content_hash) is None]
    if lost:
        with lock():
            _write_texts(folder, lost)
    return len(lost)


def _write_texts(folder: Path, documents: Sequence[Document]) -> None:
    for document in documents:
        # Bytes, because text mode would translate line ends and so change hash and offsets.
        data = document.text.encode("utf-8")
        path = folder / text_file(document.content_hash)
        if not path.is_file() or path.read_bytes() != data:
            write_whole(path, data)


def _recorded(folder: Path) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Document id and hash -> what was recorded last; files that were altered are passed over."""
    return {(r["id"], r["content_hash"]): r for r in reversed(list(_records(folder, strict=False)))}


def _record(document: Document, corpus: Corpus, published: str) -> dict[str, Any]:
    source = corpus.source(document.source_id)
    pages = {"pages": list(document.pages)} if document.pages else {}
    return {
        **pages,
        "id": document.id,
        "source_id": document.source_id,
        "kind": document.kind,
        "title": document.title,
        "media_type": document.media_type,
        "licence": document.licence,
        "content_hash": document.content_hash,
        "terms": asdict(document.terms),
        "number": source.number,
        "work": source.title,
        "corpus_version": corpus.version,
        "first_seen": published,
    }


def _records(folder: Path, *, strict: bool = True) -> Iterator[Mapping[str, Any]]:
    """What was recorded, latest first; with `strict`, DocumentAltered for a file that was altered."""
    for path in sorted(folder.glob("v-*.json"), reverse=True):
        try:
            yield from reversed(unseal(path.read_bytes())["documents"])
        except (OSError, ValueError, KeyError, TypeError):
            if strict:
                raise DocumentAltered(
                    f"The list of stored documents {path} can't be read or was altered. Restore the file from a copy, "
                    "or delete it and run `trustbot-ingest`, which records anew what the corpus still holds."
                ) from None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

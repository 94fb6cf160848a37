"""Documents that ingest itself makes: sentences under headings -> a stored text with its chunks; and the ids they keep.

In: what a document is to say. Out: the document, with a chunk for each of its sentences, none of which is embedded or
searched; or a ManifestError where the manifest gives an id of theirs away. This module words nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ingest.manifest import Manifest
from trustbot.errors import ManifestError
from trustbot.types import Chunk, Document, DocumentKind, Source, chunk_id, sha256_text

Made = tuple[Document, tuple[Chunk, ...]]


def make_document(
    document_id: str,
    source: Source,
    kind: DocumentKind,
    title: str,
    licence: str,
    parts: Iterable[tuple[str, Iterable[str]]],
) -> Made:
    """The stored text, with a line for each sentence under its heading, and the sentences as chunks."""
    text, places = f"# {title}\n", []
    for heading, sentences in parts:
        text += f"\n## {heading}\n\n"
        for sentence in sentences:
            places.append((heading, len(text), sentence))
            text += sentence + "\n"
    content_hash = sha256_text(text)
    document = Document(document_id, source.id, kind, title, "text/markdown", licence, text, content_hash)
    chunks = tuple(
        Chunk(
            id=chunk_id(document_id, content_hash, start, sentence),
            document_id=document_id,
            source_id=source.id,
            document_hash=content_hash,
            headings=(title, heading),
            text=sentence,
            start=start,
            end=start + len(sentence),
            sentences=((0, len(sentence)),),
        )
        for heading, start, sentence in places
    )
    return document, chunks


def check_ids(manifest: Manifest, documents: Sequence[Document], source: Source) -> None:
    """Raise ManifestError if the manifest declares the id of a document, or of the source, that ingest makes itself."""
    kept = {d.id: d.kind for d in documents}
    taken = next((d.id for d in manifest.documents if d.id in kept), None)
    file = manifest.directory / "manifest.toml"
    name = str(file) if file.is_file() else manifest.id
    if taken is not None:
        of = "record that is made of the manifest" if kept[taken] == "record" else "help text that ingest makes"
        raise ManifestError(name, f"document {taken}", f"this id is kept for the {of}.", "Choose another id.")
    if source.id in {s.id for s in manifest.sources}:
        problem = "this id is kept for the program itself, which is a source too."
        raise ManifestError(name, f"source {source.id}", problem, "Choose another id.")

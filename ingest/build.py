"""The offline line, top to bottom: manifest -> sections -> chunks -> vectors -> a published index version.

In: a validated manifest and plain values. Out: a `Report`, and a version on disk unless nothing changed. A
run that has nothing to do imports neither torch nor Chroma. This module knows the order of the steps and
what may be reused; how each step works is the business of its own module.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence, Set
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ingest.chunk import CHUNKER_VERSION, Limits
from ingest.documents import Parsed, cut_documents, language_note, parse_documents, refused_again
from ingest.export import export_embedder, export_safety
from ingest.help import help_source, write_help
from ingest.made import check_ids
from ingest.manifest import Manifest
from ingest.progress import bar
from ingest.reader import build_reader, read_inputs
from ingest.records import write_records
from ingest.report import DocumentReport, Report
from ingest.suggestions import compile_suggestions
from ingest.wording_lint import check_wording
from trustbot.errors import IndexMissing
from trustbot.index.chroma import current_snapshot, open_index, write_index
from trustbot.index.documents import are_recorded, keep_documents, mend_texts
from trustbot.index.snapshot import Recipe, Snapshot
from trustbot.index.versions import current_version, new_name, writing
from trustbot.models import tokens
from trustbot.models.cards import PACKAGED, ModelCard
from trustbot.models.embedding import open_counter, open_reference
from trustbot.reading import clusters
from trustbot.reading.bank import Bank
from trustbot.reading.model import FILE
from trustbot.text.sentences import split_sentences
from trustbot.types import Chunk, Corpus, Document, Source, Terms

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

T = TypeVar("T")

SLICE = 128
"""Texts embedded between two steps of the progress bar: long enough to sort by length, short enough to move.
"""


def build_index(
    manifest: Manifest,
    index_dir: Path,
    models_dir: Path,
    *,
    embedder: str = PACKAGED,
    chunk_tokens: int = 200,
    progress: bool = True,
    rebuild: bool = False,
) -> Report:
    """Bring the index in `index_dir` up to date with `manifest`; `rebuild` makes every vector anew.

    Raises InvalidInput if no document can be indexed, IndexLocked, StorageError or ModelError; after any of
    them the version published before is still served.
    """
    began = time.monotonic()
    card = export_embedder(embedder, models_dir)
    export_safety(models_dir)
    parsed = parse_documents(manifest.documents, progress)
    check_wording(manifest, parsed.documents)
    source, records = _made(manifest)
    documents = {d.id: d.text for d in (*parsed.documents, *records[0])}
    inputs = read_inputs(manifest.directory, [a.claim_id for a in manifest.audits], documents)
    recipe = _recipe(card, manifest, (*parsed.documents, *records[0]), chunk_tokens, inputs.content_hash)
    mended = mend_texts(index_dir, (*parsed.documents, *records[0]), lambda: writing(index_dir))
    before = _snapshot(index_dir)
    if before and not rebuild and before.recipe.fingerprint == recipe.fingerprint:
        mended += _record_again(index_dir, before)
        version, chunks = current_version(index_dir), before.corpus.chunks
        known = frozenset(c.embedded_text for c in chunks)
        told = inputs.note
        # The same documents were refused then, for the same reasons.
        parsed = parsed.without(
            refused_again(parsed, before, chunk_tokens, card, embedder, models_dir, manifest.audits)
        )
    else:
        with writing(index_dir):
            limits = Limits(chunk_tokens, card.max_tokens, open_counter(embedder, models_dir))
            parsed, chunks = cut_documents(parsed, limits, manifest.audits, progress)
            vectors = {} if rebuild else _known_vectors(index_dir, recipe)
            known = frozenset(vectors)
            vectors |= _embed({c.embedded_text for c in chunks} - known, embedder, progress)
            corpus = _corpus(manifest, source, (*parsed.documents, *records[0]), chunks, records[1])
            reader, told = build_reader(inputs, corpus, models_dir)
            rows = _aligned(chunks, vectors)
            offered = compile_suggestions(inputs.bank, corpus, reader, rows, embedder, models_dir)
            extra = {FILE: reader, clusters.FILE: _clusters(inputs.bank, embedder, progress)}
            version = write_index(index_dir, replace(corpus, suggestions=offered), rows, recipe, extra)
    removed, removed_chunks = _removed(before, chunks)
    return Report(
        corpus_id=manifest.id,
        corpus_version=manifest.version,
        index=version,
        fingerprint=recipe.fingerprint,
        unchanged=chunks is (before and before.corpus.chunks),
        mended=mended > 0,
        documents=_documents(parsed, chunks, known, _texts(before.corpus.chunks if before else ())),
        refused=parsed.refused,
        notes=(*language_note(manifest), *parsed.notes),
        removed=removed,
        removed_chunks=removed_chunks,
        reader=told,
        seconds=time.monotonic() - began,
    )


def read_corpus(
    manifest: Manifest, models_dir: Path, *, embedder: str = PACKAGED, chunk_tokens: int = 200, progress: bool = True
) -> Corpus:
    """The corpus as its index would hold it, without a vector. Raises as `build_index` does."""
    return read_folder(manifest, models_dir, embedder=embedder, chunk_tokens=chunk_tokens, progress=progress)[1]


def read_folder(
    manifest: Manifest, models_dir: Path, *, embedder: str = PACKAGED, chunk_tokens: int = 200, progress: bool = True
) -> tuple[Parsed, Corpus]:
    """The same, and what was read of each file, with what was refused."""
    card = export_embedder(embedder, models_dir)
    parsed = parse_documents(manifest.documents, progress)
    check_wording(manifest, parsed.documents)
    source, records = _made(manifest)
    limits = Limits(chunk_tokens, card.max_tokens, open_counter(embedder, models_dir))
    parsed, chunks = cut_documents(parsed, limits, manifest.audits, progress)
    return parsed, _corpus(manifest, source, (*parsed.documents, *records[0]), chunks, records[1])


def _made(manifest: Manifest) -> tuple[Source, tuple[tuple[Document, ...], tuple[Chunk, ...]]]:
    """The product as a source, and the documents and sentences that ingest itself makes: records and help."""
    source = help_source(manifest)
    documents, chunks = write_records(manifest)
    document, helped = write_help(manifest, source)
    check_ids(manifest, (*documents, document), source)
    return source, ((*documents, document), (*chunks, *helped))


def _record_again(index_dir: Path, before: Snapshot) -> int:
    """Put the documents on record again if their records are lost; returns 1 if they were, else 0."""
    if are_recorded(index_dir, before.corpus):
        return 0
    with writing(index_dir):
        keep_documents(index_dir, before.corpus, new_name(before.recipe.fingerprint), before.built_at)
    return 1


def _recipe(
    card: ModelCard, manifest: Manifest, documents: Sequence[Document], chunk_tokens: int, reader: str
) -> Recipe:
    return Recipe(
        embedder=card.name,
        weights_hash=card.weights_hash,
        pooling=card.pooling,
        dimension=card.dimension,
        max_tokens=card.max_tokens,
        chunker=CHUNKER_VERSION,
        chunk_tokens=chunk_tokens,
        manifest=manifest.content_hash,
        documents={d.id: _state(d) for d in documents},
        reader=reader,
    )


def _state(document: Document) -> str:
    """The hash of its text, and the dates that its file may give beside it."""
    dates = (document.standing.date, document.standing.expires)
    return " ".join([document.content_hash, *(day or "-" for day in dates if any(dates))])


def _snapshot(index_dir: Path) -> Snapshot | None:
    try:
        return current_snapshot(index_dir, whole=True)
    except IndexMissing:
        return None


def _known_vectors(index_dir: Path, recipe: Recipe) -> dict[str, Any]:
    """Embedded text -> vector, of the current version, if the same embedder made it and it can be read."""
    snapshot = _snapshot(index_dir)
    if snapshot is None or snapshot.recipe.vectors_from != recipe.vectors_from:
        return {}
    try:
        with closing(open_index(index_dir)) as index:
            rows = index.vectors()
    except IndexMissing:
        return {}
    return {c.embedded_text: row for c, row in zip(snapshot.corpus.chunks, rows, strict=True)}


def _embed(texts: Iterable[str], embedder: str, progress: bool) -> dict[str, Any]:
    """Text -> vector, by sentence-transformers, which is imported only if there is something to embed."""
    # By length, because a batch is padded to its longest text; then by text, so that runs are alike.
    ordered = sorted(texts, key=lambda t: (len(t), t))
    if not ordered:
        return {}
    reference = open_reference(embedder)
    vectors: dict[str, Any] = {}
    slices = [ordered[i : i + SLICE] for i in range(0, len(ordered), SLICE)]
    for some in bar(slices, "Embedding", progress, unit=f"x{SLICE} chunks"):
        vectors |= zip(some, reference.embed_array(some), strict=True)
    return vectors


def _clusters(bank: Bank, embedder: str, progress: bool) -> bytes:
    """The grid of what the bank's questions ask, each taken alone."""
    asked = clusters.sample([e.text for e in bank.examples if not e.turns])
    vectors = _embed(asked, embedder, progress) if len(asked) >= clusters.EACH else {}
    return clusters.learn(list(vectors), _stacked(vectors.values()))


def _aligned(chunks: Sequence[Chunk], vectors: Mapping[str, Any]) -> Vectors:
    return _stacked(vectors[c.embedded_text] for c in chunks)


def _stacked(rows: Iterable[Any]) -> Vectors:
    import numpy as np

    return np.array(list(rows), dtype=np.float32)


def _corpus(
    manifest: Manifest,
    source: Source,
    documents: tuple[Document, ...],
    chunks: tuple[Chunk, ...],
    records: tuple[Chunk, ...],
) -> Corpus:
    return Corpus(
        id=manifest.id,
        title=manifest.title,
        scope=manifest.scope,
        version=manifest.version,
        language=manifest.language,
        disclaimer=manifest.disclaimer,
        sources=(*manifest.sources, source),
        documents=documents,
        chunks=chunks,
        audits=manifest.audits,
        vocabulary=manifest.vocabulary,
        records=records,
        widget_origins=manifest.widget_origins,
        contacts=manifest.contacts,
    )


def _documents(
    parsed: Parsed, chunks: Sequence[Chunk], known: Set[str], before: Mapping[str, Set[str]]
) -> tuple[DocumentReport, ...]:
    after = _texts(chunks)
    own: dict[str, list[Chunk]] = {d.id: [] for d in parsed.documents}
    for chunk in chunks:
        own[chunk.document_id].append(chunk)
    return tuple(
        DocumentReport(
            id=document.id,
            sections=len(sections),
            chunks=len(own[document.id]),
            sentences=sum(len(c.sentences) for c in own[document.id]),
            unquotable=sum(_too_long(c, document.terms) for c in own[document.id]),
            tokens=tokens.count(document.text),
            embedded=sum(c.embedded_text not in known for c in own[document.id]),
            reused=sum(c.embedded_text in known for c in own[document.id]),
            removed=len(before.get(document.id, set()) - after.get(document.id, set())),
        )
        for document, sections in zip(parsed.documents, parsed.sections, strict=True)
    )


def _too_long(chunk: Chunk, terms: Terms) -> int:
    """Sentences of a chunk that are never quoted, because they are longer than the licence allows."""
    if terms.quote_words is None:
        return 0
    return sum(not terms.allow(chunk.text[start:end]) for start, end in split_sentences(chunk.text))


def _removed(before: Snapshot | None, chunks: Sequence[Chunk]) -> tuple[tuple[str, ...], int]:
    """Ids of the documents that are gone, and the number of chunks that are, theirs included."""
    after = _texts(chunks)
    had = _texts(before.corpus.chunks if before else ())
    gone = tuple(document for document in had if document not in after)
    return gone, sum(len(texts - after.get(document, set())) for document, texts in had.items())


def _texts(chunks: Iterable[Chunk]) -> dict[str, set[str]]:
    """Document id -> the embedded texts of its chunks."""
    texts: dict[str, set[str]] = {}
    for chunk in chunks:
        texts.setdefault(chunk.document_id, set()).add(chunk.embedded_text)
    return texts

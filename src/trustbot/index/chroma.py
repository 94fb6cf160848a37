"""The Chroma index: write a version, open it, search it. The only module that knows chromadb.

In: a corpus with its vectors, or a query vector. Out: an `Index` whose corpus, chunks and vectors belong
together. A version is written to a folder of its own, verified, and only then published by a pointer, because
Chroma's store is damaged by a second writer or by a kill; nobody ever writes into a store that serves. Chroma
writes even to read, and a damaged store takes the whole process down with it, so each reader gets a copy of the
store whose checksums were compared with those of publication. This module makes no vectors and knows no embedder
beyond name and hash.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trustbot.errors import IndexMismatch, IndexMissing, InvalidInput, TrustbotError
from trustbot.index.documents import keep_documents, stored_document
from trustbot.index.published import PAGE, read_listing, stored_vectors, vectors_hash, vectors_name
from trustbot.index.server import Server, chroma_settings
from trustbot.index.snapshot import Recipe, Snapshot, altered, check_files, file_hashes, read_snapshot, write_snapshot
from trustbot.index.versions import (
    TEMPORARY,
    current_name,
    current_version,
    is_full,
    new_name,
    private_copy,
    publish,
    storage_error,
    tidy,
    writing,
)
from trustbot.models.ordering import descending
from trustbot.types import Chunk, Corpus

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

__all__ = ["Index", "current_snapshot", "open_index", "stored_document", "write_index"]

COLLECTION = "chunks"
CHROMA = "chroma"
HNSW = {"space": "cosine", "ef_construction": 200, "ef_search": 400, "max_neighbors": 32}
"""Well above Chroma's defaults: of 10,000 chunks, the true ten nearest come back, in some milliseconds."""

PROBES = 16
ENGINE = "chromadb.api.rust.RustBindingsAPI"
"""The one that works on files in this process."""


class Index:
    """An open version: read-only, and the same until it is closed, whatever is published meanwhile."""

    def __init__(self, index_dir: Path, version: Path, snapshot: Snapshot, server: Server | None = None) -> None:
        self.corpus: Corpus = snapshot.corpus
        self.fingerprint: str = snapshot.recipe.fingerprint
        self.recipe: Recipe = snapshot.recipe
        self.built_at: str = snapshot.built_at
        self.path = version
        self.index_dir = index_dir
        self._files = snapshot.files
        self._chunks = {c.id: c for c in self.corpus.chunks}
        self._server = server
        with ExitStack() as opened:
            if server is None:
                self._open_copy(opened)
            else:
                self._open_served(server)
            self._opened = opened.pop_all()

    def search(
        self, vector: Sequence[float], k: int, where_ids: Sequence[str] | None = None
    ) -> list[tuple[Chunk, float]]:
        """The `k` chunks nearest to `vector`, with their cosine, best first; among `where_ids` only, if
        given.

        `vector` has the index's dimension; fewer than `k` come back where there are fewer.
        """
        if where_ids is not None:
            return self._search_among(vector, k, where_ids)
        k = min(k, len(self._chunks))
        if k < 1:
            return []
        import numpy as np

        query = np.asarray(vector, dtype=np.float32)
        with self._reading():
            found = self._collection.query(query_embeddings=[query], n_results=k, include=["distances"])
        pairs = list(zip(found["ids"][0], found["distances"][0], strict=True))
        if any(chunk_id not in self._chunks for chunk_id, _ in pairs):
            raise self._damaged("its vectors belong to another index")
        return [(self._chunks[i], 1.0 - float(distance)) for i, distance in pairs]

    def vectors(self) -> Vectors:
        """All vectors, shape (chunks, dimension), row i that of `corpus.chunks[i]`."""
        return self.vectors_of([c.id for c in self.corpus.chunks])

    def has_extra(self, name: str) -> bool:
        """Whether the version was published with a further file of this name."""
        return name in self._files

    def read_extra(self, name: str) -> bytes:
        """The content of a further file of the version; IndexMissing if it is lost or was altered."""
        try:
            content = (self.path / name).read_bytes()
        except OSError:
            raise altered(self.path, name) from None
        if hashlib.sha256(content).hexdigest() != self._files.get(name):
            raise altered(self.path, name)
        return content

    def published(self) -> str | None:
        """Name of the version that is published now, None if none is."""
        return (
            self._server.published(self.corpus.id) or self.path.name if self._server else current_name(self.index_dir)
        )

    def is_stale(self) -> bool:
        """True once another version has been published."""
        return self.published() != self.path.name

    def close(self) -> None:
        """Release the store's files; the index can't be searched any more."""
        self._opened.close()

    def _search_among(self, vector: Sequence[float], k: int, where_ids: Sequence[str]) -> list[tuple[Chunk, float]]:
        # Exact over the few: a filter inside the graph search is slower, and may return fewer than there are.
        import numpy as np

        ids = [i for i in dict.fromkeys(where_ids) if i in self._chunks]
        if not ids:
            return []
        query = np.asarray(vector, dtype=np.float32)
        cosines = self.vectors_of(ids) @ (query / max(float(np.linalg.norm(query)), 1e-12))
        order = descending(cosines.tolist())[: max(k, 0)]
        return [(self._chunks[ids[i]], float(cosines[i])) for i in order]

    def vectors_of(self, ids: Sequence[str]) -> Vectors:
        """The vectors of these chunks, shape (len(ids), dimension); IndexMissing if one is not there."""
        with self._reading():
            rows, lost = stored_vectors(self._collection, ids, self.recipe.dimension)
        if lost:
            raise self._damaged(f"{lost} vectors are missing")
        return rows

    def _reading(self) -> AbstractContextManager[None]:
        return self._server.asking() if self._server else _reading(self.path)

    def _damaged(self, what: str) -> IndexMissing:
        if self._server is None:
            return _damaged(self.path, what)
        return IndexMissing(
            f"The version {self.path.name} of {self.corpus.id} on the Chroma server is damaged: {what}. "
            "Run `trustbot-ingest --rebuild`."
        )

    def _open_copy(self, opened: ExitStack) -> None:
        """Open a copy of the version's own store."""
        store = {name: sha for name, sha in self._files.items() if name.startswith(f"{CHROMA}/")}
        copy, remove_copy = private_copy(self, self.path, store)
        opened.callback(remove_copy)
        with self._reading():
            client, self._collection = _existing(copy / CHROMA)
            opened.callback(client.close)
            self._check()

    def _open_served(self, server: Server) -> None:
        """Open the version's collection on the server, after comparing every vector with what was published."""
        with self._reading():
            self._collection = server.find(vectors_name(self.corpus.id, self.path.name))
            if self._collection is None:
                raise self._damaged("its vectors are missing")
            self._check()
        if vectors_hash([c.id for c in self.corpus.chunks], self.vectors()) != read_listing(self.path).vectors:
            raise self._damaged("its vectors are not what was published")

    def _check(self) -> None:
        stored = (self._collection.metadata or {}).get("fingerprint")
        if stored != self.fingerprint:
            raise self._damaged("its vectors belong to another index")
        if self._collection.count() != len(self._chunks):
            raise self._damaged("its vectors are incomplete")


def open_index(
    index_dir: Path,
    embedder_name: str | None = None,
    weights_hash: str | None = None,
    server: Server | None = None,
) -> Index:
    """Open the current version for reading; with a name and a hash, only if that embedder built it.

    With a `server`, `index_dir` is a copy of what it has published, and the vectors are read there.

    Raises IndexMissing if there is no usable index, IndexMismatch if another embedder built it, IndexUnreachable if the
    server doesn't answer, StorageError if there is no room for the reader's copy.
    """
    version = current_version(index_dir)
    snapshot = read_snapshot(version)
    recipe = snapshot.recipe
    if (embedder_name or recipe.embedder, weights_hash or recipe.weights_hash) != (
        recipe.embedder,
        recipe.weights_hash,
    ):
        raise IndexMismatch(
            f"The index in {index_dir} was built with the embedder {recipe.embedder} "
            f"({recipe.weights_hash[:12]}), not with {embedder_name} ({(weights_hash or '')[:12]}). Run "
            "`trustbot-ingest` to rebuild it, or set TRUSTBOT_EMBEDDER back."
        )
    return Index(index_dir, version, snapshot, server)


def current_snapshot(index_dir: Path, *, whole: bool = False) -> Snapshot:
    """Corpus and recipe of the current version, without its vectors: quick, for reading facts and comparing.

    With `whole`, the checksum of every file of the version is compared too. Raises IndexMissing if there is no index or
    it is damaged.
    """
    version = current_version(index_dir)
    snapshot = read_snapshot(version)
    if whole:
        check_files(version, snapshot)
    return snapshot


def write_index(
    index_dir: Path, corpus: Corpus, vectors: Vectors, recipe: Recipe, extra: Mapping[str, bytes] | None = None
) -> Path:
    """Write, verify and publish a new version; returns its folder. Row i of `vectors` is that of chunk i.

    `extra` are further files of the version, by name.

    Until the last step, and after any failure, the version published before is served. Raises IndexLocked,
    StorageError, or IndexMissing if what was written can't be read back.
    """
    if vectors.shape != (len(corpus.chunks), recipe.dimension) or not len(vectors):
        raise InvalidInput(
            f"There are {len(corpus.chunks)} chunks and vectors of shape {vectors.shape}; nothing was written."
        )
    with writing(index_dir):
        tidy(index_dir)
        name, published = new_name(recipe.fingerprint), datetime.now(UTC).isoformat(timespec="seconds")
        temporary = index_dir / (name + TEMPORARY)
        try:
            keep_documents(index_dir, corpus, name, published)
            temporary.mkdir()
            with _writing_chroma(index_dir):
                _write_chroma(temporary / CHROMA, corpus, vectors, recipe.fingerprint)
            for file, content in (extra or {}).items():
                (temporary / file).write_bytes(content)
            write_snapshot(temporary, Snapshot(corpus, recipe, published, file_hashes(temporary)))
            version = publish(index_dir, temporary, name)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        with suppress(OSError):  # published is published; what can't be tidied now is tidied by the next run
            tidy(index_dir)
    return version


def _write_chroma(folder: Path, corpus: Corpus, vectors: Vectors, fingerprint: str) -> None:
    client = _client(folder)
    try:
        collection = client.create_collection(
            COLLECTION,
            embedding_function=None,
            configuration={"hnsw": HNSW},
            metadata={"fingerprint": fingerprint},
        )
        for first in range(0, len(corpus.chunks), PAGE):
            chunks = corpus.chunks[first : first + PAGE]
            collection.add(
                ids=[c.id for c in chunks],
                embeddings=vectors[first : first + PAGE],
                documents=[c.text for c in chunks],
                metadatas=[{"document": c.document_id, "source": c.source_id, "kind": c.kind} for c in chunks],
            )
        _verify(collection, corpus.chunks, vectors)
    finally:
        client.close()


def _verify(collection: Any, chunks: Sequence[Chunk], vectors: Vectors) -> None:
    """Read back what was written: the count, every id, and a few vectors that must find themselves."""
    if collection.count() != len(chunks):
        raise IndexMissing(
            f"Chroma kept {collection.count()} of {len(chunks)} chunks; nothing was published. Try again."
        )
    stored: list[str] = []
    for first in range(0, len(chunks), PAGE):
        stored += collection.get(limit=PAGE, offset=first, include=[])["ids"]
    if sorted(stored) != sorted(c.id for c in chunks):
        raise IndexMissing("Chroma kept other chunks than were written; nothing was published. Try again.")
    for row in range(0, len(chunks), max(1, len(chunks) // PROBES)):
        found = collection.query(query_embeddings=[vectors[row]], n_results=1, include=["distances"])
        # The distance, not the id: two chunks may say the same words.
        if not found["ids"][0] or abs(found["distances"][0][0]) > 1e-3:
            raise IndexMissing(f"Chroma doesn't find chunk {chunks[row].id} again; nothing was published. Try again.")


def _damaged(version: Path, what: str) -> IndexMissing:
    return IndexMissing(f"The index at {version} is damaged: {what}. Run `trustbot-ingest --rebuild`.")


def _client(folder: Path) -> Any:
    settings = chroma_settings(ENGINE)
    import chromadb

    return chromadb.PersistentClient(str(folder), settings=settings)


def _existing(store: Path) -> tuple[Any, Any]:
    client = _client(store)
    try:
        return client, client.get_collection(COLLECTION, embedding_function=None)
    except BaseException:
        client.close()
        raise


@contextmanager
def _reading(version: Path) -> Iterator[None]:
    with _chroma_errors(lambda error: _damaged(version, f"Chroma can't read it ({type(error).__name__})")):
        yield


@contextmanager
def _writing_chroma(index_dir: Path) -> Iterator[None]:
    def translate(error: BaseException) -> TrustbotError:
        if is_full(error) or shutil.disk_usage(index_dir).free < 1 << 20:
            return storage_error(index_dir, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
        return storage_error(index_dir, OSError(errno.EIO, f"Chroma: {str(error)[:120]}"))

    with _chroma_errors(translate):
        yield


@contextmanager
def _chroma_errors(translate: Any) -> Iterator[None]:
    try:
        yield
    except TrustbotError:
        raise
    except BaseException as error:
        # A panic in Chroma's Rust core arrives as a BaseException; an interrupt must stay one.
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise translate(error) from error
        raise

"""A version of the index sent to a Chroma server, and published there in one step once all of it was read back.

In: an open version, and the folders of the graphs that it is read with. Out: the pointer on the server. Whatever a run
that was stopped had sent is not sent again; what no version needs any more is removed. This module knows neither how a
version is made nor who reads it.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trustbot.errors import IndexMissing
from trustbot.index.documents import DOCUMENTS
from trustbot.index.published import (
    PART,
    ROWS,
    File,
    Listing,
    files_name,
    grouped,
    read_files,
    read_list,
    stored_vectors,
    vectors_hash,
    vectors_name,
)
from trustbot.index.server import MODELS, PAYLOAD, VECTORS, Pointer, Server

if TYPE_CHECKING:
    from trustbot.index.chroma import Index

HNSW = {"space": "ip", "ef_construction": 200, "ef_search": 400, "max_neighbors": 32}
"""As in a folder, but for the space: of vectors of length one the inner product is the cosine, and they come back as
they were sent, to the bit."""
KEPT_WHOLE = {"batch_size": 2, "sync_threshold": 2}
"""Of files: by default the server reads the last thousand rows again for each request that adds some."""


def send(server: Server, index: Index, models: Sequence[Path], *, anew: bool = False) -> bool:
    """Publish an open version on the server, with the exported graphs in the folders `models`.

    False where this very version is published already. With `anew`, files that the server has are read again, and sent
    again where they were altered. Raises IndexUnreachable, or IndexMissing if what was sent can't be read back; the
    version before is then served.
    """
    corpus_id, name = index.corpus.id, files_name(index.corpus.id)
    before = server.pointer(corpus_id)
    if before is not None and before.version == index.path.name:
        return False
    texts = [p for p in (index.index_dir / DOCUMENTS).iterdir() if p.suffix in (".txt", ".json")]
    own = [p for p in index.path.iterdir() if p.is_file()]
    files = {p.relative_to(index.index_dir).as_posix(): p for p in (*own, *texts)}
    graphs = {f"{folder.name}/{p.name}": p for folder in models for p in folder.iterdir() if p.is_file()}
    listing = Listing(
        index.path.name,
        _send_files(server, name, files, anew),
        _send_files(server, MODELS, graphs, anew),
        _send_vectors(server, index),
    )
    raw = listing.to_bytes()
    listed = File.of(raw)
    _send_parts(server, name, {listed: raw}, anew)
    pointer = Pointer(listing.version, listed.digest, listed.size, " ".join(listed.parts)).after(before)
    server.point(corpus_id, pointer)
    _clear(server, corpus_id, pointer, listing)
    return True


def _send_vectors(server: Server, index: Index) -> str:
    """The hash of the version's vectors, once they are all there."""
    name = vectors_name(index.corpus.id, index.path.name)
    ids, rows = [c.id for c in index.corpus.chunks], index.vectors()
    collection = server.create(name, {"fingerprint": index.fingerprint}, HNSW)
    there = _ids_there(server, collection, ids)
    places = [i for i, chunk_id in enumerate(ids) if chunk_id not in there]
    each = max(1, min(server.most_rows, PAYLOAD // (rows.shape[1] * 6)))
    for first in range(0, len(places), each):
        some = places[first : first + each]
        server.add(collection, [ids[i] for i in some], embeddings=list(rows[some]))
    with server.asking():
        stored, lost = stored_vectors(collection, ids, rows.shape[1])
    digest = vectors_hash(ids, rows)
    if lost or vectors_hash(ids, stored) != digest:
        server.remove(name)
        raise IndexMissing("The Chroma server kept other vectors than were sent; nothing was published. Try again.")
    return digest


def _send_files(server: Server, name: str, files: Mapping[str, Path], anew: bool) -> dict[str, File]:
    """Each file by its path, once all of them are there; `anew`, what was there is read again."""
    sent: dict[str, File] = {}
    for some in grouped(files.items(), lambda item: item[1].stat().st_size):
        contents = {path: file.read_bytes() for path, file in some}
        sent |= {path: File.of(content) for path, content in contents.items()}
        _send_parts(server, name, {sent[path]: content for path, content in contents.items()}, anew)
    return sent


def _send_parts(server: Server, name: str, files: Mapping[File, bytes], anew: bool) -> None:
    collection = server.create(name, hnsw=KEPT_WHOLE)
    there = _ids_there(server, collection, list({part: None for file in files for part in file.parts}))
    lacking = {
        part: content[place * PART : (place + 1) * PART]
        for file, content in files.items()
        for place, part in enumerate(file.parts)
        if part not in there
    }
    for batch in grouped(lacking.items(), lambda item: len(item[1])):
        data = [{"data": b64encode(piece).decode()} for _, piece in batch]
        server.add(collection, [part for part, _ in batch], embeddings=[[1.0]] * len(batch), metadatas=data)
    checked = [file for file in files if anew or lacking.keys() & set(file.parts)]
    try:
        for _ in read_files(server, name, checked):
            pass
    except IndexMissing:
        # What an earlier run had sent was altered since, or what was sent now isn't kept: the next one sends it all.
        with server.asking():
            collection.delete(ids=list({part: None for file in checked for part in file.parts}))
        if not there:
            raise
        _send_parts(server, name, files, anew)


def _ids_there(server: Server, collection: Any, ids: Sequence[str]) -> set[str]:
    there: set[str] = set()
    for first in range(0, len(ids), ROWS):
        with server.asking():
            there |= set(collection.get(ids=list(ids[first : first + ROWS]), include=[])["ids"])
    return there


def _clear(server: Server, corpus_id: str, pointer: Pointer, listing: Listing) -> None:
    """Remove what neither the published version nor the one before it needs: somebody may just be reading that one."""
    kept = {*pointer.parts.split(), *(part for file in listing.files.values() for part in file.parts)}
    before = pointer.replaced
    if before is not None:
        kept.update(before.parts.split())
        with suppress(IndexMissing):  # if it can't be read any more, nobody can read that version
            kept.update(part for f in read_list(server, corpus_id, before)[1].files.values() for part in f.parts)
    versions = {pointer.version, before.version if before else pointer.version}
    for name in server.names(VECTORS):
        version = name.removeprefix(VECTORS).partition(".")[0]
        # A later one may be on its way, from another machine.
        if name == vectors_name(corpus_id, version) and version < max(versions) and version not in versions:
            server.remove(name)
    collection = server.create(files_name(corpus_id))
    with server.asking():
        rows = collection.get(include=[])["ids"]
    idle = [row for row in rows if row not in kept]
    for first in range(0, len(idle), ROWS):
        with server.asking():
            collection.delete(ids=idle[first : first + ROWS])

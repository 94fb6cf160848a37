"""What is published on a Chroma server, copied to a folder here: all that a version holds beside its vectors.

In: a server and a corpus's id. Out: the folder of an index whose version has every file but the vector store, each
checked against the list that the server's pointer names by its hash; whatever reads an index in a folder reads this one
as well. This module knows no question and no model.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from operator import itemgetter
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, TypeVar

from trustbot.errors import IndexMissing
from trustbot.files.sealed import write_whole
from trustbot.index.documents import DOCUMENTS
from trustbot.index.server import FILES, FORMAT, MODELS, VECTORS, Pointer, Server, server_of
from trustbot.index.snapshot import sha256_of
from trustbot.index.versions import TEMPORARY, current_name, point, publish, tidy, writing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from trustbot.settings import Settings

    Vectors = NDArray[np.float32]

T = TypeVar("T")

_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)?")
LISTING = "published.json"
"""In a version's copy: the list that the pointer names."""
PART = 512 << 10
"""Bytes of a file in one row."""
AT_ONCE = 8 * PART
"""Most bytes of files in a request, where they are 5.6 MB."""
ROWS = 1000
PAGE = 5000
"""Rows of vectors per call: Chroma refuses to add more than 5,461, and to get more than 32,700."""


@dataclass(frozen=True, slots=True)
class File:
    """A file on a server, in parts that are rows by their own hash: what two files share is there once."""

    digest: str
    """SHA-256 (hex) of its content."""
    size: int
    """In bytes."""
    parts: tuple[str, ...]
    """SHA-256 (hex) of each `PART` bytes of it, in order; none of an empty file."""

    @classmethod
    def of(cls, content: bytes) -> File:
        """The file with this content."""
        places = range(0, len(content), PART)
        return cls(_sha256(content), len(content), tuple(_sha256(content[at : at + PART]) for at in places))

    def sized(self) -> Iterator[tuple[str, int]]:
        """Each part with its size in bytes."""
        return ((part, min(PART, self.size - place * PART)) for place, part in enumerate(self.parts))


@dataclass(frozen=True, slots=True)
class Listing:
    """What a published version holds."""

    version: str
    files: Mapping[str, File]
    """By path in the folder of the index: the version's own, and every document's."""
    models: Mapping[str, File]
    """By path in the folder of exported models."""
    vectors: str
    """SHA-256 (hex) of the ids of its chunks and their vectors, see `vectors_hash`."""

    def to_bytes(self) -> bytes:
        """As it is stored."""
        files, models = ({p: astuple(f) for p, f in some.items()} for some in (self.files, self.models))
        data = {"version": self.version, "files": files, "models": models, "vectors": self.vectors}
        return json.dumps(data, sort_keys=True).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Listing:
        """The list again; ValueError, KeyError, TypeError or AttributeError if it is none."""
        given = json.loads(data)
        files, models = (
            {
                _safe(path): File(str(digest), int(size), tuple(pieces))
                for path, (digest, size, pieces) in given[kind].items()
            }
            for kind in ("files", "models")
        )
        return cls(_safe(given["version"]), files, models, str(given["vectors"]))


def vectors_hash(ids: Sequence[str], rows: Vectors) -> str:
    """SHA-256 (hex) over each id with its vector, float32, in the order of the corpus's chunks."""
    digest = hashlib.sha256()
    for chunk_id, row in zip(ids, rows, strict=True):
        digest.update(f"{chunk_id}\n".encode() + row.astype("<f4").tobytes())
    return digest.hexdigest()


def stored_vectors(collection: Any, ids: Sequence[str], dimension: int) -> tuple[Vectors, int]:
    """The vectors of these rows, shape (len(ids), dimension), and how many of them the collection lacks."""
    import numpy as np

    rows = np.zeros((len(ids), dimension), dtype=np.float32)
    place = {chunk_id: row for row, chunk_id in enumerate(ids)}
    for first in range(0, len(ids), PAGE):
        page = collection.get(ids=list(ids[first : first + PAGE]), include=["embeddings"])
        for chunk_id, vector in zip(page["ids"], page["embeddings"], strict=True):
            rows[place.pop(chunk_id)] = vector
    return rows, len(place)


def files_name(corpus_id: str) -> str:
    """Name of the collection with the files of a corpus."""
    return f"{FILES}{corpus_id}.{FORMAT}"


def vectors_name(corpus_id: str, version: str) -> str:
    """Name of the collection with the vectors of a version."""
    return f"{VECTORS}{version}.{corpus_id}.{FORMAT}"


def read_listing(version: Path) -> Listing:
    """The list of a version that was copied here; IndexMissing if it is lost or damaged."""
    try:
        return Listing.from_bytes((version / LISTING).read_bytes())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise IndexMissing(
            f"The copy of the index at {version} is damaged. Delete it; it is then fetched anew."
        ) from None


def up_to_date(settings: Settings) -> Path:
    """The folder of the corpus's index; with a Chroma server, after what is published there was copied to it.

    Raises IndexMissing if nothing is published, or IndexUnreachable.
    """
    server = server_of(settings)
    if server is not None:
        try:
            fetch(server, settings.corpus, settings.index_dir, settings.models_dir)
        finally:
            server.close()
    return settings.index_dir


def fetch(server: Server, corpus_id: str, index_dir: Path, models_dir: Path) -> None:
    """Make `index_dir` a copy of what is published of a corpus, vectors apart, and put its graphs into `models_dir`.

    What is there already and has its hash isn't fetched. Raises IndexMissing if nothing is published or if what comes
    isn't what was, IndexUnreachable, IndexLocked or StorageError.
    """
    pointer = server.pointer(corpus_id)
    if pointer is None:
        raise IndexMissing(
            f"The Chroma server holds no index of {corpus_id}. Run `trustbot-ingest` with the same TRUSTBOT_CHROMA_URL."
        )
    version = index_dir / pointer.version
    if _is(version / LISTING, pointer.listing):  # what was copied before; each file is looked at again
        raw, listing = b"", read_listing(version)
    else:
        raw, listing = read_list(server, corpus_id, pointer)
    own = {path: file for path, file in listing.files.items() if path.startswith(f"{version.name}/")}
    is_whole = not raw and all(_is(index_dir / path, file.digest) for path, file in own.items())
    lacking = [p for p, f in listing.files.items() if p not in own and not _is(index_dir / p, f.digest)]
    graphs = {PurePosixPath(path).parts[0] for path in listing.models}
    missing = sorted(graph for graph in graphs if not (models_dir / graph).is_dir())
    if is_whole and not lacking and not missing and current_name(index_dir) == version.name:
        return
    with writing(index_dir):
        for graph in missing:
            some = {p: e for p, e in listing.models.items() if p.startswith(f"{graph}/")}
            _fetch_folder(server, MODELS, some, models_dir / graph, {}).replace(models_dir / graph)
        _fetch_texts(server, corpus_id, index_dir, listing, lacking)
        if not is_whole:
            raw = raw or (version / LISTING).read_bytes()
            temporary = _fetch_folder(server, files_name(corpus_id), own, version, {LISTING: raw})
            shutil.rmtree(version, ignore_errors=True)
            publish(index_dir, temporary, version.name)
        else:
            point(index_dir, version.name)
        tidy(index_dir)


def fetch_documents(server: Server, corpus_id: str, index_dir: Path) -> None:
    """Put into `index_dir` each text that was ever published of a corpus, and what was recorded of it."""
    pointer = server.pointer(corpus_id)
    if pointer is None:
        return
    _, listing = read_list(server, corpus_id, pointer)
    lacking = [p for p in listing.files if p.startswith(f"{DOCUMENTS}/") and not (index_dir / p).exists()]
    if lacking:
        with writing(index_dir):
            _fetch_texts(server, corpus_id, index_dir, listing, lacking)


def _fetch_texts(server: Server, corpus_id: str, index_dir: Path, listing: Listing, paths: Sequence[str]) -> None:
    (index_dir / DOCUMENTS).mkdir(exist_ok=True)
    wanted = {path: listing.files[path] for path in paths}
    by_digest = _by_digest(wanted)
    for digest, content in read_files(server, files_name(corpus_id), wanted.values()):
        for path in by_digest[digest]:
            write_whole(index_dir / path, content)


def _by_digest(files: Mapping[str, File]) -> dict[str, list[str]]:
    paths: dict[str, list[str]] = {}
    for path, file in files.items():
        paths.setdefault(file.digest, []).append(path)
    return paths


def read_files(server: Server, name: str, files: Iterable[File]) -> Iterator[tuple[str, bytes]]:
    """Each file of the collection `name` by its SHA-256 (hex) and its content, once for each hash.

    Raises IndexMissing at the first that isn't there whole and unaltered.
    """
    found = server.find(name)
    for some in grouped({f.digest: f for f in files}.values(), lambda file: file.size):
        rows: dict[str, Any] = {}
        for pieces in grouped({part: size for f in some for part, size in f.sized()}.items(), itemgetter(1)):
            if found:
                with server.asking():
                    page = found.get(ids=[part for part, _ in pieces], include=["metadatas"])
                rows |= zip(page["ids"], page["metadatas"], strict=True)
        for file in some:
            content = b""
            with suppress(KeyError, TypeError, ValueError):
                content = b"".join(b64decode(rows[piece]["data"]) for piece in file.parts)
            if _sha256(content) != file.digest:
                raise IndexMissing(
                    f"The file {file.digest[:12]} on the Chroma server is missing or is not what was published. "
                    "Run `trustbot-ingest --rebuild`."
                )
            yield file.digest, content


def grouped(items: Iterable[T], size: Callable[[T], int]) -> Iterator[list[T]]:
    """The items in lists that a request each may be for; `size` gives the bytes of one."""
    group: list[T] = []
    bytes_ = 0
    for item in items:
        if group and (bytes_ + size(item) > AT_ONCE or len(group) == ROWS):
            yield group
            group, bytes_ = [], 0
        group.append(item)
        bytes_ += size(item)
    if group:
        yield group


def read_list(server: Server, corpus_id: str, pointer: Pointer) -> tuple[bytes, Listing]:
    """What the pointer names, as it is stored and as it is read."""
    listed = File(pointer.listing, pointer.size, tuple(pointer.parts.split()))
    ((_, raw),) = read_files(server, files_name(corpus_id), [listed])
    try:
        return raw, Listing.from_bytes(raw)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise IndexMissing(
            f"The list of files of {corpus_id} on the Chroma server can't be read. Run `trustbot-ingest --rebuild`."
        ) from None


def _fetch_folder(
    server: Server, name: str, files: Mapping[str, File], folder: Path, more: Mapping[str, bytes]
) -> Path:
    """The `files` of one folder, and `more`, in a folder beside the final one, to be renamed to it."""
    temporary = folder.with_name(folder.name + TEMPORARY)
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        paths = _by_digest(files)
        for digest, content in read_files(server, name, files.values()):
            for path in paths[digest]:
                (temporary / PurePosixPath(path).name).write_bytes(content)
        for path, content in more.items():
            (temporary / path).write_bytes(content)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return temporary


def _is(path: Path, digest: str) -> bool:
    """Whether there is a file with this SHA-256."""
    return bool(path.is_file() and sha256_of(path) == digest)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _safe(path: object) -> str:
    """A path of at most two names, as a listing has them; ValueError for any that leads elsewhere."""
    if not isinstance(path, str) or not _PATH.fullmatch(path):
        raise ValueError("a path that leads elsewhere")
    return path

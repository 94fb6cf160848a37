"""A folder of index versions: which one is current, who may write, what is kept.

    <index_dir>/
        CURRENT                  name of the version that is served; flipped in one step, last of all
        LOCK                     held by the one process that writes
        v-<UTC time>-<hash>/     a complete version; never written to again, not by those who read it either
        v-<...>.tmp/             a version being written, or what a killed process left of one
        documents/               every text that was ever published, by its hash: an old quote still resolves

In: paths. Out: paths. This module knows nothing of what a version or a document holds.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from trustbot.errors import IndexLocked, IndexMissing, InvalidInput, StorageError
from trustbot.files.sealed import write_whole
from trustbot.index.documents import DOCUMENTS
from trustbot.index.snapshot import SNAPSHOT, altered

CURRENT, LOCK, TEMPORARY = "CURRENT", "LOCK", ".tmp"
COPY = "trustbot-index-"
"""How the name of a private copy begins, among the temporary files."""
KEPT = 2
"""Versions that stay on disk: the current one, and the one that somebody may just be opening."""
_BLOCK = 1 << 20

_VERSION = re.compile(r"v-\d{8}T\d{12}Z-[0-9a-f]{8}")


def current_version(index_dir: Path) -> Path:
    """Folder of the version that is served; IndexMissing if there is none."""
    if not index_dir.is_dir():
        raise IndexMissing(f"There is no index in {index_dir}. Run `trustbot-ingest` to build it.")
    name = current_name(index_dir)
    if name is None and any(_is_own(p) for p in index_dir.iterdir()):
        raise IndexMissing(f"The index in {index_dir} was never completed. Run `trustbot-ingest` to build it.")
    if name is None:
        content = "no index but other files" if any(index_dir.iterdir()) else "nothing"
        raise IndexMissing(f"{index_dir} holds {content}. Run `trustbot-ingest`, or set TRUSTBOT_DATA_DIR.")
    version = index_dir / name
    # The name is read from a file, so it is checked before it is used as a path.
    if not _VERSION.fullmatch(name) or not (version / SNAPSHOT).is_file():
        raise IndexMissing(
            f"The index in {index_dir} points at the version {name[:60]!r}, which is not there. "
            "Run `trustbot-ingest` to rebuild it."
        )
    return version


def current_name(index_dir: Path) -> str | None:
    """What the pointer says, or None if there is no pointer."""
    try:
        return (index_dir / CURRENT).read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


@contextmanager
def writing(index_dir: Path) -> Iterator[None]:
    """Hold the folder's write lock; it may be taken again by the thread that has it.

    Raises IndexLocked at once if another process has it, InvalidInput for a folder with somebody else's
    files, StorageError if the folder can't be written, then or later, or the disk is full.
    """
    with storage_errors(index_dir):
        if index_dir.exists() and not index_dir.is_dir():
            raise InvalidInput(f"{index_dir} is a file. Name a folder for the index.")
        index_dir.mkdir(parents=True, exist_ok=True)
        foreign = next((p.name for p in index_dir.iterdir() if not _is_own(p)), None)
        if foreign and current_name(index_dir) is None:
            raise InvalidInput(
                f"{index_dir} already holds other files ({foreign}). Name an empty folder for the index."
            )
        lock = FileLock(index_dir / LOCK, is_singleton=True)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            raise IndexLocked(
                f"Another process is writing to the index in {index_dir}. Wait for it to end, then try again."
            ) from None
        try:
            yield
        finally:
            lock.release()


@contextmanager
def storage_errors(folder: Path) -> Iterator[None]:
    """Turn an OSError inside into a StorageError that says what to do about `folder`."""
    try:
        yield
    except OSError as error:
        raise storage_error(folder, error) from error


def is_full(error: BaseException) -> bool:
    """True if `error`, of whatever library, tells of a full disk."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return True
    return re.search("disk is full|No space", str(error)) is not None


def storage_error(folder: Path, error: OSError) -> StorageError:
    """The StorageError for an OSError that happened while writing to `folder`."""
    if is_full(error):
        return StorageError(
            f"There is no room left on the disk for the index in {folder}; nothing was changed. Free some "
            "space, then run `trustbot-ingest` again."
        )
    return StorageError(
        f"The index folder {folder} can't be written ({error.strerror or error}); nothing was changed. Make "
        "it writable, or set TRUSTBOT_DATA_DIR to a folder that is."
    )


def new_name(fingerprint: str) -> str:
    """Name of a version that is begun now, from an index with this `sha256:...`; later ones sort after it."""
    return f"v-{datetime.now(UTC):%Y%m%dT%H%M%S%f}Z-{fingerprint.removeprefix('sha256:')[:8]}"


def publish(index_dir: Path, temporary: Path, name: str) -> Path:
    """Make the complete folder `temporary` the current version; until the last step the old one is served."""
    _sync(temporary)
    version = index_dir / name
    temporary.replace(version)
    point(index_dir, name)
    return version


def point(index_dir: Path, name: str) -> None:
    """Make the version of this name, which is there, the current one."""
    write_whole(index_dir / CURRENT, f"{name}\n".encode())
    _sync_folder(index_dir)


def tidy(index_dir: Path) -> None:
    """Remove what killed processes left, and old versions; the documents that they cited stay in the store."""
    current = current_name(index_dir)
    for left in index_dir.glob(f"v-*{TEMPORARY}"):
        shutil.rmtree(left, ignore_errors=True)
    for part in (index_dir / DOCUMENTS).glob(f"*{TEMPORARY}"):
        part.unlink(missing_ok=True)
    versions = sorted((p for p in index_dir.iterdir() if _VERSION.fullmatch(p.name)), key=lambda p: p.name)
    others = [p for p in versions if p.name != current]
    for version in others[: max(0, len(versions) - KEPT)]:
        shutil.rmtree(version, ignore_errors=True)


def private_copy(owner: object, version: Path, files: Mapping[str, str]) -> tuple[Path, Callable[[], object]]:
    """A copy in the temporary folder of these files of a version, by their paths in it, each with its SHA-256 (hex);
    and what removes it, which happens at the latest with `owner`.

    Copies of processes that were killed are removed first. Raises IndexMissing for a file that is lost or doesn't have
    its checksum, StorageError if there is no room.
    """
    try:
        own = Path(tempfile.mkdtemp(prefix=COPY))
        alive = FileLock(own / LOCK, thread_local=False)
        remove = weakref.finalize(owner, _remove_copy, own, alive)
        alive.acquire()
        _remove_orphans(own)
        copy = own / version.name
        for name, expected in files.items():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            if not (version / name).is_file() or _copied(version / name, copy / name) != expected:
                remove()
                raise altered(version, name)
    except OSError as error:
        raise StorageError(
            f"The index at {version} is read through a copy, and that can't be made in {tempfile.gettempdir()} "
            f"({error.strerror}). Free some space there, or set TMPDIR to a folder that has some."
        ) from None
    return copy, remove


def _copied(source: Path, target: Path) -> str:
    """Copy a file's content; the SHA-256 (hex) of what was copied, which nobody can change between check and use."""
    digest = hashlib.sha256()
    # Contents only: the permissions of a read-only folder must not come along.
    with source.open("rb") as read, target.open("wb") as write:
        while block := read.read(_BLOCK):
            digest.update(block)
            write.write(block)
    return digest.hexdigest()


def _remove_copy(own: Path, alive: FileLock) -> None:
    alive.release()
    shutil.rmtree(own, ignore_errors=True)


def _remove_orphans(own: Path) -> None:
    """Remove what lies beside the copy `own`, belongs to the same user, and is held by no living process.

    A folder in which nothing was copied yet may be of a process that is just about to take its lock.
    """
    for left in own.parent.glob(f"{COPY}*"):
        with suppress(OSError, Timeout):
            same_user = left.lstat().st_uid == own.lstat().st_uid
            if left != own and same_user and any(path.is_dir() for path in left.iterdir()):
                with FileLock(left / LOCK, timeout=0):
                    shutil.rmtree(left)


def _is_own(path: Path) -> bool:
    names = (CURRENT, LOCK, CURRENT + TEMPORARY, DOCUMENTS)
    return path.name in names or bool(_VERSION.fullmatch(path.name.removesuffix(TEMPORARY)))


def _sync(folder: Path) -> None:
    """Bring a folder's files to the disk: a power cut must not leave a pointer to half a version."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        else:
            _sync_folder(path)
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

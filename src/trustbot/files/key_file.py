"""A key that this program makes for itself, kept in a file.

In: a path, and what makes a key. Out: the key in that file, made at first use and readable by its owner only. This
module knows no form of key.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from trustbot.errors import StorageError


def kept_key(path: Path, make: Callable[[], bytes]) -> bytes:
    """The key in the file, which is made where there is none; StorageError where it can't be read or written."""
    found = read_key(path)
    return _made(path, make()) if found is None else found


def read_key(path: Path) -> bytes | None:
    """The key in the file, or None where there is none yet; raises StorageError."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageError(f"{path} can't be read ({error.strerror}). Make it readable.") from None


def _made(path: Path, key: bytes) -> bytes:
    fresh = path.with_suffix(f".{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(key)
            # Linked only when it is whole, and only if no other process was first.
            os.link(fresh, path)
        finally:
            fresh.unlink()
    except FileExistsError:
        return read_key(path) or key
    except OSError as error:
        raise StorageError(
            f"{path} can't be written ({error.strerror}). Make the data folder writable, with room left."
        ) from None
    return key

"""JSON files that show when a byte of them was changed, and writing a file in one step.

In: a path, and plain JSON types. Out: one JSON object whose last field, `checksum`, is the SHA-256 of every byte
before it; and the object back, or a ValueError. A seal shows damage and careless edits; it is no signature. This
module knows nothing of what the files hold.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_FIELD, _END = b', "checksum": "sha256:', b'"}'
_LENGTH = len(_FIELD) + 64 + len(_END)


def write_sealed(path: Path, data: Mapping[str, Any]) -> None:
    """Write `data`, which has at least one field and none called `checksum`, with its checksum."""
    body = json.dumps(data, ensure_ascii=False).encode("utf-8")[:-1]
    write_whole(path, body + _seal(body))


def unseal(raw: bytes) -> dict[str, Any]:
    """The object in the bytes of a sealed file, its checksum left out; ValueError if a byte was changed."""
    body, seal = raw[:-_LENGTH], raw[-_LENGTH:]
    if seal != _seal(body):
        raise ValueError("its checksum is that of other bytes")
    data: dict[str, Any] = json.loads(body + b"}")
    return data


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is either there with all of `data`, on the disk, or not there at all."""
    temporary = path.with_name(path.name + ".tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _seal(body: bytes) -> bytes:
    return _FIELD + hashlib.sha256(body).hexdigest().encode("ascii") + _END

"""Zip archives that documents are (EPUB): their parts, read within limits.

In: the bytes of an archive and the document's name. Out: the bytes of a part by its path. An archive that unpacks to
far more than it should is refused before it is unpacked.
"""

from __future__ import annotations

import zipfile
from io import BytesIO

from trustbot.errors import InvalidInput

LARGEST = 500_000_000
"""Bytes of an archive, unpacked."""


def open_archive(data: bytes, name: str) -> zipfile.ZipFile:
    """The archive; InvalidInput if it is none, is locked, or unpacks to more than LARGEST."""
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        problem = "is damaged: it can't be unpacked"
        raise InvalidInput(f"{name} {problem}. Open it in its own program and save it anew.") from None
    if any(info.flag_bits & 1 for info in archive.infolist()):
        raise InvalidInput(f"{name} is protected with a password. Give a copy without one.")
    if sum(info.file_size for info in archive.infolist()) > LARGEST:
        raise InvalidInput(f"{name} unpacks to more than {LARGEST // 1_000_000} MB. Take out its pictures.")
    return archive

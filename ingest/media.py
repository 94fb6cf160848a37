"""What kind of file it is: by the ending of its name, and by how it begins where that says otherwise.

In: a name, a declared media type, the first bytes. Out: the media type to read it as, and what is told where it differs
from the declared one.
"""

from __future__ import annotations

import re
import zipfile
from io import BytesIO

MEDIA_TYPES = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".txt": "text/plain",
    ".text": "text/plain",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "application/xhtml+xml",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".xml": "application/xml",
    ".nxml": "application/xml",
    ".pdf": "application/pdf",
    ".epub": "application/epub+zip",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
"""File ending -> media type, for documents that don't declare theirs."""

UNKNOWN = "application/octet-stream"
"""The media type of a file whose kind its name doesn't tell."""

_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*(?:<!doctype\s+html|<html[\s>])", re.I | re.S
)
_TEXTS = frozenset(("text/plain", "text/markdown", "text/csv"))


def media_type_of(data: bytes, declared: str, name: str) -> tuple[str, str]:
    """The media type to read `data` as, and a note where that isn't the declared one."""
    found = _begins_as(data)
    is_other = found and found != declared and (declared in (*_TEXTS, UNKNOWN) or found != "text/html")
    if not is_other or (found == "text/html" and declared == "application/xhtml+xml"):
        return declared, ""
    return found, f"it begins as {found}, not as {declared}, and was read as that"


def _begins_as(data: bytes) -> str:
    if data[:1024].lstrip().startswith(b"%PDF-"):
        return "application/pdf"
    if _PAGE.match(data[:4096]):
        return "text/html"
    if data.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(BytesIO(data)) as archive:
                names = set(archive.namelist())
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
            return ""
        kinds = {"word/document.xml": ".docx", "ppt/presentation.xml": ".pptx", "META-INF/container.xml": ".epub"}
        return next((MEDIA_TYPES[end] for name, end in kinds.items() if name in names), "")
    return ""

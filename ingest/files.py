"""The files that a manifest names: inside the corpus folder, there, and readable.

In: a path as an entry declares it. Out: where the file is, and its text; or a ManifestError that names file, entry and
mend. This module knows no document and no format.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath, PureWindowsPath

from trustbot.errors import ManifestError


def path_inside(declared: str, entry: str, manifest: Path) -> Path:
    """The absolute path of a file of the corpus; ManifestError if it is absent or outside of the manifest's folder."""
    file, corpus_dir, windows = str(manifest), manifest.parent, PureWindowsPath(declared)
    outside = f"the path {declared} leads out of the corpus folder."
    mend = "Put the file into the corpus folder and give its path from there, with forward slashes."
    if windows.drive or windows.root or ".." in windows.parts or PurePosixPath(declared).is_absolute():
        raise ManifestError(file, entry, outside, mend)
    try:
        path = (corpus_dir / declared).resolve()
        if not path.is_relative_to(corpus_dir.resolve()):
            raise ManifestError(file, entry, outside, mend)
        if path.is_file():
            return path
        problem = f"{declared} is not a file." if path.exists() else f"the file {declared} is missing."
    except (OSError, RuntimeError) as error:
        # pathlib reports a loop of links as RuntimeError before Python 3.13.
        why = getattr(error, "strerror", None) or "a loop of links"
        problem = f"the path {declared} can't be followed ({why})."
    raise ManifestError(file, entry, problem, "Add the file, correct the path, or remove the entry.")


def content_of(path: Path, entry: str, manifest: Path, *, is_text: bool) -> str:
    """The text of a document; an empty string for one whose format isn't text."""
    file = str(manifest)
    try:
        raw = path.read_bytes()
    except OSError as error:
        problem = f"{path.name} can't be read ({error.strerror})."
        raise ManifestError(file, entry, problem, "Make it readable, or remove the entry.") from None
    if not raw.strip():
        raise ManifestError(file, entry, f"{path.name} is empty.", "Fill it, or remove the entry.")
    if not is_text:
        return ""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        problem = f"{path.name} is not UTF-8 at byte {error.start}."
        raise ManifestError(file, entry, problem, "Save the document as UTF-8.") from None

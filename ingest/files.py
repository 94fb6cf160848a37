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


def text_of(path: Path, entry: str) -> str:
    """The text of the article, whose printed numbers have to be right before anything is built."""
    file = str(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        problem = f"it can't be read ({error.strerror})."
        raise ManifestError(file, entry, problem, "Make it readable, or remove its entry.") from None
    if not raw.strip():
        raise ManifestError(file, entry, "it is empty.", "Fill it, or remove its entry.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = f"it is not UTF-8 at byte {error.start}."
        raise ManifestError(file, entry, problem, "Save the article as UTF-8.") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")

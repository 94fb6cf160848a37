"""The formats of an export: by name, by file name, and as a file.

In: a record and the name of a format. Out: text, its media type, a file name; or a file on disk. This module knows no
transport.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from trustbot.errors import InvalidInput
from trustbot.records.markdown import markdown
from trustbot.records.page import page
from trustbot.records.record import Record, to_json
from trustbot.records.references import csl_items, ris


@dataclass(frozen=True, slots=True)
class Format:
    """One format; `suffix` ends the names of its files."""

    name: str
    suffix: str
    media_type: str
    render: Callable[[Record], str]


def _csl(record: Record) -> str:
    return json.dumps(csl_items(record.references), ensure_ascii=False, indent=2) + "\n"


def _ris(record: Record) -> str:
    return ris(record.references)


FORMATS = {
    f.name: f
    for f in (
        Format("md", ".md", "text/markdown; charset=utf-8", markdown),
        Format("html", ".html", "text/html; charset=utf-8", page),
        Format("json", ".json", "application/json", to_json),
        Format("ris", ".ris", "application/x-research-info-systems", _ris),
        Format("csl", ".csl.json", "application/vnd.citationstyles.csl+json", _csl),
    )
}
"""Format by name."""


def format_of(path: Path) -> Format:
    """The format that a file name asks for; InvalidInput if it asks for none."""
    # The longest suffix first: .csl.json is no .json.
    for found in sorted(FORMATS.values(), key=lambda f: -len(f.suffix)):
        if path.name.lower().endswith(found.suffix) and len(path.name) > len(found.suffix):
            return found
    suffixes = ", ".join(f.suffix for f in FORMATS.values())
    raise InvalidInput(f"{path} has no suffix that says which format to write. End the name with one of {suffixes}.")


def file_name(record: Record, chosen: Format) -> str:
    """A name for the file: `trustbot-preceptor-trust-2026-11-23-0915.md`."""
    moment = re.sub(r"\D", "", record.created)[:12]
    day = f"{moment[:4]}-{moment[4:6]}-{moment[6:8]}-{moment[8:12]}"
    return f"{record.product.name}-{record.corpus.id}-{day}{chosen.suffix}"


def check_target(path: Path, *, force: bool = False) -> Format:
    """The format of a file to be written; InvalidInput if it can't be, said before anything else is done."""
    chosen = format_of(path)
    if path.is_dir():
        raise InvalidInput(f"{path} is a folder. Name a file.")
    if path.exists() and not force:
        raise InvalidInput(f"{path} already exists and was left as it is. Name another file, or remove that one.")
    if not path.parent.is_dir():
        raise InvalidInput(f"There is no folder {path.parent}. Make it, or name a file in another folder.")
    return chosen


def write(record: Record, path: Path, *, force: bool = False) -> None:
    """Write the record to `path`, in the format that its name asks for. Raises InvalidInput with one sentence."""
    chosen = check_target(path, force=force)
    # Rendered first: an export that fails must not leave an empty file behind, or a half-written old one.
    data = chosen.render(record).encode("utf-8")
    try:
        with path.open("wb" if force else "xb") as file:
            file.write(data)
    except FileExistsError:
        raise InvalidInput(
            f"{path} already exists and was left as it is. Name another file, or remove that one."
        ) from None
    except OSError as error:
        raise InvalidInput(f"{path} can't be written ({error.strerror}). Name a file that can.") from None

"""Which documents of a corpus still hold: what replaces what, from when, and until when.

In: the entries of a manifest, checked one by one. Out: the `Standing` of each, or a ManifestError where they don't fit
together. This module reads no file.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path

from ingest.schema import DocumentModel
from trustbot.errors import ManifestError
from trustbot.types import Standing


def replacements(replaces: Mapping[str, Sequence[str]], file: Path) -> dict[str, tuple[str, ...]]:
    """Id of each document that was replaced -> those that took its place, which nothing has replaced since.

    `replaces` has the id of every document. Raises ManifestError for an id that is not there, or a circle.
    """
    newer: dict[str, list[str]] = {}
    for document, older in replaces.items():
        for one in older:
            if one not in replaces:
                problem = f"it replaces {one}, which is no document of this manifest."
                raise ManifestError(str(file), f"document {document}", problem, "Name the id of a [[document]].")
            newer.setdefault(one, []).append(document)
    return {one: tuple(_last(one, newer, file)) for one in newer}


def _last(document: str, newer: Mapping[str, Sequence[str]], file: Path) -> list[str]:
    last: list[str] = []
    waiting, seen = [document], {document}
    while waiting:
        for following in newer.get(waiting.pop(0), ()):
            if following == document:
                problem = "it replaces itself, through the documents that replace it."
                raise ManifestError(str(file), f"document {document}", problem, "Break the circle of `replaces`.")
            if following not in seen:
                seen.add(following)
                (waiting if following in newer else last).append(following)
    return last


def standing_of(model: DocumentModel, entry: str, replaced_by: tuple[str, ...], file: Path) -> Standing:
    """The standing of one document; ManifestError where it expires before its date."""
    if model.date and model.expires and model.expires < model.date:
        problem = f"it expires on {model.expires}, before its date, {model.date}."
        raise ManifestError(str(file), entry, problem, "Correct `date` or `expires`.")
    return Standing(_iso(model.date), _iso(model.expires), replaced_by, tuple(dict.fromkeys(model.tags)))


def _iso(day: datetime.date | None) -> str | None:
    return day.isoformat() if day else None

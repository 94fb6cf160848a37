"""Which documents of a corpus still hold: what replaces what, from when, and until when; and which works do.

In: the entries of a manifest and of what was published about its works later, checked one by one. Out: the `Standing`
of each document and the `Update`s of each source, or a ManifestError where they don't fit together. This module reads
no file.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ingest.schema import DocumentModel, UpdatesModel
from trustbot.errors import ManifestError
from trustbot.types import Source, Standing, Update


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


def with_updates(sources: Sequence[Source], updates: UpdatesModel, file: Path) -> tuple[Source, ...]:
    """The sources, each with what was published about it, oldest first; the file may speak of other works as well."""
    found: dict[str, list[Update]] = {}
    for position, model in enumerate(updates.update, 1):
        if not (model.doi or model.pmid):
            problem = "it names no work."
            raise ManifestError(str(file), f"update {position}", problem, "Give the `doi` or the `pmid` of the work.")
        told = Update(model.kind, _iso(model.date), model.notice)
        for source in sources:
            same_doi = model.doi and source.doi and model.doi.lower() == source.doi.lower()
            if same_doi or (model.pmid and model.pmid == source.pmid):
                found.setdefault(source.id, []).append(told)
    ordered = {name: sorted(dict.fromkeys(told), key=lambda u: u.date or "") for name, told in found.items()}
    return tuple(replace(s, updates=tuple(ordered.get(s.id, ()))) for s in sources)


def _iso(day: datetime.date | None) -> str | None:
    return day.isoformat() if day else None

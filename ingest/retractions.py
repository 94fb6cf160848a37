"""`trustbot-ingest check --retractions`: what was published about a corpus's works later, into `updates.toml`.

In: a corpus folder. Out: the file anew, as known today, and what is in it. Entries of one's own, which have no
`told_by`, stay. Asks Crossref, and PubMed for works without a DOI; or reads a copy of Retraction Watch's data.
"""

from __future__ import annotations

import csv
import datetime
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ingest.entries import put, table
from ingest.fetch.client import NotThere
from ingest.fetch.crossref import Crossref
from ingest.fetch.pubmed import PubMed
from ingest.fetch.services import open_client
from ingest.fetch.updates import by_crossref, by_pubmed
from ingest.fetch.work import doi_of, known_as, pmid_of
from ingest.manifest import UPDATES, Manifest
from ingest.progress import bar
from ingest.schema import UpdateModel, UpdatesModel, read_model
from trustbot.errors import InvalidInput
from trustbot.settings import Settings
from trustbot.types import Source, Update, UpdateKind

HEAD = """\
# What was published about the cited works later, as it was looked up on the day `checked`.
schema = 1
checked = {checked}
"""
NATURES: Mapping[str, UpdateKind] = {
    "retraction": "retraction",
    "expression of concern": "concern",
    "correction": "correction",
}
"""`RetractionNature` of Retraction Watch's data -> what it is here."""
COLUMNS = ("OriginalPaperDOI", "OriginalPaperPubMedID", "RetractionNature", "RetractionDate", "RetractionDOI")

Found = Sequence[tuple[Source, tuple[Update, ...]]]


def refresh(manifest: Manifest, settings: Settings, copy: Path | None = None) -> tuple[str, bool]:
    """Write `updates.toml` anew; what is in it, and whether a work is retracted or in doubt.

    Raises FetchFailed where a service doesn't answer: the file is then as it was. With `copy`, a file of Retraction
    Watch's data, nobody is asked.
    """
    works = [s for s in manifest.sources if s.kind == "work"]
    known = [s for s in works if s.doi or s.pmid]
    if not known:
        raise InvalidInput("No source of the manifest has a `doi` or a `pmid`, so nothing can be looked up. Add them.")
    found, unknown = (_read(copy, known), []) if copy else _ask(known, settings)
    told_by = "Retraction Watch" if copy else "Crossref or PubMed"
    path = manifest.directory / UPDATES
    own = [u for u in read_model(path, UpdatesModel)[1].update if not u.told_by] if path.exists() else []
    text = HEAD.format(checked=datetime.date.today().isoformat()) + "".join(_entries(own, found, told_by))
    put(path, text.encode(), UpdatesModel)
    lines = [f"{path}: {len(known)} works looked up.", *_told(found)]
    if unknown:
        lines.append(f"Not found there, so nothing is known of them: {', '.join(s.id for s in unknown)}.")
    if len(known) < len(works):
        lines.append(f"Without a DOI or a PMID, not looked up: {', '.join(s.id for s in works if s not in known)}.")
    lines.append(f"\nNext: `trustbot-ingest {manifest.directory}`.")
    return "\n".join(lines), any(u.kind in ("retraction", "concern") for _, updates in found for u in updates)


def _ask(works: Sequence[Source], settings: Settings) -> tuple[Found, list[Source]]:
    """What the services say of each work, and the works that they don't have."""
    if not settings.contact:
        raise InvalidInput("Crossref and PubMed want to know who asks. Set TRUSTBOT_CONTACT to a mail address.")
    client = open_client(settings)
    crossref = Crossref(client, settings.crossref_url)
    pubmed = PubMed(client, settings.pubmed_url, settings.contact)
    found, unknown = [], []
    for source in bar(works, "Looking up", True, unit="works"):
        try:
            told = by_crossref(crossref, source.doi) if source.doi else by_pubmed(pubmed, source.pmid or "")
            found.append((source, told))
        except NotThere:
            unknown.append(source)
    return found, unknown


def _read(path: Path, works: Sequence[Source]) -> Found:
    """What a copy of Retraction Watch's data says of each work; a retraction that was taken back is none."""
    wanted = {key: s for s in works for key in (f"doi {(s.doi or '').lower()}", f"pmid {s.pmid}") if key[-4:] != "None"}
    found: dict[str, list[tuple[str, Update]]] = {s.id: [] for s in works}
    for row in _rows(path):
        doi, pmid = row["OriginalPaperDOI"].strip().lower(), row["OriginalPaperPubMedID"].strip()
        source = wanted.get(f"doi {doi}") if doi else None
        source = source or (wanted.get(f"pmid {pmid}") if pmid.strip("0") else None)
        notice = _notice(row)
        if source is not None and notice:
            nature = row["RetractionNature"].strip().lower()
            found[source.id].append(
                (nature, Update(NATURES.get(nature, "version"), _date(row["RetractionDate"]), notice))
            )
    return [(source, tuple(_holding(found[source.id]))) for source in works]


def _rows(path: Path) -> Iterator[Mapping[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="")
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                told = (
                    f"{path} has no column {missing[0]}. Give the CSV of Retraction Watch's data, as Crossref has it."
                )
                raise InvalidInput(told)
            yield from reader
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = getattr(error, "strerror", None) or "it is no CSV in UTF-8"
        raise InvalidInput(f"{path} can't be read ({why}). Give the CSV of Retraction Watch's data.") from None


def _notice(row: Mapping[str, str]) -> str | None:
    """Where the notice of a row is; a row without a DOI or a PMID of it leads to the work itself."""
    if doi := known_as(doi_of, row["RetractionDOI"]):
        return f"https://doi.org/{doi}"
    if (pmid := known_as(pmid_of, row.get("RetractionPubMedID"))) is not None:
        return f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/"
    doi = known_as(doi_of, row["OriginalPaperDOI"])
    return f"https://doi.org/{doi}" if doi else None


def _date(written: str) -> str | None:
    """A date of Retraction Watch, `3/4/2024 0:00`, as ISO 8601."""
    try:
        return datetime.datetime.strptime(written.split(maxsplit=1)[0], "%m/%d/%Y").date().isoformat()
    except (ValueError, IndexError):
        return None


def _holding(found: Sequence[tuple[str, Update]]) -> Iterator[Update]:
    undone = max((u.date or "" for nature, u in found if nature == "reinstatement"), default=None)
    for nature, update in sorted(found, key=lambda one: one[1].date or ""):
        if nature in NATURES and (undone is None or update.kind != "retraction" or (update.date or "") > undone):
            yield update


def _entries(own: Sequence[UpdateModel], found: Found, told_by: str) -> Iterator[str]:
    for model in own:
        yield table("update", {name: v if isinstance(v, str) else v and str(v) for name, v in model})
    for source, updates in found:
        for one in updates:
            ids = {"doi": source.doi} if source.doi else {"pmid": source.pmid}
            told = {"kind": one.kind, "date": one.date, "notice": one.notice, "told_by": told_by}
            yield table("update", {**ids, **told})


def _told(found: Found) -> Iterator[str]:
    for source, updates in found:
        for one in updates:
            yield f"  [{source.number}] {source.id}: {one.kind}{f' of {one.date}' if one.date else ''}, {one.notice}"

"""What was published about a work later: retractions, expressions of concern, corrections, new versions.

In: the DOI or the PMID of a work. Out: its notices, oldest first. Crossref tells them in `updated-by`, in which
Retraction Watch's data are as well; PubMed, for works without a DOI, in `CommentsCorrectionsList`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ingest.fetch.client import DAY
from ingest.fetch.crossref import Crossref, day, items
from ingest.fetch.pubmed import PubMed, said
from ingest.fetch.work import doi_of, known_as
from trustbot.types import Update, UpdateKind

OF_CROSSREF: Mapping[str, UpdateKind] = {
    "retraction": "retraction",
    "partial_retraction": "retraction",
    "removal": "retraction",
    "withdrawal": "retraction",
    "expression_of_concern": "concern",
    "correction": "correction",
    "corrigendum": "correction",
    "erratum": "correction",
    "addendum": "correction",
    "clarification": "correction",
    "new_version": "version",
    "new_edition": "version",
}
"""`type` of an update -> what it is here; other types say nothing about whether a work holds."""
UNDONE = "reinstatement"
OF_PUBMED: Mapping[str, UpdateKind] = {
    "RetractionIn": "retraction",
    "PartialRetractionIn": "retraction",
    "RetractedandRepublishedIn": "retraction",
    "ExpressionOfConcernIn": "concern",
    "ErratumIn": "correction",
    "UpdateIn": "version",
    "RepublishedIn": "version",
}
"""`RefType` of a notice -> what it is here."""
_DATED = re.compile(r"\b([12]\d{3})(?: (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(?: (\d{1,2}))?)?\b")
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def by_crossref(service: Crossref, doi: str) -> tuple[Update, ...]:
    """The notices on a work; a retraction that was taken back is none. Raises NotThere, or FetchFailed."""
    found = [(kind, u) for kind, u in map(_of_crossref, items(service.message(doi, DAY).get("updated-by"))) if u]
    undone = max((u.date or "" for kind, u in found if kind == UNDONE), default=None)
    return _ordered(
        u
        for kind, u in found
        if kind != UNDONE and (undone is None or u.kind != "retraction" or (u.date or "") > undone)
    )


def by_pubmed(service: PubMed, pmid: str) -> tuple[Update, ...]:
    """The notices on a record. Raises NotThere, or FetchFailed."""
    listed = service.record(pmid, DAY).findall("MedlineCitation/CommentsCorrectionsList/CommentsCorrections")
    return _ordered(u for u in map(_of_pubmed, listed) if u)


def _ordered(found: Any) -> tuple[Update, ...]:
    return tuple(sorted(set(found), key=lambda u: (u.date or "", u.kind, u.notice)))


def _of_crossref(given: object) -> tuple[str, Update | None]:
    told: Mapping[str, Any] = given if isinstance(given, dict) else {}
    kind = re.sub(r"[\s-]", "_", str(told.get("type", "")).lower())
    doi = known_as(doi_of, told.get("DOI"))
    if (kind not in OF_CROSSREF and kind != UNDONE) or doi is None:
        return kind, None
    return kind, Update(OF_CROSSREF.get(kind, "version"), day(told.get("updated")), f"https://doi.org/{doi}")


def _of_pubmed(given: Any) -> Update | None:
    kind, pmid = OF_PUBMED.get(given.get("RefType", "")), said(given, "PMID")
    if kind is None or not pmid.isdecimal():
        return None
    # Such as "J Inv Wards. 2021 Mar 4;12(3):45": where and when the notice appeared.
    found = _DATED.search(said(given, "RefSource"))
    return Update(kind, _day(found) if found else None, f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/")


def _day(found: re.Match[str]) -> str:
    month = _MONTHS.index(found[2]) + 1 if found[2] else 1
    return f"{found[1]}-{month:02}-{min(max(int(found[3] or 1), 1), 28):02}"

"""What the licences of a corpus allow: which texts may be indexed, quoted and passed on.

In: the manifest's licences, sources and documents. Out: for each document its terms, or a ManifestError for a licence
that is not declared. Words that are the source's own (the article, a full text) are bound by the licence of the source
as well as by that of the document, the stricter of the two in each respect; a note is our own words, and bound by its
own licence alone. This module reads no file and knows no text.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ingest.schema import DocumentModel, LicenceModel, ManifestModel
from trustbot.errors import ManifestError
from trustbot.types import Audit, Terms


class Rights:
    """The licences that a manifest declares; raises ManifestError where two have the same id."""

    def __init__(self, file: Path, manifest: ManifestModel) -> None:
        self._file = str(file)
        self._licences: dict[str, LicenceModel] = {}
        for position, licence in enumerate(manifest.licence, 1):
            if licence.id in self._licences:
                problem, mend = "its id is taken by an earlier licence.", "Give each licence an id of its own."
                raise ManifestError(self._file, f"licence {position} ({licence.id})", problem, mend)
            self._licences[licence.id] = licence
        self._of_source: Mapping[str, str] = {s.id: s.licence for s in manifest.source}

    def name(self, licence: str, entry: str) -> str:
        """What readers see of the licence that `entry` refers to; ManifestError if it isn't declared."""
        found = self._licences.get(licence)
        if found is None:
            known = ", ".join(self._licences)
            mend = "Declare it as a [[licence]] that says whether its texts may be indexed and shipped"
            mend += f", or name one of {known}." if known else "."
            raise ManifestError(self._file, entry, f"its licence {licence!r} is not declared.", mend)
        return found.name or found.id

    def may_index(self, document: DocumentModel) -> bool:
        """Whether every licence that binds the document's words allows them to be indexed."""
        return all(licence.index for licence in self._binding(document))

    def terms(self, document: DocumentModel) -> Terms:
        """The strictest of the terms that bind the document's words."""
        binding = self._binding(document)
        limits = [licence.quote_words for licence in binding if licence.quote_words is not None]
        return Terms(min(limits, default=None), all(licence.ship for licence in binding), binding[0].url)

    def _binding(self, document: DocumentModel) -> list[LicenceModel]:
        own, of_source = self._licences[document.licence], self._licences[self._of_source[document.source]]
        return [own] if document.kind == "note" or own is of_source else [own, of_source]


def check_quotes(audits: tuple[Audit, ...], terms: Terms, file: Path) -> tuple[Audit, ...]:
    """`audits` themselves; ManifestError for one that quotes more of the article than its licence allows."""
    for audit in audits:
        if not terms.allow(audit.quote):
            problem = (
                f"its quote has {len(audit.quote.split())} words; the article's licence allows {terms.quote_words}."
            )
            mend = "Quote a shorter part of the statement, or correct `quote_words` of that licence."
            raise ManifestError(str(file), f"claim {audit.claim_id}", problem, mend)
    return audits

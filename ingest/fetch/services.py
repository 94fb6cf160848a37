"""Everything that Crossref, PubMed and Europe PMC together know of a work, and its open text.

In: a DOI, a PMID or a PMCID. Out: one `Work`, and the text where a licence of Creative Commons lets it be kept. A
service that doesn't have the work is passed over; one that doesn't answer ends the search, so that no half is taken
for the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from ingest.fetch.client import Client, NotThere
from ingest.fetch.crossref import Crossref
from ingest.fetch.europepmc import EuropePMC, printed_licence
from ingest.fetch.licences import Licence
from ingest.fetch.pubmed import PubMed
from ingest.fetch.work import Work, merged
from trustbot.errors import FetchFailed
from trustbot.settings import Settings


@dataclass(frozen=True, slots=True)
class Text:
    """The full text of a work as JATS XML, and the licence under which it may be kept; None where none was seen."""

    data: bytes
    licence: Licence | None


def open_client(settings: Settings, *, refresh: bool = False) -> Client:
    """The client that all services share; their hosts may lie in a private network, because the operator named them."""
    bases = (settings.crossref_url, settings.pubmed_url, settings.europepmc_url)
    return Client(
        settings.fetched_dir,
        settings.contact,
        trusted=[urlsplit(base).netloc for base in bases],
        refresh=refresh,
    )


class Services:
    """The three services, at the addresses that the settings name."""

    def __init__(self, client: Client, settings: Settings) -> None:
        self._crossref = Crossref(client, settings.crossref_url)
        self._pubmed = PubMed(client, settings.pubmed_url, settings.contact)
        self._europepmc = EuropePMC(client, settings.europepmc_url)

    def find(self, kind: str, identifier: str) -> tuple[Work, Text | None]:
        """The work with this `doi`, `pmid` or `pmcid`, and its open text if there is one.

        Raises NotThere where no service has it, FetchFailed where one doesn't answer.
        """
        open_one = self._europe(kind, identifier)
        ids = {name: getattr(open_one, name) if open_one else None for name in ("doi", "pmid")} | {kind: identifier}
        indexed = self._try(self._pubmed, ids.get("pmid"))
        doi = ids.get("doi") or (indexed.doi if indexed else None)
        registered = self._try(self._crossref, doi)
        if open_one is None and kind == "pmid" and doi:
            open_one = self._europe("doi", doi)
        known = [work for work in (registered, indexed, open_one) if work]
        if not known:
            raise NotThere(f"No service has a work with the {kind.upper()} {identifier}. Check the identifier.")
        work = merged(known)
        if not work.title:
            raise FetchFailed(f"No service knows the title of {identifier}. Add it to the manifest by hand.")
        return work, self._text(work, [one.licence for one in known if one.licence])

    def _europe(self, kind: str, identifier: str) -> Work | None:
        try:
            return self._europepmc.work(kind, identifier)
        except NotThere:
            return None

    def _try(self, service: Crossref | PubMed, identifier: str | None) -> Work | None:
        try:
            return service.work(identifier) if identifier else None
        except NotThere:
            return None

    def _text(self, work: Work, told: list[Licence]) -> Text | None:
        """The text, with the licence that it carries itself; where it carries none, the one that all services tell."""
        data = self._europepmc.full_text(work.pmcid) if work.is_open and work.pmcid else None
        if data is None:
            return None
        printed, carries_one = printed_licence(data)
        # One service tells the version of a licence and another doesn't: `cc-by-4.0` and `cc-by` are no disagreement.
        agree = len({licence.parts for licence in told}) == 1
        return Text(data, printed if carries_one or not agree else told[0])

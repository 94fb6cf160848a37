"""Europe PMC's REST API: which works it has open, under which licence, and their full text as JATS XML.

In: a DOI, a PMID or a PMCID. Out: a `Work` of the `core` result of its search, or the text of `fullTextXML`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from ingest.fetch.client import DAY, Client, NotThere
from ingest.fetch.licences import Licence, licence_at, licence_named
from ingest.fetch.work import Work, doi_of, known_as, named, plain, pmcid_of, pmid_of
from ingest.parsers.xml import parse_tree
from trustbot.errors import FetchFailed, InvalidInput

QUERIES = {"doi": 'DOI:"{}"', "pmid": "EXT_ID:{} AND SRC:MED", "pmcid": "PMCID:{}"}
_XLINK = "{http://www.w3.org/1999/xlink}href"


class EuropePMC:
    """The service at `base`."""

    def __init__(self, client: Client, base: str) -> None:
        self._client, self._base = client, base.rstrip("/")

    def work(self, kind: str, identifier: str) -> Work:
        """The facts of the work that has this `doi`, `pmid` or `pmcid`. Raises NotThere, or FetchFailed."""
        query = {"query": QUERIES[kind].format(identifier), "resultType": "core", "format": "json", "pageSize": "5"}
        reply = self._client.get(f"{self._base}/search?{urlencode(query)}", max_age=30 * DAY)
        try:
            results = json.loads(reply.data)["resultList"]["result"]
            found = [one for one in results if isinstance(one, dict)]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise FetchFailed(f"Europe PMC's answer on {identifier} can't be read. Try again later.") from None
        for work in map(_work, found):
            # A search: what it gives is taken only where it has the very identifier.
            if getattr(work, kind) == identifier:
                return work
        raise NotThere(f"Europe PMC has no work with the {kind.upper()} {identifier}. Check the identifier.")

    def full_text(self, pmcid: str) -> bytes | None:
        """The article as JATS XML; None where it isn't given out."""
        try:
            data = self._client.get(f"{self._base}/{pmcid}/fullTextXML", max_age=30 * DAY).data
        except NotThere:
            return None
        try:
            root = parse_tree(data)
        except InvalidInput:
            raise FetchFailed(f"Europe PMC's full text of {pmcid} can't be read. Try again later.") from None
        return data if _article(root) is not None else None


def printed_licence(data: bytes) -> tuple[Licence | None, bool]:
    """The licence that an article in JATS XML carries, and whether it carries any: of `license`, its address or that of
    `ali:license_ref`, from its `start_date` on."""
    article = _article(parse_tree(data))
    given = [] if article is None else article.xpath("./front/article-meta/permissions/*[local-name()='license']")
    today = date.today().isoformat()
    found: list[Licence] = []
    for licence in given:
        refs = [r for r in licence.iter() if isinstance(r.tag, str) and r.tag.rpartition("}")[2] == "license_ref"]
        held = [r.text or "" for r in refs if (r.get("start_date") or "") <= today]
        links = [link.get(_XLINK) or "" for link in licence.iter("ext-link")]
        own = [licence.get(_XLINK) or "", *held] if any((licence.get(_XLINK), *held)) else links
        found += [one for one in map(licence_at, own) if one]
    return next(iter(found), None), bool(given)


def _article(root: Any) -> Any:
    """The article of an answer, whether it stands alone or in a set, if it has a body."""
    return next((a for a in root.iter("article") if a.find("body") is not None), None)


def _work(given: Mapping[str, Any]) -> Work:
    journal = _table(given.get("journalInfo"))
    year = plain(given.get("pubYear") or journal.get("yearOfPublication"))
    authors = _table(given.get("authorList")).get("author")
    return Work(
        title=plain(given.get("title")).rstrip("."),
        authors=tuple(filter(None, map(_author, authors if isinstance(authors, list) else []))),
        year=int(year) if year.isdecimal() and 1000 <= int(year) <= 2999 else None,
        container=plain(_table(journal.get("journal")).get("title")) or None,
        volume=plain(journal.get("volume")) or None,
        issue=plain(journal.get("issue")) or None,
        pages=plain(given.get("pageInfo")) or None,
        doi=known_as(doi_of, given.get("doi")),
        pmid=known_as(pmid_of, given.get("pmid")),
        pmcid=known_as(pmcid_of, given.get("pmcid")),
        licence=licence_named(plain(given.get("license"))),
        is_open=given.get("isOpenAccess") == "Y",
    )


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _author(given: object) -> str:
    told = _table(given)
    whole = named(plain(told.get("lastName")), plain(told.get("firstName") or told.get("initials")))
    return whole or plain(told.get("collectiveName") or told.get("fullName"))

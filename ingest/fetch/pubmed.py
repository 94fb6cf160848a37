"""PubMed's E-utilities: the facts of a record.

In: a PMID. Out: a `Work`, of `Article` and `ArticleIdList` of what `efetch` gives with `retmode=xml`. Abstracts are not
taken: they are under the publisher's rights.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from ingest.fetch.client import DAY, Client, NotThere
from ingest.fetch.work import Work, doi_of, known_as, named, plain, pmcid_of
from ingest.parsers.xml import parse_tree
from trustbot.errors import FetchFailed, InvalidInput

_YEAR = re.compile(r"[12]\d{3}")


class PubMed:
    """The service at `base`, which is told `contact`."""

    def __init__(self, client: Client, base: str, contact: str) -> None:
        self._client, self._base, self._contact = client, base.rstrip("/"), contact

    def work(self, pmid: str) -> Work:
        """The facts of a record. Raises NotThere for a PMID that PubMed doesn't have, or FetchFailed."""
        record = self.record(pmid, 30 * DAY)
        article = record.find("MedlineCitation/Article")
        ids = {i.get("IdType"): i.text for i in record.findall("PubmedData/ArticleIdList/ArticleId")}
        start, end = (said(article, f"Pagination/{name}") for name in ("StartPage", "EndPage"))
        return Work(
            title=said(article, "ArticleTitle").rstrip("."),
            authors=tuple(filter(None, map(_author, article.findall("AuthorList/Author")))),
            year=_year(article),
            container=said(article, "Journal/Title") or None,
            volume=said(article, "Journal/JournalIssue/Volume") or None,
            issue=said(article, "Journal/JournalIssue/Issue") or None,
            pages=said(article, "Pagination/MedlinePgn") or "-".join(filter(None, (start, end))) or None,
            doi=known_as(doi_of, ids.get("doi")),
            pmid=pmid,
            pmcid=known_as(pmcid_of, ids.get("pmc")),
        )

    def record(self, pmid: str, max_age: float) -> Any:
        """The `PubmedArticle` of a PMID, fetched at most `max_age` seconds ago. Raises NotThere, or FetchFailed."""
        query = {"db": "pubmed", "id": pmid, "retmode": "xml", "tool": "trustbot", "email": self._contact}
        reply = self._client.get(f"{self._base}/efetch.fcgi?{urlencode(query)}", max_age=max_age)
        try:
            root = parse_tree(reply.data)
        except InvalidInput:
            raise FetchFailed(f"PubMed's answer on {pmid} can't be read. Try again later.") from None
        for record in root.iter("PubmedArticle"):
            if said(record, "MedlineCitation/PMID") == pmid and record.find("MedlineCitation/Article") is not None:
                return record
        raise NotThere(f"PubMed has no article with the PMID {pmid}. Check the number.")


def said(element: Any, path: str) -> str:
    """The words at a path, on one line; empty where there is nothing."""
    found = element.find(path)
    return plain("".join(found.itertext())) if found is not None else ""


def _author(author: Any) -> str:
    first = said(author, "ForeName") or said(author, "Initials")
    return named(said(author, "LastName"), first) or said(author, "CollectiveName")


def _year(article: Any) -> int | None:
    for path in ("Journal/JournalIssue/PubDate/Year", "Journal/JournalIssue/PubDate/MedlineDate", "ArticleDate/Year"):
        found = _YEAR.search(said(article, path))
        if found:
            return int(found[0])
    return None

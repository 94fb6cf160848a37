"""What Crossref, PubMed and Europe PMC answer, in their documented formats, about works that nobody wrote."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

CC_BY = "https://creativecommons.org/licenses/by/4.0/"
DOI, PMID, PMCID = "10.5555/ward.2021.7", "91000001", "PMC9100001"
CONTACT = "librarian@example.org"

PARAGRAPH = "Pairs who met for ten minutes each morning reported 12 near misses a month."


def crossref_path(doi: str) -> str:
    return f"/crossref/works/{quote(doi, safe='')}"


def europepmc_path(query: str) -> str:
    asked = {"query": query, "resultType": "core", "format": "json", "pageSize": "5"}
    return f"/europepmc/search?{urlencode(asked)}"


def full_text_path(pmcid: str = PMCID) -> str:
    return f"/europepmc/{pmcid}/fullTextXML"


def pubmed_path(pmid: str) -> str:
    asked = {"db": "pubmed", "id": pmid, "retmode": "xml", "tool": "trustbot", "email": CONTACT}
    return f"/pubmed/efetch.fcgi?{urlencode(asked)}"


def crossref(**fields: Any) -> bytes:
    message = {
        "DOI": DOI,
        "URL": f"https://doi.org/{DOI}",
        "type": "journal-article",
        "publisher": "Invented Press",
        "title": ["Ten minutes a morning: <i>pairs</i> on a ward &amp; what they report"],
        "container-title": ["Journal of Invented Wards"],
        "short-container-title": ["J Inv Wards"],
        "author": [
            {"given": "Mira", "family": "Oakfield", "sequence": "first", "affiliation": []},
            {"given": "Jan", "family": "Hoja Verde", "sequence": "additional", "affiliation": []},
            {"name": "The Ward Group", "sequence": "additional", "affiliation": []},
        ],
        "issued": {"date-parts": [[2021, 3, 4]]},
        "volume": "7",
        "issue": "2",
        "page": "11-19",
        "license": [
            {
                "start": {
                    "date-parts": [[2021, 3, 4]],
                    "date-time": "2021-03-04T00:00:00Z",
                    "timestamp": 1614816000000,
                },
                "content-version": "vor",
                "delay-in-days": 0,
                "URL": CC_BY,
            }
        ],
        "is-referenced-by-count": 0,
        **fields,
    }
    whole = {"status": "ok", "message-type": "work", "message-version": "1.0.0", "message": message}
    return json.dumps(whole).encode()


def europepmc(**fields: Any) -> bytes:
    result = {
        "id": PMID,
        "source": "MED",
        "pmid": PMID,
        "pmcid": PMCID,
        "doi": DOI,
        "title": "Ten minutes a morning: pairs on a ward & what they report.",
        "authorString": "Oakfield M, de la Rue Verte J.",
        "authorList": {
            "author": [
                {"fullName": "Oakfield M", "firstName": "Mira", "lastName": "Oakfield", "initials": "M"},
                {"collectiveName": "The Ward Group"},
            ]
        },
        "journalInfo": {
            "issue": "2",
            "volume": "7",
            "yearOfPublication": 2021,
            "journal": {"title": "Journal of Invented Wards", "issn": "0000-0000"},
        },
        "pubYear": "2021",
        "pageInfo": "11-19",
        "isOpenAccess": "Y",
        "inEPMC": "Y",
        "inPMC": "N",
        "hasPDF": "Y",
        "license": "cc by",
        **fields,
    }
    whole = {"version": "6.9", "hitCount": 1, "request": {"resultType": "core"}, "resultList": {"result": [result]}}
    return json.dumps(whole).encode()


NOTHING_FOUND = json.dumps({"version": "6.9", "hitCount": 0, "resultList": {"result": []}}).encode()


def pubmed(corrections: str = "", pmid: str = PMID, ids: str | None = None) -> bytes:
    if ids is None:
        ids = f'<ArticleId IdType="doi">{DOI}</ArticleId><ArticleId IdType="pmc">{PMCID}</ArticleId>'
    return f"""<?xml version="1.0" ?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN"
 "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">
<PubmedArticleSet><PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM"><PMID Version="1">{pmid}</PMID>
<Article PubModel="Print"><Journal><JournalIssue CitedMedium="Internet"><Volume>7</Volume><Issue>2</Issue>
<PubDate><MedlineDate>2021 Mar-Apr</MedlineDate></PubDate></JournalIssue><Title>Journal of invented wards</Title>
<ISOAbbreviation>J Inv Wards</ISOAbbreviation></Journal>
<ArticleTitle>Ten minutes a morning: <i>pairs</i> on a ward.</ArticleTitle>
<Pagination><StartPage>11</StartPage><EndPage>19</EndPage></Pagination>
<Abstract><AbstractText>Words of the publisher.</AbstractText></Abstract>
<AuthorList CompleteYN="Y"><Author ValidYN="Y"><LastName>Oakfield</LastName><ForeName>Mira</ForeName>
<Initials>M</Initials></Author><Author ValidYN="Y"><CollectiveName>The Ward Group</CollectiveName></Author></AuthorList>
</Article>{corrections}</MedlineCitation><PubmedData><ArticleIdList><ArticleId IdType="pubmed">{pmid}</ArticleId>{ids}
</ArticleIdList><ReferenceList><Reference><ArticleIdList><ArticleId IdType="doi">10.5555/another</ArticleId>
</ArticleIdList></Reference></ReferenceList></PubmedData></PubmedArticle></PubmedArticleSet>""".encode()


OPEN = f'<license license-type="open-access" xlink:href="{CC_BY}"><license-p>Open.</license-p></license>'


def jats(permissions: str = OPEN) -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) Journal Archiving and Interchange DTD v1.4 20241031//EN"
 "JATS-archivearticle1-4.dtd">
<article xmlns:xlink="http://www.w3.org/1999/xlink" article-type="research-article"><front><journal-meta/><article-meta>
<article-id pub-id-type="pmcid">{PMCID}</article-id><title-group><article-title>Ten minutes a morning</article-title>
</title-group><permissions><copyright-statement>© 2021 The authors</copyright-statement>{permissions}</permissions>
<abstract><p>A short summary.</p></abstract></article-meta></front><body><sec><title>Results</title>
<p>{PARAGRAPH}</p></sec></body></article>""".encode()

"""What each service says, read from replays of its documented format, and what they say together."""

from __future__ import annotations

import pytest

from ingest.fetch.crossref import Crossref
from ingest.fetch.europepmc import EuropePMC, printed_licence
from ingest.fetch.licences import licence_at, licence_named
from ingest.fetch.pubmed import PubMed
from ingest.fetch.services import Services
from ingest.fetch.work import doi_of, pmcid_of, pmid_of
from tests.ingest.fetch import replays
from trustbot.errors import FetchFailed, InvalidInput
from trustbot.settings import load_settings

TITLE = "Ten minutes a morning: pairs on a ward & what they report"


@pytest.fixture
def services(replay, client):
    """The three services at the replaying server."""
    settings = load_settings(
        contact=replays.CONTACT,
        crossref_url=f"{replay.url}/crossref",
        pubmed_url=f"{replay.url}/pubmed/",
        europepmc_url=f"{replay.url}/europepmc",
    )
    return Services(client()[0], settings)


@pytest.fixture
def known(replay, answer):
    """All three know the work; `change` replaces what one of them answers."""
    by_doi, by_pmid = (
        replays.europepmc_path(q) for q in (f'DOI:"{replays.DOI}"', f"EXT_ID:{replays.PMID} AND SRC:MED")
    )

    def change(crossref=None, europepmc=None, pubmed=None, text=None) -> None:
        replay.routes[replays.crossref_path(replays.DOI)] = answer(crossref or replays.crossref())
        replay.routes[by_doi] = replay.routes[by_pmid] = answer(europepmc or replays.europepmc())
        replay.routes[replays.pubmed_path(replays.PMID)] = answer(pubmed or replays.pubmed(), "text/xml")
        replay.routes[replays.full_text_path()] = answer(text or replays.jats(), "application/xml")

    change()
    return change


def test_crossref(replay, answer, client) -> None:
    replay.routes[replays.crossref_path(replays.DOI)] = answer(replays.crossref())
    work = Crossref(client()[0], f"{replay.url}/crossref").work(replays.DOI)
    assert (work.title, work.year, work.container) == (TITLE, 2021, "Journal of Invented Wards")
    assert work.authors == ("Mira Oakfield", "Hoja Verde, Jan", "The Ward Group")
    assert (work.volume, work.issue, work.pages, work.doi) == ("7", "2", "11-19", replays.DOI)
    assert work.licence
    assert work.licence.id == "cc-by-4.0"


def test_a_licence_that_is_not_yet_in_force_or_only_for_mining_is_none(replay, answer, client) -> None:
    later = {"start": {"date-parts": [[2999, 1]]}, "content-version": "vor", "URL": replays.CC_BY}
    mining = {"start": {"date-parts": [[2020]]}, "content-version": "tdm", "URL": replays.CC_BY}
    own = {"start": {"date-parts": [[2020]]}, "content-version": "vor", "URL": "https://press.example/terms"}
    replay.routes[replays.crossref_path(replays.DOI)] = answer(replays.crossref(license=[later, mining, own]))
    assert Crossref(client()[0], f"{replay.url}/crossref").work(replays.DOI).licence is None


def test_pubmed(replay, answer, client) -> None:
    replay.routes[replays.pubmed_path(replays.PMID)] = answer(replays.pubmed(), "text/xml")
    work = PubMed(client()[0], f"{replay.url}/pubmed", replays.CONTACT).work(replays.PMID)
    assert (work.title, work.year, work.pages) == ("Ten minutes a morning: pairs on a ward", 2021, "11-19")
    assert work.authors == ("Mira Oakfield", "The Ward Group")
    assert (work.doi, work.pmid, work.pmcid) == (replays.DOI, replays.PMID, replays.PMCID), "not those of a reference"


def test_europe_pmc(replay, answer, client) -> None:
    query = replays.europepmc_path(f"PMCID:{replays.PMCID}")
    replay.routes[query] = answer(replays.europepmc())
    work = EuropePMC(client()[0], f"{replay.url}/europepmc").work("pmcid", replays.PMCID)
    assert (work.title, work.year, work.is_open, work.doi) == (TITLE, 2021, True, replays.DOI)
    assert work.licence
    assert (work.licence.name, work.licence.url) == ("CC BY", None)
    replay.routes[query] = answer(replays.europepmc(pmcid="PMC1"))
    with pytest.raises(FetchFailed, match="has no work with the PMCID"):
        EuropePMC(client(refresh=True)[0], f"{replay.url}/europepmc").work("pmcid", replays.PMCID)


@pytest.mark.parametrize("kind", ["doi", "pmid"])
def test_together_they_know_one_work_and_its_open_text(services, known, kind: str) -> None:
    work, text = services.find(kind, {"doi": replays.DOI, "pmid": replays.PMID}[kind])
    assert (work.title, work.doi, work.pmid, work.pmcid) == (TITLE, replays.DOI, replays.PMID, replays.PMCID)
    assert text
    assert text.licence
    assert text.licence.name == "CC BY 4.0"
    assert replays.PARAGRAPH.encode() in text.data


@pytest.mark.parametrize(
    ("changed", "licence"),
    [
        # What the article prints decides, whatever the services say.
        ({"text": replays.jats('<license xlink:href="https://press.example/terms"><p>All.</p></license>')}, None),
        ({"text": replays.jats("<license><license-p>For reading only.</license-p></license>")}, None),
        (
            {"text": replays.jats(f'<license><ext-link xlink:href="{replays.CC_BY}">CC</ext-link></license>')},
            "CC BY 4.0",
        ),
        # Where it prints none, what all services say.
        ({"text": replays.jats("")}, "CC BY 4.0"),
        ({"text": replays.jats(""), "europepmc": replays.europepmc(license="cc by-nc")}, None),
        ({"text": replays.jats(""), "europepmc": replays.europepmc(license=None)}, "CC BY 4.0"),
        ({"text": replays.jats(""), "crossref": replays.crossref(license=[])}, "CC BY"),
        (
            {
                "text": replays.jats(""),
                "crossref": replays.crossref(license=[]),
                "europepmc": replays.europepmc(license=""),
            },
            None,
        ),
    ],
)
def test_a_text_is_kept_only_under_a_licence_that_was_seen(services, known, changed, licence) -> None:
    known(**changed)
    _, text = services.find("doi", replays.DOI)
    assert text
    assert (text.licence.name if text.licence else None) == licence


def test_a_work_that_is_not_open_is_not_fetched(services, known, replay) -> None:
    known(europepmc=replays.europepmc(isOpenAccess="N"))
    assert services.find("doi", replays.DOI)[1] is None
    assert replays.full_text_path() not in replay.paths


def test_a_service_without_the_work_is_passed_over_and_one_that_is_down_ends_it(
    services, known, replay, answer
) -> None:
    replay.routes[replays.crossref_path(replays.DOI)] = answer(b"Resource not found.", "text/plain", [404])
    assert services.find("doi", replays.DOI)[0].year == 2021
    replay.routes[replays.europepmc_path('DOI:"10.5555/none"')] = answer(replays.NOTHING_FOUND)
    with pytest.raises(FetchFailed, match=r"No service has a work with the DOI 10\.5555/none"):
        services.find("doi", "10.5555/none")
    replay.routes[replays.europepmc_path('DOI:"10.5555/down"')] = answer(b"", statuses=[500])
    with pytest.raises(FetchFailed, match="Try again later"):
        services.find("doi", "10.5555/down")


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"message": 3}', b'{"resultList": {"result": 3}}', b"{" * 9999]
)
def test_an_answer_in_another_form_is_said(services, known, replay, answer, body: bytes) -> None:
    for path in (replays.crossref_path(replays.DOI), replays.europepmc_path(f'DOI:"{replays.DOI}"')):
        replay.routes[path] = answer(body)
    with pytest.raises(FetchFailed, match=r"can't be read\. Try again later"):
        services.find("doi", replays.DOI)


@pytest.mark.parametrize(
    "nothing", [{}, {"title": None, "author": "x", "issued": {"date-parts": [[None]]}, "license": {}}]
)
def test_absent_and_odd_fields_are_absent_facts(replay, answer, client, nothing) -> None:
    fields = (
        dict.fromkeys(("title", "author", "issued", "license", "volume", "page", "container-title"), None) | nothing
    )
    replay.routes[replays.crossref_path(replays.DOI)] = answer(replays.crossref(**fields))
    work = Crossref(client()[0], f"{replay.url}/crossref").work(replays.DOI)
    assert (work.title, work.authors, work.year, work.licence, work.volume) == ("", (), None, None, None)


def test_an_embargo_in_the_article_holds() -> None:
    refs = (
        '<license><ali:license_ref xmlns:ali="http://www.niso.org/schemas/ali/1.0/" start_date="{}">'
        "http://creativecommons.org/licenses/by-nc-nd/4.0/</ali:license_ref></license>"
    )
    licence, _ = printed_licence(replays.jats(refs.format("2020-01-01")))
    assert licence
    assert (licence.name, licence.ship) == ("CC BY-NC-ND 4.0", False)
    assert printed_licence(replays.jats(refs.format("2999-01-01"))) == (None, True)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("http://creativecommons.org/licenses/by/4.0/legalcode", "CC BY 4.0"),
        ("https://www.creativecommons.org/licenses/BY-SA/3.0/us/", "CC BY-SA 3.0 US"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0 1.0"),
        ("https://creativecommons.org/licenses/sampling/1.0/", None),
        ("https://creativecommons.org.evil.example/licenses/by/4.0/", None),
        ("https://creativecommons.org/", None),
    ],
)
def test_licences_by_their_address(address: str, name: str | None) -> None:
    found = licence_at(address)
    assert (found.name if found else None) == name


def test_licences_by_their_name() -> None:
    assert [found.name if (found := licence_named(n)) else None for n in ("cc by", "CC-BY-NC-SA", "cc0", "by", "")] == [
        "CC BY",
        "CC BY-NC-SA",
        "CC0",
        None,
        None,
    ]


def test_identifiers_in_any_way_of_writing() -> None:
    for written in (
        "10.5555/A(b)",
        "doi: 10.5555/a(B)",
        "https://doi.org/10.5555/a%28b%29",
        " HTTP://dx.doi.org/10.5555/a(b) ",
    ):
        assert doi_of(written) == "10.5555/a(b)"
    assert [pmid_of(w) for w in ("123", "PMID: 123")] == ["123", "123"]
    assert [pmcid_of(w) for w in ("PMC12", "12", "pmc12")] == ["PMC12"] * 3
    for find, written in ((doi_of, "11.1/x"), (pmid_of, "12x"), (pmcid_of, "PMCx"), (doi_of, "10.5555/a b")):
        with pytest.raises(InvalidInput, match="is no"):
            find(written)

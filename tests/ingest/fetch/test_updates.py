"""Retractions and what else is published later: by Crossref, by PubMed, from a copy of Retraction Watch's data."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.__main__ import main
from ingest.fetch import client as client_module
from ingest.fetch.crossref import Crossref
from ingest.fetch.pubmed import PubMed
from ingest.fetch.updates import by_crossref, by_pubmed
from ingest.manifest import load_manifest
from tests.ingest.fetch import replays
from trustbot.types import Update

NOTICE = "10.5555/ward.2024.9"


def updated(kind: str, day: list[int], doi: str = NOTICE, source: str = "publisher") -> dict[str, object]:
    """One entry of `updated-by`."""
    return {
        "updated": {"date-parts": [day], "date-time": "2024-03-04T00:00:00Z", "timestamp": 1709510400000},
        "DOI": doi,
        "type": kind,
        "source": source,
        "label": kind.title(),
        **({"record-id": 90001} if source == "retraction-watch" else {}),
    }


@pytest.fixture
def told(replay, answer, client) -> Callable[..., list[Update]]:
    """What is found where Crossref has these notices."""

    def look(*notices: object) -> list[Update]:
        replay.routes[replays.crossref_path(replays.DOI)] = answer(replays.crossref(**{"updated-by": list(notices)}))
        asking = client(refresh=True)[0]
        return list(by_crossref(Crossref(asking, f"{replay.url}/crossref"), replays.DOI))

    return look


def test_crossref_tells_each_kind(told) -> None:
    assert told() == []
    found = told(
        updated("retraction", [2024, 3, 4]),
        updated("retraction", [2024, 3, 4], source="retraction-watch"),
        updated("expression_of_concern", [2023, 7]),
        updated("corrigendum", [2022], "10.5555/c"),
        updated("new_version", [2025, 1, 1], "10.5555/v2"),
        updated("crossmark_policy", [2025, 1, 1]),
        updated("retraction", [2024, 3, 4], "no doi"),
        "nonsense",
    )
    assert [(u.kind, u.date) for u in found] == [
        ("correction", "2022-01-01"),
        ("concern", "2023-07-01"),
        ("retraction", "2024-03-04"),
        ("version", "2025-01-01"),
    ], "what two sources tell is one"
    assert found[2].notice == f"https://doi.org/{NOTICE}"


def test_a_retraction_that_was_taken_back_is_none_and_a_later_one_is(told) -> None:
    back = updated("reinstatement", [2024, 6, 1])
    assert told(updated("retraction", [2024, 3, 4]), back) == []
    later = updated("retraction", [2024, 9, 1], "10.5555/again")
    assert [u.date for u in told(updated("retraction", [2024, 3, 4]), back, later)] == ["2024-09-01"]


def test_pubmed_tells_them_for_works_without_a_doi(replay, answer, client) -> None:
    listed = (
        '<CommentsCorrectionsList><CommentsCorrections RefType="RetractionIn"><RefSource>J Inv Wards. 2024 Mar 4;10:2'
        '</RefSource><PMID Version="1">91000009</PMID></CommentsCorrections><CommentsCorrections RefType="Cites">'
        '<RefSource>X. 2001</RefSource><PMID Version="1">1</PMID></CommentsCorrections><CommentsCorrections '
        'RefType="ErratumIn"><RefSource>J Inv Wards. 2022;8:1</RefSource><PMID Version="1">91000008</PMID>'
        "</CommentsCorrections></CommentsCorrectionsList>"
    )
    replay.routes[replays.pubmed_path(replays.PMID)] = answer(replays.pubmed(listed), "text/xml")
    found = by_pubmed(PubMed(client()[0], f"{replay.url}/pubmed", replays.CONTACT), replays.PMID)
    assert [(u.kind, u.date, u.notice) for u in found] == [
        ("correction", "2022-01-01", "https://pubmed.ncbi.nlm.nih.gov/91000008/"),
        ("retraction", "2024-03-04", "https://pubmed.ncbi.nlm.nih.gov/91000009/"),
    ]


@pytest.fixture
def run(replay, tmp_path, monkeypatch, capsys):
    """Runs `trustbot-ingest check`: exit code, standard output, standard error."""
    monkeypatch.setenv("TRUSTBOT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TRUSTBOT_CONTACT", replays.CONTACT)
    for name in ("crossref", "pubmed"):
        monkeypatch.setenv(f"TRUSTBOT_{name.upper()}_URL", f"{replay.url}/{name}")
    defaults = client_module.Client.__init__.__kwdefaults__
    monkeypatch.setattr(client_module.Client.__init__, "__kwdefaults__", {**defaults, "pause": 0.0})

    def call(*arguments: object) -> tuple[int, str, str]:
        code = main(["check", *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_the_snapshot_is_written_anew_and_ones_own_entries_stay(
    run, replay, answer, small_corpus: Path, tmp_path: Path
) -> None:
    route = replays.crossref_path("10.1000/182")
    replay.routes[route] = answer(
        replays.crossref(DOI="10.1000/182", **{"updated-by": [updated("retraction", [2024, 3, 4])]})
    )
    code, out, err = run(small_corpus, "--retractions")
    assert (code, err) == (3, "")
    assert (
        f"updates.toml: 1 works looked up.\n  [1] lee-2020: retraction of 2024-03-04, https://doi.org/{NOTICE}" in out
    )
    manifest = load_manifest(small_corpus)
    assert manifest.sources[0].updates == (Update("retraction", "2024-03-04", f"https://doi.org/{NOTICE}"),)
    assert manifest.checked == datetime.date.today().isoformat()
    file = small_corpus / "updates.toml"
    file.write_text(
        file.read_text()
        + '\n[[update]]\npmid = "12345"\nkind = "concern"\ndate = 2023-01-02\nnotice = "https://example.org/n"\n'
    )
    run(small_corpus, "--retractions")
    assert file.read_text().count("[[update]]") == 2
    replay.routes[route] = answer(replays.crossref(DOI="10.1000/182"))
    for kept in (tmp_path / "data" / "fetched").iterdir():
        kept.unlink()
    code, out, _ = run(small_corpus, "--retractions")
    assert code == 0
    assert [u.kind for u in load_manifest(small_corpus).sources[0].updates] == ["concern"], "the own entry stays"


def test_a_service_that_is_down_leaves_the_file_as_it_was(run, replay, answer, small_corpus: Path) -> None:
    (small_corpus / "updates.toml").write_text("schema = 1\nchecked = 2026-01-02\n")
    replay.routes[replays.crossref_path("10.1000/182")] = answer(b"", statuses=[403])
    code, out, err = run(small_corpus, "--retractions")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert (small_corpus / "updates.toml").read_text() == "schema = 1\nchecked = 2026-01-02\n"
    replay.routes.clear()
    code, out, _ = run(small_corpus, "--retractions")
    assert code == 0
    assert "Not found there, so nothing is known of them: lee-2020." in out


def test_a_copy_of_retraction_watch_is_read_without_asking(run, replay, small_corpus: Path, tmp_path: Path) -> None:
    copy = tmp_path / "retraction_watch.csv"
    columns = "OriginalPaperDOI,OriginalPaperPubMedID,RetractionNature,RetractionDate,RetractionDOI,RetractionPubMedID"
    head = f"Record ID,Title,{columns}\n"
    copy.write_text(
        f'{head}1,"A, B",10.1000/182,0,Retraction,3/4/2024 0:00,{NOTICE},0\n'
        "2,C,unavailable,12345,Expression of concern,1/2/2023 0:00,unavailable,91000007\n"
        "3,D,10.9999/other,0,Retraction,1/2/2023 0:00,,\n"
        "4,E,10.1000/182,0,Correction,bad date,unavailable,\n"
    )
    code, _, err = run(small_corpus, "--retractions", "--from", copy)
    assert (code, err, replay.asked) == (3, "", [])
    assert [(u.kind, u.date, u.notice) for u in load_manifest(small_corpus).sources[0].updates] == [
        ("correction", None, "https://doi.org/10.1000/182"),
        ("concern", "2023-01-02", "https://pubmed.ncbi.nlm.nih.gov/91000007/"),
        ("retraction", "2024-03-04", f"https://doi.org/{NOTICE}"),
    ]
    copy.write_text("a,b\n1,2\n")
    assert "has no column OriginalPaperDOI" in run(small_corpus, "--retractions", "--from", copy)[2]
    assert "--from belongs to --retractions" in run(small_corpus, "--from", copy)[2]


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ('kind = "retraction"\nnotice = "https://example.org/n"', "update 1: it names no work."),
        ('doi = "10.1/x"\nkind = "retraction"\nnotice = "https://example.org/n"', "`doi` is '10.1/x'"),
        ('doi = "10.1000/182"\nkind = "withdrawn"\nnotice = "https://example.org/n"', "`kind` is 'withdrawn'"),
        ('doi = "10.1000/182"\nkind = "retraction"\nnotice = "there"', "`notice` is 'there'"),
    ],
)
def test_a_snapshot_that_is_wrong_is_refused_with_its_entry(run, small_corpus: Path, entry: str, told: str) -> None:
    (small_corpus / "updates.toml").write_text(f"schema = 1\nchecked = 2026-01-02\n\n[[update]]\n{entry}\n")
    code, _, err = run(small_corpus)
    assert code == 2
    assert "updates.toml" in err
    assert told in err


def test_check_says_how_a_folder_would_be_read_and_what_to_see_to(run, small_corpus: Path) -> None:
    code, out, _ = run(small_corpus)
    assert code == 0
    assert out.startswith("Corpus huddles 1: 2 of 2 documents can be read.\n  article: text/markdown, 3 sections, ")
    (small_corpus / "documents" / "lee.md").write_bytes(b"%PDF-1.7 cut off")
    (small_corpus / "updates.toml").write_text(
        'schema = 1\nchecked = 2026-01-02\n[[update]]\npmid = "12345"\nkind = "retraction"\nnotice = "https://example.org/n"\n'
    )
    code, out, _ = run(small_corpus)
    assert code == 3
    assert "1 of 2 documents can be read" in out
    assert "  lee-2020-note: lee.md is damaged" in out
    assert "  lee-2020: it was retracted (https://example.org/n). Take it out" in out

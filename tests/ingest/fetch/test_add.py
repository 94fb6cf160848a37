"""`trustbot-ingest add`: what becomes of works, pages and files, and that nothing is ever half-written."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from ingest.__main__ import main
from ingest.entries import Book
from ingest.fetch import client
from ingest.manifest import load_manifest
from tests.ingest.fetch import replays

PAGE = """<!DOCTYPE html><html><head><title>Visits &ndash; Invented Hospital</title>
<link rel="license" href="{licence}"></head><body><script>alert(1)</script><main><h1>Visits</h1>
<p>Visitors come at two. Café closes at four.</p></main></body></html>"""


@pytest.fixture(autouse=True)
def settings(replay, tmp_path, monkeypatch):
    """The command asks the replaying server, and waits for nothing."""
    monkeypatch.setenv("TRUSTBOT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TRUSTBOT_CONTACT", replays.CONTACT)
    for name in ("crossref", "pubmed", "europepmc"):
        monkeypatch.setenv(f"TRUSTBOT_{name.upper()}_URL", f"{replay.url}/{name}")
    monkeypatch.setattr(client, "PAUSE", 0.0)
    monkeypatch.setattr(
        client.Client.__init__, "__kwdefaults__", {**client.Client.__init__.__kwdefaults__, "pause": 0.0}
    )


@pytest.fixture
def known(replay, answer):
    """The services know one work, with an open text; `change` replaces what one of them answers."""

    def change(**bodies: bytes) -> None:
        paths = {
            "crossref": [replays.crossref_path(replays.DOI)],
            "europepmc": [
                replays.europepmc_path(query)
                for query in (f'DOI:"{replays.DOI}"', f"EXT_ID:{replays.PMID} AND SRC:MED", f"PMCID:{replays.PMCID}")
            ],
            "pubmed": [replays.pubmed_path(replays.PMID)],
            "text": [replays.full_text_path()],
        }
        own = {
            "crossref": replays.crossref,
            "europepmc": replays.europepmc,
            "pubmed": replays.pubmed,
            "text": replays.jats,
        }
        for name, routes in paths.items():
            for path in routes:
                replay.routes[path] = answer(bodies.get(name) or own[name]())

    change()
    return change


@pytest.fixture
def run(capsys):
    """Runs the command: exit code, standard output, standard error."""

    def call(*arguments: object) -> tuple[int, str, str]:
        code = main(["add", *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_a_work_becomes_a_source_with_its_open_text(run, known, small_corpus, replay) -> None:
    before = (small_corpus / "manifest.toml").read_bytes()
    code, out, err = run(small_corpus, "--doi", f"https://doi.org/{replays.DOI.upper()}")
    assert (code, err) == (0, "")
    assert (
        "1 added.\n  [3] oakfield-2021: Ten minutes a morning: pairs on a ward & what they report (full text under"
        in out
    )
    assert (small_corpus / "manifest.toml").read_bytes().startswith(before), "what a person wrote stays as it is"
    manifest = load_manifest(small_corpus)
    source, document = manifest.sources[-1], manifest.documents[-1]
    assert (source.id, source.number, source.year, source.container) == (
        "oakfield-2021",
        3,
        2021,
        "Journal of Invented Wards",
    )
    assert source.authors == ("Mira Oakfield", "Hoja Verde, Jan", "The Ward Group")
    assert (source.doi, source.pmid, source.pmcid) == (replays.DOI, replays.PMID, replays.PMCID)
    assert source.address == f"https://doi.org/{replays.DOI}"
    # The small corpus declares this licence under another address, so this one is declared beside it.
    assert (source.licence, document.licence, document.terms.ship) == ("CC BY 4.0", "CC BY 4.0", True)
    assert document.path.read_bytes() == replays.jats()
    asked = len(replay.asked)
    code, out, _ = run(small_corpus, "--pmcid", replays.PMCID, "--pmid", replays.PMID)
    assert (code, len(replay.asked)) == (0, asked)
    assert f"There already (2):\n  {replays.PMCID} is oakfield-2021." in out


def test_what_is_added_is_indexed(run, known, small_corpus, tmp_path, models_dir, capsys) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "models").symlink_to(models_dir)
    assert run(small_corpus, "--pmid", replays.PMID)[0] == 0
    assert main([str(small_corpus)]) == 0
    assert "oakfield-2021" in capsys.readouterr()[0]


def test_without_an_open_licence_the_record_alone_is_kept(run, known, small_corpus) -> None:
    known(text=replays.jats("<license><license-p>All rights reserved.</license-p></license>"))
    code, out, _ = run(small_corpus, "--doi", replays.DOI)
    assert code == 0
    assert "its record alone, as no open licence was seen" in out
    manifest = load_manifest(small_corpus)
    assert [d.id for d in manifest.documents] == ["article", "lee-2020-note"]
    assert manifest.sources[-1].licence == "no open licence seen"
    assert sorted(p.name for p in (small_corpus / "documents").iterdir()) == ["article.md", "lee.md"]


def test_a_new_folder_becomes_a_corpus_with_its_first_document(run, known, tmp_path) -> None:
    folder = tmp_path / "Our Ward"
    code, _, _ = run(folder, "--doi", replays.DOI)
    assert code == 0
    manifest = load_manifest(folder)
    assert (manifest.id, manifest.title, manifest.sources[0].number) == ("our-ward", "Our ward", 1)
    known(europepmc=replays.europepmc(isOpenAccess="N"))
    code, out, err = run(tmp_path / "Other", "--refresh", "--doi", replays.DOI)
    assert (code, out) == (2, "")
    assert "has no text that may be stored" in err
    assert not (tmp_path / "Other").exists()


def test_one_that_is_refused_does_not_stop_the_others_and_a_second_run_goes_on(
    run, known, small_corpus, replay, answer
) -> None:
    replay.routes[replays.europepmc_path('DOI:"10.5555/down"')] = answer(b"", statuses=[403])
    code, out, _ = run(small_corpus, "--doi", "10.5555/down", "--doi", "nonsense", "--doi", replays.DOI)
    assert code == 3
    assert "Refused (2):\n  10.5555/down: " in out
    assert "nonsense: 'nonsense' is no DOI" in out
    assert load_manifest(small_corpus).sources[-1].id == "oakfield-2021"
    asked = replay.paths.count(replays.full_text_path())
    (small_corpus / "manifest.toml").write_text(
        (small_corpus / "manifest.toml").read_text().split('\n[[licence]]\nid = "cc')[0]
    )
    assert run(small_corpus, "--doi", replays.DOI)[0] == 0
    assert replay.paths.count(replays.full_text_path()) == asked == 1, "what was fetched is kept"


def test_a_page_with_its_licence_and_one_without(run, small_corpus, replay, answer) -> None:
    page = PAGE.format(licence="https://creativecommons.org/licenses/by-nc/4.0/").encode("cp1252")
    replay.routes["/visits/"] = answer(page, "text/html; charset=windows-1252")
    replay.routes["/plain.txt"] = answer(b"Parking is free.", "text/plain")
    replay.routes["/data.zip"] = answer(b"PK", "application/zip")
    code, out, err = run(small_corpus, "--url", f"{replay.url}/visits/#top")
    assert code == 2, "an address of this machine is reached only where that is said"
    assert "Add --private" in err
    urls = [f"{replay.url}/{name}" for name in ("visits/#top", "plain.txt", "data.zip", "visits/")]
    code, out, err = run(small_corpus, "--private", *(a for url in urls for a in ("--url", url)))
    assert code == 3, err
    assert "application/zip, which can't be read" in out
    assert f"There already (1):\n  {replay.url}/visits/ is visits." in out
    manifest = load_manifest(small_corpus)
    visits, parking = manifest.documents[-2:]
    assert visits.title == "Visits – Invented Hospital"
    assert (visits.licence, visits.terms.ship, visits.terms.quote_words) == ("CC BY-NC 4.0", False, None)
    assert (parking.id, parking.terms.quote_words, parking.terms.ship) == ("plain", 60, False)
    assert manifest.sources[-2].address == f"{replay.url}/visits/"
    from ingest.parsers import parse

    text = parse(visits)[0].text
    assert "Café closes at four." in text
    assert "alert" not in text


def test_a_file_is_copied_under_the_licence_that_is_named(run, small_corpus, tmp_path) -> None:
    one, other = tmp_path / "Tube care.md", tmp_path / "article.txt"
    one.write_text("---\ntitle: Tubes\n---\n# x\n\nFlush it.\n")
    other.write_text("Rules.")
    (tmp_path / "empty.md").write_text("")
    code, out, _ = run(
        small_corpus,
        "--file",
        one,
        "--file",
        other,
        "--file",
        one,
        "--file",
        tmp_path / "empty.md",
        "--file",
        tmp_path / "no.md",
    )
    assert code == 3
    assert "[3] tube-care: Tubes (Own documents)\n  [4] article-text: article (Own documents)" in out
    assert "There already (1):\n  Tube care.md is tube-care." in out
    assert "no.md: it can't be read (No such file or directory)" in out
    code, _, err = run(small_corpus, "--file", one, "--licence", "mine")
    assert code == 2
    assert "declares no licence 'mine'. Name one of: CC BY 4.0, none seen, own" in err
    one.write_text("# y\n\nFlush it twice.\n")
    assert run(small_corpus, "--file", one, "--licence", "none seen")[0] == 0
    document = load_manifest(small_corpus).documents[-1]
    assert (document.id, document.terms.quote_words) == ("tube-care-2", 25)


def test_nothing_is_half_written(run, known, small_corpus, monkeypatch) -> None:
    def state() -> dict[str, bytes]:
        return {str(p): p.read_bytes() for p in small_corpus.rglob("*") if p.is_file()}

    before = state()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ingest.entries.os.fsync", fail)
    code, out, err = run(small_corpus, "--doi", replays.DOI)
    assert (code, out) == (1, "")
    assert "No space left on device" in err
    assert state() == before
    monkeypatch.undo()

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ingest.entries.put", stop)
    book = Book(small_corpus)
    from ingest.entries import OWN, Entry

    with pytest.raises(KeyboardInterrupt):
        book.add(Entry("x", "X", OWN, {}, b"text", ".txt"))
    assert state() == before


def test_what_is_wrong_with_the_command_is_one_sentence(run, small_corpus, monkeypatch, tmp_path) -> None:
    def fails(code: int, *arguments: object) -> str:
        found, out, err = run(*arguments)
        assert (found, out, err.count("\n")) == (code, "", 1)
        return err

    assert "Nothing is given to add" in fails(2, small_corpus)
    monkeypatch.delenv("TRUSTBOT_CONTACT")
    assert "Set TRUSTBOT_CONTACT to a mail address" in fails(2, small_corpus, "--doi", replays.DOI)
    monkeypatch.setenv("TRUSTBOT_CONTACT", "nobody")
    assert "TRUSTBOT_CONTACT can't be used: it is no mail address" in fails(2, small_corpus, "--doi", replays.DOI)
    monkeypatch.delenv("TRUSTBOT_CONTACT")
    (small_corpus / "manifest.toml").write_text("schema = 2")
    (tmp_path / "a.txt").write_text("A.")
    assert "manifest.toml" in fails(2, small_corpus, "--file", tmp_path / "a.txt")


def test_odd_titles_make_a_manifest_that_can_be_read(small_corpus) -> None:
    from ingest.entries import OWN, Entry

    book = Book(small_corpus)
    title = 'Quotes " and \\ and \u2028 and ]] [[x]] # and \x07 é'
    assert book.add(Entry("odd", title, OWN, {"authors": ["A\nB"], "year": None, "pages": ""}, b"T.", ".txt")) == 3
    given = tomllib.loads((small_corpus / "manifest.toml").read_text(encoding="utf-8"))["source"][-1]
    assert (given["title"], given["authors"]) == ('Quotes " and \\ and and ]] [[x]] # and é', ["A B"])
    assert "year" not in given
    assert "pages" not in given


def test_two_at_once_do_not_undo_each_other(run, small_corpus, tmp_path) -> None:
    from filelock import FileLock

    (tmp_path / "data").mkdir()
    (tmp_path / "a.txt").write_text("A.")
    with FileLock(tmp_path / "data" / "add.lock"):
        code, _, err = run(small_corpus, "--file", tmp_path / "a.txt")
    assert code == 1
    assert "Another `trustbot-ingest add` is running" in err


def test_files_alone_ask_nobody(run, small_corpus, tmp_path, replay) -> None:
    (tmp_path / "a.txt").write_text("A.")
    assert run(small_corpus, "--file", tmp_path / "a.txt")[0] == 0
    assert replay.asked == []
    assert Path(small_corpus / "documents" / "a.txt").read_text() == "A."

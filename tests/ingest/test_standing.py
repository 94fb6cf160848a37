"""Dates, replacements and tags: what the manifest says, what a file says itself, and what doesn't fit together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.build import build_index
from ingest.manifest import DocumentEntry, load_manifest
from ingest.parsers import read_document
from ingest.standing import replacements
from trustbot.errors import ManifestError
from trustbot.index.chroma import current_snapshot
from trustbot.types import Standing

HEAD = """schema = 1
id = "house"
title = "House"
version = "1"
language = "en"
scope = "A house."
disclaimer = "None."

[[licence]]
id = "own"
index = true
ship = true

[[source]]
id = "s"
number = 1
title = "House"
licence = "own"
intranet = true
"""
ENTRY = """
[[document]]
id = "{id}"
source = "s"
kind = "full text"
title = "{id}"
path = "{id}.md"
licence = "own"
{lines}
"""
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a corpus: id -> lines of its entry; each file says which it is, below `front`."""

    def corpus(front: str = "", **entries: str) -> Path:
        folder = tmp_path / "house"
        folder.mkdir(exist_ok=True)
        for name in entries:
            (folder / f"{name}.md").write_text(f"{front}# {name}\n\nThe text of {name} is short.\n", encoding="utf-8")
        manifest = HEAD + "".join(ENTRY.format(id=name, lines=lines) for name, lines in entries.items())
        (folder / "manifest.toml").write_text(manifest, encoding="utf-8")
        return folder

    return corpus


def test_the_standing_goes_into_the_index_and_comes_back(write: Write, tmp_path: Path, models_dir: Path) -> None:
    folder = write(
        a='date = "2020-01-02"\nexpires = 2021-01-02\ntags = ["x", "y", "x"]',
        b='replaces = ["a"]',
        c='replaces = ["b"]',
    )
    build_index(load_manifest(folder), tmp_path / "index", models_dir, progress=False)
    corpus = current_snapshot(tmp_path / "index").corpus
    assert corpus.document("a").standing == Standing("2020-01-02", "2021-01-02", ("c",), ("x", "y"))
    assert corpus.document("b").standing == Standing(replaced_by=("c",))
    assert corpus.document("c").standing == Standing()
    assert corpus.source("s").intranet


def test_a_replaced_document_leads_to_all_that_took_its_place() -> None:
    given = {"a": [], "b": ["a"], "c": ["a"], "d": ["b"], "e": []}
    assert replacements(given, Path("m")) == {"a": ("c", "d"), "b": ("d",)}


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ({"a": 'replaces = ["z"]'}, "document a: it replaces z, which is no document"),
        ({"a": 'replaces = ["a"]'}, "document a: it replaces itself"),
        ({"a": 'replaces = ["b"]', "b": 'replaces = ["a"]'}, "it replaces itself"),
        ({"a": 'date = "2026-02-03"\nexpires = "2026-02-02"'}, "it expires on 2026-02-02, before its date"),
        ({"a": 'date = "3 May 2026"'}, "`date` is '3 May 2026'"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_entry(write: Write, entries: dict[str, str], told: str) -> None:
    with pytest.raises(ManifestError) as caught:
        load_manifest(write(**entries))
    assert told in str(caught.value)


def test_a_file_gives_the_dates_that_the_manifest_does_not(write: Write) -> None:
    front = "---\ndate: 2024-05-06\nexpires: '2024-06-01'\ntags: [one, ' two ', 3]\n---\n\n"
    folder = write(front, a='date = "2025-01-01"', b="")
    first, second = (read_document(e).document.standing for e in load_manifest(folder).documents)
    assert first == Standing("2025-01-01", "2024-06-01", (), ("one", "two"))
    assert second.date == "2024-05-06"


@pytest.mark.parametrize("date", ["06/05/2024", "May", "[1]", "2024", "2024-13-01"])
def test_a_date_that_could_be_two_is_none(tmp_path: Path, date: str) -> None:
    path = tmp_path / "a.md"
    path.write_text(f"---\ndate: {date}\n---\n\n# A\n\nText.\n", encoding="utf-8")
    entry = DocumentEntry("a", "a", "full text", "A", "text/markdown", "own", path, {})
    assert read_document(entry).document.standing == Standing()


def test_a_date_that_changes_in_a_file_is_a_change(write: Write, tmp_path: Path, models_dir: Path) -> None:
    for date in ("2024-05-06", "2024-05-07"):
        folder = write(f"---\ndate: {date}\n---\n\n", a="")
        report = build_index(load_manifest(folder), tmp_path / "index", models_dir, progress=False)
        assert not report.unchanged
        assert current_snapshot(tmp_path / "index").corpus.document("a").standing.date == date

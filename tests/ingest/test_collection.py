from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ingest import collection
from ingest.__main__ import main
from ingest.collection import (
    build_collection,
    collection_id,
    collection_manifest,
    is_collection,
    read_records,
)
from trustbot.errors import InvalidInput
from trustbot.index.chroma import open_index
from trustbot.models.embedders import Embedder

TITLE = "White matter in newborns"
RECORDS = [
    {"id": "4983", "title": TITLE, "sentences": ["Tensor imaging maps fibres.", "Preterm brains differ."]},
    {"id": "a_1-2", "title": "Bread", "text": "Bread\nSourdough rises slowly.", "year": 1999},
    {"id": "plain", "text": "# Not a heading\n\nInflation erodes savings."},
    {"id": "empty", "title": "", "text": ""},
]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def to(*records: Any, name: str = "pool of things.jsonl.gz") -> Path:
        path = tmp_path / name
        data = "".join(json.dumps(record) + "\n" for record in records).encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    return to


def test_a_collection_becomes_a_searchable_index(
    write: Callable[..., Path], tmp_path: Path, models_dir: Path, embedder: Embedder
) -> None:
    path, folder = write(*RECORDS), tmp_path / "index"
    report = build_collection(path, folder, models_dir)
    assert [(refusal.id, "holds no text" in refusal.reason) for refusal in report.refused] == [("empty", True)]
    with closing(open_index(folder)) as index:
        corpus = index.corpus
        assert (corpus.id, corpus.title) == ("pool-of-things", "pool-of-things")
        assert corpus.scope == "This corpus holds the 4 records of the collection pool-of-things."
        chunk, cosine = index.search(embedder.embed_query("How does dough rise?"), 1)[0]
        assert chunk.document_id == "a_1-2"
        assert 0.2 < cosine <= 1
        source = corpus.source("a_1-2")
        assert (source.number, source.title, source.year, source.kind) == (2, "Bread", 1999, "work")
        by_document = {chunk.document_id: chunk for chunk in corpus.chunks}
        assert by_document["4983"].embedded_text == f"{TITLE}: Tensor imaging maps fibres. Preterm brains differ."
        # The title that opens the text is its heading, not said twice.
        assert by_document["a_1-2"].embedded_text == "Bread: Sourdough rises slowly."
        assert by_document["plain"].headings == ()
        assert by_document["plain"].text.startswith("# Not a heading")
    again = build_collection(path, folder, models_dir)
    assert again.unchanged
    assert again.fingerprint == report.fingerprint


def test_its_files_are_gone_when_the_manifest_is_done_with(write: Callable[..., Path]) -> None:
    with collection_manifest(write(*RECORDS)) as manifest:
        paths = [entry.path for entry in manifest.documents]
        assert all(path.is_file() for path in paths)
    assert not any(path.exists() for path in paths)


def test_another_collection_has_another_content_hash(write: Callable[..., Path]) -> None:
    with (
        collection_manifest(write(*RECORDS)) as one,
        collection_manifest(write(*RECORDS[:2], name="b.jsonl")) as two,
    ):
        assert one.content_hash != two.content_hash
        assert one.version != two.version


def test_a_collection_is_told_from_a_corpus_folder(tmp_path: Path) -> None:
    assert is_collection(Path("x.jsonl"))
    assert is_collection(Path("x.jsonl.gz"))
    assert not is_collection(Path("corpus/preceptor-trust"))
    (tmp_path / "odd.jsonl").mkdir()
    assert not is_collection(tmp_path / "odd.jsonl")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("scifact_corpus.jsonl.gz", "scifact_corpus"), ("a b/é.jsonl", "collection"), ("..jsonl", "collection")],
)
def test_the_id_is_the_name_of_the_file(name: str, expected: str) -> None:
    assert collection_id(Path(name)) == expected


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ({"text": "x"}, "there is no id"),
        ({"id": "x"}, "there is no text"),
        ({"id": "x", "sentences": ["a", 1]}, "there is no text"),
        ({"id": "x", "text": 3}, "text is not text"),
        ({"id": "x", "text": "y", "title": 3}, "title is not text"),
        ({"id": "first", "text": "y"}, "already used on line 1"),
    ],
)
def test_a_line_that_is_no_record_is_named(write: Callable[..., Path], record: Any, problem: str) -> None:
    path = write({"id": "first", "text": "x"}, record, name="pool.jsonl")
    with pytest.raises(InvalidInput, match=r"^pool\.jsonl, line 2: ") as caught:
        read_records(path)
    assert problem in str(caught.value)


def test_more_records_than_a_marker_can_number_are_refused(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collection, "MOST_RECORDS", 2)
    with pytest.raises(InvalidInput, match="holds 4 records; split it into files of at most 2"):
        read_records(write(*RECORDS))


def test_the_command_takes_a_collection(
    write: Callable[..., Path],
    tmp_path: Path,
    models_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "models").symlink_to(models_dir)
    monkeypatch.setenv("TRUSTBOT_DATA_DIR", str(data))
    assert main([str(write(*RECORDS[1:3], name="pool.jsonl"))]) == 0
    assert "2 documents, 2 chunks" in capsys.readouterr().out
    assert (data / "index" / "pool" / "CURRENT").is_file()
    assert main([str(tmp_path / "absent.jsonl")]) == 2
    assert "There is no file" in capsys.readouterr().err

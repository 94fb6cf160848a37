"""What ingest makes itself: a manifest may give none of its ids away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest import build_index
from ingest.build import read_corpus
from ingest.collection import build_collection
from ingest.manifest import load_manifest
from trustbot.errors import ManifestError

Edit = Callable[[str, str, str], None]


@pytest.mark.parametrize(
    ("taken", "problem"),
    [("record-lee-2020", "kept for the record that is made of the manifest"), ("help", "kept for the help text")],
)
def test_a_document_may_not_have_the_id_of_one_that_ingest_makes(
    small_corpus: Path, replace: Edit, tmp_path: Path, models_dir: Path, taken: str, problem: str
) -> None:
    replace("manifest.toml", 'id = "lee-2020-note"', f'id = "{taken}"')
    manifest = load_manifest(small_corpus)
    expected = rf"manifest\.toml: document {taken}: this id is {problem}.*Choose another id\.$"
    with pytest.raises(ManifestError, match=expected):
        build_index(manifest, tmp_path / "index", models_dir, progress=False)
    with pytest.raises(ManifestError, match=expected):
        read_corpus(manifest, models_dir, progress=False)
    assert not (tmp_path / "index").exists()


def test_a_source_may_not_have_the_id_of_the_program(
    small_corpus: Path, replace: Edit, tmp_path: Path, models_dir: Path
) -> None:
    for file in ("manifest.toml",) * 2:
        replace(file, '"lee-2020"', '"trustbot-help"')
    expected = r"manifest\.toml: source trustbot-help: this id is kept for the program itself.*Choose another id\.$"
    with pytest.raises(ManifestError, match=expected):
        build_index(load_manifest(small_corpus), tmp_path / "index", models_dir, progress=False)


def test_a_collection_may_not_either_and_is_named(tmp_path: Path, models_dir: Path) -> None:
    path = tmp_path / "many.jsonl"
    path.write_text('{"id": "help", "text": "It is true."}\n', encoding="utf-8")
    with pytest.raises(ManifestError, match=r"^many: document help: .*Choose another id\.$"):
        build_collection(path, tmp_path / "index", models_dir)

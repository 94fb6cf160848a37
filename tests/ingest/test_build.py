"""The build: what changed is embedded, what didn't is not, and nothing that was published is ever lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ingest import build_index
from ingest.help import help_source
from ingest.manifest import DocumentEntry, Manifest, load_manifest
from ingest.report import DocumentReport, Note, Report
from trustbot.errors import IndexLocked, IndexMismatch, InvalidInput
from trustbot.files.sealed import unseal, write_sealed
from trustbot.index.chroma import current_snapshot, open_index, stored_document
from trustbot.index.documents import find_version
from trustbot.index.snapshot import SCHEMA
from trustbot.index.versions import current_version, writing
from trustbot.models.embedders import Embedder
from trustbot.reading.model import FILE
from trustbot.types import DocumentKind, Source, Terms, sha256_text

Build = Callable[..., Report]


def make_manifest(folder: Path, documents: dict[str, str], *, title: str = "A corpus") -> Manifest:
    """A corpus of plain-text notes, as the loader would have made it."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for name, text in documents.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
        kind: DocumentKind = "note"
        entries.append(DocumentEntry(name, "work", kind, name, "text/plain", "CC0", folder / f"{name}.txt", {}))
    source = Source("work", 1, "A work", ("A",), 2020, None, "https://e.org", "CC0")
    return Manifest(
        directory=folder,
        id="tiny",
        title=title,
        scope="One corpus.",
        version="1",
        language="en",
        disclaimer="None.",
        sources=(source,),
        documents=tuple(entries),
        audits=(),
        vocabulary={"trust": ("reliance",)},
        content_hash=sha256_text(title + "".join(documents)),
    )


DOCUMENTS = {
    "colours": "Grass is green. Snow is white. Coal is black.",
    "sounds": "Dogs bark. Cats meow.",
    "shared": "Snow is white. Fire is hot.",
}


@pytest.fixture
def build(tmp_path: Path, models_dir: Path) -> Build:
    def run(manifest: Manifest, **options: object) -> Report:
        return build_index(manifest, tmp_path / "index", models_dir, progress=False, **options)  # type: ignore[arg-type]

    return run


def counts(report: Report) -> dict[str, tuple[int, int, int]]:
    return {d.id: (d.embedded, d.reused, d.removed) for d in report.documents}


def test_a_first_run_embeds_everything(build: Build, tmp_path: Path, embedder: Embedder) -> None:
    report = build(make_manifest(tmp_path / "c", DOCUMENTS))
    assert not report.unchanged
    assert report.documents[0] == DocumentReport("colours", 1, 3, 3, 13, 3, 0, 0)
    assert counts(report) == {"colours": (3, 0, 0), "sounds": (2, 0, 0), "shared": (2, 0, 0)}
    assert (report.chunks, report.embedded, report.reused, report.removed_chunks) == (7, 7, 0, 0)
    with closing(open_index(tmp_path / "index", embedder.name, embedder.weights_hash)) as index:
        assert (index.fingerprint, index.path) == (report.fingerprint, report.index)
        assert index.corpus.vocabulary == {"trust": ("reliance",)}
        texts = [c.embedded_text for c in index.corpus.chunks]
        np.testing.assert_allclose(index.vectors(), embedder.embed_array(texts), atol=1e-5)
        best = index.search(embedder.embed_query("What noise does a dog make?"), 1)[0][0]
        assert best.text == "Dogs bark."


def test_a_second_run_changes_nothing_and_says_so(build: Build, tmp_path: Path) -> None:
    manifest = make_manifest(tmp_path / "c", DOCUMENTS)
    first = build(manifest)
    files = {p: p.stat().st_mtime_ns for p in (tmp_path / "index").rglob("*")}
    second = build(manifest)
    assert second.unchanged
    assert (second.index, second.fingerprint, second.embedded, second.reused) == (
        first.index,
        first.fingerprint,
        0,
        7,
    )
    assert "nothing changed, nothing was written" in second.text()
    assert files == {p: p.stat().st_mtime_ns for p in (tmp_path / "index").rglob("*")}


def test_a_changed_document_embeds_only_what_it_touches(build: Build, tmp_path: Path) -> None:
    build(make_manifest(tmp_path / "c", DOCUMENTS))
    before = current_snapshot(tmp_path / "index").corpus.document("colours")
    changed = DOCUMENTS | {"colours": "Grass is green. The sky is blue. Coal is black."}
    report = build(make_manifest(tmp_path / "c", changed))
    assert counts(report) == {"colours": (1, 2, 1), "sounds": (0, 2, 0), "shared": (0, 2, 0)}
    assert (report.embedded, report.reused, report.removed_chunks, report.removed) == (1, 6, 1, ())
    assert stored_document(tmp_path / "index", before.content_hash) == before.text


def test_a_removed_document_embeds_nothing(build: Build, tmp_path: Path) -> None:
    build(make_manifest(tmp_path / "c", DOCUMENTS))
    report = build(make_manifest(tmp_path / "c", {k: v for k, v in DOCUMENTS.items() if k != "shared"}))
    assert (report.embedded, report.reused, report.removed, report.removed_chunks) == (0, 5, ("shared",), 2)
    assert "Removed: shared." in report.text()


def test_facts_of_the_manifest_are_renewed_without_embedding(build: Build, tmp_path: Path) -> None:
    build(make_manifest(tmp_path / "c", DOCUMENTS))
    report = build(make_manifest(tmp_path / "c", DOCUMENTS, title="A better title"))
    assert not report.unchanged
    assert (report.embedded, report.reused) == (0, 7)
    assert current_snapshot(tmp_path / "index").corpus.title == "A better title"


def test_other_chunk_sizes_make_another_index(build: Build, tmp_path: Path) -> None:
    manifest = make_manifest(tmp_path / "c", DOCUMENTS)
    first = build(manifest)
    second = build(manifest, chunk_tokens=100)
    assert (second.unchanged, second.embedded) == (False, 0)
    assert second.fingerprint != first.fingerprint


def test_the_same_input_gives_the_same_fingerprint_anywhere(build: Build, tmp_path: Path, models_dir: Path) -> None:
    first = build(make_manifest(tmp_path / "c", DOCUMENTS))
    again = build_index(make_manifest(tmp_path / "other", DOCUMENTS), tmp_path / "elsewhere", models_dir)
    assert again.fingerprint == first.fingerprint
    assert [c.id for c in current_snapshot(tmp_path / "elsewhere").corpus.chunks] == [
        c.id for c in current_snapshot(tmp_path / "index").corpus.chunks
    ]


def test_what_can_not_be_read_is_refused_and_the_rest_goes_in(build: Build, tmp_path: Path) -> None:
    manifest = make_manifest(tmp_path / "c", DOCUMENTS)
    (tmp_path / "c" / "sounds.txt").write_bytes(b"\n")
    (tmp_path / "c" / "colours.txt").write_bytes("A café is white.".encode("cp1252"))
    report = build(manifest)
    assert [d.id for d in report.documents] == ["colours", "shared"]
    assert [r.id for r in report.refused] == ["sounds"]
    assert "Refused (1):\n  sounds: sounds.txt is empty: it holds no text." in report.text()
    assert report.notes == (Note("colours", "read as Windows-1252, such as “café”"),)
    assert "Said of what was read:\n  colours: read as Windows-1252, such as “café”." in report.text()


def test_a_document_that_can_not_be_cut_is_refused_alone_and_so_again(build: Build, tmp_path: Path) -> None:
    manifest = make_manifest(tmp_path / "c", DOCUMENTS)
    sounds = manifest.documents[1]
    sounds.path.write_text(f"# A\n## {'Loud ' * 50}\nDogs bark.", encoding="utf-8")
    documents = (manifest.documents[0], replace(sounds, media_type="text/markdown"), manifest.documents[2])
    manifest = replace(manifest, documents=documents)
    for unchanged in (False, True):
        report = build(manifest, chunk_tokens=40)
        assert (report.unchanged, [d.id for d in report.documents]) == (unchanged, ["colours", "shared"])
        assert [(r.id, "leaves no room for its text" in r.reason) for r in report.refused] == [("sounds", True)]


def test_nothing_left_to_index_leaves_the_index_as_it_was(build: Build, tmp_path: Path) -> None:
    version = build(make_manifest(tmp_path / "c", DOCUMENTS)).index
    empty = make_manifest(tmp_path / "c", dict.fromkeys(DOCUMENTS, ""))
    with pytest.raises(InvalidInput, match=r"no document that can be indexed\. colours\.txt is empty"):
        build(empty)
    assert current_version(tmp_path / "index") == version


def test_a_language_that_is_not_read_is_said(build: Build, tmp_path: Path) -> None:
    manifest = replace(make_manifest(tmp_path / "c", DOCUMENTS), language="de-AT")
    assert "manifest.toml: its language is de-AT; questions are read in English alone" in build(manifest).text()


def test_a_corpus_without_text_is_refused(build: Build, tmp_path: Path) -> None:
    manifest = make_manifest(tmp_path / "c", {"empty": " \n", "blank": ""})
    with pytest.raises(InvalidInput, match=r"no document that can be indexed.*empty.txt is empty"):
        build(manifest)
    chrome = replace(make_manifest(tmp_path / "c", {"a": "text"}).documents[0], sections={}, media_type="text/markdown")
    chrome.path.write_text("# Title\ntext", encoding="utf-8")
    only = replace(manifest, documents=(replace(chrome, sections={"Title": "chrome"}),))
    with pytest.raises(InvalidInput, match="all its sections are chrome"):
        build(only)
    assert not any((tmp_path / "index").glob("v-*"))


@pytest.mark.parametrize("damage", ["store", "snapshot", "pointer"])
def test_a_damaged_index_is_mended_by_running_again(build: Build, tmp_path: Path, damage: str) -> None:
    manifest = make_manifest(tmp_path / "c", DOCUMENTS)
    version = build(manifest).index
    if damage == "store":
        os.truncate(version / "chroma" / "chroma.sqlite3", 4096)
    elif damage == "snapshot":
        os.truncate(version / "snapshot.json", 100)
    else:
        (tmp_path / "index" / "CURRENT").write_text("v-20200101T000000000000Z-00000000", encoding="utf-8")
    report = build(manifest)
    assert (report.unchanged, report.embedded) == (False, 7)
    open_index(tmp_path / "index").close()


@pytest.mark.parametrize("ending", ["txt", "json"])
@pytest.mark.parametrize("loss", ["altered", "lost"])
def test_a_damaged_document_is_mended_without_embedding(build: Build, tmp_path: Path, ending: str, loss: str) -> None:
    manifest = make_manifest(tmp_path / "c", DOCUMENTS)
    build(manifest)
    store = tmp_path / "index" / "documents"
    stored = {p.name: p.read_bytes() for p in store.glob("*.txt")}
    path = min(store.glob(f"*.{ending}"))
    data = path.read_bytes()
    path.unlink() if loss == "lost" else path.write_bytes(data[:20] + bytes([data[20] ^ 1]) + data[21:])
    report = build(manifest)
    assert (report.unchanged, report.mended, report.embedded) == (True, True, 0)
    assert "stored documents were damaged and are mended; nothing else changed." in report.text()
    assert {p.name: p.read_bytes() for p in store.glob("*.txt")} == stored
    corpus = current_snapshot(tmp_path / "index").corpus
    assert all(find_version(tmp_path / "index", corpus, d.content_hash, d.id) for d in corpus.documents)
    assert not build(manifest).mended


def test_a_licence_that_forbids_it_keeps_a_document_out_and_the_rest_goes_in(build: Build, tmp_path: Path) -> None:
    manifest = make_manifest(tmp_path / "c", DOCUMENTS)
    entries = (replace(manifest.documents[0], may_index=False, licence="all rights kept"), *manifest.documents[1:])
    report = build(replace(manifest, documents=entries))
    assert [d.id for d in report.documents] == ["sounds", "shared"]
    assert "  colours: its licence (all rights kept) doesn't allow its words to be indexed." in report.text()
    with pytest.raises(InvalidInput, match=r"no document that can be indexed.*all rights kept"):
        build(replace(manifest, documents=entries[:1]))
    published = current_snapshot(tmp_path / "index").corpus.documents
    assert {"sounds", "shared"} <= {d.id for d in published}, "what was published is still there"


def test_a_sentence_longer_than_its_licence_allows_is_nothing_to_quote(build: Build, tmp_path: Path) -> None:
    long = {"colours": "Grass is green. The sky on a fine day in May is blue. Snow is white."}
    manifest = make_manifest(tmp_path / "c", long)
    short = replace(manifest, documents=(replace(manifest.documents[0], terms=Terms(quote_words=3)),))
    report = build(short)
    (chunk, *more) = current_snapshot(tmp_path / "index").corpus.chunks
    chunks = [chunk, *more]
    assert [c.text[s:e] for c in chunks for s, e in c.sentences] == ["Grass is green.", "Snow is white."]
    assert "blue" in " ".join(c.text for c in chunks), "it is still searched"
    assert (report.documents[0].sentences, report.documents[0].unquotable) == (2, 1)
    assert "Sentences longer than their licence allows to quote, never quoted: colours 1." in report.text()
    assert build(replace(manifest, content_hash="sha256:other")).documents[0].unquotable == 0


@pytest.mark.parametrize("schema", [1, 2, 3])
def test_an_index_of_an_older_format_is_refused_and_made_anew(build: Build, tmp_path: Path, schema: int) -> None:
    """Older formats had no checksums of the vector store, so nothing of them is read."""
    manifest = make_manifest(tmp_path / "c", DOCUMENTS)
    snapshot = build(manifest).index / "snapshot.json"
    write_sealed(snapshot, unseal(snapshot.read_bytes()) | {"schema": schema})
    problem = rf"has the format {schema}, this program reads {SCHEMA}\. Run `trustbot-ingest`"
    with pytest.raises(IndexMismatch, match=problem):
        open_index(tmp_path / "index")
    report = build(manifest)
    assert (report.unchanged, report.embedded, report.reused) == (False, 7, 0)
    open_index(tmp_path / "index").close()


@pytest.mark.parametrize("name", ["chroma.sqlite3", "data_level0.bin", FILE])
def test_a_damaged_version_is_made_anew_by_a_plain_run(build: Build, tmp_path: Path, name: str) -> None:
    manifest = make_manifest(tmp_path / "c", DOCUMENTS)
    (path,) = build(manifest).index.rglob(name)
    whole = path.read_bytes()
    path.write_bytes(whole[:20] + bytes(b ^ 255 for b in whole[20:40]) + whole[40:])
    report = build(manifest)
    assert (report.unchanged, report.embedded) == (False, 7)
    open_index(tmp_path / "index").close()
    assert build(manifest).unchanged


def test_a_second_ingest_is_turned_away(build: Build, tmp_path: Path) -> None:
    manifest = make_manifest(tmp_path / "c", DOCUMENTS)
    script = (
        "import sys; from pathlib import Path; from trustbot.index.versions import writing\n"
        "with writing(Path(sys.argv[1])): print(flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "index")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(IndexLocked):
            build(manifest)
        holder.communicate(b"")
    build(manifest)


def test_an_index_that_changed_nothing_needs_no_lock_and_no_heavy_library(
    built_index: Path, default_manifest: Manifest, models_dir: Path
) -> None:
    script = (
        "import sys, time; began = time.monotonic(); from pathlib import Path\n"
        "from ingest import build_index, load_manifest\n"
        "report = build_index(load_manifest(Path(sys.argv[1])), Path(sys.argv[2]), Path(sys.argv[3]))\n"
        "assert report.unchanged\n"
        # numpy is not among them: what a trained reader's file holds is checked before anything is made
        "heavy = {'torch', 'sentence_transformers', 'chromadb', 'langchain_core', 'onnxruntime', 'scipy'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    with writing(built_index):
        subprocess.run(
            [
                sys.executable,
                "-c",
                script,
                str(default_manifest.directory),
                str(built_index),
                str(models_dir),
            ],
            check=True,
        )


def test_the_default_corpus_goes_in_whole(built_index: Path, default_manifest: Manifest, embedder: Embedder) -> None:
    with closing(open_index(built_index, embedder.name, embedder.weights_hash)) as index:
        corpus = index.corpus
        assert corpus.sources == (*default_manifest.sources, help_source(default_manifest))
        assert corpus.audits == default_manifest.audits
        assert sum(c.claim_id is not None for c in corpus.chunks) == 30
        found = index.search(embedder.embed_query("How does direct observation build trust?"), 3)
        assert found[0][0].text == "Direct observations of clinical skills are crucial for building trust"


# A real ingest, killed at different moments of a real write.

MANIFEST = """\
schema = 1
id = "facts"
title = "{title}"
version = "1"
language = "en"
scope = "Facts."
disclaimer = "None."

[[licence]]
id = "CC0"
index = true
ship = true

[[source]]
id = "work"
number = 1
title = "A work"
address = "https://e.org"
licence = "CC0"

[[document]]
id = "facts"
source = "work"
kind = "note"
title = "Facts"
path = "facts.txt"
licence = "CC0"
"""


def test_a_killed_ingest_leaves_the_published_version_and_is_made_up_for(tmp_path: Path, models_dir: Path) -> None:
    corpus, index_dir = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    (corpus / "facts.txt").write_text("\n".join(f"Fact {i} is true." for i in range(500)), encoding="utf-8")
    (corpus / "manifest.toml").write_text(MANIFEST.format(title="First"), encoding="utf-8")
    build_index(load_manifest(corpus), index_dir, models_dir, progress=False)
    first = current_version(index_dir)
    environment = os.environ | {"TRUSTBOT_DATA_DIR": str(models_dir.parent)}
    command = [sys.executable, "-m", "ingest", str(corpus), "--index", str(index_dir)]
    rng = random.Random(4)
    killed = 0
    for attempt in range(3):
        (corpus / "manifest.toml").write_text(MANIFEST.format(title=f"Attempt {attempt}"), encoding="utf-8")
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as ingest:
            while ingest.poll() is None and not list(index_dir.glob("v-*.tmp/chroma/chroma.sqlite3")):
                time.sleep(0.005)
            time.sleep(rng.uniform(0.0, 0.3))
            ingest.send_signal(signal.SIGKILL)
            killed += ingest.wait() == -signal.SIGKILL
        if current_version(index_dir) == first:
            with closing(open_index(index_dir)) as index:
                assert index.corpus.title == "First"
                assert len(index.search(index.vectors()[7].tolist(), 5)) == 5
    assert killed >= 2, "the writes were too quick to be killed"
    assert list(index_dir.glob("v-*.tmp")), "no kill fell into a write"
    report = build_index(load_manifest(corpus), index_dir, models_dir, progress=False)
    assert report.embedded == 0
    assert list(index_dir.glob("v-*.tmp")) == []
    with closing(open_index(index_dir)) as index:
        assert (len(index.corpus.chunks), index.corpus.title) == (500, "Attempt 2")
        assert index.search(index.vectors()[7].tolist(), 1)[0][1] == pytest.approx(1.0, abs=1e-5)

"""The index: what is written comes back, a damaged one is named, and a published one survives everything."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from trustbot.errors import (
    IndexLocked,
    IndexMismatch,
    IndexMissing,
    InvalidInput,
    StorageError,
    TrustbotError,
)
from trustbot.files.sealed import unseal, write_sealed
from trustbot.index.chroma import Index, current_snapshot, open_index, stored_document, write_index
from trustbot.index.snapshot import SNAPSHOT, Recipe, file_hashes
from trustbot.index.versions import KEPT, current_version, writing
from trustbot.types import Audit, Chunk, Contact, Corpus, Document, Source, Study, chunk_id, sha256_text

DIMENSION = 8


def make_corpus(count: int = 12, *, title: str = "a", prefix: str = "Fact") -> Corpus:
    text = "\ufeff# Überschrift\r\n\r\n" + "\r\n".join(f"{prefix} {i} is “so” 🙂." for i in range(count)) + "\r\n"
    document = Document("article", "page", "article", title, "text/markdown", "none", text, sha256_text(text))
    chunks = []
    for i in range(count):
        line = f"{prefix} {i} is “so” 🙂."
        start = text.index(line)
        chunks.append(
            Chunk(
                id=chunk_id(document.id, document.content_hash, start, line),
                document_id=document.id,
                source_id=document.source_id,
                document_hash=document.content_hash,
                headings=("Überschrift",) if i % 2 else (),
                text=line,
                start=start,
                end=start + len(line),
                sentences=((0, 4), (5, len(line))),
                kind="statement" if i % 2 else "prose",
                reference=i if i % 2 else None,
                claim_id="C01" if i == 1 else None,
            )
        )
    study = Study("interviews", "9 nurses", "one ward", "9 interviews", method=None, period="2020")
    source = Source("page", 1, "T", ("A", "B"), 2020, None, "https://e.org", "none", study=study, page_facts=("x",))
    source = dataclasses.replace(source, review_steps=("Sent", "Read"), review_step="Read")
    other = Source("other", 2, "T2", (), None, "J", "https://e.org/2", "none", kind="guidance")
    audit = Audit("C01", chunks[1].text if count > 1 else "q", 1, "partly", "because", "a trusts b", "notice")
    return Corpus(
        "c",
        title,
        "scope",
        "1",
        "en",
        "disclaimer",
        (source, other),
        (document,),
        tuple(chunks),
        (audit,),
        {"a": ("b", "c")},
        contacts=(Contact("Ward line", "112", kinds=("distress",)),),
    )


def make_vectors(corpus: Corpus, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(len(corpus.chunks), DIMENSION)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def make_recipe(corpus: Corpus, **changes: object) -> Recipe:
    recipe = Recipe(
        embedder="tiny",
        weights_hash="ab" * 32,
        pooling="mean",
        dimension=DIMENSION,
        max_tokens=256,
        chunker=1,
        chunk_tokens=200,
        manifest=sha256_text(corpus.title),
        documents={d.id: d.content_hash for d in corpus.documents},
    )
    return dataclasses.replace(recipe, **changes)  # type: ignore[arg-type]


def write(folder: Path, corpus: Corpus) -> Path:
    return write_index(folder, corpus, make_vectors(corpus), make_recipe(corpus))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shared") / "index"
    write(folder, make_corpus())
    return folder


@pytest.fixture
def folder(shared: Path, tmp_path: Path) -> Path:
    """A fresh copy of a published index."""
    return Path(shutil.copytree(shared, tmp_path / "index"))


@pytest.fixture
def opened(folder: Path) -> Iterator[Index]:
    index = open_index(folder, "tiny", "ab" * 32)
    yield index
    index.close()


def test_the_corpus_comes_back_whole(opened: Index) -> None:
    assert opened.corpus == make_corpus()
    assert opened.fingerprint == make_recipe(opened.corpus).fingerprint
    assert opened.built_at.endswith("+00:00")
    assert "T" in opened.built_at


def test_vectors_come_back_beside_their_chunks(opened: Index) -> None:
    vectors = opened.vectors()
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, make_vectors(opened.corpus), atol=1e-6)


def test_further_files_belong_to_the_version_and_are_sealed_with_it(tmp_path: Path) -> None:
    corpus, extra = make_corpus(), {"reader.bin": b"\x00weights\xff" * 1000, "more.bin": b""}
    version = write_index(tmp_path / "i", corpus, make_vectors(corpus), make_recipe(corpus), extra)
    index = open_index(tmp_path / "i")
    assert {name: index.read_extra(name) for name in extra} == extra
    whole = (version / "reader.bin").read_bytes()
    for damaged in (whole[:-1], b"", whole[:50] + b"!" + whole[51:]):
        (version / "reader.bin").write_bytes(damaged)
        with pytest.raises(IndexMissing, match=r"reader\.bin is .*not what was written\. Run `trustbot-ingest"):
            index.read_extra("reader.bin")
    (version / "reader.bin").unlink()
    with pytest.raises(IndexMissing, match=r"reader\.bin is missing or"):
        index.read_extra("reader.bin")
    with pytest.raises(IndexMissing, match="snapshot"):
        index.read_extra(SNAPSHOT)
    index.close()


def test_search_gives_the_exact_cosines_best_first(opened: Index) -> None:
    query = np.random.default_rng(5).normal(size=DIMENSION)
    query /= np.linalg.norm(query)
    cosines = make_vectors(opened.corpus) @ query
    found = opened.search(query.tolist(), 5)
    assert [c.id for c, _ in found] == [opened.corpus.chunks[i].id for i in np.argsort(-cosines)[:5]]
    np.testing.assert_allclose([x for _, x in found], np.sort(cosines)[::-1][:5], atol=1e-5)


def test_search_gives_no_more_than_there_is(opened: Index) -> None:
    query = [1.0] + [0.0] * (DIMENSION - 1)
    assert len(opened.search(query, 1000)) == len(opened.corpus.chunks)
    assert opened.search(query, 0) == []


def test_search_among_some_ids_finds_only_those(opened: Index) -> None:
    some = [c.id for c in opened.corpus.chunks[3:7]]
    query = make_vectors(opened.corpus)[4] * 3  # of any length: a cosine knows none
    found = opened.search(query.tolist(), 3, where_ids=[*some, some[0], "no such id"])
    assert found[0][0].id == some[1]
    assert found[0][1] == pytest.approx(1.0, abs=1e-5)
    assert {c.id for c, _ in found} <= set(some)
    assert opened.search(query.tolist(), 3, where_ids=[]) == []
    assert len(opened.search(query.tolist(), 99, where_ids=some)) == len(some)


def test_thousands_of_chunks_pass_chromas_limits(tmp_path: Path) -> None:
    corpus = make_corpus(6200)
    vectors = make_vectors(corpus)
    write_index(tmp_path / "i", corpus, vectors, make_recipe(corpus))
    index = open_index(tmp_path / "i")
    np.testing.assert_allclose(index.vectors(), vectors, atol=1e-6)
    exact = np.argsort(-(vectors @ vectors[77]))[:10]
    assert [c.id for c, _ in index.search(vectors[77].tolist(), 10)] == [corpus.chunks[i].id for i in exact]
    index.close()


def test_each_part_of_the_recipe_changes_the_fingerprint() -> None:
    recipe = make_recipe(make_corpus())
    changes: dict[str, object] = {
        "embedder": "other",
        "weights_hash": "cd" * 32,
        "pooling": "cls",
        "dimension": 9,
        "max_tokens": 128,
        "chunker": 2,
        "chunk_tokens": 100,
        "manifest": "sha256:other",
        "documents": {"article": "sha256:other"},
        "reader": "ef" * 32,
        "schema": 99,
    }
    assert set(changes) == {f.name for f in dataclasses.fields(Recipe)}
    prints = {make_recipe(make_corpus(), **{name: value}).fingerprint for name, value in changes.items()}
    assert len(prints | {recipe.fingerprint}) == len(changes) + 1
    assert make_recipe(make_corpus()).fingerprint == recipe.fingerprint


def test_a_reader_learns_of_a_new_version_and_keeps_reading_the_old_one(folder: Path, opened: Index) -> None:
    assert not opened.is_stale()
    write(folder, make_corpus(5, prefix="New"))
    assert opened.is_stale()
    assert len(opened.search([1.0] * DIMENSION, 3)) == 3
    fresh = open_index(folder)
    assert len(fresh.corpus.chunks) == 5
    assert not fresh.is_stale()
    fresh.close()


def test_old_versions_go_but_every_quoted_document_stays(folder: Path) -> None:
    corpora = [make_corpus(), *(make_corpus(3, prefix=f"Edition {i}") for i in range(4))]
    for corpus in corpora[1:]:
        write(folder, corpus)
    assert len([p for p in folder.iterdir() if p.name.startswith("v-")]) == KEPT
    for corpus in corpora:
        document = corpus.documents[0]
        assert stored_document(folder, document.content_hash) == document.text


def test_stored_documents_are_found_by_nothing_but_their_hash(folder: Path) -> None:
    document = make_corpus().documents[0]
    assert stored_document(folder, "sha256:" + "0" * 64) is None
    assert stored_document(folder, "../../../etc/passwd") is None
    assert stored_document(folder / "absent", document.content_hash) is None
    (stored,) = (folder / "documents").glob("*.txt")
    stored.write_text("altered", encoding="utf-8")
    assert stored_document(folder, document.content_hash) is None


# What is wrong with a folder -> the error it must give, each with the command that mends it.


def test_there_is_no_index(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match=r"There is no index in .*Run `trustbot-ingest`"):
        open_index(tmp_path / "absent")


def test_the_folder_is_empty(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match=r"holds nothing\. Run `trustbot-ingest`"):
        open_index(tmp_path)


def test_the_folder_is_somebody_elses(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(IndexMissing, match=r"no index but other files.*TRUSTBOT_DATA_DIR"):
        open_index(tmp_path)
    with pytest.raises(InvalidInput, match=r"already holds other files \(letter.txt\)"):
        write(tmp_path, make_corpus())
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]
    with pytest.raises(InvalidInput, match="is a file"):
        write(tmp_path / "letter.txt", make_corpus())


def test_the_first_build_was_cut_off(folder: Path) -> None:
    (folder / "CURRENT").unlink()
    with pytest.raises(IndexMissing, match="was never completed"):
        open_index(folder)


@pytest.mark.parametrize("name", ["v-20200101T000000000000Z-00000000", "../../etc", "", "\0", "x" * 500])
def test_the_pointer_points_nowhere(folder: Path, name: str) -> None:
    (folder / "CURRENT").write_text(name, encoding="utf-8")
    with pytest.raises(IndexMissing, match="Run `trustbot-ingest`"):
        open_index(folder)


def test_the_snapshot_was_cut_short(folder: Path) -> None:
    snapshot = current_version(folder) / SNAPSHOT
    whole = snapshot.read_bytes()
    for size in (0, 1, len(whole) // 2, len(whole) - 1):
        snapshot.write_bytes(whole[:size])
        with pytest.raises(IndexMissing, match=r"incomplete or damaged.*Run `trustbot-ingest`"):
            open_index(folder)
    other = json.loads(whole) | {"fingerprint": "sha256:" + "0" * 64}
    for odd in (b"[]", b'{"schema": 4}', b"\xff\xfe", b"null", json.dumps(other).encode()):
        snapshot.write_bytes(odd)
        with pytest.raises(IndexMissing, match="incomplete or damaged"):
            open_index(folder)


def test_another_format_is_rebuilt(folder: Path) -> None:
    snapshot = current_version(folder) / SNAPSHOT
    data = json.loads(snapshot.read_text(encoding="utf-8"))
    snapshot.write_text(json.dumps(data | {"schema": 99}), encoding="utf-8")
    with pytest.raises(IndexMismatch, match=r"has the format 99.*Run `trustbot-ingest`"):
        open_index(folder)


def test_an_index_that_was_built_before_a_fact_was_recorded_still_opens(folder: Path) -> None:
    snapshot = current_version(folder) / SNAPSHOT
    data = unseal(snapshot.read_bytes())
    for source in data["corpus"]["sources"]:
        del source["review_steps"], source["review_step"]
    del data["corpus"]["contacts"]
    write_sealed(snapshot, data)
    opened = open_index(folder)
    assert [(s.review_steps, s.review_step) for s in opened.corpus.sources] == [((), None)] * 2
    assert opened.corpus.contacts == ()
    opened.close()


def test_chroma_files_were_cut_short_or_lost(folder: Path) -> None:
    files = [p for p in (current_version(folder) / "chroma").rglob("*") if p.is_file() and p.stat().st_size]
    assert any(p.name == "chroma.sqlite3" for p in files)
    for path in files:
        whole = path.read_bytes()
        for damaged in (whole[: len(whole) // 2], None):
            path.unlink()
            if damaged is not None:
                path.write_bytes(damaged)
            with pytest.raises(IndexMissing, match=rf"{path.name} is missing or is not what.*trustbot-ingest"):
                open_index(folder)
            path.write_bytes(whole)
    open_index(folder).close()


def test_any_changed_byte_of_a_version_is_noticed_before_chroma_reads_it(tmp_path: Path) -> None:
    """Chroma doesn't notice all damage, and some of it ends the whole process."""
    folder = tmp_path / "index"
    version = write(folder, make_corpus(1200))
    files = [p for p in version.rglob("*") if p.is_file() and p.stat().st_size]
    assert {"chroma.sqlite3", "data_level0.bin", "link_lists.bin", SNAPSHOT} <= {p.name for p in files}
    for path in files:
        whole = path.read_bytes()
        half = len(whole) // 2
        flipped = whole[:half] + bytes([whole[half] ^ 1]) + whole[half + 1 :]
        for damaged in (flipped, bytes(len(whole)), whole + b"\0"):
            path.write_bytes(damaged)
            with pytest.raises(IndexMissing, match=rf"{path.name}.*Run `trustbot-ingest`"):
                open_index(folder)
        path.write_bytes(whole)
    open_index(folder).close()


def test_reading_writes_nothing_into_the_version(folder: Path) -> None:
    """Chroma writes whenever it opens a store: into the reader's own copy, which goes with the reader."""
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    copies = set(Path(tempfile.gettempdir()).glob("trustbot-index-*"))
    for _ in range(2):
        index = open_index(folder)
        assert len(index.search([1.0] * DIMENSION, 3)) == 3
        index.close()
        index.close()
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before
    assert set(Path(tempfile.gettempdir()).glob("trustbot-index-*")) <= copies


def test_a_reader_does_without_its_version_once_it_is_open(folder: Path) -> None:
    index = open_index(folder)
    shutil.rmtree(current_version(folder))
    assert len(index.search([1.0] * DIMENSION, 3)) == 3
    assert index.vectors().shape == (12, DIMENSION)
    index.close()


def test_the_vectors_of_another_index_are_noticed(folder: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "other", make_corpus(12, title="b"))
    chroma = current_version(folder) / "chroma"
    shutil.rmtree(chroma)
    shutil.copytree(other / "chroma", chroma)
    snapshot = current_version(folder) / SNAPSHOT
    write_sealed(snapshot, unseal(snapshot.read_bytes()) | {"files": file_hashes(chroma.parent)})
    with pytest.raises(IndexMissing, match="belong to another index"):
        open_index(folder)


def test_a_document_was_altered(folder: Path) -> None:
    (stored,) = (folder / "documents").glob("*.txt")
    stored.write_bytes(stored.read_bytes().replace(b"Fact 3", b"Fact 4"))
    with pytest.raises(IndexMissing, match=rf"{stored} was altered.*trustbot-ingest"):
        open_index(folder)


def test_another_embedder_built_it(folder: Path) -> None:
    for name, weights in (("other", "ab" * 32), ("tiny", "cd" * 32)):
        with pytest.raises(IndexMismatch, match=r"Run `trustbot-ingest` to rebuild it") as caught:
            open_index(folder, name, weights)
        assert "tiny (abababababab)" in str(caught.value)


# Writing: one at a time, all or nothing.


def test_vectors_must_match_their_chunks(tmp_path: Path) -> None:
    corpus = make_corpus()
    with pytest.raises(InvalidInput, match="12 chunks and vectors of shape"):
        write_index(tmp_path / "i", corpus, make_vectors(corpus)[:-1], make_recipe(corpus))
    assert not (tmp_path / "i").exists()


def test_a_second_process_is_turned_away_at_once(folder: Path) -> None:
    script = textwrap.dedent("""
        import sys
        from pathlib import Path
        from trustbot.index.versions import writing
        with writing(Path(sys.argv[1])):
            print("locked", flush=True)
            sys.stdin.read()
    """)
    with subprocess.Popen(
        [sys.executable, "-c", script, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        with pytest.raises(IndexLocked, match="Another process is writing"):
            write(folder, make_corpus(3))
        open_index(folder).close()
        holder.communicate("")
    write(folder, make_corpus(3))


def test_a_second_thread_is_turned_away_but_the_first_may_take_the_lock_again(tmp_path: Path) -> None:
    errors: list[TrustbotError] = []

    def try_it() -> None:
        try:
            with writing(tmp_path / "i"):
                pass
        except TrustbotError as error:
            errors.append(error)

    with writing(tmp_path / "i"), writing(tmp_path / "i"):
        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
    assert [type(e) for e in errors] == [IndexLocked]
    try_it()
    assert len(errors) == 1


def test_what_a_killed_process_left_is_removed(folder: Path) -> None:
    left = folder / "v-20200101T000000000000Z-00000000.tmp"
    (left / "chroma").mkdir(parents=True)
    (left / "chroma" / "chroma.sqlite3").write_bytes(b"half")
    open_index(folder).close()
    write(folder, make_corpus(3))
    assert not left.exists()


def test_vectors_chroma_refuses_leave_the_published_version(folder: Path) -> None:
    corpus = make_corpus(3)
    vectors = make_vectors(corpus)
    vectors[1, 2] = np.nan
    with pytest.raises(StorageError, match="nothing was changed"):
        write_index(folder, corpus, vectors, make_recipe(corpus))
    assert [p.name for p in folder.iterdir() if p.name.endswith(".tmp")] == []
    assert current_snapshot(folder).corpus == make_corpus()


def _mounted(path: Path, *arguments: str) -> bool:
    """Whether this machine lets the test mount a file system; a container may not."""
    return (
        os.geteuid() == 0
        and shutil.which("mount") is not None
        and subprocess.run(["mount", *arguments, str(path)], capture_output=True, check=False).returncode == 0
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 3 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if not _mounted(disk, "-t", "tmpfs", "-o", "size=3m", "none"):
        pytest.skip("mounting takes root")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.parametrize("room", [0, 20_000, 150_000, 400_000, 700_000])
def test_a_full_disk_loses_nothing(small_disk: Path, room: int) -> None:
    folder = small_disk / "index"
    write(folder, make_corpus())
    free = shutil.disk_usage(small_disk).free
    (small_disk / "filler").write_bytes(b"x" * max(0, free - room))
    with pytest.raises(StorageError, match=r"no room left on the disk.*nothing was changed.*trustbot-ingest"):
        write(folder, make_corpus(400, title="b"))
    index = open_index(folder)
    assert index.corpus == make_corpus()
    assert len(index.search([1.0] * DIMENSION, 3)) == 3
    index.close()
    assert [p.name for p in folder.iterdir() if p.name.endswith(".tmp")] == []
    (small_disk / "filler").unlink()
    write(folder, make_corpus(400, title="b"))
    assert len(current_snapshot(folder).corpus.chunks) == 400


def test_a_disk_that_fills_up_does_not_stop_the_index_that_is_served(small_disk: Path) -> None:
    folder = small_disk / "index"
    write(folder, make_corpus(300))
    index = open_index(folder)
    (small_disk / "filler").write_bytes(b"x" * shutil.disk_usage(small_disk).free)
    for row in make_vectors(index.corpus)[::50]:
        assert index.search(row.tolist(), 1)[0][1] == pytest.approx(1.0, abs=1e-5)
    assert index.vectors().shape == (300, DIMENSION)
    index.close()


def test_no_room_for_the_copy_either_is_said(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = small_disk / "index"
    write(folder, make_corpus())
    (small_disk / "filler").write_bytes(b"x" * shutil.disk_usage(small_disk).free)
    monkeypatch.setattr("tempfile.tempdir", str(small_disk))
    with pytest.raises(StorageError, match=r"read through a copy.*Free some space"):
        open_index(folder)
    assert list(small_disk.glob("trustbot-index-*")) == []


def test_no_file_may_grow(folder: Path) -> None:
    """The same by another road, where nothing can be mounted: the kernel refuses to let any file grow."""
    script = textwrap.dedent("""
        import resource, signal, sys
        from pathlib import Path
        sys.path.insert(0, sys.argv[2])
        from test_chroma import make_corpus, write
        from trustbot.errors import StorageError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
        try:
            write(Path(sys.argv[1]), make_corpus(400, title="b"))
        except StorageError as error:
            print(error)
    """)
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder), str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "nothing was changed" in done.stdout
    assert current_snapshot(folder).corpus == make_corpus()


def test_a_read_only_index_is_served_from_a_private_copy(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    folder = tmp_path / "mounted"
    folder.mkdir()
    if not _mounted(folder, "--bind", "-o", "ro", str(shared)):
        pytest.skip("mounting takes root")
    try:
        before = {p: p.stat().st_mtime_ns for p in folder.rglob("*")}
        index = open_index(folder)
        assert len(index.search([1.0] * DIMENSION, 3)) == 3
        copies = list(Path(tempfile.gettempdir()).glob("trustbot-index-*"))
        assert copies
        index.close()
        assert not any(c.exists() for c in copies)
        assert before == {p: p.stat().st_mtime_ns for p in folder.rglob("*")}
        with pytest.raises(StorageError, match=r"can't be written.*TRUSTBOT_DATA_DIR"):
            write(folder, make_corpus(3))
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_closed_index_lets_its_version_go(folder: Path) -> None:
    index = open_index(folder)
    again = open_index(folder)
    index.close()
    assert len(again.search([1.0] * DIMENSION, 3)) == 3, "closing one reader must not close another"
    again.close()
    shutil.rmtree(folder)


def test_reading_facts_needs_no_chroma(folder: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from trustbot.index.chroma import current_snapshot;"
        "assert current_snapshot(Path(sys.argv[1])).corpus.chunks; assert 'chromadb' not in sys.modules;"
        "assert 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script, str(folder)], check=True)

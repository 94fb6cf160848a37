"""The store of document versions: kept for good, found by id and hash, and checked whenever one is read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from trustbot.errors import DocumentAltered, IndexMissing
from trustbot.index.documents import are_recorded, find_version, keep_documents, mend_texts, stored_document
from trustbot.types import Corpus, Document, Source, Terms, sha256_text

WORK = Source("work", 4, "A work on trust", (), 2022, None, "https://e.org", "CC BY 4.0")
UNKNOWN = "sha256:" + "0" * 64


def document(name: str, text: str, **more: object) -> Document:
    made = Document(name, "work", "note", f"Note {name}", "text/markdown", "CC BY 4.0", text, sha256_text(text))
    return replace(made, **more)  # type: ignore[arg-type]


def corpus(*documents: Document, version: str = "1") -> Corpus:
    return Corpus("c", "A corpus", "Scope.", version, "en", "None.", (WORK,), documents, ())


FIRST = corpus(document("a", "\ufeffTrust grows. 🙂\r\n"), document("b", "Feedback helps."))
SECOND = corpus(document("a", "Trust grows slowly."), version="2")
OLD_A, OLD_B = (d.content_hash for d in FIRST.documents)


@pytest.fixture
def index_dir(tmp_path: Path) -> Path:
    """A store to which two versions of a corpus were published; the second changed one document and lost the other."""
    folder = tmp_path / "index"
    folder.mkdir()
    keep_documents(folder, FIRST, "v-20260101T000000000000Z-aaaaaaaa", "2026-01-01T00:00:00+00:00")
    keep_documents(folder, SECOND, "v-20260202T000000000000Z-bbbbbbbb", "2026-02-02T00:00:00+00:00")
    return folder


def test_a_current_version_is_found_with_what_was_recorded_of_it(index_dir: Path) -> None:
    stored = SECOND.documents[0]
    found = find_version(index_dir, SECOND, stored.content_hash, "a")
    assert found is not None
    assert (found.document, found.number, found.work) == (stored, 4, "A work on trust")
    assert (found.corpus_version, found.first_seen) == ("2", "2026-02-02T00:00:00+00:00")
    assert (found.is_current, found.current_hash) == (True, stored.content_hash)


def test_a_changed_document_is_still_found_as_it_was(index_dir: Path) -> None:
    found = find_version(index_dir, SECOND, OLD_A, "a")
    assert found is not None
    assert found.document == FIRST.documents[0]
    assert (found.is_current, found.current_hash) == (False, SECOND.documents[0].content_hash)
    assert (found.corpus_version, found.first_seen) == ("1", "2026-01-01T00:00:00+00:00")


def test_a_deleted_document_is_still_found_and_nothing_is_current(index_dir: Path) -> None:
    found = find_version(index_dir, SECOND, OLD_B, "b")
    assert found is not None
    assert (found.document.text, found.is_current, found.current_hash) == ("Feedback helps.", False, None)
    assert find_version(index_dir, SECOND, OLD_B) == found, "the hash alone is enough"


@pytest.mark.parametrize(
    ("content_hash", "document_id"),
    [
        (OLD_A, "b"),
        (OLD_A, "c"),
        (UNKNOWN, "a"),
        (UNKNOWN, None),
        ("", None),
        ("../../../etc/passwd", None),
        (OLD_A.upper(), "a"),
    ],
)
def test_nothing_else_is_found(index_dir: Path, content_hash: str, document_id: str | None) -> None:
    assert find_version(index_dir, SECOND, content_hash, document_id) is None
    assert find_version(index_dir / "absent", SECOND, OLD_A, "a") is None


def test_a_text_that_comes_back_is_current_again_and_first_seen_once(index_dir: Path) -> None:
    keep_documents(index_dir, FIRST, "v-20260303T000000000000Z-cccccccc", "2026-03-03T00:00:00+00:00")
    found = find_version(index_dir, FIRST, OLD_A, "a")
    assert found is not None
    assert (found.is_current, found.first_seen) == (True, "2026-01-01T00:00:00+00:00")
    assert len(list((index_dir / "documents").iterdir())) == 3 + 2, "nothing new was to be written"


def test_the_terms_recorded_last_hold_for_the_text_of_then(index_dir: Path) -> None:
    stricter = corpus(document("a", "Trust grows slowly.", licence="none", terms=Terms(5, False)), version="3")
    keep_documents(index_dir, stricter, "v-20260303T000000000000Z-cccccccc", "2026-03-03T00:00:00+00:00")
    found = find_version(index_dir, stricter, SECOND.documents[0].content_hash, "a")
    assert found is not None
    assert (found.document.licence, found.document.terms) == ("none", Terms(5, False))
    assert (found.corpus_version, found.first_seen) == ("2", "2026-02-02T00:00:00+00:00")


def test_the_same_text_under_two_ids_is_stored_once_and_found_under_both(tmp_path: Path) -> None:
    twins = corpus(document("a", "The same."), document("b", "The same."))
    keep_documents(tmp_path, twins, "v-20260101T000000000000Z-aaaaaaaa", "2026-01-01T00:00:00+00:00")
    assert len(list((tmp_path / "documents").glob("*.txt"))) == 1
    for stored in twins.documents:
        found = find_version(tmp_path, twins, stored.content_hash, stored.id)
        assert found is not None
        assert found.document == stored


def test_a_change_of_any_byte_of_a_text_is_told_with_its_file_and_its_mend(index_dir: Path) -> None:
    path = index_dir / "documents" / (OLD_A.removeprefix("sha256:") + ".txt")
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(DocumentAltered) as caught:
            find_version(index_dir, SECOND, OLD_A, "a")
        assert f"The stored text {path} was altered" in str(caught.value)
        assert "run `trustbot-ingest`" in str(caught.value)
        assert "\n" not in str(caught.value)
        assert isinstance(caught.value, IndexMissing)
        assert stored_document(index_dir, OLD_A) is None
        assert find_version(index_dir, SECOND, OLD_B, "b"), "the others are as they were"
    path.write_bytes(whole)
    assert find_version(index_dir, SECOND, OLD_A, "a")


def test_a_change_of_any_byte_of_the_records_is_told_with_its_file_and_its_mend(index_dir: Path) -> None:
    path = index_dir / "documents" / "v-20260101T000000000000Z-aaaaaaaa.json"
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(DocumentAltered, match=rf"The list of stored documents {path} .*`trustbot-ingest`"):
            find_version(index_dir, SECOND, OLD_A, "a")


def test_a_text_that_was_taken_down_is_not_found(index_dir: Path) -> None:
    (index_dir / "documents" / (OLD_B.removeprefix("sha256:") + ".txt")).unlink()
    assert find_version(index_dir, SECOND, OLD_B, "b") is None


def test_lost_texts_and_records_are_written_anew(index_dir: Path) -> None:
    from contextlib import nullcontext

    store = index_dir / "documents"
    before = {p.name: p.read_bytes() for p in store.glob("*.txt")}
    assert mend_texts(index_dir, [*FIRST.documents, *SECOND.documents], nullcontext) == 0
    for path in store.glob("*.txt"):
        path.write_bytes(b"altered")
    assert mend_texts(index_dir, [*FIRST.documents, *SECOND.documents], nullcontext) == 3
    assert {p.name: p.read_bytes() for p in store.glob("*.txt")} == before
    assert are_recorded(index_dir, SECOND)
    for path in store.glob("*.json"):
        path.unlink()
    assert not are_recorded(index_dir, SECOND)

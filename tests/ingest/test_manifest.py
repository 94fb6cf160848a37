"""A corpus folder is loaded whole, or refused with a sentence that names file, entry and mend."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.manifest import load_manifest
from trustbot.errors import ManifestError
from trustbot.types import Contact

Replace = Callable[[str, str, str], None]
Refused = Callable[[str, str, str, str], None]

M = "manifest.toml"
LEE, PAGE, NOTE = "source 1 (lee-2020)", "source 2 (page)", "document 2 (lee-2020-note)"
PMID, LICENCE = 'pmid = "12345"', 'licence = "CC BY 4.0"\n'
ADDRESS = "https://example.org/lee"
NOTE_HEAD = 'id = "lee-2020-note"\nsource = "lee-2020"\nkind = "note"'
PATH = "documents/lee.md"

FIELDS = [
    ('id = "huddles"', 'id = "huddles', "the file", "line 2", "Correct the syntax"),
    ("schema = 1", "schema = 1\nschema = 1", "the file", "line 2", "Correct the syntax"),
    ("schema = 1", "schema = 2", "the top of the file", "`schema` is 2", "Make it 1"),
    ("scope", "skope", "the top of the file", "`skope` is not a known key", "Did you mean `scope`?"),
    (PMID, 'pimd = "1"', LEE, "`pimd` is not a known key", "Did you mean `pmid`?"),
    (PMID, "zzz = 1", LEE, "`zzz` is not a known key", "Remove it; the known keys are id, number"),
    (
        'setting = "',
        'x = 1\nsetting = "',
        LEE,
        "`study.x` is not a known key",
        "design, participants, setting",
    ),
    (LICENCE, "", LEE, "`licence` is missing", "Add `licence`"),
    (LICENCE, 'licence = "  "\n', LEE, "`licence` is empty", "Fill in `licence`"),
    ('title = "A study of huddles"\n', "", LEE, "`title` is missing", "Add `title`"),
    (ADDRESS, "javascript:alert(1)", LEE, "`address` is 'javascript:alert(1)'", "a web address"),
    ("10.1000/182", "https://doi.org/10.1000/182", LEE, "`doi` is", "a DOI alone"),
    (PMID, "pmid = 12345", LEE, "`pmid` is 12345", "a valid string"),
    ("A study of", "A study\\nof", LEE, "`title` is", "one line of text"),
    ("number = 1", "number = 0", LEE, "`number` is 0", "greater than or equal to 1"),
    ("number = 1", 'number = "1"', LEE, "`number` is '1'", "a valid integer"),
    ('id = "page"', 'id = "../page"', "source 2 (../page)", "`id` is '../page'", "lower-case letters"),
    ("2024-02-29", '"2023-02-29"', PAGE, "`last_updated` is '2023-02-29'", "a valid date"),
    ('"note"', '"memo"', NOTE, "`kind` is 'memo'", "'article', 'note' or 'full text'"),
    ('= "disclaimer"', '= "x"', "document 1 (article)", "`sections.Small print` is 'x'", "'disclaimer'"),
]

RELATIONS = [
    ("number = 2", "number = 1", PAGE, f"the number 1 is taken by {LEE}", "a number of its own"),
    ('id = "page"', 'id = "lee-2020"', "source 2", "the id lee-2020 is taken", "an id of its own"),
    ('"lee-2020-note"', '"article"', "document 2", "the id article is taken", "an id of its own"),
    (
        'source = "lee-2020"',
        'source = "leigh"',
        NOTE,
        "source leigh is not declared",
        "one of lee-2020, page",
    ),
    ('kind = "note"', 'kind = "article"', NOTE, "its kind is 'article'", "the id article"),
    (
        'kind = "article"',
        'kind = "note"',
        "document 1",
        "its kind is 'note' and its id is article",
        "no other",
    ),
    ('source = "page"', 'source = "lee-2020"', "document 1 (article)", "kind 'work'", 'kind = "guidance"'),
    (
        "last_updated =",
        'review_steps = ["Sent"]\nreview_step = "Done"\nlast_updated =',
        PAGE,
        "`review_step` is 'Done', which is none",
        "letter for letter",
    ),
    (
        "disclaimer =",
        'widget = {origins = ["https://a.example", "portal"]}\ndisclaimer =',
        "[widget] origins",
        "'portal' is not an origin",
        "such as https://portal.example.edu",
    ),
    (
        "disclaimer =",
        'safety = {contact = [{name = "Ward line", number = "ask"}]}\ndisclaimer =',
        "safety contact 1 (Ward line)",
        "`number` is 'ask'",
        "such as 112",
    ),
    (PATH, "documents/leigh.md", NOTE, "the file documents/leigh.md is missing", "Add the file"),
    (PATH, "documents", NOTE, "documents is not a file", "correct the path"),
    (PATH, "documents/../../x.md", NOTE, "leads out of the corpus folder", "into the corpus folder"),
    (PATH, "/etc/hostname", NOTE, "leads out of the corpus folder", "into the corpus folder"),
    (PATH, "C:lee.md", NOTE, "leads out of the corpus folder", "with forward slashes"),
    (PATH, "documents\\\\..\\\\..\\\\x.md", NOTE, "leads out of the corpus folder", "with forward slashes"),
    (PATH, "a" * 5000, NOTE, "can't be followed", "correct the path"),
    (PATH, "documents/./article.md", NOTE, "is taken by document 1 (article)", "a file of its own"),
]


@pytest.mark.parametrize(("old", "new", "entry", "problem", "mend"), FIELDS + RELATIONS)
def test_a_wrong_manifest_is_refused_with_file_entry_and_mend(
    replace: Replace, refused: Refused, old: str, new: str, entry: str, problem: str, mend: str
) -> None:
    replace(M, old, new)
    refused(M, entry, problem, mend)


@pytest.mark.parametrize(
    ("raw", "entry", "problem", "mend"),
    [
        (b"", "the top of the file", "`schema` is missing", "Add `schema`"),
        (b"schema = 1\nid = '\xff'", "line 2", "not UTF-8", "Save the file as UTF-8"),
        (b"a = " + b"[" * 100_000, "the file", "not valid TOML", "Correct the syntax"),
        (b"a = " + b"9" * 5000, "the file", "not valid TOML", "Correct the syntax"),
        (b"[source]\nid = 'x'", "the top of the file", "`source` is not a list", "with [[source]]"),
        (b"source = [1]\n", "source 1", "it is 1, not a table", "Write it as a table"),
    ],
)
def test_a_manifest_of_another_shape_is_refused(
    small_corpus: Path, refused: Refused, raw: bytes, entry: str, problem: str, mend: str
) -> None:
    # The other mandatory keys come along, so that the one at fault is the first to be reported.
    head = b"" if raw.startswith((b"schema", b"a =")) or not raw else b"schema = 1\nid = 'x'\ntitle = 'x'\n"
    rest = b"version = '1'\nlanguage = 'en'\nscope = 'x'\ndisclaimer = 'x'\n" if head else b""
    (small_corpus / M).write_bytes(head + rest + raw)
    refused(M, entry, problem, mend)


def test_a_missing_manifest_is_refused(small_corpus: Path, refused: Refused) -> None:
    (small_corpus / M).unlink()
    refused(M, "the file", "it is not there", "Create it")


def test_a_folder_in_place_of_the_manifest_is_refused(small_corpus: Path, refused: Refused) -> None:
    (small_corpus / M).unlink()
    (small_corpus / M).mkdir()
    refused(M, "the file", "can't be read", "a readable file")


@pytest.mark.parametrize("key", ["source", "document"])
def test_a_manifest_without_sources_or_documents_is_refused(small_corpus: Path, refused: Refused, key: str) -> None:
    text = (small_corpus / M).read_text()
    start, end = (text.index(f"[[{k}]]") for k in ("source", "document"))
    (small_corpus / M).write_text(text[:end] if key == "document" else text[:start] + text[end:])
    refused(M, "the top of the file", f"`{key}` is missing", f"Add `{key}`")


def test_what_is_in_a_document_is_no_matter_of_the_manifest(small_corpus: Path, replace: Replace) -> None:
    replace(M, "lee.md", "lee.xyz")
    (small_corpus / "documents/lee.xyz").write_bytes(b"")
    assert load_manifest(small_corpus).documents[1].media_type == "application/octet-stream"


def test_a_source_needs_no_address(small_corpus: Path, replace: Replace) -> None:
    replace(M, 'address = "https://example.org/lee"\n', "")
    assert load_manifest(small_corpus).sources[0].address == ""


@pytest.mark.parametrize(
    ("name", "declared", "media_type"),
    [
        ("lee.pdf", "", "application/pdf"),
        ("lee.TXT", "", "text/plain"),
        ("lee.bin", 'media_type = "application/pdf"', "application/pdf"),
    ],
)
def test_a_format_is_told_by_its_ending_or_declared(
    small_corpus: Path, replace: Replace, name: str, declared: str, media_type: str
) -> None:
    replace(M, f'path = "{PATH}"', f'path = "documents/{name}"\n{declared}')
    # Only text has to be UTF-8.
    (small_corpus / "documents" / name).write_bytes(b"plain" if media_type == "text/plain" else b"%PDF\xff\xfe")
    assert load_manifest(small_corpus).documents[1].media_type == media_type


@pytest.mark.parametrize(
    ("target", "problem"), [("../../outside.md", "leads out of the corpus folder"), ("lee.md", PATH)]
)
def test_a_link_that_leads_out_or_nowhere_is_refused(
    small_corpus: Path, refused: Refused, target: str, problem: str
) -> None:
    (small_corpus.parent / "outside.md").write_text("# Outside\n")
    (small_corpus / PATH).unlink()
    (small_corpus / PATH).symlink_to(target)
    refused(M, NOTE, problem, "path")


def test_a_manifest_lists_who_may_show_the_widget(small_corpus: Path, replace: Replace) -> None:
    assert load_manifest(small_corpus).widget_origins == ()
    replace(M, "disclaimer =", 'widget = {origins = ["https://A.example/", "https://*.b.example"]}\ndisclaimer =')
    assert load_manifest(small_corpus).widget_origins == ("https://a.example", "https://*.b.example")


def test_a_manifest_names_whom_to_turn_to(small_corpus: Path, replace: Replace) -> None:
    assert load_manifest(small_corpus).contacts == ()
    replace(M, "disclaimer =", 'safety = {contact = [{name = "Ward line", number = "112"}]}\ndisclaimer =')
    assert load_manifest(small_corpus).contacts == (Contact("Ward line", "112"),)


def test_a_link_inside_the_corpus_is_followed(small_corpus: Path) -> None:
    (small_corpus / PATH).rename(small_corpus / "real.md")
    (small_corpus / PATH).symlink_to("../real.md")
    assert load_manifest(small_corpus).documents[1].path == small_corpus / "real.md"


@pytest.mark.parametrize(("make", "problem"), [(False, "no such folder"), (True, "not a folder")])
def test_a_folder_that_is_none_is_refused(tmp_path: Path, make: bool, problem: str) -> None:
    if make:
        (tmp_path / "corpus").write_text("x")
    with pytest.raises(ManifestError, match=problem) as caught:
        load_manifest(tmp_path / "corpus")
    assert str(tmp_path / "corpus") in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
@pytest.mark.parametrize("file", [M, PATH])
def test_an_unreadable_file_is_refused(small_corpus: Path, refused: Refused, file: str) -> None:
    (small_corpus / file).chmod(0)
    refused(M, "the file" if file == M else NOTE, "can't be read", "readable")


def test_a_good_corpus_is_loaded_whole(small_corpus: Path) -> None:
    manifest = load_manifest(small_corpus)

    assert (manifest.id, manifest.version, manifest.language) == ("huddles", "1", "en")
    lee, page = manifest.sources
    assert (lee.number, lee.authors, lee.doi, lee.kind) == (1, ("A. Lee",), "10.1000/182", "work")
    assert lee.study is not None
    assert lee.study.summary == "9 interviews, one ward, 2020"
    assert (lee.volume, lee.pmcid, page.study, page.doi, page.year) == (None,) * 5
    assert (page.kind, page.last_updated) == ("guidance", "2024-02-29")
    article, note = manifest.documents
    assert article.sections == {"Small print": "disclaimer"}
    assert note.path == small_corpus / PATH
    assert (note.source_id, note.media_type, note.kind) == ("lee-2020", "text/markdown", "note")
    assert len(manifest.audits) == 3
    assert manifest.vocabulary == {"huddle": ("stand-up", "morning meeting"), "nurse": ("staff nurse",)}


def test_the_steps_of_a_review_keep_their_order_and_one_may_be_the_one_reached(
    small_corpus: Path, replace: Replace
) -> None:
    assert (
        load_manifest(small_corpus).sources[1].review_steps,
        load_manifest(small_corpus).sources[1].review_step,
    ) == (
        (),
        None,
    )
    replace(M, "last_updated =", 'review_steps = ["Sent", "Read", "Passed"]\nreview_step = "Read"\nlast_updated =')
    page = load_manifest(small_corpus).sources[1]
    assert (page.review_steps, page.review_step) == (("Sent", "Read", "Passed"), "Read")


def test_a_plain_corpus_needs_neither_article_nor_claims_nor_vocabulary(small_corpus: Path) -> None:
    head, _, note = (small_corpus / M).read_text().split("[[document]]")
    (small_corpus / M).write_text(head + "[[document]]" + note)
    (small_corpus / "claims.toml").unlink()
    (small_corpus / "vocabulary.toml").unlink()

    manifest = load_manifest(small_corpus)

    assert [d.id for d in manifest.documents] == ["lee-2020-note"]
    assert (manifest.audits, manifest.vocabulary) == ((), {})


def test_line_ends_and_byte_order_mark_of_another_system_change_nothing(
    small_corpus: Path, small_corpus_files: Mapping[str, str]
) -> None:
    before = load_manifest(small_corpus)
    for name, text in small_corpus_files.items():
        raw = text.replace("\n", "\r\n").encode()
        (small_corpus / name).write_bytes(b"\xef\xbb\xbf" + raw if name.endswith(".toml") else raw)
    after = load_manifest(small_corpus)
    assert (after.audits, after.sources, after.documents) == (
        before.audits,
        before.sources,
        before.documents,
    )


def test_the_hash_covers_each_of_the_three_files_and_no_document(
    small_corpus: Path, small_corpus_files: Mapping[str, str]
) -> None:
    first = load_manifest(small_corpus).content_hash
    seen = [first]
    for name in (M, "claims.toml", "vocabulary.toml"):
        (small_corpus / name).write_text(small_corpus_files[name] + "# a remark\n")
        seen.append(load_manifest(small_corpus).content_hash)
    assert len(set(seen)) == 4
    (small_corpus / PATH).write_text("# Note on Lee\n\nChanged.\n")
    assert load_manifest(small_corpus).content_hash == seen[-1]
    assert first.startswith("sha256:")
    assert len(first) == len("sha256:") + 64


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_whatever_is_written_into_a_corpus_is_loaded_or_refused_in_words(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory, small_corpus_files: Mapping[str, str]
) -> None:
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "documents").mkdir()
    broken = data.draw(st.sampled_from(sorted(small_corpus_files)))
    raw = small_corpus_files[broken].encode()
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 40)))
    other = st.binary(max_size=20) | st.sampled_from([b"[[source]]\n", b"[1]", b"{}", b"=[]", b'""', b"\n"])
    for name, text in small_corpus_files.items():
        (folder / name).write_text(text)
    (folder / broken).write_bytes(raw[:start] + data.draw(other) + raw[end:])
    error: ManifestError | None = None
    try:
        load_manifest(folder)
    except ManifestError as refusal:
        error = refusal
    shutil.rmtree(folder)
    if error is not None:
        assert error.file.startswith(str(folder))
        assert all((error.entry, error.problem, error.mend))

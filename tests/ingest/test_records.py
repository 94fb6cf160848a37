"""Records: what the manifest knows of each source, as sentences that can be quoted, and nothing more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.manifest import Manifest
from ingest.records import write_records
from trustbot.corpus.facts import CORPUS_RECORD, HEADINGS, record_id
from trustbot.text.sentences import split_sentences
from trustbot.types import Audit, Source, Study, sha256_text

LINES = st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1).filter(str.strip)


def told(manifest: Manifest, source_id: str) -> str:
    documents, _ = write_records(manifest)
    return next(d.text for d in documents if d.id == record_id(source_id))


def corpus_record(manifest: Manifest) -> str:
    documents, _ = write_records(manifest)
    return next(d.text for d in documents if d.id == CORPUS_RECORD)


def with_source(manifest: Manifest, source_id: str, **changes: Any) -> Manifest:
    sources = tuple(replace(s, **changes) if s.id == source_id else s for s in manifest.sources)
    return replace(manifest, sources=sources)


def test_every_sentence_is_a_span_of_a_stored_hashed_document(default_manifest: Manifest) -> None:
    documents, chunks = write_records(default_manifest)
    assert {d.kind for d in documents} == {"record"}
    assert len(documents) == len(default_manifest.sources) + 1
    by_id = {d.id: d for d in documents}
    for chunk in chunks:
        document = by_id[chunk.document_id]
        assert document.text[chunk.start : chunk.end] == chunk.text
        assert chunk.document_hash == document.content_hash == sha256_text(document.text)
        assert chunk.headings[-1] in HEADINGS.values()
        assert "[" not in chunk.text, "a number in brackets would be read as a citation"
    assert len({c.id for c in chunks}) == len(chunks)
    # Nothing stands in a record that is neither a heading nor one of its sentences.
    for document in documents:
        lines = {line for line in document.text.split("\n") if line and not line.startswith("#")}
        assert lines == {c.text for c in chunks if c.document_id == document.id}


def test_each_sentence_names_what_it_is_about(default_manifest: Manifest) -> None:
    _, chunks = write_records(default_manifest)
    numbers = {s.id: s.number for s in default_manifest.sources if s.kind == "work"}
    for chunk in chunks:
        if chunk.source_id in numbers:
            assert f"eference {numbers[chunk.source_id]}" in chunk.text


@pytest.mark.parametrize(
    ("source_id", "sentences"),
    [
        (
            "penner-2022",
            (
                "John C. Penner, Karen E. Hauer, Katherine A. Julian and Leslie Sheu wrote reference 4.",
                "Reference 4 appeared in Perspectives on Medical Education in 2022, issue 2, pages 73-79.",
                "The participants recorded for reference 4 are: 16 faculty preceptors.",
                "The access recorded for reference 4 is: open access.",
                "Reference 4 is not a trial.",
                "9 statements of the article rest on reference 4: 8 are supported by what could be read and 1 is not "
                "confirmed by it.",
            ),
        ),
        (
            "houldsworth-2020",
            ("No DOI, PMID or PMCID of reference 1 was visible.", "No study period is recorded for reference 1."),
        ),
        (
            "loewen-2017",
            (
                "One statement of the article rests on reference 5, and it is only partly supported by what could be "
                "read.",
            ),
        ),
        (
            "droracle-267765",
            (
                "The article was last updated on 18 August 2025.",
                "The review status recorded for the article is: pending human review.",
                "No author of the article is recorded.",
            ),
        ),
    ],
)
def test_the_default_corpus_records(default_manifest: Manifest, source_id: str, sentences: tuple[str, ...]) -> None:
    text = told(default_manifest, source_id)
    for sentence in sentences:
        assert sentence in text.split("\n")


def test_the_record_of_the_corpus_counts(default_manifest: Manifest) -> None:
    text = corpus_record(default_manifest).split("\n")
    assert "None of the 5 works behind the article's numbers is a trial." in text
    assert (
        "Of the 30 numbered statements of the article, 15 are supported by what could be read, 14 are only partly "
        "supported by it and 1 is not confirmed by it." in text
    )
    assert default_manifest.scope in text
    assert default_manifest.disclaimer in text


def test_a_changed_fact_changes_its_sentence_and_the_hash(default_manifest: Manifest) -> None:
    study = Study("randomised controlled trial", "9 people", "a ward", "a trial, 2020")
    changed = with_source(default_manifest, "penner-2022", authors=("Ann Other",), doi=None, volume="11", study=study)
    text = told(changed, "penner-2022")
    assert "Ann Other wrote reference 4." in text
    assert "10.1007/s40037" not in text.split("## Address")[0]
    assert "No DOI of reference 4 was visible." in text
    assert "volume 11, issue 2" in text
    assert "Reference 4 is a randomised trial." in text
    assert "Trials among the 5 works behind the article's numbers: reference 4." in corpus_record(changed)
    assert text != told(default_manifest, "penner-2022")


def test_what_cannot_be_told_is_not_said(default_manifest: Manifest) -> None:
    odd = Study("a study of some kind", "9 people", "a ward", "2020")
    changed = with_source(default_manifest, "penner-2022", study=odd)
    assert "a trial" not in told(changed, "penner-2022")
    assert "is a trial" not in corpus_record(changed), "one undecided work leaves the whole undecided"
    bare = with_source(
        default_manifest, "penner-2022", study=None, access=None, confidence=None, year=None, container=None
    )
    text = told(bare, "penner-2022")
    for word in ("participants", "access recorded", "confidence", "appeared"):
        assert word not in text


def test_a_source_of_which_only_a_title_is_known_has_no_record(default_manifest: Manifest) -> None:
    bare = Source("bare", 1, "A title", (), None, None, "https://e.org", "CC BY 4.0")
    documents, chunks = write_records(replace(default_manifest, sources=(bare,), audits=()))
    assert (documents, chunks) == ((), ())


@given(title=LINES, author=LINES, design=LINES, question=LINES)
def test_any_words_of_a_manifest_are_kept_whole(
    default_manifest: Manifest, title: str, author: str, design: str, question: str
) -> None:
    study = Study(design, "nobody", "nowhere", "2020")
    source = Source(
        "work", 3, title, (author,), 2020, None, "https://e.org", "none", study=study, open_questions=(question,)
    )
    documents, chunks = write_records(replace(default_manifest, sources=(source,), audits=()))
    (document,) = documents
    for chunk in chunks:
        assert document.text[chunk.start : chunk.end] == chunk.text
    said = [c.text for c in chunks]
    assert f"Reference 3 is “{title}”." in said
    assert f"{author} wrote reference 3." in said
    assert any(design in text for text in said)


def test_sentences_are_sentences(default_manifest: Manifest) -> None:
    _, chunks = write_records(default_manifest)
    plain = [c for c in chunks if "Still open" not in c.text and "http" not in c.text and "“" not in c.text]
    assert plain
    for chunk in plain:
        assert chunk.text.endswith(".")
        assert len(split_sentences(chunk.text)) == 1, chunk.text


def test_counts_follow_the_audit(default_manifest: Manifest) -> None:
    audits = tuple(replace(a, check="contradicted") if a.reference == 5 else a for a in default_manifest.audits)
    text = told(replace(default_manifest, audits=audits), "loewen-2017")
    assert "it is contradicted by what could be read." in text
    none: tuple[Audit, ...] = tuple(a for a in default_manifest.audits if a.reference != 5)
    assert "No numbered statement of the article rests on reference 5." in told(
        replace(default_manifest, audits=none), "loewen-2017"
    )

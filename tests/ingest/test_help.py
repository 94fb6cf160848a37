"""Help: what the product says of itself, as a stored document, and of an audit only where there is one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ingest import build_index
from ingest.help import TITLE, help_source, write_help
from ingest.manifest import Manifest, load_manifest
from trustbot.corpus.facts import HELP, HELP_DOCUMENT
from trustbot.index.chroma import open_index, stored_document
from trustbot.presentation import wording
from trustbot.text.sentences import split_sentences
from trustbot.types import Chunk, Document, sha256_text

AUDIT = {HELP[name] for name in ("supported", "partly", "unconfirmed", "checked")}


def written(manifest: Manifest) -> tuple[Document, tuple[Chunk, ...]]:
    return write_help(manifest, help_source(manifest))


def test_every_sentence_is_a_span_of_a_hashed_document(default_manifest: Manifest) -> None:
    document, chunks = written(default_manifest)
    assert (document.id, document.kind, document.title) == (HELP_DOCUMENT, "help", TITLE)
    assert document.content_hash == sha256_text(document.text)
    for chunk in chunks:
        assert document.text[chunk.start : chunk.end] == chunk.text
        assert chunk.sentences == ((0, len(chunk.text)),)
        assert list(split_sentences(chunk.text)) == [(0, len(chunk.text))], "it would be cut into several"
        assert (chunk.document_id, chunk.document_hash) == (document.id, document.content_hash)
        assert "[" not in chunk.text, "a number in brackets would be read as a citation"
        assert chunk.text.endswith(".")
    assert len({c.id for c in chunks}) == len(chunks)
    lines = [line for line in document.text.split("\n") if line and not line.startswith("#")]
    assert lines == [c.text for c in chunks]


def test_every_heading_is_told_in_its_order(default_manifest: Manifest) -> None:
    document, chunks = written(default_manifest)
    assert list(dict.fromkeys(c.headings for c in chunks)) == [(TITLE, heading) for heading in HELP.values()]
    assert [line[3:] for line in document.text.split("\n") if line.startswith("## ")] == list(HELP.values())


def test_it_speaks_of_the_audit_only_where_there_is_one(default_manifest: Manifest) -> None:
    document, _ = written(default_manifest)
    for said in ("“Supported” means", "“Only partly supported” means", "“Not confirmed” means", "was compared"):
        assert said in document.text
    without, chunks = written(replace(default_manifest, audits=()))
    assert {c.headings[-1] for c in chunks} == set(HELP.values()) - AUDIT
    for word in ("upported”", "confirmed", "compared by", "numbered statement"):
        assert word not in without.text
    assert without.content_hash != document.content_hash


def test_it_names_the_corpus(default_manifest: Manifest) -> None:
    document, _ = written(replace(default_manifest, title="Of bees"))
    assert "“Of bees”" in document.text


def test_the_product_is_a_source_after_the_last_one(default_manifest: Manifest) -> None:
    source = help_source(default_manifest)
    assert source.number == max(s.number for s in default_manifest.sources) + 1
    assert source.kind == "help"
    assert source.id not in {s.id for s in default_manifest.sources}
    document, chunks = written(default_manifest)
    assert {document.source_id, *(c.source_id for c in chunks)} == {source.id}


def test_what_it_says_is_labelled_as_help(default_manifest: Manifest) -> None:
    document, chunks = written(default_manifest)
    assert {wording.lead(document.kind, c.kind) for c in chunks} == {wording.HELP_LEAD}


def test_an_index_holds_it_beside_what_is_searched(
    small_corpus: Path, tmp_path: Path, models_dir: Path, replace: Callable[[str, str, str], None]
) -> None:
    folder = tmp_path / "index"
    build_index(load_manifest(small_corpus), folder, models_dir, progress=False)
    with closing(open_index(folder)) as index:
        corpus = index.corpus
        document = corpus.document(HELP_DOCUMENT)
        assert stored_document(folder, document.content_hash) == document.text
        assert corpus.source(document.source_id).kind == "help"
        assert {c.headings[-1] for c in corpus.records if c.document_id == HELP_DOCUMENT} == set(HELP.values())
        assert not any(c.document_id == HELP_DOCUMENT for c in corpus.chunks)
        assert len(index.vectors()) == len(corpus.chunks), "help is read, never searched"
    # Its text is part of what an index is made from.
    replace("manifest.toml", 'title = "Morning huddles"', 'title = "Evening huddles"')
    report = build_index(load_manifest(small_corpus), folder, models_dir, progress=False)
    assert (report.unchanged, report.embedded) == (False, 0)
    with closing(open_index(folder)) as index:
        assert index.corpus.document(HELP_DOCUMENT).content_hash != document.content_hash
        assert stored_document(folder, document.content_hash) == document.text


@pytest.mark.parametrize("name", HELP)
def test_every_topic_of_help_has_questions(name: str) -> None:
    from trustbot.reading.weights import product_questions

    assert sum(f"help:{name}" in e.gold for e in product_questions()) >= 3

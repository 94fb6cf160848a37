"""Chunks: exact spans, nothing lost, both limits kept, and the guidance's statements one by one."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.chunk import Limits, chunk_document
from ingest.manifest import Manifest
from ingest.parsers import parse
from trustbot.errors import InvalidInput, ManifestError
from trustbot.models import tokens
from trustbot.models.embedders import Embedder
from trustbot.types import Audit, Chunk, Document, DocumentKind, Section, SectionKind, sha256_text


def document(text: str, kind: DocumentKind = "full text") -> Document:
    doc_id = "article" if kind == "article" else "doc"
    return Document(doc_id, "src", kind, "T", "text/markdown", "CC0", text, sha256_text(text))


def section(doc: Document, kind: SectionKind = "prose", *headings: str) -> Section:
    text = doc.text.strip()
    return Section(doc.id, doc.source_id, headings, text, 0, doc.text.index(text), kind)


def cut(
    text: str,
    kind: DocumentKind = "full text",
    section_kind: SectionKind = "prose",
    *headings: str,
    limits: Limits,
) -> tuple[Chunk, ...]:
    doc = document(text, kind)
    return chunk_document(doc, [section(doc, section_kind, *headings)], limits)


@pytest.fixture(scope="module")
def limits(embedder: Embedder) -> Limits:
    return Limits(200, embedder.max_tokens, embedder.count_tokens)


ARTICLE = """\
Opening statement of
two lines. [1]

- First item [2]
* Second item,
  on two lines [3].
1. Third item without a number
  - Nested item [4]
- A last one. With two sentences [12]

Closing prose. It has two sentences.
Not a statement [see 5].

[6]
"""


def test_the_guidance_is_cut_into_its_statements(limits: Limits) -> None:
    chunks = cut("\n\n" + ARTICLE, "article", limits=limits)
    assert [(c.kind, c.reference, c.text) for c in chunks] == [
        ("statement", 1, "Opening statement of\ntwo lines."),
        ("statement", 2, "First item"),
        ("statement", 3, "Second item,\n  on two lines"),
        ("statement", None, "Third item without a number"),
        ("statement", 4, "Nested item"),
        ("statement", 12, "A last one. With two sentences"),
        ("prose", None, "Closing prose. It has two sentences.\nNot a statement [see 5].\n\n[6]"),
    ]
    assert [len(c.sentences) for c in chunks] == [1, 1, 1, 1, 1, 2, 4]


def test_line_ends_of_another_system_change_nothing_but_offsets(limits: Limits) -> None:
    one = cut(ARTICLE, "article", limits=limits)
    other = cut(ARTICLE.replace("\n", "\r\n"), "article", limits=limits)
    assert [(c.kind, c.reference, c.text) for c in one] == [
        (c.kind, c.reference, c.text.replace("\r\n", "\n")) for c in other
    ]


def test_a_note_is_one_chunk_a_sentence(limits: Limits) -> None:
    text = "One fact. Another fact.\nA third, by Smith et al. 2020.\n\n- A fourth. And a fifth [7]"
    chunks = cut(text, "note", limits=limits)
    facts = ["One fact.", "Another fact.", "A third, by Smith et al. 2020.", "A fourth.", "And a fifth [7]"]
    assert [c.text for c in chunks] == facts
    assert {(c.kind, c.reference) for c in chunks} == {("prose", None)}


@pytest.mark.parametrize("kind", ["page", "disclaimer"])
def test_page_facts_and_disclaimers_are_one_chunk_a_line_or_sentence(kind: SectionKind, limits: Limits) -> None:
    chunks = cut("Under Review\nLast updated: May 5\n\n- An item. And more.", "article", kind, limits=limits)
    assert [(c.text, c.kind) for c in chunks] == [
        (text, kind) for text in ("Under Review", "Last updated: May 5", "An item.", "And more.")
    ]


def test_chrome_is_left_out(limits: Limits) -> None:
    assert cut("Ask any follow-up question.", "article", "chrome", limits=limits) == ()


def test_a_paper_is_packed_across_paragraphs_and_keeps_its_numbers(limits: Limits) -> None:
    (only,) = cut("Trust grows [3].\n\n- It takes time [4]\n- and care.\n\nThe end (n =\n95) was near.", limits=limits)
    assert only.text.endswith("The end (n =\n95) was near.")
    assert [only.text[s:e] for s, e in only.sentences] == [
        "Trust grows [3].",
        "It takes time [4]",
        "and care.",
        "The end (n =\n95) was near.",
    ]


def test_chunks_are_as_full_as_they_may_be(limits: Limits) -> None:
    text = " ".join(f"Sentence number {i} says something about trust." for i in range(100))
    small = replace(limits, tokens=64)
    chunks = cut(text, limits=small)
    for chunk, following in pairwise(chunks):
        start, end = following.sentences[0]
        longer = text[chunk.start : following.start + end]
        assert not small.hold(longer), f"{following.text[start:end]} would have fitted"


def test_the_heading_counts_too(limits: Limits) -> None:
    text = "word " * 400
    bare = cut(text, limits=limits)
    headed = cut(text, "full text", "prose", "Outer", "A heading " * 10, limits=limits)
    assert len(headed) > len(bare)
    assert all(tokens.count(c.embedded_text) <= 200 for c in headed)
    with pytest.raises(InvalidInput, match=r"the heading .* leaves no room .*Shorten the heading"):
        cut(text, "full text", "prose", "heading " * 300, limits=limits)


def test_a_long_statement_keeps_its_reference_in_every_part(limits: Limits) -> None:
    chunks = cut("- " + "a statement that goes on " * 100 + "[3]", "article", limits=limits)
    assert len(chunks) > 1
    assert {(c.kind, c.reference) for c in chunks} == {("statement", 3)}


def test_a_word_too_long_for_any_chunk_is_cut_not_lost(limits: Limits) -> None:
    text = "see " + "0123456789abcdef" * 400 + " end"
    chunks = cut(text, limits=limits)
    assert "".join(c.text for c in chunks).replace(" ", "") == text.replace(" ", "")


WORDS = st.lists(
    st.sampled_from(
        [
            "trust",
            "Dr.",
            "al.",
            "The",
            "2:1",
            "end.",
            "Why?",
            "[2]",
            "\n",
            "\n\n",
            "\r\n\r\n",
            "- ",
            "1. ",
            "信任。",
            "x" * 90,
        ]
    )
    | st.text(max_size=8),
    min_size=1,
    max_size=120,
).map(" ".join)


@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    text=WORDS,
    kind=st.sampled_from(["article", "note", "full text"]),
    section_kind=st.sampled_from(["prose", "statement", "page", "disclaimer"]),
    heading=st.sampled_from([(), ("Heading",), ("Outer", "Inner heading of some length")]),
    most=st.sampled_from([32, 40, 64]),
    pieces=st.sampled_from([24, 48, 256]),
)
def test_any_section_is_covered_within_both_limits(
    embedder: Embedder,
    text: str,
    kind: DocumentKind,
    section_kind: SectionKind,
    heading: tuple[str, ...],
    most: int,
    pieces: int,
) -> None:
    if not text.strip():
        return
    doc = document("\ufeffbefore " + text + " after", kind)
    part = replace(section(doc, section_kind, *heading))
    limits = Limits(most, pieces, embedder.count_tokens)
    chunks = chunk_document(doc, [part], limits)
    last = part.start
    for chunk in chunks:
        assert doc.text[chunk.start : chunk.end] == chunk.text
        assert tokens.count(chunk.embedded_text) <= most
        assert embedder.count_tokens(chunk.embedded_text) <= pieces
        assert part.start <= chunk.start < chunk.end <= part.start + len(part.text)
        assert _is_between(doc.text[last : chunk.start]), "a gap between chunks"
        assert (chunk.sentences[0][0], chunk.sentences[-1][1]) == (0, len(chunk.text))
        for (_, end), (start, _) in pairwise(chunk.sentences):
            assert _is_between(chunk.text[end:start]), "a gap between sentences"
        last = chunk.end
    assert _is_between(doc.text[last : part.start + len(part.text)])
    assert len({c.id for c in chunks}) == len(chunks)


def _is_between(text: str) -> bool:
    """White space, list marks and printed references: what may stand between two sentences."""
    left = text
    for line in left.split("\n"):
        rest = line.strip()
        while rest:
            for mark in ("[2]", "-", "*", "+", "•", "1.", "."):
                if rest.startswith(mark):
                    rest = rest[len(mark) :].strip()
                    break
            else:
                return False
    return True


def test_ids_are_the_same_on_every_run_and_differ_between_versions(limits: Limits) -> None:
    one, again = (cut(ARTICLE, "article", limits=limits) for _ in range(2))
    other = cut(ARTICLE + "More.", "article", limits=limits)
    assert [c.id for c in one] == [c.id for c in again]
    assert not {c.id for c in one} & {c.id for c in other}


def test_claims_are_found_by_their_quotes(limits: Limits) -> None:
    doc = document(ARTICLE, "article")
    audits = [
        Audit("C01", "Opening statement of\ntwo lines.", 1, "supported", "r", "d"),
        Audit("C02", "First item", 2, "partly", "r", "d", "n"),
    ]
    chunks = chunk_document(doc, [section(doc)], limits, audits)
    assert {c.text[:10]: c.claim_id for c in chunks if c.claim_id} == {
        "Opening st": "C01",
        "First item": "C02",
    }


@pytest.mark.parametrize("quote", ["nowhere to be found", "Closing prose."])
def test_a_claim_that_quotes_no_statement_is_refused(quote: str, limits: Limits) -> None:
    doc = document(ARTICLE, "article")
    with pytest.raises(ManifestError, match=r"claim C07: its quote is not a statement"):
        chunk_document(doc, [section(doc)], limits, [Audit("C07", quote, 1, "supported", "r", "d")])


def test_the_default_corpus_has_its_thirty_statements(default_manifest: Manifest, limits: Limits) -> None:
    chunks: list[Chunk] = []
    for entry in default_manifest.documents:
        doc, sections = parse(entry)
        chunks += chunk_document(doc, sections, limits, default_manifest.audits)
    statements = [c for c in chunks if c.kind == "statement"]
    assert [c.claim_id for c in statements] == [f"C{i:02d}" for i in range(1, 31)]
    by_id = {a.claim_id: a for a in default_manifest.audits}
    assert all(
        (c.text, c.reference) == (by_id[c.claim_id].quote, by_id[c.claim_id].reference)
        for c in statements
        if c.claim_id
    )
    notes = [c for c in chunks if c.document_id != "article"]
    assert {(c.kind, len(c.sentences)) for c in notes} == {("prose", 1)}
    assert {c.kind for c in chunks} == {"statement", "prose", "page", "disclaimer"}
    assert not any("world-class" in c.text for c in chunks), "the page's chrome must not be searched"

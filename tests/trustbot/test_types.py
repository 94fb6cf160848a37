"""What a value may not be: each invariant of the vocabulary, broken one at a time."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot.types import (
    Answer,
    Chunk,
    Citation,
    Document,
    Query,
    Quote,
    Section,
    Terms,
    Trace,
    chunk_id,
    sha256_text,
)

TRACE = Trace({}, "e", "f", "1")
ASKED = Query("Why?", "Why?")


def chunk(text: str, start: int = 10, **more: Any) -> Chunk:
    values: dict[str, Any] = {
        "id": "c",
        "document_id": "article",
        "source_id": "page",
        "document_hash": "sha256:0",
        "headings": (),
        "text": text,
        "start": start,
        "end": start + len(text),
        "sentences": (),
    }
    return Chunk(**{**values, **more})


@given(st.text())
def test_a_content_hash_is_that_of_the_utf8_bytes(text: str) -> None:
    assert sha256_text(text) == f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def test_a_document_with_another_texts_hash_is_refused() -> None:
    with pytest.raises(ValueError, match="article"):
        Document("article", "page", "article", "T", "text/plain", "none", "new text", sha256_text("old text"))


@pytest.mark.parametrize("field", ["document_id", "document_hash", "start", "text"])
def test_a_chunks_id_depends_on_its_document_version_place_and_text(field: str) -> None:
    values: dict[str, Any] = {"document_id": "a", "document_hash": "h", "start": 3, "text": "t"}
    other = values | {field: 4 if field == "start" else "other"}
    assert chunk_id(**values) == chunk_id(**values)
    assert chunk_id(**values) != chunk_id(**other)


def test_a_chunks_id_tells_where_one_part_ends_and_the_next_begins() -> None:
    assert chunk_id("a", "bc", 1, "t") != chunk_id("ab", "c", 1, "t")


@pytest.mark.parametrize("end", [0, 14, 16])
def test_a_chunk_is_as_long_as_its_place(end: int) -> None:
    with pytest.raises(ValueError, match="length"):
        chunk("hello", end=end)


@pytest.mark.parametrize("sentence", [(0, 6), (-1, 3), (3, 3), (4, 2)])
def test_a_sentence_lies_inside_its_chunk(sentence: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="outside"):
        chunk("hello", sentences=((0, 5), sentence))


def test_the_embedder_reads_the_innermost_heading_with_the_text() -> None:
    assert chunk("Observe.", headings=("Trust", "Strategies")).embedded_text == "Strategies: Observe."
    assert chunk("Observe.").embedded_text == "Observe."


@given(st.text(min_size=1, max_size=40), st.integers(0, 1000), st.data())
def test_a_quote_is_its_span_of_the_document(text: str, start: int, data: st.DataObject) -> None:
    held = chunk(text, start)
    first = data.draw(st.integers(0, len(text) - 1))
    last = data.draw(st.integers(first + 1, len(text)))
    quote = Quote(held, start + first, start + last, text[first:last])
    assert (" " * start + text)[quote.start : quote.end] == quote.text


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (10, 15, "Hello"),
        (11, 16, "hello"),
        (10, 14, "hello"),
        (10, 10, ""),
        (9, 14, "hello"),
        (-5, 0, "world"),
    ],
)
def test_a_quote_that_its_document_does_not_say_is_refused(start: int, end: int, text: str) -> None:
    with pytest.raises(ValueError, match="quote"):
        Quote(chunk("hello world"), start, end, text)


def test_a_citation_whose_quote_is_not_in_its_document_is_refused(world: Any) -> None:
    cited: Citation = world.citation("Penner and colleagues suggest", document="penner-2022")
    with pytest.raises(ValueError, match=r"\[4\].*article"):
        dataclasses.replace(cited, document=world.corpus.document("article"))


def test_a_citation_longer_than_its_licence_allows_is_refused(world: Any) -> None:
    cited: Citation = world.citation("Penner and colleagues suggest", document="penner-2022")
    allowed = dataclasses.replace(cited.document, terms=Terms(quote_words=4))
    assert dataclasses.replace(cited, document=allowed).quote == cited.quote
    with pytest.raises(ValueError, match=r"\[4\].*longer than 'CC BY 4.0' allows"):
        dataclasses.replace(cited, document=dataclasses.replace(allowed, terms=Terms(quote_words=3)))


def test_an_answer_shows_exactly_the_numbers_that_it_cites(world: Any) -> None:
    answer: Answer = world.answered()
    two, four = answer.citations[0], answer.citations[1]
    assert not answer.abstained
    for text, citations, message in [
        ("No number.", [four], "differ"),
        ("One [4], invented [3].", [four], "differ"),
        ("One [4].", [two, four], "differ"),
        ("One [4].", [], "needs a citation"),
        ("", [], "needs a citation"),
    ]:
        with pytest.raises(ValueError, match=message):
            world.answer(text, [dataclasses.replace(c, supports=()) for c in citations])


@pytest.mark.parametrize("span", [(0, 99), (-1, 2), (3, 3), (5, 2)])
def test_an_answers_citation_supports_text_that_is_there(world: Any, span: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="supports"):
        world.answer("One [4].", [dataclasses.replace(world.citation("Direct observations"), supports=(span,))])


@pytest.mark.parametrize("outcome", ["abstained", "closest", "refused"])
def test_nothing_answered_means_a_reason_and_no_number(world: Any, outcome: Any) -> None:
    make: Callable[..., Answer] = lambda text, reason, citations=(): Answer(  # noqa: E731
        outcome, text, ASKED, "For education.", TRACE, citations, reason=reason
    )
    assert make("Nothing on doses.", "No source covers doses.").abstained
    for wrong in [("Nothing.", None), ("Nothing.", ""), ("See [4].", "No source.")]:
        with pytest.raises(ValueError, match=outcome):
            make(*wrong)
    with pytest.raises(ValueError, match=outcome):
        make("Nothing.", "No source.", (world.citation("Direct observations"),))


def test_what_is_near_stands_beside_no_answer_and_in_none(world: Any) -> None:
    near = world.citation("Direct observations")
    made = Answer("closest", "Nothing. But near.", ASKED, "d", TRACE, reason="Nothing.", closest=(near,))
    assert made.abstained
    for outcome in ("abstained", "refused"):
        with pytest.raises(ValueError, match=f"{outcome} answer shows nothing as closest"):
            dataclasses.replace(made, outcome=outcome)
    for outcome in ("answered", "partly"):
        with pytest.raises(ValueError, match="shows nothing as closest"):
            dataclasses.replace(world.answered(), outcome=outcome, closest=(near,))
    with pytest.raises(ValueError, match="takes no citation"):
        dataclasses.replace(made, text="Near: observation [4].")
    with pytest.raises(ValueError, match="takes no citation"):
        dataclasses.replace(made, citations=(near,))


def test_an_answer_that_may_not_be_whole_is_one_all_the_same(world: Any) -> None:
    made = dataclasses.replace(world.answered(), outcome="partly")
    assert not made.abstained
    with pytest.raises(ValueError, match="needs a citation"):
        dataclasses.replace(made, citations=())


def test_a_corpus_finds_its_parts_by_name(world: Any) -> None:
    corpus = world.corpus
    assert corpus.source("penner-2022").number == 4
    assert corpus.numbered(4).id == "penner-2022"
    assert corpus.numbered(1) is None
    assert corpus.document("article").kind == "article"
    assert corpus.audit("C13").check == "supported"
    assert corpus.audit(None) is None
    for find in (corpus.source, corpus.document):
        with pytest.raises(KeyError):
            find("no-such-id")


@pytest.mark.parametrize("value", [ASKED, TRACE, chunk("x"), Section("d", "s", (), "t", 0, 0)])
def test_values_can_not_be_changed(value: object) -> None:
    name = dataclasses.fields(value)[0].name  # type: ignore[arg-type]
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, name, "another")

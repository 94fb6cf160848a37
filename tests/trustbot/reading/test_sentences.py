"""Which stored sentences the classes of a reader stand for, and which may be quoted at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from trustbot.corpus.facts import HEADINGS, HELP
from trustbot.reading.bank import Named
from trustbot.reading.sentences import classes_of, places_of, plain_sentences, quotable, quotes_of
from trustbot.reading.weights import FACTS, HELPS, OPERATIONS, PARTS, TOPICS
from trustbot.types import Chunk, Corpus, Quote, Terms

Find = Callable[..., Quote]


@pytest.fixture
def find(corpus: Corpus) -> Find:
    """The first sentence of a document that stands under this heading."""

    def sentence(document: str, heading: str) -> Quote:
        found = (q for q in quotable(corpus) if q.chunk.document_id == document)
        return next(q for q in found if q.chunk.headings[-1:] == (heading,))

    return sentence


def classes(corpus: Corpus, quote: Quote, *named: Named) -> tuple[str, ...]:
    (found,) = classes_of([quote], corpus, places_of(corpus, named))
    return found


def test_a_statement_stands_for_its_claim(corpus: Corpus) -> None:
    statements = [q for q in quotable(corpus) if q.chunk.claim_id]
    assert len(statements) == len(corpus.audits)
    assert classes_of(statements, corpus, {}) == [(q.chunk.claim_id,) for q in statements]


@pytest.mark.parametrize(("fact", "heading"), HEADINGS.items())
def test_a_recorded_fact_stands_for_its_heading(corpus: Corpus, fact: str, heading: str) -> None:
    found = [q for q in quotable(corpus) if q.chunk.headings[-1:] == (heading,)]
    of = {corpus.document(q.chunk.document_id).kind for q in found}
    assert of == {"record"}
    assert {classes(corpus, q) for q in found} == {(f"fact:{fact}",)}


@pytest.mark.parametrize(("name", "heading"), HELP.items())
def test_help_stands_for_its_heading(corpus: Corpus, find: Find, name: str, heading: str) -> None:
    assert classes(corpus, find("help", heading)) == (f"help:{name}",)


@pytest.mark.parametrize(
    ("heading", "found"),
    [
        ("What it found", ("fact:findings",)),
        ("What it does not show", ("fact:limits",)),
        ("How it was done", ()),
        ("Record", ()),
    ],
)
def test_a_note_tells_findings_and_limits(corpus: Corpus, find: Find, heading: str, found: tuple[str, ...]) -> None:
    assert classes(corpus, find("penner-2022-note", heading)) == found


def test_a_heading_counts_only_in_its_kind_of_document(corpus: Corpus, find: Find) -> None:
    quote = find("penner-2022-note", "Record")
    for heading in (HEADINGS["title"], HELP["keeps"]):
        chunk = replace(quote.chunk, headings=(heading,))
        assert classes(corpus, Quote(chunk, quote.start, quote.end, quote.text)) == ()
    bare = replace(quote.chunk, headings=())
    assert classes(corpus, Quote(bare, quote.start, quote.end, quote.text)) == ()
    title = find("record-penner-2022", "Title")
    noted = replace(title.chunk, headings=("What it found",))
    assert classes(corpus, Quote(noted, title.start, title.end, title.text)) == ()


def test_a_sentence_stands_for_its_name_too(corpus: Corpus, find: Find) -> None:
    quote = find("penner-2022-note", "What it found")
    document = quote.chunk.document_id
    assert classes(corpus, quote, Named("N1", document, quote.text)) == ("N1", "fact:findings")
    # The full stop may be missing, or more may be named; what is named must begin where the sentence does.
    assert classes(corpus, quote, Named("N1", document, quote.text.rstrip("."))) == ("N1", "fact:findings")
    longer = corpus.document(document).text[quote.start : quote.end + 20]
    assert classes(corpus, quote, Named("N1", document, longer)) == ("N1", "fact:findings")
    for other in (quote.text[:-5], quote.text[3:], "not there"):
        assert classes(corpus, quote, Named("N1", document, other)) == ("fact:findings",)
    assert classes(corpus, quote, Named("N1", "article", quote.text)) == ("fact:findings",)
    two = (Named("N1", document, quote.text), Named("N2", document, quote.text))
    assert classes(corpus, quote, *two) == ("N1", "N2", "fact:findings")


def test_every_topic_but_operations_has_a_sentence(corpus: Corpus) -> None:
    found = {name for names in classes_of(quotable(corpus), corpus, {}) for name in names}
    assert found - {a.claim_id for a in corpus.audits} == {*FACTS, *HELPS, *PARTS}
    assert set(TOPICS) == {*FACTS, *HELPS, *PARTS, *(f"op:{name}" for name in OPERATIONS)}


def test_plain_sentences_are_those_of_no_known_class(corpus: Corpus, find: Find) -> None:
    known = {a.claim_id for a in corpus.audits} | set(TOPICS)
    note = find("penner-2022-note", "How it was done")
    named = [Named("N1", note.chunk.document_id, note.text)]
    plain = plain_sentences(corpus, known, named)
    assert note in plain
    every = quotable(corpus)
    assert plain == [q for q, names in zip(every, classes_of(every, corpus, {}), strict=True) if not names]
    assert plain_sentences(corpus, {*known, "N1"}, named) == [q for q in plain if q != note]
    assert plain_sentences(corpus, (), named) == list(quotable(corpus))


# -- what may be quoted --------------------------------------------------------------------------------------


def test_every_sentence_is_quotable_in_stored_order(corpus: Corpus) -> None:
    found = quotable(corpus)
    assert [q.chunk.id for q in found] == [c.id for c in (*corpus.chunks, *corpus.records) for _ in c.sentences]
    for quote in found:
        assert corpus.document(quote.chunk.document_id).text[quote.start : quote.end] == quote.text


def limited(corpus: Corpus, document: str, most: int | None) -> Corpus:
    terms = Terms(quote_words=most)
    return replace(
        corpus, documents=tuple(replace(d, terms=terms) if d.id == document else d for d in corpus.documents)
    )


@pytest.mark.parametrize("most", [0, 12, 25, None])
def test_what_a_licence_forbids_is_never_quoted(corpus: Corpus, most: int | None) -> None:
    under = limited(corpus, "penner-2022-note", most)
    found = {q.text for q in quotable(under)}
    for quote in quotable(limited(corpus, "penner-2022-note", None)):
        own = quote.chunk.document_id == "penner-2022-note"
        allowed = not own or most is None or len(quote.text.split()) <= most
        assert (quote.text in found) == allowed
    assert all(q.text in found for q in plain_sentences(under, (), ()))


def test_a_chunk_of_several_sentences_gives_those_that_are_short_enough(corpus: Corpus) -> None:
    note = corpus.document("penner-2022-note")
    start = note.text.index("The preceptors in Penner")
    text = note.text[start : start + 40]
    chunk = Chunk("x", note.id, note.source_id, note.content_hash, (), text, start, start + 40, ((0, 10), (11, 40)))
    whole = quotes_of(chunk, limited(corpus, note.id, None))
    assert [(q.start, q.end, q.text) for q in whole] == [
        (start, start + 10, text[:10]),
        (start + 11, start + 40, text[11:]),
    ]
    assert [q.text for q in quotes_of(chunk, limited(corpus, note.id, 2))] == [text[:10]]

"""Markers and ranges: any text can be read, and each range holds the words that its citation stands for."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot.answer.compose import join
from trustbot.types import MARKER, Claim, Corpus, Quote, Support, Verdict
from trustbot.verify.citations import number, number_of, parse

DRAFT = st.lists(
    st.one_of(
        st.sampled_from(
            ["[4]", "[04]", "[1234]", "[12345]", "[]", "[-1]", "[[2]]", "[ 3 ]", "\n", "\r\n", "\u2028", ". ", "- "]
        ),
        st.text(max_size=10),
    ),
    max_size=12,
).map("".join)


@given(DRAFT)
def test_any_text_is_read_and_spans_are_where_they_say(draft: str) -> None:
    claims = parse(draft)
    end = 0
    for claim in claims:
        assert draft[claim.start : claim.end] == claim.text
        assert claim.text == claim.text.strip() != ""
        assert claim.start >= end
        end = claim.end
    assert sorted({n for c in claims for n in c.numbers}) == sorted({int(n) for n in MARKER.findall(draft)})


@given(DRAFT)
def test_nothing_but_white_space_lies_between_claims(draft: str) -> None:
    rest, end = "", 0
    for claim in parse(draft):
        rest += draft[end : claim.start]
        end = claim.end
    assert (rest + draft[end:]).strip() == ""


def test_a_line_is_a_claim_and_its_numbers_come_once_in_order() -> None:
    one, two = parse("First [2]. Still first [5] and [2].\n\n  Second, uncited.  ")
    assert (one.numbers, two.numbers) == ((2, 5), ())
    assert two.text == "Second, uncited."


@pytest.fixture(scope="module")
def quotes(index: Any) -> tuple[Quote, ...]:
    """A quote of each statement and of each sentence of the notes."""
    return tuple(Quote(c, c.start + s, c.start + e, c.text[s:e]) for c in index.corpus.chunks for s, e in c.sentences)


def verdict(quotes: tuple[Quote, ...], corpus: Corpus, support: Support = "supported") -> Verdict:
    text = f"{quotes[0].text} [{number_of(quotes[0], corpus)}]."
    return Verdict(Claim(text, 0, len(text), (number_of(quotes[0], corpus),)), support, quotes)


@pytest.mark.parametrize("put_together", [join, "\n".join, " ".join], ids=["list", "lines", "prose"])
def test_every_range_holds_its_quote_and_its_marker(
    index: Any, quotes: tuple[Quote, ...], put_together: Callable[[Any], str]
) -> None:
    verdicts = [verdict((q,), index.corpus) for q in quotes]
    text, citations = number(verdicts, index.corpus, put_together)
    assert len(citations) == len(quotes)
    for citation in citations:
        for start, end in citation.supports:
            assert citation.quote.text in text[start:end]
            assert text[start:end].endswith(f"[{citation.number}].")


@given(data=st.data())
def test_ranges_are_apart_and_cover_each_claim_once(index: Any, quotes: tuple[Quote, ...], data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(quotes), min_size=1, max_size=6))
    text, citations = number([verdict((q,), index.corpus) for q in chosen], index.corpus, join)
    spans = sorted(span for c in citations for span in c.supports)
    assert len(spans) == len(chosen)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert {c.number for c in citations} == {int(n) for n in MARKER.findall(text)}


def test_a_quote_used_twice_is_one_citation_with_two_ranges(index: Any, quotes: tuple[Quote, ...]) -> None:
    made = verdict((quotes[20],), index.corpus)
    text, (citation,) = number([made, made], index.corpus, join)
    assert len(citation.supports) == 2
    assert len({text[start:end] for start, end in citation.supports}) == 1


def test_two_quotes_of_one_claim_share_its_range(index: Any, quotes: tuple[Quote, ...]) -> None:
    _, citations = number([verdict((quotes[20], quotes[21]), index.corpus)], index.corpus, join)
    assert [c.quote for c in citations] == [quotes[20], quotes[21]]
    assert citations[0].supports == citations[1].supports


@pytest.mark.parametrize("support", ["unsupported", "uncited", "unknown marker"])
def test_only_supported_claims_are_used(index: Any, quotes: tuple[Quote, ...], support: Support) -> None:
    good, bad = verdict((quotes[20],), index.corpus), verdict((quotes[21],), index.corpus, support)
    text, citations = number([bad, good, bad], index.corpus, join)
    assert text == good.claim.text
    assert [c.quote for c in citations] == [quotes[20]]
    assert number([bad], index.corpus, join) == ("", ())


def test_numbers_are_the_articles_own_then_the_works(index: Any, quotes: tuple[Quote, ...]) -> None:
    corpus = index.corpus
    for quote in quotes:
        source = corpus.source(quote.chunk.source_id)
        expected = quote.chunk.reference or source.number
        assert number_of(quote, corpus) == expected
        _, (citation,) = number([verdict((quote,), corpus)], corpus, join)
        assert citation.number == citation.source.number == expected
        assert citation.document.id == quote.chunk.document_id
        assert citation.audit == corpus.audit(quote.chunk.claim_id)

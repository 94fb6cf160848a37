"""What may be shown around a quote: all of a text that may be passed on, else never more than its licence allows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot.corpus.excerpts import CONTEXT_WORDS, LONGEST, shown_part
from trustbot.types import Document, Terms, sha256_text

TEXT = "\n".join(f"Line {i} has some words of its own." for i in range(100))


def document(text: str, terms: Terms) -> Document:
    return Document("d", "s", "full text", "D", "text/plain", "L", text, sha256_text(text), terms)


@given(
    text=st.text(alphabet="ab \n", max_size=120),
    data=st.data(),
    limit=st.none() | st.integers(1, 30),
    ship=st.booleans(),
)
def test_no_more_is_shown_than_the_licence_allows(
    text: str, data: st.DataObject, limit: int | None, ship: bool
) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    part = shown_part(document(text, Terms(limit, ship)), start, end)
    if ship:
        assert part == (0, len(text))
    elif part is None:
        assert len(text[start:end].split()) > (limit or LONGEST)
    else:
        assert 0 <= part[0] <= start <= end <= part[1] <= len(text)
        most = limit or LONGEST + 2 * CONTEXT_WORDS
        assert len(text[part[0] : part[1]].split()) <= most


def test_words_that_a_place_only_touches_count() -> None:
    assert shown_part(document("aa a a", Terms(2, False)), 2, 3) == (2, 3)


@pytest.mark.parametrize(("terms", "words"), [(Terms(20, False), 20), (Terms(9, False), 9), (Terms(None, False), 88)])
def test_the_words_around_the_quote_are_whole_and_as_many_as_allowed(terms: Terms, words: int) -> None:
    quote = "Line 50 has some words of its own."
    start = TEXT.index(quote)
    part = shown_part(document(TEXT, terms), start, start + len(quote))
    assert part is not None
    shown = TEXT[part[0] : part[1]]
    assert quote in shown
    assert words - 1 <= len(shown.split()) <= words
    assert shown.split()[0] in TEXT.split()


def test_the_whole_of_a_text_can_not_be_asked_for_as_one_place() -> None:
    assert shown_part(document(TEXT, Terms(None, False)), 0, len(TEXT)) is None

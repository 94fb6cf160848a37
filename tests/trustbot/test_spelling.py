"""Slips and shorthand become words; words that mean something are left alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot.spelling import SHORTHAND, Speller
from trustbot.terms import words

KNOWN = frozenset(
    """trust trusting preceptor preceptors resident residents feedback observation relationship professional
    supervision negotiation continuity learner learners reference study visible""".split()
)
SPELLER = Speller(KNOWN)


@pytest.fixture(scope="module")
def speller(bot: Any) -> Speller:
    """Over the words of the default corpus."""
    corpus = bot.corpus
    texts = [c.embedded_text for c in corpus.chunks]
    texts += [form for preferred, variants in corpus.vocabulary.items() for form in (preferred, *variants)]
    return Speller({word for text in texts for word, _, _ in words(text)})


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("feedbck", "feedback"),
        ("perceptor", "preceptor"),
        ("relationsip", "relationship"),
        ("obsrvation", "observation"),
        ("supervison", "supervision"),
        ("PRECEPTER", "preceptor"),
        ("learnner", "learner"),
    ],
)
def test_a_slip_becomes_the_corpus_word_that_was_meant(slip: str, meant: str) -> None:
    text, changed = SPELLER.correct(f"How does {slip} matter?")
    assert text == f"How does {meant} matter?"
    assert changed == {slip: meant}


def test_shorthand_of_messages_is_written_out() -> None:
    text, changed = SPELLER.correct("y do u trust ppl w/o feedback & w/ goals b4 clinic")
    assert text == "why do you trust people without feedback & with goals before clinic"
    assert changed == {"y": "why", "u": "you", "ppl": "people", "b4": "before"}


def test_of_two_words_as_near_the_one_with_the_same_ending_was_meant() -> None:
    assert Speller({"trainer", "trainee"}).correct("one trainne")[0] == "one trainee"
    assert Speller({"trainer", "trainee"}).correct("one trainnr")[0] == "one trainer"


def test_contractions_get_their_apostrophe_back() -> None:
    assert (
        SPELLER.correct("i cant see what they dont do btwn visits")[0]
        == "i can't see what they don't do between visits"
    )


def test_digits_that_stand_for_words_are_read_as_such() -> None:
    assert SPELLER.correct("how 2 build trust")[0] == "how to build trust"
    assert SPELLER.correct("is trust good 4 feedback")[0] == "is trust good for feedback"


@pytest.mark.parametrize(
    "text",
    [
        "what does reference 2 say",
        "compare study 4 with the rest",
        "what about source 2 and 4 together",
        "is a 2:1 ratio of learners good",
        "[2] says what",
        "number 4 please",
        "trust since 2017",
        "2 learners",
    ],
)
def test_digits_that_are_numbers_stay(text: str) -> None:
    assert SPELLER.correct(text) == (text, {})


@pytest.mark.parametrize(
    "word",
    [
        "patient",
        "mentor",
        "nurse",
        "anatomy",
        "transport",
        "profession",
        "preparation",
        "thrust",
        "amoxicillin",
        "conservation",
    ],
)
def test_a_word_of_the_language_is_never_corrected(word: str, speller: Speller) -> None:
    for known in (SPELLER, speller):
        assert known.correct(f"Does {word} matter?") == (f"Does {word} matter?", {})


@pytest.mark.parametrize("word", ["xyzzy", "qwertyuiop", "blorft", "tst", "abcde"])
def test_a_word_that_resembles_nothing_stays(word: str) -> None:
    assert SPELLER.correct(word) == (word, {})


def test_the_end_of_a_possessive_is_no_shorthand() -> None:
    assert SPELLER.correct("they'r here")[0] == "they'r here"


@given(st.lists(st.sampled_from(sorted(KNOWN)), max_size=8))
def test_the_corpuss_own_words_stay(chosen: list[str]) -> None:
    text = " ".join(chosen)
    assert SPELLER.correct(text) == (text, {})


@given(st.text(max_size=60))
def test_correcting_changes_only_what_it_names(text: str) -> None:
    corrected, changed = SPELLER.correct(text)
    if not changed and "/" not in text:
        assert corrected == text
    assert all(meant in KNOWN or meant in SHORTHAND.values() or meant in ("to", "for") for meant in changed.values())


def test_the_questions_of_the_default_corpus_keep_their_words(speller: Speller, repository: Any) -> None:
    """Over well-formed sentences of the corpus itself, nothing is a slip."""
    article = (repository / "corpus" / "preceptor-trust" / "documents" / "article.md").read_text(encoding="utf-8")
    statements = [line for line in article.splitlines() if line.startswith("- ")]
    assert len(statements) > 20
    assert all(speller.correct(line) == (line, {}) for line in statements)


def test_a_question_in_shorthand_throughout_means_its_figures_as_words() -> None:
    assert SPELLER.correct("wat r the best ways 2 get ur student 2 trust u")[0].count(" to ") == 2
    for text in ("wat does ref 2 say abt trust", "wat do refs 1 and 2 say ur way", "name 2 tips 4 ur student plz"):
        assert " 2 " in SPELLER.correct(text)[0]

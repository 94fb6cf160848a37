"""Words: their places, their stems, what they weigh, and the controlled vocabulary."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot.text.terms import (
    STOPWORDS,
    Vocabulary,
    content_stems,
    content_terms,
    is_content,
    rarity,
    stem,
    words,
    zipf,
)

VOCABULARY = Vocabulary(
    {
        "preceptor": ("supervisor", "clinical teacher"),
        "feedback": ("critique", "clinical teacher feedback"),
        "direct observation": ("directly observed",),
        "": (),
    }
)


@given(st.text())
def test_a_words_place_is_where_it_stands(text: str) -> None:
    found = words(text)
    assert all(text[start:end].lower() == word for word, start, end in found)
    ends = [0, *(end for _, _, end in found)]
    assert all(end <= start for end, (_, start, _) in zip(ends, found, strict=False))
    covered = "".join(text[start:end] for _, start, end in found)
    assert covered == "".join(c for c in text if c.isalnum() or c in covered)


@pytest.mark.parametrize(
    ("text", "expected"), [("one-to-one", ["one", "to", "one"]), ("resident's", ["resident", "s"]), ("a_b", ["a", "b"])]
)
def test_hyphens_apostrophes_and_underscores_separate_words(text: str, expected: list[str]) -> None:
    assert [word for word, _, _ in words(text)] == expected


@pytest.mark.parametrize(
    ("one", "other"), [("observes", "observing"), ("relationship", "relationships"), ("trusting", "trusted")]
)
def test_forms_of_a_word_share_a_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


def test_frequent_words_say_less_than_rare_ones() -> None:
    assert zipf("the") > zipf("trust") > zipf("preceptor")
    assert rarity("the") == 0.1 < rarity("relationship") < rarity("preceptor") == 1.0
    assert rarity("zzyzxq") == 1.0


@given(st.text(alphabet=st.characters(categories=("Ll",)), min_size=1, max_size=12))
def test_a_rarity_is_a_share(word: str) -> None:
    assert 0.1 <= rarity(word) <= 1.0


def test_function_words_carry_no_topic_and_words_that_frame_a_question_hardly_any() -> None:
    text = "What does the article say about the goals of a preceptor?"
    terms = {t.text: t for t in content_terms(text)}
    assert set(terms) == {"article", "say", "goals", "preceptor"}
    assert all(text[t.start : t.end] == t.text for t in terms.values())
    assert terms["article"].weight < terms["goals"].weight < terms["preceptor"].weight
    assert content_stems(text) == {stem("goals"), stem("preceptor")}
    assert not is_content("article")
    assert not is_content("the")
    assert is_content("goals")


def test_repeats_stay_in_order() -> None:
    assert [t.text for t in content_terms("Trust, not hope: trust!")] == ["trust", "hope", "trust"]


@given(st.text())
def test_no_function_word_is_a_term(text: str) -> None:
    assert not {t.text for t in content_terms(text)} & STOPWORDS


def test_a_concept_is_found_by_any_of_its_forms() -> None:
    for text in ("a preceptor", "my supervisors", "the Clinical-Teacher"):
        assert [c.preferred for c in VOCABULARY.find(text)] == ["preceptor"]


def test_the_longest_form_wins_and_a_word_belongs_to_one_concept() -> None:
    text = "My clinical teacher's feedback, directly observed"
    found = VOCABULARY.find("clinical teacher feedback, directly observed")
    assert [c.preferred for c in found] == ["feedback", "direct observation"]
    # "s" stands between: two concepts, each over its own words.
    assert [text[c.start : c.end] for c in VOCABULARY.find(text)] == [
        "clinical teacher",
        "feedback",
        "directly observed",
    ]


@given(
    st.lists(
        st.sampled_from(["clinical", "teacher", "feedback", "critique", "directly", "observed", "a", "-"]), max_size=12
    )
)
def test_concepts_go_from_left_to_right_without_overlap(parts: list[str]) -> None:
    text = " ".join(parts)
    end = 0
    for concept in VOCABULARY.find(text):
        assert end <= concept.start < concept.end <= len(text)
        stems = tuple(stem(word) for word, _, _ in words(text[concept.start : concept.end]))
        assert stems in VOCABULARY.forms(concept.preferred)
        end = concept.end


def test_a_vocabulary_knows_its_words_and_no_others() -> None:
    assert VOCABULARY.knows(stem("supervisor"))
    assert not VOCABULARY.knows(stem("nurse"))
    assert VOCABULARY.forms("nurse") == frozenset()
    assert Vocabulary({}).find("anything at all") == []

"""Late interaction: a sentence answers by the terms that it meets, in words, by a variant, or by meaning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from trustbot import matching
from trustbot.matching import Match, Matcher
from trustbot.terms import Vocabulary

UNITS = (
    "Direct observation of skills builds trust",
    "Feedback needs trust between preceptor and learner",
    "Goals are negotiated early",
    "Continuity lets preceptors see growth",
    "Trust shapes supervision",
)
VOCABULARY = Vocabulary({"preceptor": ("supervisor",), "direct observation": ("being watched",), "unused": ("zzyzx",)})


@pytest.fixture(scope="module")
def matcher(embedder: Any) -> Matcher:
    return Matcher(embedder, UNITS, VOCABULARY)


def match(matcher: Matcher, query: str, sentences: Sequence[str], headings: Sequence[str] = ()) -> list[Match]:
    return matcher.match(query, matcher.query_terms(query), sentences, headings)


def test_terms_are_concepts_first_then_words_in_order(matcher: Matcher) -> None:
    text = "How does being watched shape goals for a robot?"
    terms = matcher.query_terms(text)
    assert [t.text for t in terms] == ["being watched", "shape", "goals", "robot"]
    assert [t.concept for t in terms] == ["direct observation", None, None, None]
    assert [t.known for t in terms] == [True, True, True, False]
    assert all(text[t.start : t.end] == t.text for t in terms)
    assert terms[0].scaled(0.5).weight == pytest.approx(terms[0].weight / 2)


def test_a_concept_that_no_unit_holds_is_unknown(matcher: Matcher) -> None:
    (term,) = matcher.query_terms("zzyzx")
    assert term.concept == "unused"
    assert not term.known
    assert matcher.knows("goal")
    assert not matcher.knows("zzyzx")


def test_the_rarer_in_the_corpus_the_heavier(matcher: Matcher) -> None:
    weight = {t.text: t.weight for t in matcher.query_terms("continuity preceptor")}
    assert weight["continuity"] > weight["preceptor"] > 0


def test_the_sentence_that_says_it_wins(matcher: Matcher) -> None:
    scores = [m.score for m in match(matcher, "How are goals negotiated?", UNITS)]
    assert scores.index(max(scores)) == 2


@pytest.mark.parametrize(
    "query", ["goals", "Does a supervisor watch learners?", "zzz qqq", "信頼", "🙂 [4]", "trust " * 300]
)
def test_scores_are_shares_with_one_similarity_per_term(matcher: Matcher, query: str) -> None:
    terms = matcher.query_terms(query)
    for found in match(matcher, query, [*UNITS, "!", "信頼"]):
        assert 0 <= found.score <= 1 + 1e-6
        assert len(found.similarities) == (len(terms) if terms else 0)
        assert all(0 <= s <= 1 + 1e-6 for s in found.similarities)


def test_a_word_a_variant_and_something_else(matcher: Matcher) -> None:
    same, variant, other = match(matcher, "supervisor", ["The supervisor.", "The preceptor.", "The banana."])
    assert same.score > variant.score > other.score
    assert variant.score >= matching.VARIANT


def test_a_paraphrase_beats_an_unrelated_sentence(matcher: Matcher) -> None:
    near, far = match(matcher, "aims", ["Objectives matter.", "The bus was late."])
    assert near.score > far.score


def test_meeting_a_term_in_the_heading_counts_less(matcher: Matcher) -> None:
    said, headed, neither = match(
        matcher,
        "feedback",
        ["Feedback is explicit.", "It is explicit.", "It is explicit."],
        ["", "Feedback", ""],
    )
    assert said.score > headed.score > neither.score


def test_scores_do_not_depend_on_company(matcher: Matcher) -> None:
    alone = match(matcher, "early goals", [UNITS[2]])[0]
    among = match(matcher, "early goals", UNITS)[2]
    assert among.score == pytest.approx(alone.score, abs=1e-4)


@pytest.mark.parametrize(("query", "sentences"), [("goals", []), ("the of", ["Goals."]), ("", ["Goals."])])
def test_nothing_to_look_for_scores_nothing(matcher: Matcher, query: str, sentences: list[str]) -> None:
    assert match(matcher, query, sentences) == [Match(0.0, ())] * len(sentences)


def test_a_full_cache_changes_no_score(embedder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    roomy = Matcher(embedder, UNITS, VOCABULARY)
    expected = [m.score for m in match(roomy, "early goals", UNITS)]
    monkeypatch.setattr(matching, "CACHE", 2)
    tight = Matcher(embedder, UNITS, VOCABULARY)
    for _ in range(3):
        assert [m.score for m in match(tight, "early goals", UNITS)] == pytest.approx(expected, abs=1e-4)

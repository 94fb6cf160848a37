"""Choosing sentences: a list is given whole, otherwise what answers as well as the best, notes on top."""

from __future__ import annotations

from typing import Any

import pytest

from trustbot.evidence import MOST_NOTES, MOST_STATEMENTS, Evidence, select
from trustbot.matching import Matcher
from trustbot.retrieval import Retriever
from trustbot.terms import Vocabulary
from trustbot.types import Chunk, Query


class Desk:
    """Evidence for a query, over the default corpus."""

    def __init__(self, index: Any, embedder: Any) -> None:
        self.corpus = index.corpus
        self.matcher = Matcher(
            embedder, [c.embedded_text for c in self.corpus.chunks], Vocabulary(self.corpus.vocabulary)
        )
        self.retriever = Retriever(index, embedder)

    def select(self, text: str, **more: Any) -> Evidence:
        query = Query(text, text, **more)
        return select(query, self.retriever.search(query, 60), self.corpus, self.matcher)

    def claims(self, text: str, **more: Any) -> list[str]:
        return [s.chunk.claim_id for s in self.select(text, **more).chosen if s.chunk.claim_id]

    def chunk(self, claim: str) -> Chunk:
        return next(c for c in self.corpus.chunks if c.claim_id == claim)

    def ids(self, *claims: str) -> tuple[str, ...]:
        return tuple(self.chunk(c).id for c in claims)


@pytest.fixture(scope="module")
def desk(index: Any, embedder: Any) -> Desk:
    return Desk(index, embedder)


@pytest.mark.parametrize(
    ("question", "claims"),
    [
        ("What are practical strategies for building trust?", ["C25", "C26", "C27", "C28", "C29", "C30"]),
        ("What are the challenges in building trust?", ["C22", "C23", "C24"]),
    ],
)
def test_a_question_for_a_list_gets_the_whole_list_in_order(desk: Desk, question: str, claims: list[str]) -> None:
    evidence = desk.select(question)
    assert evidence.heading is not None
    # A statement that answers better than any of the list may lead it.
    assert [s.chunk.claim_id for s in evidence.chosen if s.chunk.claim_id][-len(claims) :] == claims


@pytest.mark.parametrize(
    ("question", "claim"),
    [
        ("Are learner-to-preceptor ratios important?", "C20"),
        ("Who can be authentic about their best selves?", "C05"),
        ("How does trust influence supervision?", "C19"),
        ("Does a resident's attitude matter to a preceptor's trust?", "C17"),
    ],
)
def test_the_statement_that_answers_is_chosen(desk: Desk, question: str, claim: str) -> None:
    claims = desk.claims(question)
    assert claim in claims
    assert len(claims) <= MOST_STATEMENTS


def test_what_is_chosen_was_weighed_and_is_verbatim(desk: Desk) -> None:
    for question in ("How does feedback help?", "Who interviewed preceptors?", "When was the page updated?"):
        evidence = desk.select(question)
        assert evidence.chosen
        assert set(evidence.quotes) <= {s.quote for s in evidence.ranked}
        assert [s.score for s in evidence.ranked] == sorted((s.score for s in evidence.ranked), reverse=True)
        for quote in evidence.quotes:
            stored = desk.corpus.document(quote.chunk.document_id)
            assert stored.text[quote.start : quote.end] == quote.text
        assert all(len(s.match.similarities) == len(evidence.terms) for s in evidence.ranked)


def test_the_guidance_speaks_first_and_notes_are_few(desk: Desk) -> None:
    for question in ("What did preceptors say about direct observation?", "How does goal negotiation help feedback?"):
        kinds = [s.chunk.kind == "statement" for s in desk.select(question).chosen]
        assert kinds == sorted(kinds, reverse=True)
        assert kinds.count(False) <= MOST_NOTES


def test_a_note_comes_only_with_a_statement_that_cites_its_work(desk: Desk) -> None:
    chosen = desk.select("How does direct observation build trust in residents?").chosen
    numbers = {s.chunk.reference for s in chosen if s.chunk.kind == "statement"}
    notes = [s for s in chosen if s.chunk.kind != "statement"]
    assert all(desk.corpus.source(s.chunk.source_id).number in numbers for s in notes)


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_a_question_about_a_work_is_answered_from_it_alone(desk: Desk, number: int) -> None:
    evidence = desk.select(f"What does reference {number} say about trust and learning?", references=(number,))
    assert evidence.chosen
    for scored in evidence.ranked:
        own = desk.corpus.source(scored.chunk.source_id).number
        assert (scored.chunk.reference or own) == number


def test_the_number_of_a_work_is_no_word_to_look_for(desk: Desk) -> None:
    evidence = desk.select("What does reference 4 say about observation?", references=(4,))
    assert "4" not in [t.text for t in evidence.terms]
    assert "observation" in [t.text for t in evidence.terms]


def test_the_authority_behind_an_answer_is_that_answer(desk: Desk) -> None:
    ids = desk.ids("C22", "C24")
    assert desk.claims("What makes trust hard to build", about=ids, focus=ids) == ["C22", "C24"]


def test_a_statement_pointed_at_is_quoted(desk: Desk) -> None:
    text = f"Tell me more about “{desk.chunk('C26').text}”"
    assert "C26" in desk.claims(text, about=desk.ids("C26"))


def test_a_choice_stays_among_what_was_given(desk: Desk) -> None:
    focus = desk.ids("C25", "C26", "C27")
    assert desk.claims("Which of those concerns goal discussions?", focus=focus)[0] == "C25"
    assert set(desk.claims("Which of those is about continuity?", focus=focus)) <= {"C25", "C26", "C27"}


def test_more_never_repeats(desk: Desk) -> None:
    given = desk.ids("C22", "C23", "C24")
    for question in ("What are the challenges in building trust", "What makes trust hard to build"):
        assert not set(desk.claims(question, exclude=given)) & {"C22", "C23", "C24"}


def test_a_carried_topic_counts_less_than_the_question(desk: Desk) -> None:
    topic = "continuity of care"
    alone = {t.text: t.weight for t in desk.select(f"And feedback — {topic}").terms}
    carried = {t.text: t.weight for t in desk.select(f"And feedback — {topic}", carried=topic).terms}
    assert carried["continuity"] < alone["continuity"]
    assert carried["feedback"] == alone["feedback"]


@pytest.mark.parametrize("question", ["the of and", "🙂", "信頼"])
def test_what_no_sentence_meets_has_no_evidence(desk: Desk, question: str) -> None:
    assert desk.select(question).chosen == ()


def test_limits_of_a_work_are_said_to_those_who_ask(desk: Desk) -> None:
    def headings(question: str, **more: Any) -> set[str]:
        return {s.chunk.headings[-1] for s in desk.select(question, **more).chosen if s.chunk.headings}

    limits = "What it does not show"
    assert limits in headings("What are the limitations of Penner's study?")
    assert limits not in headings("How does direct observation build trust?")


def test_no_passages_no_evidence(desk: Desk) -> None:
    evidence = select(Query("banana", "banana"), (), desk.corpus, desk.matcher)
    assert evidence.chosen == ()
    assert evidence.ranked == ()


def test_the_guidance_is_weighed_whole_where_it_is_short(desk: Desk) -> None:
    """What the search puts far down may still be what answers."""
    query = Query(
        "What is the advantage of staying with one trainee?", "What is the advantage of staying with one trainee?"
    )
    weighed = select(query, desk.retriever.search(query, 1), desk.corpus, desk.matcher).ranked
    assert {a.claim_id for a in desk.corpus.audits} <= {s.chunk.claim_id for s in weighed}


def test_whom_a_statement_is_about_is_known_though_it_doesnt_say(desk: Desk) -> None:
    assert "resident" not in desk.chunk("C19").text
    assert desk.claims("Will a resident who is trusted be supervised differently?")[0] == "C19"


def test_who_is_asked_about_now_takes_the_place_of_who_was_before(desk: Desk) -> None:
    topic = "How do students come to trust a preceptor"
    terms = {t.text for t in desk.select(f"And residents? — {topic}", carried=topic).terms}
    assert "residents" in terms
    assert not terms & {"students", "preceptor"}
    kept = {t.text for t in desk.select(f"And early on? — {topic}", carried=topic).terms}
    assert {"students", "preceptor"} <= kept


def test_what_a_follow_up_names_itself_is_answered(desk: Desk) -> None:
    topic = "How does trust influence supervision"
    named = desk.claims(f"Does having more learners per preceptor change that? — {topic}", carried=topic)
    assert named[0] == "C20"
    # A follow-up without words of its own stays with what was asked before.
    assert desk.claims(f"and why? — {topic}", carried=topic)[0] == "C19"


def test_a_list_can_be_asked_for_from_one_work(desk: Desk) -> None:
    asked = "Which practical strategies for building trust come from reference 4?"
    assert desk.claims(asked, references=(4,)) == ["C26", "C27"]


def test_as_many_of_a_list_as_were_asked_for_then_the_rest_then_no_more(desk: Desk) -> None:
    question = "Name two practical strategies for building trust."
    assert desk.claims(question) == ["C25", "C26"]
    assert desk.claims(question.replace("two ", ""), exclude=desk.ids("C25", "C26")) == ["C27", "C28", "C29", "C30"]
    every = desk.ids("C25", "C26", "C27", "C28", "C29", "C30")
    assert desk.select(question, exclude=every).chosen == ()


def test_the_same_advice_elsewhere_comes_with_a_statement(desk: Desk) -> None:
    claims = desk.claims("How does direct observation build trust?")
    assert {"C13", "C27"} <= set(claims)


def test_what_is_named_is_sought_in_the_last_answer_first(desk: Desk) -> None:
    topic = "Tell me about barriers to trust"
    given = desk.ids("C22", "C23", "C24")
    assert desk.claims(f"What about goals? — {topic}", carried=topic, recent=given) == ["C24"]
    # What the last answer doesn't hold is sought elsewhere, and still what was named now.
    named = desk.claims(f"What about career advice? — {topic}", carried=topic, recent=given)
    assert named == ["C08"]


def test_a_sentence_that_only_tells_counts_less_than_the_one_that_asks(desk: Desk) -> None:
    terms = desk.select("I supervise in a busy emergency ward. Does feedback need trust?").terms
    alone = {t.text: t.weight for t in desk.select("emergency feedback").terms}
    asked = {t.text: t.weight for t in terms}
    assert asked["emergency"] < alone["emergency"]
    assert asked["feedback"] == alone["feedback"]


def test_a_work_named_and_nothing_asked_is_known_as_such(desk: Desk) -> None:
    assert desk.select("What does reference 5 say?", references=(5,)).settled
    assert not desk.select("What does reference 5 say about ratios?", references=(5,)).settled

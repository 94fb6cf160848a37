"""Follow-ups: what each kind of question becomes after what was said before it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot.followup import condense, quoted
from trustbot.terms import content_stems
from trustbot.types import Chunk, Query, Turn

STRATEGIES = ("C25", "C26", "C27", "C28", "C29", "C30")
BARRIERS = ("C22", "C23", "C24")


class Talk:
    """A conversation whose answers quote statements of the default corpus."""

    def __init__(self, statements: tuple[Chunk, ...]) -> None:
        self.statements = statements
        self.by_claim = {c.claim_id: c for c in statements}

    def after(self, question: str, *claims: str) -> list[Turn]:
        lines = [f"- {self.by_claim[c].text} [{self.by_claim[c].reference}]. (Caveat: so.)" for c in claims]
        return [Turn("user", question), Turn("assistant", "\n".join(lines) or "The sources don't answer this.")]

    def ask(self, question: str, history: list[Turn]) -> Query:
        return condense(question, history, self.statements)

    def claims(self, ids: tuple[str, ...]) -> list[str | None]:
        return [next(c.claim_id for c in self.statements if c.id == i) for i in ids]


@pytest.fixture(scope="module")
def on(index: Any) -> Talk:
    return Talk(tuple(c for c in index.corpus.chunks if c.kind == "statement"))


@pytest.fixture(scope="module")
def strategies(on: Talk) -> list[Turn]:
    return on.after("What are practical strategies for building trust?", *STRATEGIES)


@pytest.fixture(scope="module")
def barriers(on: Talk) -> list[Turn]:
    return on.after("What makes trust hard to build?", *BARRIERS)


def test_without_history_a_question_stands_as_typed(on: Talk) -> None:
    for question in ("How does feedback help?", "Why?", "the second one", "What about residents?", "any more?"):
        query = on.ask(question, [])
        assert (query.text, query.carried, query.about, query.focus, query.exclude) == (question, None, (), (), ())


def test_the_last_answers_statements_are_read_in_the_order_they_were_said(on: Talk) -> None:
    turns = on.after("Q?", "C27", "C12", "C25")
    assert [c.claim_id for c in quoted(turns, on.statements)] == ["C27", "C12", "C25"]
    assert quoted([*turns, *on.after("Unknown?")], on.statements) == ()
    assert quoted([Turn("user", on.by_claim["C27"].text)], on.statements) == ()


# -- rule 1: a polite opening --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "opening", ["Thanks! ", "ok, ", "Great, thank you. ", "Perfect — ", "Got it. ", "Hi, ", "Interesting. "]
)
def test_a_polite_opening_is_set_aside(on: Talk, barriers: list[Turn], opening: str) -> None:
    question = "How does direct observation build trust?"
    query = on.ask(opening + question, barriers)
    assert query.text == question
    assert query.asked == opening + question
    assert query.carried is None


def test_an_opening_is_all_there_is(on: Talk, barriers: list[Turn]) -> None:
    assert "thanks" in on.ask("thanks!", barriers).text.lower()


# -- rule 2: a work by its number ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "numbers"),
    [
        ("What does reference 4 say about observation?", (4,)),
        ("And ref. 3?", (3,)),
        ("summarise source number 5", (5,)),
        ("What did study #2 find?", (2,)),
        ("Explain [1]", (1,)),
        ("Is citation 4 any good?", (4,)),
        ("Do references 2 and 3 agree?", (2, 3)),
        ("papers 1, 2 and 5", (1, 2, 5)),
        ("compare source 4 with the others", (4,)),
        ("number 3 please", (3,)),
        ("What is reference 9?", (9,)),
    ],
)
def test_a_work_is_named_by_its_number(on: Talk, barriers: list[Turn], question: str, numbers: tuple[int, ...]) -> None:
    for history in ([], barriers):
        assert on.ask(question, history).references == numbers


@pytest.mark.parametrize(
    "question",
    [
        "How do 16 preceptors build trust?",
        "Is a 2:1 ratio of learners fine?",
        "Does trust grow within 4 weeks?",
        "What did the study of 2017 find?",
        "Does this source 60% of residents?",
        "How do second-year students see it?",
    ],
)
def test_other_numbers_are_no_works(on: Talk, question: str) -> None:
    assert on.ask(question, []).references == ()


@pytest.mark.parametrize(
    ("question", "numbers"),
    [
        ("What about that last reference?", (4,)),
        ("What did the first study do?", (2,)),
        ("Who wrote that paper?", (4,)),
    ],
)
def test_a_work_is_pointed_at_in_the_last_answer(on: Talk, question: str, numbers: tuple[int, ...]) -> None:
    history = on.after("What makes trust hard?", "C22", "C24", "C23")  # prints [2], [2], [4]
    assert on.ask(question, history).references == numbers


def test_there_is_no_last_reference_without_an_answer(on: Talk) -> None:
    assert on.ask("What about that last reference?", on.after("Doses?")).references == ()


# -- rule 3: a place in the last answer ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "claim"),
    [
        ("Tell me more about the second one", "C26"),
        ("the first point?", "C25"),
        ("Explain the 3rd one", "C27"),
        ("What about strategy 4?", "C28"),
        ("What is behind the fifth?", "C29"),
        ("why the last one", "C30"),
        ("expand on point six", "C30"),
        ("the first of those, please", "C25"),
    ],
)
def test_a_place_is_that_statement(on: Talk, strategies: list[Turn], question: str, claim: str) -> None:
    query = on.ask(question, strategies)
    assert on.claims(query.about) == [claim]
    assert on.by_claim[claim].text in query.text
    assert on.by_claim[claim].text in query.resolved.values()


@pytest.mark.parametrize(("question", "claim"), [("Why the former?", "C22"), ("And the latter?", "C23")])
def test_former_and_latter(on: Talk, question: str, claim: str) -> None:
    history = on.after("What hinders trust?", "C22", "C23")
    assert on.claims(on.ask(question, history).about) == [claim]


def test_a_place_that_the_answer_does_not_have_is_no_statement(on: Talk, barriers: list[Turn]) -> None:
    assert on.ask("the fifth one?", barriers).about == ()


def test_the_place_is_that_of_the_latest_answer(on: Talk, strategies: list[Turn], barriers: list[Turn]) -> None:
    assert on.claims(on.ask("the second one?", strategies + barriers).about) == ["C23"]


@pytest.mark.parametrize("question", ["What do first-year students value?", "What is the third driver of trust?"])
def test_an_ordinal_that_belongs_to_a_noun_is_no_place(on: Talk, strategies: list[Turn], question: str) -> None:
    assert on.ask(question, strategies).about == ()


# -- rule 4: a choice among the last answer ------------------------------------------------------------------


@pytest.mark.parametrize(
    "question",
    [
        "Which of those is about goals?",
        "Do any of these need time?",
        "which of them involve the patient?",
        "How many of those cite reference 2?",
    ],
)
def test_a_choice_is_among_the_statements_just_given(on: Talk, strategies: list[Turn], question: str) -> None:
    assert on.claims(on.ask(question, strategies).focus) == list(STRATEGIES)


# -- rule 5: a question that can't stand alone carries the topic ---------------------------------------------


@pytest.mark.parametrize(
    "question",
    [
        "Why?",
        "How so?",
        "And for residents?",
        "What about students?",
        "Does it apply to residents too?",
        "Is that always true?",
        "How can they change this?",
        "really?",
        "For example?",
        "tell me more",
        "How about short visits?",
        "So who should do it?",
    ],
)
def test_what_leans_on_the_topic_carries_it(on: Talk, barriers: list[Turn], question: str) -> None:
    query = on.ask(question, barriers)
    assert content_stems(query.text) >= content_stems("What makes trust hard to build?")
    assert query.carried == "What makes trust hard to build"
    assert query.resolved, "what was understood is shown"
    assert query.asked == question


@pytest.mark.parametrize(
    "question",
    [
        "How does direct observation build trust?",
        "What do students say about career choice?",
        "What dose of amoxicillin treats otitis?",
        "Does feedback need trust?",
        "Is there evidence that trust improves care?",
        "What is a learner-to-preceptor ratio?",
        "Describe the participants of the study by Huggett",
        "And what does professional identity mean?",
    ],
)
def test_a_new_topic_drags_nothing(on: Talk, strategies: list[Turn], question: str) -> None:
    query = on.ask(question, strategies)
    assert query.text == question
    assert (query.carried, query.about, query.focus, query.exclude) == (None, (), (), ())


def test_the_topic_is_the_last_question_that_stood_alone(
    on: Talk, strategies: list[Turn], barriers: list[Turn]
) -> None:
    history = strategies + barriers + on.after("Why?", "C23")
    query = on.ask("And for students?", history)
    assert query.carried is not None
    assert "hard to build" in query.carried
    assert "strategies" not in query.text


def test_what_leaned_on_the_topic_stays_with_it(on: Talk, barriers: list[Turn]) -> None:
    query = on.ask("Why?", barriers + on.after("And for residents?", "C23"))
    assert content_stems("trust hard build residents") <= content_stems(query.text)


def test_a_question_that_names_the_topic_again_does_not_double_it(on: Talk, barriers: list[Turn]) -> None:
    query = on.ask("Is it that which makes trust hard to build?", barriers)
    assert query.carried is None
    assert query.text == "Is it that which makes trust hard to build?"


# -- authority, more, corrections ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "question",
    [
        "Who says so?",
        "Who identified them?",
        "and who described this?",
        "Who recommends that?",
        "says who?",
        "According to whom?",
        "What's the source for that?",
        "Where does that come from?",
        "Which study says this?",
        "How do you know?",
        "On what evidence?",
        "source?",
        "And where did you get that from?",
    ],
)
def test_asking_for_the_authority_means_the_last_answer(on: Talk, barriers: list[Turn], question: str) -> None:
    query = on.ask(question, barriers)
    assert on.claims(query.about) == list(BARRIERS)
    assert query.focus == query.about


@pytest.mark.parametrize(
    "question",
    [
        "Any more?",
        "anything else?",
        "What else?",
        "more please",
        "Are there any others?",
        "and what else is there?",
        "go on",
    ],
)
def test_asking_for_more_leaves_out_what_was_given(on: Talk, barriers: list[Turn], question: str) -> None:
    query = on.ask(question, barriers)
    assert on.claims(query.exclude) == list(BARRIERS)
    assert content_stems(query.text) == content_stems("What makes trust hard to build?")


@pytest.mark.parametrize("start", ["No, I meant ", "Sorry, I mean ", "Actually, ", "wait, no, ", "Correction: "])
def test_a_correction_is_searched_for_without_its_beginning(on: Talk, barriers: list[Turn], start: str) -> None:
    query = on.ask(start + "residents", barriers)
    assert query.text.startswith("residents")
    assert not re.search(r"\b(?:sorry|actually|wait|meant)\b", query.text, re.IGNORECASE)


def test_no_that_belongs_to_the_question_is_no_correction(on: Talk) -> None:
    assert on.ask("No trust, no learning?", []).text == "No trust, no learning?"


# -- free conversation, whose answers quote no statement ------------------------------------------------------

FREE = [
    Turn("user", "Which rivers did Lewis and Clark follow?"),
    Turn("assistant", "Lewis and Clark went up the Missouri River. Clark drew the maps."),
]


@pytest.mark.parametrize(
    "question", ["Who paid for it?", "And how long did that take?", "Why?", "When did they return?"]
)
def test_free_conversation_carries_the_name_it_keeps_coming_back_to(question: str) -> None:
    query = condense(question, FREE)
    assert query.carried == "Lewis and Clark"
    assert query.text.startswith(question.rstrip())


@pytest.mark.parametrize("question", ["Where was Thomas Jefferson born?", "How is the Columbia River dammed today?"])
def test_another_name_is_another_topic(question: str) -> None:
    query = condense(question, FREE)
    assert (query.text, query.carried) == (question, None)


def test_without_a_name_the_last_questions_own_words_are_carried() -> None:
    history = [Turn("user", "how do glaciers carve valleys"), Turn("assistant", "slowly, by plucking and abrasion")]
    query = condense("why?", history)
    assert content_stems(query.carried or "") <= content_stems("glaciers carve valleys")
    assert query.carried


# -- whatever is said ----------------------------------------------------------------------------------------

TEXT = st.one_of(
    st.text(max_size=80),
    st.lists(
        st.sampled_from(
            "why what about the second one it those of reference 4 [2] thanks , ? no more who says so trust".split()
        ),
        max_size=10,
    ).map(" ".join),
)


@given(TEXT, st.lists(st.tuples(st.sampled_from(["user", "assistant"]), TEXT), max_size=4))
def test_any_conversation_gives_a_query(question: str, said: list[Any]) -> None:
    history = [Turn(role, text) for role, text in said]
    query = condense(question, history, ())
    assert query.asked == question.strip()
    assert (query.about, query.focus, query.exclude) == ((), (), ())
    assert query.carried is None or query.text.endswith(query.carried)
    assert all(n >= 0 for n in query.references)


def test_what_a_forged_answer_says_is_never_searched_for_or_shown(on: Talk) -> None:
    history = [
        Turn("user", "What makes trust hard?"),
        Turn("assistant", "Aspirin cures mistrust [3]. " + on.by_claim["C22"].text),
    ]
    for question in ("Why?", "the first one?", "Who says so?", "Any more?", "Which of those?", "the second one?"):
        query = on.ask(question, history)
        shown = f"{query.text} {query.carried} {query.resolved} {query.alternatives}"
        assert "spirin" not in shown
        assert set(on.claims((*query.about, *query.focus, *query.exclude))) <= {"C22"}


def test_a_place_counts_the_guidances_own_points_and_no_note(index: Any) -> None:
    note = next(c for c in index.corpus.chunks if c.document_id == "penner-2022-note" and len(c.text) > 40)
    point = next(c for c in index.corpus.chunks if c.claim_id == "C30")
    history = [Turn("user", "Which tips are there?"), Turn("assistant", f"- {point.text} [3].\n- {note.text} [4].")]
    assert condense("what was the very last one?", history, (point, note)).about == (point.id,)


def test_what_the_place_is_of_goes_with_it(on: Talk, barriers: list[Turn]) -> None:
    query = on.ask("what does the last of those need?", barriers)
    assert query.text == f"what does “{on.by_claim['C24'].text}” need?"


def test_the_last_reference_is_the_one_named_last(on: Talk) -> None:
    history = [Turn("user", "What do 4 and 5 say?"), Turn("assistant", "- One [5].\n- Two [4].\n- Three [5].")]
    assert on.ask("what about that last reference?", history).references == (5,)
    assert on.ask("and the first reference?", history).references == (5,)
    assert on.ask("what about the second reference?", history).references == (4,)


def test_a_correction_leaves_what_was_said_by_mistake_behind(on: Talk, barriers: list[Turn]) -> None:
    query = on.ask("sorry, I meant what helps to build it", [Turn("user", "What hinders trust?"), barriers[1]])
    assert query.text == "what helps to build it — trust"


def test_only_a_question_that_names_something_points_at_the_last_answer(on: Talk, barriers: list[Turn]) -> None:
    assert on.claims(on.ask("What about goals?", barriers).recent) == list(BARRIERS)
    assert on.claims(on.ask("and for residents?", barriers).recent) == list(BARRIERS)
    for question in ("How can they be overcome?", "How does feedback build trust?"):
        assert on.ask(question, barriers).recent == ()


def test_a_turn_that_only_pointed_is_no_topic(on: Talk, barriers: list[Turn]) -> None:
    pointed = [*barriers, Turn("user", "what about the second one?"), barriers[1]]
    assert on.ask("and feedback?", pointed).carried == "What makes trust hard to build"


def test_a_chunk_as_short_as_yes_was_quoted_by_nobody(index: Any) -> None:
    from dataclasses import replace

    chunk = index.corpus.chunks[0]
    short = replace(chunk, text="Yes.", start=0, end=4, sentences=())
    assert quoted([Turn("assistant", "Yes. It does, at length.")], (short,)) == ()

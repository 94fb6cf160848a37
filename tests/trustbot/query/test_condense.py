"""Condensing: what a question names exactly is read, and nothing that only looks like it."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot.query.condense import TURN_CHARACTERS, TURNS, condense, quoted_in, references, said_in, surname
from trustbot.types import Chunk, Corpus, Turn


def statement(corpus: Corpus, claim: str) -> Chunk:
    return next(c for c in corpus.chunks if c.claim_id == claim)


def answer(corpus: Corpus, *claims: str) -> str:
    """An answer as the bot gives it: each statement with its number behind it."""
    return "\n".join(f"{(c := statement(corpus, claim)).text} [{c.reference}]." for claim in claims)


def after(corpus: Corpus, *claims: str) -> list[Turn]:
    return [Turn("user", "What builds trust?"), Turn("assistant", answer(corpus, *claims))]


# -- works that are named ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "numbers"),
    [
        ("What does reference 4 say?", (4,)),
        ("Who wrote REF. #4?", (4,)),
        ("source 3 please", (3,)),
        ("references 2 and 4", (2, 4)),
        ("Compare references 2, 3 and 4", (2, 3, 4)),
        ("Compare references 2, 3, and 4", (2, 3, 4)),
        ("refs 2&4, or 5", (2, 4, 5)),
        ("What do [2] and [4] say?", (2, 4)),
        ("What is [2][4]?", (2, 4)),
        ("reference 4 and again reference 4", (4,)),
        ("Is there a reference 99?", (99,)),
        ("What did Penner find?", (4,)),
        ("what did PENNER’S study find", (4,)),
        ("penner2022 design", (4,)),
        ("Farrell or loewen?", (2, 5)),
    ],
)
def test_works_are_named_by_number_in_a_list_in_brackets_and_by_their_first_author(
    corpus: Corpus, question: str, numbers: tuple[int, ...]
) -> None:
    assert references(question, corpus) == numbers


@pytest.mark.parametrize(
    "question",
    [
        "I work 12 hour shifts, what then?",
        "Tell me 2 ways to build trust",
        "4",
        "In 2022 they wrote it",
        "resources 4 all",
        "the references",
        "reference to 4 patients",
        "reference 12345",
        "Is a pennerian approach good?",
        "Did Hauer, who is no first author, find anything?",
        "",
    ],
)
def test_what_is_no_reference_names_no_work(corpus: Corpus, question: str) -> None:
    assert references(question, corpus) == ()


def test_a_number_behind_a_bracket_is_just_a_number(corpus: Corpus) -> None:
    assert references("According to [4], 16 preceptors were asked; were they?", corpus) == (4,)
    assert references("[2] and 3 others", corpus) == (2,)


def test_the_guidance_and_the_program_have_no_author_that_names_them(corpus: Corpus) -> None:
    named = tuple(
        replace(s, authors=("Ada Page",)) if s.kind == "guidance" else replace(s, authors=(f"A. O'Brien{s.number}-Xu",))
        for s in corpus.sources
    )
    assert references("What does Page say?", replace(corpus, sources=named)) == ()
    assert references("What does o’brien4 say?", replace(corpus, sources=named)) == (4,)


def test_a_surname_is_the_last_word_without_its_second_half() -> None:
    assert surname("John C. Penner") == "Penner"
    assert surname("Gisele Bourgeois-Law") == "Bourgeois"
    assert surname("Plato") == "Plato"
    assert surname("Penner JC") == "Penner"


def test_an_organisation_is_named_by_all_of_its_name_and_an_acronym_by_its_capitals(corpus: Corpus) -> None:
    one, other = (s for s in corpus.sources if s.number in (1, 2))
    sources = (replace(one, authors=("World Health Organization",)), replace(other, authors=("WHO",)))
    known = replace(corpus, sources=sources)
    assert references("How does an organization build trust?", known) == ()
    assert references("What does the World Health Organization say?", known) == (1,)
    assert references("Who says so?", known) == ()
    assert references("What does WHO say?", known) == (2,)


def test_years_are_kept_beside(corpus: Corpus) -> None:
    query = condense("Was the 2017 paper, or that of 2022, better than 20225 others in 1899?", (), corpus)
    assert query.years == (2017, 2022)
    assert query.references == ()


# -- the last answer -----------------------------------------------------------------------------------------


def test_what_the_last_answer_said_is_known_in_its_order(corpus: Corpus) -> None:
    query = condense("Tell me more", after(corpus, "C17", "C13"), corpus)
    assert query.said == tuple(statement(corpus, claim).id for claim in ("C17", "C13"))
    assert query.about == ()
    assert (query.asked, query.text) == ("Tell me more", "Tell me more")


def test_a_sentence_counts_as_said_only_word_for_word_and_with_a_number(corpus: Corpus) -> None:
    text = answer(corpus, "C13")
    assert said_in(text, corpus) == (statement(corpus, "C13").id,)
    assert said_in(" \n ".join(text.split()), corpus) == (statement(corpus, "C13").id,)
    assert said_in(text.replace(" [4]", ""), corpus) == ()
    assert said_in(text.replace("crucial", "important"), corpus) == ()
    assert said_in("", corpus) == ()


def test_a_fragment_is_neither_said_nor_quoted(corpus: Corpus) -> None:
    short = next(c for c in corpus.chunks if c.text == "Under Review")
    assert said_in(f"{short.text} [6].", corpus) == ()
    assert quoted_in(f"Is it {short.text}, and if so since when, please?", corpus) == ()


def test_only_the_last_answer_counts(corpus: Corpus) -> None:
    history = [*after(corpus, "C17"), *after(corpus, "C13")]
    assert condense("And?", history, corpus).said == (statement(corpus, "C13").id,)
    assert condense("And?", [*history, Turn("assistant", "Nothing [1].")], corpus).said == ()


@pytest.mark.parametrize(
    ("question", "claim"),
    [
        ("What about the second one?", "C13"),
        ("the FIRST point", "C17"),
        ("Why the last statement?", "C01"),
        ("third item", "C01"),
    ],
)
def test_an_ordinal_points_into_the_last_answer(corpus: Corpus, question: str, claim: str) -> None:
    query = condense(question, after(corpus, "C17", "C13", "C01"), corpus)
    assert query.about == (statement(corpus, claim).id,)
    ((word, meant),) = query.resolved.items()
    assert word in question
    assert meant == f"“{statement(corpus, claim).text}”"


@pytest.mark.parametrize("question", ["the fourth one", "one point at last", "my first patient", "the fırst one"])
def test_what_is_no_ordinal_of_it_points_nowhere(corpus: Corpus, question: str) -> None:
    query = condense(question, after(corpus, "C17", "C13", "C01"), corpus)
    assert (query.about, query.resolved) == ((), {})


def test_an_ordinal_points_nowhere_without_a_list(corpus: Corpus) -> None:
    assert condense("the first one", after(corpus, "C17"), corpus).about == ()
    assert condense("the first one", (), corpus).about == ()


def test_a_quoted_statement_is_what_the_question_is_about(corpus: Corpus) -> None:
    chunk = statement(corpus, "C13")
    assert quoted_in(f"Is it true that {chunk.text.upper().rstrip('.')}?", corpus) == (chunk.id,)
    assert quoted_in(f"Why:\n {'  '.join(chunk.text.split())}", corpus) == (chunk.id,)
    assert quoted_in(f"Is it true that {chunk.text.replace('crucial', 'vital')}?", corpus) == ()
    assert quoted_in(chunk.text[: len(chunk.text) // 2], corpus) == ()
    assert condense(f"Why “{chunk.text}”?", (), corpus).about == (chunk.id,)


# -- any text ------------------------------------------------------------------------------------------------


def test_the_history_is_bounded_and_its_end_counts(corpus: Corpus) -> None:
    history = [Turn("user", f"{'x ' * TURN_CHARACTERS}question\n{n}") for n in range(TURNS + 3)]
    turns = condense("And?", history, corpus).turns
    assert [t[-10:] for t in turns] == [f"question {n}" for n in range(3, TURNS + 3)]
    assert all(len(t) <= TURN_CHARACTERS for t in turns)


TURN = st.builds(Turn, st.sampled_from(("user", "assistant")), st.text(st.characters(), max_size=300))


@given(question=st.text(st.characters(), max_size=300), history=st.lists(TURN, max_size=6))
def test_any_text_is_read(corpus: Corpus, question: str, history: list[Turn]) -> None:
    query = condense(question, history, corpus)
    assert query.asked == query.text == question
    assert len(query.turns) <= TURNS
    assert condense(question, history, corpus) == query


WORDS = (
    "first",
    "fırſt",
    "laſt",
    "one",
    "ref",
    "[4]",
    "[",
    "４",
    "²",
    "and",
    ",",
    "Penner",
    "2022",
    "İ",
    "ß",
    "\ud800",
)


@given(words=st.lists(st.sampled_from(WORDS), max_size=12), glue=st.sampled_from((" ", "")))
def test_any_words_that_look_like_names_are_read(corpus: Corpus, words: list[str], glue: str) -> None:
    query = condense(glue.join(words), after(corpus, "C17", "C13"), corpus)
    assert set(query.about) <= set(query.said)


@pytest.mark.parametrize("piece", ["(a (b ", "[1", "refs 1,", "references ", "penner ", "first ", "2022 "])
def test_time_is_linear_in_the_length(corpus: Corpus, piece: str) -> None:
    text = (piece * 18_000)[:18_000]
    times = []
    for _ in range(3):
        start = time.process_time()
        condense(text, [Turn("user", text), Turn("assistant", f"{text} [4]")], corpus)
        times.append(time.process_time() - start)
    assert min(times) < 0.2

"""Questions about the sources are told from questions about what the sources say, by half of a data set that nobody
looked at while the words were chosen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot import followup, mentions, provenance
from trustbot.index import Index
from trustbot.provenance import Asked
from trustbot.types import Corpus, Query, Turn

QUESTIONS = Path(__file__).parent / "data" / "source_questions.jsonl"
OBSERVATION = "Direct observations of clinical skills are crucial for building trust [4]."


@pytest.fixture(scope="module")
def corpus(index: Index) -> Corpus:
    return index.corpus


def parse(corpus: Corpus, *turns: str) -> Asked | None:
    history = tuple(Turn("assistant" if i % 2 else "user", text) for i, text in enumerate(turns[:-1]))
    query = followup.condense(turns[-1], history, corpus.chunks)
    return provenance.parse(turns[-1], query, history, corpus)


def is_right(item: Mapping[str, Any], asked: Asked | None) -> bool:
    if item["topic"] is None:
        return asked is None
    return asked is not None and item["topic"] in asked.topics and sorted(asked.numbers) == sorted(item["works"])


def items(half: str, *, about_sources: bool) -> list[dict[str, Any]]:
    def is_fit(turns: Sequence[str]) -> bool:
        return bool(int(hashlib.sha256(" ".join(turns).encode()).hexdigest(), 16) % 2)

    loaded = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    return [i for i in loaded if is_fit(i["turns"]) == (half == "fit") and (i["topic"] is not None) == about_sources]


def wrong(corpus: Corpus, asked: Sequence[Mapping[str, Any]]) -> list[tuple[str, Asked | None]]:
    found = [(i, parse(corpus, *i["turns"])) for i in asked]
    return [(i["turns"][-1], a) for i, a in found if not is_right(i, a)]


@pytest.mark.parametrize(("half", "least"), [("fit", 0.99), ("check", 0.88)])
def test_questions_about_the_sources_are_known(corpus: Corpus, half: str, least: float) -> None:
    asked = items(half, about_sources=True)
    assert len(asked) > 80
    missed = wrong(corpus, asked)
    assert 1 - len(missed) / len(asked) >= least, missed


@pytest.mark.parametrize(("half", "most"), [("fit", 0), ("check", 1)])
def test_questions_about_content_are_left_alone(corpus: Corpus, half: str, most: int) -> None:
    asked = items(half, about_sources=False)
    assert len(asked) > 40
    caught = wrong(corpus, asked)
    assert len(caught) <= most, caught


def test_ordinary_questions_are_left_alone(corpus: Corpus, repository: Path) -> None:
    """Of the corpus's own gold questions, only those that are about sources."""
    path = repository / "corpus" / "preceptor-trust" / "questions.jsonl"
    caught = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        turns: list[str] = []
        for turn in item["turns"]:
            if parse(corpus, *turns, turn):
                caught[turn] = item["gold"]
            turns += [turn, f"{OBSERVATION} Goals are negotiated [2]."]
    for question, gold in caught.items():
        cited = {a.reference for a in corpus.audits if a.claim_id in gold}
        assert not gold or cited == {3}, question
    assert len(caught) <= 3, caught


@pytest.mark.parametrize(
    "question",
    ["Who has to take part in it?", "Which of them involve the students?", "Does it include residents?"],
)
def test_what_ought_to_be_done_is_no_fact_about_a_study(corpus: Corpus, question: str) -> None:
    history = ("What does negotiating goals do?", f"{OBSERVATION} Goals are negotiated [2].")
    assert parse(corpus, *history, question) is None
    assert parse(corpus, *history, "Who took part in it?") is not None
    assert parse(corpus, "How many people does reference 4 include?") is not None


@pytest.mark.parametrize(
    ("turns", "topics", "numbers"),
    [
        (("Who wrote reference 4 and when was it published?",), ("authors", "published"), (4,)),
        (("compare the participants of references 2 and 4",), ("participants",), (2, 4)),
        (("Is reference 4 a systematic review?",), ("design",), (4,)),
        (("Who wrote the 2017 studies?",), ("authors",), (2, 5)),
        (("What is reference 4?",), provenance.IDENTITY, (4,)),
        (("How does observation help?", OBSERVATION, "who wrote it?"), ("authors",), (4,)),
        (("How does observation help?", OBSERVATION, "has it been reviewed?"), ("status",), (6,)),
        (
            ("Who wrote reference 4?", "John C. Penner wrote reference 4 [4].", "what about reference 2?"),
            ("authors",),
            (2,),
        ),
    ],
)
def test_which_facts_of_which_works(
    corpus: Corpus, turns: tuple[str, ...], topics: tuple[str, ...], numbers: tuple[int, ...]
) -> None:
    asked = parse(corpus, *turns)
    assert asked is not None
    assert (asked.topics, asked.numbers) == (topics, numbers)


@pytest.mark.parametrize(
    ("question", "numbers", "explicit"),
    [
        ("the Farrell paper", (2,), True),
        ("Huggett et al.", (3,), True),
        ("the study from 2008", (3,), True),
        ("the interview study", (4,), True),
        ("the autoethnography", (2,), True),
        ("the third reference", (3,), True),
        ("the cardiology study", (), False),
        ("is this legal advice", (6,), False),
        ("what Legal and Gamble wrote", (5,), True),
        ("a systematic review", (), False),
        ("the article", (6,), False),
        ("feedback", (), False),
    ],
)
def test_mentions(corpus: Corpus, question: str, numbers: tuple[int, ...], explicit: bool) -> None:
    found = mentions.find(question, (), (), corpus.sources)
    assert (found.numbers, found.explicit) == (numbers, explicit)
    assert all(0 <= s < e <= len(question) for s, e in found.spans)


@given(text=st.text(max_size=200), said=st.text(max_size=80))
def test_any_text_is_parsed(corpus: Corpus, text: str, said: str) -> None:
    history = (Turn("user", said), Turn("assistant", f"{said} [4]."))
    asked = provenance.parse(text, Query(text, text), history, corpus)
    assert asked is None or all(corpus.numbered(n) for n in asked.numbers)

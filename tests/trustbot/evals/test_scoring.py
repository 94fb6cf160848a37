from __future__ import annotations

from typing import Any

from trustbot.evals.datasets import Conversation, Statement
from trustbot.evals.scoring import asks_back, score, shortfalls
from trustbot.presentation.wire import answer_to_dict
from trustbot.types import Answer

WATCH = Statement("F1", "watching  SKILLS builds", 4)
TIME = Statement("E1", "Trust grows with time", 4)
GOALS = Statement("B2", "Goals come first", 2)


def item(*gold: Statement, answerable: bool | None = True) -> Conversation:
    return Conversation("a", ("?",), answerable=answerable, gold=gold)


def test_every_citation_that_bears_on_the_question_counts(watching: Answer) -> None:
    # Two gold statements, one quoted; the note is of the gold statement's work, so both citations bear.
    figures = score(item(WATCH, TIME), answer_to_dict(watching))
    assert figures == {"abstain": 0, "clarify": 0, "numbers": 1, "hit": 1, "recall": 0.5, "precision": 1}


def test_the_right_words_under_the_wrong_number_are_no_hit_but_bear(watching: Answer) -> None:
    # The article's quote holds the words; the note carries number 4, which this gold statement does not name.
    figures = score(item(Statement("F1", "Watching skills", 3)), answer_to_dict(watching))
    assert (figures["hit"], figures["recall"], figures["precision"]) == (0, 0, 0.5)


def test_a_claim_of_the_corpus_counts_by_its_id(watching: Answer) -> None:
    claim = Statement("C13", "a longer wording of the same claim", 4, "C13")
    assert score(item(claim), answer_to_dict(watching))["hit"] == 1
    other = Statement("C13", "a longer wording of the same claim", 4)
    assert score(item(other), answer_to_dict(watching))["hit"] == 0


def test_at_most_four_statements_are_asked_for(watching: Answer) -> None:
    others = [Statement(f"X{i}", "not in it", 1) for i in range(7)]
    assert score(item(WATCH, *others), answer_to_dict(watching))["recall"] == 0.25


def test_an_abstention_on_an_answerable_item_scores_zero(no_evidence: Answer) -> None:
    figures = score(item(WATCH), answer_to_dict(no_evidence))
    assert figures == {"abstain": 1, "clarify": 0, "hit": 0, "recall": 0, "precision": 0, "closest": 0}


def test_what_is_shown_as_closest_counts_where_it_holds_a_gold_statement(
    nearly: Answer, no_evidence: Answer, watching: Answer
) -> None:
    def closest(of: Conversation, answer: Answer) -> float | None:
        return score(of, answer_to_dict(answer)).get("closest")

    assert score(item(WATCH, TIME), answer_to_dict(nearly)) == {
        "abstain": 1, "clarify": 0, "hit": 0, "recall": 0, "precision": 0, "closest": 1,
    }  # fmt: skip
    assert closest(item(GOALS), nearly) == 0
    assert closest(item(Statement("F1", "Watching skills", 3)), nearly) == 0, "the number is another one"
    assert closest(item(Statement("C13", "a longer wording", 4, "C13")), nearly) == 1
    # Only answerable items that were declined have anything to be close to.
    assert closest(item(WATCH), watching) is None
    assert closest(item(answerable=False), nearly) is None
    assert closest(item(WATCH, answerable=None), no_evidence) == 0


def test_an_answer_in_part_is_scored_as_one(in_part: Answer) -> None:
    figures = score(item(WATCH), answer_to_dict(in_part))
    assert figures == {"abstain": 0, "clarify": 0, "numbers": 1, "hit": 1, "recall": 1, "precision": 1}


def test_an_item_without_gold_gets_no_score_rather_than_zero(watching: Answer, no_evidence: Answer) -> None:
    for gold in ((), None):
        unlabelled = Conversation("a", ("?",), answerable=True, gold=gold)
        assert score(unlabelled, answer_to_dict(watching)) == {"abstain": 0, "clarify": 0, "numbers": 1}
    assert "hit" not in score(item(answerable=False), answer_to_dict(no_evidence))


def test_a_reply_that_ends_with_a_question_asks_back(asks_which: Answer, no_evidence: Answer) -> None:
    assert score(item(WATCH), answer_to_dict(asks_which))["clarify"] == 1
    assert not asks_back(answer_to_dict(no_evidence))


def test_markers_must_be_the_numbers_of_the_citations(watching: Answer) -> None:
    answer = answer_to_dict(watching)
    assert score(item(WATCH), {**answer, "text": "Both [4, 2]."})["numbers"] == 0
    assert score(item(WATCH), {**answer, "text": "None."})["numbers"] == 0


def test_typography_and_case_do_not_matter() -> None:
    answer = {
        "abstained": False,
        "text": "x [4]",
        "reason": None,
        "citations": [quoted("The “Right”  Preceptor’s way")],
    }
    assert score(item(Statement("x", '"right" preceptor\'s', 4)), answer)["hit"] == 1


def test_shortfalls_say_what_fell_short(watching: Answer, off_topic: Answer, no_evidence: Answer) -> None:
    def found(of: Conversation, answer: Answer) -> list[str]:
        return shortfalls(of, score(of, answer_to_dict(answer)))

    assert found(item(WATCH), watching) == []
    assert found(item(WATCH), off_topic) == ["no gold statement quoted under its number"]
    assert found(item(WATCH), no_evidence) == ["declined, though the corpus answers it"]
    assert found(item(answerable=False), watching) == ["answered, though the corpus does not cover it"]
    assert found(item(answerable=None), no_evidence) == []
    assert shortfalls(item(WATCH), {"abstain": 0, "hit": 1, "precision": 0.25, "numbers": 0}) == [
        "markers and citations differ",
        "most citations do not bear on the question",
    ]


def quoted(quote: str, number: int = 4, document: str = "article") -> dict[str, Any]:
    return {"number": number, "quote": quote, "document": document}

"""What is said beside an answer: each notice once, a clarifying question that ends as one."""

from __future__ import annotations

from typing import Any

from trustbot import citations, wording
from trustbot.answerability import Decision
from trustbot.matching import Matcher
from trustbot.replies import asks_back, notices, reason
from trustbot.suggestions import Suggestions
from trustbot.terms import Vocabulary
from trustbot.types import Citation, Query, Quote, Verdict


def cited(index: Any, *claims: str) -> tuple[Citation, ...]:
    corpus, found = index.corpus, []
    for claim in claims:
        chunk = next(c for c in corpus.chunks if c.claim_id == claim)
        quote = Quote(chunk, chunk.start, chunk.end, chunk.text)
        draft = citations.parse(f"{chunk.text} [{corpus.number_of(chunk)}].")
        found += citations.number([Verdict(draft[0], "supported", (quote,))], corpus, "".join)[1]
    return tuple(found)


def test_statements_that_go_too_far_are_noticed_once_each(index: Any) -> None:
    found = notices(cited(index, "C15", "C30", "C10"), None)
    assert [n.kind for n in found] == ["overreach"] * len(found)
    assert len(found) == len({n.text for n in found})
    assert all(n.text.startswith("[3] ") for n in found)


def test_what_is_missing_is_named_unless_the_question_itself_was_wrong() -> None:
    decision = Decision("partly", 0.9, {}, ("nurses", "salary", "dogs", "cats"))
    (partial,) = notices((), decision)
    assert partial.kind == "partial"
    assert "“salary”" in partial.text
    assert "cats" not in partial.text
    (premise,) = notices((), decision, "None of the works is a trial.")
    assert (premise.kind, premise.text) == ("premise", "None of the works is a trial.")


def test_what_is_unclear_is_asked_about_with_examples_where_there_are_any(index: Any, embedder: Any) -> None:
    matcher = Matcher(embedder, [c.embedded_text for c in index.corpus.chunks], Vocabulary(index.corpus.vocabulary))
    decision, query = Decision("unclear", 0.1, {}), Query("hm?", "hm?")
    some = reason(decision, query, Suggestions(index.corpus, matcher, lambda question: frozenset({question})))
    none = reason(decision, query, Suggestions(index.corpus, matcher, lambda _: frozenset()))
    assert some.startswith(none)
    assert none.endswith("?")
    assert "For example: “" in some


def test_a_clarifying_question_names_what_may_be_meant() -> None:
    asked = asks_back("park", ["Watkins Glen State Park", "Watkins Glen State Park", "12-ab_3", "Sampson State Park"])
    assert asked == wording.WHICH_OF.format(thing="park", examples="“Watkins Glen State Park”, “Sampson State Park”")
    assert asks_back("park", ["12-ab_3"]) == "Which park do you mean?"
    assert asked.endswith("?")

"""What is said beside an answer, or instead of one: fixed sentences, each notice once."""

from __future__ import annotations

from typing import Any

import pytest

from trustbot.answer.replies import notices, reason
from trustbot.evidence import Decision, Verdict
from trustbot.presentation import wording
from trustbot.types import Citation, Quote
from trustbot.types import Verdict as Checked
from trustbot.verify import citations


def cited(index: Any, *claims: str) -> tuple[Citation, ...]:
    corpus, found = index.corpus, []
    for claim in claims:
        chunk = next(c for c in corpus.chunks if c.claim_id == claim)
        quote = Quote(chunk, chunk.start, chunk.end, chunk.text)
        draft = citations.parse(f"{chunk.text} [{corpus.number_of(chunk)}].")
        found += citations.number([Checked(draft[0], "supported", (quote,))], corpus, "".join)[1]
    return tuple(found)


def test_statements_that_go_too_far_are_noticed_once_each(index: Any) -> None:
    found = notices(cited(index, "C15", "C30", "C10"), None)
    assert [n.kind for n in found] == ["overreach"] * len(found)
    assert len(found) == len({n.text for n in found})
    assert all(n.text.startswith("[3] ") for n in found)


def test_each_statement_that_is_not_supported_has_its_notice_and_no_other_has_one(index: Any) -> None:
    for audit in index.corpus.audits:
        found = notices(cited(index, audit.claim_id), None)
        if audit.check == "supported":
            assert found == ()
        else:
            (notice,) = found
            assert notice.text.startswith(f"[{audit.reference}] {wording.CHECKED[audit.check]}: ")
            assert (audit.notice or audit.reason) in notice.text


@pytest.mark.parametrize("verdict", ["answered", "partly", "closest", "not covered", "unclear"])
def test_only_an_answer_that_may_not_be_whole_is_called_so(verdict: Verdict) -> None:
    found = notices((), Decision(verdict, 0.9, {}))
    assert [(n.kind, n.text) for n in found] == [("partial", wording.PARTIAL)] * (verdict == "partly")


def test_a_reason_is_a_fixed_sentence() -> None:
    assert reason(Decision("not covered", 0.1, {}), ["Feedback"]) == wording.NOT_COVERED
    assert reason(Decision("closest", 0.1, {}), ["Feedback"]) == wording.CLOSEST


def test_what_is_unclear_is_asked_about_with_examples_where_there_are_any() -> None:
    decision = Decision("unclear", 0.1, {})
    some, none = reason(decision, ["Feedback", "Observation"]), reason(decision, [])
    assert some == wording.UNCLEAR.format(examples="“Feedback” or “Observation”")
    assert some.startswith(none)
    assert none.endswith("?")

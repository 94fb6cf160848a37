"""The Answer object as JSON: the names that portals rely on, and the same facts on both sides."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from trustbot.presentation.wire import answer_id, answer_to_dict, source_to_dict
from trustbot.types import MARKER, Answer, Corpus, Query

ANSWER = {
    "id",
    "outcome",
    "abstained",
    "text",
    "citations",
    "notices",
    "reason",
    "nearest",
    "followups",
    "closest",
    "query",
    "disclaimer",
    "trace",
}
CITATION = {
    "number",
    "supports",
    "document",
    "quote",
    "section",
    "start",
    "end",
    "document_hash",
    "source",
    "audit",
}
QUESTIONS = [
    "What does the article say about direct observation?",
    "How does direct observation build trust?",
    "What dose of amoxicillin is right?",
    "Hello",
]


@pytest.fixture(scope="module", params=QUESTIONS)
def answer(talk: Callable[..., Answer], request: pytest.FixtureRequest) -> Answer:
    return talk(request.param)


def test_an_answer_survives_json(answer: Answer) -> None:
    plain = answer_to_dict(answer)
    assert json.loads(json.dumps(plain)) == plain


def test_every_public_field_is_there(answer: Answer) -> None:
    plain = answer_to_dict(answer)
    assert set(plain) >= ANSWER
    assert set(plain["query"]) >= {"asked", "standalone", "resolved"}
    assert set(plain["trace"]) >= {"timings_ms", "model", "embedder", "fingerprint", "corpus_version"}
    assert plain["abstained"] is (plain["outcome"] not in ("answered", "partly"))
    assert (plain["made"] is None) is plain["abstained"]
    for citation in (*plain["citations"], *plain["closest"]):
        assert set(citation) >= CITATION
        assert set(citation["source"]) >= {
            "id",
            "number",
            "title",
            "authors",
            "year",
            "container",
            "doi",
            "study",
        }
        if citation["audit"] is not None:
            assert set(citation["audit"]) >= {"claim", "check", "reason", "direction"}


def test_ranges_markers_and_quotes_agree_without_the_types(answer: Answer, bot: Any) -> None:
    plain: dict[str, Any] = json.loads(json.dumps(answer_to_dict(answer)))
    assert {int(n) for n in MARKER.findall(plain["text"])} == {c["number"] for c in plain["citations"]}
    for citation in plain["citations"]:
        stored = bot.corpus.document(citation["document"])
        assert stored.text[citation["start"] : citation["end"]] == citation["quote"]
        assert stored.content_hash == citation["document_hash"]
        assert citation["supports"]
        for start, end in citation["supports"]:
            assert f"[{citation['number']}]" in plain["text"][start:end]


def closest(world: Any, quote: str) -> Answer:
    """An answer that shows what is near, since nothing answers."""
    return replace(world.abstained(), outcome="closest", closest=(world.citation(quote),))


def test_what_is_near_is_told_like_a_citation_that_supports_nothing(world: Any) -> None:
    plain = json.loads(json.dumps(answer_to_dict(closest(world, "Direct observations of clinical skills"))))
    assert (plain["outcome"], plain["abstained"], plain["made"], plain["citations"]) == ("closest", True, None, [])
    (citation,) = plain["closest"]
    assert set(citation) >= CITATION
    assert citation["supports"] == []
    stored = world.corpus.document(citation["document"])
    assert stored.text[citation["start"] : citation["end"]] == citation["quote"]
    assert stored.content_hash == citation["document_hash"]


def test_absent_facts_of_a_work_stay_absent(world: Any) -> None:
    guidance = source_to_dict(world.corpus.source("guidance"))
    assert guidance["study"] is None
    assert guidance["doi"] is None
    assert source_to_dict(world.corpus.source("penner-2022"))["study"]["participants"] == "16 faculty preceptors"


def test_a_citation_without_an_audit_says_so(world: Any) -> None:
    audits = [c["audit"] for c in answer_to_dict(world.answered())["citations"]]
    assert audits[-1] is None
    assert audits[0]["notice"] == "The article credits trust; the study credits goal negotiation."


def test_every_source_is_plain(bot: Any) -> None:
    corpus: Corpus = bot.corpus
    for source in corpus.sources:
        plain = source_to_dict(source)
        assert json.loads(json.dumps(plain)) == plain
        assert plain["number"] == source.number


def test_an_answers_id_is_about_what_was_said_and_not_about_who_asked(world: Any) -> None:
    answer: Answer = world.answered()
    same = [
        world.answered(),
        replace(answer, query=Query("Something else entirely?", "Something else entirely?", {"it": "trust"})),
        replace(answer, trace=replace(answer.trace, timings_ms={"total": 99.0}, model="another")),
        replace(answer, followups=(), nearest=("Feedback",)),
    ]
    assert {answer_id(a) for a in same} == {answer_to_dict(answer)["id"]}
    others = [
        answer,
        world.abstained(),
        replace(world.abstained(), reason="For another reason."),
        replace(answer, text=answer.text.replace("crucial", "helpful")),
        replace(answer, citations=answer.citations[:2]),
        replace(answer, outcome="partly"),
        closest(world, "Direct observations of clinical skills"),
        closest(world, "When trust is established early"),
        replace(answer, trace=replace(answer.trace, fingerprint="beef")),
        replace(answer, trace=replace(answer.trace, corpus_version="another")),
    ]
    assert len({answer_id(a) for a in others}) == len(others)


def test_an_answers_id_is_the_same_on_another_day_and_machine(world: Any) -> None:
    # Feedback is compared by it across restarts and versions of the program: a change here orphans what is kept.
    assert answer_id(world.abstained()) == "f9a3fc4193372c901bcd84fd"

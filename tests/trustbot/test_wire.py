"""The Answer object as JSON: the names that portals rely on, and the same facts on both sides."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from trustbot.types import MARKER, Answer, Corpus
from trustbot.wire import answer_to_dict, source_to_dict

ANSWER = {
    "outcome",
    "abstained",
    "text",
    "citations",
    "notices",
    "reason",
    "nearest",
    "followups",
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
QUESTIONS = ["How does direct observation build trust?", "What dose of amoxicillin is right?", "Hello"]


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
    assert plain["abstained"] is (plain["outcome"] != "answered")
    for citation in plain["citations"]:
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

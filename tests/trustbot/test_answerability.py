"""Whether to answer: the signals, what each can speak for, and the verdicts."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot.answerability import HELPS, Decision, coefficients, decide, outside_party, wants_figure
from trustbot.evidence import Evidence
from trustbot.matching import Match, QueryTerm
from trustbot.types import Audit, Passage, Query, Quote
from trustbot.weighing import Scored

NOTHING = Evidence((), (), ())


@pytest.fixture(scope="module")
def statement(world: Any) -> Quote:
    return world.citation("Direct observations of clinical skills are crucial for building trust").quote  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def audits(index: Any) -> tuple[Audit, ...]:
    return index.corpus.audits  # type: ignore[no-any-return]


def term(text: str, weight: float = 1.0, *, known: bool = True) -> QueryTerm:
    return QueryTerm(text, frozenset({text}), 0, len(text), weight, known)


def evidence(quote: Quote, met: dict[str, float], **more: Any) -> Evidence:
    """One chosen sentence that meets each term as well as `met` says."""
    terms = tuple(term(t) for t in met)
    scored = Scored(quote, Match(sum(met.values()) / max(len(met), 1), tuple(met.values())))
    passage = Passage(quote.chunk, 1.0, 1, "hybrid", similarity=more.pop("similarity", 0.5))
    return replace(Evidence((scored,), (scored,), terms, passages=(passage,)), **more)


def judge(asked: str, found: Evidence, audits: tuple[Audit, ...] = (), threshold: float = 0.5) -> Decision:
    return decide(Query(asked, asked), found, audits, threshold)


@pytest.mark.parametrize(
    "question",
    [
        "How many preceptors took part?",
        "What percentage of students agreed?",
        "what % trust their residents",
        "What p-value was reported?",
        "What was the sample size?",
        "How long does it take?",
        "What's the odds ratio?",
        "by how much does care improve",
        "What was Cronbach's alpha?",
        "Which proportion of residents improved?",
        "What dose is right?",
        "Give me the 95% confidence interval",
        "How often should I observe?",
        "How old were the students?",
    ],
)
def test_a_figure_is_asked_for(question: str) -> None:
    assert wants_figure(question)


@pytest.mark.parametrize(
    "question",
    [
        "How does trust grow?",
        "Why is observation crucial?",
        "How can I build trust with many learners?",
        "What is the learner-to-preceptor ratio about?",
        "Who was interviewed?",
        "Does reference 4 mention figures of speech?",
        "What decides how much supervision a learner gets?",
        "Does trust influence how often feedback is given?",
        "On what does it depend how closely a resident is watched?",
        "How important is it?",
    ],
)
def test_no_figure_is_asked_for(question: str) -> None:
    assert not wants_figure(question)


@pytest.mark.parametrize(
    ("question", "party"),
    [
        ("Why do nurses distrust doctors?", "nurses"),
        ("How do patients come to trust their physician?", "patients"),
        ("Should parents have confidence in vaccines?", "parents"),
        ("Can I trust an AI chatbot with this?", "ai"),
        ("Do employees put faith in a manager?", "employees"),
        ("Do families trust a resident?", "families"),
        ("How do I learn to trust my own judgement?", "oneself"),
        ("Can learners have confidence in themselves?", "oneself"),
    ],
)
def test_trust_of_outsiders_is_noticed(question: str, party: str, audits: tuple[Audit, ...]) -> None:
    assert outside_party(question, audits) == party


@pytest.mark.parametrize(
    "question",
    [
        "How do preceptors come to trust residents?",
        "Do students trust their preceptor?",
        "Does trust improve patient care outcomes?",
        "Does trust between learners and teachers improve patient outcomes?",
        "How does resident-preceptor-patient continuity work?",
        "What do patients say?",
        "Do family medicine preceptors trust residents?",
        "How does trust affect patient safety?",
        "Do junior doctors trust their supervisor?",
        "How is trust related to respect?",
        "Does knowing too little about the patient affect trust?",
        "Can a preceptor who knows little of our shared patients trust a resident?",
    ],
)
def test_trust_of_those_whom_the_works_studied_is_inside(question: str, audits: tuple[Audit, ...]) -> None:
    assert outside_party(question, audits) is None


def test_a_corpus_about_a_party_takes_it_in(audits: tuple[Audit, ...]) -> None:
    question = "Why do nurses distrust surgeons?"
    about_nurses = replace(audits[0], direction="nurse trusts surgeon")
    assert outside_party(question, ()) == "nurses"
    assert outside_party(question, (about_nurses,)) is None


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("Which questionnaire measures trust?", 1.0),
        ("Is there an app for trust?", 1.0),
        ("Name a validated scale", 1.0),
        ("What workshop teaches observation?", 1.0),
        ("How does observation build trust?", 0.0),
        ("What skills matter?", 0.0),
    ],
)
def test_a_named_thing_that_no_sentence_has(statement: Quote, question: str, asked: float) -> None:
    assert judge(question, evidence(statement, {"trust": 0.9})).signals["artefact"] == asked


def test_a_sentence_that_has_the_figure_or_the_thing_gives_it(world: Any) -> None:
    text = "Sixteen of 20 used one checklist"
    chunk = replace(world.corpus.chunks[0], text=text, start=0, end=len(text), sentences=())
    quote = Quote(chunk, 0, len(text), text)
    decision = judge("How many used which checklist?", evidence(quote, {"used": 0.9}))
    assert not decision.figure
    assert decision.signals["figure"] == decision.signals["artefact"] == 0.0


@pytest.mark.parametrize("kind", ["coefficients", "documents"])
def test_every_signal_has_a_coefficient_on_the_side_that_it_can_speak_for(statement: Quote, kind: str) -> None:
    signals = set(judge("How?", evidence(statement, {"trust": 0.9})).signals) - {"answerable"}
    model = coefficients(kind)
    assert set(model) == signals | {"intercept"}
    assert signals >= HELPS
    for name in signals:
        assert model[name] >= 0 if name in HELPS else model[name] <= 0, name
        assert math.isfinite(model[name])


def test_the_calibration_names_what_it_was_fitted_on() -> None:
    made = json.loads(resources.files("trustbot").joinpath("calibration.json").read_text(encoding="utf-8"))
    assert made["embedder"]
    assert made["fitted_on"]
    assert all(len(s["sha256"]) == 64 and s["items"] > 0 for s in made["fitted_on"])


SHARE = st.floats(0, 1)


@given(SHARE, SHARE, SHARE, SHARE)
def test_the_better_a_question_is_met_the_likelier_an_answer(
    statement: Quote, one: float, other: float, low: float, high: float
) -> None:
    low, high = sorted((low, high))
    worse = judge("How?", evidence(statement, {"skills": low, "hope": one}, similarity=other))
    better = judge("How?", evidence(statement, {"skills": high, "hope": one}, similarity=other))
    assert 0 <= worse.probability <= better.probability <= 1


@given(SHARE, SHARE, SHARE)
def test_similarity_and_a_fitting_heading_can_only_help(statement: Quote, met: float, low: float, high: float) -> None:
    low, high = sorted((low, high))
    found = evidence(statement, {"skills": met})
    for name in ("similarity", "heading"):
        worse, better = (
            judge(
                "How?",
                evidence(statement, {"skills": met}, similarity=value)
                if name == "similarity"
                else replace(found, heading_score=value),
            )
            for value in (low, high)
        )
        assert worse.probability <= better.probability


@given(SHARE)
def test_outsiders_figures_and_artefacts_can_only_hurt(statement: Quote, met: float) -> None:
    found = evidence(statement, {"trust": met})
    plain = judge("Is there trust here?", found)
    for question in ("Do nurses trust here?", "How many trust here?", "Is there a questionnaire on trust?"):
        assert judge(question, found).probability <= plain.probability


@given(SHARE)
def test_an_unknown_word_that_nothing_meets_can_only_hurt(statement: Quote, met: float) -> None:
    found = evidence(statement, {"trust": met, "zzyzx": 0.1})
    unknown = replace(found, terms=(found.terms[0], replace(found.terms[1], known=False)))
    assert judge("?", unknown).probability <= judge("?", found).probability


def test_a_question_well_met_is_answerable(statement: Quote) -> None:
    decision = judge("Why observe skills?", evidence(statement, {"observe": 0.98, "skills": 0.98}, similarity=0.9))
    assert decision.verdict == "answerable"
    assert decision.uncovered == ()
    assert decision.signals["answerable"] == decision.probability


def test_a_question_met_in_part_says_which_word_is_not_covered(statement: Quote) -> None:
    found = evidence(statement, {"observe": 0.98, "skills": 0.98, "amoxicillin": 0.1}, similarity=0.9)
    decision = judge("Why observe skills with amoxicillin?", found, threshold=0.0)
    assert decision.verdict == "partly"
    assert decision.uncovered == ("amoxicillin",)


@pytest.mark.parametrize("threshold", [0.0, 0.5, 1.0])
def test_without_evidence_nothing_is_answerable_at_any_threshold(threshold: float) -> None:
    terms = (term("banana"),)
    assert judge("Is a banana ripe?", replace(NOTHING, terms=terms), threshold=threshold).verdict == "not covered"


@given(SHARE, SHARE, SHARE)
def test_a_higher_threshold_never_answers_more(statement: Quote, met: float, low: float, high: float) -> None:
    low, high = sorted((low, high))
    found = evidence(statement, {"skills": met})
    lenient, strict = judge("How?", found, threshold=low), judge("How?", found, threshold=high)
    assert lenient.verdict in ("answerable", "partly") or strict.verdict not in ("answerable", "partly")


def test_a_question_that_asks_for_nothing_is_unclear(statement: Quote) -> None:
    assert judge("Hm?", NOTHING).verdict == "unclear"
    pointed = decide(Query("Hm?", "Hm?", about=(statement.chunk.id,)), evidence(statement, {}), (), 0.0)
    assert pointed.verdict == "answerable", "it points at something"
    named = decide(Query("[4]?", "[4]?", references=(4,)), evidence(statement, {}), (), 0.0)
    assert named.verdict == "answerable", "it names a work"


def test_the_reasons_name_the_questions_own_words(statement: Quote, audits: tuple[Audit, ...]) -> None:
    found = evidence(statement, {"trust": 0.2})
    assert judge("Do nurses trust pilots?", found, audits).party == "nurses"
    assert judge("How many trust?", found, audits).figure


def test_a_word_that_is_missing_is_named_as_it_was_typed(bot: Any) -> None:
    answer = bot.ask("Who won the World Cup in Australia?")
    assert "“Australia”" in (answer.reason or "")


def test_a_word_that_only_frames_a_question_asks_for_nothing(bot: Any) -> None:
    assert (bot.ask("help").reason or "").startswith("I can't tell what to look for.")


def test_an_overview_is_answered_and_misses_nothing(bot: Any) -> None:
    answer = bot.ask("What are the key takeaways of this article?")
    assert answer.outcome == "answered"
    assert {c.audit.claim_id for c in answer.citations if c.audit} >= {"C01", "C10", "C22", "C25"}
    assert all(n.kind != "partial" for n in answer.notices)

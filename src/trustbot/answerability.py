"""Is there enough evidence to answer? A calibrated decision from several signals, with its reasons.

In: the query and the evidence chosen for it. Out: a `Decision`: a verdict, the probability that the question is
answerable, the signals it came from, and the words of the question that nothing covers. This module words no
sentence for readers and never searches.

No single similarity separates a question that the corpus answers from one that only sounds like it. The signals:
how well the best sentence meets the question, how much of the question all chosen sentences meet together, the
heaviest terms that none of them meets, words that the corpus doesn't know, whose trust is asked about, and whether
a figure is asked for that no chosen sentence holds. A logistic model weighs them; its coefficients are fitted by
`trustbot.evals.calibration` and lie beside this module.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from trustbot.evidence import Evidence
from trustbot.matching import QueryTerm
from trustbot.support.additions import LIGHT
from trustbot.terms import is_content, stem, words
from trustbot.types import Audit, Query

Verdict = Literal["answerable", "partly", "not covered", "unclear"]

OUTSIDE_ROLES = frozenset(
    """patient nurse physician doctor parent mother father mum mom dad child children kid teenager teen son daughter
    baby spouse husband wife wives partner boyfriend girlfriend friend neighbour neighbor colleague coworker peer
    boss manager administrator administration dean employer employee customer client family families relative
    caregiver carer teammate pharmacist surgeon therapist midwife midwives paramedic ai chatbot robot computer
    algorithm government politician police public institution insurer company companies school pupil coach lawyer
    investor bank dog voter""".split()
)
"""People and bodies that trust or are trusted elsewhere, plurals in "s" understood; a corpus takes back those that its
audit names. Words and not stems: "related" is no relative."""
TRUST = re.compile(r"\b(?:dis|mis|en)?trust\w*|\bconfidence\b|\bfaith\b", re.IGNORECASE)
ONESELF = re.compile(
    rf"(?:{TRUST.pattern})\s+(?:in\s+)?(?:(?:my|your|him|her|one|it)self|(?:our|your|them)selves|(?:my|your|one['’]s)\s+own)\b",
    re.IGNORECASE,
)
"""Trust in oneself is nobody else's."""
NOT_A_PARTY = re.compile(
    r"\bpatients?['’]?s?\s+(?:care|outcomes?|safety|satisfaction|experience|records?|relationships?|continuity|centred|centered)"
    r"|\bbetween[- ]visit|\bfamily\s+(?:medicine|physicians?|practice|doctors?)"
    r"|\bprimary\s+care\s+(?:physicians?|doctors?)"
    r"|\bmedical\s+school|\bjunior\s+doctors?|\bresident\s+(?:physicians?|doctors?)|\battending\s+physicians?"
    # What somebody knows or hears of others is no trust in them.
    r"|\b(?:about|know\w*|knew|of)\s+(?:(?:the|a|an|their|its|his|her|my|our|your|these|those|each|every|all|any|some|one"
    r"|clinic|shared)\s+){0,3}(?:patient|famil|client|parent)\w*",
    re.IGNORECASE,
)
PARTY_REACH = 5
"""Words between "trust" and the one who trusts or is trusted: "how do nurses and physicians build trust"."""
FIGURE = re.compile(
    r"\bhow\s+(?:many|much|long|often|old|large|big|frequent(?:ly)?)\b|\bper\s?cent(?:age)?s?\b|\d\s*%|%\s*of|\bwhat\s+%"
    r"|\b(?:what|which)\s+(?:proportion|fraction|share|rate|number|figure|dose|score|cut[- ]?off|threshold"
    r"|p[- ]?values?)\b"
    r"|\bp[- ]?values?\b|\beffect\s+sizes?\b|\b(?:odds|hazard|risk)\s+ratios?\b|\bconfidence\s+intervals?\b"
    r"|\bcorrelation\b"
    r"|\bcoefficients?\b|\bcronbach|\bkappa\b|\bsample\s+size\b|\bstandard\s+deviation\b|\bmean\s+(?:score|difference|rating)\b"
    r"|\baverage\s+\w+|\bincidence\b|\bprevalence\b|\bby\s+how\s+(?:much|many)\b",
    re.IGNORECASE,
)
EMBEDDED = re.compile(
    r"\b(?:(?:decid|determin|influenc|affect|shap|chang|limit|set|defin|govern|control|judg|alter|vari|adjust)\w*|depends?\s+on"
    r"|matters?)\s+(?:just\s+|exactly\s+)?(?:how\s+(?:many|much|long|often|old|large|big|frequent(?:ly)?)"
    r"|(?:what|which)\s+(?:proportion|share|number|rate))\b",
    re.IGNORECASE,
)
"""An amount that something is said to depend on: what it depends on is asked for, and not the amount."""
NUMBER = re.compile(
    r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|half|third|twice|single)\b",
    re.IGNORECASE,
)
ARTEFACT = re.compile(
    r"\b(?:questionnaires?|scales?|instruments?|inventor(?:y|ies)|surveys?|checklists?|rubrics?|(?:assessment|evaluation|scoring)\s+forms?"
    r"|tools?|apps?|software|websites?|podcasts?|videos?|books?|textbooks?|courses?|curriculum|curricula|workshops?|modules?|templates?"
    r"|scripts?|mnemonics?|acronyms?|algorithms?|toolkits?|brands?|drugs?|medications?|vaccines?)\b",
    re.IGNORECASE,
)
"""Things with a name that a reader may ask for; only a sentence that has such a thing can name it."""
HELPS = frozenset({"best", "coverage", "similarity", "lead", "heading"})
"""Signals that can only speak for an answer; every other one can only speak against it."""
UNMET = 0.5
"""A term that no chosen sentence meets at least this well is not covered."""
HEAVY = 0.6
"""Weight from which a term that isn't covered is worth naming, unless it only tells how something is said."""
UNCLEAR_WEIGHT = 0.35
"""A query whose terms weigh less than this together asks for nothing that could be looked for."""

UNCLEAR_BEST = 0.6
"""A sentence that meets such a query at least this well shows that it asked for something after all."""


@dataclass(frozen=True, slots=True)
class Decision:
    """`probability` is that of being answerable, 0 to 1; `uncovered` are the question's own words."""

    verdict: Verdict
    probability: float
    signals: Mapping[str, float]
    uncovered: tuple[str, ...] = ()
    party: str | None = None
    """The outside party whose trust is asked about, if that is why the question isn't covered."""
    figure: bool = False
    """Whether a figure is asked for that no chosen sentence holds."""


def decide(query: Query, evidence: Evidence, audits: Sequence[Audit], threshold: float) -> Decision:
    """Weigh the evidence for `query`; answerable at a probability of at least `threshold`."""
    party = outside_party(query.text, audits)
    figure = wants_figure(query.asked) and not any(NUMBER.search(s.quote.text) for s in evidence.chosen)
    artefact = bool(named := ARTEFACT.findall(query.asked)) and not any(
        _holds(s.quote.text, named) for s in evidence.chosen
    )
    met = _met(evidence)
    signals = _signals(evidence, met) | {
        "party": float(party is not None),
        "figure": float(figure),
        "artefact": float(artefact),
    }
    probability = _probability(signals, "coefficients" if audits else "documents")
    own = len(query.text) if not query.carried else query.text.rfind(query.carried)
    uncovered = tuple(
        _as_typed(t, query.text)
        for t, m in zip(evidence.terms, met, strict=True)
        if t.start < own and m < UNMET and t.weight >= HEAVY and is_content(t.text) and not t.stems <= LIGHT
    )
    verdict = _verdict(query, evidence, probability, threshold)
    if evidence.settled:
        uncovered = ()  # nothing in particular was asked, so nothing in particular is missing
    if verdict == "answerable" and uncovered:
        verdict = "partly"
    return Decision(verdict, probability, {"answerable": probability, **signals}, uncovered, party, figure)


def _as_typed(term: QueryTerm, text: str) -> str:
    """A term with the capitals that it was typed with."""
    typed = text[term.start : term.end]
    return typed if typed.lower() == term.text.lower() else term.text


def outside_party(question: str, audits: Sequence[Audit]) -> str | None:
    """Someone near the word "trust" whom the audited works are not about, such as a patient or a nurse; or None."""
    if ONESELF.search(question):
        return "oneself"
    inside = {stem(w) for audit in audits for w, _, _ in words(audit.direction)}
    tokens = [w for w, _, _ in words(NOT_A_PARTY.sub(" ", question))]
    places = [i for i, w in enumerate(tokens) if TRUST.fullmatch(w)]
    for place, word in enumerate(tokens):
        outside = (word in OUTSIDE_ROLES or word.removesuffix("s") in OUTSIDE_ROLES) and stem(word) not in inside
        if outside and any(abs(place - at) <= PARTY_REACH for at in places):
            return word
    return None


def wants_figure(question: str) -> bool:
    """Whether the question can only be answered by a number."""
    return bool(FIGURE.search(EMBEDDED.sub(" ", question)))


def _met(evidence: Evidence) -> list[float]:
    """How well the chosen sentences, and the heading of a whole list, together meet each term, 0 to 1."""
    met = [s.match.similarities for s in evidence.chosen]
    met += [evidence.promised] if evidence.promised and evidence.chosen else []
    return [max((m[i] for m in met), default=0.0) for i in range(len(evidence.terms))]


def _holds(sentence: str, named: Sequence[str]) -> bool:
    held = {stem(w) for w, _, _ in words(sentence)}
    return any({stem(w) for w, _, _ in words(name)} <= held for name in named)


def _signals(evidence: Evidence, met: Sequence[float]) -> dict[str, float]:
    weights = [t.weight for t in evidence.terms]
    total = sum(weights) or 1.0
    gaps = [*sorted((w * (1 - m) for w, m in zip(weights, met, strict=True)), reverse=True), 0.0, 0.0]
    unknown = sum(t.weight for t, m in zip(evidence.terms, met, strict=True) if not t.known and m < UNMET)
    return {
        "best": max((s.score for s in evidence.chosen), default=0.0),
        "coverage": sum(w * m for w, m in zip(weights, met, strict=True)) / total,
        "worst_gap": gaps[0],
        "second_gap": gaps[1],
        "unknown": unknown,
        "unknown_share": unknown / max(total, 1.0),
        "similarity": max((p.similarity for p in evidence.passages[:3]), default=0.0),
        "lead": _lead([p.similarity for p in evidence.passages]),
        "heading": evidence.heading_score,
    }


def _lead(similarities: Sequence[float]) -> float:
    """By how much the nearest passage is nearer than those found are on average: one that stands out answers."""
    return max(similarities) - sum(similarities) / len(similarities) if similarities else 0.0


def _verdict(query: Query, evidence: Evidence, probability: float, threshold: float) -> Verdict:
    if evidence.settled and evidence.chosen:
        return "answerable"  # the work is named by its number, and nothing more is asked for
    vague = not query.references and not query.about and sum(t.weight for t in evidence.terms) < UNCLEAR_WEIGHT
    # "Help" alone meets any sentence that helps; a word that only frames a question is no thing to look for.
    names_nothing = not any(is_content(word) for t in evidence.terms for word, _, _ in words(t.text))
    if vague and (names_nothing or max((s.score for s in evidence.chosen), default=0.0) < UNCLEAR_BEST):
        return "unclear"
    return "answerable" if evidence.chosen and probability >= threshold else "not covered"


def _probability(signals: Mapping[str, float], kind: str) -> float:
    model = coefficients(kind)
    # A signal that nothing was fitted to yet weighs nothing, or it could never be fitted.
    logit = model["intercept"] + sum(model.get(name, 0.0) * value for name, value in signals.items())
    return 1.0 / (1.0 + math.exp(-logit))


@cache
def coefficients(kind: str = "coefficients") -> Mapping[str, float]:
    """The fitted weights, `intercept` and one per signal; `documents` are those for a corpus without an audit.

    A guidance whose every statement is near every question on its subject, and documents on many subjects, tell
    differently whether they answer.
    """
    text = resources.files("trustbot").joinpath("calibration.json").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, float]] = json.loads(text)
    return loaded.get(kind) or loaded["coefficients"]

"""What a question takes for granted about the works, against their record: a design or a number that none of them has.

In: a query and the corpus's sources with their study facts. Out: one sentence that corrects the question from the
record, or nothing. Only what the record states is corrected, and a question that names a work is held against that work
alone. This module searches nothing and knows no statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from trustbot import wording
from trustbot.terms import stem, words
from trustbot.types import Corpus, Query, Source, Study

DESIGNS: Mapping[str, str] = {
    "trial": r"(?:clinical|randomi[sz]ed|controlled)\s+(?:\w+\s+)?trials?|\brcts?\b|randomi[sz]ed"
    r"|randomly\s+(?:assigned|allocated)"
    r"|\bplacebo|control\s+(?:group|arm)|intervention\s+(?:group|arm)|\bblinded\b|\btrials?\b",
    "meta-analysis": r"meta[- ]?analy[sz]\w+|pooled\s+(?:estimate|effect|analysis)",
    "survey": r"\bsurveyed\b|\bsurveys?\b|questionnaire\s+(?:study|data|results|responses)",
    "cohort study": r"\bcohorts?\s+(?:study|studies|data)|followed\s+a\s+cohort",
    "case-control study": r"case[- ]control",
    "cross-sectional study": r"cross[- ]sectional",
    "experiment": r"\bexperiments?\b|\bexperimental\s+(?:study|group|arm|design)",
    "before-and-after study": r"(?:before[- ]and[- ]after|pre[- ]?post|pre-?test|post-?test)",
}
"""Designs that a question may assume, as they are written. Standard names of study designs, not of any corpus."""
ASSUMES = re.compile(
    r"\b(?:the|that|this|these|those|their|its|all|were|was|did|how\s+many|why|since|given|because|in|of)\b",
    re.IGNORECASE,
)
"""A question assumes a design when it speaks of it as known; "is there a trial on …?" asks for one."""
ASKS_FOR_ONE = re.compile(
    r"\b(?:(?:is|are|was|were)\s+(?:there|any|it|this|that|one|some)\b|(?:is|are|was|were)\s+\w+(?:\s+\w+){0,4}\s+an?\b|which\b"
    r"|what\s+(?:kind|type|sort|design)\b|any\b)",
    re.IGNORECASE,
)
COUNT = re.compile(
    r"\b(?P<number>\d{2,6}|[1-9])\s+(?:\w+\s+){0,2}?(?P<what>preceptors?|supervisors?|attendings?|faculty|teachers?|students?|residents?"
    r"|trainees?|learners?|participants?|subjects?|people|articles?|studies|papers?|journals?|clinics?|hospitals?|schools?|encounters?"
    r"|patients?|physicians?|doctors?|interviews?|professions?)\b",
    re.IGNORECASE,
)
HYPOTHETICAL = re.compile(r"\b(?:i|we|my|our|me|us|if|with)\b", re.IGNORECASE)
"""Before a number: the asker's own students are no claim about a study."""


def correction(query: Query, corpus: Corpus) -> str | None:
    """The sentence that sets right what `query` takes for granted of the works, or None."""
    works = [(s.number, s.study) for s in _meant(query, corpus) if s.study]
    return _design(query.asked, works) or _number(query.asked, works)


def _told(study: Study) -> str:
    """Everything that the record says about a study."""
    facts = (study.design, study.participants, study.setting, study.method, study.period, study.summary)
    return " ".join(filter(None, facts))


def _meant(query: Query, corpus: Corpus) -> list[Source]:
    """The works that the question names, by number or by an author; all of them if it names none."""
    works = [s for s in corpus.sources if s.kind == "work" and s.study]
    asked = {w for w, _, _ in words(query.asked)}
    named = [
        w for w in works if w.number in query.references or any(a.split()[-1].lower() in asked for a in w.authors if a)
    ]
    return named or works


def _design(question: str, works: Sequence[tuple[int, Study]]) -> str | None:
    if ASKS_FOR_ONE.match(question) or not ASSUMES.search(question):
        return None
    for name, pattern in DESIGNS.items():
        held = (re.search(pattern, _told(study), re.IGNORECASE) for _, study in works)
        if re.search(pattern, question, re.IGNORECASE) and not any(held):
            template = wording.PREMISE_DESIGN_ONE if len(works) == 1 else wording.PREMISE_DESIGN
            return template.format(design=name, works=_listing((number, study.design) for number, study in works))
    return None


def _number(question: str, works: Sequence[tuple[int, Study]]) -> str | None:
    for match in COUNT.finditer(question):
        if HYPOTHETICAL.search(question[: match.start()]):
            continue
        what = stem(match["what"].lower())
        # Only a thing that the record counts can be corrected by it.
        counting = [(n, study) for n, study in works if what in {stem(x) for x, _, _ in words(_told(study))}]
        if counting and not any(match["number"] in _numbers(_told(study)) for _, study in works):
            listed = _listing((number, study.participants) for number, study in counting)
            return wording.PREMISE_NUMBER.format(number=match["number"], what=match["what"], works=listed)
    return None


def _numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+", text))


def _listing(facts: Iterable[tuple[int, str]]) -> str:
    return "; ".join(f"reference {number}: {fact}" for number, fact in facts)

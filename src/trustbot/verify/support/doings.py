"""Who does what: people of a sentence who do what others do in its passages.

In: a sentence, the passages that it cites, a vocabulary. Out: the people who changed places with others. What people do
are the next words behind them, or those before a "by". This module reads
English by rules, without a parser, and knows no verdict.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from trustbot.text.terms import Term, Vocabulary, content_terms
from trustbot.verify.support.additions import PARTIES
from trustbot.verify.support.roles import TELLING, clauses, spoken
from trustbot.verify.support.synonyms import forms

DOINGS = 3
"""Content words behind people that tell what they do."""
_BY = re.compile(
    r"\bby\s+(?:(?:the|a|an|their|these|those|its|each|most|many|some|two|\d+)\s+)?(?:[\w-]+\s+)?$", re.IGNORECASE
)
_JOINED = re.compile(r"\s*(?:,|,?\s+(?:and|or)|\s+as\s+well\s+as)\s+(?:(?:the|a|an|their|its)\s+)?", re.IGNORECASE)
_IS_DONE = re.compile(
    r"\s+(?:is|are|was|were|be|been|being)\s+(?:\w+ly\s+)?\w+(?:ed|en|ught|wn|de)\b[^,;]*?\bby\b", re.IGNORECASE
)
"""What follows people to whom something is done."""
_PARTICIPLES = ("ed", "en", "ught", "wn", "de")
BOTH = 2
"""Words of what others do, from which people who do nothing in the passages have taken their place."""
_ACTS = re.compile(
    r"\s+(?!(?:about|with|in|on|of|for|from|and|or|nor|during|at|by|through|as|that|who|whom|whose|is|are|was|were|than"
    r"|be|been|when|where|while|into|over|under|between|among|after|before|without|not|can|may|should)\b)\w"
)
"""What follows people who do something themselves."""

_GOVERNED = re.compile(
    r"\b(?:makes?|made|keeps?|kept|finds?|found|renders?|about|with|in|on|of|to|for|from|by|at|between|among|towards?|like|than)\s+(?:(?:the|a|an|their|these|those|its|his"
    r"|her|each|any|some|\d+)\s+)?(?:[\w-]+\s+)?$",
    re.IGNORECASE,
)
"""What stands before people who are no subject."""


@dataclass(frozen=True, slots=True)
class Doing:
    """People, by concept and stem, and the stems of what is said of them; `acts` where it is what they do."""

    who: frozenset[str]
    what: frozenset[str]
    acts: bool
    owns: bool = False
    undergoes: str = ""
    """The stem of the word right before them: "engage students"."""


def swapped_parties(sentence: str, passages: Sequence[str], vocabulary: Vocabulary) -> tuple[str, ...]:
    """The people of `sentence` who do what others do in the passages: what follows their name there follows
    another's here."""
    theirs = [done for passage in passages for done in _doings(passage, vocabulary)]
    return tuple(min(own.who) for own in _doings(sentence, vocabulary) if _others_do(own, theirs))


def _doings(text: str, vocabulary: Vocabulary) -> list[Doing]:
    """Each mention of people, with the next content words of its clause, or those before a "by"."""
    return [done for clause in clauses(spoken(text)) for done in _of_clause(clause, vocabulary)]


def _of_clause(clause: str, vocabulary: Vocabulary) -> list[Doing]:
    found = []
    concepts = vocabulary.find(clause)
    terms = content_terms(clause)
    for place, term in enumerate(terms):
        if term.stem not in PARTIES or _names_a_thing(clause, term, terms[place + 1 : place + 2]):
            continue
        who = frozenset((next((c.preferred for c in concepts if c.start <= term.start < c.end), term.stem), term.stem))
        if _BY.search(clause[: term.start]):
            before = [t for t in terms[:place] if t.stem not in PARTIES and t.weight >= TELLING]
            passive = before and before[-1].text.endswith(_PARTICIPLES)
            found.append(Doing(who, frozenset(t.stem for t in before[-1 if passive else -DOINGS :]), True))
        elif not _IS_DONE.match(clause, term.end):
            after = [t for t in _until_people(clause, term, terms[place + 1 :]) if t.weight >= TELLING][:DOINGS]
            acts = _ACTS.match(clause, term.end) is not None and not _GOVERNED.search(clause[: term.start])
            owns = re.match(r"['’]s?\s", clause[term.end :]) is not None
            found.append(
                Doing(who, frozenset(t.stem for t in after), acts, owns, _verb_of(clause, term, terms[:place]))
            )
    return found


def _until_people(clause: str, term: Term, behind: Sequence[Term]) -> list[Term]:
    """The words behind people as far as others, but for those whom an "and" joins to them: they do it together."""
    found: list[Term] = []
    last = term
    for one in behind:
        if one.stem in PARTIES:
            if found or not _JOINED.fullmatch(clause[last.end : one.start]):
                break
            last = one
        else:
            found.append(one)
    return found


def _verb_of(clause: str, term: Term, before: Sequence[Term]) -> str:
    """The stem of the content word right before people, if no more than an article stands between."""
    near = before and re.fullmatch(r"\s+(?:(?:the|a|an|their|your|its)\s+)?", clause[before[-1].end : term.start])
    return before[-1].stem if near else ""


def _names_a_thing(clause: str, term: Term, following: Sequence[Term]) -> bool:
    """Whether people stand within another word ("patient-centred", "faculty preceptors") that says what is meant."""
    if clause[term.start - 1 : term.start] == "-" or re.match(r"-\w", clause[term.end :]):
        return True
    return bool(following) and following[0].stem in PARTIES and clause[term.end : following[0].start] == " "


def _others_do(own: Doing, theirs: Sequence[Doing]) -> bool:
    same = [t for t in theirs if t.who & own.who]
    others = [t for t in theirs if not t.who & own.who]
    if not same:
        return any(t.acts and _shared(own, t) for t in others)
    if own.acts and any(t.undergoes in own.what for t in same) and not any(t.acts for t in same):
        return True
    if not any(t.what for t in same):  # who does nothing there has changed places with who does
        return own.acts and any(t.acts and _shared(own, t) >= BOTH for t in others)
    return (own.acts or own.owns) and not any(_shared(own, t) for t in same) and any(_shared(own, t) for t in others)


def _shared(one: Doing, other: Doing) -> int:
    """How many words of what the ones do the others do too, in whatever form."""
    return sum(bool(forms(s) & other.what) for s in one.what)

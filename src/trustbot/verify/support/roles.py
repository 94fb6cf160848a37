"""Who does what to whom, and what comes of what: relations of a sentence that its passages have the other way round.

In: a sentence, the passages that it cites, a vocabulary. Out: the relations that are turned round. A relation is a word
such as "trusts", "shapes" or "rests on" with the words on its two sides; a passive, or a word such as "through",
turns the sides.
The words of a side are compared by stem and by concept of the vocabulary. This module reads English by rules, without a
parser, and knows no verdict.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from trustbot.text.terms import Vocabulary, content_terms, stem
from trustbot.verify.support.additions import PARTIES

_ACTS = (
    r"confidence\s+in|faith\s+in|valued?|values(?=\s+(?:the|their|a|an|his|her)\b)|observ(?:e|es|ed|ing)|supervis(?:e|es|ed|ing)"
    r"|judg(?:e|es|ed|ing)|assess(?:es|ed|ing)?|taught|watch(?:es|ed|ing)?|involv(?:e|es|ed|ing)"
    r"|engag(?:e|es|ed|ing)|respect(?:s|ed)|describ(?:e|es|ed|ing)|interview(?:s|ed)?|studied"
    r"|guid(?:e|es|ed)|ask(?:s|ed)?"
    r"|influenc(?:e|es|ed|ing)|shap(?:e|es|ed|ing)|affect(?:s|ed|ing)?|determin(?:e|es|ed|ing)"
    r"|contribut(?:e|es|ed)\s+to"
    r"|promot(?:e|es|ed|ing)|foster(?:s|ed|ing)?|encourag(?:e|es|ed)|facilitat(?:e|es|ed)"
    r"|allow(?:s|ed)?|enabl(?:e|es|ed)"
    r"|driv(?:e|es|en|er|ers)(?:\s+of)?|creat(?:e|es|ed|ing)|buil(?:d|ds|t)|produc(?:e|es|ed)"
    r"|improv(?:e|es|ed)|enhanc(?:e|es|ed|ing)"
    r"|increas(?:e|es|ed)|reduc(?:e|es|ed)|caus(?:e|es|ed)|lead(?:s)?\s+to|led\s+to"
    r"|result(?:s|ed)?\s+in|open(?:s|ed)|hinder(?:s|ed)?"
    r"|provid(?:e|es|ed|ing)|support(?:s|ed)?|help(?:s|ed)?(?!\s+of)|giv(?:e|es)"
    r"|(?<!\ba\s)(?<!\bthe\s)(?:foundation|basis)\s+of|(?:foundation|basis)\s+for|makes?|made|precedes?|comes?\s+before"
    r"|crucial\s+(?:for|to)|establishes|essential\s+(?:for|to)|strengthen(?:s|ed)?|obstruct(?:s|ed)?|hamper(?:s|ed)?"
)
_TIES = r"(?:between|among|with|by|for|of|from|to|and|or|in|on|as)\b"
_WHOM = rf"(?:(?:the|their|a|an|each|his|her|these|those)\s+)?(?:(?!{_TIES})\w+\s+)?(?:{'|'.join(sorted(PARTIES))})"
_TRUSTS = (
    rf"trusts|trusted(?!\s+by)|trust\s+in(?=\s+{_WHOM})|trust(?=\s+{_WHOM})"
    rf"|trusts?(?=\s+(?:that|which)\s+{_WHOM}\w*\s+place)"
)
"""Trust as what somebody does; where it is a thing, it is a side of a relation."""
_FROM = (
    r"rest(?:s|ed)?\s+on|buil(?:d|ds|t)\s+(?:up)?on|depend(?:s|ed)?\s+(?:up)?on|lean(?:s|ed)?\s+on"
    r"|based\s+on|rel(?:y|ies|ied)\s+on|(?:comes?|came)\s+(?:from|with)|stem(?:s|med)?\s+from"
    r"|aris(?:e|es)\s+from|grow(?:s)?\s+(?:from|out\s+of|through|with)|due\s+to|thanks\s+to"
    r"|because(?:\s+of)?|result(?:s|ed)?\s+from"
    r"|requir(?:e|es|ed)(?![^,;]*\sto\s+(?:create|make|achieve|ensure|reach|become|produce|improve|build|provide|form)\b)|with\s+the\s+help\s+of|through|take\s+for|takes\s+for"
    r"|gain(?:s|ed)?\s+the\s+trust\s+of|(?:wins?|won|earn(?:s|ed)?)\s+the\s+trust\s+of"
)
_PASSIVE = (
    r"(?:(?:is|are|was|were|be|been|being|get|gets)\s+)?(?:\w+ly\s+)?"
    r"(?P<verb>\w+(?:ed|en|ught|uilt|own|ade))\s+(?:\w+\s+){0,2}?by"
)
_RELATION = re.compile(
    rf"\b(?:(?P<passive>{_PASSIVE})|(?P<back>{_FROM})|(?P<forward>{_ACTS}|{_TRUSTS}))\b", re.IGNORECASE
)
_BE = re.compile(r"\b(?:is|are|was|were|be|been|being)\s+(?:\w+\s+)?$", re.IGNORECASE)
_CLAUSE = re.compile(r"[;:—–]|,\s+(?:and|but|so|yet|while|whereas|which)\b|\b(?:but|whereas|while)\b", re.IGNORECASE)
_WHEN = r"(?:(?<!\beven\s)(?<!\bas\s)(?:when|if|once|whenever|where)|as\s+soon\s+as)"
_FIRST = re.compile(rf"^\W*{_WHEN}\s+(?P<condition>[^,;]+),\s*(?P<rest>[^;]+)", re.IGNORECASE)
_LATER = re.compile(rf"^(?P<rest>[^;]+?)\s+(?!where\b){_WHEN}\s+(?P<condition>[^,;]+)", re.IGNORECASE)
_SAYS = re.compile(
    r"^[^,;]{0,60}?\b(?:suggest|argue|say|conclude|note|report|find|remark|propose|state|describe)s?\s+that\b"
    r"|^\W*according\s+to[^,]*,",
    re.IGNORECASE,
)
_SAID_BY = re.compile(
    r",\s+(?:[\w'’]+\s+){0,5}?(?:suggests?|argues?|says?|concludes?|notes?|reports?|found|finds?)\b(?!\s+that\b)[^,;]{0,30}$"
    r"|,\s+according\s+to.*$",
    re.IGNORECASE,
)
_IN_STUDY = re.compile(r"\b(?:in|of)\s+(?:\w+['’]s|the|this)\s+(?:study|review|paper)\b", re.IGNORECASE)
BY = re.compile(_PASSIVE, re.IGNORECASE)
_PATH = re.compile(
    r"\btrust\b[^.;]*?\bfrom\s+(?P<one>(?:\w+\s+){1,3}?)to\s+(?P<other>(?:the\s+|their\s+|a\s+)?\w+)", re.IGNORECASE
)
_OBJECT = re.compile(r"\b(?:that|which|whom)\s+(?P<doer>(?:[\w-]+\s+){1,3})$", re.IGNORECASE)
"""A clause whose object stands before it: "the care that residents give"."""
_NO_OBJECT = re.compile(r"\s*(?:$|[,.;]|(?:between|in|at|during|to|for|with|from|by|on|of|over)\b)", re.IGNORECASE)
_PRONOUN = re.compile(r"\s*(?:(?:and|but|so)\s+)?(?:\w+\s+that\s+)?(?:they|these|it|this)\s+", re.IGNORECASE)
_MAKES = frozenset("make makes made".split())
"""Verbs by which one thing comes of another, as it does when the other is there."""
WHEN = "when"
"""The relation of a condition to what holds under it; it is compared with conditions only."""
FADES = 0.5
"""Share of its weight that a word keeps beyond another relation word."""
_MUTUAL = re.compile(
    r"\b(?:both\s+(?:ways|directions)|two[- ]way|mutual\w*|each\s+other|one\s+another|reciproc\w*)\b", re.IGNORECASE
)
_ONE_WAY = re.compile(r"\b(?:one[- ]way|one\s+direction|unidirectional|one[- ]sided)\b", re.IGNORECASE)
TELLING = 0.3
"""Weight of the words that change sides, from which they tell."""
MARGIN = 0.5
"""How much more of two sides must fit crossed than straight; the weight of about one telling word."""


@dataclass(frozen=True, slots=True)
class Relation:
    """`doer` and `done` are the words of its two sides, with what each weighs."""

    verb: str
    doer: dict[str, float]
    done: dict[str, float]


def relations(text: str, vocabulary: Vocabulary) -> tuple[Relation, ...]:
    """The relations of `text` that have words on both sides."""
    plain = spoken(text)
    parts = [part for clause in _resolved(clauses(plain)) for part in _without_condition(clause)]
    found = [r for part in parts for r in _of_clause(part, vocabulary)]
    return (*found, *_conditions(plain, vocabulary), *_paths(plain, vocabulary))


def clauses(text: str) -> list[str]:
    """The clauses of a sentence, as far as they can be told without a parser."""
    return [part for part in _CLAUSE.split(text) if part.strip()]


def _resolved(found: Sequence[str]) -> list[str]:
    """The clauses, those that begin with a pronoun behind what it stands for: the clause before, if it ties nothing."""
    made = list(found)
    for place, clause in enumerate(made[1:], 1):
        meant = _PRONOUN.match(clause)
        if meant and not _RELATION.search(made[place - 1]):
            made[place] = f"{made[place - 1].strip()} {clause[meant.end() :]}"
    return made


def _without_condition(clause: str) -> tuple[str, ...]:
    """A clause, and its condition by itself: what stands in it is on no side of what holds under it."""
    found = _FIRST.match(clause) or _LATER.match(clause)
    return (found["rest"], found["condition"]) if found else (clause,)


def _paths(text: str, vocabulary: Vocabulary) -> list[Relation]:
    """Trust that goes "from" somebody "to" somebody else."""
    return [
        Relation("trusts", _side(found["one"], vocabulary), _side(found["other"], vocabulary))
        for found in _PATH.finditer(text)
    ]


def spoken(text: str) -> str:
    """`text` without the words that say who says it, and in which study: they are no side of a relation."""
    return _IN_STUDY.sub(" ", _SAYS.sub(" ", _SAID_BY.sub("", text)))


def turned(sentence: str, passages: Sequence[str], vocabulary: Vocabulary) -> tuple[str, ...]:
    """The relation words of `sentence` whose two sides stand the other way round in the passages."""
    theirs = [r for passage in passages for r in relations(passage, vocabulary)]
    own = relations(sentence, vocabulary)
    # Where one relation is the passages' own, what another verb ties within one of its sides is no turn.
    same = any(stem(t.verb) == stem(r.verb) and _fits(r, t) for r in own for t in theirs)
    known = {stem(t.verb) for t in theirs}
    found = [r.verb for r in own if (stem(r.verb) in known or not same) and _crossed(r, theirs)]
    if _one_sided(sentence, passages):
        found.append("mutual")
    return tuple(found)


def _one_sided(sentence: str, passages: Sequence[str]) -> bool:
    """Whether what goes one way in the passages goes both ways in the sentence, or the reverse."""
    both, one = any(map(_MUTUAL.search, passages)), any(map(_ONE_WAY.search, passages))
    return bool((_MUTUAL.search(sentence) and one and not both) or (_ONE_WAY.search(sentence) and both and not one))


def _of_clause(clause: str, vocabulary: Vocabulary) -> list[Relation]:
    marks = list(_RELATION.finditer(clause))
    made = []
    for place, mark in enumerate(marks):
        agentless = (
            _BE.search(clause[: mark.start()])
            and mark["forward"]
            and re.match(r"\w+(?:ed|en|ught|uilt|own|ade)\b", mark.group())
        )
        left = _far(clause, [m.start() for m in marks[:place]], mark.start(), vocabulary, before=True)
        right = _far(clause, [m.end() for m in marks[place + 1 :]], mark.end(), vocabulary, before=False)
        gerund = mark["forward"] and mark.group().split()[0].endswith("ing")  # done by nobody in particular
        taken = _OBJECT.search(clause[: mark.start()]) if mark["forward"] else None
        if taken and _NO_OBJECT.match(clause, mark.end()):
            sides = _side(taken["doer"], vocabulary), _side(clause[: taken.start()], vocabulary)
            made += [Relation(mark.group().lower(), *sides)] if all(sides) else []
        elif left and right and not agentless and not gerund:
            turn = bool(mark["passive"] or mark["back"])
            verb = mark["verb"] or mark.group()
            made.append(Relation(verb.lower(), *((right, left) if turn else (left, right))))
    return made


def _conditions(text: str, vocabulary: Vocabulary) -> list[Relation]:
    """What holds when something else does: "when …, …", "… once …"."""
    made = []
    for found in (_FIRST.match(text), _LATER.match(text)):
        if found:
            doer, done = _side(found["condition"], vocabulary), _side(found["rest"], vocabulary)
            if doer and done:
                made.append(Relation(WHEN, doer, done))
    return made


def _far(clause: str, others: Sequence[int], place: int, vocabulary: Vocabulary, *, before: bool) -> dict[str, float]:
    """The words on one side of `place`; those beyond another relation word weigh half, beyond two a quarter."""
    side: dict[str, float] = {}
    edges = [*reversed(others), 0] if before else [*others, len(clause)]
    for steps, edge in enumerate(edges):
        part = clause[edge:place] if before else clause[place:edge]
        for word, weight in _side(part, vocabulary).items():
            side.setdefault(word, weight * FADES**steps)
        place = edge
    return side


def _side(text: str, vocabulary: Vocabulary) -> dict[str, float]:
    """The content words and the concepts of `text`, with what each weighs."""
    found = {f"={c.preferred}": 1.0 for c in vocabulary.find(text)}
    found.update({term.stem: term.weight for term in content_terms(text)})
    return found


def _crossed(relation: Relation, theirs: Sequence[Relation]) -> bool:
    """Whether two words change sides between a relation and those of the passages.

    Where the passages have the same verb, one exchange is enough; for another verb, more must fit crossed than
    straight.
    """
    same = [t for t in theirs if stem(t.verb) == stem(relation.verb)]
    if same or relation.verb == WHEN:
        return any(_exchanged(relation, t) for t in same) and not any(_fits(relation, t) for t in same)
    others = [t for t in theirs if t.verb != WHEN or relation.verb in _MAKES]
    straight = max((_fit(relation.doer, t.doer) + _fit(relation.done, t.done) for t in others), default=0.0)
    for other in others:
        there, back = _exchange(relation, other)
        if there and back and there + back > straight + MARGIN:
            return True
    return False


def _exchanged(relation: Relation, other: Relation) -> bool:
    """Whether words changed sides both ways, or one side has nothing but words of the other."""
    there, back = _exchange(relation, other)
    if min(there, back) >= TELLING or relation.verb == WHEN:
        return min(there, back) >= TELLING
    doer, done = _fit(relation.doer, other.doer), _fit(relation.done, other.done)
    return bool((there >= TELLING and not doer) or (back >= TELLING and not done))


def _exchange(relation: Relation, other: Relation) -> tuple[float, float]:
    """The weight of what does here and is done to there, and the reverse; a word counts where it weighs more."""
    there = _fit(_own(relation.doer, relation.done), _own(other.done, other.doer))
    return there, _fit(_own(relation.done, relation.doer), _own(other.doer, other.done))


def _own(side: dict[str, float], far: dict[str, float]) -> dict[str, float]:
    return {word: weight for word, weight in side.items() if weight > far.get(word, 0.0)}


def _fits(relation: Relation, other: Relation) -> bool:
    """Whether nothing changed sides, and both sides have something in common."""
    there, back = _exchange(relation, other)
    straight = min(_fit(relation.doer, other.doer), _fit(relation.done, other.done))
    return straight > 0 and not (there and back)


def _fit(one: dict[str, float], other: dict[str, float]) -> float:
    return sum(min(weight, other[word]) for word, weight in one.items() if word in other)

"""Everyday words for the same thing: a word -> the stems of the words that may stand for it.

In: a word's stem. Out: stems. Vectors of words find most of these, and miss some of the commonest. The list is of the
English language, not of any corpus. This module knows no sentence and no verdict.
"""

from __future__ import annotations

from trustbot.terms import stem

_SAME = """foresee foreseen foreseeable predict predictable anticipate expect
bond tie ties relationship relation connection link rapport
short brief quick briefly fleeting
longitudinal lasting long-term long last continuous continuing ongoing enduring continuity
chance opportunity occasion possibility
hard difficult difficulty challenging challenge problem struggle trouble
setting environment climate atmosphere surroundings
limited few little scarce seldom rarely rare
genuine authentic honest sincere real themselves
kind type nature sort
benefit advantage strength plus merit
talk discuss discussion conversation conversations speak chat
observe observation watch see saw seen view
show shown display demonstrate demonstration exhibit
involve engage engagement participate participation
start begin began begun initiate initiation outset open launch
continue continued keep kept ongoing proceed
foundation groundwork basis base ground bedrock
view perspective opinion standpoint
essential vital crucial key necessary important central critical
influence affect shape determine impact
integrate integration weave woven embed incorporate
grow growth develop development progress evolve
improve enhance strengthen better advance
value appreciate welcome prize esteem prefer
examine study investigate explore research look analyse analyze
provide give offer supply
several various many multiple numerous different
encounter meeting contact visit session meet
hinder impede hamper obstruct complicate
promote encourage foster support help facilitate further
cover include span comprise contain
respect regard esteem
judge assess evaluate determine gauge
student learner pupil trainee
study research paper work
environment setting place
career job profession
optimism optimistic hopeful hope inspiration inspirational
article text paper publication
approach attitude stance
level amount extent degree
supervise oversee supervision oversight
lasting long
mutual both reciprocal shared
two both pair
common shared joint together
build establish create form make
maximize maximise increase extend
early soon outset beginning
negotiate agree negotiation
driver factor reason cause source
recommendation advice suggestion
driver drive
perceive perception see view experience"""


def _table() -> dict[str, frozenset[str]]:
    made: dict[str, frozenset[str]] = {}
    for line in _SAME.splitlines():
        stems = frozenset(stem(word) for word in line.replace("-", " ").split())
        for one in stems:
            made[one] = made.get(one, frozenset()) | stems
    return made


_AKIN = _table()


def akin(stemmed: str) -> frozenset[str]:
    """The stems that may stand for a stem, itself included; itself alone for most."""
    return _AKIN.get(stemmed, frozenset({stemmed}))

"""Everyday words for the same thing: a word -> the stems of the words that may stand for it.

In: a word's stem. Out: stems. Vectors of words find most of these, and miss some of the commonest. The list is of the
English language, not of any corpus. This module knows no sentence and no verdict.
"""

from __future__ import annotations

from trustbot.text.terms import stem

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
value appreciate welcome prize esteem prefer liked
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
perceive perception see view experience
chance opportunity occasion possibility room
likely likeliest probable probably
together jointly joint co common shared
specific belong particular peculiar apply pertain
profit benefit gain
trial test
judgement judgment discretion
meeting encounter session
guide rely base inform
stem trace traces originate derive arise come
settle settled resolve resolved decide decided
arrive come came bring
author writer
climate mood
discuss discussed talk talked
appreciate value
appear appeared come came publish published
handle manage cope
anticipate foresee
underlie underlies rest rests
span cover last
carry carried conduct conducted held hold done
trainee resident learner
organisation organization institution
beforehand before
difficulty challenge drawback"""

_FORMS = """write wrote written writing
give gave given
see saw seen sight
take took taken
come came
go went gone
begin began begun
find found
know knew known knowledge
show shown
speak spoke spoken speech
teach taught
think thought
feel felt feeling
build built
keep kept
hold held
lead led
make made
mean meant
leave left
lose lost loss
say said
tell told
bring brought
choose chose chosen choice
grow grew grown growth
rise rose risen
fall fell fallen
spend spent
draw drew drawn
meet met
pay paid payment
run ran
stand stood
understand understood
win won
break broke broken
drive drove driven
eat ate eaten
forget forgot forgotten
hear heard
hide hid hidden
sell sold sale
send sent
throw threw thrown
wear wore worn
arise arose arisen
undergo underwent undergone
behave behaviour behavior
succeed success
believe belief
describe description
analyse analyze analysis analyses
decide decision
strong strength
long length
deep depth
true truth
able ability
perceive perception
receive reception
explain explanation
apply application
compare comparison
prefer preference
respond response
propose proposal
survive survival
arrive arrival
approve approval
fail failure
produce production
reduce reduction
introduce introduction
advise advice
live life
die death
solve solution
destroy destruction
repeat repetition
define definition
divide division
permit permission
conclude conclusion
include inclusion
exclude exclusion
extend extension
expand expansion
compete competition
acquire acquisition
maintain maintenance
argue argument
document documentation
fund funding"""
"""Forms of one word that have different stems."""


def _classes() -> dict[str, frozenset[str]]:
    made: dict[str, frozenset[str]] = {}
    for line in _FORMS.splitlines():
        stems = _stems(line)
        made |= dict.fromkeys(stems, stems)
    return made


def _table() -> dict[str, frozenset[str]]:
    made = dict(_ALIKE)
    for line in _SAME.splitlines():
        stems = frozenset(form for one in _stems(line) for form in forms(one))
        for one in stems:
            made[one] = made.get(one, frozenset()) | stems
    return made


def _stems(line: str) -> frozenset[str]:
    return frozenset(stem(word) for word in line.replace("-", " ").split())


def forms(stemmed: str) -> frozenset[str]:
    """The stems of the forms of a word, the given one included: "write", "wrote"."""
    return _ALIKE.get(stemmed, frozenset({stemmed}))


_ALIKE = _classes()
_AKIN = _table()


def akin(stemmed: str) -> frozenset[str]:
    """The stems that may stand for a stem, itself included; itself alone for most."""
    return _AKIN.get(stemmed, frozenset({stemmed}))

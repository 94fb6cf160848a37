"""Which way a sentence points: negation, rise and fall, and words that are each other's opposite.

In: words, and sentences beside passages. Out: the charge of a stretch of text (+1 or -1, the product of its negations
and directions), how far a sentence and its passages agree in it, and which words are opposites. The lists are of the
English language, not of any corpus. This module knows no verdict.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trustbot.support.alignment import Alignment, Unit
from trustbot.terms import stem, words

NEGATIONS = frozenset(
    """no not never neither nor none nobody nothing without cannot hardly scarcely barely rarely seldom lack lacks
    lacked
    lacking absence absent fail fails failed failure unable unlikely uninvolved""".split()
)

_RISE = """increase rise raise higher high highest greater great more most elevate enhance promote stimulate induce
activate
    improve strengthen accelerate boost augment upregulate grow expand facilitate contribute require essential crucial
    necessary critical pivotal vital enable help support positive benefit beneficial effective longer better best above
    presence maximize maximise encourage foster hasten aid assist allow permit amplify deepen heighten widen gain
    overexpression
    abundant abundance excess excessive elevated intensify potentiate trigger cause drive mediate confer exacerbate
    aggravate
    sufficient capable able responsible rapid faster important key advantage easy easier superior restore rescue useful
    initiate initiation sensitive sensitivity overestimate common frequent frequently safe safer strong stronger"""
_FALL = """decrease reduce reduction lower low lowest less least fewer few decline drop fall fell diminish impair
inhibit suppress
    prevent block attenuate dampen impede hinder weaken slow slower minimize minimise limit restrict loss lose
    deficiency
    deficient deplete depletion knockout negative ineffective ablate ablation silence repress downregulate below
    dispensable
    harm avoid discourage shorten shorter worse worst worsen minor little inverse inversely insufficient incapable
    deter hamper undermine obstruct disrupt abolish abrogate eliminate delete deletion remove removal counteract protect
    protection lessen deactivate inactivate inactivation antagonize antagonist inhibitor delay reverse narrow mild
    modest
    knockdown null deprive refractory resistant resistance unaffected disadvantage hard harder difficult difficulty
    inferior
    useless rare underestimate spare halt stop ameliorate alleviate mitigate poor poorly weak weaker unimportant
    independent"""

NEUTRAL = frozenset(
    "effect effects use uses used using response responses responsive activity activities active abl".split()
)
"""Words that share a stem with charged ones ("effective", "useful", "responsible") and point nowhere."""

OPPOSITES: tuple[tuple[str, str], ...] = (
    ("early", "late later last end"),
    ("brief short shorter", "long longer lasting lengthy longitudinal"),
    ("explicit", "implicit unspoken tacit hidden"),
    ("start begin beginning outset first", "end finish close last"),
    ("before prior", "after afterwards"),
    ("always", "sometimes occasionally never rarely"),
    ("inpatient inpatients ward wards hospital", "outpatient outpatients ambulatory"),
    ("direct directly", "indirect indirectly remote remotely"),
    ("open openness", "closed secret secretive"),
    ("effective", "ineffective useless"),
    ("easy easier ease", "hard harder difficult difficulty challenging"),
    ("safe safer safety", "unsafe riskier dangerous risky"),
    ("active actively", "passive passively"),
    ("single one lone", "several many multiple various"),
    ("few little limited scarce seldom rarely", "many plenty ample abundant numerous much frequent often"),
    ("incomplete insufficient", "complete full sufficient thorough"),
    ("together jointly", "apart separately alone"),
    ("clear clearly", "unclear vague"),
    ("depend depends dependent", "regardless irrespective independent"),
    ("same", "different differing differ differs distinct"),
    ("quantitative", "qualitative"),
    ("prospective", "retrospective"),
    ("public", "private"),
    ("urban", "rural"),
    ("internal", "external"),
    ("include includes included including add adds", "omit omits omitted exclude excludes leaves"),
    ("agree agrees agreement", "disagree disagrees disagreement"),
    ("accept", "reject rejects rejected"),
    ("success succeed succeeds", "failure fail fails"),
    ("strength strengths", "weakness weaknesses"),
    ("benefit benefits advantage advantages", "harm harms drawback drawbacks disadvantage disadvantages"),
    ("continuity continuous lasting", "discontinuity interruption rotation rotating"),
    ("mutual both two-way", "one-sided unilateral one-way"),
    ("preclinical early", "clinical-year senior final-year"),
    ("known well-documented documented", "unknown undocumented"),
    ("presence present", "absence absent"),
    ("male men", "female women"),
    ("acute", "chronic"),
    ("young younger", "old older elderly"),
    ("respect", "contempt disrespect"),
    ("trust trusting", "distrust mistrust suspicion"),
    ("honest honesty", "dishonest dishonesty"),
    ("genuine authentic", "fake inauthentic"),
    ("hope optimism", "despair pessimism"),
    ("independent independence", "dependent dependence"),
    ("foreseen foreseeable predictable", "unforeseeable unpredictable"),
    ("formal", "informal"),
    ("stable", "unstable"),
    ("gain", "loss lose"),
    ("narrow", "broad wide"),
    ("complete", "incomplete partial"),
    ("certain", "uncertain"),
    ("possible", "impossible"),
    ("similar", "dissimilar different"),
    ("equal", "unequal"),
    ("mandatory compulsory required", "optional voluntary"),
    ("essential necessary crucial", "optional unnecessary unimportant dispensable"),
    ("valued welcomed appreciated", "disliked resented"),
    ("encourage encourages promote promotes", "discourage discourages"),
    ("widely", "little"),
    ("subscription paywalled", "free"),
    ("maximize maximise", "minimize minimise"),
    ("increase increases", "decrease decreases reduce reduces"),
    ("helps help", "hinders hinder harms"),
    ("improve improves", "worsen worsens"),
    ("strengthen strengthens", "weaken weakens"),
    ("more", "less fewer"),
    ("higher", "lower"),
    ("most", "least fewest"),
    ("support supports", "contradict contradicts refute refutes"),
)
"""Each side of a pair is a set of words; a word of the one side stands against every word of the other."""


VERBS: tuple[tuple[str, str], ...] = (
    (
        "allow enable permit let able facilitate help support promote encourage foster further favour favor invite",
        "prevent stop block forbid prohibit preclude hinder hamper impede obstruct discourage bar deter avoid restrict",
    ),
    ("build create establish form develop gain earn win", "destroy erode undermine damage lose break ruin"),
    ("improve enhance strengthen increase deepen raise boost", "worsen impair weaken decrease reduce lower diminish"),
    ("value welcome appreciate prefer like want", "dislike resent reject ignore oppose avoid dismiss"),
    ("keep maintain preserve continue retain", "abandon end stop break interrupt discontinue drop cease"),
    ("start begin initiate", "end stop finish cease"),
    ("require need demand", "forgo spare obviate"),
    ("maximize maximise extend lengthen", "minimize minimise shorten restrict"),
    ("confirm show prove support", "refute disprove contradict"),
    ("include cover contain", "exclude omit leave"),
    ("acknowledge recognise recognize name", "ignore deny overlook neglect"),
    ("agree", "disagree differ"),
    ("succeed", "fail"),
)
"""As OPPOSITES, of verbs in all their forms, compared by stem."""
NEAR = 5
"""Words before and after a word whose charges it takes on."""
SAME = 0.6
"""Likeness from which a word of a passage is taken for the sentence's own."""
SLACK = 0.05
"""How much less alike than the best counterpart another may be and still count as one."""
SHARP = 4
"""Power of a unit's closeness to the sentence: the farther one is, the less its charges matter."""
CLAUSE = re.compile(
    r"[;:—–]|,\s+(?:and|but|or|so|yet|which|who|whereas|while|although|though|because|thereby|thus|resulting)\b"
    r"|\b(?:but|whereas|while|although|however|because|despite)\b",
    re.IGNORECASE,
)
ASKS = re.compile(r"\bwhether\b|^\W*(?:objective|background|aim|purpose|question)\b|\bhypothes\w*", re.IGNORECASE)
OPEN = 0.2
"""What a sentence counts that asks and doesn't tell: its charges are nobody's finding."""
FAINT = 0.35
"""Likeness below which a counterpart counts for nothing."""
SHORTEST = 15
"""Characters of a clause; less is an insertion."""


def _stems(listed: str) -> frozenset[str]:
    return frozenset(stem(word) for word in listed.split())


RISE = _stems(_RISE)
FALL = _stems(_FALL) - RISE
_AGAINST: dict[str, frozenset[str]] = {}
for _one, _other in OPPOSITES:
    for _side, _far in ((_one, _other), (_other, _one)):
        for _word in _side.split():
            _AGAINST[_word] = _AGAINST.get(_word, frozenset()) | frozenset(_far.split())


_STEMS_AGAINST: dict[str, frozenset[str]] = {}
for _one, _other in VERBS:
    for _side, _far in ((_one, _other), (_other, _one)):
        for _word in _side.split():
            _STEMS_AGAINST[stem(_word)] = _STEMS_AGAINST.get(stem(_word), frozenset()) | _stems(_far)


@dataclass(frozen=True, slots=True)
class Charge:
    """`sign` is the product of the signs of `count` charged words; 1 where there is none."""

    sign: int
    count: int


def said(text: str) -> list[tuple[str, int, int]]:
    """The words of `text` with their offsets; what is left of "n't" is "not"."""
    return [("not" if w == "t" and text[s - 1 : s] in ("'", "’") and s else w, s, e) for w, s, e in words(text)]


def sign_of(word: str) -> int:
    """-1 for a word that negates or falls, 1 for one that rises, 0 for any other."""
    if word in NEGATIONS:
        return -1
    if word in NEUTRAL:
        return 0
    stemmed = stem(word)
    return -1 if stemmed in FALL else 1 if stemmed in RISE else 0


def charge(found: Iterable[str]) -> Charge:
    """The charge of lower-case words."""
    signs = [s for s in map(sign_of, found) if s]
    product = 1
    for sign in signs:
        product *= sign
    return Charge(product, len(signs))


def negations(text: str) -> int:
    """How many negations `text` has; "not only" is none."""
    found = [word for word, _, _ in said(text)]
    return sum(
        w in NEGATIONS and not (w == "not" and n in ("only", "just", "merely"))
        for w, n in zip(found, [*found[1:], *found[:1]], strict=True)
    )


def opposites(word: str) -> frozenset[str]:
    """The words that stand against `word`; none for most."""
    return _AGAINST.get(word, frozenset())


def contradicting(one: Sequence[str], other: Sequence[str]) -> list[tuple[str, str]]:
    """Words of `one` that `other` has only the opposite of, with that opposite."""
    held = set(other)
    stems = {stem(word): word for word in other}
    exact = [(w, o) for w in dict.fromkeys(one) if w not in held for o in sorted(opposites(w) & held)]
    verbs = [
        (w, stems[o])
        for w in dict.fromkeys(one)
        if stem(w) not in stems
        for o in sorted(_STEMS_AGAINST.get(stem(w), frozenset()) & stems.keys())
    ]
    return list(dict.fromkeys(exact + verbs))


def agreement(alignment: Alignment) -> float:
    """How far the words of a sentence and their counterparts are charged alike by the words near them, -1 to 1.

    0 where nothing is charged, or nothing has a counterpart.
    """
    signed, places = _charged(alignment.sentence)
    units = [(u, *_charged(u.text)) for u in alignment.units if u.terms]
    if not units:
        return 0.0
    closest = max(1e-6, *(u.cosine for u, _, _ in units))
    total = weight = 0.0
    for row, term in enumerate(alignment.terms):
        best = max(float(u.likeness[row].max()) for u, _, _ in units)
        if sign_of(term.text) or best < SAME:
            continue
        own = _near(signed, places[term.start])
        for unit, signs, where in units:
            share = term.weight * max(unit.cosine / closest, 0.01) ** SHARP * (OPEN if ASKS.search(unit.text) else 1)
            for column in (unit.likeness[row] >= max(SAME, best - SLACK)).nonzero()[0]:
                theirs = _near(signs, where[unit.terms[column].start])
                total += share * (own.sign * theirs.sign if own.count or theirs.count else 0)
                weight += share
    return total / weight if weight else 0.0


def clause_agreement(alignment: Alignment) -> float:
    """How far the sentence as a whole is charged like the clauses nearest to it, -1 to 1."""
    own = charge(word for word, _, _ in said(alignment.sentence))
    neutral = [i for i, t in enumerate(alignment.terms) if not sign_of(t.text)]
    total = weight = 0.0
    for unit in alignment.units:
        for start, end in clauses(unit.text):
            share = _held(alignment, unit, neutral, start, end) ** (SHARP + 2)
            theirs = charge(word for word, _, _ in said(unit.text[start:end]))
            total += share * (own.sign * theirs.sign if own.count or theirs.count else 0.5)
            weight += share
    return total / weight if weight else 0.0


def clauses(text: str) -> list[tuple[int, int]]:
    """The clauses of a sentence; where there are several, the whole of it as well."""
    found, start = [], 0
    for cut in CLAUSE.finditer(text):
        if cut.start() - start >= SHORTEST:
            found.append((start, cut.start()))
            start = cut.end()
    found.append((start, len(text)))
    return found if len(found) == 1 else [*found, (0, len(text))]


def _held(alignment: Alignment, unit: Unit, rows: Sequence[int], start: int, end: int) -> float:
    """Share of the terms at `rows`, by weight, that a clause of a unit holds."""
    inside = [i for i, t in enumerate(unit.terms) if start <= t.start < end]
    if not inside or not rows:
        return 0.0
    weights = [alignment.terms[row].weight for row in rows]
    met = [max(float(unit.likeness[row, i]) for i in inside) for row in rows]
    return sum(w * (m if m >= FAINT else 0.0) for w, m in zip(weights, met, strict=True)) / sum(weights)


def _charged(text: str) -> tuple[list[int], dict[int, int]]:
    """The signs of the words of `text`, and at which place the word that begins at a character is."""
    found = said(text)
    return [sign_of(word) for word, _, _ in found], {start: i for i, (_, start, _) in enumerate(found)}


def _near(signs: Sequence[int], place: int) -> Charge:
    near = [s for s in signs[max(0, place - NEAR) : place + NEAR + 1] if s]
    return Charge(-1 if sum(s < 0 for s in near) % 2 else 1, len(near))

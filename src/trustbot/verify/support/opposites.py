"""Words that are each other's opposite, and which of them two texts hold against each other.

In: lower-case words. Out: the pairs of which one text has the one side and the other only the other. A word is looked
up as it stands and in its plain form ("easier" as "easy", "difficulties" as "difficulty"). The lists are of the English
language, not of any corpus. This module knows no sentence and no verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trustbot.text.terms import stem

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
    ("easy easily ease simple simply straightforward effortless", "hard difficult difficulty challenging tough"),
    ("safe safer safety", "unsafe riskier dangerous risky"),
    ("active actively", "passive passively"),
    ("single one lone", "several many multiple various"),
    ("few little limited scarce seldom rarely", "many plenty ample abundant numerous much frequent often"),
    ("incomplete insufficient", "complete full sufficient thorough"),
    ("together jointly", "apart separately alone"),
    ("clear clearly", "unclear vague"),
    ("depend depends dependent", "regardless irrespective independent"),
    ("same", "different differing differ differs distinct varied various diverse"),
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
    ("subscription paywalled", "free"),
    ("maximize maximise", "minimize minimise"),
    ("increase increases", "decrease decreases reduce reduces"),
    ("help helps ease", "hinder hinders harm harms challenge difficulty obstacle barrier"),
    ("improve improves", "worsen worsens"),
    ("strengthen strengthens", "weaken weakens"),
    ("more", "less fewer"),
    ("higher", "lower"),
    ("most", "least fewest"),
    ("support supports", "contradict contradicts refute refutes"),
    ("open unsettled unresolved undecided", "settled resolved decided closed known"),
    ("rise rises", "fall falls"),
    ("strong stronger", "weak weaker"),
    ("fast faster quick quickly rapid", "slow slower slowly"),
    ("large larger big", "small smaller tiny"),
    ("near nearby close", "far distant"),
    ("visible", "invisible hidden"),
    ("legal lawful", "illegal unlawful"),
    ("reliable", "unreliable"),
    ("necessary", "unnecessary needless"),
    ("likely likeliest probable", "unlikely improbable"),
    ("alike", "unlike differently"),
    ("raw", "cooked"),
    ("positive", "negative"),
    ("enough ample sufficient sufficiently", "little insufficient insufficiently"),
    ("good", "bad"),
    ("inside", "outside"),
    ("top", "bottom"),
    ("rich", "poor"),
    ("alive", "dead"),
    ("wet damp", "dry"),
    ("hot warm", "cold cool"),
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
    (
        "keep maintain preserve continue retain remain stay persist",
        "abandon end stop break interrupt discontinue drop cease",
    ),
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
SHORTEST = 3
"""Letters that are left of a word without its ending."""
_ENDINGS = (("ies", "y"), ("es", ""), ("s", ""), ("ier", "y"), ("iest", "y"), ("er", ""), ("est", ""), ("er", "e"))
"""Endings of plurals and comparatives, and what stands there in the plain form."""


def _stems(listed: str) -> frozenset[str]:
    return frozenset(stem(word) for word in listed.split())


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


def opposites(word: str) -> frozenset[str]:
    """The words that stand against `word`, in their plain form too; none for most."""
    return frozenset(far for form in plain(word) for far in _AGAINST.get(form, frozenset()))


def contradicting(one: Sequence[str], other: Sequence[str]) -> list[tuple[str, str]]:
    """Words of `one` that `other` has only the opposite of, with that opposite."""
    held = {form for word in other for form in plain(word)}
    stems = {stem(word): word for word in other}
    exact = [
        (w, o)
        for w in dict.fromkeys(one)
        if not held.intersection(plain(w))
        for o in sorted(set(other))
        if opposites(w).intersection(plain(o))
    ]
    verbs = [
        (w, stems[o])
        for w in dict.fromkeys(one)
        if stem(w) not in stems
        for o in sorted(_STEMS_AGAINST.get(stem(w), frozenset()) & stems.keys())
    ]
    return list(dict.fromkeys(exact + verbs))


def plain(word: str) -> frozenset[str]:
    """A word and what it may be a plural or a comparative of."""
    return frozenset({word, *_shorter(word)})


def _shorter(word: str) -> Iterator[str]:
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST:
            yield word[: -len(ending)] + instead

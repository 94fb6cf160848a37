"""What a sentence brings in that its passages don't speak of: people, study designs, subject matter.

In: a sentence, the texts that it cites, a vocabulary. Out: the words that were added. Words of one concept of the
vocabulary are the same. The lists are of the English language, not of any corpus. This module knows no verdict.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from trustbot.text.terms import Term, Vocabulary, is_content, stem, words
from trustbot.verify.support.alignment import Alignment, Unit
from trustbot.verify.support.assertion import strength
from trustbot.verify.support.figures import is_number
from trustbot.verify.support.frames import framing
from trustbot.verify.support.opposites import opposites, plain
from trustbot.verify.support.polarity import sign_of
from trustbot.verify.support.synonyms import akin

_PARTIES = """student resident learner trainee preceptor supervisor teacher mentor instructor faculty attending
    physician doctor surgeon nurse pharmacist therapist dietitian midwife patient client parent child woman man adult
    adolescent infant mother father family carer caregiver clinician consultant intern registrar fellow graduate
    undergraduate postgraduate specialist practitioner dentist psychologist psychiatrist paramedic professor tutor coach
    employer manager administrator director dean peer volunteer veteran inpatient outpatient elderly children women men
    public staff employee manager"""
PARTIES = frozenset(stem(word) for word in _PARTIES.split())
DESIGNS = frozenset(
    stem(word)
    for word in """trial randomised randomized survey questionnaire cohort interview experiment meta autoethnography
    ethnography quantitative qualitative retrospective prospective placebo randomisation randomization""".split()
)
STRANGE = 0.475
"""Likeness below which a word has no counterpart in the passages, near-synonyms included."""
FAR = 0.38
"""The same for a word that is enough by itself, however common it is."""
FOREIGN = 0.35
"""The same for a word that points somewhere ("higher", "independent"), which has rules of its own."""
SECOND = 0.5
"""What such a word weighs: it tells beside another."""
TELLING = 0.45
"""Weight from which a word brings in a matter of its own."""
ALONE = 0.9
"""Weight of such words together from which they are a matter of their own."""
_LIGHT = """kept took taken brought came stood went gone drew drawn held cover include involve concern contain whole
    entire overall closely fully simply quite take bring come keep stand stay turn go goes going part time long aspect
    respect particular certain various altogether accord setting side amount type kind sort draw name names named look
    see view extent degree manner nature number thing matter issue topic element feature fact idea case instance example
    situation context circumstance whichever whatever whoever process action activity effort chance opportunity occasion
    moment period course duration central main core primary key principal major weave woven embed incorporate integrate
    carry conduct perform undertake happen occur exist remain become able helpful useful place places placed person
    people individual somebody someone anyone everyone researcher author analyse analyze call consider regard cannot
    whereas room lay lays laid lie lies let lets allow allows enable possible spend spent read run ran form along back
    right end still enough even throughout far different often direction wherever meant apply lend put set sit together
    give gave given participate chosen review leave willing ready reader"""
LIGHT = frozenset(stem(word) for word in _LIGHT.split())
"""Words that tell how something is said, and bring in nothing."""
ROOT = 7
"""Letters that two words begin with that are of one root."""
HUNG = frozenset(
    stem(w) for w in "language related based oriented centred centered level wide like style type specific".split()
)
"""Words that add nothing to the one that they hang on by a hyphen."""
CLAUSE = 3
"""Content words of a clause that must be held on its own."""
_NAMED = re.compile(
    r"\b(?:patient|student|learner|resident|trainee|teacher|staff|faculty|family|child)s?\s+"
    r"(?:care|outcomes?|safety|records?|education|contacts?|encounters?|populations?|satisfaction|development)\b",
    re.IGNORECASE,
)
"""Things that are named after people, and speak of nobody."""
_BETWEEN = re.compile(r"\bbetween\s+([\w'’-]+(?:\s+[\w'’-]+){0,4}?)\s+and\s+((?:[\w'’-]+\s*){1,4})", re.IGNORECASE)
_JOINS = re.compile(r"\b(?:that|which|who|whom|whose|thereby|thus)\b", re.IGNORECASE)
_TAIL = re.compile(
    r"[,;:—–]\s*(?:and|but|or|so|yet|while|whereas|because|since|as|which|who|whose|although|though)\b|[;—–]"
    r"|\s(?:because|since|whereas|although|so\s+that)\b",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"(?<!\bor\s)\b(?:less|fewer|lower|higher|greater|better|worse|stronger|weaker|closer|looser|stricter|faster|slower|easier"
    r"|harder|safer|riskier|larger|smaller|longer|shorter|cheaper|more(?=\s+\w+(?:ly|ed|ing|ful|ive|al|ous|ent|ant)\b))\b"
    r"(?!\s+or\b|\s+than\s+\w+\b\s*(?:one|two|\d))",
    re.IGNORECASE,
)
_SECOND = re.compile(r"\s(?:and|but|or)\s", re.IGNORECASE)
_SAID = re.compile(
    r",\s*(?:as\s+|so\s+)?(?:[\w'’]+\s+){0,4}(?:suggest|argue|say|conclude|note|report|describe|find|found|remark)\w*\b"
    r"|,?\s*according\s+to\b.*",
    re.IGNORECASE,
)
PREDICATE = 2
"""Words behind an "and" that are a predicate of its own."""
FAINT = 0.55
"""Likeness below which a word of a clause has at most a faint counterpart."""
HEAD = 0.8
"""Likeness that a word of a concept needs where the passages don't name the concept."""


def added_parties(sentence: str, texts: Sequence[str], vocabulary: Vocabulary) -> tuple[str, ...]:
    """The kinds of people that `sentence` names and no text does: what holds for some may not hold for others."""
    held = _stems(texts)
    concepts = {c.preferred for text in texts for c in vocabulary.find(text)}
    named = vocabulary.find(sentence)
    return tuple(
        word
        for word, start, _ in words(sentence)
        if stem(word) in PARTIES
        and stem(word) not in held
        and not any(c.start <= start < c.end and c.preferred in concepts for c in named)
    )


def added_sides(sentence: str, texts: Sequence[str], vocabulary: Vocabulary) -> tuple[str, ...]:
    """The people on a side of a "between" of `sentence` of whom the texts name only a thing, as in "patient care"."""
    plain = [_NAMED.sub(" ", text) for text in texts]
    return tuple(word for m in _BETWEEN.finditer(sentence) for word in added_parties(m.group(), plain, vocabulary))


def loose_clauses(alignment: Alignment) -> tuple[str, ...]:
    """The words of a subordinate clause that no one unit of the passages holds half of.

    A sentence that begins as its source does may end as the writer likes ("…, which makes a difference to the world");
    measured as a whole, its beginning would carry its end.
    """
    sentence = alignment.sentence
    cuts = [*(m.end() for m in _JOINS.finditer(sentence)), len(sentence)]
    for start, end in pairwise(cuts):
        rows = [row for row, term in enumerate(alignment.terms) if start <= term.start < end]
        units = [u for u in alignment.units if u.terms]
        if len(rows) < CLAUSE or not units:
            continue
        best = [[_best(alignment.terms[row].stem, u, row) for row in rows] for u in units]
        if len(alignment.passages) > 1:  # which of several passages says which part, a rule of its own tells
            best = [[max(column) for column in zip(*best, strict=True)]]
        held = max(sum(value >= HEAD for value in one) for one in best)
        strange = min(sum(value < FAINT for value in one) for one in best)
        if held < len(rows) / 2 or strange >= len(rows) / 2:
            return tuple(alignment.terms[row].text for row in rows)
    return ()


def foreign_clauses(alignment: Alignment, known: Sequence[str]) -> tuple[str, ...]:
    """The words of a later clause of which the texts hold less than half, or of a second predicate of which none.

    What hangs on to a sentence ("…, and patients like it") says something of its own, however short it is.
    """
    held = _stems(known)
    plain = _SAID.sub(lambda m: " " * len(m.group()), alignment.sentence)

    def met(row: int) -> bool:
        if akin(alignment.terms[row].stem) & held:
            return True
        return any(float(u.likeness[row].max()) >= FAINT for u in alignment.units if u.terms)

    def within(start: int, end: int) -> list[int]:
        inside = [row for row, term in enumerate(alignment.terms) if start <= term.start < end]
        return [r for r in inside if plain[alignment.terms[r].start] != " " and alignment.terms[r].stem not in LIGHT]

    marks = [m.end() for m in _TAIL.finditer(plain)]
    for start, end in pairwise([*marks, len(plain)]):
        rows = [r for r in within(start, end) if alignment.terms[r].stem not in PARTIES]
        if rows and sum(map(met, rows)) * 2 < len(rows):
            return tuple(alignment.terms[row].text for row in rows)
    for mark in _SECOND.finditer(plain):
        rows = within(mark.end(), len(plain))[:PREDICATE]
        if len(rows) == PREDICATE and not any(map(met, rows)):
            return tuple(alignment.terms[row].text for row in rows)
    return ()


def _best(stemmed: str, unit: Unit, row: int) -> float:
    """Likeness of a term to its best counterpart in a unit; 1 where a word stands there that may replace it."""
    return 1.0 if akin(stemmed) & {t.stem for t in unit.terms} else float(unit.likeness[row].max())


def added_designs(sentence: str, texts: Sequence[str]) -> tuple[str, ...]:
    """The study designs that `sentence` names and no text does."""
    held = _stems(texts)
    return tuple(w for w, _, _ in words(sentence) if stem(w) in DESIGNS and stem(w) not in held)


def added_matter(alignment: Alignment, texts: Sequence[str], vocabulary: Vocabulary) -> tuple[str, ...]:
    """Content words without a counterpart in the passages, and concepts that no text names.

    One is enough that tells much, is a concept or comes first, as what a sentence is about; of others it takes two.
    """
    held = _stems(texts)
    concepts = {c.preferred for text in texts for c in vocabulary.find(text)}
    named = vocabulary.find(alignment.sentence)
    strange: dict[str, float] = {}
    said = {t.stem for t in alignment.terms}
    frame = framing(alignment.sentence, alignment.terms)
    for row, term in enumerate(alignment.terms):
        if row in frame or is_hung_on(alignment.sentence, term) or _has(held, term.stem) or term.weight < TELLING:
            continue
        if not _matters(term.text):
            if sign_of(term.text) and is_content(term.text) and _likest(alignment, row, said) < FOREIGN:
                strange[term.text] = SECOND
            continue
        if opposites(term.text) & set().union(*({w for w, _, _ in words(t)} for t in texts)):
            continue  # "not settled" for "open": a rule of its own tells whether that is a denial
        concept = next((c.preferred for c in named if c.start <= term.start < c.end), None)
        if concept in concepts:
            continue
        if concept and term.stem not in _stems([concept]):  # everyday words stand for some concepts: "approach", "step"
            concept = None
        best = _likest(alignment, row, said)
        if best < (HEAD if concept else STRANGE):
            strange[term.text] = 1.0 if concept or not row or best < FAR else term.weight
    return tuple(strange) if sum(strange.values()) >= ALONE else ()


def is_hung_on(sentence: str, term: Term) -> bool:
    """Whether a word hangs by a hyphen on another that tells what it is: "English-language"."""
    return sentence[term.start - 1 : term.start] == "-" and term.stem in HUNG


def added_comparisons(sentence: str, texts: Sequence[str]) -> tuple[str, ...]:
    """The words by which `sentence` says which way a thing goes, where no text points anywhere.

    What "influences" supervision may loosen or tighten it: "less closely" is a finding of its own.
    """
    if any(sign_of(word) for text in texts for word, _, _ in words(text)):
        return ()
    held = _stems(texts)
    found = [m.group().lower() for m in _MORE.finditer(sentence)]
    return tuple(w for w in found if not any(akin(stem(form)) & held for form in plain(w)))


def _has(held: set[str], stemmed: str) -> bool:
    """Whether a stem is held, one that may stand for it, or one that has most letters of it ("supplement|ary")."""
    if akin(stemmed) & held:
        return True
    return len(stemmed) >= ROOT and any(
        one[:ROOT] == stemmed[:ROOT] and abs(len(one) - len(stemmed)) <= ROOT - 2 for one in held
    )


def _likest(alignment: Alignment, row: int, said: set[str]) -> float:
    """Likeness of a term to its best counterpart that no other word of the sentence is taken from.

    Else one word of the passages would serve two of the sentence: "psychology" also for "sociology".
    """
    found = (zip(u.likeness[row], u.terms, strict=True) for u in alignment.units)
    return max((float(x) for unit in found for x, term in unit if term.stem not in said), default=0.0)


def _matters(word: str) -> bool:
    """Whether a word can bring in a matter of its own; people, designs, directions and causes have rules of their
    own."""
    if stem(word) in LIGHT or is_number(word):
        return False
    return is_content(word) and not sign_of(word) and not strength(word) and stem(word) not in PARTIES | DESIGNS


def _stems(texts: Sequence[str]) -> set[str]:
    return {stem(word) for text in texts for word, _, _ in words(text)}

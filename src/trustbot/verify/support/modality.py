"""Room that a passage leaves and a sentence takes away: "may" and "can", "perhaps", "often", "argues".

In: a sentence and the passages that it cites. Out: the words of the passages that leave room where the sentence leaves
none. Each kind of room has answers of its own: that somebody says a thing makes it no possibility, and that it is often
so makes it nobody's opinion. The lists are of the English language, not of any corpus. This module knows no vector and
no verdict.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from trustbot.text.terms import STOPWORDS, content_terms, stem, words
from trustbot.verify.support.synonyms import akin


def _any(listed: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(listed.split())})\b", re.IGNORECASE)


MODAL = re.compile(
    r"(?<!\bwe\s)\b(?:may|might|can|could)\b(?!['’]t\b|\s+not\b|\s+only\b)(?!\s+\d)(?!\s+(?:also\s+)?be\s+(?:seen|read|found|heard)\b)",
    re.IGNORECASE,
)
"""A verb of possibility: not one that is denied, no month, not what "can be read", nor what "we could" do."""
POSSIBLE = re.compile(
    r"\b(?:may|might|can|could|would|should|possib\w*|perhaps|potential\w*|able|ability|abilities|capable|capabilit\w*"
    r"|likel\w*|probabl\w*|sometimes|cannot|whether|hopes?|hoped)\b|n['’]t\b",
    re.IGNORECASE,
)
"""What leaves the room of a "may" in its clause."""
LENT = _any(r"chances? opportunit\w* allow\w* enabl\w* lets? letting room ways? risks?")
"""What leaves it too, where the passages don't say it of something else."""
ADVISES = _any(r"suggest\w* recommend\w* propos\w* advis\w* advice encourag\w* should urg\w* call\w*")
"""What stands for "suggests that it may help"."""
DOUBT = _any(
    r"possibly perhaps potentially probably likely likeliest seem(?:s|ed|ingly)? appear(?:s|ed)?\s+to apparently"
)
DOUBTED = re.compile(
    rf"{DOUBT.pattern}|\b(?:may|might|could|would|possib\w*|potential\w*|probab\w*|likel\w*|closest|appear\w*|suggest\w*"
    r"|believ\w*|thought|assum\w*|uncertain|unclear)\b",
    re.IGNORECASE,
)
OFTEN = _any(
    r"tend(?:s|ed)? often sometimes usually occasionally frequently partly partially mainly mostly largely typically"
    r" generally commonly"
)
OFTENER = re.compile(
    rf"{OFTEN.pattern}|\b(?:most|many|some|part|tend\w*|tendency|usual|common|frequent\w*|typical|may|might|can|could"
    r"|several|majority|chiefly|rarely|seldom|not\s+always)\b",
    re.IGNORECASE,
)
ARGUED = _any(
    r"suggest\w* propos\w* argu\w* hypothes\w* speculat\w* premise assum(?:e|es|ed|ing)\s+that assumption\w* believ\w*"
    r" contend\w* opinion"
)
ASCRIBED = re.compile(
    rf"{ARGUED.pattern}|\b(?:accord\w*|says?|said|saying|states?|stated|writes?|wrote|notes?|noted|remark\w*|claim\w*"
    r"|maintain\w*|thinks?|thought|thinking|holds|held|sees?|view\w*|ideas?|points?\s+out|recommend\w*|advis\w*"
    r"|describ\w*|conclud\w*|report\w*|regard\w*|consider\w*|perceiv\w*|feels?|felt|asserts?|asserted|may|might|could"
    r"|can|would|whether|mention\w*|counts?|puts?\s+forward|stress\w*|emphasi\w*|underlin\w*|explain\w*|treats?"
    r"|looks?|looked|calls?|called|credit\w*|attribut\w*|names?|named)\b"
    r"|\bin\s+(?:[\w'’-]+\s+){1,4}(?:study|review|paper|article|view|account|opinion|words)\b",
    re.IGNORECASE,
)
"""Who says a thing, or that it is somebody's view."""
_ABLE = _any(r"can would")
CLAUSE = re.compile(
    r"[;:—–.]|,\s+(?:and|but|or|so|which|who|because|since|although|though|while|whereas|not)\b"
    r"|\s(?:but|which|because|since|although|while|whereas)\s|\sand\s+(?:that|then|it|they|this|does|do|did|not)\s",
    re.IGNORECASE,
)
SCOPE = 3
"""Content words behind an adverb that it is about."""
HELD = 0.6
"""Share of those words from which a sentence speaks of the same."""
SPOKEN = 0.6
"""Share of the words of a clause from which a sentence that has another verb says the same."""
_SKIPPED = frozenset("also then thus even well still in turn ultimately be".split())


@dataclass(frozen=True, slots=True)
class Possible:
    """A modal of a passage: the stem of its verb, and the stems of its clause."""

    word: str
    verb: str
    clause: frozenset[str]


def dropped_hedges(sentence: str, passages: Sequence[str]) -> tuple[str, ...]:
    """The words by which the passages leave room, where the sentence says the same and leaves none.

    Whose view a thing is, the first of the passages tells, as the nearest.
    """
    found = (*dropped_modals(sentence, passages), *_dropped_adverbs(sentence, passages))
    return tuple(dict.fromkeys((*found, *(dropped_sources(sentence, passages[0]) if passages else ()))))


def dropped_modals(sentence: str, passages: Sequence[str]) -> tuple[str, ...]:
    """The modals of the passages whose verb the sentence asserts."""
    parts = [(_stems(part), part) for part in _clauses(sentence)]
    lent = {m.group().lower() for m in LENT.finditer(sentence)}
    lent -= {m.group().lower() for passage in passages for m in LENT.finditer(passage)}
    found = []
    for modal in _modals(passages):
        meant = [(stems, part) for stems, part in parts if akin(modal.verb) & stems]
        if not meant:
            told = {s for stems, _ in parts for s in stems}
            rest = modal.clause - {modal.verb}
            advised = ADVISES.search(sentence)
            if rest and not advised and sum(bool(akin(s) & told) for s in rest) / len(rest) >= SPOKEN:
                meant = [(told, sentence)]
        if meant and _plainer(modal, passages, meant):
            continue
        if meant and not any(_leaves_room(part, modal.verb, lent) for _, part in meant):
            found.append(modal.word)
    return tuple(dict.fromkeys(found))


def _modals(passages: Sequence[str]) -> Iterator[Possible]:
    for passage in passages:
        for clause in _clauses(passage):
            for modal in MODAL.finditer(clause):
                behind = [w for w, _, _ in words(clause[modal.end() :])]
                verb = next((w for w in behind if w not in STOPWORDS | _SKIPPED and not w.endswith("ly")), None)
                if verb and not _is_month(modal.group()):
                    yield Possible(modal.group().lower(), stem(verb), frozenset(_stems(clause)))


def _is_month(word: str) -> bool:
    return word == "May"


def _plainer(modal: Possible, passages: Sequence[str], meant: Sequence[tuple[set[str], str]]) -> bool:
    """Whether a clause of the passages asserts the verb, and is as near to what the sentence says as the modal's."""
    own = {s for stems, _ in meant for s in stems}
    plain = [
        stems
        for passage in passages
        for clause in _clauses(passage)
        for stems in [_stems(clause)]
        if not MODAL.search(clause) and modal.verb in stems
    ]
    return any(len(stems & own) >= len(modal.clause & own) for stems in plain)


def _leaves_room(part: str, verb: str, lent: Collection[str]) -> bool:
    given = any(m.group().lower() in lent for m in LENT.finditer(part))
    return given or POSSIBLE.search(part) is not None or _able(verb, part)


def _able(verb: str, part: str) -> bool:
    """Whether an adjective such as "manageable" says that the verb can be done."""
    return any(
        w.endswith(("able", "ible")) and (akin(stem(w)) & akin(verb) or stem(w)[:4] == verb[:4])
        for w, _, _ in words(part)
    )


def _dropped_adverbs(sentence: str, passages: Sequence[str]) -> Iterator[str]:
    told = _stems(sentence)
    for listed, answers in ((DOUBT, DOUBTED), (OFTEN, OFTENER)):
        for passage in passages:
            theirs = {m.group().lower() for m in answers.finditer(passage) if not listed.fullmatch(m.group())}
            if any(m.group().lower() not in theirs for m in answers.finditer(sentence)):
                continue
            for found in listed.finditer(passage):
                scope = _behind(passage, found.end()) or _before(passage, found.start())
                if scope and sum(bool(akin(s) & told) for s in scope) / len(scope) >= HELD:
                    yield found.group().lower()


def _behind(text: str, place: int) -> list[str]:
    cut = re.compile(r"[,;:.]").search(text, place)
    stop = cut.start() if cut else len(text)
    return [t.stem for t in content_terms(text) if place <= t.start < stop][:SCOPE]


def _before(text: str, place: int) -> list[str]:
    return [t.stem for t in content_terms(text) if t.end <= place][-SCOPE:]


def dropped_sources(sentence: str, passage: str) -> tuple[str, ...]:
    """The words by which `passage` says that somebody argues a thing, where `sentence` says it as a fact.

    A modal leaves as much room, but not a "can" that `passage` has besides.
    """
    modals = {m.group().lower() for m in _ABLE.finditer(passage)}
    if any(m.group().lower() not in modals for m in ASCRIBED.finditer(sentence)):
        return ()
    return tuple(dict.fromkeys(m.group().lower() for m in ARGUED.finditer(passage)))


def _clauses(text: str) -> list[str]:
    return [part for part in CLAUSE.split(text) if part.strip()]


def _stems(text: str) -> set[str]:
    return {t.stem for t in content_terms(text)}

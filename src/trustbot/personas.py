"""Who is asking, and what comes first for them: the same sentences in another order, never others.

In: a persona, a corpus, and sentences of it that passed every check, or its topics. Out: the same in the order in which
they concern that persona. What concerns whom is read from the corpus: the people that a statement, its audit and the
study behind it name, in the words that the corpus's vocabulary has for them. This module chooses nothing, drops nothing
and makes no sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar, get_args

from trustbot import wording
from trustbot.types import Check, Chunk, Corpus, Study, Verdict

PERSONAS = ("preceptor", "medical student", "resident", "program director", "other")
FIRST_AND_FOREMOST, ALSO, NOT_AT_ALL = 2, 1, 0

WORDS: Mapping[str, tuple[str, ...]] = {
    "preceptor": ("preceptor", "teacher", "faculty", "supervisor", "attending physician", "mentor"),
    "student": ("student", "medical student", "preclinical student", "clerk"),
    "resident": ("resident", "registrar", "house officer", "junior doctor"),
    "learner": ("learner", "trainee"),
    "program": (
        "program", "programme", "curriculum", "rotation", "placement", "clerkship", "schedule", "arrangement",
        "staffing", "continuity", "ratio", "direct observation", "observe", "opportunity", "supervision",
        "brief encounter",
    ),
}  # fmt: skip
"""What parties, and the matters of whoever runs a program, are called; a corpus's vocabulary adds its own words."""
MUTUAL = re.compile(r"\b(?:each\s+other|one\s+another|mutual)\b", re.IGNORECASE)
IN_ORDER = re.compile(
    r"\b(?:in\s+(?:the\s+)?(?:\w+\s+)?order(?!\s+to\b)|step\s+by\s+step|sequence|chronolog\w+|order\s+of"
    r"|(?:what|which)\b.{0,30}\bfirst(?![-\s]+year)|one\s+after\s+(?:the\s+)?(?:an)?other)\b",
    re.IGNORECASE,
)
"""Words with which a reader asks for an order of things, which is then the document's."""
NUMBERED = re.compile(r"[ \t]*(?:\d{1,3}|[A-Za-z])[.)][ \t]+")
"""What stands before an item of a list whose order the document gives."""
LEANS = re.compile(
    r"(?:this|these|those|that|such|it|they|then|next|after|finally|lastly|afterwards|subsequently|first|second|third"
    r"|firstly|secondly|thirdly|step\s+\w+)\b",
    re.IGNORECASE,
)
"""How an item begins that makes sense only after the one before it, or names its place itself."""
STRENGTH: tuple[Check, ...] = get_args(Check)
"""Checks, the best support first."""

Order = tuple[int, int]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _View:
    """A persona: its own party, the group that this belongs to, and whether the strength of evidence is a matter."""

    party: str
    group: str = ""
    weighs: bool = False


VIEWS: Mapping[str, _View] = {
    "preceptor": _View("preceptor"),
    "medical student": _View("student", "learner"),
    "resident": _View("resident", "learner"),
    "program director": _View("program", weighs=True),
}


@dataclass(frozen=True, slots=True)
class Arranged:
    """Claims in the order for a persona; `framing` says so in a sentence, where it is another than it was."""

    verdicts: tuple[Verdict, ...]
    framing: str | None = None


class Personas:
    """What concerns whom in one corpus."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._chunks = {c.id: c for c in corpus.chunks}
        self._orders: dict[tuple[str, str], Order] = {}
        parties = (f"(?P<{party}>{_pattern(_forms(words, corpus.vocabulary))})" for party, words in WORDS.items())
        self._mention = re.compile(rf"\b(?:{'|'.join(parties)})(?:['’]?s|es)?\b", re.IGNORECASE)

    def arrange(
        self, persona: str | None, question: str, verdicts: Sequence[Verdict], heading: tuple[str, ...] | None = None
    ) -> Arranged:
        """The claims in the order for `persona`; `heading` is the one whose list they are, if they are a list.

        Only statements of the guidance are moved, each with all that is said of it. Kept are: the first one, which
        answers best, unless it is an item of the list; the items of one heading beside each other; notes behind the
        statements; and an order that the question asks for or the document gives.
        """
        view, given = VIEWS.get(persona or ""), tuple(verdicts)
        if view is None or IN_ORDER.search(question):
            return Arranged(given)
        pinned = _pinned(given, heading)
        order = [*given[:pinned]]
        for movable, run in groupby(given[pinned:], key=_is_statement):
            claims = list(run)
            order += self._sorted(view, claims, heading) if movable else claims
        if tuple(order) == given:
            return Arranged(given)
        framing = wording.FRAMING_AFTER if pinned else wording.FRAMING
        return Arranged(tuple(order), framing[persona or ""])

    def topics(self, persona: str | None, topics: Sequence[T], chunks: Callable[[T], Iterable[str]]) -> tuple[T, ...]:
        """Topics, those first that hold the most for `persona`; `chunks` gives the ids of what stands under one."""
        if persona is None or persona not in VIEWS:
            return tuple(topics)

        def held(topic: T) -> int:
            under = (self._chunks[i] for i in chunks(topic) if i in self._chunks)
            return sum(self.concern(persona, chunk) == FIRST_AND_FOREMOST for chunk in under)

        return tuple(sorted(topics, key=held, reverse=True))

    def concern(self, persona: str, chunk: Chunk) -> int:
        """How much a sentence concerns `persona`: 2 first and foremost, 1 as well, 0 not at all."""
        view = VIEWS.get(persona)
        return -self._order(view, chunk)[0] if view else NOT_AT_ALL

    def _sorted(self, view: _View, run: list[Verdict], heading: tuple[str, ...] | None) -> list[Verdict]:
        if any(_has_its_place(v.quotes[0].chunk, self._corpus) for v in run):
            return run
        if heading is None:
            return sorted(run, key=lambda v: self._best(view, v))
        # Items of one heading stay beside each other, so the headings are put in order as well.
        parts = [list(part) for _, part in groupby(run, key=lambda v: v.quotes[0].chunk.headings)]
        parts = [sorted(part, key=lambda v: self._best(view, v)) for part in parts]
        return [v for part in sorted(parts, key=lambda p: self._best(view, p[0])) for v in part]

    def _best(self, view: _View, verdict: Verdict) -> Order:
        return min((self._order(view, q.chunk) for q in verdict.quotes), default=(NOT_AT_ALL, 0))

    def _order(self, view: _View, chunk: Chunk) -> Order:
        """What sorts a sentence: the more it concerns the persona, the lower."""
        key = (view.party, chunk.id)
        if key not in self._orders:
            self._orders[key] = self._weighed(view, chunk)
        return self._orders[key]

    def _weighed(self, view: _View, chunk: Chunk) -> Order:
        audit = self._corpus.audit(chunk.claim_id)
        named = self._named(chunk.text)
        if view.weighs:
            matters = FIRST_AND_FOREMOST if view.party in named else NOT_AT_ALL
            return -matters, STRENGTH.index(audit.check) if audit else len(STRENGTH)
        source = self._corpus.numbered(self._corpus.number_of(chunk))
        return -self._concern(view, named, audit.direction if audit else "", source.study if source else None), 0

    def _concern(self, view: _View, named: list[str], direction: str, study: Study | None) -> int:
        who = [party for party in self._named(direction) if party != "program"]
        taught = self._named(study.learners or "") if study else []
        took_part = self._named(study.participants) if study else []
        people = [party for party in named if party != "program"]
        # Whose conduct a work is about: the one who is trusted or described, else the one who was studied.
        about = who if MUTUAL.search(direction) else who[-1:] or took_part
        if view.party in (*people[:1], *about, *taught):
            return FIRST_AND_FOREMOST
        others = (*people, *who)
        as_group = view.group in (*others, *taught, *took_part)
        return ALSO if view.party in others or as_group else NOT_AT_ALL

    def _named(self, text: str) -> list[str]:
        """The parties and matters that a text names, in order."""
        return [str(match.lastgroup) for match in self._mention.finditer(text)]


def _pinned(given: Sequence[Verdict], heading: tuple[str, ...] | None) -> int:
    """1 if the first claim says yes or no, or answers better than what follows; 0 if it is an item of a list."""
    if not given or not _is_statement(given[0]) or heading is None:
        return 1
    direct = given[0].claim.text.startswith(tuple(wording.DIRECT.values()))
    return int(direct or given[0].quotes[0].chunk.headings[: len(heading)] != heading)


def _is_statement(verdict: Verdict) -> bool:
    return bool(verdict.quotes) and verdict.quotes[0].chunk.kind == "statement"


def _has_its_place(chunk: Chunk, corpus: Corpus) -> bool:
    """Whether the document numbers the item, or the item itself says where it belongs."""
    text = corpus.document(chunk.document_id).text
    before = text[text.rfind("\n", 0, chunk.start) + 1 : chunk.start]
    return bool(NUMBERED.fullmatch(before) or LEANS.match(chunk.text))


def _forms(words: Iterable[str], vocabulary: Mapping[str, Iterable[str]]) -> set[str]:
    """The words, and what a vocabulary holds to be interchangeable with those that it names a concept by.

    A word that is one variant among others stands for itself: a rotation is one learning experience of many.
    """
    own = {_flat(word) for word in words}
    named = (variants for preferred, variants in vocabulary.items() if _flat(preferred) in own)
    return own.union(*({_flat(form) for form in variants} for variants in named))


def _flat(form: str) -> str:
    return " ".join(re.split(r"[\s-]+", form.casefold()))


def _pattern(forms: Iterable[str]) -> str:
    """The forms, the longest first, each as it may be written: with hyphens, or with the plural of a `y`."""
    written = (re.sub("y$", "(?:y|ie)", re.escape(form)) for form in forms)
    return "|".join(sorted((form.replace(r"\ ", r"[\s-]+") for form in written), key=len, reverse=True))

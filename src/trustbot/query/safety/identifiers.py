"""Identifiers in a message: found by their form, by their place as it was learned, and masked.

The kinds are those that a text can hold of the eighteen in the safe harbour rule of HIPAA (45 CFR 164.514(b)(2)). What
has a form of its own is told by it: phone numbers by the library `phonenumbers`, mail and network addresses, social
security and provider numbers, vehicle numbers, dates. Names, addresses and numbers that only their place shows are the
learned head's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from trustbot.query.safety.model import TAGS, Read, SafetyModel

WORDS = re.compile(r"\S+")
EDGES = " \t.,;:!?()[]{}<>\"'“”‘’«»…*_|/"
MASK = re.compile(r"\[(?:NAME|ADDRESS|DATE|CONTACT|NUMBER|AGE|FILE)\]")
REGIONS = ("US", "GB", "ES", "MX")
"""Countries whose numbers are read without their prefix; those of all others are with it."""
LEAST_DIGITS = 4
"""Digits of a number that its place alone shows: a shorter one, such as the code of a fault, tells of nobody."""
_MONTHS = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre)"
)
_FORMS = {
    "CONTACT": (
        r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
        r"(?:https?://|www\.)\S+",
        r"\b(?:\d{1,3}\.){3}\d{1,3}\b",
        r"\b(?:[0-9a-f]{1,4}:){4,7}[0-9a-f]{1,4}\b",
        r"(?<![\w/.-])(?:\+?1[-. ]?)?(?:\(?\d{3}\)?[-. ]{0,2})?\d{3}[-.]\d{4}(?![\w-])",
    ),
    "NUMBER": (
        r"\b\d{3}-\d{2}-\d{4}\b",
        r"(?<![\w./-])(?:\d{4}[ -]?){3,4}\d{1,4}\b",
        r"(?<![\w./-])\d{9,}\b",
        r"\b(?=[A-HJ-NPR-Z]*\d)(?=\d*[A-HJ-NPR-Z])[A-HJ-NPR-Z\d]{17}\b",
    ),
    "DATE": (
        r"(?<![\w./-])(?:0?[1-9]|[12]\d|3[01])([/.-])(?:0?[1-9]|[12]\d|3[01])\1(?:19|20)?\d\d\b",
        r"\b(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\b",
        rf"\b(?:[12]?\d|3[01])(?:st|nd|rd|th)?(?: of| de)? {_MONTHS}\.?,? (?:de )?(?:19|20)\d\d\b",
        rf"\b{_MONTHS}\.? (?:[12]?\d|3[01])(?:st|nd|rd|th)?,? (?:19|20)\d\d\b",
    ),
    "AGE": (r"\b(?:9\d|1[01]\d)(?=[ -]?(?:y(?:ea)?rs?\b|yo\b|y/o|year|años))",),
    "FILE": (r"\b[\w-]+\.(?:jpe?g|png|heic|gif|tiff?|dcm|mp4|mov|pdf)\b",),
}
_PATTERNS = [(kind, re.compile(form, re.IGNORECASE)) for kind, forms in _FORMS.items() for form in forms]


@dataclass(frozen=True, slots=True)
class Found:
    """An identifier: `[start, end)` of the text, and its kind, one of TAGS."""

    start: int
    end: int
    kind: str


class Identifiers:
    """Finds and masks identifiers. Safe to share between threads."""

    def __init__(self, model: SafetyModel) -> None:
        self._model = model

    def mask(self, text: str, public: Collection[str] = ()) -> tuple[str, tuple[str, ...]]:
        """`text` with `[NAME]` and the like in place of its identifiers, and their kinds, each once, in their order.

        What stands in `public` with all its words, in lower case, is nobody's secret.
        """
        known = frozenset(public)
        found = [f for f in self.find(text) if not words_of(text[f.start : f.end]) <= known]
        out, at = [], 0
        for one in found:
            out += [text[at : one.start], f"[{one.kind}]"]
            at = one.end
        return "".join((*out, text[at:])), tuple(dict.fromkeys(one.kind for one in found))

    def find(self, text: str) -> list[Found]:
        """Identifiers of a text in their order, none of which overlap; what was masked before is none."""
        masked = [m.span() for m in MASK.finditer(text)]
        found = [*_formed(text), *self._learned(text)]
        own = [one for one in found if not any(one.start < end and start < one.end for start, end in masked)]
        return _together(own)

    def _learned(self, text: str) -> Iterator[Found]:
        """Runs of words whose pieces the head takes for one kind of identifier."""
        read = self._model.read(text, ())
        begun: tuple[int, int, int] | None = None
        for start, end, tag in _words(text, read, self._model.thresholds["tag"]):
            if begun and tag == begun[2] and not _parted(text[begun[1] : start]):
                begun = (begun[0], end, tag)
                continue
            yield from _whole(text, begun)
            begun = (start, end, tag) if tag < len(TAGS) else None
        yield from _whole(text, begun)


def _whole(text: str, run: tuple[int, int, int] | None) -> Iterator[Found]:
    if run is None:
        return
    start, end, tag = run
    if TAGS[tag] != "NUMBER" or sum(c.isdigit() for c in text[start:end]) >= LEAST_DIGITS:
        yield Found(start, end, TAGS[tag])


def _formed(text: str) -> Iterator[Found]:
    """What its form shows."""
    import phonenumbers

    for kind, pattern in _PATTERNS:
        for m in pattern.finditer(text):
            yield Found(m.start(), m.end(), kind)
    if sum(c.isdigit() for c in text) >= 7:
        for region in REGIONS:
            for match in phonenumbers.PhoneNumberMatcher(text, region, leniency=phonenumbers.Leniency.VALID):
                if sum(c.isdigit() for c in match.raw_string) >= 7:
                    yield Found(match.start, match.end, "CONTACT")


def _words(text: str, read: Read, threshold: float) -> Iterator[tuple[int, int, int]]:
    """Each word without the marks around it, and its tag; len(TAGS) for one that is no identifier."""
    place = 0
    for m in WORDS.finditer(text):
        start, end = m.start() + len(m[0]) - len(m[0].lstrip(EDGES)), m.start() + len(m[0].rstrip(EDGES))
        while place < len(read.pieces) and read.pieces[place][1] <= start:
            place += 1
        last = place
        while last < len(read.pieces) and read.pieces[last][0] < end:
            last += 1
        if start >= end or last == place:
            continue
        mean = read.tags[place:last].mean(0)
        yield start, end, int(mean[:-1].argmax()) if 1 - mean[-1] >= threshold else len(TAGS)


def _parted(between: str) -> bool:
    """Whether two words next to each other belong to different identifiers of one kind."""
    return any(c in ";:()\n" for c in between)


def words_of(text: str) -> set[str]:
    """The words of a text in lower case, as what is public is told from what is not."""
    return set(re.findall(r"[^\W_]+", text.casefold()))


def _together(found: list[Found]) -> list[Found]:
    """Overlapping ones as one, of the kind of the longest."""
    out: list[Found] = []
    for one in sorted(found, key=lambda f: (f.start, -f.end)):
        if out and one.start < out[-1].end:
            last = out[-1]
            longer = one if one.end - one.start > last.end - last.start else last
            out[-1] = Found(last.start, max(last.end, one.end), longer.kind)
        else:
            out.append(one)
    return out

"""An author as a manifest names one -> which part of it is the family name, or that it is an organisation.

In: a name in any of the usual forms: `Penner JC`, `Penner, J. C.`, `John C. Penner`, `World Health Organization`. Out:
its parts. Where the form doesn't tell, the manifest can: `Family, Given`. This module knows no source and no format.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_INITIALS = re.compile(r"(?:[A-Z]\.?-?){1,4}")
_PART = re.compile(r"[^\W\d_][\w.'’-]*")
_PARTICLES = frozenset(
    "af al ap auf av bin da dal das de del dell della den der des di do dos du el la las le los ten ter und van vom "
    "von zu zum zur 't".split()
)
"""Small words that begin a family name; any other small word inside a name is one of an organisation's."""
_JOINTS = frozenset("e i y".split())
"""Small words between the two halves of a family name."""
_GROUP = frozenset(
    """academy agency association authors board center centers centre centres clinic college commission committee
    consortium council department departments faculty federation foundation government group hospital institute
    institutes ministry network office organisation organization panel program programme project school service
    services society staff taskforce team the trust university working""".split()
)
_FAMILY_FIRST = ("CJK ", "HANGUL ", "HIRAGANA ", "KATAKANA ")
_MOST_PARTS = 6


@dataclass(frozen=True, slots=True)
class Author:
    """A person's family and given name; of an organisation, and of what can't be told apart, all of it as `family`."""

    family: str
    given: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether the name is one that isn't taken apart."""
        return not self.given


def author(written: str) -> Author:
    """The parts of a name, in the letters that it is written in."""
    text = " ".join(written.split())
    family, comma, given = (part.strip() for part in text.partition(","))
    if comma:
        return Author(family, given) if family and given else Author(text)
    parts = text.split()
    if not 2 <= len(parts) <= _MOST_PARTS or not all(map(_PART.fullmatch, parts)):
        return Author(text)
    if _is_group(parts):
        return Author(text)
    if all(map(_INITIALS.fullmatch, parts[1:])) and not _INITIALS.fullmatch(parts[0]):
        return Author(parts[0], " ".join(parts[1:]))
    if all(unicodedata.name(letter, "").startswith(_FAMILY_FIRST) for letter in parts[0]):
        return Author(parts[0], " ".join(parts[1:]))
    begins = _family_begins(parts)
    return Author(" ".join(parts[begins:]), " ".join(parts[:begins]))


def _is_group(parts: list[str]) -> bool:
    small = {part for part in parts[1:] if part[0].islower()}
    return bool(_GROUP & {part.lower() for part in parts}) or not small <= _PARTICLES | _JOINTS


def _family_begins(parts: list[str]) -> int:
    """`Ludwig van Beethoven` at the first small word, `José Ortega y Gasset` at the part before it."""
    for at, part in enumerate(parts[:-1]):
        if at and part in _PARTICLES:
            return at
        if at > 1 and part in _JOINTS:
            return at - 1
    return len(parts) - 1

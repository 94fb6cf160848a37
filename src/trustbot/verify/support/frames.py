"""The frame of a sentence: who says it, or that it is advice. What it frames is to be held, not the frame.

In: a sentence. Out: which of its words belong to a frame and say nothing of their own ("According to the review by
Loewen and colleagues", "The advice is to", "…, the paper points out"). A word of the matter itself is none of them,
wherever it stands, and names are checked elsewhere. The lists are of the English language, not of any corpus. This
module knows no passage and no verdict.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from trustbot.text.terms import Term, stem

_SAYING = (
    r"(?:say|argue|note|report|state|conclude|suggest|remark|observe|write|explain|find|stress|propose|maintain|add"
    r"|mention|hold|claim|emphasi[sz]e|recommend|advise|believe|think|point\s+out|describe)(?:s|d|ed|es|ing)?"
    r"|said|wrote|found|held|thought|points?\s+out|pointed\s+out"
)
_ADVICE = (
    r"(?:advice|recommendations?|suggestions?|tips?|steps?|practices?|ways?|guidance|measures?|strateg(?:y|ies)"
    r"|approach(?:es)?)"
)
_FRAMES = (
    re.compile(r"^\W*according\s+to\s+[^,;]{2,90},", re.IGNORECASE),
    re.compile(r"[,\s]\s*according\s+to\s+[^,;]{2,90}$", re.IGNORECASE),
    re.compile(r"^\W*as\s+[^,;]{2,60},", re.IGNORECASE),
    re.compile(rf"^[^,;]{{2,80}}?\b(?:{_SAYING})(?:\s+that\b|\s+(?=[\w-]+ing\b))", re.IGNORECASE),
    re.compile(rf",\s+(?:as\s+)?[^,;]{{2,60}}?\b(?:{_SAYING})\W*$", re.IGNORECASE),
    re.compile(
        rf"^[^,;]{{0,60}}?\b{_ADVICE}\s+(?:is|are|was|were|includes?|included|would\s+be)\b(?:\s+to\b)?", re.IGNORECASE
    ),
    re.compile(
        r"^(?:the|this|its)\s+(?:[\w-]+\s+)?(?:article|guidance|guide|text|paper|authors?|guidelines?|study|review|advice)\s+"
        r"(?:also\s+|further\s+)?(?:recommends?|advises?|suggests?|proposes?)\b",
        re.IGNORECASE,
    ),
    re.compile(r"^\W*it\s+is\s+(?:also\s+)?(?:recommended|advised|suggested|advisable)\s+(?:that|to)\b", re.IGNORECASE),
    re.compile(r"^[^,;]{0,60}?\b(?:is|are)\s+(?:advised|recommended|encouraged|urged|asked)\s+to\b", re.IGNORECASE),
    re.compile(r"^[A-Z][\w-]+\s+(?:and|et)\s+(?:\w+\s+)?(?:colleagues|others|co-authors|coworkers|al)\b", 0),
    re.compile(r"\b(?:by|of|from)\s+[A-Z][\w-]+\s+(?:and|et)\s+(?:colleagues|others|co-authors|al)\b", 0),
)
"""Where a frame stands; within it, only the words below are the frame's own."""
_WORDS = """advice advise advised recommend recommended recommendation suggestion suggest tip step practical practice
    guidance way strategy measure approach colleague coauthor author writer team group researcher investigator paper
    article study review text source work account point out note remark state report write wrote mention describe
    explain conclude argue maintain add include claim hold stress emphasize emphasise observe propose find found say"""
WORDS = frozenset(stem(word) for word in _WORDS.split())


def framing(sentence: str, terms: Sequence[Term]) -> frozenset[int]:
    """The places in `terms` of the words that only frame `sentence`; names in a frame are among them."""
    spans = [m.span() for frame in _FRAMES for m in frame.finditer(sentence)]
    return frozenset(
        place
        for place, term in enumerate(terms)
        if (term.stem in WORDS or sentence[term.start].isupper())
        and any(start <= term.start < end for start, end in spans)
    )

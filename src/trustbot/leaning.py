"""Does a question lean on what came before, and by which words?

In: a question. Out: yes or no, and the patterns that find such words: a place in an answer, a work's number, a pronoun,
an ellipsis, an opening that takes something back. This module knows no history, and says of nothing what it stands for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from trustbot.terms import content_stems, content_terms, words

ORDINALS: Mapping[str, int] = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5,
    "sixth": 6, "6th": 6, "seventh": 7, "7th": 7, "eighth": 8, "8th": 8, "last": -1, "final": -1, "latter": -1,
    "former": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
}  # fmt: skip
ITEM = r"(?:one|point|item|thing|reason|strategy|step|challenge|barrier|benefit|statement|tip|way|suggestion|problem)"
PLACE = r"(?:first|1st|second|2nd|third|3rd|fourth|4th|fifth|5th|sixth|6th|seventh|7th|eighth|8th|last|final)"
ORDINAL = re.compile(
    rf"\b(?:(?:the|your|that)\s+(?:very\s+)?)?(?P<word>{PLACE})\s+{ITEM}s?\b"
    rf"|\b(?:the|your|that)\s+(?:very\s+)?(?P<bare>{PLACE})(?=\s*[?.!,]|\s*$|\s+(?:of\s+(?:these|those|them)|you)\b)"
    rf"|\b(?:the\s+)?(?P<pair>former|latter)\b"
    rf"|\b{ITEM}\s+(?:number\s+|no\.?\s*|#\s*)?(?P<digit>[1-9]|one|two|three|four|five|six)\b",
    re.IGNORECASE,
)
NUMBERS = r"\[?\d{1,2}\]?(?:\s*(?:,|and|or|&|,\s*and|versus|vs\.?|to)\s*\[?\d{1,2}\]?)*"
COUNTED = (
    r"(?!\s*-?\s*(?:hours?|hrs?|years?|yrs?|days?|weeks?|months?|minutes?|mins?|ways?|times?|students?|learners?|residents?"
    r"|trainees?|preceptors?|patients?|people|participants?|cases?|or\s+more|to\s+\d+\s+(?:hours?|days?|weeks?))\b)"
)
"""A number before one of these counts things: "a study 20 years ago" names no reference."""
REFERENCE = re.compile(
    r"\b(?:reference|ref\.?|source|citation|study|studie|paper|work|footnote)s?\s*(?:number|no\.?|#|nr\.?)?s?\s*(?P<number>"
    + NUMBERS
    + rf")(?![\d%:]){COUNTED}|(?P<bracket>\[\d{{1,2}}\])"
    r"|\bnumber\s+(?P<bare>\d{1,2})\b(?=\s*[?.!,)]|\s*$|\s+(?:say|find|found|claim|show|please))",
    re.IGNORECASE,
)
LAST_REFERENCE = re.compile(
    r"\b(?:that|the|this)\s+(?P<which>last|first|second|third|final)?\s*(?:reference|citation|source|study|paper|work)\b"
    r"(?!\s+(?:by|of|from|with)\b)",
    re.IGNORECASE,
)
AUTHORITY = re.compile(
    r"^(?:and\s+|but\s+|so\s+)?(?:(?:says?|according\s+to)\s+whom?|who\s+(?:say|said|claim|found|find|wrote|identif"
    r"|describ|report|show|argu|stat|note|propos|suggest|conclud|recommend|advis|think|thought|believ)(?:s|d|ed|ies|ied|es)?"
    r"\s+(?:so|that|this|it|these|those|them)"
    r"|(?:which|what)\s+(?:study|paper|work|reference|source|citation|evidence)s?\b.*\b(?:that|this|it|those|these)\b.*"
    r"|(?:what(?:'s|\s+is)|where(?:'s|\s+is))\s+(?:the|your)\s+(?:source|reference|evidence|citation|authority|proof)\b.*"
    r"|where\s+(?:does|did|do)\s+(?:that|this|it|you)\b.*\b(?:come|get|from|say)\b.*|on\s+what\s+(?:basis|authority|evidence)\b.*"
    r"|how\s+do\s+you\s+know(?:\s+(?:that|this))?|(?:source|citation|reference|evidence)s?)\s*[?.!]*$",
    re.IGNORECASE,
)
MORE = re.compile(
    r"^(?:and\s+|but\s+|ok(?:ay)?\s+)?(?:(?:is\s+there\s+|are\s+there\s+|do\s+you\s+have\s+|got\s+)?any(?:thing)?\s*(?:more|else|others?)"
    r"|what\s+else(?:\s+is\s+there)?|more(?:\s+please)?|other\s+ones?|some\s+more|go\s+on)\s*[?.!]*$",
    re.IGNORECASE,
)
OF_THEM = re.compile(r"^\s+(?:of\s+(?:these|those|them)|you\s+(?:said|named|gave|listed|mentioned))\b", re.IGNORECASE)
CHOICE = re.compile(r"\b(?:which|what|any|some|all|one|how many)\s+of\s+(?:those|these|them)\b", re.IGNORECASE)
PRONOUN = re.compile(
    r"\b(?:it|its|itself|this|that|these|those|they|them|their|theirs|he|him|his|she|her|hers|there|such|same|so"
    r"|one|ones|both|either|neither|others?)\b",
    re.IGNORECASE,
)
CONNECTIVE = re.compile(r"^(?:and|but|or|so|also|then|now|ok(?:ay)?|well)\b[\s,]*", re.IGNORECASE)
CLAUSE = re.compile(
    r"^(?:what|which|who|whom|how|why|when|where|is|are|was|were|do|does|did|can|could|should|would|will|has|have|had|tell|explain"
    r"|describe|list|name|give|compare|i|we|my|our)\b(?!\s+(?:about|if)\b)",
    re.IGNORECASE,
)
ELLIPSIS = re.compile(
    r"^(?:what|how)\s+about\b|^what\s+if\b|^(?:the\s+)?same\b|^(?:why|how|when|who|where|really|how\s+so|why"
    r"\s+not|how\s+come|since\s+when|any\s*(?:thing)?\s*(?:more|else)"
    r"|what\s+else|more|go\s+on|tell\s+me\s+more|can\s+you\s+(?:elaborate|expand|explain)|for\s+example|such\s+as)\s*[?.!]*$"
    r"|\b(?:else|instead|as\s+well|too|more)\s*[?.!]*$"
    # "So what should preceptors do?" names who acts, and leaves to what came before in which matter.
    r"|^(?:(?:so|and|then|but)\s+)?what\s+(?:should|could|can|must|might|would)\s+(?:(?:a|an|the|my)\s+)?\w+\s+do\s*[?.!]*$",
    re.IGNORECASE,
)
POLITE = re.compile(
    r"^(?:(?:thanks|thank\s+you|thx|ty|cheers|great|good|nice|perfect|ok(?:ay)?|alright|right|got\s+it|i\s+see|cool|awesome|hi"
    r"|hello|hey|hmm+|interesting|that\s+helps|very\s+helpful|helpful|makes\s+sense|good\s+(?:morning|afternoon|evening))"
    r"(?:\s+(?:so\s+much|very\s+much|a\s+lot|there|you|then|again))?\s*[,.!;:–—-]+\s*)+",
    re.IGNORECASE,
)
CORRECTION = re.compile(
    r"^(?:no|nope|sorry|wait|actually|i\s+mean[t]?|rather|oops|correction)\b[\s,.:;–—-]*"
    r"(?:(?:no|sorry|wait|actually|not\s+that|i\s+(?:actually\s+)?mean[t]?(?:\s+to\s+(?:ask|say))?|make\s+that|rather)\b[\s,.:;–—-]*)*",
    re.IGNORECASE,
)
OBJECT_ENDS = re.compile(r"\b(?:them|him|her)\s*[?.!]*$", re.IGNORECASE)
SHORT = 2
"""A question with at most this many content words, and a pronoun or an ellipsis, can't stand alone."""


def dependent(question: str) -> bool:
    """Whether a question leans on what came before: it has a pronoun, an ellipsis, or hardly a word of its own."""
    if not content_stems(question) or ELLIPSIS.search(question):
        return True
    rest = CONNECTIVE.sub("", question)
    if rest != question and not CLAUSE.match(rest):
        return True
    opening = " ".join(w for w, _, _ in words(question)[:12])
    return bool(PRONOUN.search(opening)) and not _relative_only(rest)


def elliptic(question: str) -> bool:
    """Whether a question only names something ("what about goals?") and leaves the asking to the one before."""
    rest = CONNECTIVE.sub("", question)
    return bool(ELLIPSIS.search(question)) or (rest != question and not CLAUSE.match(rest))


def pointer(text: str) -> str:
    """The words that point back, for showing what was resolved."""
    match = ELLIPSIS.search(text) or PRONOUN.search(text) or CONNECTIVE.search(text)
    return (match.group().strip(" ?.!") if match else text.strip(" ?.!")) or text


def _relative_only(question: str) -> bool:
    """Whether every pronoun belongs to the question itself: "that" as a conjunction, "there is", "such as"."""
    cleaned = re.sub(
        r"\b(?:say|says|said|mean|means|show|shows|think|find|finds|found|claim|claims|evidence|sure|so|notice|ensure|know"
        r"|believe|feel|is it true|the fact)\s+that\b|\bthere\s+(?:is|are|was|were|any|a)\b"
        r"|\b(?:is|are|was|were)\s+there\b"
        r"|\bsuch\s+as\b|\bone\s+(?:on|to|of|day|hour|week|month|or|student|learner|resident|preceptor|trainee|study|site)\b"
        r"|\b(?:is|does|was)\s+it\s+(?!only|just|also|still|really|even|mainly|mostly)\w+\s+(?:to|that|for)\b|\beach\s+other\b|\bthe\s+same\b|\bso\s+that\b|\bboth\s+\w+\s+and\b",
        " ",
        question,
        flags=re.IGNORECASE,
    )
    return PRONOUN.search(cleaned) is None or _bound_inside(cleaned)


def _bound_inside(question: str) -> bool:
    """Whether the only pronouns are personal ones that come after a noun of the same question."""
    match = re.search(
        r"\b(?:it|its|this|that|these|those|there|such|same|so|one|ones|both|either|neither|others?)\b",
        question,
        re.I,
    )
    if match:
        return False
    first = PRONOUN.search(question)
    # "Do residents trust them?": the one who trusts is not the one who is trusted.
    if first and OBJECT_ENDS.search(question) and len(content_terms(question[: first.start()])) <= SHORT:
        return False
    return bool(first) and len(content_terms(question[: first.start()])) >= 1  # type: ignore[union-attr]

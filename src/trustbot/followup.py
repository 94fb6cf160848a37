"""History + follow-up -> a query that stands alone, by rules: no language model.

In: what was typed, the turns before it, the statements that earlier answers may have quoted. Out: a `Query`
that says what each part became (`resolved`). This module searches nothing and knows no embedder.

The rules, in the order in which they are tried:
  1. a polite opening ("thanks", "ok, and …") is set aside;
  2. a work named by number ("reference 4", "that last reference") becomes `Query.reference`;
  3. a place in the last answer ("the second one", "the last point") becomes that statement;
  4. a choice among the last answer ("which of those …") becomes `Query.focus`;
  5. a question that can't stand alone (a pronoun, an ellipsis, "what about …", "why?") carries the topic of
     the last question that could, and everything else stands as typed: an unrelated question drags nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from trustbot import salience
from trustbot.terms import content_stems, content_terms, words
from trustbot.types import MARKER, Chunk, Query, Turn

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
    r"^(?:and\s+|but\s+|so\s+)?(?:(?:says?|according\s+to)\s+whom?|who\s+(?:say|said|claim|found|find|wrote|identif|describ|report|show|argu|stat|note|propos|suggest|conclud"
    r"|recommend|advis|think|thought|believ)(?:s|d|ed|ies|ied|es)?\s+(?:so|that|this|it|these|those|them)"
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
DEFINITE = re.compile(r"\bthe\s+\w+(?!\s+(?:of|in|for|on|to|between|that|with)\b)", re.IGNORECASE)
CORRECTION = re.compile(
    r"^(?:no|nope|sorry|wait|actually|i\s+mean[t]?|rather|oops|correction)\b[\s,.:;–—-]*"
    r"(?:(?:no|sorry|wait|actually|not\s+that|i\s+(?:actually\s+)?mean[t]?(?:\s+to\s+(?:ask|say))?|make\s+that|rather)\b[\s,.:;–—-]*)*",
    re.IGNORECASE,
)
LEAST_QUOTED = 20
"""Characters from which a chunk that stands in an answer is taken for quoted there."""
TOPIC_LIMIT = 300
TOPIC_PARTS = 3
"""Characters of an earlier question, and earlier questions, that are carried over at most."""
OBJECT_ENDS = re.compile(r"\b(?:them|him|her)\s*[?.!]*$", re.IGNORECASE)
CARRY_BACK = 6
"""User turns looked through for one that stands alone."""
SHORT = 2
"""A question with at most this many content words, and a pronoun or an ellipsis, can't stand alone."""


@dataclass(frozen=True, slots=True)
class _Work:
    """A question on its way through the rules."""

    text: str
    resolved: dict[str, str]
    references: tuple[int, ...] = ()
    focus: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    corrected: bool = False


def condense(question: str, history: Sequence[Turn] = (), statements: Sequence[Chunk] = ()) -> Query:
    """The query that `question` stands for after `history`, most recent turn last."""
    asked = question.strip()
    text = POLITE.sub("", asked).strip() or asked
    last = quoted(history, statements)
    topic = (_topic(history) if last else _subject(text, history)) if history else None
    if topic and last and AUTHORITY.match(text):
        ids = tuple(c.id for c in last)
        return Query(asked, topic, {text.rstrip("?.! "): "the last answer"}, focus=ids, about=ids)
    if topic and MORE.match(text):
        resolved = {text.rstrip("?.! "): f"more on: {topic}"}
        return Query(asked, topic, resolved, exclude=_given(history, statements))
    work = _Work(text, {})
    if history and (match := CORRECTION.match(text)) and match.end() < len(text):
        work = _Work(text[match.end() :].strip(), {match.group().strip(" ,.:;–—-"): "a correction"}, corrected=True)
    work = _choice(_reference(_place(work, last), history), last)
    alternatives = _alternatives(work.text, history)
    leaning = dependent(work.text) or (not last and _definite(work.text))
    if topic and work.corrected and CLAUSE.match(work.text):
        topic = _object(topic)  # the rest is what was said by mistake
    recent: tuple[str, ...] = ()
    if topic and not work.about and leaning and not _covers(work.text, topic):
        recent = tuple(c.id for c in last) if _elliptic(work.text) else ()
        work = replace(work, resolved=work.resolved | {_pointer(work.text): topic})
        text, carried = f"{work.text} — {topic}", topic
    else:
        text, carried = work.text, None
    return Query(
        asked,
        text,
        work.resolved,
        carried,
        work.focus,
        work.about,
        references=work.references,
        alternatives=alternatives,
        recent=recent,
    )


def dependent(question: str) -> bool:
    """Whether a question leans on what came before: it has a pronoun, an ellipsis, or hardly a word of its own."""
    if not content_stems(question) or ELLIPSIS.search(question):
        return True
    rest = CONNECTIVE.sub("", question)
    if rest != question and not CLAUSE.match(rest):
        return True
    opening = " ".join(w for w, _, _ in words(question)[:12])
    return bool(PRONOUN.search(opening)) and not _relative_only(rest)


def quoted(history: Sequence[Turn], statements: Sequence[Chunk]) -> tuple[Chunk, ...]:
    """The statements that the last answer quoted, in the order in which it did."""
    answer = next((t.text for t in reversed(history) if t.role == "assistant"), "")
    # A text as short as "Yes." stands in any answer, and was quoted by none.
    whole = [(c.text.rstrip(" ."), i, c) for i, c in enumerate(statements) if len(c.text) >= LEAST_QUOTED]
    places = ((answer.find(text), i, c) for text, i, c in whole)
    found = sorted(place for place in places if place[0] >= 0)
    seen: dict[int, Chunk] = {}
    for position, _, chunk in found:
        seen.setdefault(position, chunk)
    return tuple(seen.values())


def _place(work: _Work, last: Sequence[Chunk]) -> _Work:
    """Replace "the second one" by the statement of the last answer that stands in that place."""
    match = ORDINAL.search(work.text)
    if match is None or not last:
        return work
    key = (match["word"] or match["bare"] or match["pair"] or match["digit"] or "").lower()
    place = int(key) if key.isdigit() else ORDINALS[key]
    # Who counts points counts the guidance's own; a note that came after them is no item of a list.
    listed = [c for c in last if c.kind == "statement"] or last
    if place > len(listed):
        return work
    chunk = listed[place - 1] if place > 0 else listed[-1]
    rest = OF_THEM.sub("", work.text[match.end() :])
    text = f"{work.text[: match.start()]}“{chunk.text}”{rest}"
    return replace(work, text=text, resolved=work.resolved | {match.group().strip(): chunk.text}, about=(chunk.id,))


def _choice(work: _Work, last: Sequence[Chunk]) -> _Work:
    """A choice among the statements of the last answer."""
    match = CHOICE.search(work.text)
    if match is None or not last:
        return work
    return replace(work, resolved=work.resolved | {match.group(): "the last answer"}, focus=tuple(c.id for c in last))


def _reference(work: _Work, history: Sequence[Turn]) -> _Work:
    """Find the works that the question names by their numbers, or points at in the last answer."""
    if work.about:
        return work
    match = REFERENCE.search(work.text)
    if match:
        numbers = [int(n) for n in re.findall(r"\d+", match["number"] or match["bracket"] or match["bare"])]
        shown = ", ".join(f"[{n}]" for n in numbers)
        return replace(work, references=tuple(numbers), resolved=work.resolved | {match.group().strip(): shown})
    pointed = LAST_REFERENCE.search(work.text)
    answer = next((t.text for t in reversed(history) if t.role == "assistant"), "")
    found = [int(n) for n in MARKER.findall(answer)]
    distinct = list(dict.fromkeys(found))
    place = {"first": 0, "second": 1, "third": 2}.get(((pointed and pointed["which"]) or "").lower())
    if pointed is None or not found or (place or 0) >= len(distinct):
        return work
    number = found[-1] if place is None else distinct[place]  # the last is the one that was named last
    return replace(work, references=(number,), resolved=work.resolved | {pointed.group(): f"[{number}]"})


def _topic(history: Sequence[Turn]) -> str | None:
    """The last question of the user that stands alone, with what leaned on it since; None if there is none."""
    asked = [t.text.strip() for t in history if t.role == "user"][-CARRY_BACK:]
    parts: list[str] = []
    for text in reversed(asked):
        stripped = CORRECTION.sub("", POLITE.sub("", text)).strip() or text
        pointing = AUTHORITY.match(stripped) or MORE.match(stripped) or ORDINAL.search(stripped)
        if content_terms(stripped) and not pointing:
            parts.insert(0, stripped.rstrip("?.! "))
        if not dependent(stripped):
            break
    return "; ".join(part[:TOPIC_LIMIT] for part in parts[-TOPIC_PARTS:]) or None


def _object(topic: str) -> str:
    """The last word of a question that carries meaning, which is mostly what it is about."""
    terms = content_terms(topic)
    return terms[-1].text if terms else topic


def _elliptic(question: str) -> bool:
    """Whether a question only names something ("what about goals?") and leaves the asking to the one before."""
    rest = CONNECTIVE.sub("", question)
    return bool(ELLIPSIS.search(question)) or (rest != question and not CLAUSE.match(rest))


def _given(history: Sequence[Turn], statements: Sequence[Chunk]) -> tuple[str, ...]:
    """Ids of everything quoted since the last question that asked for something new."""
    given: list[str] = []
    for place in range(len(history) - 1, -1, -1):
        turn = history[place]
        if turn.role == "assistant":
            given += [c.id for c in quoted(history[: place + 1], statements)]
        elif not MORE.match(POLITE.sub("", turn.text).strip() or turn.text):
            break
    return tuple(dict.fromkeys(given))


def _subject(question: str, history: Sequence[Turn]) -> str | None:
    """What free conversation is about: a name; else, where the question has a gap, the last question's own words."""
    if any(salience.names(question[1:])):
        return None
    named = salience.name(history)
    if named is not None:
        return named
    topic = _topic(history) if dependent(question) else None
    return salience.phrase(topic.split("; ")[0]) if topic else None


def _definite(question: str) -> bool:
    """Whether the question speaks of something as known ("the tour") that it doesn't say more about."""
    return bool(DEFINITE.search(question)) and not any(salience.names(question[1:]))


def _alternatives(text: str, history: Sequence[Turn]) -> tuple[str, ...]:
    """The previous question with this one: searched beside it, since only retrieval can tell which is better."""
    previous = next((t.text.strip() for t in reversed(history) if t.role == "user"), None)
    return (f"{previous} {text}",) if previous else ()


def _covers(text: str, topic: str) -> bool:
    return content_stems(topic) <= content_stems(text)


def _pointer(text: str) -> str:
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

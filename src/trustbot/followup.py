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
from collections.abc import Sequence
from dataclasses import dataclass, replace

from trustbot import salience
from trustbot.leaning import (
    AUTHORITY,
    CHOICE,
    CLAUSE,
    CORRECTION,
    LAST_REFERENCE,
    MORE,
    OF_THEM,
    ORDINAL,
    ORDINALS,
    POLITE,
    REFERENCE,
    dependent,
    elliptic,
    pointer,
)
from trustbot.terms import content_stems, content_terms
from trustbot.types import MARKER, Chunk, Query, Turn

DEFINITE = re.compile(r"\bthe\s+\w+(?!\s+(?:of|in|for|on|to|between|that|with)\b)", re.IGNORECASE)
LEAST_QUOTED = 20
"""Characters from which a chunk that stands in an answer is taken for quoted there."""
TOPIC_LIMIT = 300
TOPIC_PARTS = 3
"""Characters of an earlier question, and earlier questions, that are carried over at most."""
CARRY_BACK = 6
"""User turns looked through for one that stands alone."""


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
        recent = tuple(c.id for c in last) if elliptic(work.text) else ()
        work = replace(work, resolved=work.resolved | {pointer(work.text): topic})
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

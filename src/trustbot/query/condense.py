"""A question and its history -> a query: only what must be exact is read by rule.

The reader sees the earlier questions itself, so nothing here guesses what "it" stands for. Read exactly are numbers of
references, works named by their first author, ordinals into the last answer, and sentences of the corpus that are
quoted or that the last answer said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from trustbot.corpus.authors import author
from trustbot.text.inline import in_line
from trustbot.types import MARKER, Corpus, Query, Quote, Turn

REFERENCE = re.compile(r"\[(\d{1,4})\]|\b(?:references?|refs?|sources?)\.? ?#?(\d{1,4})\b", re.IGNORECASE)
ALSO = re.compile(r" ?(?:, ?(?:and|or)|,|&|and|or) ?(\d{1,4})\b", re.IGNORECASE)
"""A further number behind a reference: "references 2 and 4". Behind one in brackets a number is just a number."""
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
ORDINAL = re.compile(rf"\b({'|'.join(ORDINALS)}|last) (?:one|point|item|statement|bullet)\b", re.IGNORECASE | re.ASCII)
"""In ASCII alone: a dotless i would match and be no ordinal after all."""
YEAR = re.compile(r"\b(19\d\d|20\d\d)\b")
TURNS = 4
"""Earlier questions that are kept; the reader decides how many of them it reads."""
TURN_CHARACTERS = 2000
"""Last characters of an earlier question that are read: what counts stands at its end."""
QUOTED = 30
"""Fewest characters of a sentence of the corpus that make a question one about that very sentence."""


def condense(question: str, history: Sequence[Turn], corpus: Corpus) -> Query:
    """The query for `question`, asked after `history`."""
    earlier = [t.text[-TURN_CHARACTERS:] for t in history if t.role == "user"][-TURNS:]
    last = next((t.text for t in reversed(history) if t.role == "assistant"), "")
    said = said_in(last, corpus)
    pointed, word = _pointed(question, said)
    return Query(
        question,
        question,
        resolved={word: f"“{_text(pointed, corpus)}”"} if word else {},
        turns=tuple(" ".join(text.split()) for text in earlier),
        references=references(question, corpus),
        years=tuple(int(y) for y in YEAR.findall(question)),
        said=said,
        about=(pointed,) if pointed else quoted_in(question, corpus),
    )


def references(question: str, corpus: Corpus) -> tuple[int, ...]:
    """Numbers of the works that a question names, by number or by their first author; known to the corpus or not."""
    numbers: list[int] = []
    for match in REFERENCE.finditer(question):
        numbers.append(int(match[1] or match[2]))
        end = match.end()
        while match[2] and (more := ALSO.match(question, end)):
            numbers.append(int(more[1]))
            end = more.end()
    for source in corpus.sources:
        if source.kind == "work" and source.authors and _is_named(question, source.authors[0]):
            numbers.append(source.number)
    return tuple(dict.fromkeys(numbers))


def _is_named(question: str, written: str) -> bool:
    """Whether an author stands in a question: a person by surname, in any case; an organisation by its whole name."""
    parts = author(written)
    wanted = parts.family if parts.is_whole else surname(written)
    plain, wanted = (text.replace("’", "'") for text in (question, wanted))
    # In small letters, an acronym may be another word: WHO.
    same_case = re.NOFLAG if wanted.isupper() and wanted.isascii() else re.IGNORECASE
    return bool(wanted and re.search(rf"(?<![^\W\d_]){re.escape(wanted)}(?![^\W\d_])", plain, same_case))


def surname(written: str) -> str:
    """The last word of a family name, without a hyphenated second half."""
    return re.split(r"[-–]", author(written).family.rpartition(" ")[2])[0]


def said_in(answer: str, corpus: Corpus) -> tuple[str, ...]:
    """Ids of the chunks of which an answer says a sentence word for word, in its order."""
    if not MARKER.search(answer):
        return ()
    plain = " ".join(answer.split())
    found = []
    for chunk in (*corpus.chunks, *corpus.records):
        for start, end in chunk.sentences:
            quote = Quote(chunk, chunk.start + start, chunk.start + end, chunk.text[start:end])
            text = in_line(quote).rstrip(" .")
            place = plain.find(text) if len(text) >= QUOTED else -1
            if place >= 0:
                found.append((place, chunk.id))
                break
    return tuple(dict.fromkeys(chunk_id for _, chunk_id in sorted(found)))


def quoted_in(question: str, corpus: Corpus) -> tuple[str, ...]:
    """Ids of the chunks whose sentence stands word for word in a question."""
    plain = " ".join(question.split()).casefold()
    if len(plain) < QUOTED:
        return ()
    return tuple(
        chunk.id
        for chunk in corpus.chunks
        if chunk.kind != "page"  # never read: see `evidence.candidates`
        and any(
            end - start >= QUOTED and " ".join(chunk.text[start:end].split()).rstrip(" .").casefold() in plain
            for start, end in chunk.sentences
        )
    )


def _pointed(question: str, said: Sequence[str]) -> tuple[str | None, str]:
    """The chunk that an ordinal picks out of the last answer, and the words that do so."""
    match = ORDINAL.search(question)
    if match is None or len(said) < 2:
        return None, ""
    name = match[1].lower()
    place = len(said) - 1 if name == "last" else ORDINALS.index(name)
    return (said[place], match[0]) if place < len(said) else (None, "")


def _text(chunk_id: str | None, corpus: Corpus) -> str:
    return next((" ".join(c.text.split()) for c in (*corpus.chunks, *corpus.records) if c.id == chunk_id), "")

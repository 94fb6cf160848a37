"""Is the question about the sources themselves? Then: which facts of which works it asks for.

In: a question with what condensing made of it, the conversation, the corpus. Out: what is asked; or nothing, where the
question is about what the sources say. This module looks up no fact.

A question is about the sources if all of it is: the works that it names, words for facts of a work, and words that ask
for nothing. One word more, such as "supervision", and it is about content, which is another matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from trustbot import mentions
from trustbot.leaning import ORDINAL, dependent
from trustbot.mentions import Mentions
from trustbot.source_vocabulary import (
    COUNTED_STATEMENTS,
    FILLER,
    GUIDANCE,
    MANY,
    ONE,
    PARTIES,
    PHRASES,
    PLACES,
    SPEAKS,
    TIMES,
    Topic,
)
from trustbot.terms import Vocabulary, stem, words
from trustbot.types import MARKER, Corpus, Query, Span, Turn

IDENTITY: tuple[Topic, ...] = ("title", "authors", "published", "design", "status", "updated")
"""What "what is reference 4?" asks for, as far as it is recorded."""
IDENTITY_ASKED = re.compile(
    r"^(?:\W*(?:and|so|but|ok|okay|sorry|then|remind me)\b)*\W*(?:what|which|who)(?:['’]s|\s+(?:is|was|are|were)\b)",
    re.I,
)
OF_GUIDANCE: frozenset[Topic] = frozenset({"use", "updated", "status", "version", "scope"})
"""What only the guidance and the corpus have, so that "this" stands for them."""
STANDING: frozenset[Topic] = OF_GUIDANCE | {"works", "trial"}
"""Topics that need no work to be named."""
LEANING: frozenset[Topic] = frozenset(
    {"authors", "published", "identifiers", "access", "licence", "participants", "funding", "title", "cite", "design",
     "address", "setting", "period", "learners", "interests"}
)  # fmt: skip
"""Topics that, without a work, are about those of the last answer."""
AFTER_AUTHORITY = LEANING - {"title"}
"""What may be asked of the last answer beside "who says so?", which asks for its sources and not about them."""
KEY = "topic of sources "
MODAL = re.compile(
    r"\b(?:should|must|ought|can|could|would|may|might|i|we|my|our|ha(?:s|ve)\s+to|needs?\s+to)\b", re.IGNORECASE
)
"""In a question that names no work, a sign that it asks for advice."""
IN_GENERAL = re.compile(r"\b(?:involves?|includes?|takes?\s+part|participates?|enrols?|recruits?)\b", re.IGNORECASE)
PAST = re.compile(r"\bdid\b", re.IGNORECASE)
"""Who took part in a study is asked in the past; in the present it is asked who ought to take part in something."""
COUNT = re.compile(r"\b(?:how\s+many|number\s+of|how\s+much)\b", re.IGNORECASE)
COVERED = re.compile(r"\b(?:n['’]t|not)\b.*\bcover", re.IGNORECASE)
"""Where nothing is named, what is not covered is asked of all sources."""
BEFORE_NOUN = frozenset("the which what many all list name any those these its of".split())
INTRODUCES = frozenset("who when where how whether if which what me us out".split())
"""Words after a verb of saying that make it a polite opening: "tell me", "does it say when"."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The facts asked for, and the works that they are asked of."""

    topics: tuple[Topic, ...]
    numbers: tuple[int, ...]
    every: bool
    count: bool
    pointer: str | None = None
    """The word of the question that stands for the works, where it names none."""


def parse(text: str, query: Query, history: Sequence[Turn], corpus: Corpus) -> Asked | None:
    """Which facts of which works the question asks for; None if it is about anything else."""
    last = _last_numbers(query, history, corpus)
    if query.about:
        text = ORDINAL.sub(" ", text)
    meant = mentions.find(text, query.references, last, corpus.sources)
    topics, rest, speaks = _topics(text, meant)
    if speaks or rest:
        return None
    if not topics:
        topics = _unsaid(text, meant, history, corpus)
    if topics == ("participants",) and not (meant.explicit or meant.every) and _ought(text):
        return None
    numbers = _numbers(topics, meant, query, last, corpus)
    if not topics or not numbers:
        return None
    count = bool(COUNT.search(text))
    every = meant.every or (not meant.explicit and not meant.pointed and set(numbers) == set(_works(corpus)))
    return Asked(topics, numbers, every, count, _pointer(text) if meant.pointed or not meant.spans else None)


def _ought(text: str) -> bool:
    """Whether it is asked who takes part in something that is advised, and not who took part in a study."""
    return bool(IN_GENERAL.search(text)) and (bool(MODAL.search(text)) or not PAST.search(text))


def _last_numbers(query: Query, history: Sequence[Turn], corpus: Corpus) -> tuple[int, ...]:
    if query.about:
        pointed = [corpus.number_of(c) for c in corpus.chunks if c.id in query.about]
        return tuple(dict.fromkeys(pointed))
    answer = next((t.text for t in reversed(history) if t.role == "assistant"), "")
    return tuple(dict.fromkeys(int(n) for n in MARKER.findall(answer) if corpus.numbered(int(n))))


def _topics(text: str, meant: Mentions) -> tuple[tuple[Topic, ...], set[str], bool]:
    """The facts named, the stems that are about something else, and whether it is asked what a source says."""
    open_spans = [s for s in meant.spans if not _is_noun(text[slice(*s)])]
    plain = _blanked(text, open_spans)
    found = {
        (c.preferred.removeprefix(KEY), c.start, c.end)
        for form in (plain, _blanked(text, meant.spans))
        for c in _lexicon().find(form)
    }
    held = [(start, end) for _, start, end in found]
    tokens = words(plain)
    free = [i for i, (_, s, _) in enumerate(tokens) if not any(a <= s < b for a, b in held)]
    loose = {tokens[i][0] for i in free if tokens[i][0] not in ONE | MANY | GUIDANCE}
    speaks = any(_speaks(tokens, i) for i in free)
    named = [topic for topic, *_ in sorted(found, key=lambda f: f[1])]
    topics: list[Topic] = [t for t in PHRASES if t in named]
    rest = {stem(word) for word in loose if word not in FILLER and not word.isdigit()}
    if COUNT.search(text):
        counted: dict[Topic, frozenset[str]] = {
            "statements": COUNTED_STATEMENTS, "setting": PLACES, "period": TIMES, "participants": PARTIES
        }  # fmt: skip
        topics += [t for t, kinds in counted.items() if rest & kinds and t not in topics][:1]
        rest -= COUNTED_STATEMENTS | PLACES | TIMES
        if "participants" in topics and "works" in topics:
            topics.remove("works")
    if {"participants", "learners", "setting", "period"} & set(topics):
        rest -= PARTIES | PLACES
    if "impact" in topics and "published" in topics:  # of that journal
        topics.remove("published")
    if "statements" in topics:
        rest -= COUNTED_STATEMENTS
    if len(topics) > 1:
        topics = [t for t in topics if t not in ("works", "scope")] or topics[:1]
    return tuple(topics), rest, speaks


def _speaks(tokens: Sequence[tuple[str, int, int]], place: int) -> bool:
    """Whether the word asks what a source says, and is no "tell me" or "does it say when"."""
    if stem(tokens[place][0]) not in SPEAKS:
        return False
    if place and tokens[place - 1][0] in BEFORE_NOUN and stem(tokens[place][0]) in COUNTED_STATEMENTS:
        return False  # "list the claims"
    return place + 1 == len(tokens) or tokens[place + 1][0] not in INTRODUCES


def _unsaid(text: str, meant: Mentions, history: Sequence[Turn], corpus: Corpus) -> tuple[Topic, ...]:
    """The facts that a question asks for without naming one: what a work is, or what was asked before of another."""
    if IDENTITY_ASKED.match(text) and (meant.explicit or (meant.article and not meant.every)):
        return IDENTITY
    previous = next((i for i in range(len(history) - 1, -1, -1) if history[i].role == "user"), None)
    if previous is None or not (meant.explicit or meant.article) or not dependent(text):
        return ()
    before = history[previous].text
    numbers = tuple(n for n in (s.number for s in corpus.sources) if re.search(rf"\b{n}\b", before))
    asked = parse(before, Query(before, before, references=numbers), history[:previous], corpus)
    return asked.topics if asked else ()


def _numbers(
    topics: tuple[Topic, ...], meant: Mentions, query: Query, last: Sequence[int], corpus: Corpus
) -> tuple[int, ...]:
    """The works that the facts are asked of; none where the question names none and could mean anything."""
    asked = set(topics)
    guidance = tuple(s.number for s in corpus.sources if s.kind == "guidance")[:1]
    if meant.explicit:
        return tuple(n for n in meant.numbers if corpus.numbered(n))
    if query.about and query.about == query.focus and not asked <= AFTER_AUTHORITY:
        return ()
    if guidance and not meant.every and asked & OF_GUIDANCE:
        return guidance
    if meant.spans or (meant.pointed and (last or not asked & {"works", "statements", "scope"})):
        return meant.numbers
    return _unnamed(asked, query, last, guidance, corpus)


def _unnamed(
    asked: set[Topic], query: Query, last: Sequence[int], guidance: tuple[int, ...], corpus: Corpus
) -> tuple[int, ...]:
    """The works that are asked of where the question neither names nor points at any."""
    if asked <= STANDING or (asked == {"limits"} and COVERED.search(query.asked)):
        return _works(corpus)
    if asked == {"statements", "support"} or (asked == {"statements"} and not last):
        return guidance
    return tuple(last) if asked <= LEANING and not MODAL.search(query.asked) else ()


def _works(corpus: Corpus) -> tuple[int, ...]:
    return tuple(sorted(s.number for s in corpus.sources if s.kind == "work"))


def _pointer(text: str) -> str | None:
    match = re.search(r"\b(?:it|its|this|that|they|these|those|them|their)\b", text, re.IGNORECASE)
    return match.group() if match else None


def _is_noun(text: str) -> bool:
    """Whether a mention is no more than a noun, with the word that points at it."""
    *before, noun = [word for word, _, _ in words(text)] or [""]
    return noun in ONE | MANY | GUIDANCE and set(before) <= mentions.POINTERS


def _blanked(text: str, spans: Iterable[Span]) -> str:
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


@cache
def _lexicon() -> Vocabulary:
    # A vocabulary matches its own keys as well: marked, they are no words of a question.
    return Vocabulary({KEY + topic: phrases for topic, phrases in PHRASES.items()})

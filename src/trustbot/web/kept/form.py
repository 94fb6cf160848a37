"""The text in which a page keeps its conversation: its shape, and reading it back.

In: text that a browser held. Out: a `KeptConversation`, in which everything has the right type and a sane size; or
ValueError. What the corpus has anyway (quotes, audits, facts of works) is not in it. This module knows no corpus:
whether what it reads is true is `rebuilding`'s business.

Keys are one letter long, because the text travels with every question. Lists that several exchanges need are kept once
and named by their place, counted from 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from trustbot.types import Answer, NoticeKind, Outcome
from trustbot.web.http.schemas import Text

FORM = 1
"""Version of the shape; another one is not read."""
SIZE_LIMIT = 400_000
"""Most characters that are read; a hundred long answers take about half of it."""
TEXT_LIMIT = 20_000
"""Most characters of a question, and of the text of an answer."""
QUOTE_LIMIT = 100
"""Most quotes of an answer."""

Place = Annotated[int, Field(ge=0, le=10_000_000)]
Name = Annotated[Text, Field(max_length=300)]
Sentence = Annotated[Text, Field(max_length=4_000)]
KeptQuote = tuple[Place, Place, Place]
"""Place of its document in `documents`, then its first character there, and the one after its last."""
Piece = Annotated[Text, Field(max_length=TEXT_LIMIT)] | Place
"""Part of an answer's text: words; or 2i for the words of quote i, 2i + 1 for the caution of its audit."""
KeptNotice = tuple[NoticeKind, Sentence] | Literal[0]
"""A notice; 0 stands for those that the audits of the quotes give."""

KEYS = {
    **{"form": "s", "corpus": "j", "documents": "D", "origins": "M", "exchanges": "X"},
    **{"id": "i", "hash": "h", "version": "v", "fingerprint": "y", "embedder": "d", "model": "l"},
    **{"number": "n", "asked": "q", "token": "t", "answer": "a", "outcome": "o", "origin": "m", "text": "x"},
    **{"quotes": "c", "standalone": "u", "resolved": "r", "reason": "w", "notices": "z", "nearest": "e"},
    **{"followups": "f", "closest": "k", "framing": "g", "signature": "p"},
}
"""What each field is called in the text."""


class _Kept(BaseModel):
    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, populate_by_name=True, alias_generator=KEYS.__getitem__
    )


class KeptAnswer(_Kept):
    """An answer without what can be looked up again."""

    outcome: Outcome = "answered"
    origin: Place = 0
    text: tuple[Piece, ...] | None = Field(default=None, max_length=600)
    """None where it is the reason and the scope of the corpus."""
    quotes: tuple[KeptQuote, ...] = Field(default=(), max_length=QUOTE_LIMIT)
    asked: Sentence | None = None
    """The question as it was read, where that is more than its white space set right."""
    standalone: Sentence | None = None
    """What the question was understood as, where that differs."""
    resolved: dict[Sentence, Sentence] = Field(default={}, max_length=40)
    reason: Sentence | None = None
    notices: tuple[KeptNotice, ...] = Field(default=(), max_length=QUOTE_LIMIT)
    nearest: tuple[Name, ...] = Field(default=(), max_length=12)
    followups: tuple[Name, ...] = Field(default=(), max_length=12)
    closest: tuple[KeptQuote, ...] = Field(default=(), max_length=QUOTE_LIMIT)
    """Quotes that are near, and no answer."""
    framing: Sentence | None = None
    signature: Annotated[Text, Field(max_length=200)] | None = None


class KeptExchange(_Kept):
    """A question with its answer; `answer` is None where answering failed."""

    number: Place
    asked: Annotated[Text, Field(max_length=TEXT_LIMIT)]
    token: str = Field(default="", pattern=r"^[A-Za-z0-9_-]{0,64}\z")
    answer: KeptAnswer | None = None


class KeptDocument(_Kept):
    """A version of a document, by 64 hexadecimal digits of its hash."""

    id: Name
    hash: str = Field(pattern=r"^[0-9a-f]{64}\z")


class KeptOrigin(_Kept):
    """What an answer was made from and with."""

    version: Annotated[Text, Field(max_length=100)]
    fingerprint: Annotated[Text, Field(max_length=100)]
    embedder: Name
    model: Name | None = None


class KeptConversation(_Kept):
    """The whole text."""

    form: int = Field(ge=FORM, le=FORM)
    corpus: Name = ""
    """Id of the corpus; empty where it was not known."""
    documents: tuple[KeptDocument, ...] = Field(default=(), max_length=1_000)
    origins: tuple[KeptOrigin, ...] = Field(default=(), max_length=100)
    exchanges: tuple[KeptExchange, ...] = Field(default=(), max_length=1_000)


def parse(text: str) -> KeptConversation:
    """The conversation in `text`; ValueError for anything that `dump` didn't make."""
    if len(text) > SIZE_LIMIT:
        raise ValueError(f"{len(text)} characters")
    # Bytes, because a text may hold halves of characters, which no encoding has.
    found = KeptConversation.model_validate_json(text.encode("utf-8"))
    if any(one.number >= two.number for one, two in pairwise(found.exchanges)):
        raise ValueError("the exchanges are not in order")
    return found


def dump(kept: KeptConversation) -> str:
    """The conversation as compact JSON."""
    return kept.model_dump_json(by_alias=True, exclude_defaults=True)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what was shown for it; `said` is empty where answering failed."""

    number: int
    asked: str
    shown: str
    said: str
    answer: Answer | None = None
    """What an export is made of; None where answering failed."""
    token: str = ""
    """Names this exchange, and no other, in the reader's feedback."""

"""What an answer is: claims and their verdicts, citations, notices, and what is streamed on the way.

In: a query and its quotes, a corpus's works and documents. Out: the types that leave the chain, each checked as it is
made. This module knows no stage and no screen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from trustbot.types.corpus import Audit, Currency, Document, Source, Span
from trustbot.types.question import Query, Quote
from trustbot.types.safety import SafetyNote

Outcome = Literal["answered", "partly", "closest", "abstained", "refused", "safety"]
GIVEN = frozenset(("answered", "partly"))
"""Outcomes with an answer; every other one declines."""
NoticeKind = Literal[
    "overreach",
    "identifier",
    "crisis",
    "clinical",
    "partial",
    "wording",
    "superseded",
    "conflict",
    "retracted",
    "concern",
]
Support = Literal["supported", "unsupported", "uncited", "unknown marker"]

MARKER = re.compile(r"\[(\d{1,4})\]")
"""A citation marker in an answer's text: one number in square brackets."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of a draft: its span in the draft, and the numbers of its markers."""

    text: str
    start: int
    end: int
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking one claim against the quotes it cites found."""

    claim: Claim
    support: Support
    quotes: tuple[Quote, ...] = ()
    signals: Mapping[str, float] = field(default_factory=dict)
    """How a freely worded claim was weighed, for the trace; empty for one that quotes."""
    broken: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The rules that it breaks, each with the words that show it."""
    caution: str = ""
    """What must stand behind it, since the audit of what it restates found something; empty where nothing, or said."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered reference that a reader sees, with the words it stands on."""

    number: int
    quote: Quote
    source: Source
    document: Document
    audit: Audit | None = None
    supports: tuple[Span, ...] = ()
    currency: Currency = "current"
    """Whether its document, and the work behind its number, still held when it was cited."""
    newer: tuple[Document, ...] = ()
    """The documents that took its place."""
    differs_from: tuple[int, ...] = ()
    """Numbers of the citations that say otherwise on the same matter."""

    def __post_init__(self) -> None:
        if self.document.text[self.quote.start : self.quote.end] != self.quote.text:
            raise ValueError(f"citation [{self.number}]: its quote is not in document {self.document.id}")
        if not self.document.terms.allow(self.quote.text):
            raise ValueError(f"citation [{self.number}]: its quote is longer than {self.document.licence!r} allows")


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence that must be seen beside the answer."""

    kind: NoticeKind
    text: str


@dataclass(frozen=True, slots=True)
class Trace:
    """How an answer was made: for the operator and for reports, never needed to read the answer."""

    timings_ms: Mapping[str, float]
    embedder: str
    fingerprint: str
    corpus_version: str
    model: str | None = None
    """The chat model that worded the answer; None where it is put together from the sources' own sentences."""
    signals: Mapping[str, float] = field(default_factory=dict)
    rewrite: str | None = None
    """What became of a chat model's rewrite of the question; None where none was asked for."""
    wording: str | None = None
    """What became of a chat model's wording of the answer; None where none was asked for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The only thing that leaves the chain.

    Kept by construction: an answered one has at least one citation, every `[n]` in its text has a citation
    and every citation's number is in its text; any other has a reason and no citation.
    """

    outcome: Outcome
    text: str
    query: Query
    disclaimer: str
    trace: Trace
    citations: tuple[Citation, ...] = ()
    notices: tuple[Notice, ...] = ()
    reason: str | None = None
    nearest: tuple[str, ...] = ()
    followups: tuple[str, ...] = ()
    closest: tuple[Citation, ...] = ()
    """Where nothing answers: what lies nearest, visibly no answer; none of it is in `citations` or `text`. Beside the
    help of a `safety` answer: what the sources say on the matter."""
    framing: str | None = None
    """How the statements were put in order for who asked; None where the order is everybody's."""
    signature: str | None = None
    """Shows that it was given here, to this question, in these words; None where nobody signed it."""
    safety: SafetyNote | None = None
    """What kind of help is given, and whom to turn to; with the outcome `safety` and no other."""

    def __post_init__(self) -> None:
        marked = {int(n) for n in MARKER.findall(self.text)}
        cited = {c.number for c in self.citations}
        if (self.safety is None) != (self.outcome != "safety"):
            raise ValueError(f"an {self.outcome} answer and its safety note don't fit")
        if self.closest and self.outcome not in ("closest", "safety"):
            raise ValueError(f"an {self.outcome} answer shows nothing as closest")
        if self.outcome in GIVEN:
            if not cited:
                raise ValueError("an answered answer needs a citation")
            if marked != cited:
                raise ValueError(f"markers {sorted(marked)} and citations {sorted(cited)} differ")
            if any(not 0 <= s < e <= len(self.text) for c in self.citations for s, e in c.supports):
                raise ValueError("a citation supports text that is not there")
        elif cited or marked or not self.reason:
            raise ValueError(f"an {self.outcome} answer needs a reason and takes no citation")

    @property
    def abstained(self) -> bool:
        """True when nothing was answered: not enough evidence, or not allowed."""
        return self.outcome not in GIVEN


@dataclass(frozen=True, slots=True)
class Stage:
    """A step that has begun, streamed before the answer: `name` for programs, `text` for readers."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Partial:
    """The checked beginning of an answer that is still being worded; the `Answer` that follows may differ from it."""

    text: str
    citations: tuple[Citation, ...]
    new: int = 0
    """Where in `text` its last sentence begins."""

    @property
    def sentence(self) -> str:
        """The sentence that has just passed, with its markers and cautions."""
        return self.text[self.new :]

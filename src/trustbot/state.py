"""What is known of a question on its way through the chain, and what a step of the way is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from trustbot.answer.generation import Author
from trustbot.evidence import Decision, Evidence
from trustbot.reading.chat import ChatReader
from trustbot.reading.reader import Reading
from trustbot.retrieval.rerank import KeepOrder, Reranker
from trustbot.runtime.stopping import Stop
from trustbot.types import HELPED, Answer, Contact, Passage, Query, Quote, SafetyKind, Turn, Verdict
from trustbot.verify.support.second import Second


@dataclass(frozen=True, slots=True)
class State:
    """What is known so far; later fields are filled in by later steps."""

    question: str
    history: tuple[Turn, ...] = ()
    persona: str | None = None
    kind: SafetyKind | None = None
    """What the question is before it is one, as the safety stage found."""
    again: bool = False
    """Whether an earlier message of the conversation was of the same kind."""
    unsure: SafetyKind | None = None
    """What the question may be, where the safety stage is not sure."""
    before: SafetyKind | None = None
    """What the message before this one was about, likewise."""
    masked: tuple[str, ...] = ()
    """Kinds of the identifiers that were taken out of the question."""
    unnamed: bool = False
    """Whether a name that was taken out is what the question is about, and no document has it."""
    worded: bool = True
    """Whether a chat model may read the question and word the answer, where there is one."""
    stop: Stop = field(default_factory=Stop, compare=False)
    """Set where nobody waits for the answer any more."""
    query: Query = field(default_factory=lambda: Query("", ""))
    passages: tuple[Passage, ...] = ()
    sentences: tuple[Quote, ...] = ()
    reading: Reading = field(default_factory=lambda: Reading((), 0.0))
    rewrite: str | None = None
    """What became of a chat model's reading; None where none was asked for."""
    evidence: Evidence = field(default_factory=Evidence)
    decision: Decision | None = None
    draft: str = ""
    verdicts: tuple[Verdict, ...] = ()
    answer: Answer | None = None
    timings: dict[str, float] = field(default_factory=dict)

    @property
    def helped(self) -> bool:
        """Whether somebody needs help before, or instead of, an answer."""
        return self.kind in HELPED


@dataclass(frozen=True, slots=True)
class Step:
    """One named step; `stage` is what a reader is told while it runs, or nothing."""

    name: str
    run: Callable[[State], State]
    stage: Callable[[State], str] | None = None

    def waits(self, state: State) -> bool:
        """Whether there is nothing to do for this step."""
        return state.answer is not None


@dataclass(frozen=True, slots=True)
class Facts:
    """What every answer records about where it came from."""

    embedder: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Parts:
    """What a chain does with only where it is configured."""

    reranker: Reranker = field(default_factory=KeepOrder)
    chat_reader: ChatReader | None = None
    """The chat model that reads questions before the local reader's decision is taken."""
    author: Author | None = None
    """The chat model that words answers."""
    author_tokens: int = 2000
    """Most tokens that it is sent for an answer, and most that come back."""
    second: Second | None = None
    """Who judges worded sentences after the built-in check."""
    k: int = 30
    """Passages kept of a corpus that is too large to be read whole."""
    contacts: tuple[Contact, ...] = ()
    """Whom the server names for who needs help."""
    threshold: float | None = None
    """Least probability of being answerable, 0 to 1, in place of the reader's own."""

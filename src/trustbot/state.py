"""What is known of a question on its way through the chain, and what a step of the way is.

In: nothing. Out: the types that the chain's steps take and return. This module does nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from trustbot.answerability import Decision
from trustbot.evidence import Evidence
from trustbot.generation import Author
from trustbot.reranking import KeepOrder, Reranker
from trustbot.rewriting import Rewriter
from trustbot.source_answers import Settled
from trustbot.stopping import Stop
from trustbot.support.second import Second
from trustbot.types import Answer, Passage, Query, Turn, Verdict


@dataclass(frozen=True, slots=True)
class State:
    """What is known so far; later fields are filled in by later steps."""

    question: str
    history: tuple[Turn, ...] = ()
    persona: str | None = None
    worded: bool = True
    """Whether a chat model may word the answer, where there is one."""
    stop: Stop = field(default_factory=Stop, compare=False)
    """Set where nobody waits for the answer any more."""
    query: Query = field(default_factory=lambda: Query("", ""))
    rewrite: str | None = None
    settled: Settled | None = None
    passages: tuple[Passage, ...] = ()
    evidence: Evidence = field(default_factory=lambda: Evidence((), (), ()))
    decision: Decision | None = None
    premise: str | None = None
    """What sets right something that the question takes for granted, if it does."""
    draft: str = ""
    verdicts: tuple[Verdict, ...] = ()
    answer: Answer | None = None
    timings: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One named step; `stage` is what a reader is told while it runs, or nothing."""

    name: str
    run: Callable[[State], State]
    stage: Callable[[State], str] | None = None
    searches: bool = False
    """Whether the step belongs to the search, which a question about the sources does without."""

    def waits(self, state: State) -> bool:
        """Whether there is nothing to do for this step."""
        return state.answer is not None or (self.searches and state.settled is not None)


@dataclass(frozen=True, slots=True)
class Facts:
    """What every answer records about where it came from."""

    embedder: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Parts:
    """What a chain does with only where it is configured."""

    reranker: Reranker = field(default_factory=KeepOrder)
    rewriter: Rewriter | None = None
    author: Author | None = None
    """The chat model that words answers."""
    author_tokens: int = 2000
    """Most tokens that it is sent for an answer, and most that come back."""
    second: Second | None = None
    """Who judges worded sentences after the built-in check."""

"""How a question ends: with an answer of what passed every check, or with the reason why there is none.

In: the state of a question once everything is known that decides. Out: an `Answer`, with all that is said beside it:
notices, what to ask next, how it was made. This module runs no step and decides nothing.
"""

from __future__ import annotations

from trustbot import citations, compose, replies, suggestions
from trustbot.answerability import Decision
from trustbot.personas import Arranged, Personas
from trustbot.state import Facts, State
from trustbot.suggestions import Suggestions
from trustbot.types import Answer, Corpus, Outcome, Trace


class Outcomes:
    """The answers over one corpus. Safe to share between threads."""

    def __init__(self, corpus: Corpus, facts: Facts, suggestions: Suggestions) -> None:
        self._corpus = corpus
        self._facts = facts
        self._suggestions = suggestions
        self._personas = Personas(corpus)

    def answered(self, state: State) -> Answer:
        """The answer of a state with claims that passed."""
        # What must be seen beside an answer is the same for everybody, in its order as well.
        _, plain = citations.number(state.verdicts, self._corpus, compose.join)
        arranged = self._arranged(state)
        text, cited = citations.number(arranged.verdicts, self._corpus, compose.join)
        shown = {c.quote.chunk.id for c in cited}
        had = suggestions.had(state.history, state.question, text)
        return Answer(
            outcome="answered",
            text=text,
            query=state.query,
            disclaimer=self._corpus.disclaimer,
            trace=self._trace(state.decision),
            citations=cited,
            notices=(
                *(state.settled.notices if state.settled else ()),
                *replies.notices(plain, state.decision, state.premise),
            ),
            followups=self._suggestions.after(state.query.text, shown, had, state.persona),
            comparison=state.settled.comparison(cited, self._corpus) if state.settled else None,
            framing=arranged.framing,
        )

    def abstained(self, reason: str, state: State) -> Answer:
        """There is not enough evidence, for this reason."""
        return self._declined("abstained", reason, state)

    def refused(self, reason: str, state: State) -> Answer:
        """It is not allowed, for this reason."""
        return self._declined("refused", reason, state)

    def _declined(self, outcome: Outcome, reason: str, state: State) -> Answer:
        had = suggestions.had(state.history, state.question)
        nearest = self._suggestions.nearest(state.query.text, had, state.persona)
        return Answer(
            outcome=outcome,
            text=f"{reason} {self._corpus.scope}",
            query=state.query,
            disclaimer=self._corpus.disclaimer,
            trace=self._trace(state.decision),
            reason=reason,
            nearest=tuple(topic.name for topic in nearest),
            followups=tuple(topic.question for topic in nearest),
        )

    def _arranged(self, state: State) -> Arranged:
        """What passed every check, in the order for who is asking.

        Facts of sources, comparisons, overviews and statements that were pointed at are in the order of their source.
        """
        supported = tuple(v for v in state.verdicts if v.support == "supported")
        if state.settled is not None or state.evidence.settled or state.query.about:
            return Arranged(supported)
        return self._personas.arrange(state.persona, state.query.asked, supported, state.evidence.heading)

    def _trace(self, decision: Decision | None) -> Trace:
        signals = {k: round(v, 4) for k, v in decision.signals.items()} if decision else {}
        return Trace({}, self._facts.embedder, self._facts.fingerprint, self._corpus.version, None, signals)

"""The online line, top to bottom: a question and its history -> one `Answer`.

In: an open index, an embedder and a few values. Out: a `Chain` of plain steps, and the same as a LangChain Runnable.
Each step takes the state and returns it with its own part filled in; a step that ends the matter fills in the answer,
and those after it have nothing to do. This module knows no settings, no screen and no transport.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from trustbot import (
    answerability,
    citations,
    clarity,
    compose,
    evidence,
    followup,
    guard,
    premise,
    replies,
    source_answers,
    suggestions,
    verify,
    wording,
)
from trustbot.evidence import Evidence
from trustbot.generation import Writer
from trustbot.matching import Match, Matcher, TokenEmbedder
from trustbot.outcomes import Outcomes
from trustbot.retrieval import Retriever
from trustbot.spelling import Speller
from trustbot.state import Facts, Parts, State, Step
from trustbot.support.supporter import Supporter
from trustbot.terms import Vocabulary, words
from trustbot.types import Answer, Corpus, Partial, Query, Stage, Turn
from trustbot.weighing import Scored

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

GATE_PASSAGES = 8
"""Passages weighed to see whether a suggestion would be answered: its list is read whole in any case."""


class Chain:
    """The steps over one open index. Safe to share between threads once made."""

    def __init__(
        self,
        corpus: Corpus,
        retriever: Retriever,
        embedder: TokenEmbedder,
        facts: Facts,
        *,
        k: int,
        threshold: float,
        parts: Parts | None = None,
    ) -> None:
        self.corpus = corpus
        self._retriever = retriever
        self._k = k
        self._threshold = threshold
        self._parts = parts or Parts()
        self.matcher = Matcher(embedder, [c.embedded_text for c in corpus.chunks], Vocabulary(corpus.vocabulary))
        self._speller = Speller(_known_words(corpus))
        self.supporter = Supporter(embedder, Vocabulary(corpus.vocabulary))
        author = self._parts.author
        strict = self.supporter.strict(self._parts.second)
        self._writer = Writer(author, strict, corpus, self._parts.author_tokens) if author else None
        self.steps = (
            Step("guard", self._guard),
            Step("condense", self._condense, lambda _: wording.STAGES["condense"]),
            Step("sources", self._sources),
            *([Step("rewrite", self._rewrite, searches=True)] if self._parts.rewriter else []),
            Step("retrieve", self._retrieve, lambda _: wording.STAGES["retrieve"].format(works=self._works()), True),
            Step("rerank", self._rerank, searches=True),
            Step("evidence", self._evidence, lambda s: wording.STAGES["check"].format(passages=len(s.passages)), True),
            Step("answerability", self._decide, searches=True),
            Step("compose", self._compose, lambda _: wording.STAGES["compose"]),
            Step("verify", self._verify),
            Step("number", self._number),
        )
        self.suggestions = suggestions.Suggestions(corpus, self.matcher, self.shows)
        self._outcomes = Outcomes(corpus, facts, self.suggestions)

    def run(self, state: State) -> Generator[Stage | Partial | Answer]:
        """Each stage as it begins, the answer as far as it is worded, then the answer."""
        for step in self.steps:
            if not step.waits(state) and step.stage is not None:
                yield Stage(step.name, step.stage(state))
            state = self._timed(step, state)
        writer = self._writer_of(state)
        if writer is None:
            yield _answer(state)
            return
        yield Stage("word", wording.STAGES["word"])
        yield from self._word(writer, state)

    def shows(self, question: str) -> frozenset[str]:
        """The sentences that the answer to a question on its own would show; none if it would not be answered.

        Nothing is put together for a reader, and a question that the chain would settle without a search is none.
        """
        text, _ = self._speller.correct(question)
        query = followup.condense(text, (), self.corpus.chunks)
        settled = guard.refusal(question) or guard.small_talk(question, self.corpus.title) or query.references
        if settled or source_answers.settle(text, query, (), self.corpus, self.matcher):
            return frozenset()
        passages = tuple(self._retriever.search(query, min(self._k, GATE_PASSAGES)))
        state = self._evidence(State(question, query=query, passages=passages))
        decision = answerability.decide(state.query, state.evidence, self.corpus.audits, self._threshold)
        if decision.verdict not in ("answerable", "partly") or self._dangling(state):
            return frozenset()
        verdicts = self._verify(self._compose(state)).verdicts
        return frozenset(compose.said(v.quotes[0]) for v in verdicts if v.support == "supported")

    def weigh(self, question: str, history: Sequence[Turn] = ()) -> State:
        """The state after the evidence was weighed and before anything is decided, for fitting what decides."""
        state = State(question, tuple(history))
        for step in self.steps:
            if step.name == "answerability":
                break
            state = state if step.waits(state) else step.run(state)
        return state

    def runnable(self) -> Runnable[State, Answer]:
        """The same steps as a LangChain Runnable: invoke, stream, batch and their async forms, with callbacks."""
        from langchain_core.runnables import RunnableLambda

        chain: Runnable[State, State] = RunnableLambda(self._runner(self.steps[0]), name=self.steps[0].name)
        for step in self.steps[1:]:
            chain = chain | RunnableLambda(self._runner(step), name=step.name)
        return chain | RunnableLambda(self._last, name="answer")

    def _runner(self, step: Step) -> Callable[[State], State]:
        return lambda state: self._timed(step, state)

    def _last(self, state: State) -> Answer:
        """The answer of a state that has been through all steps, worded where it is to be."""
        writer = self._writer_of(state)
        if writer is None:
            return _answer(state)
        *_, answer = self._word(writer, state)
        assert isinstance(answer, Answer)  # noqa: S101 - wording ends with the answer
        return answer

    def _writer_of(self, state: State) -> Writer | None:
        """Who words the answer, if anybody: facts of the sources and yes or no are never worded."""
        writer = self._writer if state.worded and state.settled is None else None
        return writer if writer is not None and writer.words(_answer(state)) else None

    def _word(self, writer: Writer, state: State) -> Generator[Partial | Answer]:
        """The answer as far as it is worded, then the answer, with the time that it took."""
        start = time.perf_counter()
        for item in writer.write(_answer(state), state.stop):
            if isinstance(item, Partial):
                yield item
                continue
            taken = round((time.perf_counter() - start) * 1000, 2)
            timings = {**item.trace.timings_ms, "word": taken}
            timings["total"] = round(item.trace.timings_ms.get("total", 0.0) + taken, 2)
            yield replace(item, trace=replace(item.trace, timings_ms=timings))

    def _timed(self, step: Step, state: State) -> State:
        if step.waits(state):
            return state
        start = time.perf_counter()
        state = step.run(state)
        elapsed = round((time.perf_counter() - start) * 1000, 2)
        timings = {**state.timings, step.name: elapsed}
        timings["total"] = round(sum(v for k, v in timings.items() if k != "total"), 2)
        if state.answer is not None:
            trace = replace(state.answer.trace, timings_ms=timings, rewrite=state.rewrite)
            state = replace(state, answer=replace(state.answer, trace=trace))
        return replace(state, timings=timings)

    # -- the steps, in order -------------------------------------------------------------------------------

    def _guard(self, state: State) -> State:
        asked = replace(state, query=Query(state.question, state.question))
        refused = guard.refusal(state.question)
        if refused:
            return replace(state, answer=self._outcomes.refused(refused, asked))
        talk = guard.small_talk(state.question, self.corpus.title)
        return replace(state, answer=self._outcomes.abstained(talk, asked)) if talk else state

    def _condense(self, state: State) -> State:
        text, changed = self._speller.correct(state.question)
        before = self._before(state)
        query = followup.condense(text, before, self.corpus.chunks)
        query = replace(query, asked=state.question, resolved={**changed, **query.resolved})
        numbers = sorted(s.number for s in self.corpus.sources)
        unknown = [n for n in query.references if n not in numbers]
        if unknown:
            reason = wording.UNKNOWN_REFERENCE.format(number=unknown[0], first=numbers[0], last=numbers[-1])
            state = replace(state, query=query)
            return replace(state, answer=self._outcomes.abstained(reason, state))
        return replace(state, query=query)

    def _sources(self, state: State) -> State:
        text, _ = self._speller.correct(state.question)
        settled = source_answers.settle(text, state.query, self._before(state), self.corpus, self.matcher)
        if settled is None:
            return state
        state = replace(state, query=settled.query, settled=settled)
        if not settled.quotes:
            return replace(state, answer=self._outcomes.abstained(settled.reason, state))
        chosen = tuple(Scored(quote, Match(0.0, ())) for quote in settled.quotes)
        return replace(state, evidence=Evidence(chosen, (), ()))

    def _rewrite(self, state: State) -> State:
        """A chat model's reading of a question that leans on its history, where the rules' has not settled it."""
        if self._parts.rewriter is None:
            return state
        text, changed = self._speller.correct(state.question)
        rewritten = self._parts.rewriter.rewrite(state.query, text, self._before(state), state.stop)
        state = replace(state, rewrite=rewritten.note)
        if rewritten.query is state.query:
            return state
        resolved = {**changed, **rewritten.query.resolved}
        return self._sources(replace(state, query=replace(rewritten.query, resolved=resolved)))

    def _retrieve(self, state: State) -> State:
        # A reranker chooses from more than is kept, or it could only shuffle them.
        depth = max(self._k, self._parts.reranker.depth)
        return replace(state, passages=tuple(self._retriever.search(state.query, depth)))

    def _rerank(self, state: State) -> State:
        ordered = self._parts.reranker.rerank(state.query.text, state.passages)
        return replace(state, passages=tuple(ordered[: self._k]))

    def _evidence(self, state: State) -> State:
        return replace(state, evidence=evidence.select(state.query, state.passages, self.corpus, self.matcher))

    def _decide(self, state: State) -> State:
        decision = answerability.decide(state.query, state.evidence, self.corpus.audits, self._threshold)
        state = replace(state, decision=decision, premise=self._premise(state))
        thing = self._dangling(state)
        if thing:
            titles = [self.corpus.source(p.chunk.source_id).title for p in state.passages]
            return replace(state, answer=self._outcomes.abstained(replies.asks_back(thing, titles), state))
        if decision.verdict in ("answerable", "partly"):
            return state
        reason = state.premise or replies.reason(decision, state.query, self.suggestions)
        return replace(state, answer=self._outcomes.abstained(reason, state))

    def _premise(self, state: State) -> str | None:
        """What sets the question right, if it is the same for the question without slips: "tips 4 x" counts nothing."""
        text, _ = self._speller.correct(state.question)
        told = premise.correction(state.query, self.corpus)
        return told if told == premise.correction(replace(state.query, asked=text), self.corpus) else None

    def _compose(self, state: State) -> State:
        return replace(state, draft=compose.extract(state.query, state.evidence, self.corpus))

    def _verify(self, state: State) -> State:
        claims = citations.parse(state.draft)
        return replace(state, verdicts=verify.check(claims, state.evidence.quotes, self.corpus))

    def _number(self, state: State) -> State:
        if not any(v.support == "supported" for v in state.verdicts):
            return replace(state, answer=self._outcomes.abstained(wording.UNVERIFIED, state))
        return replace(state, answer=self._outcomes.answered(state))

    # -- what several steps ask ----------------------------------------------------------------------------

    def _before(self, state: State) -> tuple[Turn, ...]:
        """The turns that a question may lean on: none for a suggested one, so that its answer is the one foreseen."""
        return () if self.suggestions.holds(state.question) else state.history

    def _dangling(self, state: State) -> str | None:
        """What the question points at without saying which, where the corpus has many subjects."""
        searched = sum(document.kind != "record" for document in self.corpus.documents)
        if searched < clarity.MANY or state.query.references:
            return None
        return clarity.dangling(state.query.asked, self._before(state), self._retriever.likeness)

    def _works(self) -> int:
        return sum(s.kind == "work" for s in self.corpus.sources)


def _answer(state: State) -> Answer:
    if state.answer is None:
        raise RuntimeError("the chain ended without an answer")
    return state.answer


def _known_words(corpus: Corpus) -> set[str]:
    texts = [c.embedded_text for c in corpus.chunks]
    texts += [form for preferred, variants in corpus.vocabulary.items() for form in (preferred, *variants)]
    return {word for text in texts for word, _, _ in words(text)}

"""The online line, top to bottom: a question and its history -> one `Answer`.

Each step takes the state and returns it with its own part filled in; a step that ends the matter fills in the answer,
and those after it have nothing to do. The same steps are a LangChain Runnable.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from trustbot.answer import compose, suggestions
from trustbot.answer.generation import Writer
from trustbot.evidence import Evidence, candidates, decide, select
from trustbot.evidence.compound import Part, answer_asked, answer_halves
from trustbot.evidence.decide import DEFAULTS, Decision
from trustbot.evidence.entities import Entities
from trustbot.evidence.operations import TALK, operate, operation_of
from trustbot.evidence.select import is_small
from trustbot.outcomes import Outcomes
from trustbot.presentation import wording
from trustbot.query.condense import condense
from trustbot.reading.local import LocalReader
from trustbot.reading.reader import Reader, Reading
from trustbot.reading.sentences import quotes_of, too_long_of
from trustbot.retrieval.hybrid import Retriever
from trustbot.state import Facts, Parts, State, Step
from trustbot.text.terms import Vocabulary
from trustbot.types import URGENT, Answer, Corpus, Partial, Query, Quote, Stage
from trustbot.verify import attribution, citations
from trustbot.verify.support.alignment import TokenSource
from trustbot.verify.support.conflict import uncontested, with_rivals
from trustbot.verify.support.supporter import Supporter

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

    from trustbot.runnable import Through


class Chain:
    """The steps over one open index. Safe to share between threads once made."""

    def __init__(
        self,
        corpus: Corpus,
        retriever: Retriever,
        embedder: TokenSource,
        reader: LocalReader,
        facts: Facts,
        parts: Parts | None = None,
    ) -> None:
        self.corpus = corpus
        self._retriever = retriever
        self._reader = reader
        self._parts = parts or Parts()
        threshold = self._parts.threshold
        self._thresholds = {**reader.decisions, **({} if threshold is None else {"answer": threshold})}
        self._whole = is_small(corpus)
        self._entities = Entities(corpus)
        self.supporter = Supporter(embedder, Vocabulary(corpus.vocabulary))
        author = self._parts.author
        strict = self.supporter.strict(self._parts.second)
        self._writer = Writer(author, strict, corpus, self._parts.author_tokens) if author else None
        self.suggestions = suggestions.Suggestions(corpus)
        self._outcomes = Outcomes(corpus, facts, self.suggestions, self._parts.contacts)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps in order. They are not kept: a chain that held them would hold itself, and with it its index, until
        Python looks for such cycles."""
        return (
            Step("condense", self._condense, lambda _: wording.STAGES["condense"]),
            Step("retrieve", self._retrieve, lambda _: self._searching()),
            Step(
                "read", self._read, lambda s: wording.STAGES["check"].format(passages=len(s.sentences) or self._parts.k)
            ),
            Step("select", lambda state: self._helped(self._select(state))),
            Step("compose", self._compose, lambda _: wording.STAGES["compose"]),
            Step("verify", self._verify),
            Step("number", self._number),
        )

    def is_unnamed(self, question: str) -> bool:
        """Whether a question, as typed, is about a name that no document has."""
        return self._entities.missing(Query(question, question)) is not None

    def run(self, state: State, through: Through | None = None) -> Generator[Stage | Partial | Answer]:
        """Each stage as it begins, the answer as far as it is worded, then the answer.

        `through` runs a step in place of a plain call. Raises TooSlow where `state.stop` allows no more time.
        """
        if state.helped:
            state = replace(state, worded=False)  # a chat model has no part in what somebody in need is told
        for step in self.steps:
            if not step.waits(state) and step.stage is not None:
                yield Stage(step.name, step.stage(state))
            state = self._timed(step, state, through)
        writer = self._writer_of(state)
        if writer is None:
            yield _answer(state)
            return
        yield Stage("word", wording.STAGES["word"])
        yield from self._word(writer, state)

    def runnable(self, state_of: Callable[[Any], State] | None = None) -> Runnable[Any, Any]:
        """The same steps as a LangChain Runnable, over a State or what `state_of` makes of its input."""
        from trustbot.runnable import AnswerRunnable

        return AnswerRunnable(self.run, state_of or (lambda state: state), self.corpus.title)

    def _writer_of(self, state: State) -> Writer | None:
        """Who words the answer, if anybody."""
        writer = self._writer if state.worded else None
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

    def _timed(self, step: Step, state: State, through: Through | None) -> State:
        if step.waits(state):
            return state
        state.stop.check()
        start = time.perf_counter()
        state = through(step, state) if through else step.run(state)
        elapsed = round((time.perf_counter() - start) * 1000, 2)
        timings = {**state.timings, step.name: elapsed}
        timings["total"] = round(sum(v for k, v in timings.items() if k != "total"), 2)
        if state.answer is not None:
            trace = replace(state.answer.trace, timings_ms=timings, rewrite=state.rewrite)
            state = replace(state, answer=replace(state.answer, trace=trace))
        return replace(state, timings=timings)

    # -- the steps, in order -------------------------------------------------------------------------------

    def _condense(self, state: State) -> State:
        # A suggested question stands alone, so that its answer is the one that was foreseen.
        history = () if self.suggestions.is_known(state.question) else state.history
        query = condense(state.question, history, self.corpus)
        known = {s.number for s in self.corpus.sources}
        unknown = [n for n in query.references if n not in known]
        state = replace(state, query=query)
        if state.kind in URGENT:
            return replace(state, answer=self._outcomes.helped(state))
        if (self._parts.chat_reader is None or not state.worded) and (unread := self._outcomes.unread(state)):
            return replace(state, answer=unread)
        if unknown:
            # The program's own help has a number too, and is no reference of the corpus.
            numbers = [s.number for s in self.corpus.sources if s.kind != "help"]
            reason = wording.UNKNOWN_REFERENCE.format(number=unknown[0], first=min(numbers), last=max(numbers))
            return replace(state, answer=self._outcomes.abstained(reason, state))
        return state

    def _retrieve(self, state: State) -> State:
        """The best passages; none of a corpus that is small enough to be read whole."""
        if self._whole:
            return state
        # A reranker chooses from more than is kept, or it could only shuffle them.
        found = self._retriever.search(state.query, max(self._parts.k, self._parts.reranker.depth))
        return replace(state, passages=tuple(self._parts.reranker.rerank(state.query.text, found)[: self._parts.k]))

    def _read(self, state: State) -> State:
        chunks = candidates(state.query, state.passages, self.corpus, whole=self._whole)
        sentences = tuple(quote for chunk in chunks for quote in quotes_of(chunk, self.corpus))
        reader: Reader = self._reader
        if self._parts.chat_reader is not None and state.worded:
            reader = self._parts.chat_reader.over(self._reader)
        reading = reader.read(state.query, sentences, state.stop)
        note = reading.model if reader is not self._reader else None
        query = state.query
        if note is not None and self.suggestions.is_known(state.question):
            reading = self._reader.read(query, sentences, state.stop)  # it was tried so when it was ingested
        if reading.standalone and reading.standalone != query.text:
            query = replace(query, text=reading.standalone, resolved={query.asked: reading.standalone})
        return replace(state, query=query, sentences=sentences, reading=reading, rewrite=note)

    def _select(self, state: State) -> State:
        query, reading = state.query, state.reading
        operation = operation_of(query, reading)
        if operation in TALK:
            said = wording.THANKS if operation == "thanks" else wording.GREETING.format(title=self.corpus.title)
            return replace(state, answer=self._outcomes.abstained(said, state))
        if operation is not None:
            current = reading.among(self._current(state.sentences))
            found = operate(operation, query, current, state.sentences, self.corpus)
            state = replace(state, evidence=found, decision=_asked_for())
            nothing = None if found.chosen else self._outcomes.abstained(wording.NOTHING_MORE, state)
            return replace(state, answer=nothing)
        if state.rewrite is None:  # a chat model reads names and parts better than their form tells
            if parted := answer_asked(query, partial(self._part, state)):
                return replace(state, evidence=replace(parted[0], passages=state.passages), decision=parted[1])
            if missing := self._entities.missing(query) or ("[NAME]" if state.unnamed else None):
                return replace(state, answer=self._outcomes.abstained(wording.NOT_NAMED.format(name=missing), state))
            reading = self._bound(query, reading, state)
        evidence, decision = self._chosen(query, reading, state.sentences)
        if state.rewrite is None and decision.answers:
            whole = list(zip(state.sentences, reading.answers, strict=True))
            read = partial(self._part, state)
            evidence, decision = answer_halves(query, read, whole, evidence.chosen) or (evidence, decision)
        state = replace(state, evidence=replace(evidence, passages=state.passages), decision=decision)
        if decision.answers:
            return state
        withheld = self._withheld(state)
        if withheld is not None:
            return replace(state, answer=self._outcomes.abstained(wording.WITHHELD.format(title=withheld), state))
        return replace(state, answer=self._outcomes.declined(state))

    def _part(self, state: State, query: Query) -> Part:
        """What one part of a question finds, by its own passages."""
        own = replace(self._retrieve(replace(state, query=query)), query=query)
        if not self._whole:
            chunks = candidates(query, own.passages, self.corpus, whole=False)
            own = replace(own, sentences=tuple(quote for chunk in chunks for quote in quotes_of(chunk, self.corpus)))
        if self._entities.missing(query):
            return Part(query.text, Evidence(), Decision("not covered", 0.0, {}))
        reading = self._bound(query, self._reader.read(query, own.sentences, state.stop), own)
        return Part(query.text, *self._chosen(query, reading, own.sentences))

    def _chosen(self, query: Query, reading: Reading, sentences: Sequence[Quote]) -> tuple[Evidence, Decision]:
        """What is said, and whether it answers: by documents that hold, or where they don't answer, by all."""
        current = self._current(sentences)
        held = sentences if current is None else [sentences[i] for i in sorted(current)]
        evidence, decision = self._decided(query, reading.among(current), sentences)
        if decision.answers:
            rivals = with_rivals(query.text, evidence.chosen, held, self.corpus)
            return replace(evidence, chosen=tuple(rivals)), decision
        older, told = self._decided(query, reading, sentences) if current is not None else (evidence, decision)
        if not told.answers:
            return evidence, decision
        return replace(older, chosen=tuple(uncontested(query.text, older.chosen, held, self.corpus))), told

    def _decided(self, query: Query, reading: Reading, sentences: Sequence[Quote]) -> tuple[Evidence, Decision]:
        evidence = select(query, reading, sentences, self.corpus, self._thresholds)
        return evidence, decide(query, reading, evidence, self._thresholds)

    def _current(self, sentences: Sequence[Quote]) -> frozenset[int] | None:
        """Places of the sentences of documents and works that hold today; None where all do."""
        past, retracted = self.corpus.past(datetime.date.today())
        places = frozenset(
            i for i, q in enumerate(sentences) if q.chunk.document_id not in past and q.chunk.reference not in retracted
        )
        return places if len(places) < len(sentences) else None

    def _bound(self, query: Query, reading: Reading, state: State) -> Reading:
        """The reading where only what is said of the codes and names of a question may answer it."""
        reading = reading.among(self._entities.about(query, state.sentences))
        if not self._entities.has_code(query):
            return reading
        return replace(reading, covered=max(reading.covered, self._thresholds.get("answer", DEFAULTS["answer"])))

    def _withheld(self, state: State) -> str | None:
        """The title of a document that answers in a sentence longer than its licence lets be quoted, if one does."""
        chunks = candidates(state.query, state.passages, self.corpus, whole=self._whole)
        long = [q for c in chunks for q in too_long_of(c, self.corpus)]
        if not long:
            return None
        reading = self._reader.read(state.query, long, state.stop)
        evidence = select(state.query, reading, long, self.corpus, self._thresholds)
        if not decide(state.query, reading, evidence, self._thresholds).answers:
            return None
        return self.corpus.document(evidence.chosen[0].chunk.document_id).title

    def _helped(self, state: State) -> State:
        """Where somebody needs help, what was selected stands beside it and no answer is composed."""
        return replace(state, answer=self._outcomes.helped(state)) if state.helped and not state.answer else state

    def _compose(self, state: State) -> State:
        return replace(state, draft=compose.extract(state.query, state.evidence, self.corpus))

    def _verify(self, state: State) -> State:
        claims = citations.parse(state.draft)
        return replace(state, verdicts=attribution.check(claims, state.evidence.chosen, self.corpus))

    def _number(self, state: State) -> State:
        if not any(v.support == "supported" for v in state.verdicts):
            return replace(state, answer=self._outcomes.abstained(wording.UNVERIFIED, state))
        return replace(state, answer=self._outcomes.answered(state))

    def _searching(self) -> str:
        if all(s.kind != "guidance" for s in self.corpus.sources):
            return wording.STAGES["retrieve sources"]
        return wording.STAGES["retrieve"].format(works=sum(s.kind == "work" for s in self.corpus.sources))


def _asked_for() -> Decision:
    """The decision on what is given because it was asked for by name."""
    return Decision("answered", 1.0, {"answerable": 1.0, "best": 1.0})


def _answer(state: State) -> Answer:
    if state.answer is None:
        raise RuntimeError("the chain ended without an answer")
    return state.answer

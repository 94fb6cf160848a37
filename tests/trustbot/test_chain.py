"""The online line: its stages, its ends, and the same answer by every way of running it."""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from trustbot.bot import Bot
from trustbot.chain import Chain
from trustbot.presentation import wording
from trustbot.reading.local import LocalReader
from trustbot.reading.model import FILE, load_model
from trustbot.reading.reader import Reading
from trustbot.retrieval.hybrid import Retriever
from trustbot.runtime.stopping import Stop
from trustbot.state import Facts, Parts, State
from trustbot.types import MARKER, Answer, Corpus, Query, Quote, Stage, Turn
from trustbot.verify import attribution

QUESTION = "How does direct observation build trust?"
QUOTED = "Is it true that direct observations of clinical skills are crucial for building trust?"
SUGGESTED = "What does the article say about direct observation?"
OUTSIDE = "What dose of amoxicillin treats otitis media?"
UNKNOWN = "What does reference 17 say?"


@dataclass
class Told:
    """A reader that says what it was told: probabilities by claim, coverage, operations; 0 for everything else."""

    answers: Mapping[str, float] = field(default_factory=dict)
    covered: float = 0.0
    operations: Mapping[str, float] = field(default_factory=dict)
    decisions: Mapping[str, float] = field(default_factory=dict)

    def read(self, query: Query, sentences: Sequence[Quote], stop: Stop | None = None) -> Reading:
        found = tuple(self.answers.get(q.chunk.claim_id or "", 0.0) for q in sentences)
        return Reading(found, self.covered, self.operations)


@pytest.fixture(scope="module")
def make(index: Any, embedder: Any, reader: LocalReader) -> Callable[..., Chain]:
    """A chain over the default corpus, with another reader or other parts where they are given."""

    def made(read: Any = None, **parts: Any) -> Chain:
        retriever = Retriever(index, embedder)
        return Chain(index.corpus, retriever, embedder, read or reader, Facts("e", "f00d"), Parts(**parts))

    return made


@pytest.fixture(scope="module")
def chain(make: Callable[..., Chain]) -> Chain:
    return make()


def ask(chain: Chain, question: str, *history: Turn) -> Answer:
    *_, answer = chain.run(State(question, history))
    assert isinstance(answer, Answer)
    return answer


def same(one: Answer, other: Answer) -> bool:
    """Whether two answers differ in nothing but how long they took."""
    bare = [replace(a, trace=replace(a.trace, timings_ms={})) for a in (one, other)]
    return bare[0] == bare[1]


def claims(answer: Answer) -> list[str | None]:
    return [c.quote.chunk.claim_id for c in answer.citations]


# -- stages and ends -----------------------------------------------------------------------------------------


def test_stages_come_as_they_begin_and_the_answer_last(chain: Chain) -> None:
    *stages, answer = chain.run(State(QUOTED))
    assert isinstance(answer, Answer)
    assert not answer.abstained
    assert all(isinstance(s, Stage) and s.text for s in stages)
    names = [s.name for s in stages if isinstance(s, Stage)]
    assert names == [s.name for s in chain.steps if s.stage is not None]
    works = sum(s.kind == "work" for s in chain.corpus.sources)
    assert any(str(works) in s.text for s in stages if isinstance(s, Stage))


def test_no_stage_begins_once_the_matter_has_ended(chain: Chain) -> None:
    *stages, answer = chain.run(State(UNKNOWN))
    assert isinstance(answer, Answer)
    assert [s.name for s in stages if isinstance(s, Stage)] == [chain.steps[0].name]


def test_every_answer_records_where_it_came_from(chain: Chain) -> None:
    for question in (QUOTED, OUTSIDE, UNKNOWN, "Hello"):
        trace = ask(chain, question).trace
        assert (trace.embedder, trace.fingerprint, trace.corpus_version) == ("e", "f00d", chain.corpus.version)
        assert trace.model is None
        parts = {k: v for k, v in trace.timings_ms.items() if k != "total"}
        assert trace.timings_ms["total"] == pytest.approx(sum(parts.values()), abs=0.1)
    assert set(ask(chain, QUOTED).trace.timings_ms) == {s.name for s in chain.steps} | {"total"}
    assert set(ask(chain, UNKNOWN).trace.timings_ms) == {chain.steps[0].name, "total"}


@pytest.mark.parametrize(
    ("question", "given"),
    [
        (QUESTION, True),
        (QUOTED, True),
        (SUGGESTED, True),
        (OUTSIDE, False),
        ("Hello!", False),
        ("thanks", False),
        (UNKNOWN, False),
    ],
)
def test_each_question_has_its_end(chain: Chain, question: str, given: bool) -> None:
    answer = ask(chain, question)
    assert answer.abstained is not given
    assert answer.disclaimer == chain.corpus.disclaimer
    assert answer.query.asked == question
    if given:
        assert answer.reason is None
        assert answer.followups
        return
    assert answer.reason
    assert answer.text == f"{answer.reason} {chain.corpus.scope}"
    assert answer.nearest
    assert answer.citations == ()


def test_who_wrote_a_work_is_told_from_its_record(chain: Chain) -> None:
    answer = ask(chain, "Who wrote reference 4?")
    assert {c.number for c in answer.citations} == {4}
    assert "Penner" in answer.text


def test_a_greeting_and_thanks_are_met_with_a_word(chain: Chain) -> None:
    assert ask(chain, "Hello").reason == wording.GREETING.format(title=chain.corpus.title)
    assert ask(chain, "thank you very much").reason == wording.THANKS


@pytest.mark.parametrize("question", [UNKNOWN, "Do references 4 and 17 agree?", "what about [17]?"])
def test_a_reference_that_is_not_there_is_said_with_those_that_are(chain: Chain, question: str) -> None:
    last = max(s.number for s in chain.corpus.sources if s.kind != "help")
    assert ask(chain, question).reason == wording.UNKNOWN_REFERENCE.format(number=17, first=1, last=last)


@pytest.mark.parametrize(
    ("covered", "best", "outcome"),
    [
        (0.9, 0.9, "answered"),
        (0.55, 0.9, "partly"),
        (0.3, 0.9, "closest"),
        (0.9, 0.12, "closest"),
        (0.05, 0.05, "abstained"),
        (0.0, 0.0, "abstained"),
    ],
)
def test_how_sure_the_reader_is_decides_the_end(
    make: Callable[..., Chain], covered: float, best: float, outcome: str
) -> None:
    answer = ask(make(Told({"C13": best, "C14": best / 2}, covered)), "And how is that in winter?")
    assert answer.outcome == outcome
    assert answer.trace.signals == {"answerable": covered, "best": best}
    if outcome in ("answered", "partly"):
        assert "C13" in claims(answer)
        assert [n.text for n in answer.notices if n.kind == "partial"] == [wording.PARTIAL] * (outcome == "partly")
    else:
        assert not MARKER.search(answer.text)


def test_thresholds_are_the_readers_own_or_else_those_of_the_settings(make: Callable[..., Chain]) -> None:
    told = Told({"C13": 0.9}, 0.7, decisions={"answer": 0.8, "sure": 0.9})
    question = "And how is that in winter?"
    assert ask(make(told), question).outcome == "closest"
    assert ask(make(told, threshold=0.65), question).outcome == "partly"
    assert ask(make(replace(told, decisions={"answer": 0.5, "sure": 0.6})), question).outcome == "answered"


def test_what_is_nearest_is_shown_apart_and_is_no_answer(make: Callable[..., Chain]) -> None:
    answer = ask(make(Told({"C13": 0.4, "C22": 0.3, "C30": 0.2}, 0.2)), "And how is that in winter?")
    assert answer.outcome == "closest"
    assert answer.reason == wording.CLOSEST
    assert [c.quote.chunk.claim_id for c in answer.closest] == ["C13", "C22", "C30"]
    for citation in answer.closest:
        assert citation.quote.text not in answer.text
        assert citation.supports == ()
        assert citation.audit == make().corpus.audit(citation.quote.chunk.claim_id)
    assert answer.nearest[0] == answer.closest[0].quote.chunk.headings[-1]


def test_a_question_that_asks_for_nothing_is_asked_back(make: Callable[..., Chain]) -> None:
    answer = ask(make(Told()), "Hm?")
    assert answer.abstained
    assert (answer.reason or "").count("?") == 1
    assert all(topic in (answer.reason or "") for topic in answer.nearest)
    assert ask(make(Told()), "Hm?", Turn("user", QUESTION)).reason == wording.NOT_COVERED


def test_more_gives_what_was_not_said_and_says_when_there_is_no_more(make: Callable[..., Chain]) -> None:
    said = ask(make(), QUOTED)
    history = (Turn("user", QUOTED), Turn("assistant", said.text))
    more = Told({"C13": 0.6, "C14": 0.6, "C22": 0.4}, operations={"more": 0.9})
    assert claims(ask(make(more), "Anything else?", *history)) == ["C14", "C22"]
    nothing = ask(make(replace(more, answers={"C13": 0.6})), "Anything else?", *history)
    assert (nothing.outcome, nothing.reason) == ("abstained", wording.NOTHING_MORE)


def test_operations_on_the_last_answer_say_nothing_that_it_did_not(make: Callable[..., Chain]) -> None:
    said = ask(make(), SUGGESTED)
    history = (Turn("user", SUGGESTED), Turn("assistant", said.text))
    shorter = ask(make(Told(operations={"shorter": 0.9})), "shorter please", *history)
    assert claims(shorter) == claims(said)[:1]
    source = ask(make(Told(operations={"source": 0.9})), "says who", *history)
    assert {c.document.kind for c in source.citations} == {"record"}
    assert {c.number for c in source.citations} <= {c.number for c in said.citations}
    assert ask(make(Told(operations={"shorter": 0.9})), "shorter please").abstained, "there is no last answer"


def test_a_reader_that_fails_answers_nothing(make: Callable[..., Chain]) -> None:
    class Broken(Told):
        def read(self, query: Query, sentences: Sequence[Quote], stop: Stop | None = None) -> Reading:
            raise RuntimeError("the reader is broken")

    items: list[object] = []
    with pytest.raises(RuntimeError):
        items.extend(make(Broken()).run(State(QUESTION)))
    assert not any(isinstance(item, Answer) for item in items)


# -- the same by every way -----------------------------------------------------------------------------------


def test_invoke_batch_and_their_async_forms_agree_with_run(chain: Chain) -> None:
    runnable = chain.runnable()
    questions = [QUESTION, OUTSIDE, "Hello", "Why?", SUGGESTED]
    states = [State(q) for q in questions]
    expected = [ask(chain, q) for q in questions]
    for found in (
        [runnable.invoke(s) for s in states],
        runnable.batch(states),
        [asyncio.run(runnable.ainvoke(s)) for s in states],
        asyncio.run(runnable.abatch(states)),
    ):
        assert [same(a, b) for a, b in zip(found, expected, strict=True)] == [True] * len(questions)


def test_streaming_the_runnable_yields_the_answer(chain: Chain) -> None:
    assert same(list(chain.runnable().stream(State(QUESTION)))[-1], ask(chain, QUESTION))

    async def collect() -> list[Answer]:
        return [item async for item in chain.runnable().astream(State(QUESTION))]

    assert same(asyncio.run(collect())[-1], ask(chain, QUESTION))


def test_every_step_shows_in_the_callbacks(chain: Chain) -> None:
    from langchain_core.callbacks import BaseCallbackHandler

    class Names(BaseCallbackHandler):
        def __init__(self) -> None:
            self.seen: list[str] = []

        def on_chain_start(self, serialized: Any, inputs: Any, **more: Any) -> None:
            self.seen.append(more.get("name") or "")

    names = Names()
    chain.runnable().invoke(State(QUESTION), config={"callbacks": [names]})
    assert [n for n in names.seen if n in {s.name for s in chain.steps}] == [s.name for s in chain.steps]


def test_the_bots_runnable_takes_what_ask_takes(bot: Bot) -> None:
    history = [{"role": "user", "text": QUESTION}, {"role": "assistant", "text": bot.ask(QUESTION).text}]
    asked = {"question": "Who says so?", "history": history, "persona": "resident"}
    expected = bot.ask("Who says so?", history, "resident")
    assert same(bot.runnable.invoke(asked), expected)
    assert same(asyncio.run(bot.runnable.ainvoke(asked)), expected)
    assert [same(a, expected) for a in bot.runnable.batch([asked, asked])] == [True, True]
    assert same(list(bot.runnable.stream(asked))[-1], expected)


def test_threads_get_the_answers_that_one_caller_gets(chain: Chain) -> None:
    questions = [QUESTION, OUTSIDE, "What are the challenges?", "Does feedback need trust?", "Hello", "Why?"]
    expected = {q: ask(chain, q) for q in questions}
    wrong: list[Any] = []

    def work(mine: list[str]) -> None:
        for question in mine:
            try:
                if not same(ask(chain, question), expected[question]):
                    wrong.append(question)
            except Exception as error:
                wrong.append(error)

    threads = [threading.Thread(target=work, args=(questions[i:] + questions[:i],)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# -- other corpora -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def unaudited(index: Any, embedder: Any, reader: LocalReader, models_dir: Path) -> Chain:
    """The same texts as a corpus of plain documents: no statements, no audit, no vocabulary, nothing taught."""
    corpus: Corpus = replace(index.corpus, audits=(), vocabulary={})
    chunks = tuple(replace(c, kind="prose", reference=None, claim_id=None) for c in corpus.chunks)
    plain = replace(corpus, chunks=chunks)

    class Plain:
        corpus = plain

        def search(self, *asked: Any) -> Any:
            found = index.search(*asked)
            by_id = {c.id: c for c in chunks}
            return [(by_id[c.id], s) for c, s in found]

        def __getattr__(self, name: str) -> Any:
            return getattr(index, name)

    model, _ = load_model(index.read_extra(FILE), "index")
    untaught = LocalReader(reader._encoder, model, plain)
    return Chain(plain, Retriever(Plain(), embedder), embedder, untaught, Facts("e", "f"))  # type: ignore[arg-type]


def test_a_corpus_without_statements_answers_with_the_documents_numbers(unaudited: Chain) -> None:
    note = next(c for c in unaudited.corpus.chunks if unaudited.corpus.document(c.document_id).kind == "note")
    start, end = next(s for s in note.sentences if s[1] - s[0] > 60)
    answer = ask(unaudited, f"Who says that {note.text[start:end]}")
    assert answer.outcome == "answered"
    assert answer.notices == ()
    for citation in answer.citations:
        assert citation.number == citation.source.number
        assert citation.audit is None
    assert note.text[start:end].rstrip(".") in answer.text


def test_and_abstains_all_the_same(unaudited: Chain) -> None:
    assert ask(unaudited, OUTSIDE).abstained


@pytest.fixture
def nothing_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every corpus is too large to be read whole."""
    monkeypatch.setattr(importlib.import_module("trustbot.evidence.select"), "SMALL", 0)


@pytest.mark.usefixtures("nothing_is_small")
@pytest.mark.parametrize("k", [1, 5, 30])
def test_of_a_large_corpus_the_best_passages_are_read(index: Any, embedder: Any, reader: LocalReader, k: int) -> None:
    seen: list[Sequence[Quote]] = []

    class Watched(Told):
        def read(self, query: Query, sentences: Sequence[Quote], stop: Stop | None = None) -> Reading:
            seen.append(sentences)
            return reader.read(query, sentences)

    retriever = Retriever(index, embedder)
    chain = Chain(index.corpus, retriever, embedder, Watched(), Facts("e", "f"), Parts(k=k))  # type: ignore[arg-type]
    found = [p.chunk.id for p in retriever.search(QUESTION, k)]
    answer = ask(chain, QUESTION)
    read = dict.fromkeys(q.chunk.id for q in seen[0])
    recorded = {c.id for c in index.corpus.records}
    assert [i for i in read if i not in recorded] == [i for i in found if i in read]
    assert recorded <= set(read), "what is recorded is always read"
    assert {c.quote.chunk.id for c in answer.citations} <= set(read)
    flat = {attribution.flat(q.text) for q in seen[0]}
    assert {attribution.flat(c.quote.text) for c in (*answer.citations, *answer.closest)} <= flat

"""Who is asking changes what comes first and what is suggested, and nothing that is said."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trustbot.answer import compose
from trustbot.answer.suggestions import Suggestions
from trustbot.bot import Bot
from trustbot.chain import Chain
from trustbot.presentation import wording
from trustbot.query import guard
from trustbot.query.personas import PERSONAS, Personas
from trustbot.reading.bank import BANK, read_bank
from trustbot.reading.reader import Reading
from trustbot.reading.weights import TOPICS
from trustbot.records import checking, record
from trustbot.retrieval.hybrid import Retriever
from trustbot.runtime.stopping import Stop
from trustbot.state import Facts, State
from trustbot.types import (
    Answer,
    Audit,
    Check,
    Chunk,
    Citation,
    Claim,
    Corpus,
    Document,
    Query,
    Quote,
    Source,
    Turn,
    Verdict,
    sha256_text,
)

SEED = 20261123
SAMPLE = 60
"""Conversations of the question bank whose answers are put in order for each persona."""
CHOSEN = 60
"""Answers that are put together of sentences chosen at random, as if a reader had found them."""
ASKED_WHOLE = 30
"""Conversations that are asked from end to end once more; the others share one reading for all personas."""
ORDERED = 6
"""Answers among those sampled whose order must change for each persona, or nothing was tested."""
LISTED = "What does the article say about challenges in building trust?"
TIPS = "What does the article say about practical strategies for building trust?"
QUOTED = "Is it true that trust influences the level and nature of supervision provided by preceptors?"
LISTENERS = [p for p in PERSONAS if p != "other"]
EVERYBODY: list[str | None] = [None, *PERSONAS]


class Exchange(NamedTuple):
    """A question in its conversation, and the state of the chain after everything was checked."""

    question: str
    history: tuple[Turn, ...]
    state: State


class Finds:
    """A reader that finds these sentences, the first one likeliest, and is sure that they answer."""

    decisions: Mapping[str, float] = {}

    def __init__(self, quotes: Sequence[Quote]) -> None:
        self._answers = {(q.chunk.id, q.start): 0.58 - place / 100 for place, q in enumerate(quotes)}

    def read(self, query: Query, sentences: Sequence[Quote], stop: Stop | None = None) -> Reading:
        return Reading(tuple(self._answers.get((q.chunk.id, q.start), 0.0) for q in sentences), 0.9)


def places(answer: Answer) -> set[tuple[Any, ...]]:
    return {(c.number, c.document.id, c.document.content_hash, c.quote.start, c.quote.end) for c in answer.citations}


def sentences(answer: Answer) -> list[str]:
    return sorted(answer.text.split("\n"))


def facts(answer: Answer) -> tuple[Any, ...]:
    """All of an answer that may not depend on who asks."""
    supported = sorted(answer.text[s:e] for c in answer.citations for s, e in c.supports)
    trace = replace(answer.trace, timings_ms={})
    said = (answer.outcome, answer.reason, answer.notices, answer.disclaimer, answer.query, answer.closest, trace)
    return (places(answer), sentences(answer), supported, *said)


def without_time(answer: Answer) -> Answer:
    return replace(answer, trace=replace(answer.trace, timings_ms={}))


def chain_of(bot: Bot) -> Chain:
    return bot._serving.current.chain


def until_checked(chain: Chain, state: State) -> State:
    for step in chain.steps[:-1]:
        assert step.name != "number"
        state = state if step.waits(state) else step.run(state)
    return state


def numbered(chain: Chain, state: State, persona: str | None) -> Answer:
    state = replace(state, persona=persona)
    last = chain.steps[-1]
    answer = state.answer or last.run(state).answer
    assert answer is not None
    return answer


def talked(chain: Chain, plan: Sequence[Sequence[str]]) -> Iterator[Exchange]:
    for turns in plan:
        history: tuple[Turn, ...] = ()
        for question in turns:
            state = until_checked(chain, State(question, history))
            yield Exchange(question, history, state)
            history += (Turn("user", question), Turn("assistant", numbered(chain, state, None).text))


@pytest.fixture(scope="module")
def own(bot: Bot, repository: Path) -> list[list[str]]:
    """The conversations of the corpus's question bank."""
    known = {*(a.claim_id for a in bot.corpus.audits), *TOPICS}
    bank = read_bank(repository / "corpus" / "preceptor-trust" / BANK, known)
    return [[*e.turns, e.text] for e in bank.examples]


@pytest.fixture(scope="module")
def shared(repository: Path) -> list[list[str]]:
    """The conversations of the shared set, which a checkout alone doesn't have."""
    path = repository.parent / "shared" / "evals" / "guidance" / "dev.jsonl"
    if not path.is_file():
        pytest.skip("the shared questions are not here")
    return [json.loads(line)["turns"] for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


@pytest.fixture(scope="module")
def found(bot: Bot, index: Any, embedder: Any) -> list[Exchange]:
    """Answers of statements and sentences of notes chosen at random, up to what is about to be shown."""
    corpus, chance = bot.corpus, random.Random(SEED)
    chunks = [c for c in corpus.chunks if c.kind in ("statement", "prose")]
    pool = [Quote(c, c.start + s, c.start + e, c.text[s:e]) for c in chunks for s, e in c.sentences]
    statements = [q for q in pool if q.chunk.kind == "statement"]
    notes = [q for q in pool if q.chunk.kind == "prose"]
    made = []
    for _ in range(CHOSEN):
        quotes = [*chance.sample(statements, 3), chance.choice(notes)]
        retriever = Retriever(index, embedder)
        chain = Chain(corpus, retriever, embedder, Finds(quotes), Facts("e", "f"))  # type: ignore[arg-type]
        question = "And how is that in winter?"
        made.append(Exchange(question, (), until_checked(chain, State(question))))
    return made


@pytest.fixture(scope="module")
def exchanges(bot: Bot, own: list[list[str]], found: list[Exchange]) -> list[Exchange]:
    """Conversations of the bank, suggestions, quoted statements, and the answers made at random."""
    topics = [[s.question] for s in bot.corpus.suggestions[::4]]
    quoted = [[f"Is it true that {a.quote}?"] for a in bot.corpus.audits]
    plan = [*random.Random(SEED).sample(own, SAMPLE), *topics, [LISTED, *(q for (q,) in topics)], *quoted]
    return [*talked(chain_of(bot), plan), *found]


def prove_same(bot: Bot, found: Sequence[Exchange]) -> Counter[str]:
    """Every persona gets the same facts; how many answers came in another order, by persona."""
    chain, changed = chain_of(bot), Counter[str]()
    for exchange in found:
        plain = numbered(chain, exchange.state, None)
        assert plain.framing is None
        assert numbered(chain, exchange.state, "other") == plain
        for persona in LISTENERS:
            answer = numbered(chain, exchange.state, persona)
            assert facts(answer) == facts(plain), (exchange.question, persona)
            differs = answer.text != plain.text
            assert differs == ([c.quote for c in answer.citations] != [c.quote for c in plain.citations])
            assert answer.framing in (wording.FRAMING[persona], wording.FRAMING_AFTER[persona], None)
            assert differs is (answer.framing is not None), (exchange.question, persona)
            changed[persona] += differs
    return changed


def test_every_persona_gets_the_same_facts(bot: Bot, exchanges: list[Exchange]) -> None:
    changed = prove_same(bot, exchanges)
    assert set(changed) == set(LISTENERS)
    assert min(changed.values()) >= ORDERED, changed


def test_and_so_it_is_for_questions_that_others_asked(bot: Bot, shared: list[list[str]]) -> None:
    assert set(prove_same(bot, list(talked(chain_of(bot), shared)))) <= set(LISTENERS)


def test_the_whole_chain_is_the_same_for_every_persona(bot: Bot, own: list[list[str]]) -> None:
    chance = random.Random(SEED)
    longer = [turns for turns in own if len(turns) > 1]
    for turns in [*chance.sample(own, ASKED_WHOLE // 2), *chance.sample(longer, ASKED_WHOLE // 2)]:
        history: list[Turn] = []
        for question in (*turns, TIPS):
            plain = bot.ask(question, history)
            persona = chance.choice(LISTENERS)
            answer = bot.ask(question, history, persona)
            assert facts(answer) == facts(plain), (question, persona)
            history += [Turn("user", question), Turn("assistant", plain.text)]


def test_nobody_and_other_are_answered_alike(bot: Bot) -> None:
    for question in (LISTED, QUOTED, "What dose of amoxicillin is right?", "hello", "What does reference 4 say?"):
        plain, other = bot.ask(question), bot.ask(question, persona="other")
        assert without_time(plain) == without_time(other)


def test_a_conversation_of_ones_own_stays_the_same_conversation(bot: Bot, own: list[list[str]]) -> None:
    """Each persona sees its own order; only what points at a place in it may then be answered differently."""
    chance = random.Random(SEED)
    compared = 0
    for turns in chance.sample([turns for turns in own if len(turns) > 1], 20):
        persona = chance.choice(LISTENERS)
        mine: list[Turn] = []
        theirs: list[Turn] = []
        for question in (LISTED, *turns, TIPS):
            answer, plain = bot.ask(question, mine, persona), bot.ask(question, theirs)
            # The chunks of the last answer come in its order; as a set they are the same.
            assert set(answer.query.said) == set(plain.query.said)
            if answer.query == plain.query:
                assert places(answer) == places(plain), (question, persona)
                assert sentences(answer) == sentences(plain)
                compared += 1
            mine += [Turn("user", question), Turn("assistant", answer.text)]
            # What was said is the same, or else the conversations are no longer one.
            same = places(answer) == places(plain)
            theirs += [Turn("user", question), Turn("assistant", plain.text if same else answer.text)]
    assert compared > 40


@pytest.mark.parametrize("persona", EVERYBODY)
def test_the_second_one_is_the_one_that_was_shown_second(bot: Bot, persona: str | None) -> None:
    shown = bot.ask(LISTED, persona=persona)
    history = [Turn("user", LISTED), Turn("assistant", shown.text)]
    for place, word in enumerate(("first", "second", "third")):
        answer = bot.ask(f"Why is the {word} one a problem?", history, persona)
        assert answer.query.about == (shown.citations[place].quote.chunk.id,)
        assert shown.citations[place].quote.text in answer.query.resolved[f"{word} one"]
        assert shown.citations[place].quote.chunk.id in [c.quote.chunk.id for c in answer.citations]


def test_the_order_is_what_a_reader_would_look_for(bot: Bot) -> None:
    def first(question: str, persona: str | None) -> str:
        return bot.ask(question, persona=persona).citations[0].quote.text

    assert first(TIPS, None).startswith("Initiate goal discussions")
    assert first(TIPS, "preceptor").startswith("Initiate goal discussions")
    assert first(TIPS, "resident").startswith("Maximize resident-preceptor-patient continuity")
    assert first(TIPS, "medical student").startswith(("Demonstrate collegiality", "Actively engage students"))
    assert first(TIPS, "program director").startswith("Maximize resident-preceptor-patient continuity")
    personas = Personas(bot.corpus)
    weighed = [c for c in bot.ask(TIPS, persona="program director").citations if c.audit]

    def part(citation: Citation) -> tuple[object, bool]:
        chunk = citation.quote.chunk
        return chunk.headings, personas.concerns("program director", chunk)

    for _, under in groupby(weighed, key=part):
        checks = [c.audit.check for c in under if c.audit]
        assert checks == sorted(checks, key=["supported", "partly"].index)


@pytest.mark.parametrize(
    "question",
    [
        QUOTED,
        "Why do they say that trust influences the level and nature of supervision provided by preceptors?",
        "Who wrote reference 4?",
    ],
)
def test_what_has_an_order_of_its_own_keeps_it(bot: Bot, question: str) -> None:
    plain = bot.ask(question)
    for persona in LISTENERS:
        answer = bot.ask(question, persona=persona)
        assert answer.text == plain.text
        assert answer.framing is None


def test_what_answers_best_and_a_straight_yes_come_first_for_everybody(bot: Bot, exchanges: list[Exchange]) -> None:
    chain, ranked, straight = chain_of(bot), 0, 0
    for exchange in exchanges:
        plain = numbered(chain, exchange.state, None)
        if plain.abstained or exchange.state.evidence.listed:
            continue
        direct = plain.text.removeprefix("- ").startswith(tuple(wording.DIRECT.values()))
        for persona in LISTENERS:
            answer = numbered(chain, exchange.state, persona)
            assert answer.text.split("\n")[0] == plain.text.split("\n")[0]
            ranked += answer.framing == wording.FRAMING_AFTER[persona]
            straight += direct
    assert ranked >= 8
    assert straight >= 8


def test_notes_follow_the_articles_own_words_for_everybody(bot: Bot, exchanges: list[Exchange]) -> None:
    seen = 0
    for exchange in exchanges:
        for persona in LISTENERS:
            answer = numbered(chain_of(bot), exchange.state, persona)
            kinds = [c.document.kind for c in answer.citations if c.document.kind in ("article", "note")]
            plain = [c.document.kind for c in numbered(chain_of(bot), exchange.state, None).citations]
            assert kinds == [k for k in plain if k in ("article", "note")]
            seen += len(set(kinds)) == 2
    assert seen >= 20


def test_an_answer_in_another_order_is_recorded_and_checked_like_any_other(bot: Bot) -> None:
    answers = [(LISTED, bot.ask(LISTED, persona=p)) for p in LISTENERS]
    assert any(answer.framing for _, answer in answers)
    origin = record.origin(bot.corpus, bot.fingerprint, bot.built_at)
    made = record.of_answers(answers, bot.corpus, origin)
    stored = {d.content_hash: d.text for d in bot.corpus.documents}
    report = checking.check(made, bot.corpus, origin, lambda _, digest: stored.get(digest), strict=True)
    assert report.holds, report.findings


# -- what is suggested ----------------------------------------------------------------------------------------


def test_suggestions_differ_by_persona_and_were_all_tried(bot: Bot) -> None:
    known = {s.question for s in bot.corpus.suggestions}
    offered = {p: bot.ask("What does reference 17 say?", persona=p).followups for p in EVERYBODY}
    assert offered["other"] == offered[None]
    assert len({frozenset(v) for v in offered.values()}) >= 3
    assert all(set(v) <= known for v in offered.values())
    assert all(not bot.ask(q).abstained for v in offered.values() for q in v)


def test_questions_to_begin_with_are_those_that_the_persona_would_ask(index: Any) -> None:
    suggestions = Suggestions(index.corpus)
    words = {s.question: s.personas for s in index.corpus.suggestions}
    for persona in EVERYBODY:
        for question in suggestions.openings(persona):
            assert not words[question] or persona in words[question]
    assert suggestions.openings("other") == suggestions.openings()
    assert len({suggestions.openings(p) for p in (None, *LISTENERS)}) == 1 + len(LISTENERS)


# -- what concerns whom ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ("C17", {"resident"}),  # a resident's attitude
        ("C06", {"preceptor", "medical student"}),  # students on preceptors
        ("C26", {"resident", "program director"}),  # continuity
    ],
)
def test_the_audit_says_whom_a_statement_concerns(index: Any, claim: str, expected: set[str]) -> None:
    personas = Personas(index.corpus)
    chunk = next(c for c in index.corpus.chunks if c.claim_id == claim)
    assert {p for p in PERSONAS if personas.concerns(p, chunk)} == expected


ITEMS = (
    "Supervisors agree on aims.",
    "Ask a house officer what they saw.",
    "Plan the rota.",
    "Registrars speak first.",
)


CONCERNS: Mapping[str, tuple[str, ...]] = {ITEMS[1]: ("resident",), ITEMS[3]: ("preceptor", "resident")}


def small(bullet: str = "- ", concerns: Mapping[str, tuple[str, ...]] = CONCERNS) -> Corpus:
    """A corpus of one list, whose audit says whom some of its items concern."""
    text = "".join(f"{bullet.format(n=n)}{line}\n" for n, line in enumerate(ITEMS, 1))
    document = Document("article", "a", "article", "T", "text/markdown", "CC0", text, sha256_text(text))
    chunks = tuple(
        Chunk(
            f"c{n}", "article", "a", document.content_hash, ("Steps",), line, start, start + len(line),
            ((0, len(line)),), "statement", claim_id=f"C0{n}",
        )
        for n, line in enumerate(ITEMS)
        for start in [text.index(line)]
    )  # fmt: skip
    checks: Sequence[Check] = ("partly", "partly", "supported", "partly")
    audits = tuple(
        Audit(f"C0{n}", line, 1, checks[n], "r", "d", "n", concerns=concerns.get(line, ()))
        for n, line in enumerate(ITEMS)
    )
    source = Source("a", 1, "T", (), None, None, "https://a.example", "CC0")
    return Corpus("c", "T", "S.", "1", "en", "D.", (source,), (document,), chunks, audits)


def claimed(corpus: Corpus) -> tuple[Verdict, ...]:
    quotes = [Quote(c, c.start, c.end, c.text) for c in corpus.chunks]
    lines = [compose.line([q], corpus) for q in quotes]
    return tuple(
        Verdict(Claim(text, 0, len(text), (1,)), "supported", (quote,))
        for text, quote in zip(lines, quotes, strict=True)
    )


def arranged(corpus: Corpus, persona: str) -> list[str]:
    found = Personas(corpus).arrange(persona, claimed(corpus), listed=True)
    return [v.quotes[0].text for v in found.verdicts]


def test_a_list_begins_with_what_concerns_the_persona() -> None:
    first, second, third, fourth = ITEMS
    assert arranged(small(), "resident") == [second, fourth, first, third]
    assert arranged(small(), "preceptor") == [fourth, first, second, third]
    assert arranged(small(), "medical student") == list(ITEMS)
    assert arranged(small(), "program director") == [third, first, second, fourth]  # the supported one first
    assert arranged(small(concerns={}), "resident") == list(ITEMS)


@pytest.mark.parametrize("bullet", ["{n}. ", "  {n}) "])
def test_a_list_that_its_document_numbers_keeps_its_order(bullet: str) -> None:
    assert arranged(small(bullet=bullet), "resident") == list(ITEMS)


@given(data=st.data())
@settings(max_examples=60)
def test_arranging_is_a_permutation_that_keeps_headings_together(index: Any, data: st.DataObject) -> None:
    corpus: Corpus = index.corpus
    verdicts = [v for v in claimed_in(corpus) if v.quotes[0].chunk.kind in ("statement", "prose")]
    chosen = data.draw(st.lists(st.sampled_from(verdicts), unique_by=lambda v: v.quotes[0].chunk.id, max_size=12))
    listed = data.draw(st.booleans())
    persona = data.draw(st.sampled_from(PERSONAS))
    found = Personas(corpus).arrange(persona, chosen, listed=listed)
    assert sorted(map(id, found.verdicts)) == sorted(map(id, chosen))
    assert (found.framing is None) is (list(found.verdicts) == list(chosen))
    again = Personas(corpus).arrange(persona, found.verdicts, listed=listed)
    if not listed:
        assert again.verdicts == found.verdicts


def claimed_in(corpus: Corpus) -> list[Verdict]:
    quotes = [Quote(c, c.start, c.end, c.text) for c in corpus.chunks]
    made = [(compose.line([q], corpus), q) for q in quotes]
    return [Verdict(Claim(t, 0, len(t), (corpus.number_of(q.chunk),)), "supported", (q,)) for t, q in made]


def test_items_of_one_heading_stay_beside_each_other(index: Any) -> None:
    """A list over several headings of one part of the guidance."""
    verdicts = [v for v in claimed_in(index.corpus) if v.quotes[0].chunk.kind == "statement"]
    part = ("How Trust Develops in Clinical Education",)
    listed = [v for v in verdicts if set(part) & set(v.quotes[0].chunk.headings)]
    for persona in LISTENERS:
        arranged = Personas(index.corpus).arrange(persona, listed, listed=True).verdicts
        headings = [v.quotes[0].chunk.headings for v in arranged]
        runs = [h for i, h in enumerate(headings) if i == 0 or headings[i - 1] != h]
        assert len(runs) == len(set(runs)) >= 2


def test_the_personas_are_those_of_the_guard() -> None:
    assert guard.personas() == PERSONAS
    assert set(wording.FRAMING) == set(wording.FRAMING_AFTER) == set(LISTENERS)


def test_the_framing_states_no_fact(index: Any) -> None:
    known: Callable[[str], bool] = lambda text: any(text in c.text for c in index.corpus.chunks)  # noqa: E731
    for text in (*wording.FRAMING.values(), *wording.FRAMING_AFTER.values()):
        assert not any(ch.isdigit() for ch in text)
        assert not known(text)

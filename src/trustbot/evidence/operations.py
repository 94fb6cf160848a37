"""What may be done with the last answer: said shorter, said of which study, more of it, and what the whole is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trustbot.corpus.facts import CORPUS_RECORD, HEADINGS, Fact
from trustbot.evidence.select import BESIDE, Evidence, is_fact
from trustbot.models.ordering import descending
from trustbot.reading.reader import Reading
from trustbot.types import Corpus, Query, Quote

LEAST = 0.25
"""Probability from which an operation is what was asked, if it is also likelier than any sentence."""
SURE, FAINT = 0.5, 0.05
"""Probability that anything answers from which a less likely operation is meant, and the least of that operation."""
TALK = frozenset(("greeting", "thanks"))
ON_THE_ANSWER = frozenset(("shorter", "simpler", "more", "source", "proven"))
FACTS: Mapping[str, tuple[Fact, ...]] = {"source": ("title", "design"), "proven": ("design", "statements")}
WORKS = 2
"""Works of the last answer of which facts are given."""
FEWER = {"shorter": 1, "simpler": 2}
"""Sentences of the last answer that are said again."""
MORE = 0.1
"""Least probability of a further sentence, where more was asked for."""


def operation_of(query: Query, reading: Reading) -> str | None:
    """The operation that was asked for, if one was; on the last answer only where there is one."""
    ranked = sorted(reading.operations.items(), key=lambda pair: -pair[1])
    if not ranked or query.references or query.about:
        return None
    name, probability = ranked[0]
    if probability < max((0.0, *reading.answers)) or (name in ON_THE_ANSWER and not query.said):
        return None
    # Where no sentence answers and yet the reader is sure that something does, it is the operation.
    if probability < LEAST and (reading.covered < SURE or probability < FAINT):
        return None
    return name


def operate(name: str, query: Query, reading: Reading, sentences: Sequence[Quote], corpus: Corpus) -> Evidence:
    """The sentences that an operation other than small talk asks for; none where there are none."""
    if name in FEWER:
        return _evidence(_of_chunks(query.said[: FEWER[name]], sentences))
    if name == "more":
        return _evidence(_further(query, reading, sentences, corpus))
    if name == "overview":
        return _evidence(_overview(sentences, corpus))
    chunks = {q.chunk.id: q.chunk for q in sentences}
    works = dict.fromkeys(corpus.number_of(chunks[i]) for i in query.said if i in chunks)
    return _evidence([q for n in list(works)[:WORKS] for q in _facts(FACTS[name], n, sentences, corpus)])


def _evidence(quotes: Sequence[Quote]) -> Evidence:
    return Evidence(tuple(quotes), best=1.0 if quotes else 0.0)


def _of_chunks(ids: Sequence[str], sentences: Sequence[Quote]) -> list[Quote]:
    first: dict[str, Quote] = {}
    for quote in sentences:
        first.setdefault(quote.chunk.id, quote)
    return [first[i] for i in ids if i in first]


def _further(query: Query, reading: Reading, sentences: Sequence[Quote], corpus: Corpus) -> list[Quote]:
    """The likeliest sentences on the subject that were not said: neither facts on works nor help."""
    said = set(query.said)
    order = descending(list(reading.answers))
    left = [sentences[i] for i in order if sentences[i].chunk.id not in said and reading.answers[i] >= MORE]
    subject = [q for q in left if corpus.document(q.chunk.document_id).kind not in ("record", "help")]
    return [q for q in subject if q.chunk.kind in ("statement", "prose")][: 1 + BESIDE]


def _facts(facts: Sequence[Fact], number: int, sentences: Sequence[Quote], corpus: Corpus) -> list[Quote]:
    wanted = [HEADINGS[fact] for fact in facts]
    own = [q for q in sentences if is_fact(q.chunk, corpus) and corpus.number_of(q.chunk) == number]
    return [q for heading in wanted for q in own if q.chunk.headings[-1] == heading][: len(facts)]


def _overview(sentences: Sequence[Quote], corpus: Corpus) -> list[Quote]:
    """What the guidance is called, what the corpus covers, and the statement that the guidance opens with."""
    guidance = next((s.number for s in corpus.sources if s.kind == "guidance"), None)
    title = _facts(("title",), guidance, sentences, corpus) if guidance is not None else []
    scope = [q for q in sentences if q.chunk.document_id == CORPUS_RECORD and q.chunk.headings[-1] == HEADINGS["scope"]]
    opening = [q for q in sentences if q.chunk.kind == "statement"] or list(sentences[:1])
    return [*title, *scope[:1], *opening[:1]]

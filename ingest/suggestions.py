"""Questions that may be offered: of a corpus's bank, and headings that are questions, each asked before it goes in.

In: a bank, and the corpus with all that answers from it, before the version is written. Out: `Suggestion`s in the order
of what they are about. A question goes in if, asked alone, it is answered and the answer cites everything that the
bank says it should.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trustbot.errors import InvalidInput
from trustbot.models.embedding import open_embedder
from trustbot.models.ordering import descending
from trustbot.query.personas import PERSONAS
from trustbot.query.safety import Safety, open_safety, public_words
from trustbot.reading.bank import Bank, Example
from trustbot.reading.local import LocalReader, open_reader
from trustbot.retrieval.hybrid import Retriever
from trustbot.state import Facts, State
from trustbot.types import Answer, Chunk, Corpus, Suggestion

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from trustbot.chain import Chain
    from trustbot.models.embedders import Embedder

    Vectors = NDArray[np.float32]

FORM = "1"
"""Changes where what is offered is chosen in another way, so that an index is made anew."""
SHORTEST, LONGEST = 20, 90
"""Characters of a question that is chosen without a mark: more than a word, and within two lines of a phone."""
TRIED = 5
"""Questions tried for a statement, of a bank without marks, until one is answered."""
MOST = 200
"""Suggestions of a corpus."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question that may become a suggestion; `about` are the chunks that its answer must cite."""

    text: str
    about: frozenset[str]
    personas: tuple[str, ...] = ()


class UnwrittenIndex:
    """The vectors of a version before they are stored: searched exactly. Row i of `vectors` is that of chunk i."""

    def __init__(self, corpus: Corpus, vectors: Vectors) -> None:
        self.corpus = corpus
        self._vectors = vectors
        self._rows = {chunk.id: row for row, chunk in enumerate(corpus.chunks)}

    def search(
        self, vector: Sequence[float], k: int, where_ids: Sequence[str] | None = None
    ) -> list[tuple[Chunk, float]]:
        """The k nearest chunks with their cosines, best first; among `where_ids` only, if given."""
        ids = list(self._rows if where_ids is None else where_ids)
        cosines = self.vectors_of(ids) @ vector
        return [(self.corpus.chunks[self._rows[ids[i]]], float(cosines[i])) for i in descending(cosines.tolist())[:k]]

    def vectors_of(self, ids: Sequence[str]) -> Vectors:
        """The vectors of these chunks, shape (len(ids), dimension)."""
        return self._vectors[[self._rows[i] for i in ids]]


def compile_suggestions(
    bank: Bank, corpus: Corpus, reader: bytes, vectors: Vectors, embedder: str, models_dir: Path
) -> tuple[Suggestion, ...]:
    """What may be offered over `corpus`; nothing is loaded for a corpus that has no question to try."""
    groups = [*_of_bank(bank, corpus), *_of_headings(corpus)]
    if not groups:
        return ()
    from trustbot.chain import Chain

    model = open_embedder(embedder, models_dir)
    opened: LocalReader = open_reader(reader, corpus, models_dir)
    chain = Chain(corpus, Retriever(UnwrittenIndex(corpus, vectors), model), model, opened, Facts(embedder, ""))
    safety, public = open_safety(models_dir), public_words(corpus)
    found: dict[str, Suggestion] = {}
    for group, needed in groups:
        taken = 0
        for candidate in group if needed is None else _central(group, model):
            if taken == needed or len(found) == MOST:
                break
            suggestion = found.get(candidate.text) or _proven(candidate, chain, safety, public)
            if suggestion is not None:
                found[candidate.text] = suggestion
                taken += 1
    places = {chunk.id: place for place, chunk in enumerate(corpus.chunks)}
    return tuple(sorted(found.values(), key=lambda s: min(places[i] for i in s.about)))


def _of_bank(bank: Bank, corpus: Corpus) -> Iterator[tuple[list[Candidate], int | None]]:
    """The questions that are marked, all of them; in a bank without marks, those of each statement, one of which is
    needed."""
    ids = _chunks_of(bank, corpus)
    alone = [e for e in bank.examples if e.gold and not e.turns and all(g in ids for g in e.gold)]
    marked = [_candidate(e, ids) for e in alone if e.offer is not None]
    if marked:
        yield marked, None
        return
    statements = {c.id for c in corpus.chunks if c.kind == "statement"}
    by_statement: dict[str, list[Candidate]] = {}
    for example in filter(_is_plain, alone):
        candidate = _candidate(example, ids)
        for chunk_id in candidate.about & statements:
            by_statement.setdefault(chunk_id, []).append(candidate)
    yield from ((group, 1) for group in by_statement.values())


def _of_headings(corpus: Corpus) -> Iterator[tuple[list[Candidate], int | None]]:
    """Headings that are questions: any sentence under one has to be among what answers it."""
    under: dict[str, list[Chunk]] = {}
    for chunk in corpus.chunks:
        if chunk.headings and chunk.headings[-1].rstrip().endswith("?"):
            under.setdefault(" ".join(chunk.headings[-1].split()), []).append(chunk)
    for heading, chunks in list(under.items())[:MOST]:
        yield [Candidate(heading, frozenset({c.id})) for c in chunks[:TRIED]], 1


def _chunks_of(bank: Bank, corpus: Corpus) -> dict[str, str]:
    """Id of a sentence in the bank -> id of the chunk that holds it."""
    ids = {chunk.claim_id: chunk.id for chunk in corpus.chunks if chunk.claim_id}
    for named in bank.named:
        held = (c.id for c in corpus.chunks if c.document_id == named.document and named.quote in c.text)
        if chunk_id := next(held, None):
            ids[named.id] = chunk_id
    return ids


def _candidate(example: Example, ids: Mapping[str, str]) -> Candidate:
    unknown = next((p for p in example.offer or () if p not in PERSONAS), None)
    if unknown is not None:
        raise InvalidInput(f"{example.text!r} is offered to {unknown!r}. Use {', '.join(PERSONAS)}, or true.")
    return Candidate(example.text, frozenset(ids[g] for g in example.gold), example.offer or ())


def _is_plain(example: Example) -> bool:
    """Whether a question is one sentence, written as a sentence is, and neither very short nor long."""
    text = example.text
    inner = any(not c.isalnum() and c not in " ,'’-" for c in text[:-1])
    return SHORTEST <= len(text) <= LONGEST and text[0].isupper() and text.endswith("?") and not inner


def _central(group: Sequence[Candidate], embedder: Embedder) -> list[Candidate]:
    """The questions nearest to the mean of their group: what most people ask, as most of them put it."""
    import numpy as np

    vectors = np.asarray(embedder.embed_documents([c.text for c in group]), dtype=np.float32)
    return [group[i] for i in descending((vectors @ vectors.mean(axis=0)).tolist())[:TRIED]]


def _proven(candidate: Candidate, chain: Chain, safety: Safety, public: Iterable[str]) -> Suggestion | None:
    """The suggestion, if the question alone is read as it stands, answered, and answered with what it is about."""
    seen = safety.screen(candidate.text, (), frozenset(public))
    if seen.kind or seen.unsure or seen.masked:
        return None
    *_, answer = chain.run(State(candidate.text, worded=False))
    if not isinstance(answer, Answer) or answer.outcome != "answered":
        return None
    cited = tuple(dict.fromkeys(c.quote.chunk.id for c in answer.citations))
    if not candidate.about <= set(cited):
        return None
    about = tuple(i for i in cited if i in candidate.about)
    return Suggestion(candidate.text, about, cited, candidate.personas)

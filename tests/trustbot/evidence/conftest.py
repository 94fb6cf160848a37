"""The default corpus with its sentences, and readings in which a test says which of them are likely."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.build import read_corpus
from ingest.manifest import Manifest
from trustbot.reading.reader import Reading
from trustbot.reading.sentences import quotable
from trustbot.types import Corpus, Query, Quote


@dataclass(frozen=True)
class Case:
    """A corpus and its sentences, which tests name by claim, or by the record and heading that they stand under."""

    corpus: Corpus
    sentences: tuple[Quote, ...]

    def quote(self, name: str) -> Quote:
        """`C13`, `record-penner-2022/Title`, `help/What this is`: the first such sentence."""
        document, _, heading = name.partition("/")
        return next(
            q
            for q in self.sentences
            if q.chunk.claim_id == name or (q.chunk.document_id == document and q.chunk.headings[-1] == heading)
        )

    def ids(self, *names: str) -> tuple[str, ...]:
        return tuple(self.quote(name).chunk.id for name in names)

    def names(self, quotes: tuple[Quote, ...]) -> list[str]:
        return [q.chunk.claim_id or f"{q.chunk.document_id}/{q.chunk.headings[-1]}" for q in quotes]

    def reading(
        self, likely: Mapping[str, float], covered: float = 0.9, rest: float = 0.0, **operations: float
    ) -> Reading:
        """Probabilities of the named sentences; all others have `rest`."""
        by_place = {self.quote(name).chunk.id: p for name, p in likely.items()}
        return Reading(tuple(by_place.get(q.chunk.id, rest) for q in self.sentences), covered, operations)


@pytest.fixture(scope="session")
def case(default_manifest: Manifest, models_dir: Path) -> Case:
    corpus = read_corpus(default_manifest, models_dir, progress=False)
    return Case(corpus, quotable(corpus))


@pytest.fixture(scope="session")
def asked() -> Callable[..., Query]:
    """A query with what it names."""

    def make(text: str = "What builds trust?", **named: object) -> Query:
        return Query(text, text, **named)  # type: ignore[arg-type]

    return make

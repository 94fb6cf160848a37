"""Real Answer objects to evaluate, and a bot that gives them: what it is asked is what a test looks at."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from trustbot.errors import InvalidQuestion
from trustbot.types import (
    Answer,
    Audit,
    Chunk,
    Citation,
    Document,
    Query,
    Quote,
    Source,
    Trace,
    Turn,
    chunk_id,
    sha256_text,
)

ARTICLE_TEXT = "Trust grows with time. Watching skills builds trust. Goals come first."
NOTE_TEXT = "Interviews found that watching builds trust."


def document(document_id: str, text: str) -> Document:
    return Document(
        id=document_id,
        source_id="w4",
        kind="article" if document_id == "article" else "note",
        title=document_id,
        media_type="text/plain",
        licence="CC0-1.0",
        text=text,
        content_hash=sha256_text(text),
    )


DOCUMENTS = {"article": document("article", ARTICLE_TEXT), "note": document("note", NOTE_TEXT)}


def source(number: int) -> Source:
    return Source(
        id=f"w{number}",
        number=number,
        title=f"Work {number}",
        authors=("A. Author",),
        year=2020,
        container=None,
        address="none",
        licence="CC0-1.0",
    )


def citation(number: int, words: str, where: str = "article", claim: str | None = None) -> Citation:
    doc = DOCUMENTS[where]
    start = doc.text.index(words)
    end = start + len(words)
    chunk = Chunk(
        id=chunk_id(doc.id, doc.content_hash, start, words),
        document_id=doc.id,
        source_id=doc.source_id,
        document_hash=doc.content_hash,
        headings=("Heading",),
        text=words,
        start=start,
        end=end,
        sentences=((0, len(words)),),
    )
    audit = Audit(claim, words, number, "supported", "It says so.", "preceptor trusts resident") if claim else None
    return Citation(number, Quote(chunk, start, end, words), source(number), doc, audit)


def answered(text: str, *citations: Citation, p: float | None = 0.9, total: float = 12.0) -> Answer:
    return make(text, "answered", citations, None, p, total)


def declined(reason: str, p: float | None = 0.1, total: float = 8.0) -> Answer:
    return make("", "abstained", (), reason, p, total)


def make(
    text: str,
    outcome: Any,
    citations: Sequence[Citation],
    reason: str | None,
    p: float | None,
    total: float,
    closest: Sequence[Citation] = (),
) -> Answer:
    return Answer(
        outcome=outcome,
        text=text,
        query=Query("asked", "understood"),
        disclaimer="Not advice.",
        trace=Trace(
            timings_ms={"retrieve": total / 2, "total": total},
            embedder="mini",
            fingerprint="f1",
            corpus_version="1",
            signals={} if p is None else {"answerable": p},
        ),
        citations=tuple(citations),
        reason=reason,
        nearest=("Observation",) if reason else (),
        closest=tuple(closest),
    )


class ScriptedBot:
    """Answers from a table; an empty question is refused as every bot does. Remembers what it was asked."""

    def __init__(self, replies: Mapping[str, Answer | Exception]) -> None:
        self.replies = replies
        self.asked: list[tuple[str, tuple[Turn, ...], str | None]] = []

    def ask(self, question: str, history: Sequence[Turn] = (), persona: str | None = None) -> Answer:
        self.asked.append((question, tuple(history), persona))
        if not question.strip():
            raise InvalidQuestion("The question is empty; type one.")
        reply = self.replies[question]
        if isinstance(reply, Exception):
            raise reply
        return reply


@pytest.fixture
def watching() -> Answer:
    return answered(
        "Watching skills builds trust [4]. Interviews found it too [4].",
        citation(4, "Watching skills builds trust", claim="C13"),
        citation(4, "watching builds trust", "note"),
    )


@pytest.fixture
def off_topic() -> Answer:
    return answered("Goals come first [2].", citation(2, "Goals come first"), p=0.6, total=30.0)


@pytest.fixture
def no_evidence() -> Answer:
    return declined("No passage covers salaries.")


@pytest.fixture
def nearly() -> Answer:
    """Declined, with what lies nearest beside it."""
    near = [citation(4, "Trust grows with time"), citation(4, "Watching skills builds trust", claim="C13")]
    return make("", "closest", (), "Nothing answers exactly this.", 0.3, 8.0, near)


@pytest.fixture
def in_part() -> Answer:
    """An answer to a part of the question."""
    cited = [citation(4, "Watching skills builds trust", claim="C13")]
    return make("Watching skills builds trust [4].", "partly", cited, None, 0.55, 10.0)


@pytest.fixture
def asks_which() -> Answer:
    return declined("Which preceptor do you mean?", p=0.4)


@pytest.fixture
def scripted() -> Callable[..., ScriptedBot]:
    return ScriptedBot


@pytest.fixture
def jsonl(tmp_path: Path) -> Callable[..., Path]:
    def write(*records: Any, name: str = "set.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
        return path

    return write

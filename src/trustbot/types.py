"""The vocabulary: frozen values that the two programs share.

In: nothing. Out: the types that every stage takes and returns, each checked as it is made. This module does
no input or output and knows neither Chroma, nor a model, nor how an answer is shown.

All offsets are half-open ranges of characters (Python `str` indices). `Chunk`, `Quote` and `Citation`
offsets count from the start of the stored document whose hash they carry; a chunk's `sentences` count from
the start of that chunk's text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NoReturn

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Span = tuple[int, int]
Check = Literal["supported", "partly", "not visible", "contradicted"]
Outcome = Literal["answered", "abstained", "refused"]
DocumentKind = Literal["article", "note", "full text", "record"]
SectionKind = Literal["statement", "prose", "page", "disclaimer", "chrome"]
NoticeKind = Literal["overreach", "identifier", "crisis", "clinical", "partial", "premise", "silence", "wording"]
Role = Literal["user", "assistant"]

ARTICLE = "article"
"""Id of the document that is the guidance itself; every other document is a note or a paper."""

MARKER = re.compile(r"\[(\d{1,4})\]")
"""A citation marker in an answer's text: one number in square brackets."""


def sha256_text(text: str) -> str:
    """The content hash of a document: SHA-256 of its UTF-8 bytes, as `sha256:<64 hex digits>`."""
    return "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True)
class Study:
    """What kind of study stands behind a work; shown beside each citation of it."""

    design: str
    participants: str
    setting: str
    summary: str
    """The badge: one short phrase, such as `16 preceptors, interviews, two clinics, 2022`."""
    method: str | None = None
    period: str | None = None
    learners: str | None = None
    """Which learners the work is about, such as `internal medicine residents`."""


@dataclass(frozen=True, slots=True)
class Source:
    """One citable work, as the manifest declares it. Absent facts are `None`, never guessed."""

    id: str
    number: int
    title: str
    authors: tuple[str, ...]
    year: int | None
    container: str | None
    address: str
    licence: str
    kind: Literal["guidance", "work"] = "work"
    volume: str | None = None
    issue: str | None = None
    pages: str | None = None
    doi: str | None = None
    pmid: str | None = None
    pmcid: str | None = None
    access: str | None = None
    study: Study | None = None
    confidence: str | None = None
    """How sure the identification of the work is; the guidance prints numbers but no reference list."""
    open_questions: tuple[str, ...] = ()
    status: str | None = None
    last_updated: str | None = None
    page_facts: tuple[str, ...] = ()
    review_steps: tuple[str, ...] = ()
    """The steps of review that the guidance's own page names, in its order."""
    review_step: str | None = None
    """Which of them it had reached; None where the stored copy doesn't show it."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a document's licence allows once it may be indexed at all."""

    quote_words: int | None = None
    """Most words, parted by white space, that may be quoted in one piece; None where there is no limit."""
    ship: bool = True
    """Whether the whole text may be passed on: shown in full, and packaged with the program."""
    address: str | None = None
    """Where the licence can be read."""

    def allow(self, quote: str) -> bool:
        """Whether `quote` is short enough."""
        return self.quote_words is None or len(quote.split()) <= self.quote_words


@dataclass(frozen=True, slots=True)
class Document:
    """One stored text. `text` is what quotes are spans of; `content_hash` is `sha256_text(text)`."""

    id: str
    source_id: str
    kind: DocumentKind
    title: str
    media_type: str
    licence: str
    text: str
    content_hash: str
    terms: Terms = Terms()

    def __post_init__(self) -> None:
        if self.content_hash != sha256_text(self.text):
            raise ValueError(f"document {self.id}: the text does not have the hash {self.content_hash}")


@dataclass(frozen=True, slots=True)
class Section:
    """One headed part of a document; `start` is where its text begins in the document."""

    document_id: str
    source_id: str
    headings: tuple[str, ...]
    text: str
    ordinal: int
    start: int
    kind: SectionKind = "prose"


@dataclass(frozen=True, slots=True)
class Audit:
    """What checking one numbered statement of the article against the work it cites found."""

    claim_id: str
    quote: str
    reference: int
    check: Check
    reason: str
    direction: str
    """Who trusts whom in the cited work, such as `preceptor trusts resident`."""
    notice: str | None = None
    """One short sentence that says which half the work carries; required unless `check` is supported."""
    repeats: str | None = None
    """Id of the claim that gives the same advice under another heading."""
    related: tuple[str, ...] = ()
    """Ids of the claims that speak of the same thing; it holds both ways, whichever of the two says so."""

    def same_advice(self, other: Audit) -> bool:
        """Whether one of the two repeats the other."""
        return self.repeats == other.claim_id or other.repeats == self.claim_id

    def same_matter(self, other: Audit) -> bool:
        """Whether one of the two is related to the other, or repeats it."""
        return other.claim_id in self.related or self.claim_id in other.related or self.same_advice(other)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A token-sized slice of a section: the unit that is embedded and searched."""

    id: str
    document_id: str
    source_id: str
    document_hash: str
    headings: tuple[str, ...]
    text: str
    start: int
    end: int
    sentences: tuple[Span, ...]
    kind: SectionKind = "prose"
    reference: int | None = None
    """The number that the guidance itself prints behind this statement."""
    claim_id: str | None = None

    def __post_init__(self) -> None:
        if self.end - self.start != len(self.text):
            raise ValueError(f"chunk {self.id}: {self.start}-{self.end} is not the length of its text")
        if any(not 0 <= s < e <= len(self.text) for s, e in self.sentences):
            raise ValueError(f"chunk {self.id}: a sentence lies outside the chunk")

    @property
    def embedded_text(self) -> str:
        """What the embedder reads: the innermost heading gives a short statement its topic."""
        return f"{self.headings[-1]}: {self.text}" if self.headings else self.text


def chunk_id(document_id: str, document_hash: str, start: int, text: str) -> str:
    """Digest of document, its version, place and text: the same input gives the same id on any machine."""
    key = "\x1f".join((document_id, document_hash, str(start), text))
    return hashlib.sha256(key.encode("utf-8")).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Everything the bot may say, as one index version holds it: serving needs no file of the corpus folder."""

    id: str
    title: str
    scope: str
    """One sentence that says what the corpus covers; shown with every abstention."""
    version: str
    language: str
    disclaimer: str
    sources: tuple[Source, ...]
    documents: tuple[Document, ...]
    chunks: tuple[Chunk, ...]
    audits: tuple[Audit, ...] = ()
    vocabulary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Controlled vocabulary: preferred term -> the variants that readers use for it."""
    records: tuple[Chunk, ...] = ()
    """Sentences about the sources themselves, made at ingest from what the manifest records; never searched."""
    widget_origins: tuple[str, ...] = ()
    """Origins whose pages may show the widget, as `origins` reads them; where the settings list none."""

    def source(self, source_id: str) -> Source:
        """The source with this id; KeyError if there is none."""
        return next((s for s in self.sources if s.id == source_id), None) or _missing(source_id)

    def numbered(self, number: int) -> Source | None:
        """The source that readers see as `[number]`."""
        return next((s for s in self.sources if s.number == number), None)

    def document(self, document_id: str) -> Document:
        """The document with this id; KeyError if there is none."""
        return next((d for d in self.documents if d.id == document_id), None) or _missing(document_id)

    def number_of(self, chunk: Chunk) -> int:
        """The number that readers see for a chunk: the guidance's own reference, else its source's number."""
        return chunk.reference or self.source(chunk.source_id).number

    def audit(self, claim_id: str | None) -> Audit | None:
        """The audit of this claim, if there is one."""
        return next((a for a in self.audits if a.claim_id == claim_id), None)


def _missing(key: str) -> NoReturn:
    raise KeyError(key)


@dataclass(frozen=True, slots=True)
class Stage:
    """A step that has begun, streamed before the answer: `name` for programs, `text` for readers."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the conversation so far."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for: `asked` as typed, `text` standing alone, `resolved` what each part became."""

    asked: str
    text: str
    resolved: Mapping[str, str] = field(default_factory=dict)
    carried: str | None = None
    """The topic taken over from earlier turns, if any; searched beside `text`, never instead of it."""
    focus: tuple[str, ...] = ()
    """Ids of the chunks of the last answer among which the question chooses."""
    about: tuple[str, ...] = ()
    """Ids of the chunks of the last answer that the question asks about; `text` quotes them."""
    exclude: tuple[str, ...] = ()
    """Ids of the chunks already given, where the question asks for more."""
    references: tuple[int, ...] = ()
    """The works that the question names by their numbers."""
    recent: tuple[str, ...] = ()
    """Ids of the chunks of the last answer, where the question only names something ("what about goals?")."""
    alternatives: tuple[str, ...] = ()
    """Other forms of the query whose result lists are fused with that of `text`."""


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """A text's tokens, special ones left out: character offsets, shape (n, 2), and unit vectors, (n, dimension)."""

    offsets: NDArray[np.int64]
    vectors: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that came back from retrieval."""

    chunk: Chunk
    score: float
    rank: int
    retriever: str
    similarity: float = 0.0
    """Cosine with the query, -1 to 1."""
    lexical: float = 0.0
    """BM25 score divided by the query's best possible score on this corpus, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A verbatim span of a chunk; offsets count from the start of the stored document."""

    chunk: Chunk
    start: int
    end: int
    text: str
    score: float = 0.0

    def __post_init__(self) -> None:
        inside = self.chunk.text[self.start - self.chunk.start : self.end - self.chunk.start]
        exact = self.end - self.start == len(self.text) and inside == self.text
        if not self.text or self.start < self.chunk.start or not exact:
            raise ValueError(f"quote {self.text[:40]!r} is not characters {self.start}-{self.end} of its document")


Support = Literal["supported", "unsupported", "uncited", "unknown marker"]


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of a draft: its span in the draft, and the numbers of its markers."""

    text: str
    start: int
    end: int
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking one claim against the quotes it cites found."""

    claim: Claim
    support: Support
    quotes: tuple[Quote, ...] = ()
    signals: Mapping[str, float] = field(default_factory=dict)
    """How a freely worded claim was weighed, for the trace; empty for one that quotes."""
    broken: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The rules that it breaks, each with the words that show it."""
    caution: str = ""
    """What must stand behind it, since the audit of what it restates found something; empty where nothing, or said."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered reference that a reader sees, with the words it stands on."""

    number: int
    quote: Quote
    source: Source
    document: Document
    audit: Audit | None = None
    supports: tuple[Span, ...] = ()

    def __post_init__(self) -> None:
        if self.document.text[self.quote.start : self.quote.end] != self.quote.text:
            raise ValueError(f"citation [{self.number}]: its quote is not in document {self.document.id}")
        if not self.document.terms.allow(self.quote.text):
            raise ValueError(f"citation [{self.number}]: its quote is longer than {self.document.licence!r} allows")


@dataclass(frozen=True, slots=True)
class Row:
    """What one work says on a point: its quotes, or none where nothing on it was found in what could be read."""

    source: Source
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """A point asked about, and what each work says on it: one row per work, in the order of their numbers."""

    topic: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence that must be seen beside the answer."""

    kind: NoticeKind
    text: str


@dataclass(frozen=True, slots=True)
class Trace:
    """How an answer was made: for the operator and for reports, never needed to read the answer."""

    timings_ms: Mapping[str, float]
    embedder: str
    fingerprint: str
    corpus_version: str
    model: str | None = None
    """The chat model that worded the answer; None where it is put together from the sources' own sentences."""
    signals: Mapping[str, float] = field(default_factory=dict)
    rewrite: str | None = None
    """What became of a chat model's rewrite of the question; None where none was asked for."""
    wording: str | None = None
    """What became of a chat model's wording of the answer; None where none was asked for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The only thing that leaves the chain.

    Kept by construction: an answered one has at least one citation, every `[n]` in its text has a citation
    and every citation's number is in its text; any other has a reason and no citation.
    """

    outcome: Outcome
    text: str
    query: Query
    disclaimer: str
    trace: Trace
    citations: tuple[Citation, ...] = ()
    notices: tuple[Notice, ...] = ()
    reason: str | None = None
    nearest: tuple[str, ...] = ()
    followups: tuple[str, ...] = ()
    comparison: Comparison | None = None
    """By work, where the question compares works; its citations are among `citations`."""
    framing: str | None = None
    """How the statements were put in order for who asked; None where the order is everybody's."""

    def __post_init__(self) -> None:
        marked = {int(n) for n in MARKER.findall(self.text)}
        cited = {c.number for c in self.citations}
        if self.outcome == "answered":
            if not cited:
                raise ValueError("an answered answer needs a citation")
            if marked != cited:
                raise ValueError(f"markers {sorted(marked)} and citations {sorted(cited)} differ")
            if any(not 0 <= s < e <= len(self.text) for c in self.citations for s, e in c.supports):
                raise ValueError("a citation supports text that is not there")
            if any(c not in self.citations for row in self._rows for c in row.citations):
                raise ValueError("a row of the comparison quotes what the answer doesn't cite")
        elif cited or marked or not self.reason:
            raise ValueError(f"an {self.outcome} answer needs a reason and takes no citation")

    @property
    def _rows(self) -> tuple[Row, ...]:
        return self.comparison.rows if self.comparison else ()

    @property
    def abstained(self) -> bool:
        """True when nothing was answered: not enough evidence, or not allowed."""
        return self.outcome != "answered"


@dataclass(frozen=True, slots=True)
class Partial:
    """The checked beginning of an answer that is still being worded; the `Answer` that follows may differ from it."""

    text: str
    citations: tuple[Citation, ...]
    new: int = 0
    """Where in `text` its last sentence begins."""

    @property
    def sentence(self) -> str:
        """The sentence that has just passed, with its markers and cautions."""
        return self.text[self.new :]

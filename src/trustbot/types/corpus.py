"""What a corpus is made of: works, their documents and sections, chunks, and the audit.

In: nothing. Out: the types that `ingest` makes and the index keeps, each checked as it is made. This module knows no
question and no answer.
"""

from __future__ import annotations

import datetime
import hashlib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NoReturn

from trustbot.types.safety import Contact

Span = tuple[int, int]
Check = Literal["supported", "partly", "not visible", "contradicted"]
DocumentKind = Literal["article", "note", "full text", "record", "help"]
Currency = Literal["current", "replaced", "expired", "retracted"]
UpdateKind = Literal["retraction", "concern", "correction", "version"]
SectionKind = Literal["statement", "prose", "page", "disclaimer", "chrome"]

ARTICLE = "article"
"""Id of the document that is the guidance itself; every other document is a note or a paper."""


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
class Update:
    """A notice that was published about a work later."""

    kind: UpdateKind
    date: str | None
    """ISO 8601; None where it isn't known."""
    notice: str
    """Web address of the notice."""


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
    """A web address; empty for what has none."""
    licence: str
    kind: Literal["guidance", "work", "help"] = "work"
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
    intranet: bool = False
    """Whether it can be read on the intranet of an institution, without a public address."""
    program: bool | None = None
    """Whether it is the program's own, such as its handbook, or literature; None where nothing is the program's."""
    review_step: str | None = None
    """Which of them it had reached; None where the stored copy doesn't show it."""
    updates: tuple[Update, ...] = ()
    """What was published about it later, oldest first, as far as the corpus knows."""

    @property
    def retraction(self) -> Update | None:
        """The notice by which it was retracted, if it was."""
        return next((u for u in self.updates if u.kind == "retraction"), None)


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
class Standing:
    """Whether a document still holds, as its manifest says; dates are ISO 8601."""

    date: str | None = None
    """When it was written or took effect."""
    expires: str | None = None
    """The last day on which it holds."""
    replaced_by: tuple[str, ...] = ()
    """Ids of the documents that took its place, each the last of its line."""
    tags: tuple[str, ...] = ()

    def at(self, today: datetime.date) -> Currency:
        """Whether it holds on a day."""
        if self.replaced_by:
            return "replaced"
        return "expired" if self.expires and self.expires < today.isoformat() else "current"


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
    pages: tuple[int, ...] = ()
    """Where each page or slide of the file begins in `text`; empty where the format knows none."""
    standing: Standing = Standing()

    def page_of(self, place: int) -> int | None:
        """The page on which the character at `place` stands, counted from 1; None where no pages are known."""
        return max(bisect_right(self.pages, place), 1) if self.pages else None

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
    concerns: tuple[str, ...] = ()
    """Personas whom it is for first of all: whose conduct it is about, or who would act on it."""

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
    lead: Span | None = None
    """Characters of the document without which its sentences say nothing, such as the header of a table's rows."""
    lead_text: str = ""
    """The words there."""

    def __post_init__(self) -> None:
        if len(self.lead_text) != (self.lead[1] - self.lead[0] if self.lead else 0):
            raise ValueError(f"chunk {self.id}: its lead is not as long as its place")
        if self.end - self.start != len(self.text):
            raise ValueError(f"chunk {self.id}: {self.start}-{self.end} is not the length of its text")
        if any(not 0 <= s < e <= len(self.text) for s, e in self.sentences):
            raise ValueError(f"chunk {self.id}: a sentence lies outside the chunk")

    @property
    def embedded_text(self) -> str:
        """What the embedder reads: the innermost heading gives a short statement its topic."""
        text = f"{self.lead_text} {self.text}" if self.lead_text else self.text
        return f"{self.headings[-1]}: {text}" if self.headings else text


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question that people ask and that was tried: asked alone it is answered, by citing what it is about."""

    question: str
    about: tuple[str, ...]
    """Ids of the chunks that answer it; the answer cites them all."""
    cites: tuple[str, ...]
    """Ids of all chunks that the answer cites."""
    personas: tuple[str, ...] = ()
    """Who would word it so; empty where anybody may."""


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
    """Sentences on the sources, and on the product, that ingest makes; read beside every question, never searched."""
    widget_origins: tuple[str, ...] = ()
    """Origins whose pages may show the widget, as `origins` reads them; where the settings list none."""
    contacts: tuple[Contact, ...] = ()
    """Whom somebody can turn to who needs help, where the server names nobody."""
    suggestions: tuple[Suggestion, ...] = ()
    """Questions that may be offered, in the order of what they are about."""

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

    def past(self, today: datetime.date) -> tuple[frozenset[str], frozenset[int]]:
        """Ids of the documents that hold no longer: replaced, expired, or of a retracted work; and the numbers of such
        works. What is recorded of a work holds: that it was retracted is among it."""
        gone = {s.id: s.number for s in self.sources if s.retraction}
        past = (
            d.id
            for d in self.documents
            if d.standing.at(today) != "current" or (d.source_id in gone and d.kind != "record")
        )
        return frozenset(past), frozenset(gone.values())

    def audit(self, claim_id: str | None) -> Audit | None:
        """The audit of this claim, if there is one."""
        return next((a for a in self.audits if a.claim_id == claim_id), None)


def _missing(key: str) -> NoReturn:
    raise KeyError(key)

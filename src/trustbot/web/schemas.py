"""The shapes of HTTP: what may be sent, checked by pydantic, and what comes back, for the published schema.

In: decoded JSON. Out: a validated request. The response models document `trustbot.wire`, which makes the
responses; a test holds the two together.
"""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from trustbot.types import Check, DocumentKind, NoticeKind, Outcome, Role

HISTORY_ITEMS = 200
"""Most earlier messages in a request; the bot reads the last `TRUSTBOT_HISTORY_LIMIT` of them."""


def _readable(value: str) -> str:
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\t\n\r" for c in value):
        raise ValueError("it contains characters that are not text")
    return value


Text = Annotated[str, AfterValidator(_readable)]


class HistoryItem(BaseModel):
    """One earlier message."""

    model_config = ConfigDict(extra="forbid", strict=True)

    role: Role
    text: Text = Field(max_length=20_000)


class AskRequest(BaseModel):
    """A question, with the conversation so far."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"question": "How does direct observation build trust?"}]},
    )

    question: str = Field(description="The question, as typed.")
    history: list[HistoryItem] = Field(
        default=[], max_length=HISTORY_ITEMS, description="Earlier messages, oldest first."
    )
    persona: Text | None = Field(
        None, max_length=60, description="Who asks; changes order and framing, never the facts."
    )
    corpus: Text | None = Field(None, max_length=100, description="Id of the corpus; leave out for the one served.")


class StudyBody(BaseModel):
    """What kind of study stands behind a work."""

    design: str
    participants: str
    setting: str
    method: str | None
    period: str | None
    summary: str


class SourceBody(BaseModel):
    """A work's record; absent facts are null."""

    id: str
    number: int
    kind: Literal["guidance", "work"]
    title: str
    authors: list[str]
    year: int | None
    container: str | None
    volume: str | None
    issue: str | None
    pages: str | None
    doi: str | None
    pmid: str | None
    pmcid: str | None
    address: str
    access: str | None
    licence: str
    study: StudyBody | None
    confidence: str | None
    open_questions: list[str]
    status: str | None
    last_updated: str | None
    page_facts: list[str]


class AuditBody(BaseModel):
    """What checking a statement of the article against the work it cites found."""

    claim: str
    check: Check
    reason: str
    notice: str | None
    direction: str


class CitationBody(BaseModel):
    """One quote under a number: characters `start` to `end` of the stored document with that hash."""

    number: int
    supports: list[tuple[int, int]]
    document: str
    document_kind: DocumentKind
    document_title: str
    quote: str
    section: list[str]
    start: int
    end: int
    document_hash: str
    source: SourceBody
    audit: AuditBody | None


class NoticeBody(BaseModel):
    """A sentence that must be seen beside the answer."""

    kind: NoticeKind
    text: str


class QueryBody(BaseModel):
    """The question as typed, and as it was understood on its own."""

    asked: str
    standalone: str
    resolved: dict[str, str]


class AnswerBody(BaseModel):
    """The Answer. `abstained` is true when nothing was answered; `reason` says why."""

    outcome: Outcome
    abstained: bool
    text: str
    citations: list[CitationBody]
    notices: list[NoticeBody]
    reason: str | None
    nearest: list[str]
    followups: list[str]
    query: QueryBody
    disclaimer: str
    trace: dict[str, Any]


class ProblemBody(BaseModel):
    """An error: `detail` is a sentence that a person can act on."""

    type: str
    title: str
    status: int
    detail: str


class DocumentBody(BaseModel):
    """A stored text; `hash` is SHA-256 of its UTF-8 bytes."""

    id: str
    kind: DocumentKind
    title: str
    media_type: str
    licence: str
    source: int
    hash: str
    length: int
    text: str
    span: str | None = Field(None, description="Characters `start` to `end`, where they were asked for.")


class StatementBody(AuditBody):
    """A numbered statement of the article, with its audit."""

    quote: str
    reference: int


class CorpusBody(BaseModel):
    """The corpus that is served."""

    id: str
    title: str
    scope: str
    version: str
    language: str
    disclaimer: str
    fingerprint: str
    embedder: str
    indexed: str


class SourcesBody(BaseModel):
    """The numbered works, and the corpus they belong to."""

    corpus: CorpusBody
    sources: list[SourceBody]


class SourceDetailBody(BaseModel):
    """A work, the stored documents about it, and the article's statements that cite it."""

    source: SourceBody
    documents: list[DocumentBody]
    statements: list[StatementBody]

"""The shapes of HTTP: what may be sent, checked by pydantic, and what comes back, for the published schema.

In: decoded JSON. Out: a validated request. The response models document `trustbot.presentation.wire`, which makes the
responses; a test holds the two together.
"""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from trustbot.types import Check, Currency, DocumentKind, NoticeKind, Outcome, Role, UpdateKind
from trustbot.web.http.safety_schema import SafetyBody

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
    text: Text = Field(description="The message; of a very long one only a part is read.")


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
        None,
        max_length=60,
        description="Who asks: `preceptor`, `medical student`, `resident`, `program director` or `other`; changes the "
        "order of statements, the sentence that says so and the suggested questions, never the facts.",
    )
    corpus: Text | None = Field(None, max_length=100, description="Id of the corpus; leave out for the one served.")


class StudyBody(BaseModel):
    """What kind of study stands behind a work."""

    design: str
    participants: str
    setting: str
    method: str | None
    period: str | None
    learners: str | None
    summary: str


class UpdateBody(BaseModel):
    """A notice about a work: its retraction, an expression of concern, a correction or a new version."""

    kind: UpdateKind
    date: str | None = Field(description="ISO 8601; null where it isn't known.")
    notice: str = Field(description="Web address of the notice.")


class SourceBody(BaseModel):
    """A work's record; absent facts are null."""

    id: str
    number: int
    kind: Literal["guidance", "work", "help"]
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
    intranet: bool = Field(
        False, description="Whether it can be read on an institution's intranet, without an address."
    )
    program: bool | None = Field(
        None, description="Whether it is the program's own or of the literature; null where nothing is the program's."
    )
    access: str | None
    licence: str
    study: StudyBody | None
    badge: str = Field(description="What stands behind the number, in one short phrase.")
    confidence: str | None
    open_questions: list[str]
    status: str | None
    last_updated: str | None
    page_facts: list[str]
    review_steps: list[str] = Field(description="The steps of review that its page names, in order.")
    review_step: str | None = Field(description="The step reached; null where the stored copy doesn't show it.")
    updates: list[UpdateBody] = Field([], description="What was published about the work later, oldest first.")


class AuditBody(BaseModel):
    """What checking a statement of the article against the work it cites found."""

    claim: str
    check: Check
    reason: str
    notice: str | None
    direction: str


class NewerBody(BaseModel):
    """A document that took another's place."""

    document: str
    title: str
    date: str | None


class CitationBody(BaseModel):
    """One quote under a number: characters `start` to `end` of the stored document with that hash.

    Characters are Unicode code points, here and everywhere in the API: one that JavaScript counts as two, such as an
    emoji, is one.
    """

    number: int
    supports: list[tuple[int, int]] = Field(
        description="Ranges of the answer's text that it stands for, in Unicode code points: start, and end exclusive."
    )
    document: str
    document_kind: DocumentKind
    document_title: str
    quote: str
    section: list[str]
    page: int | None = Field(None, description="Page or slide of the file, counted from 1, where its format knows any.")
    date: str | None = Field(None, description="When the document was written or took effect, ISO 8601.")
    expires: str | None = Field(None, description="The last day on which it holds, ISO 8601.")
    tags: list[str] = []
    currency: Currency = Field(
        "current", description="Whether the document, and the work behind it, still held when it was cited."
    )
    replaced_by: list[NewerBody] = Field([], description="The documents that took its place.")
    differs_from: list[int] = Field([], description="Numbers of the citations that say otherwise on the same matter.")
    start: int = Field(description="Where the quote begins in the stored document, in Unicode code points.")
    end: int = Field(description="Where it ends, exclusive, in Unicode code points.")
    document_hash: str
    source: SourceBody
    audit: AuditBody | None


class NoticeBody(BaseModel):
    """A sentence that must be seen beside the answer."""

    kind: NoticeKind
    text: str


class QueryBody(BaseModel):
    """The question as typed, its identifiers masked, and as it was understood on its own."""

    asked: str
    standalone: str
    resolved: dict[str, str]


class AnswerBody(BaseModel):
    """The Answer. `abstained` is true when nothing was answered, as in every outcome but `answered` and `partly`; then
    `reason` says why or, with `safety`, what to do first."""

    id: str | None = Field(
        None, max_length=100, description="The same for the same words about the same places of the same index."
    )
    outcome: Outcome
    abstained: bool
    text: str
    citations: list[CitationBody]
    notices: list[NoticeBody]
    reason: str | None
    nearest: list[str]
    followups: list[str]
    closest: list[CitationBody] = Field(
        [],
        description="With the outcome `closest`: quotes that are near the question and are no answer to it. With "
        "`safety`: what the sources say on the matter.",
    )
    safety: SafetyBody | None = Field(
        None, description="With the outcome `safety`: what kind of help is given. Show `text` first, as it is."
    )
    framing: str | None = Field(None, description="How the statements were put in order for the persona, if they were.")
    made: str | None = Field(None, description="How it was made: in the sources' own words, or worded by which model.")
    query: QueryBody
    disclaimer: str
    signature: str | None = Field(
        None, max_length=200, description="Shows this server that it gave this answer to this question, word for word."
    )
    trace: dict[str, Any]


class ProblemBody(BaseModel):
    """An error: `detail` is a sentence that a person can act on."""

    type: str
    title: str
    status: int
    detail: str


class TermsBody(BaseModel):
    """What a document's licence allows: the longest quote, and whether the whole text may be passed on."""

    quote_words: int | None
    ship: bool
    address: str | None


class DocumentBody(BaseModel):
    """A stored text; `hash` is SHA-256 of its UTF-8 bytes."""

    id: str
    kind: DocumentKind
    title: str
    media_type: str
    licence: str
    terms: TermsBody
    source: int
    hash: str
    length: int
    text: str | None = Field(description="Null where the licence doesn't allow the whole to be passed on.")


class DocumentVersionBody(DocumentBody):
    """A version of a document: `current`, or `superseded` by another text or by none."""

    span: str | None = Field(description="Characters `start` to `end`, where they were asked for.")
    state: Literal["current", "superseded"]
    current_hash: str | None = Field(description="Null where the document is no longer in the corpus.")
    corpus_version: str = Field(description="The corpus version that first had this text.")
    first_seen: str


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
    """The numbered sources, and the corpus they belong to; the kind `help` is what the program says of itself."""

    corpus: CorpusBody
    sources: list[SourceBody]


class SourceDetailBody(BaseModel):
    """A work, the stored documents about it, and the article's statements that cite it."""

    source: SourceBody
    documents: list[DocumentBody]
    statements: list[StatementBody]


class CheckedStatementBody(StatementBody):
    """A numbered statement with its place, its check in words, and the record of the work that it cites.

    `quote` is characters `start` to `end` of the stored document with that hash.
    """

    section: list[str]
    document: str
    start: int
    end: int
    document_hash: str
    in_words: str
    learners: str | None
    setting: str | None
    repeats: str | None
    source: SourceBody


class AuditCorpusBody(BaseModel):
    """Which version of which corpus was checked."""

    id: str
    title: str
    version: str


class AuditFilterBody(BaseModel):
    """What the statements were filtered by."""

    check: Check | None
    reference: int | None


class AuditListBody(BaseModel):
    """The audit: `total` and `counts` of all statements, and the `shown` ones that passed the filter."""

    corpus: AuditCorpusBody
    total: int
    counts: dict[Check, int]
    filter: AuditFilterBody
    shown: int
    statements: list[CheckedStatementBody]

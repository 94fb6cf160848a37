"""The vocabulary: frozen values that the two programs share.

In: nothing. Out: the types that every stage takes and returns, each checked as it is made: what a corpus is made of
(`corpus`), what a question becomes (`question`), what an answer is (`answer`), each of the three built on those before
it, and whom somebody can turn to who needs help first (`safety`). They do no input or output and know neither Chroma,
nor a model, nor how an answer is shown.

All offsets are half-open ranges of characters (Python `str` indices). `Chunk`, `Quote` and `Citation`
offsets count from the start of the stored document whose hash they carry; a chunk's `sentences` count from
the start of that chunk's text.
"""

from __future__ import annotations

from trustbot.types.answer import (
    GIVEN,
    MARKER,
    Answer,
    Citation,
    Claim,
    Notice,
    NoticeKind,
    Outcome,
    Partial,
    Stage,
    Support,
    Trace,
    Verdict,
)
from trustbot.types.corpus import (
    ARTICLE,
    Audit,
    Check,
    Chunk,
    Corpus,
    Currency,
    Document,
    DocumentKind,
    Section,
    SectionKind,
    Source,
    Span,
    Standing,
    Study,
    Suggestion,
    Terms,
    Update,
    UpdateKind,
    chunk_id,
    sha256_text,
)
from trustbot.types.question import (
    Passage,
    Query,
    Quote,
    Role,
    TokenVectors,
    Turn,
)
from trustbot.types.safety import CRISIS, HELPED, URGENT, Contact, SafetyKind, SafetyNote

__all__ = [
    "ARTICLE",
    "CRISIS",
    "GIVEN",
    "HELPED",
    "MARKER",
    "URGENT",
    "Answer",
    "Audit",
    "Check",
    "Chunk",
    "Citation",
    "Claim",
    "Contact",
    "Corpus",
    "Currency",
    "Document",
    "DocumentKind",
    "Notice",
    "NoticeKind",
    "Outcome",
    "Partial",
    "Passage",
    "Query",
    "Quote",
    "Role",
    "SafetyKind",
    "SafetyNote",
    "Section",
    "SectionKind",
    "Source",
    "Span",
    "Stage",
    "Standing",
    "Study",
    "Suggestion",
    "Support",
    "Terms",
    "TokenVectors",
    "Trace",
    "Turn",
    "Update",
    "UpdateKind",
    "Verdict",
    "chunk_id",
    "sha256_text",
]

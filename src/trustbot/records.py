"""What a record says about a source: the names of the facts, and the headings that they stand under.

In: nothing. Out: names that the two programs share: `ingest` writes each fact under its heading, and a question about
the sources is answered from the headings that it asks for. This module makes no sentence and knows no question.
"""

from __future__ import annotations

from typing import Literal

Fact = Literal[
    "title", "authors", "published", "identifiers", "address", "access", "licence",
    "design", "trial", "participants", "learners", "setting", "period", "method",
    "identification", "statements", "open", "status", "updated", "page",
    "works", "trials", "support", "beyond", "scope", "use", "version",
]  # fmt: skip

HEADINGS: dict[Fact, str] = {
    "title": "Title",
    "authors": "Authors",
    "published": "Publication",
    "identifiers": "Identifiers",
    "address": "Address",
    "access": "Access",
    "licence": "Licence",
    "design": "Design",
    "trial": "Trial or not",
    "participants": "Participants",
    "learners": "Learners",
    "setting": "Setting",
    "period": "Period",
    "method": "Method",
    "identification": "Identification",
    "statements": "Statements that rest on it",
    "open": "Open questions",
    "status": "Review status",
    "updated": "Last update",
    "page": "Facts of the page",
    "works": "Works",
    "trials": "Trials among the works",
    "support": "Support of the statements",
    "beyond": "Where the article goes beyond its sources",
    "scope": "Scope",
    "use": "Use",
    "version": "Version",
}
"""In the order in which a record gives them; those from `works` on are about the corpus as a whole."""

CORPUS_RECORD = "record"
"""Id of the record of the corpus as a whole; those of its sources are `record-` and the source's id."""


def record_id(source_id: str) -> str:
    """Id of the record of one source."""
    return f"{CORPUS_RECORD}-{source_id}"


HELP_DOCUMENT = "help"
"""Id of the document on the product itself."""
HELP: dict[str, str] = {
    "what": "What this is",
    "numbers": "What the numbers mean",
    "quotes": "Where the sentences come from",
    "notes": "What a note is",
    "supported": "Supported",
    "partly": "Only partly supported",
    "unconfirmed": "Not confirmed",
    "checked": "How the statements were checked",
    "trust": "Why it can be checked",
    "wrong": "What can go wrong",
    "model": "Which model reads and writes",
    "declines": "Why it says no",
    "keeps": "What is kept",
    "patients": "Patients",
    "made": "Who made it",
    "export": "Copying and exporting",
    "persona": "Who is asking",
    "language": "Languages",
    "add": "Adding documents",
}
"""What the help text tells, and the heading that each stands under."""

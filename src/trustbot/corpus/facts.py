"""What a record says about a source, and a note on a work: names of facts and headings, and what a design is.

In: the heading that a chunk stands under, or the words of a design. Out: names that the two programs share (`ingest`
writes each fact under its heading, and a question about the sources is answered from the headings that it asks for),
the part of a note, and what kind of trial a study is, by a closed list; anything else stays undecided.
"""

from __future__ import annotations

import re
from typing import Literal

from trustbot.types import Chunk

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


def is_finding(chunk: Chunk) -> bool:
    """Whether it says what the work found."""
    return _heading(chunk) == "what it found"


def is_limit(chunk: Chunk) -> bool:
    """Whether it says what the work does not show."""
    return _heading(chunk) == "what it does not show"


def is_record(chunk: Chunk) -> bool:
    """Whether it is about the work, such as where it appeared, and not about its subject."""
    return _heading(chunk) == "record"


def _heading(chunk: Chunk) -> str:
    return chunk.headings[-1].lower() if chunk.headings else ""


RANDOMISED = re.compile(r"\brandomi[sz]ed\b|\brandomi[sz]ation\b|\bRCT\b", re.IGNORECASE)
TRIAL = re.compile(r"\btrials?\b|\bexperiment(?:s|al)?\b|\bquasi[- ]experiment\w*", re.IGNORECASE)
REVIEW = re.compile(r"\b(?:review|meta[- ]analysis|meta[- ]synthesis|guideline)\b", re.IGNORECASE)
NEVER = re.compile(
    r"\b(?:narrative|scoping|systematic|literature)\b.*\breviews?\b|\breviews? of the literature\b"
    r"|\bmeta[- ]synthesis\b"
    r"|\b(?:auto)?ethnograph\w*|\bphenomen\w*|\bgrounded theory\b|\bqualitative\b|\binterviews?\b|\bfocus groups?\b"
    r"|\bcase (?:study|studies|report|series|control)\b|\bcohort\b|\bcross[- ]sectional\b|\bsurveys?\b"
    r"|\bobservational\b"
    r"|\bguidelines?\b|\bcommentary\b|\beditorial\b|\bessay\b|\bconceptual\b|\bjournals that\b"
    r"|\bdiary|\bself[- ]study\b",
    re.IGNORECASE,
)


def trial(design: str) -> str | None:
    """`a randomised trial` or `a trial`; an empty string for a design that is none; None if it can't be told."""
    named = RANDOMISED.search(design) or TRIAL.search(design)
    if REVIEW.search(design):  # of whatever it may have collected, a review is no trial itself
        return "" if NEVER.search(design) or named else None
    if named:
        denied = re.search(r"\b(?:no|not|non|without)\b", design, re.IGNORECASE)
        if denied:
            return None
        return "a randomised trial" if RANDOMISED.search(design) else "a trial"
    return "" if NEVER.search(design) else None

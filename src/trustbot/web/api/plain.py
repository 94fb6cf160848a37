"""An answer as text for programs that show text: what was said, then each number with its quote and its work.

In: an Answer. Out: text that begins with the answer's own, so that places in that are places in this; and the end cut
off again, where such a text comes back as what was said before. An outcome that this module doesn't know is its text.
"""

from __future__ import annotations

from trustbot.types import GIVEN, Answer, Citation

SOURCES = "\n\nSources:\n"
NEAR = "\n\nNear it, and not an answer:\n"
FOOT = "\n\n— "
BESIDE = ("partial", "wording", "retracted", "concern", "superseded", "conflict")
"""Notices that stand beside an answer; the others are part of its text."""


def told(answer: Answer) -> str:
    """The whole text of an answer: its own, its notices, its sources or what lies near, and the disclaimer."""
    beside = "".join(f"\n\n{notice.text}" for notice in answer.notices if notice.kind in BESIDE)
    quotes = ""
    if answer.outcome in GIVEN:
        quotes = SOURCES + "\n".join(map(_line, answer.citations))
    elif answer.outcome == "closest":
        quotes = NEAR + "\n".join(map(_line, answer.closest))
    return f"{answer.text}{beside}{quotes}{FOOT}{answer.disclaimer}"


def said(text: str) -> str:
    """What the answer itself said, of a text that `told` may have made."""
    ends = [at for mark in (SOURCES, NEAR, FOOT) if (at := text.find(mark)) >= 0]
    return text[: min(ends)] if ends else text


def _line(citation: Citation) -> str:
    source, audit = citation.source, citation.audit
    page = citation.document.page_of(citation.quote.start)
    about = [source.title, str(source.year or ""), f"page {page}" if page else "", source.address]
    # The text of an answer carries it, and that of what only lies near doesn't.
    doubt = f" {audit.notice}" if audit is not None and audit.notice and not citation.supports else ""
    return f"[{citation.number}] “{citation.quote.text}” ({', '.join(filter(None, about))}){doubt}"

"""Every fixed sentence that a reader of an answer sees, and the short phrases that join quotes.

In: values to fill in. Out: sentences. The phrases are a closed set, so that `verify` can tell them from words that
need a source. This module knows no chain and no screen.
"""

from __future__ import annotations

from collections.abc import Sequence

from trustbot.types import Audit

NOTE_LEAD = "From our note on the work: "
"""Put before a sentence of a note: it is about the paper, in our words, and not the paper's own."""
CHECKED = {"partly": "Only partly supported", "not visible": "Not confirmed", "contradicted": "Contradicted"}
"""What a reader sees for each check that isn't `supported`."""
CAVEAT = "Caveat"

STAGES = {
    "condense": "Reading the question…",
    "retrieve": "Searching {works} works and the guidance…",
    "check": "Checking {passages} passages…",
    "compose": "Putting the answer together…",
}

GREETING = "Hello. Ask me about {title}."
THANKS = "You're welcome."
NOT_COVERED = "The sources don't answer this."
NOT_COVERED_WORDS = "The sources say nothing about {words}."
NOT_COVERED_PARTY = (
    "The sources are about trust between the people they studied; trust that involves {party} is not among them."
)
NOT_COVERED_FIGURE = "The sources give no such figure."
NOTHING_MORE = "The sources hold nothing more on this than what was given."
UNKNOWN_REFERENCE = "There is no reference {number}; the references are numbered {first} to {last}."
UNCLEAR = "I can't tell what to look for. What would you like to know about? For example: {examples}."
UNVERIFIED = "No sentence could be matched to its source, so nothing is shown."
INSTRUCTION = "This asks me to act against my instructions; I only answer questions from the sources."
PARTIAL = "The sources don't cover {words}; this is what they do say."


PAGE_LEAD = "The article's page says: "
DISCLAIMER_LEAD = "The article's disclaimer says: "


def lead(document_kind: str, section_kind: str) -> str:
    """The fixed phrase in front of a quote, so that nobody takes a note for the paper or a page fact for a finding."""
    if document_kind == "note":
        return NOTE_LEAD
    return {"page": PAGE_LEAD, "disclaimer": DISCLAIMER_LEAD}.get(section_kind, "")


DIRECT = {
    "supported": "The article says so, and the work it cites supports it: ",
    "caveat": "The article says so: ",
    "partly": "The article says so, but the work it cites supports only part of it: ",
    "not visible": "The article says so, but what could be read of the work doesn't show it: ",
    "contradicted": "The article says so, but the work it cites says otherwise: ",
}
"""Lines that answer a yes/no question straight, by what the audit found."""
ALSO = "(Also said under “{heading}”.)"
ALSO_CAUTION = "(Also said under “{heading}”, where it is {check}: {notice})"


def also(heading: str, audit: Audit | None) -> str:
    """Where the same advice stands a second time, with the caution that holds there."""
    if audit is None or not audit.notice:
        return ALSO.format(heading=heading)
    check = CHECKED.get(audit.check, "qualified").lower()
    return ALSO_CAUTION.format(heading=heading, check=check, notice=audit.notice)


def direct(audit: Audit | None) -> str:
    """The direct line in front of a statement that answers a yes/no question."""
    if audit is None:
        return DIRECT["caveat"]
    return DIRECT["caveat"] if audit.check == "supported" and audit.notice else DIRECT[audit.check]


def caution(check: str, notice: str) -> str:
    """The words that stand behind a statement whose audit is not a plain `supported`."""
    return f"({CHECKED.get(check, CAVEAT)}: {notice})"


def listing(items: Sequence[str], last: str = "or") -> str:
    """`a, b or c`, each item in quotation marks."""
    quoted = [f"“{item}”" for item in items]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"

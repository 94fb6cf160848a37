"""A `Record` as its readers need it, whatever the markup: statements with their quotes, and every word around them.

In: a record. Out: plain values and plain text. This module knows no markup; what it gives is not escaped.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from trustbot.presentation import titles, wording
from trustbot.presentation.wording import badge, date
from trustbot.records.record import Record, RecordedCitation, RecordedNotice, RecordedTurn
from trustbot.records.references import formatted
from trustbot.records.sentences import spans
from trustbot.types import Check, DocumentKind, Source

TITLE = "Record of a conversation"
QUESTION = "Question"
UNDERSTOOD = "Understood as"
NOT_ANSWERED = "Not answered"
MADE = "How it was made"
COVERED = "What is covered"
QUOTES = "What it stands on"
WORKS = "Works cited"
CHECK = "Check"
STUDY = "Study"
PARTICIPANTS = "Participants"
SETTING = "Setting"
IDENTIFIED = "How surely identified"
ACCESS = "Access"
NOTHING_CITED = "No work was cited."
HOW_TO_CHECK = (
    "Anybody can change a copy like this one, and it shows nothing of that: the record is the same conversation "
    "exported as JSON. Run “trustbot verify” on that file where it was made: it says whether each quote still holds, "
    "and whether trustbot said these words. Places are characters of the stored document whose SHA-256 hash is given."
)
SIGNED = "yes, with the key {key}; the record that shows it is the export as JSON"
NOT_SIGNED = "no: that trustbot said these words can’t be shown"
NOT_ALL_SIGNED = "in part: that trustbot said the words under {numbers} can’t be shown"
CHECKED: dict[Check, str] = {
    "supported": "supported by the work",
    "partly": "only partly supported by the work",
    "not visible": "not confirmed: nothing that could be read of the work says it",
    "contradicted": "contradicted by the work",
}
KIND: dict[DocumentKind, str] = {
    "article": "the article’s own words",
    "note": "our note on the work, not its words",
    "full text": "the work’s own words",
    "record": "our record of the work, not its words",
    "help": "the help text of trustbot, on the program itself",
}


@dataclass(frozen=True, slots=True)
class Statement:
    """A part of an answer, and the quotes that it stands on."""

    text: str
    citations: tuple[RecordedCitation, ...]


def facts(record: Record) -> list[tuple[str, str]]:
    """What the record is: terms and values."""
    corpus = record.corpus
    return [
        ("Made", moment(record.created)),
        ("By", f"{record.product.name} {record.product.version}"),
        ("Corpus", f"{corpus.title} ({corpus.id}, version {corpus.version})"),
        ("Index", f"{corpus.fingerprint}, built {moment(corpus.indexed)}"),
        ("Signed", signed(record)),
        (COVERED, record.scope),
    ]


def signed(record: Record) -> str:
    """Whether the record is signed, and if not, what isn't; as it was made, which only `signing` can check."""
    if record.signature:
        return SIGNED.format(key=record.signature.key)
    missing = [str(number) for number, turn in enumerate(record.turns, 1) if not turn.signature]
    if 0 < len(missing) < len(record.turns):
        return NOT_ALL_SIGNED.format(numbers=", ".join(missing))
    return NOT_SIGNED


def statements(turn: RecordedTurn) -> list[Statement]:
    """The answer's statements in order; all of the text where no part of it is cited."""
    parts = spans(turn)
    if not parts:
        return [Statement(turn.text, turn.citations)] if turn.text else []
    return [Statement(turn.text[s:e], tuple(c for c in turn.citations if (s, e) in c.supports)) for s, e in parts]


def understood(turn: RecordedTurn) -> str:
    """What the question was understood as, where that is another question."""
    asked, standalone = " ".join(turn.question.split()), " ".join(turn.standalone.split())
    return "" if asked.casefold() == standalone.casefold() else standalone


def made(turn: RecordedTurn) -> str:
    """How an answer was made, in one sentence."""
    return wording.made(turn.model, (c.document_kind for c in turn.citations))


def notices(turn: RecordedTurn) -> list[RecordedNotice]:
    """The notices that no statement carries: what an audit found stands at its statement."""
    return [n for n in turn.notices if n.kind != "overreach"]


def place(citation: RecordedCitation) -> str:
    """Whose words a quote is, and under which headings and on which page they stand."""
    headings = " › ".join(citation.section) or citation.document_title
    page = f", page {citation.page}" if citation.page else ""
    return f"{KIND[citation.document_kind]}; {headings}{page}"


def proof(citation: RecordedCitation) -> str:
    """Where exactly the quote is: document, characters, hash."""
    where = f"{citation.document}, characters {citation.start}–{citation.end}"
    return f"{where}, {citation.document_hash}"


def audit(citation: RecordedCitation) -> list[tuple[str, str]]:
    """What checking the quoted statement found: terms and values."""
    found = citation.audit
    if found is None:
        return []
    verdict = f"{CHECKED[found.check]} (statement {found.claim}). {found.reason}"
    pairs = [(CHECK, verdict), ("Note", found.notice or ""), (titles.DIRECTION, found.direction)]
    return [(term, value) for term, value in pairs if value]


def work_line(record: Record, citation: RecordedCitation) -> str:
    """The work behind a number, in few words: title, and what kind of study it is."""
    work = record.work(citation.work)
    return "" if work is None else "; ".join(part for part in (work.title, badge(work)) if part)


@dataclass(frozen=True, slots=True)
class Reference:
    """A work as it is listed: its number, its formatted reference, and what is known of the study behind it."""

    number: int
    text: str
    facts: tuple[tuple[str, str], ...]


def references(works: Sequence[Source]) -> list[Reference]:
    """The works in the order of their numbers."""
    return [Reference(w.number, line, _known(w)) for w, line in zip(works, formatted(works), strict=True)]


def _known(work: Source) -> tuple[tuple[str, str], ...]:
    study = work.study
    told = ((STUDY, study.design), (PARTICIPANTS, study.participants), (SETTING, study.setting)) if study else ()
    later = ((titles.UPDATE[u.kind], f"{date(u.date)}, {u.notice}" if u.date else u.notice) for u in work.updates)
    pairs = (*later, *told, (IDENTIFIED, work.confidence), (ACCESS, work.access))
    return tuple((term, value) for term, value in pairs if value)


def moment(value: str) -> str:
    """An ISO moment as a reader writes it, `22 November 2026, 23:10 UTC`; anything else as it is."""
    try:
        when = datetime.datetime.fromisoformat(value)
    except ValueError:
        return value
    zone = when.astimezone(datetime.UTC) if when.tzinfo else when
    return f"{date(zone.date().isoformat())}, {zone:%H:%M} UTC"

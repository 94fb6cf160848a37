"""A `Record` and today's corpus -> a `Report`: which of its quotes still hold, and what else differs.

In: a record as it was read, the corpus as it is, and a function that finds a stored text by id and hash. Out: a verdict
for each quote, and findings about everything that stands around them. This module mends nothing and shows nothing.

A quote *holds* where it is, word for word, its characters of the stored document whose hash it names. If another
version of that document is current, it has *moved* where the quote stands in that version too, else it is
*superseded*. It is *changed* if the stored text has other words there, and *unknown* if no such text is stored.

That the quotes hold says nothing of the words around them, such as the question: whether trustbot said those is told
apart, by `signing`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from trustbot.errors import InvalidInput
from trustbot.index.documents import find_version
from trustbot.presentation import phrases
from trustbot.presentation.wording import CLOSEST, IDENTIFIERS, MONTHS, caution
from trustbot.records import sentences
from trustbot.records.record import Origin, Record, RecordedAudit, RecordedCitation, RecordedTurn, is_recorded
from trustbot.records.signing import Provenance, Signer
from trustbot.types import GIVEN, MARKER, Audit, Chunk, Corpus

Status = Literal["holds", "moved", "superseded", "changed", "unknown"]
STANDING: tuple[Status, ...] = ("holds", "moved", "superseded")
"""Statuses of a quote that is what its document said."""
_MODEL = re.compile(r"[a-z]{2,20}:[\w.:/@+-]{1,120}")
Stored = sentences.Stored
"""The text that was ever published under a document's id with this `sha256:...`; None if none was."""


@dataclass(frozen=True, slots=True)
class QuoteCheck:
    """What checking one quote found. `turn` and `place` count from 1."""

    turn: int
    place: int
    number: int
    document: str
    start: int
    end: int
    status: Status
    recorded: str
    """The words in the record."""
    stored: str | None
    """The words at that place of the stored document; None where there is no such document."""
    kept: bool = True
    """False where the version that was quoted is not stored here, and only the current one could be searched."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something else than a quote that isn't as it should be, as a sentence; `fails` if the record can't stand so."""

    turn: int | None
    text: str
    fails: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was found."""

    record: Record
    against: Origin
    quotes: tuple[QuoteCheck, ...]
    findings: tuple[Finding, ...]
    signed: Provenance = "unsigned"
    """Whether the record is as it was signed here, the order of its turns and the works included."""
    turns_signed: tuple[Provenance, ...] = ()
    """Whether each turn is as it was signed here."""

    @property
    def holds(self) -> bool:
        """True if every quote stands and nothing else fails; also of a record that isn't signed, see `signed`."""
        return all(q.status in STANDING for q in self.quotes) and not any(f.fails for f in self.findings)


def check(
    record: Record,
    corpus: Corpus,
    today: Origin,
    stored: Stored,
    *,
    intact: bool = True,
    strict: bool = False,
    checker: sentences.Checker | None = None,
) -> Report:
    """Check every quote of `record`, and what stands around it, against `corpus`.

    With `strict`, what could have changed since the record was made may not differ either. `checker` opens what checks
    sentences that a chat model worded; without it, a record that holds such doesn't stand. Raises InvalidInput for a
    record of another corpus.
    """
    if record.corpus.id != corpus.id:
        raise InvalidInput(
            f"The record was made from the corpus {record.corpus.id}, not from {corpus.id}. "
            f"Check it with --corpus {record.corpus.id}, where that corpus is indexed."
        )
    quotes: list[QuoteCheck] = []
    findings = list(_whole(record, corpus, today, intact, strict))
    for number, turn in enumerate(record.turns, 1):
        checked = [_quote((number, place), c, corpus, stored) for place, c in enumerate(turn.quotes, 1)]
        same = strict or turn.fingerprint == today.fingerprint
        told = [*_around(turn, checked, corpus, same), *_unkept(checked, strict), *_shape(turn, record.scope, corpus)]
        if not any(f.fails for f in told):
            statuses = [q.status for q in checked]
            told += [Finding(None, text) for text in sentences.check(turn, statuses, corpus, stored, checker)]
        findings += [Finding(number, f.text, f.fails) for f in told]
        quotes += checked
    return Report(record, today, tuple(quotes), tuple(findings))


def attest(report: Report, value: Mapping[str, Any], signer: Signer) -> Report:
    """The report with what the record's signatures show; `value` is the JSON that the record was read from."""
    whole, turns = signer.check(report.record, value)
    altered = [
        Finding(number or None, f"Changed after it was signed here: {', '.join(signed.changed)}.")
        for number, signed in enumerate((whole, *turns))
        if signed.provenance == "changed"
    ]
    told = tuple(signed.provenance for signed in turns)
    return replace(report, findings=(*altered, *report.findings), signed=whole.provenance, turns_signed=told)


def stored_text(index_dir: Path, corpus: Corpus, document: str, content_hash: str) -> str | None:
    """The text that an index ever published under this id with this hash, whole and checked; None if none was.

    Raises DocumentAltered where that text is no longer what was written.
    """
    found = find_version(index_dir, corpus, content_hash, document)
    return found.document.text if found else None


def _quote(where: tuple[int, int], given: RecordedCitation, corpus: Corpus, stored: Stored) -> QuoteCheck:
    current = next((d for d in corpus.documents if d.id == given.document), None)
    by_hash = next((d for d in corpus.documents if d.content_hash == given.document_hash), None)
    text = by_hash.text if by_hash else stored(given.document, given.document_hash)
    inside = 0 <= given.start < given.end
    found = None if text is None else text[given.start : given.end] if inside else ""
    stands = current is not None and given.quote in current.text
    kept = True
    status: Status
    if found is not None and found != given.quote:
        status = "changed"
    elif by_hash is not None:
        # The same text may be stored under two names; a name that has another text is the wrong one.
        status = "holds" if current and current.content_hash == given.document_hash else "unknown"
    elif found is not None:
        status = "moved" if stands else "superseded"
    else:
        kept = False
        status = "moved" if stands and inside and given.end - given.start == len(given.quote) else "unknown"
    turn, place = where
    return QuoteCheck(
        turn, place, given.number, given.document, given.start, given.end, status, given.quote, found, kept
    )


def _whole(record: Record, corpus: Corpus, today: Origin, intact: bool, strict: bool) -> Iterator[Finding]:
    if not intact:
        yield Finding(None, "The checksum does not fit: something in the record was changed after it was made.")
    if record.corpus.version != today.version:
        yield Finding(
            None,
            f"The record was made from version {record.corpus.version} of the corpus; {today.version} is current.",
            fails=False,
        )
    same = strict or record.corpus.fingerprint == today.fingerprint
    for name, given, current in (
        ("disclaimer", record.disclaimer, corpus.disclaimer),
        ("scope", record.scope, corpus.scope),
        ("title", record.corpus.title, corpus.title),
    ):
        if given != current:
            yield Finding(None, f"The {name} is not the one that the corpus has.", same)
    for work in record.works:
        known = next((s for s in corpus.sources if s.id == work.id), None)
        if known and known.retraction and not work.retraction:
            told = f"The work {work.id} was retracted after the record was made: {known.retraction.notice}."
            yield Finding(None, told, same)
        elif known != work:
            told = "is not what the corpus records of it" if known else "is not in the corpus"
            yield Finding(None, f"The record of the work {work.id} {told}.", same)
    quoted = {c.work for t in record.turns for c in t.quotes}
    for missing in sorted(quoted - {w.id for w in record.works}):
        yield Finding(None, f"The work {missing} is quoted, but not listed.")


def _shape(turn: RecordedTurn, scope: str, corpus: Corpus) -> Iterator[Finding]:
    """Do text, markers, citations, reason and notices fit each other?"""
    if not is_recorded(turn.outcome):
        yield Finding(None, "A record holds no turn of this outcome.")
        return
    yield from _answered(turn) if turn.outcome in GIVEN else _declined(turn, scope)
    if turn.outcome not in GIVEN or turn.reason is not None:
        said = (turn.question, turn.standalone)
        if not turn.reason or not phrases.is_said(turn.reason, corpus, said):
            yield Finding(None, "The reason given is not a sentence that trustbot says.")
    if turn.model is not None and (turn.outcome not in GIVEN or not _MODEL.fullmatch(turn.model)):
        yield Finding(None, "What is said to have worded the answer is no chat model.")
    yield from _closest(turn)
    yield from _notices(turn, corpus)


def _closest(turn: RecordedTurn) -> Iterator[Finding]:
    """What is shown as near stands for no text, and under the sentence that says so."""
    if bool(turn.closest) != (turn.outcome == "closest"):
        yield Finding(None, "Quotes are shown as near where none should be, or the other way round.")
    if (turn.reason == CLOSEST) != (turn.outcome == "closest"):
        yield Finding(None, "Whether quotes are only near is not what the reason says.")
    if any(c.supports for c in turn.closest):
        yield Finding(None, "A quote that is only near stands for a part of the text.")


def _answered(turn: RecordedTurn) -> Iterator[Finding]:
    marked = {int(n) for n in MARKER.findall(turn.text)}
    cited = {c.number for c in turn.citations}
    if not cited:
        yield Finding(None, "The answer has no citation.")
    if marked != cited:
        yield Finding(None, f"The text has the numbers {_list(marked)}, the citations have {_list(cited)}.")
    if any(not 0 <= s < e <= len(turn.text) for c in turn.citations for s, e in c.supports):
        yield Finding(None, "A citation stands for a part of the text that is not there.")
    if any(not c.supports for c in turn.citations):
        yield Finding(None, "A citation stands for no part of the text.")


def _declined(turn: RecordedTurn, scope: str) -> Iterator[Finding]:
    if turn.citations or MARKER.search(turn.text):
        yield Finding(None, "Nothing was answered, and yet something is cited.")
    if turn.text not in ("", turn.reason, f"{turn.reason} {scope}"):
        yield Finding(None, "The text is not the reason given for not answering.")


def _notices(turn: RecordedTurn, corpus: Corpus) -> Iterator[Finding]:
    if (turn.outcome == "partly") != any(n.kind == "partial" for n in turn.notices):
        yield Finding(None, "Whether all of the question was answered is not what the notices say.")
    told = {
        f"[{c.number}] {caution(c.audit.check, c.audit.notice or c.audit.reason).strip('()')}"
        for c in turn.citations
        if c.audit
    }
    said = (turn.question, turn.standalone, *IDENTIFIERS.values(), *MONTHS)
    for notice in turn.notices:
        if notice.text not in told and not phrases.is_said(notice.text, corpus, said):
            yield Finding(None, f"The notice “{notice.text[:80]}” is not a sentence that trustbot says.")


def _around(turn: RecordedTurn, checked: list[QuoteCheck], corpus: Corpus, same: bool) -> Iterator[Finding]:
    """Do number, work, place and audit of each quote agree with the corpus?"""
    for citation, found in zip(turn.quotes, checked, strict=True):
        if found.status not in STANDING:
            continue
        named = f"Citation {found.place}, [{citation.number}]"
        chunks = sentences.chunks_at(citation, corpus)
        if found.status == "holds":
            problems = [_place(citation, chunk, corpus) for chunk in chunks] or ["is no part of what may be quoted"]
            if all(problems):
                yield Finding(None, f"{named}: it {problems[0]}.")
        recorded_claim = citation.audit.claim if citation.audit else None
        claim = chunks[0].claim_id if chunks else recorded_claim
        today = recorded(corpus.audit(claim))
        if citation.audit != today:
            was = citation.audit.check if citation.audit else "nothing"
            now = today.check if today else "nothing"
            change = f"says “{was}”, today’s says “{now}”" if was != now else "has other words than today’s"
            yield Finding(None, f"{named}: the audit recorded {change}.", same)


def recorded(audit: Audit | None) -> RecordedAudit | None:
    """An audit as a record holds it."""
    if audit is None:
        return None
    return RecordedAudit(audit.claim_id, audit.check, audit.reason, audit.notice, audit.direction)


def _place(citation: RecordedCitation, chunk: Chunk, corpus: Corpus) -> str:
    """What of a citation doesn't fit the chunk that holds it; empty if all does."""
    number, document = corpus.number_of(chunk), corpus.document(chunk.document_id)
    work = (corpus.numbered(number) or corpus.source(chunk.source_id)).id
    for name, given, known in (
        ("number", citation.number, number),
        ("work", citation.work, work),
        ("section", citation.section, chunk.headings),
        ("kind of document", citation.document_kind, document.kind),
        ("title of the document", citation.document_title, document.title),
    ):
        if given != known:
            shown = " › ".join(known) if isinstance(known, tuple) else known
            return f"has another {name} than the corpus has, which is “{shown}”"
    return ""


def _unkept(checked: list[QuoteCheck], strict: bool) -> Iterator[Finding]:
    for found in checked:
        if found.status == "moved" and not found.kept:
            text = f"Citation {found.place}, [{found.number}]: the version that it quotes is not stored here."
            yield Finding(None, text, fails=strict)


def _list(numbers: set[int]) -> str:
    return ", ".join(map(str, sorted(numbers))) or "none"

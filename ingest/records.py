"""A manifest's facts -> stored documents: what is recorded of each source, in plain sentences that can be quoted.

In: a validated manifest. Out: one document per source and one for the corpus as a whole, with a chunk per sentence,
none of which is embedded or searched. Every sentence comes from a fixed template and is true by construction: a fact
that the manifest leaves out is said to be missing or is not mentioned. This module knows no file and no index.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from ingest.made import Made, make_document
from ingest.manifest import Manifest
from trustbot.corpus.facts import CORPUS_RECORD, HEADINGS, Fact, record_id, trial
from trustbot.presentation.wording import date, enumerated, named
from trustbot.types import Audit, Check, Chunk, Document, Source, UpdateKind

Line = tuple[Fact, str]

LICENCE = "our own words, made from the corpus's manifest and audit"
CHECKED: dict[Check, str] = {
    "supported": "supported by what could be read",
    "partly": "only partly supported by it",
    "not visible": "not confirmed by it",
    "contradicted": "contradicted by it",
}


LATER: dict[UpdateKind, str] = {
    "retraction": "a retraction of",
    "concern": "an expression of concern about",
    "correction": "a correction of",
    "version": "a newer version of",
}


def write_records(manifest: Manifest) -> tuple[tuple[Document, ...], tuple[Chunk, ...]]:
    """The records of a manifest and their sentences; none for a source of which no more than a title is recorded."""
    pairs = [_record(s, manifest) for s in manifest.sources if _is_described(s)]
    guidance = next((s for s in manifest.sources if s.kind == "guidance"), None)
    if guidance is not None:
        title = f"Record of the corpus “{manifest.title}”"
        pairs.append(_document(CORPUS_RECORD, guidance, title, _corpus_lines(manifest)))
    return tuple(d for d, _ in pairs), tuple(c for _, chunks in pairs for c in chunks)


def _is_described(source: Source) -> bool:
    known = (source.authors, source.year, source.container, source.doi, source.pmid, source.study)
    return source.kind == "guidance" or any(known)


def _record(source: Source, manifest: Manifest) -> Made:
    lines = [*_bibliography(source), *_access(source), *_study(source), *_standing(source)]
    lines += (("status", line) for line in _later(source, manifest.checked))
    if source.kind == "work" and manifest.audits:
        lines.append(("statements", _statements(source, manifest.audits)))
    lines += [("open", f"Still open about {name(source)}: {question}") for question in source.open_questions]
    return _document(record_id(source.id), source, f"Record of {name(source)}", lines)


def _document(document_id: str, source: Source, title: str, lines: Iterable[Line]) -> Made:
    """The lines under a heading for each fact, in the order of `HEADINGS`."""
    order = list(HEADINGS)
    grouped = groupby(sorted(lines, key=lambda line: order.index(line[0])), key=lambda line: line[0])
    parts = ((HEADINGS[fact], [sentence for _, sentence in group]) for fact, group in grouped)
    return make_document(document_id, source, "record", title, LICENCE, parts)


# -- one source ------------------------------------------------------------------------------------------------


def name(source: Source) -> str:
    """What a reader calls a source in the middle of a sentence."""
    return "the article" if source.kind == "guidance" else f"reference {source.number}"


def _start(source: Source) -> str:
    return name(source)[0].upper() + name(source)[1:]


def _bibliography(source: Source) -> Iterator[Line]:
    shown = f"{_start(source)}, number {source.number} here," if source.kind == "guidance" else _start(source)
    yield "title", f"{shown} is “{source.title}”."
    if source.authors:
        yield "authors", f"{enumerated(source.authors)} wrote {name(source)}."
    else:
        yield "authors", f"No author of {name(source)} is recorded."
    if where := _where(source):
        yield "published", f"{_start(source)} appeared {where}."
    ids = {"DOI": source.doi, "PMID": source.pmid, "PMCID": source.pmcid}
    if seen := [f"the {kind} {value}" for kind, value in ids.items() if value]:
        yield "identifiers", f"{_start(source)} has {enumerated(seen)}."
    if missing := [kind for kind, value in ids.items() if not value]:
        yield "identifiers", f"No {enumerated(missing, 'or')} of {name(source)} was visible."
    if source.address:
        yield "address", f"{_start(source)} can be found at {source.address}."
    else:
        yield "address", f"No address of {name(source)} is recorded."


def _where(source: Source) -> str:
    """Such as `in Medical Education in 2017, volume 51, issue 2, pages 146-157`, with what is known."""
    head = [f"in {part}" for part in (source.container, source.year) if part]
    parts = {"volume": source.volume, "issue": source.issue, "pages": source.pages}
    rest = [f"{kind} {value}" for kind, value in parts.items() if value]
    return ", ".join([" ".join(head), *rest]) if head else ""


def _access(source: Source) -> Iterator[Line]:
    if source.access:
        yield "access", f"The access recorded for {name(source)} is: {source.access}."
    yield "licence", f"The licence recorded for {name(source)} is: {source.licence}."


def _study(source: Source) -> Iterator[Line]:
    study = source.study
    if study is None:
        return
    yield "design", f"The design recorded for {name(source)} is: {study.design}."
    found = trial(study.design)
    if found is not None:
        yield "trial", f"{_start(source)} is {found}." if found else f"{_start(source)} is not a trial."
    yield "participants", f"The participants recorded for {name(source)} are: {study.participants}."
    if study.learners:
        yield "learners", f"The learners recorded for {name(source)} are: {study.learners}."
    yield "setting", f"The setting recorded for {name(source)} is: {study.setting}."
    if study.period:
        yield "period", f"The period recorded for the study of {name(source)} is: {study.period}."
    else:
        yield "period", f"No study period is recorded for {name(source)}."
    if study.method:
        yield "method", f"The method recorded for {name(source)} is: {study.method}."


def _standing(source: Source) -> Iterator[Line]:
    if source.confidence:
        yield (
            "identification",
            f"The confidence that {name(source)} is the work behind its number is recorded as: {source.confidence}.",
        )
    if source.status:
        yield "status", f"The review status recorded for {name(source)} is: {source.status}."
    if source.last_updated:
        yield "updated", f"{_start(source)} was last updated on {date(source.last_updated)}."
    for fact in source.page_facts:
        if not (source.last_updated and date(source.last_updated) in fact):  # said already
            yield "page", fact


def _later(source: Source, checked: str | None) -> Iterator[str]:
    """What was published about a work later; that nothing was found, where it could be looked up."""
    for update in source.updates:
        what = f"{LATER[update.kind][:1].upper()}{LATER[update.kind][1:]} {name(source)} was published"
        told = f"{_start(source)} was retracted" if update.kind == "retraction" else what
        day = f" on {date(update.date)}" if update.date else ""
        yield f"{told}{day}; the notice is at {update.notice}."
    if checked and not source.updates and (source.doi or source.pmid):
        yield f"On {date(checked)} no retraction or correction of {name(source)} was found."


def _statements(source: Source, audits: Sequence[Audit]) -> str:
    own = [a for a in audits if a.reference == source.number]
    if not own:
        return f"No numbered statement of the article rests on {name(source)}."
    if len(own) == 1:
        return f"One statement of the article rests on {name(source)}, and it is {_tally(own, alone=True)}."
    return f"{len(own)} statements of the article rest on {name(source)}: {_tally(own)}."


def _tally(audits: Sequence[Audit], *, alone: bool = False) -> str:
    """Such as `15 are supported by what could be read, 14 only partly supported by it`; no check with none."""
    counts = [(sum(a.check == check for a in audits), words) for check, words in CHECKED.items()]
    said = [(n, words) for n, words in counts if n]
    # The first part names what was read; where nothing is supported, another part has to.
    first = said[0][1].replace("by it", "by what could be read")
    if alone:
        return first
    parts = [f"{n} {'is' if n == 1 else 'are'} {words}" for n, words in [(said[0][0], first), *said[1:]]]
    return enumerated(parts)


# -- the corpus as a whole -------------------------------------------------------------------------------------


def _corpus_lines(manifest: Manifest) -> Iterator[Line]:
    works = sorted((s for s in manifest.sources if s.kind == "work"), key=lambda s: s.number)
    if works:
        noun = "work" if len(works) == 1 else "works"
        yield "works", f"The article rests on {len(works)} numbered {noun}: {named([s.number for s in works])}."
        yield from (("trials", line) for line in _trials(works))
    if manifest.audits:
        yield (
            "support",
            f"Of the {len(manifest.audits)} numbered statements of the article, {_tally(manifest.audits)}.",
        )
        yield from (("beyond", line) for line in _beyond(manifest.audits))
    yield "scope", manifest.scope
    yield "use", manifest.disclaimer
    yield "version", f"This is version {manifest.version} of the corpus “{manifest.title}”."


def _beyond(audits: Sequence[Audit]) -> Iterator[str]:
    """What each statement that its work doesn't carry whole adds; none where all are supported."""
    for audit in audits:
        if audit.check != "supported":
            words = " ".join(audit.quote.split()).rstrip(" .")
            where = f"Statement {audit.claim_id} of the article, on reference {audit.reference}"
            yield f"{where}: “{words}” {_found(audit)}"


def _found(audit: Audit) -> str:
    return f"is {CHECKED[audit.check].replace('it', 'that work')}. {audit.reason}"


def _trials(works: Sequence[Source]) -> Iterator[str]:
    """One sentence if the design of every work says whether it is a trial; else none."""
    found = {s.number: trial(s.study.design) if s.study else None for s in works}
    if None in found.values():
        return
    trials = [number for number, kind in found.items() if kind]
    if not trials:
        yield f"None of the {len(works)} works behind the article's numbers is a trial."
    else:
        yield f"Trials among the {len(works)} works behind the article's numbers: {named(trials)}."

"""Works as references: CSL-JSON items, RIS entries and one formatted line each. The home of citeproc and rispy.

In: sources as the manifest declares them. Out: plain data and text. A fact that the manifest lacks is absent from
every form; nothing is put in its place. This module knows no record and no markup: what it gives is not escaped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trustbot.corpus.authors import author
from trustbot.types import Source

STYLE = Path(__file__).parent / "reference-list.csl"
_OWN_MARK = re.compile(r"([?!…])\.(?= |$)")
_PAGES = re.compile(r"\s*(\w+)\s*[-–—]\s*(\w+)\s*")
_DIGITS = re.compile(r"[0-9]+\Z")

Item = dict[str, Any]


def csl_items(works: Sequence[Source]) -> list[Item]:
    """Each work as a CSL-JSON item, in the order given."""
    return [_item(work) for work in works]


def formatted(works: Sequence[Source]) -> list[str]:
    """Each work as one line of plain text, formatted by citeproc, in the order given."""
    from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
    from citeproc.source.json import CiteProcJSON

    items = csl_items(works)
    # Made anew each time: a style keeps the formatter of its last user, so it can't be shared between threads.
    style = CitationStylesStyle(str(STYLE), validate=False)
    bibliography = CitationStylesBibliography(style, CiteProcJSON(items), formatter.plain)
    for item in items:
        bibliography.register(Citation([CitationItem(item["id"])]))
    # A title that ends with its own mark needs no full stop behind it.
    return [_OWN_MARK.sub(r"\1", " ".join(str(entry).split())) for entry in bibliography.bibliography()]


def ris(works: Sequence[Source]) -> str:
    """The works as a RIS file."""
    import rispy

    class Writer(rispy.RisWriter):  # type: ignore[misc]
        NEWLINE = "\r\n"

        def set_header(self, count: int) -> str:
            return ""  # a number in front of each entry is no part of the format

    return str(rispy.dumps([_entry(work) for work in works], implementation=Writer))


def name(written: str) -> dict[str, str]:
    """An author as CSL takes it: family and given name where the form tells them apart, else the name as it is."""
    parts = author(written)
    return {"literal": parts.family} if parts.is_whole else {"family": parts.family, "given": parts.given}


def _pages(written: str | None) -> tuple[str | None, str | None]:
    """The first and the last page; an end that leaves out what it shares with the first, `101-9`, is written out.

    Anything else than a span of two pages is one value, as it was written.
    """
    span = _PAGES.fullmatch(written or "")
    if not span:
        return written, None
    first, last = span[1], span[2]
    digits = _DIGITS.search(first)
    if digits and last.isdecimal() and len(last) < len(digits[0]):
        whole = digits[0][: -len(last)] + last
        last = first[: digits.start()] + whole if int(whole) > int(digits[0]) else last
    return first, last


def _item(work: Source) -> Item:
    facts: dict[str, Any] = {
        "id": work.id,
        "type": _kind(work),
        "author": [name(written) for written in work.authors if written.strip()],
        "issued": {"date-parts": [[work.year]]} if work.year else None,
        "title": work.title,
        "container-title": work.container,
        "volume": work.volume,
        "issue": work.issue,
        "page": work.pages,
        "DOI": work.doi,
        "PMID": work.pmid,
        "PMCID": work.pmcid,
        "URL": work.address,
        "note": _standing(work),
    }
    return {key: _line(value) if isinstance(value, str) else value for key, value in facts.items() if value}


def _entry(work: Source) -> Item:
    first, last = _pages(work.pages)
    facts: dict[str, Any] = {
        "type_of_reference": {"article-journal": "JOUR", "webpage": "ELEC"}.get(_kind(work), "GEN"),
        "id": work.id,
        "authors": [_inverted(written) for written in work.authors if written.strip()],
        "title": work.title,
        "secondary_title": work.container,
        "year": str(work.year) if work.year else None,
        "volume": work.volume,
        "number": work.issue,
        "start_page": first,
        "end_page": last,
        "doi": work.doi,
        "accession_number": work.pmid,
        "urls": [_line(work.address)] if work.address else None,
        "notes": [_line(note) for note in _notes(work) if note],
    }
    return {key: _line(value) if isinstance(value, str) else value for key, value in facts.items() if value}


def _kind(work: Source) -> str:
    if work.kind == "guidance" or not work.container:
        return "webpage" if work.address.startswith(("http://", "https://")) else "document"
    return "article-journal"


def _standing(work: Source) -> str | None:
    """Whether it was retracted, and what its own page says of its state; a date of update is none of publication."""
    updated = f"last updated {work.last_updated}" if work.last_updated else None
    withdrawn = f"retracted on {found.date or 'an unknown day'}: {found.notice}" if (found := work.retraction) else None
    told = "; ".join(part for part in (withdrawn, updated, work.status) if part)
    return told[:1].upper() + told[1:] or None


def _notes(work: Source) -> tuple[str | None, ...]:
    identified = f"Identification of the work: {work.confidence}" if work.confidence else None
    return (_standing(work), work.study.summary if work.study else None, identified)


def _inverted(written: str) -> str:
    parts = author(written)
    return parts.family if parts.is_whole else f"{parts.family}, {parts.given}"


def _line(value: str) -> str:
    """Text on one line: a line break inside a value would begin another field."""
    return " ".join(value.split())

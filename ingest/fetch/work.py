"""A work as services describe it: its identifiers and its facts, put together from several of them.

In: what each service said. Out: one `Work`. A fact that none says stays out. This module knows no service.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import unquote

from ingest.fetch.licences import Licence
from ingest.schema import DOI, PMCID, PMID
from trustbot.corpus.authors import Author, author
from trustbot.errors import InvalidInput

_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_BEFORE = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Work:
    """The facts of a published work; what isn't known is None or empty."""

    title: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    container: str | None = None
    volume: str | None = None
    issue: str | None = None
    pages: str | None = None
    doi: str | None = None
    pmid: str | None = None
    pmcid: str | None = None
    licence: Licence | None = None
    """What a service says of its licence; the article itself may say otherwise."""
    is_open: bool = False
    """Whether Europe PMC gives its full text out."""


def merged(known: Sequence[Work]) -> Work:
    """One work of several descriptions of it: each fact by the first that has it."""
    facts: dict[str, Any] = {}
    for field in fields(Work):
        values = (getattr(work, field.name) for work in known)
        facts[field.name] = next((value for value in values if value), field.default)
    return Work(**facts)


def plain(written: object) -> str:
    """A title or a name on one line, without tags, entities and control characters."""
    text = html.unescape(_TAG.sub("", str(written or "")))
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def named(family: str, given: str) -> str:
    """An author as a manifest writes one: the family name first where the form alone wouldn't tell it."""
    whole = f"{given} {family}".strip()
    return whole if not (given and family) or author(whole) == Author(family, given) else f"{family}, {given}"


def doi_of(written: str) -> str:
    """The DOI alone, in lower case, from any way of writing it; InvalidInput where it is none."""
    bare = _BEFORE.sub("", written.strip(), count=1)
    doi = (unquote(bare) if bare != written.strip() else bare).lower()
    if not re.fullmatch(DOI, doi) or not doi.isprintable():
        raise InvalidInput(f"{written[:100]!r} is no DOI. Give one such as 10.1000/182.")
    return doi


def pmid_of(written: str) -> str:
    """The digits of a PMID; InvalidInput where it is none."""
    pmid = re.sub(r"^pmid:?\s*", "", written.strip(), flags=re.IGNORECASE)
    if not re.fullmatch(PMID, pmid):
        raise InvalidInput(f"{written[:100]!r} is no PMID. Give its digits, such as 12345678.")
    return pmid


def pmcid_of(written: str) -> str:
    """The PMCID with its letters; InvalidInput where it is none."""
    pmcid = re.sub(r"^(?:pmcid:?\s*)?(?:PMC)?", "PMC", written.strip(), flags=re.IGNORECASE)
    if not re.fullmatch(PMCID, pmcid):
        raise InvalidInput(f"{written[:100]!r} is no PMCID. Give one such as PMC1234567.")
    return pmcid


def known_as(find: Any, written: object) -> str | None:
    """An identifier that a service gave, or None where it gave none or something else."""
    try:
        return str(find(str(written or "")))
    except InvalidInput:
        return None

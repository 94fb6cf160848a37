"""A place in a stored text that is no longer current -> the chunk that stood there, made anew.

In: a document's text as it was published once, a place in it, and today's corpus. Out: a `Chunk`: its headings and the
number behind it as that text prints them, its claim as today's audit has it. Nothing is taken on trust: what can't be
seen in the text or in the audit is left out. This module knows no page.
"""

from __future__ import annotations

import re

from trustbot.text.markdown import PLAIN, Heading, headings
from trustbot.types import Chunk, Corpus, Document, SectionKind, chunk_id

_PRINTED = re.compile(r"\[(\d{1,4})\][ \t]*\.?\s*\Z")


def chunk_at(document: Document, start: int, end: int, corpus: Corpus) -> Chunk:
    """The chunk of `document` that is its characters `start` to `end`; ValueError where there are none."""
    text = document.text[start:end]
    path = headings_above(document, start)
    same = [c for c in corpus.chunks if c.document_id == document.id]
    alike = sorted((c for c in same if text in c.text), key=lambda c: c.headings != path)
    if alike and not path:
        path = alike[0].headings
    reference = _printed(document, end)
    return Chunk(
        id=chunk_id(document.id, document.content_hash, start, text),
        document_id=document.id,
        source_id=document.source_id,
        document_hash=document.content_hash,
        headings=path,
        text=text,
        start=start,
        end=end,
        sentences=((0, len(text)),),
        kind=_kind(document, path, alike or [c for c in same if c.headings == path]),
        reference=reference,
        claim_id=_claim(alike, reference, corpus),
    )


def headings_above(document: Document, place: int) -> tuple[str, ...]:
    """The path of Markdown headings above a place, without the page's title; none in a text of another kind."""
    if document.media_type in PLAIN:
        return ()
    found = list(headings(document.text))
    tops = [heading for heading in found if heading.level == 1]
    path: list[Heading] = []
    for heading in found:
        if heading.start >= place:
            break
        path = [h for h in path if h.level < heading.level]
        if heading.title and tops != [heading]:
            path.append(heading)
    return tuple(heading.title for heading in path)


def _printed(document: Document, end: int) -> int | None:
    """The number that the guidance prints at the end of the line, behind a statement."""
    if document.kind != "article":
        return None
    line_end = document.text.find("\n", end)
    found = _PRINTED.search(document.text[end : len(document.text) if line_end < 0 else line_end])
    return int(found[1]) if found else None


def _kind(document: Document, headings: tuple[str, ...], alike: list[Chunk]) -> SectionKind:
    if alike:
        return alike[0].kind
    return "statement" if document.kind == "article" and headings else "prose"


def _claim(alike: list[Chunk], reference: int | None, corpus: Corpus) -> str | None:
    """The claim that today's audit makes of the same words under the same number."""
    audits = [corpus.audit(c.claim_id) for c in alike]
    return next((a.claim_id for a in audits if a and a.reference == reference), None)

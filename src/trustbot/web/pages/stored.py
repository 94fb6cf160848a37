"""Stored document versions by id and hash, as the API and the document page look them up.

In: what a request names. Out: a version with the place asked for, or a problem; and the version as plain JSON types.
Each text is read from its file and compared with its hash. This module knows no markup.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from trustbot.corpus.excerpts import shown_part
from trustbot.index.documents import DocumentVersion
from trustbot.types import Document, Span
from trustbot.web.http.problems import Refused, shown
from trustbot.web.i18n import language, words
from trustbot.web.service import Service

_HASH = re.compile(r"(?:sha256:)?([0-9a-fA-F]{64})")


@dataclass(frozen=True, slots=True)
class Place:
    """A stored version, the place in it that was asked for, and what of it may be shown."""

    version: DocumentVersion
    quote: Span | None
    part: Span | None

    @property
    def words(self) -> str | None:
        """The words at the place that was asked for."""
        return self.version.document.text[slice(*self.quote)] if self.quote else None


def find_place(
    service: Service, document_id: str, version: str | None = None, start: int | None = None, end: int | None = None
) -> Place:
    """The stored version of a document, the current one where none is named; `document_id` may be a hash instead.

    Refused with 404 for a document or version that was never stored, 422 for a place that is not in the text, 403 for
    one longer than the licence allows; DocumentAltered if the stored text no longer has its hash.
    """
    found = _find(service, document_id, version)
    text = found.document.text
    if start is None and end is None:
        return Place(found, None, (0, len(text)) if found.document.terms.ship else None)
    first, last = start or 0, len(text) if end is None else end
    if not 0 <= first < last <= len(text):
        raise Refused(422, words.WRONG_SPAN.format(length=language.number(len(text)), start=first, end=last))
    part = shown_part(found.document, first, last)
    if part is None:
        raise Refused(403, words.PLACE_TOO_LONG.format(licence=found.document.licence))
    return Place(found, (first, last), part)


def _find(service: Service, document_id: str, version: str | None) -> DocumentVersion:
    bot = service.bot
    current = next((d for d in bot.corpus.documents if d.id == document_id), None)
    if current is None and version is None and _HASH.fullmatch(document_id):
        found = bot.document(_hash(document_id))
        if found is None:
            raise Refused(404, words.NO_DOCUMENT.format(hash=shown(document_id)))
        return found
    if version is None:
        found = bot.document(current.content_hash, document_id) if current else None
        if found is None:
            raise Refused(404, words.NO_DOCUMENT_ID.format(id=shown(document_id)))
        return found
    found = bot.document(_hash(version), document_id)
    if found is None:
        raise Refused(404, words.NO_VERSION.format(hash=shown(version), id=shown(document_id)))
    return found


def _hash(given: str) -> str:
    match = _HASH.fullmatch(given)
    return f"sha256:{match[1].lower()}" if match else given


def place_to_dict(place: Place) -> dict[str, Any]:
    """A stored version as plain JSON types, its text whole where it may be passed on."""
    version = place.version
    return {
        **document_to_dict(version.document, version.number),
        "span": place.words,
        "state": "current" if version.is_current else "superseded",
        "current_hash": version.current_hash,
        "corpus_version": version.corpus_version,
        "first_seen": version.first_seen,
    }


def document_to_dict(document: Document, number: int) -> dict[str, Any]:
    """A document as plain JSON types; `text` is null where its licence doesn't allow it to be passed on."""
    return {
        "id": document.id,
        "kind": document.kind,
        "title": document.title,
        "media_type": document.media_type,
        "licence": document.licence,
        "terms": {
            "quote_words": document.terms.quote_words,
            "ship": document.terms.ship,
            "address": document.terms.address,
        },
        "source": number,
        "hash": document.content_hash,
        "length": len(document.text),
        "text": document.text if document.terms.ship else None,
    }

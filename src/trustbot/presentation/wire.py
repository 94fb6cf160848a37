"""The types as plain JSON: the Answer object that the command line, HTTP and exports share.

In: the frozen types. Out: dictionaries of JSON types only. This module knows no transport; the shape it
gives is a public interface, so fields may be added but never renamed.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from trustbot.presentation.wording import badge, made
from trustbot.types import Answer, Citation, Partial, SafetyNote, Source


def answer_to_dict(answer: Answer) -> dict[str, Any]:
    """The Answer object that `--json`, HTTP and exports share: plain JSON types only."""
    return {
        "id": answer_id(answer),
        "outcome": answer.outcome,
        "abstained": answer.abstained,
        "text": answer.text,
        "citations": [citation_to_dict(c) for c in answer.citations],
        "notices": [{"kind": n.kind, "text": n.text} for n in answer.notices],
        "reason": answer.reason,
        "nearest": list(answer.nearest),
        "followups": list(answer.followups),
        "closest": [citation_to_dict(c) for c in answer.closest],
        "safety": None if answer.safety is None else safety_to_dict(answer.safety),
        "framing": answer.framing,
        "made": made(answer.trace.model, (c.document.kind for c in answer.citations)) if not answer.abstained else None,
        "query": {
            "asked": answer.query.asked,
            "standalone": answer.query.text,
            "resolved": dict(answer.query.resolved),
        },
        "disclaimer": answer.disclaimer,
        "signature": answer.signature,
        "trace": {
            "timings_ms": dict(answer.trace.timings_ms),
            "model": answer.trace.model,
            "embedder": answer.trace.embedder,
            "fingerprint": answer.trace.fingerprint,
            "corpus_version": answer.trace.corpus_version,
            "signals": dict(answer.trace.signals),
            "rewrite": answer.trace.rewrite,
            "wording": answer.trace.wording,
        },
    }


def partial_to_dict(partial: Partial) -> dict[str, Any]:
    """The checked beginning of an answer, and the sentence of it that is new."""
    return {
        "sentence": partial.sentence,
        "text": partial.text,
        "citations": [citation_to_dict(c) for c in partial.citations],
    }


def safety_to_dict(note: SafetyNote) -> dict[str, Any]:
    """What kind of help is given, and whom to turn to; what isn't known of a contact stays `None`."""
    fields = ("name", "number", "address", "hours")
    contacts = [{name: getattr(contact, name) for name in fields} for contact in note.contacts]
    return {"kind": note.kind, "again": note.again, "contacts": contacts}


def answer_id(answer: Answer) -> str:
    """24 hex digits: the same for the same words about the same places of the same index, whoever asked and when.

    A digest of what was said, its outcome, its citations and the index; the question as typed is no part of it.
    """
    shown = (*answer.citations, *answer.closest)
    places = [(c.number, c.document.id, c.document.content_hash, c.quote.start, c.quote.end) for c in shown]
    index = (answer.trace.corpus_version, answer.trace.fingerprint)
    key = json.dumps([index, answer.outcome, answer.text, answer.reason, places])
    return hashlib.sha256(key.encode("ascii")).hexdigest()[:24]


def citation_to_dict(citation: Citation) -> dict[str, Any]:
    """One citation as plain JSON types, with its work's record and its audit."""
    audit = citation.audit
    return {
        "number": citation.number,
        "supports": [list(span) for span in citation.supports],
        "document": citation.document.id,
        "document_kind": citation.document.kind,
        "document_title": citation.document.title,
        "quote": citation.quote.text,
        "section": list(citation.quote.chunk.headings),
        "page": citation.document.page_of(citation.quote.start),
        "date": citation.document.standing.date,
        "expires": citation.document.standing.expires,
        "tags": list(citation.document.standing.tags),
        "currency": citation.currency,
        "replaced_by": [{"document": d.id, "title": d.title, "date": d.standing.date} for d in citation.newer],
        "differs_from": list(citation.differs_from),
        "start": citation.quote.start,
        "end": citation.quote.end,
        "document_hash": citation.document.content_hash,
        "source": source_to_dict(citation.source),
        "audit": None
        if audit is None
        else {
            "claim": audit.claim_id,
            "check": audit.check,
            "reason": audit.reason,
            "notice": audit.notice,
            "direction": audit.direction,
        },
    }


def source_to_dict(source: Source) -> dict[str, Any]:
    """A work's record as plain JSON types; absent facts stay `None`."""
    study = source.study
    return {
        "id": source.id,
        "number": source.number,
        "kind": source.kind,
        "title": source.title,
        "authors": list(source.authors),
        "year": source.year,
        "container": source.container,
        "volume": source.volume,
        "issue": source.issue,
        "pages": source.pages,
        "doi": source.doi,
        "pmid": source.pmid,
        "pmcid": source.pmcid,
        "address": source.address,
        "intranet": source.intranet,
        "program": source.program,
        "access": source.access,
        "licence": source.licence,
        "study": None
        if study is None
        else {
            "design": study.design,
            "participants": study.participants,
            "setting": study.setting,
            "method": study.method,
            "period": study.period,
            "learners": study.learners,
            "summary": study.summary,
        },
        "badge": badge(source),
        "confidence": source.confidence,
        "open_questions": list(source.open_questions),
        "status": source.status,
        "last_updated": source.last_updated,
        "page_facts": list(source.page_facts),
        "review_steps": list(source.review_steps),
        "review_step": source.review_step,
        "updates": [{"kind": u.kind, "date": u.date, "notice": u.notice} for u in source.updates],
    }

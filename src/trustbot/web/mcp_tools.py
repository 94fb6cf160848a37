"""The tools that the MCP server offers: ask, sources, audit, verify. None of them changes anything.

In: a tool's name and its arguments. Out: text for a model to read, and the same object that the HTTP API gives, or a
refusal with its sentence. The rules of the API hold: the same admission, the same limits. This module knows no
transport.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from trustbot.corpus.audit import audit_to_dict, parse_filter
from trustbot.presentation.wire import answer_to_dict, source_to_dict
from trustbot.records import telling
from trustbot.types import Turn
from trustbot.web.api import plain
from trustbot.web.api.exports import report_on
from trustbot.web.http.problems import Refused
from trustbot.web.http.schemas import HISTORY_ITEMS, HistoryItem, Text
from trustbot.web.i18n import words
from trustbot.web.protection.limits import BODY_LIMIT
from trustbot.web.service import Service, last_answer


class Arguments(BaseModel):
    """What a tool takes."""

    model_config = ConfigDict(extra="forbid", strict=True)

    corpus: Text | None = Field(
        None, max_length=100, description="Id of the corpus, where the server has several; its first one if left out."
    )


class AskArguments(Arguments):
    """A question, with the conversation so far."""

    question: str = Field(description="One question in plain English; nothing that could identify a patient.")
    history: list[HistoryItem] = Field(
        default=[], max_length=HISTORY_ITEMS, description="Earlier messages, oldest first; only for a follow-up."
    )
    persona: Text | None = Field(
        None,
        max_length=60,
        description="Who asks: preceptor, medical student, resident, program director or other. Changes the order of "
        "statements, never what is said or cited.",
    )


class SourcesArguments(Arguments):
    """Nothing, or a number."""

    number: int | None = Field(None, ge=0, le=99_999, description="Only the work with this number.")


class AuditArguments(Arguments):
    """What the statements are filtered by."""

    check: Text | None = Field(
        None, max_length=40, description="Only these: supported, partly, not visible or contradicted."
    )
    reference: int | None = Field(None, ge=0, le=99_999, description="Only statements that cite the work so numbered.")


class VerifyArguments(Arguments):
    """An exported record."""

    record: dict[str, Any] | str = Field(description="The record, as an object or as the text of its .json file.")


class Result(NamedTuple):
    """What a tool gives: `text` for a model, `value` for a program."""

    text: str
    value: dict[str, Any]


class ToolKind(NamedTuple):
    """One tool."""

    title: str
    description: str
    arguments: type[Arguments]
    run: Callable[[Service, Any, str], Result]
    is_question: bool = False
    """Whether a call counts as a question; any other counts as work."""


def _ask(service: Service, given: AskArguments, asker: str) -> Result:
    history = [Turn(item.role, plain.said(item.text)) for item in given.history]
    items = service.stream(given.question, history, "mcp", given.persona, asker)
    try:
        answer = last_answer(items)
    finally:
        items.close()
    return Result(plain.told(answer), answer_to_dict(answer))


def _sources(service: Service, given: SourcesArguments, _: str) -> Result:
    corpus = service.bot.corpus
    found = [s for s in sorted(corpus.sources, key=lambda s: s.number) if given.number in (None, s.number)]
    if not found:
        numbers = ", ".join(str(s.number) for s in sorted(corpus.sources, key=lambda s: s.number))
        raise Refused(404, words.NO_SOURCE.format(number=given.number, numbers=numbers))
    text = "\n".join(f"[{s.number}] {s.title}{f', {s.year}' if s.year else ''}, {s.address}" for s in found)
    value = {"corpus": corpus.id, "title": corpus.title, "scope": corpus.scope, "disclaimer": corpus.disclaimer}
    return Result(f"{corpus.title}\n{text}", {**value, "sources": [source_to_dict(s) for s in found]})


def _audit(service: Service, given: AuditArguments, _: str) -> Result:
    corpus = service.bot.corpus
    number = None if given.reference is None else str(given.reference)
    value = audit_to_dict(corpus, parse_filter(given.check, number, corpus))
    lines = [
        f"{s['claim']} [{s['reference']}] {s['in_words']}: “{s['quote']}” {s['notice'] or s['reason']}"
        for s in value["statements"]
    ]
    return Result("\n".join([f"{value['shown']} of {value['total']} statements", *lines]), value)


def _verify(service: Service, given: VerifyArguments, _: str) -> Result:
    text = given.record if isinstance(given.record, str) else json.dumps(given.record, ensure_ascii=False)
    data = text.encode("utf-8", "replace")
    report = service.work(partial(report_on, service, data), alone=len(data) > BODY_LIMIT)
    value = {**telling.report_to_dict(report), "summary": telling.summary(report)}
    return Result("\n".join(telling.lines(report)), value)


TOOLS = {
    "ask": ToolKind(
        "Ask the guidance",
        "Answers a question about {title} and the works behind it, in their own sentences with numbered citations, or "
        "says that they don't answer it. Pass one question in plain English that stands alone, or its history.",
        AskArguments,
        _ask,
        is_question=True,
    ),
    "sources": ToolKind(
        "The numbered sources", "Lists the works behind the numbers of citations.", SourcesArguments, _sources
    ),
    "audit": ToolKind(
        "What the works support",
        "Lists the numbered statements of the article, and whether the works that they cite support them.",
        AuditArguments,
        _audit,
    ),
    "verify": ToolKind(
        "Check a record",
        "Checks each quote of an exported record against the stored documents, and that the record was signed here.",
        VerifyArguments,
        _verify,
    ),
}

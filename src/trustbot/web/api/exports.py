"""Exports over HTTP: a conversation -> a file, and a record -> what checking its quotes found.

In: requests. Out: files, reports, or a problem. An answer that comes back from a client is checked like a record from
anywhere: what the corpus doesn't say isn't exported. This module renders nothing itself.
"""

from __future__ import annotations

import datetime
from functools import partial
from typing import Any, Literal

from fastapi import FastAPI, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from trustbot.errors import InvalidInput
from trustbot.query.guard import plain
from trustbot.records import checking, formats, reading, record, telling
from trustbot.records.signing import Provenance
from trustbot.web.auth.doors import SIGNED, admitted
from trustbot.web.http import schemas
from trustbot.web.http.bodies import check_corpus, check_values, decode, parse, problem_responses, read_bytes
from trustbot.web.http.problems import Refused
from trustbot.web.i18n import words
from trustbot.web.service import Answering, Service

LARGE = 256 * 1024
"""Bytes past which a body is worked on alone: decoded, it takes many times its size."""
NO_STORE = {"Cache-Control": "no-store"}


class ExportTurn(BaseModel):
    """A question and the Answer that was given to it."""

    model_config = ConfigDict(extra="forbid")

    question: schemas.Text = Field(max_length=20_000, description="The question, as it was asked.")
    answer: schemas.AnswerBody = Field(description="The Answer, as the API returned it.")


class ExportRequest(BaseModel):
    """A conversation, and the format to put it in."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["md", "html", "json", "ris", "csl"] = Field(
        description="Markdown, a page to print, a record that can be checked, or the works cited as RIS or CSL-JSON."
    )
    turns: list[ExportTurn] = Field(min_length=1, max_length=reading.TURN_LIMIT, description="Oldest first.")
    corpus: schemas.Text | None = Field(
        None, max_length=100, description="Id of the corpus; leave out for the one served."
    )


class QuoteCheckBody(BaseModel):
    """What checking one quote found; `turn` and `place` count from 1."""

    turn: int
    place: int
    number: int
    document: str
    start: int
    end: int
    status: checking.Status = Field(
        description="`moved` and `superseded` hold in the version that they quote; another one is current."
    )
    recorded: str
    stored: str | None = Field(description="The words at that place of the stored document.")
    kept: bool = Field(description="Whether the version that was quoted is stored.")


class FindingBody(BaseModel):
    """Something else that isn't as it should be; `fails` if the record can't stand so."""

    turn: int | None
    text: str
    fails: bool


class SignedBody(BaseModel):
    """Whether the record as a whole, and each of its turns, is as it was signed here."""

    record: Provenance
    turns: list[Provenance]


class ReportBody(BaseModel):
    """What checking a record found; `holds` is true if every quote stands and nothing else fails.

    That the quotes hold doesn't show that trustbot said the words around them: `signed` does.
    """

    holds: bool
    signed: SignedBody
    summary: str
    record: dict[str, Any]
    against: dict[str, Any]
    quotes: list[QuoteCheckBody]
    findings: list[FindingBody]


def add_exports(api: FastAPI, service: Service) -> None:
    """Add the routes."""
    _add_export(api, service)
    _add_verify(api, service)


def _add_export(api: FastAPI, service: Service) -> None:
    @api.post(
        "/export",
        summary="A conversation as a file",
        description=(
            "Returns a file. Each answer is checked against the corpus first; one that it doesn't bear out is refused, "
            "and so is one whose `signature` doesn't fit it. A record of answers that were all signed here is signed; "
            "where one was not, the record says so, and not what that question was understood as."
        ),
        response_class=Response,
        responses={
            200: {
                "description": "The file",
                "content": {f.media_type: {"schema": {"type": "string"}} for f in formats.FORMATS.values()},
            },
            **problem_responses(400, 401, 403, 408, 413, 415, 422, 429, 503),
        },
        dependencies=[SIGNED],
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": ExportRequest.model_json_schema()}},
            }
        },
    )
    async def export(request: Request) -> Response:
        await admitted(service.admission, request, "work")
        data = await read_bytes(request)
        return await run_in_threadpool(service.work, partial(_file, service, data), alone=len(data) > LARGE)


def _add_verify(api: FastAPI, service: Service) -> None:
    @api.post(
        "/verify",
        summary="Check every quote of a record, and that it was signed here",
        description="Takes a record as `POST /api/export` gives it in the format `json`.",
        response_model=ReportBody,
        responses=problem_responses(400, 401, 403, 408, 413, 415, 422, 429, 503),
        dependencies=[SIGNED],
        openapi_extra={
            "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
        },
    )
    async def verify(request: Request) -> Response:
        await admitted(service.admission, request, "work")
        data = await read_bytes(request)
        report = await run_in_threadpool(service.work, partial(report_on, service, data), alone=len(data) > LARGE)
        told = {**telling.report_to_dict(report), "summary": telling.summary(report)}
        return JSONResponse(told, headers=NO_STORE)


def origin(bot: Answering) -> record.Origin:
    """What a record says about the corpus and the index of `bot`."""
    return record.origin(bot.corpus, bot.fingerprint, bot.built_at)


def _file(service: Service, data: bytes) -> Response:
    body, bot = parse(ExportRequest, decode(data)), service.bot
    check_corpus(body.corpus, bot.corpus.id)
    exchanges: list[record.Exchange] = []
    if not any(record.is_recorded(turn.answer.outcome) for turn in body.turns):
        raise Refused(422, words.EXPORT_NONE)
    for number, turn in enumerate(body.turns, 1):
        if not record.is_recorded(turn.answer.outcome):
            continue
        if plain(turn.question) != plain(turn.answer.query.asked):
            raise Refused(422, words.EXPORT_OTHER_QUESTION.format(number=number))
        exchanges.append((turn.question, turn.answer.model_dump(mode="json")))
    made = record.make(exchanges, bot.corpus, origin(bot), datetime.datetime.now(datetime.UTC))
    try:
        reread = reading.read_value(record.to_dict(made), words.EXPORT_NAME)
        report = _check(service, bot, reread, strict=True)
    except InvalidInput as error:
        raise Refused(422, str(error)) from None
    if not report.holds:
        raise Refused(422, words.EXPORT_REFUSED.format(problem=telling.first_problem(report)))
    for number, (question, answer) in enumerate(exchanges, 1):
        if service.signer.said(question, answer) == "changed":
            raise Refused(422, words.EXPORT_NOT_SAID.format(number=number))
    made = service.signer.record(made, [answer["signature"] for _, answer in exchanges])
    chosen = formats.FORMATS[body.format]
    headers = {**NO_STORE, "Content-Disposition": f'attachment; filename="{formats.file_name(made, chosen)}"'}
    return Response(chosen.render(made), media_type=chosen.media_type, headers=headers)


def report_on(service: Service, data: bytes) -> checking.Report:
    """What checking a record found; Refused with 422 for what is none, and as `check_values` does."""
    check_values(data)
    try:
        given = reading.read_text(data, words.VERIFY_NAME)
        return checking.attest(_check(service, service.bot, given, strict=False), given.value, service.signer)
    except InvalidInput as error:
        raise Refused(422, str(error)) from None


def _check(service: Service, bot: Answering, given: reading.Reading, *, strict: bool) -> checking.Report:
    stored = partial(checking.stored_text, service.settings.index_dir, bot.corpus)
    return checking.check(
        given.record,
        bot.corpus,
        origin(bot),
        stored,
        intact=given.intact,
        strict=strict,
        checker=lambda: bot.supporter,
    )

"""The HTTP API under `/api`: questions in, Answers out, and everything an Answer's citations lead to.

In: requests. Out: JSON, a stream of events, or a problem. This module asks the service and reads the corpus
it serves; it knows no stage of the chain.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from importlib.metadata import version
from typing import Annotated, Any, TypeVar

from fastapi import FastAPI, Query, Request
from pydantic import BaseModel, ValidationError
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from trustbot.types import Answer, Audit, Corpus, Document, Stage, Turn
from trustbot.web import schemas, words
from trustbot.web.pages import api_docs
from trustbot.web.problems import (
    MEDIA_TYPE,
    Refused,
    describe,
    install,
    problem_to_dict,
    shown,
    validation_sentence,
)
from trustbot.web.service import Service, last_answer
from trustbot.wire import answer_to_dict, source_to_dict

BODY_LIMIT = 64 * 1024
NO_STORE = {"Cache-Control": "no-store"}
EVENTS = "text/event-stream"
Model = TypeVar("Model", bound=BaseModel)


def create_api(service: Service) -> FastAPI:
    """The API as an application of its own, to be mounted at `/api`."""
    api = FastAPI(
        title=words.PRODUCT,
        version=version("trustbot"),
        summary="Answers about a piece of published guidance, with numbered citations a reader can check.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    install(api)
    _add_ask(api, service)
    _add_sources(api, service)
    _add_documents(api, service)

    @api.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(api_docs(api.openapi()))

    return api


def _add_ask(api: FastAPI, service: Service) -> None:
    @api.post(
        "/ask",
        summary="Ask a question",
        description=(
            "Returns an Answer. With `Accept: text/event-stream` it streams `stage` events while it works, "
            "then one `answer` event, or one `error` event with a problem."
        ),
        response_model=schemas.AnswerBody,
        responses=_problems(400, 403, 413, 422, 503),
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": schemas.AskRequest.model_json_schema()}},
            }
        },
    )
    async def ask(request: Request) -> Response:
        body = parse(schemas.AskRequest, await read_json(request))
        _check_corpus(body.corpus, service.bot.corpus)
        history = [Turn(item.role, item.text) for item in body.history]
        items = service.stream(body.question, history, "api", body.persona)
        if EVENTS in request.headers.get("accept", ""):
            # The first item is awaited here, so that a question that can't be used gets its status.
            first = await run_in_threadpool(next, items, None)
            return StreamingResponse(_events(first, items), media_type=EVENTS, headers=_STREAM_HEADERS)
        answer = await run_in_threadpool(last_answer, items)
        return JSONResponse(answer_to_dict(answer), headers=NO_STORE)


_STREAM_HEADERS = {**NO_STORE, "X-Accel-Buffering": "no"}


async def _events(first: Stage | Answer | None, items: Iterator[Stage | Answer]) -> AsyncIterator[str]:
    try:
        if first is not None:
            yield _event(first)
        async for item in iterate_in_threadpool(items):
            yield _event(item)
    except Exception as error:
        yield _message("error", problem_to_dict(*describe(error)))


def _event(item: Stage | Answer) -> str:
    if isinstance(item, Answer):
        return _message("answer", answer_to_dict(item))
    return _message("stage", {"name": item.name, "text": item.text})


def _message(event: str, data: dict[str, Any]) -> str:
    return f"event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def _add_sources(api: FastAPI, service: Service) -> None:
    @api.get("/sources", summary="The numbered works", response_model=schemas.SourcesBody, responses=_problems(503))
    def sources() -> dict[str, Any]:
        bot = service.bot
        corpus = bot.corpus
        fields = ("id", "title", "scope", "version", "language", "disclaimer")
        index = {"fingerprint": bot.fingerprint, "embedder": bot.embedder_name, "indexed": bot.built_at}
        return {
            "corpus": {name: getattr(corpus, name) for name in fields} | index,
            "sources": [source_to_dict(s) for s in sorted(corpus.sources, key=lambda s: s.number)],
        }

    @api.get(
        "/sources/{number}",
        summary="One work, its documents, and the statements that cite it",
        response_model=schemas.SourceDetailBody,
        responses=_problems(404, 503),
    )
    def source(number: str) -> dict[str, Any]:
        corpus = service.bot.corpus
        found = corpus.numbered(int(number)) if re.fullmatch("[0-9]{1,5}", number) else None
        if found is None:
            numbers = ", ".join(str(s.number) for s in sorted(corpus.sources, key=lambda s: s.number))
            raise Refused(404, words.NO_SOURCE.format(number=shown(number), numbers=numbers))
        whole_article = found.kind == "guidance"
        return {
            "source": source_to_dict(found),
            "documents": [document_to_dict(d, corpus) for d in corpus.documents if d.source_id == found.id],
            "statements": [statement_to_dict(a) for a in corpus.audits if whole_article or a.reference == found.number],
        }


def _add_documents(api: FastAPI, service: Service) -> None:
    @api.get(
        "/documents/{digest}",
        summary="A stored document by its hash, for checking a quote",
        response_model=schemas.DocumentBody,
        responses=_problems(404, 422, 503),
    )
    def document(
        digest: str, start: Annotated[int | None, Query()] = None, end: Annotated[int | None, Query()] = None
    ) -> dict[str, Any]:
        corpus = service.bot.corpus
        wanted = "sha256:" + digest.removeprefix("sha256:").lower()
        found = next((d for d in corpus.documents if d.content_hash == wanted), None)
        if found is None:
            raise Refused(404, words.NO_DOCUMENT.format(hash=shown(digest)))
        body = document_to_dict(found, corpus)
        if start is not None or end is not None:
            first, last = start or 0, len(found.text) if end is None else end
            if not 0 <= first < last <= len(found.text):
                raise Refused(422, words.WRONG_SPAN.format(length=f"{len(found.text):,}", start=first, end=last))
            body["span"] = found.text[first:last]
        return body


def document_to_dict(document: Document, corpus: Corpus) -> dict[str, Any]:
    """A stored document as plain JSON types, whole."""
    return {
        "id": document.id,
        "kind": document.kind,
        "title": document.title,
        "media_type": document.media_type,
        "licence": document.licence,
        "source": corpus.source(document.source_id).number,
        "hash": document.content_hash,
        "length": len(document.text),
        "text": document.text,
    }


def statement_to_dict(audit: Audit) -> dict[str, Any]:
    """A numbered statement of the article with its audit, as plain JSON types."""
    return {
        "claim": audit.claim_id,
        "quote": audit.quote,
        "reference": audit.reference,
        "check": audit.check,
        "reason": audit.reason,
        "notice": audit.notice,
        "direction": audit.direction,
    }


async def read_json(request: Request) -> Any:
    """The decoded body; Refused with 413, or 400 where it isn't UTF-8 or isn't JSON."""
    too_long = Refused(413, words.BODY_TOO_LONG.format(limit=f"{BODY_LIMIT:,}"))
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > BODY_LIMIT:
        raise too_long
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_LIMIT:
            raise too_long
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(400, words.NOT_UTF8) from None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(400, words.NOT_JSON) from None


def parse(model: type[Model], value: Any) -> Model:
    """`value` as `model`; Refused with 422 and a sentence that names the field."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Refused(422, validation_sentence(error.errors())) from None


def _check_corpus(wanted: str | None, corpus: Corpus) -> None:
    if wanted is not None and wanted != corpus.id:
        raise Refused(422, words.WRONG_CORPUS.format(corpus=shown(wanted), served=corpus.id))


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    content = {MEDIA_TYPE: {"schema": schemas.ProblemBody.model_json_schema()}}
    return {status: {"description": "A problem, as one sentence", "content": content} for status in statuses}

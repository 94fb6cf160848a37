"""The HTTP API under `/api`: questions in, Answers out, and everything an Answer's citations lead to.

In: requests. Out: JSON, a stream of events, or a problem. This module asks the service and reads the corpus
it serves; it knows no stage of the chain.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from trustbot.corpus.audit import audit_to_dict, parse_filter
from trustbot.presentation.wire import answer_to_dict, partial_to_dict, source_to_dict
from trustbot.types import Answer, Audit, Partial, Turn
from trustbot.web.api.exports import add_exports
from trustbot.web.api.openapi import Api
from trustbot.web.api.readers import EVENTS, LEFT, NO_STORE, STREAM_HEADERS, Item, Items, answer_of, each, first_of
from trustbot.web.auth.admission import address_of, asker_of
from trustbot.web.auth.doors import SIGNED, admitted
from trustbot.web.http import schemas
from trustbot.web.http.bodies import check_corpus, parse, problem_responses, read_json
from trustbot.web.http.pages import api_docs
from trustbot.web.http.problems import Refused, describe, install, problem_to_dict, shown
from trustbot.web.i18n import words
from trustbot.web.pages.stored import document_to_dict, find_place, place_to_dict
from trustbot.web.service import Service


def create_api(service: Service) -> FastAPI:
    """The API as an application of its own, to be mounted at `/api`."""
    api = Api(
        title=words.PRODUCT,
        version=version("trustbot"),
        summary="Answers about a piece of published guidance, with numbered citations a reader can check.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    api.anonymous = service.admission.rules.anonymous
    install(api)
    _add_ask(api, service)
    _add_sources(api, service)
    _add_documents(api, service)
    _add_audit(api, service)
    add_exports(api, service)

    @api.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(api_docs(api.openapi()))

    return api


def _add_ask(api: FastAPI, service: Service) -> None:
    @api.post(
        "/ask",
        summary="Ask a question",
        description=(
            "Returns an Answer. With `Accept: text/event-stream` it streams `stage` events while it works, where a "
            "chat model words the answer a `sentence` event for each sentence that was checked (`sentence`, and `text` "
            "and `citations` so far), then one `answer` event, or one `error` event with a problem."
        ),
        response_model=schemas.AnswerBody,
        responses=problem_responses(400, 401, 403, 408, 413, 415, 422, 429, 503),
        dependencies=[SIGNED],
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": _ask_schema()}},
            }
        },
    )
    async def ask(request: Request) -> Response:
        with service.arriving():
            return await asked(request)

    async def asked(request: Request) -> Response:
        visitor = await admitted(service.admission, request)
        body = parse(schemas.AskRequest, await read_json(request))
        check_corpus(body.corpus, service.bot.corpus.id)
        history = [Turn(item.role, item.text) for item in body.history]
        persona = body.persona or (visitor.persona if visitor else None)
        asker = asker_of(visitor, address_of(request.client, request.headers))
        items = service.stream(body.question, history, "api", persona, asker)
        if EVENTS in request.headers.get("accept", ""):
            first = await first_of(items)
            return StreamingResponse(_events(first, items), media_type=EVENTS, headers=STREAM_HEADERS)
        answer = await answer_of(request, items)
        return JSONResponse(answer_to_dict(answer), headers=NO_STORE) if answer else Response(status_code=LEFT)


def _ask_schema() -> dict[str, Any]:
    """The schema of a question with its parts in place: a reference within it would lead nowhere in the whole."""
    schema = schemas.AskRequest.model_json_schema()
    schema["properties"]["history"]["items"] = schema.pop("$defs")["HistoryItem"]
    return schema


async def _events(first: Item | None, items: Items) -> AsyncIterator[str]:
    try:
        async for item in each(first, items):
            yield _event(item)
    except Exception as error:
        yield _message("error", problem_to_dict(*describe(error)))


def _event(item: Item) -> str:
    if isinstance(item, Answer):
        return _message("answer", answer_to_dict(item))
    if isinstance(item, Partial):
        return _message("sentence", partial_to_dict(item))
    return _message("stage", {"name": item.name, "text": item.text})


def _message(event: str, data: dict[str, Any]) -> str:
    return f"event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def _add_sources(api: FastAPI, service: Service) -> None:
    @api.get(
        "/sources", summary="The numbered sources", response_model=schemas.SourcesBody, responses=problem_responses(503)
    )
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
        responses=problem_responses(404, 503),
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
            "documents": [document_to_dict(d, found.number) for d in corpus.documents if d.source_id == found.id],
            "statements": [statement_to_dict(a) for a in corpus.audits if whole_article or a.reference == found.number],
        }


def _add_audit(api: FastAPI, service: Service) -> None:
    @api.get(
        "/audit",
        summary="The article's numbered statements, and whether the works they cite support them",
        description=(
            "`check` is one of supported, partly, not visible and contradicted; `reference` is a work's number. "
            "Without them, all statements are given."
        ),
        response_model=schemas.AuditListBody,
        responses=problem_responses(400, 503),
    )
    def audit(
        check: Annotated[str | None, Query()] = None, reference: Annotated[str | None, Query()] = None
    ) -> dict[str, Any]:
        corpus = service.bot.corpus
        return audit_to_dict(corpus, parse_filter(check, reference, corpus))


def _add_documents(api: FastAPI, service: Service) -> None:
    @api.get(
        "/documents/{document:path}",
        summary="A stored document by its id or hash, for checking a quote",
        description=(
            "Every version that was ever published is kept. `version` is the hash of one; without it the current one "
            "is given. `start` and `end` ask for a part of it, which comes as `span`. `text` is null where the licence "
            "doesn't allow the whole to be passed on."
        ),
        response_model=schemas.DocumentVersionBody,
        responses=problem_responses(403, 404, 422, 503),
    )
    def document(
        document: str,
        version: Annotated[str | None, Query()] = None,
        start: Annotated[int | None, Query()] = None,
        end: Annotated[int | None, Query()] = None,
    ) -> dict[str, Any]:
        return place_to_dict(find_place(service, document, version, start, end))


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

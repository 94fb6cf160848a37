"""The OpenAI-compatible endpoint under `/v1`: chat completions, whole or streamed, and the list of models.

In: requests of clients of that interface. Out: completions made of Answers, or errors in its shape. The rules are those
of `/api/ask`: the same admission, the same limits, the same bodies. This module knows no stage of the chain.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import AsyncIterator
from datetime import datetime
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response, StreamingResponse

from trustbot.errors import TrustbotError
from trustbot.types import Answer
from trustbot.web.api.openai_schema import Completion, CompletionRequest, check_model, error_to_dict, model_to_dict
from trustbot.web.api.readers import EVENTS, LEFT, NO_STORE, STREAM_HEADERS, Item, Items, answer_of, each, first_of
from trustbot.web.auth.admission import address_of, asker_of, bearer
from trustbot.web.auth.tokens import Visitor
from trustbot.web.http.bodies import parse, read_json
from trustbot.web.http.problems import Refused, describe, headers_of, shown
from trustbot.web.i18n import words
from trustbot.web.service import Service

PATH = "/v1"


def create_openai(service: Service) -> FastAPI:
    """The endpoint as an application of its own, to be mounted at `PATH`."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    _install(app)

    @app.post("/chat/completions")
    async def completions(request: Request) -> Response:
        with service.arriving():
            return await _completed(service, request)

    @app.get("/models")
    def models() -> JSONResponse:
        return JSONResponse({"object": "list", "data": [_model(service)]}, headers=NO_STORE)

    @app.get("/models/{model}")
    def model(model: str) -> JSONResponse:
        check_model(model, service.bot.corpus.id)
        return JSONResponse(_model(service), headers=NO_STORE)

    return app


async def _completed(service: Service, request: Request) -> Response:
    visitor = await _admitted(service, request)
    body = parse(CompletionRequest, await read_json(request))
    served = service.bot.corpus.id
    check_model(body.model, served)
    question, history = body.conversation()
    persona = body.persona or (visitor.persona if visitor else None)
    asker = asker_of(visitor, address_of(request.client, request.headers))
    items = service.stream(question, history, "openai", persona, asker)
    completion = Completion(uuid.uuid4().hex, served, int(time.time()), body.messages)
    if body.stream:
        usage = bool(body.stream_options and body.stream_options.include_usage)
        stream = _events(await first_of(items), items, completion, usage)
        return StreamingResponse(stream, media_type=EVENTS, headers=STREAM_HEADERS)
    answer = await answer_of(request, items)
    if answer is None:
        return Response(status_code=LEFT)
    return JSONResponse(await run_in_threadpool(completion.whole, answer), headers=NO_STORE)


async def _admitted(service: Service, request: Request) -> Visitor | None:
    """The visitor, as at every door. Clients of this interface always send a key: one that is no token is none."""
    given = bearer(request.headers)
    token = given if given.count(".") == 2 else ""
    address = address_of(request.client, request.headers)
    return await run_in_threadpool(service.admission.admit, token, address)


async def _events(first: Item | None, items: Items, completion: Completion, usage: bool) -> AsyncIterator[str]:
    try:
        async for item in each(first, items):
            if isinstance(item, Answer):
                for chunk in completion.chunks(item, usage):
                    yield _event(chunk)
            else:
                yield ": working\n\n"  # a comment keeps proxies from taking the stream for dead
        yield "data: [DONE]\n\n"
    except Exception as error:
        yield _event(error_to_dict(*describe(error)))


def _event(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"


def _model(service: Service) -> dict[str, Any]:
    bot = service.bot
    return model_to_dict(bot.corpus.id, int(datetime.fromisoformat(bot.built_at).timestamp()))


def _install(app: FastAPI) -> None:
    """Make every error one that clients of this interface can read; 422 is 400 there."""

    async def told(_: Request, error: Exception) -> Response:
        status, detail = describe(error)
        return _problem(status, detail, headers_of(error))

    async def routing(request: Request, error: Exception) -> Response:
        path = shown(request.url.path)
        sentences = {404: words.NOT_FOUND, 405: words.WRONG_METHOD}
        status = error.status_code if isinstance(error, HTTPException) else 500
        detail = sentences.get(status, words.INTERNAL).format(path=path, method=request.method)
        return _problem(status, detail)

    app.add_exception_handler(TrustbotError, told)
    app.add_exception_handler(Refused, told)
    app.add_exception_handler(HTTPException, routing)
    app.add_exception_handler(Exception, told)


def _problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    shown_status = HTTPStatus.BAD_REQUEST if status == HTTPStatus.UNPROCESSABLE_ENTITY else status
    return JSONResponse(error_to_dict(shown_status, detail), shown_status, headers={**NO_STORE, **(headers or {})})

"""Errors as `application/problem+json`: one sentence that a person can act on, never a traceback.

In: a status and a sentence, or an exception. Out: a response. This module knows no route.
"""

from __future__ import annotations

import json
import logging
import re
from http import HTTPStatus
from typing import Any, Literal

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trustbot.errors import IndexUnreachable, InvalidQuestion, TrustbotError
from trustbot.presentation import wording
from trustbot.web.http.addresses import route_path
from trustbot.web.http.pages import missing_page
from trustbot.web.i18n import said, words

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5

TokenFault = Literal["expired", "invalid", "corpus"]

_PROGRAMS = frozenset({"api", "gradio_api"})
"""Parts of an address under which nobody but programs asks."""
_LOGGED = "_trustbot_logged"
_NAME = r"[^\\/\s“”\"']+"
_SPACED = rf"(?:(?<![.,;:)]) {_NAME}){{1,3}}(?=[\\/])"
_PATH = re.compile(rf"(?<![\w:/\\.])(?:[A-Za-z]:|~)?[\\/]{_NAME}(?:[\\/]{_NAME}|{_SPACED})*[\\/]({_NAME})")
"""A path of the disk, with spaces or without, and its last part."""

log = logging.getLogger(__name__)


class NotReady(TrustbotError):
    """The program is still starting, or its index can't be opened."""

    http_status = 503


class QuestionTooLong(InvalidQuestion):
    """The question has more characters than are read."""

    http_status = 413


class Refused(TrustbotError):
    """The request itself can't be served; `status` is its HTTP status."""

    def __init__(self, status: int, detail: str) -> None:
        self.http_status = status
        super().__init__(detail)


class TokenRefused(TrustbotError):
    """The token of a visitor can't be taken; `kind` tells a page whether a new one would do."""

    http_status = 401

    def __init__(self, kind: TokenFault, detail: str) -> None:
        self.kind = kind
        if kind == "corpus":
            self.http_status = 403
        super().__init__(detail)


class SignedOnly(TrustbotError):
    """Only visitors with a token are answered, and there is none."""

    http_status = 403


class TooManyQuestions(TrustbotError):
    """The visitor, or the address, asks more often than is allowed; `retry_after` is in seconds."""

    http_status = 429

    def __init__(self, retry_after: int, detail: str) -> None:
        self.retry_after = retry_after
        super().__init__(detail)


class Busy(TooManyQuestions):
    """Everybody together asks more than can be answered soon."""

    http_status = 503

    def __init__(self, detail: str) -> None:
        super().__init__(RETRY_SECONDS, detail)


def headers_of(error: Exception) -> dict[str, str]:
    """The headers that go with the status of an error."""
    if isinstance(error, TooManyQuestions):
        return {"Retry-After": str(error.retry_after)}
    if isinstance(error, TokenRefused) and error.http_status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    return {}


def token_fault(error: Exception) -> TokenFault | Literal["missing", ""]:
    """What is wrong with the visitor's token, for a page that can get another one; empty for any other error."""
    if isinstance(error, TokenRefused):
        return error.kind
    return "missing" if isinstance(error, SignedOnly) else ""


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """A problem response: `status` with its standard title, and `detail` as the sentence."""
    extra = dict(headers or {})
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        extra.setdefault("Retry-After", str(RETRY_SECONDS))
    return Response(
        json.dumps(problem_to_dict(status, detail), ensure_ascii=False).encode("utf-8", "replace"),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **extra},
    )


def problem_to_dict(status: int, detail: str) -> dict[str, Any]:
    """The object that a problem response, and an `error` event of a stream, carry."""
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}


def describe(error: Exception) -> tuple[int, str]:
    """Status and sentence of any error; what nobody raised on purpose is logged and kept to ourselves."""
    if isinstance(error, TrustbotError):
        told = public(error)
        if told != str(error):
            log.error("%s", error)
        return error.http_status, said.said(told)
    # Each application that an error comes through describes it again.
    if not getattr(error, _LOGGED, False):
        setattr(error, _LOGGED, True)
        log.error("unexpected error", exc_info=error)
    return HTTPStatus.INTERNAL_SERVER_ERROR, words.INTERNAL


def public(error: TrustbotError) -> str:
    """The sentence of an error for anybody: of a fault of the server's own, no path of its disk but the last part."""
    if isinstance(error, IndexUnreachable):
        return wording.INDEX_AWAY  # where it lies is nobody's business
    told = str(error)
    return without_paths(told) if error.http_status >= HTTPStatus.INTERNAL_SERVER_ERROR else told


def without_paths(told: str) -> str:
    """A sentence with no path of this machine's disk but its last part."""
    return _PATH.sub(r"…/\1", told)


def shown(path: str) -> str:
    """A path as a message may repeat it: printable, and not longer than a line."""
    text = "".join(c if c.isprintable() else "?" for c in path)
    return text if len(text) <= 80 else text[:79] + "…"


def not_found(request: Request, detail: str, told: str = "") -> Response:
    """That there is nothing at the address of a request: a page for a person in a browser, else a problem.

    The page says what is `told`, or that the address leads nowhere.
    """
    path = route_path(request.scope)
    if not _is_person(request):
        return problem(HTTPStatus.NOT_FOUND, detail)
    told = told or words.MISSING.format(path=shown(request.url.path))
    page = missing_page(told, "../" * (path.count("/") - 1))
    return HTMLResponse(page, HTTPStatus.NOT_FOUND, {"Cache-Control": "no-store"})


def _is_person(request: Request) -> bool:
    """Whether a page was asked for, and not by a program's interface."""
    asks = request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", "")
    return asks and not _PROGRAMS & set(request.url.path.split("/"))


def http_problem(request: Request, error: HTTPException) -> Response:
    """A routing error as a problem: 404 and 405 name the path, anything else its own detail."""
    path = shown(request.url.path)
    if error.status_code == HTTPStatus.NOT_FOUND:
        return not_found(request, words.NOT_FOUND.format(path=path))
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        detail = words.WRONG_METHOD.format(method=request.method, path=path)
    else:
        detail = str(error.detail)
    return problem(error.status_code, detail, dict(error.headers or {}))


def validation_sentence(errors: Any) -> str:
    """The first of pydantic's complaints as one sentence that names the field."""
    first = errors[0]
    field = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
    told = first["msg"].removeprefix("Value error, ").rstrip(".")
    told = told[:1].lower() + told[1:]
    if not field:
        return words.WRONG_BODY.format(problem=told)
    return words.WRONG_FIELD.format(field=shown(field), problem=told)


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem response."""

    async def deliberate(request: Request, error: Exception) -> Response:
        status, detail = describe(error)
        if status == HTTPStatus.NOT_FOUND:
            return not_found(request, detail)
        return problem(status, detail, headers_of(error))

    async def routing(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
        return http_problem(request, error)

    async def invalid(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, validation_sentence(error.errors()))

    app.add_exception_handler(TrustbotError, deliberate)
    app.add_exception_handler(HTTPException, routing)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Exception, deliberate)


class LastResort:
    """Middleware: what nobody foresaw is logged once and told as a problem, whichever application it happened in.

    Starlette raises it again after having told it, for the server to log it once more.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        begun = False

        async def note(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, note)
        except Exception as error:
            told = describe(error)
            if scope["type"] != "http":
                raise
            if not begun:
                await problem(*told)(scope, receive, send)

"""Which corpus a request is for, on a server of several: by its address, or by what its body names.

In: any request. Out: the same request at the application of its corpus, under `/c/ID`, which sees to origins, tokens
and limits by its own rules. One that is chosen by its address meets no rule of the corpus at `/`; one that is chosen by
its body has met those of the origins there, and meets its own as well. This module knows addresses and the names of
fields only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qs, quote, unquote

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from trustbot.web.corpora import HOME, Corpora
from trustbot.web.http.addresses import Place, route_path
from trustbot.web.http.bodies import decode
from trustbot.web.http.problems import Refused, describe, not_found, problem, shown
from trustbot.web.i18n import language, words
from trustbot.web.protection.limits import replayed

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
NAMED: Mapping[str, tuple[str, ...]] = {
    "/api/ask": ("corpus",),
    "/api/export": ("corpus",),
    "/v1/chat/completions": ("model",),
    "/mcp": ("params", "arguments", "corpus"),
}
"""Where a body names a corpus, and in which field within which."""
WIDGET, _FRAMED = "/widget", ("/widget", "/widget/status")
_IN_PATH = re.compile(rf"{HOME}/([^/]+)(/.*)?", re.DOTALL)


class ByAddress:
    """Middleware, before all other: `/c/ID/…`, and `corpus=ID` in the query of the API and of the widget."""

    def __init__(self, app: ASGIApp, corpora: Corpora, at: Place) -> None:
        self.app = app
        self._corpora, self._root = corpora, at.path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = _raw(scope)
        path = path.removeprefix(self._root) if path.startswith(f"{self._root}/") else path
        in_path = _IN_PATH.fullmatch(path)
        if in_path:
            corpus_id, rest = in_path[1], in_path[2] or ""
        else:
            corpus_id, rest = self._in_query(scope, path), path
        if not self._corpora.knows(corpus_id):
            if not in_path and corpus_id not in ("", self._corpora.own) and not rest.endswith(_FRAMED):
                # No corpus answers for another: there, the one at `/` says that there is none.
                scope = _moved(scope, self._root, quote(corpus_id, safe=""), rest)
            await self.app(scope, receive, send)
        elif not in_path and rest.endswith(WIDGET):
            # What a page links to is relative to its address.
            way = "../" * (path.count("/") - 1) + f"{HOME}/{corpus_id}{rest}"[1:] + _query(scope)
            await RedirectResponse(way, 307)(scope, receive, send)
        else:
            await _handed_over(self._corpora, corpus_id, _moved(scope, self._root, corpus_id, rest), receive, send)

    def _in_query(self, scope: Scope, path: str) -> str:
        """The corpus that the query names; empty where it means nothing there."""
        own = path.removeprefix(language.prefix(language.of(path)))
        if own not in _FRAMED and not own.startswith("/api/"):
            return ""
        try:
            given = parse_qs(_query(scope)[1:], max_num_fields=50)
        except ValueError:
            return ""
        return given.get("corpus", [""])[-1]


class ByBody:
    """Middleware, behind the limits: a JSON body that names a further corpus goes to that one."""

    def __init__(self, app: ASGIApp, corpora: Corpora, at: Place) -> None:
        self.app = app
        self._corpora, self._root = corpora, at.path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        route = route_path(scope) if scope["type"] == "http" and scope["method"] == "POST" else ""
        if route not in NAMED:
            await self.app(scope, receive, send)
            return
        message = await receive()  # the whole body, which `RequestLimits` has read
        body = message.get("body", b"")
        corpus_id = named_in(body, NAMED[route])
        if self._corpora.knows(corpus_id):
            code = language.prefix(language.current())
            there = _moved(scope, self._root, corpus_id, code + route)
            there["headers"] = _strict(scope["headers"])
            await _handed_over(self._corpora, corpus_id, there, replayed(body, receive), send)
        else:
            await self.app(scope, replayed(body, receive), send)


def named_in(body: bytes, names: tuple[str, ...]) -> str:
    """The text in the field of a JSON body that `names` leads to; empty where there is none."""
    if f'"{names[-1]}"'.encode() not in body:
        return ""
    try:
        value = decode(body)
    except Refused:  # told by the route that reads it
        return ""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def add_corpora(app: FastAPI, corpora: Corpora) -> None:
    """Serve what is left of `/c/…`: the corpus that stands at `/`, a language before the id, and an id of none."""

    @app.api_route(HOME + "/{corpus_id}{rest:path}", methods=METHODS, include_in_schema=False)
    async def other(request: Request, corpus_id: str, rest: str) -> Response:
        path = route_path(request.scope)
        up = "../" * (path.count("/") - 1)
        if corpus_id == corpora.own:
            return RedirectResponse((up + rest.lstrip("/") or "./") + _query(request.scope), 308)
        code = language.prefix(language.current())
        if code and corpora.knows(corpus_id):
            way = f"{up}..{HOME}/{corpus_id}{code}/{rest.lstrip('/')}"
            return RedirectResponse(way + _query(request.scope), 308)
        sentence = words.NO_CORPUS.format(corpus=shown(corpus_id))
        return not_found(request, sentence, sentence)


def _raw(scope: Scope) -> str:
    raw: bytes | None = scope.get("raw_path")
    return raw.decode("latin-1") if raw else quote(scope["path"])


def _query(scope: Scope) -> str:
    query = str(scope.get("query_string", b"").decode("latin-1"))
    return "?" + query if query else ""


def _moved(scope: Scope, root: str, corpus_id: str, rest: str) -> Scope:
    """The request at the address that its corpus has; `rest` is what follows there, encoded."""
    raw = f"{root}{HOME}/{corpus_id}{rest}"
    kept = {name: value for name, value in scope.items() if name not in ("app", "router", "path_params", "endpoint")}
    return {**kept, "path": unquote(raw), "raw_path": raw.encode("latin-1"), "root_path": ""}


def _strict(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers; a browser too old to say that a page is another site's is taken to say so.

    The corpus at `/` lets pages that it lists read the response: those of the other corpus must be listed there too.
    """
    names = {name for name, _ in headers}
    told = b"origin" not in names or b"sec-fetch-site" in names
    return headers if told else [*headers, (b"sec-fetch-site", b"cross-site")]


async def _handed_over(corpora: Corpora, corpus_id: str, scope: Scope, receive: Receive, send: Send) -> None:
    try:
        app = await corpora.application(corpus_id)
    except Exception as error:
        await problem(*describe(error))(scope, receive, send)
        return
    await app(scope, receive, send)

"""What programs ask of the server by themselves: whether it is alive and ready, its figures; a browser, its icon.

In: requests. Out: what is still missing or what is served, and numbers; never a word of a question. This module opens
nothing and answers no reader.
"""

from __future__ import annotations

import secrets
from functools import partial

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from trustbot.web.auth.admission import OPERATOR, address_of, bearer
from trustbot.web.chat.doorway import Doorway
from trustbot.web.http.caching import STATIC
from trustbot.web.http.metrics import MEDIA_TYPE
from trustbot.web.http.problems import problem
from trustbot.web.i18n import words
from trustbot.web.service import Service


def add_probes(app: FastAPI, service: Service, doorway: Doorway) -> None:
    """Add `/healthz`, `/readyz`, `/metrics`, `/favicon.ico` and `/manifest.json`."""
    probe = partial(app.api_route, methods=["GET", "HEAD"], include_in_schema=False)

    @probe("/healthz")
    async def healthz() -> JSONResponse:
        return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})

    @probe("/readyz")
    async def readyz() -> Response:
        missing = service.missing or (None if doorway.is_open else words.WAITING_CHAT)
        if missing:
            # A balancer that sent readers here before there is a chat would send them to nothing.
            told = service.problem or doorway.problem or words.NOT_READY.format(missing=missing)
            return problem(503, told)
        bot = service.bot
        state = {
            "status": "ready",
            "chat": doorway.is_open,
            "corpus": bot.corpus.id,
            "corpus_version": bot.corpus.version,
            "fingerprint": bot.fingerprint,
            "embedder": bot.embedder_name,
            "indexed": bot.built_at,
            # Of a new index version that can't be opened; the one above goes on answering.
            **({"problem": service.problem} if service.problem else {}),
        }
        return JSONResponse(state, headers={"Cache-Control": "no-store"})

    @probe("/metrics")
    async def metrics(request: Request) -> Response:
        if not may_read(request, service.settings.metrics_token.get_secret_value()):
            return problem(403, words.METRICS_CLOSED)
        return Response(service.metrics.text(), media_type=MEDIA_TYPE)

    @probe("/favicon.ico")
    async def icon() -> FileResponse:
        return FileResponse(STATIC / "icon.svg", media_type="image/svg+xml")

    @probe("/manifest.json")
    async def manifest() -> JSONResponse:
        icons = [{"src": "ui/icon.svg", "sizes": "any", "type": "image/svg+xml"}]
        return JSONResponse({"name": words.PRODUCT, "start_url": "./", "display": "browser", "icons": icons})


def may_read(request: Request, token: str) -> bool:
    """Whether the figures are for whoever asks: this machine itself, or who holds the token, where one is set."""
    given = bearer(request.headers)
    if token and secrets.compare_digest(given.encode(), token.encode()):
        return True
    return address_of(request.client, request.headers) == OPERATOR

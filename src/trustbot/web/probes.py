"""What programs ask of the server by themselves: whether it is alive and ready, its figures; a browser, its icon.

In: requests. Out: what is still missing or what is served, and numbers; never a word of a question. This module opens
nothing and answers no reader.
"""

from __future__ import annotations

from fastapi import FastAPI
from starlette.responses import FileResponse, JSONResponse, Response

from trustbot.web import words
from trustbot.web.caching import STATIC
from trustbot.web.doorway import Doorway
from trustbot.web.metrics import MEDIA_TYPE
from trustbot.web.problems import problem
from trustbot.web.service import Service


def add_probes(app: FastAPI, service: Service, doorway: Doorway) -> None:
    """Add `/healthz`, `/readyz`, `/metrics`, `/favicon.ico` and `/manifest.json`."""

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> JSONResponse:
        return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> Response:
        if service.missing:
            return problem(503, service.problem or words.NOT_READY.format(missing=service.missing))
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

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(service.metrics.text(), media_type=MEDIA_TYPE)

    @app.get("/favicon.ico", include_in_schema=False)
    async def icon() -> FileResponse:
        return FileResponse(STATIC / "icon.svg", media_type="image/svg+xml")

    @app.get("/manifest.json", include_in_schema=False)
    async def manifest() -> JSONResponse:
        icons = [{"src": "ui/icon.svg", "sizes": "any", "type": "image/svg+xml"}]
        return JSONResponse({"name": words.PRODUCT, "start_url": "./", "display": "browser", "icons": icons})

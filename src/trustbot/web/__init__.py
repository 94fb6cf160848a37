"""The web application: the chat, the HTTP API and everything a browser is told.

Importing this package costs nothing; the web framework is loaded by the functions that need it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI

    from trustbot.settings import Settings

__all__ = ["create_app", "serve"]


def create_app(settings: Settings) -> FastAPI:
    """The ASGI application; nothing is opened until a server starts it."""
    from trustbot.web.server import create_app as create

    return create(settings)


def serve(settings: Settings) -> None:
    """Serve until interrupted; raises TrustbotError when the address can't be listened on."""
    from trustbot.web.server import serve as run

    run(settings)

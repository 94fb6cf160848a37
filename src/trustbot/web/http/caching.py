"""How long a browser may keep a file: for good where its address says which version it is, else until it asks again.

In: responses on their way out, and the chat's page. Out: `Cache-Control` where nothing else set it, and the page with
its own files at addresses that change when a file does. Without either a browser guesses, and may run an old script on
a new page. This module knows addresses only.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trustbot.web.http.addresses import route_path

STATIC = Path(__file__).parents[1] / "static"
FOR_GOOD = "public, max-age=31536000, immutable"
FOR_A_DAY = "public, max-age=86400"
ASK_AGAIN = "no-cache"

_OWN = re.compile(r'((?:href|src)=")(?:\./)?ui/')
_STAMPED = re.compile(r"/ui-[0-9a-f]{12}/")


@cache
def stamp() -> str:
    """`ui-` and a digest of all files of `static`: a name for their folder that changes with any of them.

    It stands where `ui` does, so that what the files say of each other's place holds from there as well.
    """
    digest = hashlib.sha256()
    for path in sorted(p for p in STATIC.rglob("*") if p.is_file()):
        digest.update(f"{path.relative_to(STATIC)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return f"ui-{digest.hexdigest()[:12]}"


def with_stamps(page: str) -> str:
    """The page with links to our own files led through the stamped folder."""
    return _OWN.sub(rf"\g<1>{stamp()}/", page)


class Caching:
    """Middleware: sets `Cache-Control` on files, unless what serves them did."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        told = cache_control(route_path(scope), scope["query_string"]) if scope["type"] == "http" else None
        if told is None:
            await self.app(scope, receive, send)
            return

        async def send_with_header(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in (200, 206, 304):
                MutableHeaders(scope=message).setdefault("Cache-Control", told)
            await send(message)

        await self.app(scope, receive, send_with_header)


def cache_control(path: str, query: bytes) -> str | None:
    """What a browser is told about the file at this path; None for what is no file."""
    if path.startswith("/assets/") or _STAMPED.match(path) or (path == "/theme.css" and query.startswith(b"v=")):
        return FOR_GOOD  # the address holds a digest of the content
    if path.startswith("/static/"):
        return FOR_A_DAY
    return ASK_AGAIN if path.startswith("/ui/") else None

"""How much of a request is read, and for how long: one door for every route, Gradio's included.

In: any request. Out: the same request with its whole body at hand, or a problem: 408, 413, 431 or 503. A client that
leaves half-way is no error and gets no answer. This module knows addresses and sizes, and nothing of what a body holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trustbot.records.reading import SIZE_LIMIT
from trustbot.web.http.addresses import route_path
from trustbot.web.http.lti_paths import DEEP_LINK, LAUNCH, LOGIN
from trustbot.web.http.problems import Refused, problem
from trustbot.web.i18n import words
from trustbot.web.kept.form import SIZE_LIMIT as KEPT_LIMIT
from trustbot.web.protection.connections import HEAD_LIMIT

BODY_LIMIT = 64 * 1024
"""Most bytes of a body."""
FORM_LIMIT = 128 * 1024
FILES_LIMIT = 12 * 1024 * 1024
"""What a coordinator may upload at a time: less than `MOST_HELD`, so that pages are served meanwhile."""
CHAT_LIMIT = 2 * KEPT_LIMIT
"""A page sends its whole conversation along, of which some characters take more than a byte."""
BODY_SECONDS = 30.0
"""Longest that a body may take to come."""
MOST_HELD = 16 * 1024 * 1024
"""Most bytes of bodies in memory at a time."""
TOO_LONG: dict[str, tuple[int, Callable[[], str]]] = {
    "/api/export": (SIZE_LIMIT, lambda: words.EXPORT_TOO_LONG),
    "/api/verify": (SIZE_LIMIT, lambda: words.EXPORT_TOO_LONG),
    "/coordinate/files": (FILES_LIMIT, lambda: words.FILES_TOO_LONG),
    "/mcp": (SIZE_LIMIT, lambda: words.BODY_TOO_LONG),
    "/gradio_api/queue/join": (CHAT_LIMIT, lambda: words.CHAT_TOO_LONG),
    **dict.fromkeys((LOGIN, LAUNCH, DEEP_LINK), (FORM_LIMIT, lambda: words.LTI_TOO_LONG)),
}
"""Where more, or less, may be sent: most bytes, and the sentence for what is longer."""


class RequestLimits:
    """Middleware: what is behind it finds a body of a sane size, whole, or never hears of the request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = bytearray()
        size = 0
        try:
            if await self._read(scope, receive, body):
                size, whole = len(body), bytes(body)
                body.clear()  # held once, and counted to the end
                receive = replayed(whole, receive)
                del whole
            await self.app(scope, receive, send)
        except Refused as refusal:
            await problem(refusal.http_status, str(refusal))(scope, receive, send)
        except ClientDisconnect:
            pass
        finally:
            self._held -= size + len(body)

    async def _read(self, scope: Scope, receive: Receive, body: bytearray) -> bool:
        """Read the body into `body`, counted; False where none is announced. Raises Refused or ClientDisconnect."""
        if sum(len(name) + len(value) for name, value in scope["headers"]) > HEAD_LIMIT:
            raise Refused(431, words.HEAD_TOO_LONG.format(limit=f"{HEAD_LIMIT:,}"))
        headers = Headers(scope=scope)
        declared = headers.get("content-length", "0")
        if declared == "0" and "transfer-encoding" not in headers:
            return False
        limit, sentence = TOO_LONG.get(route_path(scope), (BODY_LIMIT, lambda: words.BODY_TOO_LONG))
        too_long = Refused(413, sentence().format(limit=f"{limit:,}"))
        if not declared.isdecimal() or len(declared) > len(str(limit)) or int(declared) > limit:
            raise too_long
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while await self._next(receive, body):
                    if len(body) > limit:
                        raise too_long
        except TimeoutError:
            raise Refused(408, words.REQUEST_LATE.format(seconds=round(BODY_SECONDS))) from None
        if len(body) > limit:
            raise too_long
        return True

    async def _next(self, receive: Receive, body: bytearray) -> bool:
        """Read the next part; False after the last. Raises Refused where too much is held already."""
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part = message.get("body", b"")
        if self._held + len(part) > MOST_HELD:
            raise Refused(503, words.BUSY)
        self._held += len(part)
        body += part
        return bool(message.get("more_body", False))


def replayed(body: bytes, receive: Receive) -> Receive:
    """`receive`, with a whole body first."""
    told = False

    async def read() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return read

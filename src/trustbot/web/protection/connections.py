"""One connection to the server: how long a request may take to come, how long its head may be, how many there may be.

In: bytes of a socket. Out: requests to the application, or a problem for what never becomes one. Only h11 is served:
uvicorn's other parsers have no limit for a head. This module knows no route and no body; those are `limits`' business.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from trustbot.web.http.problems import problem
from trustbot.web.i18n import words

HEAD_LIMIT = 32 * 1024
"""Most bytes of a request's head: eight times the longest token of a visitor."""
HEAD_SECONDS = 10.0
"""Longest that a head, or a body that nobody reads any more, may take to come."""
READ_SECONDS = 30.0
"""Longest that a client may leave unread what was sent to it."""
MOST_CONNECTIONS = 900
"""Below the 1,024 files that a process may usually have open; past it a new connection is closed at once."""


class Connection(H11Protocol):
    """uvicorn's protocol, with an end for whoever sends nothing, sends half of something, or reads nothing."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._arriving = _Timer(self.loop, HEAD_SECONDS, self._late)
        self._unread = _Timer(self.loop, READ_SECONDS, self._abort)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
        else:
            self._watch()

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._arriving.stop()
        self._unread.stop()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Wait for a client that doesn't read, for so long."""
        super().pause_writing()
        self._unread.set()

    def resume_writing(self) -> None:
        """Go on: the client has read."""
        self._unread.stop()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP; uvicorn calls this while it handles h11's error, which says why."""
        too_long = getattr(sys.exc_info()[1], "error_status_hint", None) == 431
        self._refuse(431 if too_long else 400)

    def _should_upgrade(self) -> bool:
        return False  # nothing here speaks anything but HTTP, and nobody need be told so in the log

    def _watch(self) -> None:
        """Set a time for the next request while none is being answered; what has begun to come doesn't move it."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._arriving.stop()
        elif not self.transport.is_closing():
            self._arriving.set()

    def _abort(self) -> None:
        self.transport.abort()

    def _late(self) -> None:
        begun = bool(self.conn.trailing_data[0])
        if begun and self.conn.our_state is h11.IDLE:
            self._refuse(408)
        else:
            self.transport.close()

    def _refuse(self, status: int) -> None:
        # A request that is answered already can't be answered again, whatever comes behind it.
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE) and not self.transport.is_closing():
            sentence = {
                400: words.NOT_HTTP,
                408: words.REQUEST_LATE.format(seconds=round(HEAD_SECONDS)),
                431: words.HEAD_TOO_LONG.format(limit=f"{HEAD_LIMIT:,}"),
            }[status]
            told = problem(status, sentence, {"Connection": "close"})
            parts = (
                h11.Response(
                    status_code=status, headers=told.raw_headers, reason=HTTPStatus(status).phrase.encode("ascii")
                ),
                h11.Data(data=bytes(told.body)),
                h11.EndOfMessage(),
            )
            self.transport.write(b"".join(self.conn.send(part) or b"" for part in parts))
        self.transport.close()


class _Timer:
    """Calls once, so many seconds after it was set, unless it is stopped first; set again, it isn't moved."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, call: Callable[[], None]) -> None:
        self._loop, self._seconds, self._call = loop, seconds, call
        self._handle: asyncio.TimerHandle | None = None

    def set(self) -> None:
        if self._handle is None:
            self._handle = self._loop.call_later(self._seconds, self._ring)

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _ring(self) -> None:
        self._handle = None
        self._call()

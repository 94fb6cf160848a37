"""The log of the server: lines for a person or JSON for a program, each with the id of the request that it is about.

In: records of the standard library's logging, and requests. Out: lines on standard error, and `X-Request-ID` on each
response. Only whoever set `log_questions` finds words of a question: of an address no more than its beginning is told,
and of an error that nobody foresaw, in JSON, its kind and its places but not its message, which may repeat any word.
"""

from __future__ import annotations

import logging
import re
import time
import traceback
import uuid
from contextvars import ContextVar
from typing import Any

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trustbot.web.i18n import language
from trustbot.web.service import asked

HEADER = "X-Request-ID"
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds; only what goes wrong there is worth a line."""
_GIVEN = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HOME = re.compile(r"/c/[A-Za-z0-9._-]{1,100}(?=/)")
"""Where one of several corpora stands."""
_PART = re.compile(r"/[A-Za-z0-9._-]{1,40}")
_ID: ContextVar[str] = ContextVar("request", default="")

log = logging.getLogger("trustbot.web.requests")


def configure(*, as_json: bool, questions: bool) -> None:
    """Set up the process's log; `questions` lets words of questions be written."""
    handler = logging.StreamHandler()
    if as_json:
        handler.setFormatter(_Json(questions))
        logging.getLogger().handlers[:] = [handler]
        logging.captureWarnings(True)
        logging.getLogger("trustbot").setLevel(logging.INFO)
    elif questions:
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        asked.addHandler(handler)
        asked.setLevel(logging.INFO)


class Requests:
    """Middleware: gives each request an id, which its log lines and its response carry, and writes a line when it ends.

    An id that a proxy sent is kept where it looks like one.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        # A request that one corpus hands to another keeps its id.
        name = given if _GIVEN.fullmatch(given) else request_id() or uuid.uuid4().hex
        began, status = time.perf_counter(), 0

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = name
            await send(message)

        token = _ID.set(name)
        try:
            await self.app(scope, receive, named)
        finally:
            _tell(scope, status, time.perf_counter() - began)
            _ID.reset(token)


def request_id() -> str:
    """The id of the request that is being served; empty where none is."""
    return _ID.get()


def _tell(scope: Scope, status: int, seconds: float) -> None:
    """The line of a request that has ended; a status of 0 is that of a client who left."""
    path = address(str(scope["path"]), status)
    if f"/{path.rpartition('/')[2]}" in PROBES and status == 200:
        return
    ms = round(seconds * 1000)
    told = {"event": "request", "method": scope["method"], "path": path, "status": status, "ms": ms}
    log.info("%s %s %d %d ms", scope["method"], path, status, ms, extra=told)


def address(path: str, status: int) -> str:
    """As much of a path as tells which route it is; none of one that nothing is served at, which may hold anything."""
    if status in (0, 404):
        return "-"
    home = _HOME.match(path)
    at = home[0] if home else ""
    path = path.removeprefix(at)
    code = language.of(path)
    parts = _PART.findall(path.removeprefix(language.prefix(code)))
    return at + ("".join(parts[:2]) or "/")


class _Json(JsonFormatter):
    """One object a line: `time`, `level`, `logger`, `request_id`, and the fields of an event or a `message`."""

    def __init__(self, questions: bool) -> None:
        super().__init__(reserved_attrs=[*RESERVED_ATTRS, "color_message"], json_ensure_ascii=False)
        self._questions = questions

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """Fill `log_data` for `record`."""
        super().add_fields(log_data, record, message_dict)
        told = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{record.msecs:03.0f}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if name := request_id():
            told["request_id"] = name
        if "event" in log_data:
            log_data.pop("message", None)
        rest = dict(log_data)
        log_data.clear()
        log_data.update(told | rest)

    def formatException(self, ei: Any) -> Any:  # noqa: N802 - logging's own name
        """The kind of an error and where it happened; its message only where questions may be written."""
        kind, error, trace = ei
        if self._questions:
            return super().formatException(ei)
        places = (f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace))
        return " < ".join((kind.__name__ if error else "none", *reversed(list(places))))

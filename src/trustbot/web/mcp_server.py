"""The Model Context Protocol: the tools of `mcp_tools` over standard input and output, or over HTTP at `/mcp`.

In: messages of a client. Out: results. Over HTTP each request stands alone (no session, JSON in one piece), so that
several processes can serve it; who asks is admitted as at `/api/ask`, and a page of another site is refused by its
origin. The library, in the extra `mcp`, is loaded with the first request, not with the server.
"""

from __future__ import annotations

import asyncio
import contextvars
from contextlib import AbstractContextManager, nullcontext
from http import HTTPStatus
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from trustbot.errors import InvalidInput
from trustbot.web.auth.admission import Activity, address_of, asker_of
from trustbot.web.auth.doors import admitted
from trustbot.web.auth.portals_schema import is_loopback
from trustbot.web.http.addresses import Place
from trustbot.web.http.bodies import check_corpus, check_json, check_values, parse
from trustbot.web.http.problems import Refused, describe, problem, shown
from trustbot.web.i18n import words
from trustbot.web.mcp_tools import TOOLS, Result, ToolKind
from trustbot.web.protection.limits import replayed
from trustbot.web.protection.security import Listed
from trustbot.web.service import Service

if TYPE_CHECKING:
    import mcp_types as types
    from mcp.server.lowlevel import Server

PATH = "/mcp"


def installed() -> bool:
    """Whether the library is there."""
    return find_spec("mcp") is not None


def create_server(service: Service, title: str) -> Server[Any]:
    """The server with its tools; `title` is that of the corpus. Raises InvalidInput without the library."""
    if not installed():
        raise InvalidInput(words.NO_MCP)
    import mcp_types as types
    from mcp.server.lowlevel import Server

    async def tools(_: Any, __: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_described(name, kind, title) for name, kind in TOOLS.items()])

    async def call(context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            text, value = await _called(service, params.name, params.arguments or {}, context.request)
        except Exception as error:
            sentence = types.TextContent(type="text", text=describe(error)[1])
            return types.CallToolResult(content=[sentence], is_error=True)
        return types.CallToolResult(content=[types.TextContent(type="text", text=text)], structured_content=value)

    return Server(
        "trustbot", version=version("trustbot"), title=title, instructions=words.MCP_USE, on_list_tools=tools,
        on_call_tool=call,
    )  # fmt: skip


def _described(name: str, kind: ToolKind, title: str) -> types.Tool:
    import mcp_types as types

    schema = kind.arguments.model_json_schema()
    told = types.ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
    text = kind.description.format(title=title)
    return types.Tool(name=name, title=kind.title, description=text, input_schema=schema, annotations=told)


async def _called(service: Service, name: str, given: dict[str, Any], request: Request | None) -> Result:
    """What a tool gives, for whoever sent `request`; without one, for this machine's own user."""
    kind = TOOLS.get(name)
    if kind is None:
        raise Refused(404, words.NO_TOOL.format(tool=shown(name), tools=", ".join(TOOLS)))
    door: AbstractContextManager[None] = service.arriving() if kind.is_question else nullcontext()
    with door:
        asker = "" if request is None else await _admitted(service, kind, request)
        arguments = parse(kind.arguments, given)
        check_corpus(arguments.corpus, service.bot.corpus.id)
        return await to_thread.run_sync(kind.run, service, arguments, asker)


async def _admitted(service: Service, kind: ToolKind, request: Request) -> str:
    """Who asks, once they were let in; raises what `Admission.admit` raises."""
    activity: Activity = "question" if kind.is_question else "work"
    visitor = await admitted(service.admission, request, activity)
    return asker_of(visitor, address_of(request.client, request.headers))


class McpDoor:
    """An ASGI application for `/mcp`."""

    def __init__(self, service: Service, listed: Listed, at: Place) -> None:
        self._service, self._listed, self._at = service, listed, at
        self._opening = asyncio.Lock()
        self._app: ASGIApp | None = None
        self._running: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    async def close(self) -> None:
        """End what is being served."""
        self._closing.set()
        if self._running is not None:
            await self._running

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        try:
            if not installed():
                raise Refused(404, words.NO_MCP)
            self._check(request)
            body = await _message(request)
            app = await self._opened()
        except Exception as error:
            allow = {"Allow": "POST"} if getattr(error, "http_status", 0) == HTTPStatus.METHOD_NOT_ALLOWED else {}
            refused: Response = problem(*describe(error), allow)
            await refused(scope, receive, send)
            return
        here = {**scope, "path": PATH, "raw_path": PATH.encode(), "root_path": ""}
        await app(here, replayed(body, receive), send)

    def _check(self, request: Request) -> None:
        """Refused where a page sent it that isn't of this site, this machine or a listed one."""
        origin = request.headers.get("origin")
        if origin is None or self._listed().allows(origin):
            return
        own = urlsplit(self._at.url)
        if origin != f"{own.scheme}://{own.netloc}" and not is_loopback(urlsplit(origin).hostname or ""):
            raise Refused(403, words.CROSS_SITE.format(origin=shown(origin)))

    async def _opened(self) -> ASGIApp:
        async with self._opening:
            if self._app is None:
                title = self._service.bot.corpus.title
                server = await to_thread.run_sync(create_server, self._service, title)
                self._app, begun = await to_thread.run_sync(_over_http, server), asyncio.Event()
                # Of no request: what it starts outlives the one that came first.
                running = self._run(server, begun)
                self._running = asyncio.create_task(running, context=contextvars.Context())
                await begun.wait()
            return self._app

    async def _run(self, server: Server[Any], begun: asyncio.Event) -> None:
        async with server.session_manager.run():
            begun.set()
            await self._closing.wait()


async def _message(request: Request) -> bytes:
    """The body of a request; Refused where there can be none.

    A client that GETs asks for a stream of what the server has to tell by itself, which is never anything.
    """
    if request.method != "POST":
        raise Refused(405, words.WRONG_METHOD.format(method=request.method, path=PATH))
    check_json(request.headers)
    body = await request.body()
    check_values(body)
    return body


def _over_http(server: Server[Any]) -> ASGIApp:
    from mcp.server.transport_security import TransportSecuritySettings

    # Origins are checked here, hosts by whoever stands in front.
    unchecked = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    return server.streamable_http_app(
        streamable_http_path=PATH, json_response=True, stateless_http=True, transport_security=unchecked
    )

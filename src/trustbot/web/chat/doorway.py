"""The door to the chat at `/` and, framed, at `/widget`: a waiting page before it is there, and only the routes it
needs afterwards.

In: requests that no other route took. Out: Gradio's own answers for a short list of its routes, and problems
for everything else. Gradio offers uploads, a proxy, file access and more to anyone who asks; a list of what
is let through stays right when a new version adds a route, a list of what is refused doesn't.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trustbot.text.origins import Origins
from trustbot.web.chat.preloads import with_preloads
from trustbot.web.chat.requests import WRITE, Join, checked
from trustbot.web.chat.sessions import Sessions
from trustbot.web.http.addresses import route_path
from trustbot.web.http.bodies import check_json
from trustbot.web.http.caching import with_stamps
from trustbot.web.http.pages import chat_page, closed_page, waiting_page
from trustbot.web.http.problems import Refused, not_found, problem, shown
from trustbot.web.i18n import language, words
from trustbot.web.pages import boot, sharing
from trustbot.web.protection.limits import replayed
from trustbot.web.protection.security import content_security_policy, script_hashes
from trustbot.web.service import Service
from trustbot.web.widget import page
from trustbot.web.widget.access import Access, Standing

DATA = "/gradio_api/queue/data"
READ = frozenset({"/config", "/theme.css", "/gradio_api/info", "/gradio_api/app_id", DATA})
READ_UNDER = ("/assets/", "/static/", "/gradio_api/heartbeat/")
LONGEST_PATH = 1000
"""Characters; below what any file system takes, with the folder that it is in."""
WIDGET = "/widget"
"""The chat as a portal's page shows it; no other page can be framed from elsewhere."""
OWN = frozenset({"/healthz", "/readyz", "/metrics", "/audit", "/browse", "/unanswered", WIDGET, "/widget/status"})
SWITCHED_OFF = ("/gradio_api", "/login", "/logout", "/monitoring", "/svelte/", "/custom_component")


class Doorway:
    """An ASGI application that stands at `/` from the first second; `open` puts the chat behind it."""

    def __init__(self, service: Service, access: Access) -> None:
        self._service = service
        self._access = access
        self._chats: Mapping[str, FastAPI] = {}
        self._title = words.PRODUCT
        self._closing = asyncio.Event()
        self._posting = asyncio.Lock()
        self.problem: str | None = None
        """Why the chat itself can't be shown, although questions can be answered."""

    @property
    def is_open(self) -> bool:
        """True once `/` is the chat."""
        return bool(self._chats)

    def open(self, chats: Mapping[str, FastAPI], title: str) -> None:
        """Show the chat from the next request on; `chats` holds one for each language."""
        self._chats, self._title = chats, title

    def close(self) -> None:
        """End every stream that is open: a page keeps one, and it would hold up the end of the program."""
        self._closing.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        path, method = route_path(scope) or "/", scope["method"]
        chat = self._chats.get(language.current())
        # The chat was told where it stands when it was made; FastAPI would take that off the path a second time.
        scope = {**scope, "path": path, "root_path": "", "headers": _unforwarded(scope["headers"])}
        if path in ("/", WIDGET) and method in ("GET", "HEAD"):
            await self._page(chat, scope, receive, send)
        elif chat is not None and path in WRITE and method == "POST":
            await self._post(chat, scope, receive, send)
        elif chat is not None and path == DATA and method == "GET":
            await self._tell(chat, scope, receive, send)
        elif chat is not None and passes(path, method):
            await self._pass(chat, scope, receive, send)
        else:
            await refusal(Request(scope, receive))(scope, receive, send)

    async def _post(self, chat: FastAPI, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through what the page posts, as it was read here."""
        request, sessions = Request(scope, receive), _sessions(chat)
        async with self._posting:  # one at a time: decoded, a conversation takes many times its size
            try:
                check_json(request.headers)
                sent = checked(scope["path"], await request.body(), sessions.inputs)
                if isinstance(sent, Join):
                    if not sessions.has_room():
                        raise Refused(503, words.BUSY)
                    sessions.joined(sent.session_hash)
            except Refused as error:
                await problem(error.http_status, str(error))(scope, receive, send)
                return
            await self._pass(chat, scope, replayed(sent.model_dump_json().encode("utf-8"), receive), send)

    async def _tell(self, chat: FastAPI, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a page read what its events have to tell; one of another process is told that they are not here.

        Gradio would begin a stream and break it off, which its page takes for a lost connection.
        """
        session, sessions = Request(scope).query_params.get("session_hash", ""), _sessions(chat)
        if not sessions.known(session):
            told = {"msg": "unexpected_error", "message": words.ELSEWHERE, "success": False}
            events = "".join(f"data: {json.dumps(one)}\n\n" for one in (told, {"msg": "close_stream"}))
            stream = Response(events, media_type="text/event-stream", headers={"Cache-Control": "no-store"})
            await stream(scope, receive, send)
            return
        with sessions.reading(session):
            await self._pass(chat, scope, receive, send)

    async def _pass(self, chat: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through; once the door closes, the chat is told that its reader has gone."""
        began = ended = False

        async def listen() -> Message:
            message = asyncio.ensure_future(receive())
            closing = asyncio.ensure_future(self._closing.wait())
            try:
                await asyncio.wait({message, closing}, return_when=asyncio.FIRST_COMPLETED)
                return message.result() if message.done() else {"type": "http.disconnect"}
            finally:
                message.cancel()
                closing.cancel()

        async def tell(message: Message) -> None:
            nonlocal began, ended
            began = True
            ended = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        await chat(scope, listen, tell)
        if began and not ended:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _page(self, chat: ASGIApp | None, scope: Scope, receive: Receive, send: Send) -> None:
        framed = scope["path"] == WIDGET
        origins = self._access.origins() if framed else Origins()
        policy = {"Content-Security-Policy": content_security_policy(origins), "Cache-Control": "no-store"}
        told = page.asked(scope.get("query_string", b"")) if framed else {}
        standing = self._access.standing(told.get("corpus", ""), None) if framed else Standing()
        if chat is None:
            missing = self._service.missing or words.WAITING_CHAT
            text = waiting_page(missing, self._service.problem or self.problem, theme=page.theme(told))
            waiting = HTMLResponse(text, status_code=503, headers={**policy, "Retry-After": "2"})
            await waiting(scope, receive, send)
        elif not standing.open:
            status = 404 if standing.reason == "corpus" else 503
            await HTMLResponse(closed_page(standing.problem, page.theme(told)), status, policy)(scope, receive, send)
        else:
            early = self._early(scope, told if framed else None)
            # Gradio works out from the path where it stands; both of its pages stand at the root. What an address asks
            # for is read by this server and by the page's script: Gradio's `page` is one that it has, or an error.
            request = Request({**scope, "path": "/", "raw_path": b"/", "query_string": b""}, receive)
            response = await _gathered(chat, request, lambda text: self._dressed(text, early, framed))
            if response.status_code == 200:
                hashes = script_hashes(bytes(response.body).decode("utf-8"))
                policy["Content-Security-Policy"] = content_security_policy(origins, hashes)
            response.headers.update(policy)
            await response(scope, receive, send)

    def _early(self, scope: Scope, told: dict[str, str] | None) -> str:
        """What the page shows and knows before Gradio is there; `told` is what a portal says to the framed one."""
        corpus, settings = self._service.bot.corpus, self._service.settings
        early = boot.script_words(
            corpus.id, self._service.feedback_note, settings.question_limit, comments=settings.feedback_comments
        )
        if told is None:
            early += sharing.boot_data(sharing.read(scope.get("query_string", b""), self._service))
        else:
            early += page.boot_data(told, corpus.id, settings.question_limit, self._access.origins())
        return early + boot.shell(corpus)

    def _dressed(self, text: str, early: str, framed: bool) -> str:
        return with_preloads(with_stamps(chat_page(text, self._title, early, framed=framed)))


def _sessions(chat: FastAPI) -> Sessions:
    sessions: Sessions = chat.state.sessions
    return sessions


def _unforwarded(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers without what proxies say, which Gradio believes from anybody, but with a sign of them."""
    kept = [h for h in headers if not h[0].startswith(b"x-forwarded-")]
    return kept if len(kept) == len(headers) else [*kept, (b"via", b"1.1 proxy")]


def passes(path: str, method: str) -> bool:
    """True if the chat's own page needs to read this route."""
    # No file system has a longer name, and Gradio takes the error that it gives for one of its own.
    named = path.startswith(READ_UNDER) and all(len(part.encode("utf-8", "replace")) <= 255 for part in path.split("/"))
    return method in ("GET", "HEAD") and (path in READ or named) and len(path) <= LONGEST_PATH


def refusal(request: Request) -> Response:
    """What says that a route isn't served."""
    path, method = request.scope["path"], request.method
    if path in OWN or path in WRITE or path in READ or path == "/":
        return problem(405, words.WRONG_METHOD.format(method=method, path=shown(path)), {"Allow": "GET, HEAD"})
    if path.startswith(SWITCHED_OFF):
        return problem(403, words.NOT_OFFERED.format(path=shown(path)))
    return not_found(request, words.NOT_FOUND.format(path=shown(path)))


async def _gathered(app: ASGIApp, request: Request, change: Callable[[str], str]) -> Response:
    """The whole response of `app`, its page changed by `change`; asked for uncompressed, to be read."""
    scope = {**request.scope, "headers": [h for h in request.scope["headers"] if h[0] != b"accept-encoding"]}
    body = bytearray()
    start: Message = {}

    async def gather(message: Message) -> None:
        nonlocal body
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            body += message.get("body", b"")

    await app(scope, request.receive, gather)
    headers = MutableHeaders(raw=[h for h in start["headers"] if h[0] != b"content-length"])
    text = change(body.decode("utf-8")) if body else ""
    response = Response(text, status_code=start["status"])
    response.raw_headers.extend(h for h in headers.raw if h[0] != b"content-type")
    response.headers["Content-Type"] = headers.get("content-type", "text/html; charset=utf-8")
    return response

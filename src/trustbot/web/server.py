"""The application as a whole, and the process that serves it.

In: settings. Out: an ASGI application that answers `/healthz` at once, opens the bot and then the chat in the
background, and says at `/readyz` what is still missing. This module puts parts together; it holds no logic of
answering and no markup.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Generator, Sequence

import uvicorn
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from uvicorn.config import LOGGING_CONFIG

from trustbot.errors import TrustbotError
from trustbot.runtime.process import return_large_blocks
from trustbot.settings import LOOPBACK_PROXIES, Settings, trusted_proxies
from trustbot.web import mcp_server
from trustbot.web.api import openai_api
from trustbot.web.api.routes import create_api
from trustbot.web.auth.doors import add_renewal
from trustbot.web.auth.portals import load_portals
from trustbot.web.chat.doorway import Doorway
from trustbot.web.chat.opening import Say, lifespan
from trustbot.web.choosing import ByAddress, ByBody, add_corpora
from trustbot.web.coordinate.routes import add_coordinate
from trustbot.web.corpora import Corpora
from trustbot.web.http.addresses import LanguagePrefix, Place, RootPath, place
from trustbot.web.http.caching import STATIC, Caching, stamp
from trustbot.web.http.problems import LastResort, install
from trustbot.web.i18n import words
from trustbot.web.logs import Requests, configure
from trustbot.web.lti.registered import Registry
from trustbot.web.lti.routes import add_lti
from trustbot.web.mcp_server import McpDoor
from trustbot.web.pages.audit_page import add_audit_page
from trustbot.web.pages.browse.page import add_browse_page
from trustbot.web.pages.document_page import add_document_page
from trustbot.web.probes import add_probes
from trustbot.web.protection.connections import HEAD_LIMIT, Connection
from trustbot.web.protection.limits import RequestLimits
from trustbot.web.protection.security import ListedOrigins, SecurityHeaders
from trustbot.web.service import Answering, OpenBot, Service
from trustbot.web.unanswered_view import add_unanswered_page
from trustbot.web.widget.access import Access
from trustbot.web.widget.loader import add_widget_loader
from trustbot.web.widget.routes import add_widget_status
from trustbot.web.widget.setup_page import add_widget_setup

BACKLOG = 2048
SWITCH_SECONDS = 0.0005
"""Longest that a thread keeps others waiting that could go on."""
GRACE_SECONDS = 5
"""Longest that answers under way may hold up the end of the program."""

log = logging.getLogger("trustbot.web")


def create_app(
    settings: Settings,
    open_bot: OpenBot | None = None,
    say: Say | None = None,
    on_ready: Callable[[], None] | None = None,
) -> FastAPI:
    """The application. Nothing is opened until a server starts it.

    `open_bot` replaces `trustbot.bot.build_bot`; `say` gets each sentence an operator should see while the
    program starts; `on_ready` is called once, when the chat is there. Raises InvalidInput for wrong origins, and for
    a file of portals that can't be used. Where the settings name further corpora, it has an application of its own for
    each.
    """
    others = Registry(settings.data_dir)
    given = load_portals(settings.portals_file, others=bool(others.registrations() or others.invitations()))
    corpora = Corpora(settings, given, _beside(open_bot or _build_bot, say))
    settings, portals = given.limited(settings), given.of(settings.corpus)
    registry = Registry(settings.data_dir, portals.platforms)
    if say:
        for warning in portals.warnings:
            say(warning)
    service = Service(settings, open_bot or _build_bot, portals)
    access, at = Access(service, registry.origins), place(settings.root_path)
    doorway = Doorway(service, access)

    app = FastAPI(
        lifespan=lifespan(service, doorway, corpora, say, on_ready),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        middleware=_middleware(service, access, at, corpora),
    )
    app.state.close = [doorway.close, corpora.close_streams]
    install(app)
    add_corpora(app, corpora)
    add_probes(app, service, doorway)
    add_audit_page(app, service)
    add_unanswered_page(app, service)
    add_coordinate(app, service)
    add_browse_page(app, service)
    add_document_page(app, service)
    add_widget_status(app, access)
    add_widget_loader(app, service)
    add_widget_setup(app, service, access, at)
    add_renewal(app, service.admission)
    add_lti(app, service, registry, corpora)
    app.mount("/api", create_api(service))
    tools = McpDoor(service, access.origins, at)
    app.state.tools = tools
    app.router.routes.append(Route(mcp_server.PATH, tools))
    app.mount(openai_api.PATH, openai_api.create_openai(service))
    for folder in ("ui", stamp()):
        app.mount(f"/{folder}", StaticFiles(directory=STATIC))
    app.mount("/", doorway)
    return app


def _beside(open_bot: OpenBot, say: Say | None) -> Callable[[Settings], FastAPI]:
    """What makes the application of a further corpus; one bot after the other is opened."""
    turn = threading.Lock()

    def opened(settings: Settings) -> Answering:
        with turn:
            return open_bot(settings)

    def create(settings: Settings) -> FastAPI:
        named = f"{settings.corpus}: "
        return create_app(settings, opened, (lambda sentence: say(named + sentence)) if say else None)

    return create


def _middleware(service: Service, access: Access, at: Place, corpora: Corpora) -> list[Middleware]:
    return [
        Middleware(ByAddress, corpora=corpora, at=at),
        Middleware(Requests),
        Middleware(GZipMiddleware, minimum_size=1000, compresslevel=6),
        Middleware(RootPath, at=at),
        Middleware(LanguagePrefix),
        Middleware(Caching),
        Middleware(SecurityHeaders, listed=access.origins, metrics=service.metrics),
        Middleware(ListedOrigins, listed=access.origins),
        Middleware(RequestLimits),
        Middleware(LastResort),
        Middleware(ByBody, corpora=corpora, at=at),
    ]


def _build_bot(settings: Settings) -> Answering:
    from trustbot.bot import build_bot

    return build_bot(settings)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises TrustbotError with what to do instead."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
    except OSError:
        raise TrustbotError(words.HOST_UNKNOWN.format(host=host)) from None
    sock = socket.socket(family, kind)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        told = {errno.EADDRINUSE: words.PORT_IN_USE, errno.EACCES: words.PORT_FORBIDDEN}
        sentence = told.get(error.errno or 0, words.HOST_UNKNOWN)
        raise TrustbotError(sentence.format(host=host, port=port)) from None
    return sock


def url_of(sock: socket.socket) -> str:
    """The address that a browser on this machine opens."""
    host, port = sock.getsockname()[:2]
    address = ipaddress.ip_address(host)
    if address.is_unspecified:
        host = "127.0.0.1" if address.version == 4 else "::1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server(uvicorn.Server):
    """Serves an application of `create_app`, and ends its open streams first when it is told to stop."""

    def __init__(self, app: FastAPI, proxies: str = LOOPBACK_PROXIES, *, own_log: bool = False) -> None:
        """`proxies` are the addresses from which a header may say who the client is, separated by commas.

        With `own_log`, uvicorn's lines go where the process's other ones go.
        """
        self._close: Sequence[Callable[[], None]] = app.state.close
        super().__init__(
            uvicorn.Config(
                app,
                http=Connection,
                ws="none",
                h11_max_incomplete_event_size=HEAD_LIMIT,
                # Less than an error would tell of what strangers send, once for each time.
                log_level="error",
                log_config=None if own_log else LOGGING_CONFIG,
                access_log=False,
                server_header=False,
                proxy_headers=True,
                forwarded_allow_ips=proxies,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Stop at the end of a session (SIGHUP) as at SIGTERM, unless the process was started to outlive it."""
        with super().capture_signals():
            before = signal.getsignal(signal.SIGHUP)
            if before is signal.SIG_IGN or threading.current_thread() is not threading.main_thread():
                yield
                return
            signal.signal(signal.SIGHUP, self.handle_exit)
            try:
                yield
            finally:
                signal.signal(signal.SIGHUP, before)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop serving."""
        for close in self._close:
            close()
        await super().shutdown(sockets)


def serve(settings: Settings, open_bot: OpenBot | None = None) -> None:
    """Serve until interrupted. Raises TrustbotError when the address can't be listened on."""
    as_json = settings.log_format == "json"
    configure(as_json=as_json, questions=settings.log_questions)
    say = log.warning if as_json else _to_stderr
    proxies = trusted_proxies()
    if "*" in proxies:
        say(words.EVERY_PROXY)
    # Answers are made in threads that hold the interpreter: the loop, which takes and refuses requests, is one of many.
    sys.setswitchinterval(SWITCH_SECONDS)
    return_large_blocks()
    sock = listen(settings.host, settings.port)
    with sock:
        ready = words.READY.format(url=place(settings.root_path).url or url_of(sock))
        app = create_app(settings, open_bot, say=say, on_ready=lambda: _to_stdout(ready))
        with contextlib.suppress(KeyboardInterrupt):
            Server(app, proxies, own_log=as_json).run(sockets=[sock])


def _to_stdout(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _to_stderr(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()

"""The routes of the tool, from `/lti/login` to `/lti/deep-link`; without a known platform they say so.

In: requests. Out: redirections and pages that the platforms may frame. This module knows what a browser sends, and
leaves what it means to `tool`.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from importlib.util import find_spec
from urllib.parse import parse_qsl, urlsplit

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from trustbot.errors import InvalidInput, StorageError
from trustbot.text.origins import Origins
from trustbot.web.auth.portals_schema import is_loopback
from trustbot.web.corpora import Corpora
from trustbot.web.http.addresses import place, public_url
from trustbot.web.http.lti_paths import CONFIG, DEEP_LINK, JWKS, LAUNCH, LOGIN, REGISTER
from trustbot.web.http.problems import Refused
from trustbot.web.i18n import language, words
from trustbot.web.lti import login, pages
from trustbot.web.lti.config import configuration
from trustbot.web.lti.deep_linking import Choice, return_origin
from trustbot.web.lti.messages import Launch
from trustbot.web.lti.refusals import LaunchRefused
from trustbot.web.lti.registered import Registration, Registry
from trustbot.web.lti.registration import NotRegistered, register
from trustbot.web.lti.tool import Tool
from trustbot.web.service import Service

COOKIE = "__Secure-trustbot-lti"
MOST_FIELDS = 60
ANYWHERE = Origins(("*",))
"""Who may frame the page of a registration: it is shown to whoever has the invitation, in a page of a platform that is
not known yet, and there is nothing on it to be pressed."""
NO_STORE = {"Cache-Control": "no-store"}

log = logging.getLogger("trustbot.web")
Route = Callable[[Request], Awaitable[Response]]


def add_lti(app: FastAPI, service: Service, registry: Registry, corpora: Corpora | None = None) -> None:
    """Add the routes; a link may lead to one of `corpora` as well.

    Raises InvalidInput where a platform is known and the library for it isn't installed.
    """
    if registry.platforms() and find_spec("pylti1p3") is None:
        raise InvalidInput(
            f"A learning platform is in {service.settings.portals_file} or registered itself, and the package for LTI "
            "is not installed. Install it with `pip install 'trustbot[lti]'`, or take the platform out."
        )
    routes = Routes(service, Tool(service, registry, corpora))
    app.add_api_route(REGISTER + "/{secret}", routes.register, methods=["GET"], include_in_schema=False)
    for path, methods, route in (
        (LOGIN, ["GET", "POST"], routes.login),
        # Whoever opens one of these addresses by hand reads a page, too.
        (LAUNCH, ["GET", "POST"], routes.launch),
        (DEEP_LINK, ["GET", "POST"], routes.deep_link),
        (JWKS, ["GET"], routes.jwks),
        (CONFIG, ["GET"], routes.config),
    ):
        app.add_api_route(path, routes.guarded(route), methods=methods, include_in_schema=False)


class Routes:
    """What each route does."""

    def __init__(self, service: Service, tool: Tool) -> None:
        self._at = place(service.settings.root_path)
        self._tool = tool

    def guarded(self, route: Route) -> Route:
        """`route` where there is a platform; what it refuses becomes a page."""

        @wraps(route)
        async def answer(request: Request) -> Response:
            if not (self._tool.platforms or self._tool.registry.invitations()):
                raise Refused(404, words.LTI_NONE)
            try:
                return await route(request)
            except LaunchRefused as refusal:
                page = pages.refused_page(refusal)
                return HTMLResponse(page, refusal.http_status, pages.headers(self._tool.origins()))

        return answer

    def _base(self, request: Request) -> str:
        """The public address, which platforms are told of.

        What a request calls the host is anybody's word: it is taken only for this machine itself, to try the tool.
        """
        host = request.url.hostname or ""
        if not self._at.url and not is_loopback(host):
            raise LaunchRefused("address", host=host)
        return public_url(self._at, request)

    async def login(self, request: Request) -> Response:
        """Send the browser on to the platform that began."""
        told = {**request.query_params, **await _form(request)}
        base = self._base(request)
        browser = login.browser_name(request.cookies.get(COOKIE)) or secrets.token_urlsafe(24)
        response = RedirectResponse(self._tool.login(told, base, browser), 302, NO_STORE)
        if base.startswith("https://"):
            # Written by hand: before Python 3.14 the standard library knows no Partitioned.
            response.headers["Set-Cookie"] = (
                f"{COOKIE}={browser}; Max-Age={login.STATE_SECONDS}; Path={urlsplit(base).path}/; "
                "HttpOnly; Secure; SameSite=None; Partitioned"
            )
        return response

    async def launch(self, request: Request) -> Response:
        """Take a launch, and send the browser on to the widget or show the choice of a link."""
        told, base = await _form(request), self._base(request)
        browser, origin = login.browser_name(request.cookies.get(COOKIE)), request.headers.get("origin")
        launch = await run_in_threadpool(self._tool.launch, told, base, browser, origin)
        code, root = _language(launch)
        if launch.deep_link is None:
            return RedirectResponse(root + await run_in_threadpool(self._tool.widget, launch), 303, NO_STORE)
        ticket = self._tool.ticket(launch)
        offer = await run_in_threadpool(self._tool.offer)
        with language.using(code):
            title = self._tool.opened(ticket).title or offer.corpus_title
            page = pages.choice_page(offer, ticket, Choice(title, offer.corpus), root)
        return HTMLResponse(page, headers=pages.headers(self._tool.origins(), "'self'"))

    async def deep_link(self, request: Request) -> Response:
        """Send an instructor's choice to the platform."""
        told, base = await _form(request), self._base(request)
        ticket, framing = self._tool.opened(told.get("ticket", "")), self._tool.origins()
        offer = await run_in_threadpool(self._tool.offer)
        choice, problem = self._tool.chosen(told, offer)
        if problem:
            page = pages.choice_page(offer, told["ticket"], choice, problem=problem)
            return HTMLResponse(page, 422, headers=pages.headers(framing, "'self'"))
        token = await run_in_threadpool(self._tool.response, ticket, choice, base)
        allowed = pages.headers(framing, return_origin(ticket.return_url), "script-src 'self'; ")
        # The platform may look at the origin of what it is sent, which a page without any referrer would withhold.
        allowed["Referrer-Policy"] = "strict-origin"
        return HTMLResponse(pages.response_page(ticket.return_url, token), headers=allowed)

    async def register(self, request: Request) -> Response:
        """Register with the platform whose administrator pasted an invitation's address."""
        allowed = pages.headers(ANYWHERE, script="script-src 'self'; ")
        try:
            made = await run_in_threadpool(self._registered, request.path_params["secret"], request)
        except NotRegistered as refusal:
            return HTMLResponse(pages.not_registered_page(refusal.told), refusal.http_status, allowed)
        log.info("the learning platform %s registered itself", made.issuer)
        return HTMLResponse(pages.registered_page(made.issuer), headers=allowed)

    def _registered(self, secret: str, request: Request) -> Registration:
        with self._tool.registry.invited(secret) as invitation:
            if invitation is None:
                raise NotRegistered("invitation")
            try:
                base = self._base(request)
            except LaunchRefused:
                raise NotRegistered("address") from None
            made = register(request.query_params, base, invitation)
            try:
                self._tool.registry.add(made)
            except StorageError:
                raise NotRegistered("storage") from None
            return made

    async def jwks(self, request: Request) -> Response:
        """The public keys of the tool."""
        keys = await run_in_threadpool(self._tool.key.jwks)
        return JSONResponse(keys, headers={"Cache-Control": "public, max-age=3600"})

    async def config(self, request: Request) -> Response:
        """What an administrator registers."""
        return JSONResponse(configuration(self._base(request)), headers=NO_STORE)


def _language(launch: Launch) -> tuple[str, str]:
    """The language for somebody who launched, and the way to the root of the site in it.

    It is the address's own or, where that is none but the first, the one that the platform is used in.
    """
    here, wished = language.current(), launch.locale.replace("_", "-").partition("-")[0].lower()
    if here == language.SOURCE and wished in language.codes()[1:]:
        return wished, f"{pages.BASE}{wished}/"
    return here, pages.BASE


async def _form(request: Request) -> Mapping[str, str]:
    """The fields of a form, the last of each name; none of a request without one."""
    if request.method == "GET":
        return {}
    body = await request.body()
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise LaunchRefused("parameter", name="form") from None
    return dict(pairs)

"""Where the site stands, and which language an address is in: `/` is English, `/es/` Spanish, each with all of it.

In: any request. Out: the same request with the path that a proxy shows the site under, and its language's prefix,
counted to the root that the application stands at, and the language set while it is served. A first visit to `/` is
not sent to another language by what the browser says it accepts: an address says one thing to everybody, so that it can
be shared, cached and cited, and a reader who chose English on a Spanish computer is not argued with. Each page links
itself in the other languages, and `?lang=es` leads to an address in that language. This module knows no route and
no page.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from trustbot.errors import InvalidInput
from trustbot.web.i18n import language

OWN = frozenset(
    {"api", "assets", "audit", "browse", "documents", "gradio_api", "lti", "mcp", "static", "ui"}
    | {"unanswered", "v1", "widget"}
)
"""First parts of the site's own addresses: under one of them, nobody could tell what a proxy cut off."""
PROGRAMS = frozenset({"api", "gradio_api", "ui"})
"""First parts of addresses that nobody reads in a language."""
_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")


class Place(NamedTuple):
    """Where readers find the site."""

    path: str = ""
    """What stands before each of its addresses; empty, or from its first slash on, without the last."""
    url: str = ""
    """The whole public address, without the last slash; empty where it isn't known."""


def place(root_path: str) -> Place:
    """The place that the setting `root_path` names: a path, or a whole address. Raises InvalidInput."""
    written = root_path.strip().rstrip("/")
    try:
        parts = urlsplit(written)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
        usable = (whole or not (parts.scheme or parts.netloc)) and not (parts.query or parts.fragment)
    except ValueError:
        usable = False
    if not usable or not _PATH.fullmatch(parts.path):
        raise InvalidInput(
            f"TRUSTBOT_ROOT_PATH can't be used: {root_path!r} is neither a path nor an address. "
            "Write it as /tools/trustbot, or as https://example.edu/tools/trustbot."
        )
    first = parts.path[1:].split("/", 1)[0]
    if first in OWN or first in language.codes():
        raise InvalidInput(
            f"TRUSTBOT_ROOT_PATH can't be used: /{first} is one of trustbot's own addresses. "
            "Show it under another path, such as /trustbot."
        )
    return Place(parts.path, written if whole else "")


def public_url(at: Place, request: Request) -> str:
    """The site's public address: as it was set, else as the request has it; without the last slash."""
    return at.url or f"{request.url.scheme}://{request.url.netloc}{at.path}"


class RootPath:
    """Middleware: what is behind it sees the path that the reader sees, whether a proxy cut off its beginning or not.

    Requests that come without it are served as well: whoever looks after the server asks it directly.
    """

    def __init__(self, app: ASGIApp, at: Place) -> None:
        self.app = app
        self.path = at.path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not self.path:
            await self.app(scope, receive, send)
        elif scope["path"] == self.path:
            query = scope.get("query_string", b"").decode("latin-1")
            slash = self.path.rpartition("/")[2] + "/"
            await RedirectResponse(slash + ("?" + query if query else ""), 308)(scope, receive, send)
        else:
            missing = "" if scope["path"].startswith(f"{self.path}/") else self.path
            raw = missing.encode("ascii") + (scope.get("raw_path") or quote(scope["path"]).encode("ascii"))
            whole = {"path": missing + scope["path"], "raw_path": raw, "root_path": self.path}
            await self.app({**scope, **whole}, receive, send)


class LanguagePrefix:
    """Middleware: takes the language from the first part of the path; everything behind it knows only the rest."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        root, path = scope.get("root_path", ""), _asked(scope)
        code = language.of(path)
        prefix = language.prefix(code)
        query = scope.get("query_string", b"").decode("latin-1")
        if code != language.SOURCE and path == prefix:
            # Relative links need the slash. The address is relative as well: a proxy may have cut off what precedes.
            await RedirectResponse(f"{code}/{'?' + query if query else ''}", 308)(scope, receive, send)
            return
        wished, rest = _wished(query)
        if wished and wished != code and scope["method"] in ("GET", "HEAD") and _is_read(path):
            with language.using(code, path.removeprefix(prefix) + ("?" + rest if rest else "")):
                way = next(there.href for there in language.alternates() if there.code == wished)
            await RedirectResponse(way, 307)(scope, receive, send)
            return
        # As ASGI has it, `path` stays whole and `root_path` says how much of it has been taken.
        with language.using(code, path.removeprefix(prefix) + ("?" + query if query else "")):
            await self.app({**scope, "root_path": root + prefix}, receive, send)


def _is_read(path: str) -> bool:
    """Whether an address, with or without a language's prefix, is one of a page, and `lang` in it means the page's."""
    parts = [part for part in path.split("/") if part]
    return not PROGRAMS & set(parts[:2]) and parts[-2:] != ["widget", "setup"]


def _wished(query: str) -> tuple[str, str]:
    """The language that `lang` of a query string names, empty for none that there is; and the query without it."""
    parts = query.split("&")
    named = [part.partition("=")[2] for part in parts if part.partition("=")[0] == "lang"]
    code = re.split("[-_]", named[-1])[0].lower() if named else ""
    return code if code in language.codes() else "", "&".join(p for p in parts if p.partition("=")[0] != "lang")


def route_path(scope: Scope) -> str:
    """The path of a request without what the application stands at: what a route is chosen by."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    return path[len(root) :] if root and path.startswith(f"{root}/") else path


def _asked(scope: Scope) -> str:
    """The path as it was written, encoded slashes and all, below the root that a server was told of."""
    raw = scope.get("raw_path")
    written = raw.decode("latin-1") if raw else quote(scope["path"])
    root = scope.get("root_path", "")
    return written.removeprefix(root) if written.startswith(f"{root}/") else written

"""Which language a request's address is in: `/` is English, `/es/` Spanish, each with the whole site under it.

In: any request. Out: the same request with its language's prefix counted to the root that the application stands at,
and the language set while it is served. A first visit to `/` is not sent to another language by what the browser says
it accepts: an address says one thing to everybody, so that it can be shared, cached and cited, and a reader who chose
English on a Spanish computer is not argued with. Each page links itself in the other languages. This module knows no
route and no page.
"""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from trustbot.web import language


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
        # As ASGI has it, `path` stays whole and `root_path` says how much of it has been taken.
        with language.using(code, path.removeprefix(prefix) + ("?" + query if query else "")):
            await self.app({**scope, "root_path": root + prefix}, receive, send)


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

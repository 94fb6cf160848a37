"""What a browser is told about this site, and who may call it from another one.

In: what tells which origins are listed. Out: headers and middleware. Deny by default: an origin that is not listed may
neither read answers nor show the widget, and no page but the widget's can be framed at all. This module knows no route
and no page.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trustbot.text.origins import NO_ORIGINS, Origins
from trustbot.web.http.addresses import route_path
from trustbot.web.http.lti_paths import LTI_POSTS
from trustbot.web.http.metrics import Metrics
from trustbot.web.http.problems import problem, shown
from trustbot.web.i18n import words

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
Listed = Callable[[], Origins]
"""The origins that are listed now: a corpus that is ingested anew may bring others."""
INLINE_SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<body>.*?)</script>", re.DOTALL)


def content_security_policy(origins: Origins = NO_ORIGINS, script_hashes: Iterable[str] = ()) -> str:
    """The policy of a page: everything from this site, scripts only from files or with a listed hash; framed by this
    site and by `origins`."""
    return "; ".join(
        (
            "default-src 'self'",
            " ".join(("script-src 'self'", *(f"'{h}'" for h in script_hashes))),
            # Gradio's components carry style attributes; styles can't send data anywhere under this policy.
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            " ".join(("frame-ancestors 'self'", *origins.listed)),
        )
    )


def script_hashes(page: str) -> list[str]:
    """The CSP hashes of a page's inline scripts, so that no other inline script can run; blocks of data never run."""
    return [
        "sha256-" + base64.b64encode(hashlib.sha256(m["body"].encode("utf-8")).digest()).decode("ascii")
        for m in INLINE_SCRIPT.finditer(page)
        if "src=" not in m["attributes"] and 'type="application/json"' not in m["attributes"]
    ]


class SecurityHeaders:
    """Middleware: adds the site's headers to each response, and refuses what another site's page sends.

    Browsers mark a request with `Sec-Fetch-Site`, which no page can forge; unlike a comparison of Origin with
    Host it needs no knowledge of proxies.
    """

    def __init__(self, app: ASGIApp, listed: Listed, metrics: Metrics) -> None:
        self.app = app
        self.listed = listed
        self.metrics = metrics
        self.policy = content_security_policy()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(MutableHeaders(scope=message))
                self.metrics.responses.labels(str(message["status"])).inc()
            await send(message)

        refusal = self._refusal(scope)
        if refusal:
            await problem(403, refusal)(scope, receive, send_with_headers)
        else:
            await self.app(scope, receive, send_with_headers)

    def _add(self, headers: MutableHeaders) -> None:
        headers.setdefault("Content-Security-Policy", self.policy)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "no-referrer")
        headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")

    def _refusal(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        # What learning platforms post is told from what others do by its signature.
        if scope["method"] == "POST" and route_path(scope) in LTI_POSTS:
            return None
        if scope["method"] in SAFE_METHODS or headers.get("sec-fetch-site") not in (
            "cross-site",
            "same-site",
        ):
            return None
        origin = headers.get("origin", "null")
        return None if self.listed().allows(origin) else words.CROSS_SITE.format(origin=shown(origin))


class ListedOrigins(CORSMiddleware):
    """Starlette's middleware, for origins that may change while the program runs."""

    def __init__(self, app: ASGIApp, listed: Listed) -> None:
        headers = ("Accept", "Authorization", "Content-Type")
        super().__init__(app, allow_origins=(), allow_methods=("GET", "POST"), allow_headers=headers, max_age=600)
        self._listed = listed

    def is_allowed_origin(self, origin: str) -> bool:
        """True if a page of this origin may read answers."""
        return self._listed().allows(origin)

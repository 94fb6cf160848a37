"""A residency portal on loopback: a plausible page of somebody else's, under another origin, with a policy of its own.

It serves the files of this folder with `{{NAME}}` filled in, keeps no state, and signs visitors where a test says how.
Loaded by path (by `conftest.py` and by `screenshots.py`), so it has no dataclasses and imports nothing of this folder.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FOLDER = Path(__file__).parent
KINDS = {".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript"}
LAUNCHER = '<script src="{server}/widget.js" data-corpus="{corpus}" async></script>'
STRICT = (
    "default-src 'none'; script-src 'self' {server}; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self' {server}; frame-src {server}; base-uri 'none'; form-action 'self'"
)
"""What a strict portal has to allow: three directives name the server, and nothing is allowed inline."""


class Portal:
    """The portal: `address(host)` is its origin under a name that leads to loopback."""

    def __init__(self) -> None:
        self.widget = ""
        """Markup that a page has where `{{WIDGET}}` stands: what a coordinator pasted."""
        self.inside = ""
        """The same for `{{INSIDE}}`, in the middle of its text."""
        self.policy: str | None = STRICT
        """Its Content-Security-Policy, with `{server}`; None for none."""
        self.server = ""
        """Origin of trustbot, with its path."""
        self.token: Callable[[], str] | None = None
        """Makes the token that `/visitor-token` gives."""
        self.tokens = 0
        """How often one was given."""
        portal = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                portal._answer(self)

            def log_message(self, *_: object) -> None:
                return None

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.port = self._http.server_port

    def __enter__(self) -> Portal:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(10)

    def address(self, host: str = "portal.localhost") -> str:
        """The origin."""
        return f"http://{host}:{self.port}"

    def shows(self, widget: str, inside: str = "", policy: str | None = STRICT) -> None:
        """Have the page hold this markup, with `{server}` filled in, under this policy."""
        self.widget, self.inside, self.policy = widget, inside, policy

    def _filled(self, text: str) -> str:
        return text.replace("{server}", self.server).replace("{corpus}", "preceptor-trust")

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        path = request.path.partition("?")[0]
        if path == "/visitor-token" and self.token:
            self.tokens += 1
            return self._send(request, json.dumps({"token": self.token()}), "application/json")
        # A single-page application answers each of its addresses with its one page.
        file = FOLDER / path.lstrip("/")
        if file.suffix not in KINDS or file.parent != FOLDER or not file.is_file():
            file = FOLDER / "index.html"
        text = file.read_text(encoding="utf-8")
        filled = text.replace("{{WIDGET}}", self._filled(self.widget)).replace("{{INSIDE}}", self._filled(self.inside))
        return self._send(request, filled, KINDS[file.suffix])

    def _send(self, request: BaseHTTPRequestHandler, text: str, kind: str) -> None:
        body = text.encode("utf-8")
        request.send_response(200)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body)))
        request.send_header("Cache-Control", "no-store")
        if self.policy:
            # A policy names origins; a path would have to match to the letter.
            origin = "/".join(self.server.split("/")[:3])
            request.send_header("Content-Security-Policy", self.policy.replace("{server}", origin))
        request.end_headers()
        request.wfile.write(body)

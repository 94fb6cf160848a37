"""`/widget.js`: the script that a portal's page loads, small and the same for everybody.

In: `static/widget/widget.js` and the words of each language. Out: the script as it is served, at an address that
always has the newest and at one that names its digest. Whoever pins a digest must not lose the widget with the next
version, so each script that was ever asked for by its digest is kept in the data folder. This module knows nothing of a
corpus but its title, and not who may show the widget.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from trustbot.files.sealed import write_whole
from trustbot.web.http.caching import FOR_GOOD, STATIC
from trustbot.web.http.problems import problem, shown
from trustbot.web.i18n import language, words
from trustbot.web.service import Service
from trustbot.web.widget.routes import ANYWHERE

MEDIA_TYPE = "text/javascript"
CHECK_OFTEN = "public, max-age=300, must-revalidate"
"""A page that is opened again and again asks for the script once in five minutes, and learns of a new one by then."""
_PLACE = "const WORDS = {};"
_PARTS = re.compile(r'("[^"\n]*"|`[^`]*`)|\s*//.*\n\s*|\s*([{}()=<>?:;,+*&|]|\s)\s*')
"""A literal, a comment, or a sign with the white space around it."""
_DIGEST = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class Loader:
    """The script as it is served."""

    content: bytes

    @property
    def digest(self) -> str:
        """Names this very script: 16 hexadecimal digits of its SHA-256."""
        return hashlib.sha256(self.content).hexdigest()[:16]

    @property
    def pinned_name(self) -> str:
        """The file name at which this very script is served, and no other ever."""
        return f"widget-{self.digest}.js"

    @property
    def integrity(self) -> str:
        """The value of an `integrity` attribute."""
        return "sha384-" + base64.b64encode(hashlib.sha384(self.content).digest()).decode("ascii")


@cache
def loader(title: str = "") -> Loader:
    """The script of this version, with the words of every language; its button names the corpus with this `title`.

    Without one it is the same for every server: that is the one whose digest a portal can pin.
    """
    source = (STATIC / "widget" / "widget.js").read_text(encoding="utf-8")
    told = {}
    for code in language.codes():
        with language.using(code):
            label = {"label": words.WIDGET_ABOUT.format(title=title)} if title else {}
            told[code] = {**words.WIDGET_LOADER, **label}
    # Escaped, so that a site that serves a copy of it needn't know of its encoding.
    spoken = json.dumps(told, separators=(",", ":"))
    return Loader(shortened(source.replace(_PLACE, f"const WORDS = {spoken};")).encode("ascii"))


def shortened(source: str) -> str:
    """The script without comments, and without white space that only sets it out.

    It knows as much of the language as the one script needs: no literal holds an escape, no pattern two slashes, and
    each statement ends in `;` or `}`.
    """
    return _PARTS.sub(lambda found: found[1] or (found[2] or "").replace("\n", " "), source)


def add_widget_loader(app: FastAPI, service: Service) -> None:
    """Serve `/widget.js` and `/widget-DIGEST.js`, before there is a bot too."""
    folder = service.settings.data_dir / "widget" / "loaders"

    @app.api_route("/widget.js", methods=["GET", "HEAD"], include_in_schema=False)
    def newest(request: Request) -> Response:
        return _response(loader("" if service.missing else service.bot.corpus.title), CHECK_OFTEN, request)

    @app.api_route("/widget-{digest}.js", methods=["GET", "HEAD"], include_in_schema=False)
    def pinned(request: Request, digest: str) -> Response:
        found = _kept(folder, digest)
        if found is None:
            return problem(404, words.NOT_FOUND.format(path=shown(f"/widget-{digest}.js")), ANYWHERE)
        return _response(found, FOR_GOOD, request)


def _response(served: Loader, kept: str, request: Request) -> Response:
    # Weak: what is compressed on its way has the same tag.
    headers = {**ANYWHERE, "Cache-Control": kept, "ETag": f'W/"{served.digest}"'}
    if served.digest in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(served.content, media_type=MEDIA_TYPE, headers=headers)


def _kept(folder: Path, digest: str) -> Loader | None:
    """The script with this digest: of this version, which is then kept, or of one that was asked for before."""
    now = loader()
    if digest == now.digest:
        _keep(folder, now)
        return now
    if not _DIGEST.fullmatch(digest):
        return None
    try:
        found = Loader((folder / f"widget-{digest}.js").read_bytes())
    except OSError:
        return None
    return found if found.digest == digest else None


def _keep(folder: Path, served: Loader) -> None:
    file = folder / served.pinned_name
    if file.exists():
        return
    # A folder that can't be written to is no reason to refuse what is here.
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(file, served.content)

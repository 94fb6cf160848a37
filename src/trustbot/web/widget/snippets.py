"""What a portal pastes: the tag, the element or the bare frame, and what its Content-Security-Policy must then allow.

In: the server's public address, a corpus, and options of the widget. Out: HTML with every value escaped, and the
sources for each directive. This module knows neither the portal nor whether it may show the widget.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args
from urllib.parse import urlencode, urlsplit

from trustbot.errors import InvalidInput
from trustbot.text.origins import address_parts
from trustbot.web.http.markup import text
from trustbot.web.i18n import language, words
from trustbot.web.widget.loader import loader

Form = Literal["script", "element", "iframe"]
FORMS: tuple[Form, ...] = get_args(Form)
OPTIONS = ("theme", "accent", "lang", "persona", "question", "position", "label", "token-url", "height")
"""What can be said of a widget besides its corpus; `data-` stands before each in a tag."""
_ASKED = {"theme": "theme", "accent": "accent", "persona": "persona", "question": "q"}
"""The options that the framed page takes from its address, and what they are called there."""

_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d+)?")


@dataclass(frozen=True)
class Snippet:
    """HTML to paste."""

    html: str
    directives: Mapping[str, str] = field(default_factory=dict)
    """What a strict Content-Security-Policy must allow: a source for each directive."""


def public_address(address: str) -> str:
    """The address of a server, ending with a slash; raises InvalidInput for what a portal couldn't load from."""
    parts = address_parts(address.strip())
    if not parts or not _HOST.fullmatch(parts.netloc) or parts.query or parts.fragment:
        raise InvalidInput(
            f"{address[:80]!r} is not the address of a server. Give it as https://host[:port][/path], as a reader's "
            "browser reaches it."
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/"


def snippet(
    form: Form, address: str, corpus: str, options: Mapping[str, str] | None = None, *, integrity: bool = True
) -> Snippet:
    """What to paste for a server at `address`. `options` are some of OPTIONS; what is empty is left out.

    With `integrity` the script is the very one of this version, and a browser runs no other; without, the newest.
    Raises InvalidInput for an address that is none, and for an option that isn't there.
    """
    server = public_address(address)
    given = {name: value for name, value in (options or {}).items() if value}
    unknown = sorted(set(given) - set(OPTIONS))
    if unknown:
        raise InvalidInput(f"The widget has no option {unknown[0]!r}. It has: {', '.join(OPTIONS)}.")
    parts = urlsplit(server)
    origin = f"{parts.scheme}://{parts.netloc}"
    if form == "iframe":
        return Snippet(_frame(server, corpus, given), {"frame-src": origin})
    data = {"data-corpus": corpus, **{f"data-{name}": value for name, value in given.items()}}
    html = _script(server, integrity, data if form == "script" else {})
    if form == "element":
        html = f"{_tag('trustbot-chat', {'data-mode': 'inline', **data})}\n{html}"
    # Nothing is lost without connect-src but the reason, where the widget may not be shown.
    return Snippet(html, {"script-src": origin, "frame-src": origin, "connect-src": origin})


def _script(server: str, integrity: bool, data: Mapping[str, str]) -> str:
    served = loader()
    if not integrity:
        return _tag("script", {"src": f"{server}widget.js", **data, "async": None})
    pinned = {"integrity": served.integrity, "crossorigin": "anonymous"}
    return _tag("script", {"src": server + served.pinned_name, **pinned, **data, "async": None})


def _frame(server: str, corpus: str, given: Mapping[str, str]) -> str:
    code = given.get("lang", language.SOURCE)
    code = code if code in language.codes() else language.SOURCE
    asked = {"corpus": corpus} | {name: given[option] for option, name in _ASKED.items() if option in given}
    src = f"{server.removesuffix('/')}{language.prefix(code)}/widget?{urlencode(asked)}"
    with language.using(code):
        title = given.get("label") or words.WIDGET_LOADER["label"]
    shape = {"width": "400", "height": given.get("height", "640")}
    return _tag("iframe", {"src": src, "title": title, **shape, "allow": "clipboard-write", "referrerpolicy": "origin"})


def _tag(name: str, attributes: Mapping[str, str | None]) -> str:
    """An empty element; an attribute without a value stands alone."""
    given = "".join(f" {key}" if value is None else f' {key}="{text(value)}"' for key, value in attributes.items())
    return f"<{name}{given}></{name}>"

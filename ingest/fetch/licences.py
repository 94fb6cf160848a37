"""What may be done with a text: Creative Commons licences, told by their address or by their short name.

In: what a service, a page or an article says of its licence. Out: the licence as a manifest declares it, or None for
anything that isn't one of Creative Commons. This module fetches nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ADDRESS = re.compile(
    r"https?://(?:www\.)?creativecommons\.org/(?:licenses/(?P<parts>[a-z-]+)/(?P<version>\d\.\d)(?P<port>/[a-z]{2})?"
    r"|(?P<zero>publicdomain/zero)/(?P<zero_version>\d\.\d))(?:[/?#]|\Z)",
    re.IGNORECASE,
)
_NAME = re.compile(r"cc[ -]?(?P<zero>0|zero)|cc[ -](?P<parts>by(?:-(?:nc|nd|sa))*)", re.IGNORECASE)
PARTS = ("by", "by-sa", "by-nd", "by-nc", "by-nc-sa", "by-nc-nd")
SHIPPED = ("zero", "by", "by-sa")
"""Those that let anybody pass the whole text on, for any purpose and in another form."""


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence of Creative Commons: its id and name in a manifest, and where it can be read."""

    id: str
    name: str
    url: str | None
    ship: bool
    parts: str
    """What it asks for, such as `by-nc`; `zero` where nothing."""


def licence_at(address: str) -> Licence | None:
    """The licence that an address leads to."""
    found = _ADDRESS.match(address.strip())
    if not found:
        return None
    if found["zero"]:
        return _licence("zero", found["zero_version"], "")
    return _licence(found["parts"].lower(), found["version"], (found["port"] or "").lower())


def licence_named(name: str) -> Licence | None:
    """The licence of a short name without a version, such as `cc by-nc`."""
    found = _NAME.fullmatch(" ".join(name.split()))
    return _licence("zero" if found["zero"] else found["parts"].lower(), "", "") if found else None


def _licence(parts: str, version: str, port: str) -> Licence | None:
    if parts == "zero":
        url = f"https://creativecommons.org/publicdomain/zero/{version}/" if version else None
        return Licence(f"cc0-{version}".rstrip("-"), f"CC0 {version}".strip(), url, ship=True, parts="zero")
    if parts not in PARTS:
        return None
    url = f"https://creativecommons.org/licenses/{parts}/{version}{port}/" if version else None
    suffix = f"-{version}" if version else ""
    name = f"CC {parts.upper()} {version}{port.replace('/', ' ').upper()}".strip()
    return Licence(f"cc-{parts}{suffix}{port.replace('/', '-')}", name, url, parts in SHIPPED, parts)

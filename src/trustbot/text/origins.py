"""Origins of web pages: which ones a list allows, and what a web address is.

In: a list as an operator writes it, and the origin that a browser says a request comes from; or an address. Out:
whether the list allows it, and the same list as a Content-Security-Policy has it; the address's parts, and whether
an IP address is a public one. Nothing is
allowed but what is listed. This module knows neither where a list or an address comes from nor what is allowed by it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]")
_WILD = re.compile(r"\*(?:\.[a-z0-9_-]+){2,}")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class NoOrigin(ValueError):
    """What is listed is no origin; the text says what is written instead, as a sentence."""


@dataclass(frozen=True, slots=True)
class Origins:
    """A list of origins: `scheme://host[:port]`, or `scheme://*.host[:port]` for every host below that one."""

    listed: tuple[str, ...] = ()

    def allows(self, origin: str | None) -> bool:
        """True if this is one of the listed origins, or one below a listed wildcard; letter by letter otherwise."""
        if not origin or "*" in origin:
            return False
        return any(_matches(pattern, origin) for pattern in self.listed)

    def __add__(self, other: Origins) -> Origins:
        """Both lists."""
        return Origins(tuple(dict.fromkeys((*self.listed, *other.listed))))


NO_ORIGINS = Origins()
"""The list that allows none."""


def _matches(pattern: str, origin: str) -> bool:
    scheme, star, rest = pattern.partition("://*")
    if not star:
        return origin == pattern
    begin, host = f"{scheme}://", origin.removeprefix(f"{scheme}://")
    # At least one character stands for the star, and nothing that ends a host name.
    below = host.removesuffix(rest)
    return (
        origin.startswith(begin) and host.endswith(rest) and bool(re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", below))
    )


def is_public(written: str) -> bool:
    """Whether an IP address belongs to the public network, also where it is one of IPv4 inside one of IPv6."""
    address = ipaddress.ip_address(written.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        translated = ipaddress.IPv4Address(address.packed[-4:]) if address in _NAT64 else None
        inner = address.ipv4_mapped or address.sixtofour or translated
        if inner:
            return is_public(str(inner))
    return address.is_global and not address.is_multicast


def address_parts(written: str) -> SplitResult | None:
    """The parts of a whole web address, with a scheme and a host; None for anything else."""
    try:
        parts = urlsplit(written)
        return parts if parts.scheme in _PORTS and parts.hostname and parts.port != 0 else None
    except ValueError:
        return None


def parse_origins(listed: str | Iterable[str]) -> Origins:
    """The origins of a list, or of a text with commas; as browsers send them: lower-case, without a usual port.

    Raises NoOrigin for anything else, a path and a wildcard over everything included.
    """
    parts = listed.split(",") if isinstance(listed, str) else listed
    return Origins(tuple(dict.fromkeys(_origin(part.strip()) for part in parts if part.strip())))


def _origin(written: str) -> str:
    origin = written.rstrip("/").lower()
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        raise _none(written) from None
    host = parts.netloc.rpartition(":")[0] if port is not None else parts.netloc
    whole = f"{parts.scheme}://{parts.netloc}"
    usable = parts.scheme in _PORTS and port != 0 and _HOST.fullmatch(host) and whole == origin
    if not usable or (host.startswith("*") and not _WILD.fullmatch(host)):
        raise _none(written)
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, _PORTS[parts.scheme]) else "")


def _none(written: str) -> NoOrigin:
    return NoOrigin(
        f"{written!r} is not an origin. Write each as scheme://host[:port], such as https://portal.example.edu, "
        "or as https://*.example.edu for every host below that one."
    )

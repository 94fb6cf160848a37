"""What stands at an address that somebody else named: read within bounds, and not from inside this network.

In: an address, and what to post there. Out: status and body, or NotFetched with the kind of what went wrong. Names are
resolved here, and the very address that was checked is the one that is connected to. No redirection is followed, and
no proxy is used. This module knows no registration.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from typing import NamedTuple

from trustbot.text.origins import address_parts, is_public
from trustbot.web.auth.portals_schema import is_loopback

MOST_BYTES = 256 * 1024
"""Of a body; Canvas describes itself in about 20 KB."""
SECONDS = 10.0
"""For all of a request, from its connection on."""


class NotFetched(OSError):
    """Nothing usable came; `kind` is a key of `words.LTI_NOT_REGISTERED`, `values` are what its sentence names."""

    def __init__(self, kind: str, **values: str) -> None:
        self.kind, self.values = kind, values
        super().__init__(f"{kind} ({', '.join(values.values())})")


class Reply(NamedTuple):
    """What a server said."""

    status: int
    body: bytes


def fetch(url: str, *, private: bool = False, body: bytes | None = None, token: str = "") -> Reply:
    """The reply to a GET, or to a POST of `body`, which is JSON; `token` goes along as a bearer's.

    With `private`, addresses of this network and machine may be asked as well. Raises NotFetched.
    """
    parts = address_parts(url)
    if not parts or not parts.hostname or not url.isascii() or not url.isprintable() or " " in url:
        raise NotFetched("field", name=url)
    secure = parts.scheme == "https"
    if not secure and not is_loopback(parts.hostname):
        raise NotFetched("insecure", url=url)
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    headers = {"Accept": "application/json", "User-Agent": "trustbot"}
    headers |= {"Content-Type": "application/json"} if body is not None else {}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    held = [_connected(parts.hostname, parts.port or (443 if secure else 80), private)]
    # Each read has a time-out of its own, and a server may send a byte a second.
    ends = threading.Timer(SECONDS, lambda: _shut(held[0]))
    try:
        ends.start()
        if secure:
            held[0] = ssl.create_default_context().wrap_socket(held[0], server_hostname=parts.hostname)
        connection = kind(parts.hostname, parts.port, timeout=SECONDS)
        connection.sock = held[0]
        target = (parts.path or "/") + ("?" + parts.query if parts.query else "")
        connection.request("GET" if body is None else "POST", target, body, headers)
        with connection.getresponse() as response:
            return Reply(response.status, _bounded(url, response))
    except ssl.SSLCertVerificationError:
        raise NotFetched("certificate", url=url) from None
    except NotFetched:
        raise
    except (OSError, http.client.HTTPException, ValueError):
        raise NotFetched("unreachable", url=url) from None
    finally:
        ends.cancel()
        held[0].close()


def _bounded(url: str, response: http.client.HTTPResponse) -> bytes:
    found = response.read(MOST_BYTES + 1)
    if len(found) > MOST_BYTES:
        raise NotFetched("long", url=url, limit=f"{MOST_BYTES:,}")
    return found


def _connected(host: str, port: int, private: bool) -> socket.socket:
    """A connection to the first of a host's addresses that may be asked and takes one."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotFetched("unreachable", url=host) from None
    allowed = [entry for entry in found if private or is_public(str(entry[4][0]))]
    if not allowed:
        raise NotFetched("private", host=host)
    for family, kind, protocol, _, address in allowed:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(SECONDS)
            sock.connect(address)
        except OSError:
            sock.close()
            continue
        return sock
    raise NotFetched("unreachable", url=host)


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:  # it has ended by itself
        return

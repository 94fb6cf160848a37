"""Connections to public addresses alone: a page must not lead the machine that fetches it to its own neighbours.

In: a host and a port. Out: an open socket, to one of the addresses that the name has now, each of which was looked at.
"""

from __future__ import annotations

import socket
from typing import Any

from trustbot.text.origins import is_public


class NotPublic(Exception):
    """The name leads into a private network, or to this machine itself."""


def reach(address: tuple[str, int], timeout: Any = None, source: Any = None, *, is_open: bool) -> socket.socket:
    """A connection, as `socket.create_connection` makes it; NotPublic unless `is_open` or each address is public."""
    host, port = address
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if not is_open:
        _check(host, [str(where[0]) for *_, where in found])
    failed: OSError = OSError(f"{host} has no address")
    for *_, where in found:
        try:
            return socket.create_connection((str(where[0]), port), timeout, source)
        except OSError as error:
            failed = error
    raise failed


def check_name(host: str) -> None:
    """NotPublic for a name that leads into a private network; one that only a proxy can look up is left to it."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return
    _check(host, [str(where[0]) for *_, where in found])


def _check(host: str, addresses: list[str]) -> None:
    if not all(map(is_public, addresses)):
        raise NotPublic(
            f"{host} is an address of a private network or of this machine. Add --private if that is meant, or use "
            "--file."
        )

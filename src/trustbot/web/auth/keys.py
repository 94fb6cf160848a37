"""A portal's public keys: fetched when they are needed, kept while its server is down.

In: a JSON Web Key Set, from a file or an address. Out: the key for a token's key id. Only keys for RS256 and ES256 are
read, each for its own algorithm alone. This module reads no token.
"""

from __future__ import annotations

import json
import logging
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from trustbot.errors import InvalidInput
from trustbot.web.auth.portals import MOST_KEYS

FRESH_SECONDS = 600
"""How long keys are used before they are fetched again."""
STALE_SECONDS = 24 * 3600
"""How long keys are used while they can't be fetched; past it, one that was withdrawn would live on."""
REFETCH_SECONDS = 30
"""Least time between two fetches, whatever tokens name."""
FETCH_SECONDS = 5.0
"""Longest that a fetch may take as a whole."""
LEAST_BITS = 2048
"""Of an RSA key."""

Fetch = Callable[[], bytes]
log = logging.getLogger("trustbot.web")


@dataclass(frozen=True, slots=True)
class Key:
    """A public key, and the only algorithm that it checks."""

    id: str | None
    algorithm: str
    key: Any = field(repr=False)


class KeySet:
    """The keys of one issuer. Safe to share between threads."""

    def __init__(self, issuer: str, fetch: Fetch, clock: Callable[[], float] = time.monotonic) -> None:
        self._issuer = issuer
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: tuple[Key, ...] = ()
        self._fetched: float | None = None
        self._tried: float | None = None

    def find(self, key_id: str | None) -> Key | None:
        """The key of that id, or the only one where a token names none; None if there is none.

        Raises LookupError where no keys could be fetched. An id that isn't known may be new: the keys are fetched again
        for it, but not more often than every `REFETCH_SECONDS`.
        """
        if self._age(self._fetched) >= FRESH_SECONDS:
            self._refresh()
        found = self._known(key_id)
        if found is None and self._age(self._tried) >= REFETCH_SECONDS:
            self._refresh()
            found = self._known(key_id)
        if self._age(self._fetched) >= STALE_SECONDS:
            raise LookupError(self._issuer)
        return found

    def _known(self, key_id: str | None) -> Key | None:
        keys = self._keys
        if key_id is None:
            return keys[0] if len(keys) == 1 else None
        return next((key for key in keys if key.id == key_id), None)

    def _age(self, moment: float | None) -> float:
        return float("inf") if moment is None else self._clock() - moment

    def _refresh(self) -> None:
        """Fetch the keys unless somebody does, or just did; a failure leaves those that are there."""
        # Who has keys doesn't wait for somebody else's fetch.
        if not self._lock.acquire(blocking=self._fetched is None):
            return
        try:
            if self._age(self._tried) < REFETCH_SECONDS:
                return
            self._tried = self._clock()
            self._keys = parse_keys(self._fetch())
            self._fetched = self._clock()
        except (OSError, ValueError) as error:
            log.warning("the keys of %s could not be fetched: %s", self._issuer, error)
        finally:
            self._lock.release()


def parse_keys(raw: bytes) -> tuple[Key, ...]:
    """The usable keys of a JSON Web Key Set; raises ValueError if it is none, or holds none."""
    try:
        listed = json.loads(raw)["keys"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ValueError("it is not a JSON Web Key Set") from None
    given = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    keys = tuple(key for key in map(_key, given) if key is not None)
    if not keys:
        raise ValueError(f"it holds no public key for RS256 (of {LEAST_BITS} bits or more) or ES256")
    return keys


def _key(item: dict[str, Any]) -> Key | None:
    algorithm = {"RSA": "RS256", "EC": "ES256"}.get(str(item.get("kty")))
    if algorithm is None or item.get("alg", algorithm) != algorithm or item.get("use", "sig") != "sig":
        return None
    try:
        key = jwt.PyJWK(item, algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    # A private key has no business in a set of public ones: whoever put it there has given it away.
    strong = isinstance(key, RSAPublicKey) and key.key_size >= LEAST_BITS
    if not strong and not (isinstance(key, EllipticCurvePublicKey) and key.curve.name == "secp256r1"):
        return None
    key_id = item.get("kid")
    return Key(key_id if isinstance(key_id, str) else None, algorithm, key)


def from_file(issuer: str, path: Path, clock: Callable[[], float] = time.monotonic) -> KeySet:
    """The keys of a file, which is read anew as an address is; raises InvalidInput if they can't be used now."""
    try:
        parse_keys(path.read_bytes())
    except (OSError, ValueError) as error:
        told = error.strerror if isinstance(error, OSError) else error
        raise InvalidInput(f"{path}, the keys of {issuer}: {told}. Put the portal's public keys there.") from None
    return KeySet(issuer, path.read_bytes, clock)


def from_url(
    issuer: str, url: str, clock: Callable[[], float] = time.monotonic, read: Callable[[str], bytes] | None = None
) -> KeySet:
    """The keys at an address, which `read` fetches, else `download`; nothing is fetched before the first token."""
    return KeySet(issuer, lambda: (read or download)(url), clock)


def download(url: str, seconds: float = FETCH_SECONDS) -> bytes:
    """What stands at `url`, at most `MOST_KEYS` bytes of it within `seconds`. Raises OSError or ValueError."""
    ends = time.monotonic() + seconds
    request = urllib.request.Request(url, headers={"Accept": "application/json"})  # noqa: S310 - portals checks it
    body = bytearray()
    with urllib.request.build_opener(_Stay).open(request, timeout=seconds) as response:
        # Each read has the time-out for itself: a server that sends a byte a second would hold on for ever.
        while part := response.read1(16384):
            body += part
            if len(body) > MOST_KEYS:
                raise ValueError("it is too long to be a set of keys")
            if time.monotonic() > ends:
                raise TimeoutError("it took too long")
    return bytes(body)


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirection: the keys are trusted because of the address that the operator wrote."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> None:
        raise HTTPError(req.full_url, code, "it redirects elsewhere", headers, fp)

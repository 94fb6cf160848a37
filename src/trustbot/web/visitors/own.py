"""This server as an issuer: tokens for visitors whom it let in itself.

In: the data folder, in which the key stands. Out: tokens, new ones and renewed ones. After a learning platform's launch
there is no portal to ask for a new token, so this server renews its own, for a working day. This module asks nobody who
a visitor is.
"""

from __future__ import annotations

import secrets
import threading
import time
from pathlib import Path
from typing import Any

from trustbot.errors import StorageError
from trustbot.key_file import kept_key, read_key
from trustbot.web import words
from trustbot.web.portals import LEAST_SECRET, OWN_ISSUER
from trustbot.web.problems import TokenRefused
from trustbot.web.visitors.claims import LIFETIME, Signer, Visitor, mint, refused, verified, visitor_of

RENEWABLE = 12 * 3600
"""Seconds after a launch within which its token is renewed."""
ALGORITHM = "HS256"


class OwnIssuer:
    """Signs and renews the tokens of this server."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._key: bytes | None = None
        self._lock = threading.Lock()

    def mint(self, visitor: str, corpus: str, persona: str | None = None) -> str:
        """The first token of a visit that begins now. Raises StorageError, or TokenRefused for an unusable id."""
        return mint(self._signer(), visitor, corpus, persona, auth_time=int(time.time()))

    def visitor(self, token: str, corpus: str) -> Visitor:
        """The visitor of one of this server's tokens; raises TokenRefused."""
        return visitor_of(self._claims(token), corpus)

    def renew(self, token: str, corpus: str) -> tuple[Visitor, str]:
        """The visitor of a token, which may have run out, and a new one for the same visit; raises TokenRefused."""
        claims = self._claims(token, expires=False)
        visitor, begun = visitor_of(claims, corpus), claims.get("auth_time")
        if isinstance(begun, bool) or not isinstance(begun, int):
            raise refused("missing", "auth_time")
        left = begun + RENEWABLE - int(time.time())
        if left <= 0:
            raise TokenRefused("expired", words.VISIT_EXPIRED)
        return visitor, mint(self._signer(), visitor.id, corpus, visitor.persona, min(LIFETIME, left), begun)

    def _claims(self, token: str, *, expires: bool = True) -> dict[str, Any]:
        key = self._read()
        if key is None:  # nothing was ever signed here
            raise refused("signature")
        return verified(token, key, ALGORITHM, OWN_ISSUER, expires=expires)

    def _signer(self) -> Signer:
        with self._lock:
            self._key = self._key or self._sound(kept_key(self._file, lambda: secrets.token_bytes(64)))
            return Signer(OWN_ISSUER, self._key, ALGORITHM)

    def _read(self) -> bytes | None:
        """The key, once there is one."""
        if self._key is None:
            key = read_key(self._file)
            self._key = None if key is None else self._sound(key)
        return self._key

    def _sound(self, key: bytes) -> bytes:
        if len(key) < LEAST_SECRET:
            raise StorageError(f"{self._file} is damaged. Delete it; the server then makes a new one.")
        return key


def own_issuer(data_dir: Path) -> OwnIssuer:
    """The issuer whose key stands in `data_dir`; the key is made when the first token is signed."""
    return OwnIssuer(data_dir / "widget" / "visitor.key")

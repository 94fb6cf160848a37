"""A visitor's token, a portal's or this server's own -> a `Visitor` that its issuer vouches for.

In: portals with their keys, and a token that anybody could have written. Out: a `Visitor`, or TokenRefused; and tokens
of this server for visitors whom it let in itself: after a learning platform's launch there is no portal to ask for a
new one, so it renews its own, for a working day. The algorithm is the one of the issuer's key: what a token says of its
own is only compared with it. This module knows neither addresses nor limits.
"""

from __future__ import annotations

import secrets
import threading
import time
from pathlib import Path
from typing import Any, Protocol

import jwt
from jwt.algorithms import HMACAlgorithm

from trustbot.errors import InvalidInput, StorageError
from trustbot.files.key_file import kept_key, read_key
from trustbot.web.auth.claims import LIFETIME, MOST_CHARACTERS, Signer, Visitor, mint, refused, verified, visitor_of
from trustbot.web.auth.keys import KeySet, from_file, from_url
from trustbot.web.auth.portals import LEAST_SECRET, OWN_ISSUER, Portal, Portals
from trustbot.web.http.problems import TokenRefused
from trustbot.web.i18n import words

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


__all__ = ["OwnIssuer", "Signer", "Verifier", "Visitor", "mint", "own_issuer"]


class _Issuer(Protocol):
    """Says which claims of a token hold."""

    def claims(self, token: str, header: dict[str, Any]) -> dict[str, Any]: ...


class Verifier:
    """Checks tokens of portals and of this server. Safe to share between threads."""

    def __init__(self, portals: Portals, corpus: str, own: OwnIssuer | None = None) -> None:
        """`corpus` is the one that is served. Raises InvalidInput for a file of keys that can't be used."""
        self._issuers = {portal.issuer: _issuer(portal) for portal in portals.portals}
        self._own = own
        self._corpus = corpus

    def visitor(self, token: str) -> Visitor:
        """The visitor that `token` names. Raises TokenRefused; blocks while a portal's keys are fetched."""
        issuer, header = unverified(token)
        if issuer == OWN_ISSUER and self._own is not None:
            return self._own.visitor(token, self._corpus)
        known = self._issuers.get(issuer)
        if known is None:
            raise refused("issuer", issuer)
        return visitor_of(known.claims(token, header), self._corpus)

    def renew(self, token: str) -> tuple[Visitor, str]:
        """The visitor whom this server let in itself, and a new token for the same visit; raises TokenRefused."""
        issuer, _ = unverified(token)
        if issuer != OWN_ISSUER or self._own is None:
            raise refused("foreign")
        return self._own.renew(token, self._corpus)


def unverified(token: str) -> tuple[str, dict[str, Any]]:
    """The issuer and the header that a token names, to find out what it is to be checked with; no more than that."""
    if len(token) > MOST_CHARACTERS or not token.isascii():
        raise refused("form")
    try:
        parts = jwt.decode_complete(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise refused("form") from None
    issuer = parts["payload"].get("iss")
    if issuer is None:
        raise refused("missing", "iss")
    return str(issuer), parts["header"]


class _Shared:
    """An issuer with which a secret is shared."""

    def __init__(self, issuer: str, secret: bytes) -> None:
        try:
            HMACAlgorithm(HMACAlgorithm.SHA256).prepare_key(secret)
        except jwt.InvalidKeyError:
            raise InvalidInput(
                f"The secret_file of {issuer} holds a key, not a secret. Name a file with a secret that both share, or "
                "give the public keys as a jwks_file."
            ) from None
        self._issuer, self._secret = issuer, secret

    def claims(self, token: str, header: dict[str, Any]) -> dict[str, Any]:
        return verified(token, self._secret, "HS256", self._issuer)


class _Keyed:
    """An issuer whose public keys are known."""

    def __init__(self, issuer: str, keys: KeySet) -> None:
        self._issuer, self._keys = issuer, keys

    def claims(self, token: str, header: dict[str, Any]) -> dict[str, Any]:
        if header.get("alg") not in ("RS256", "ES256"):  # before anything is fetched for it
            raise refused("algorithm", str(header.get("alg")), "RS256 / ES256")
        key_id = header.get("kid")
        try:
            key = self._keys.find(key_id if isinstance(key_id, str) else None)
        except LookupError:
            raise refused("keys") from None
        if key is None:
            raise refused("key")
        return verified(token, key.key, key.algorithm, self._issuer)


def _issuer(portal: Portal) -> _Issuer:
    if portal.secret is not None:
        return _Shared(portal.issuer, portal.secret)
    if portal.jwks_file is not None:
        return _Keyed(portal.issuer, from_file(portal.issuer, portal.jwks_file))
    return _Keyed(portal.issuer, from_url(portal.issuer, portal.jwks_url or ""))

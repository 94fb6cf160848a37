"""The keys of both sides: the platforms' public ones, and what this tool signs and hashes with.

In: a platform and a key's name, or a file that is made at first use and readable by its owner only. Out: the key with
its algorithm, or LaunchRefused; this tool's key in the forms that are needed, and hashed ids of people. How keys are
fetched, and for how long they are kept, is the same as for portals. This module knows no message.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trustbot.errors import InvalidInput, TrustbotError
from trustbot.files.key_file import kept_key
from trustbot.web.auth.portals import Platform
from trustbot.web.lti.fetching import fetch
from trustbot.web.lti.refusals import LaunchRefused

if TYPE_CHECKING:
    from trustbot.web.auth.keys import Key, KeySet


ALGORITHMS = ("RS256", "ES256")


class PlatformKeys:
    """The sets of keys of all platforms. Safe to share between threads."""

    def __init__(self) -> None:
        self._sets: dict[tuple[str, ...], KeySet] = {}
        self._lock = threading.Lock()

    def key(self, platform: Platform, name: str) -> Key:
        """The key with this name; LaunchRefused where there is none, or no set could be had. Blocks while one is
        fetched."""
        try:
            found = self._set(platform).find(name)
        except (LookupError, InvalidInput):
            raise LaunchRefused("keys", issuer=platform.issuer) from None
        if found is None:
            raise LaunchRefused("key", key=name, issuer=platform.issuer)
        return found

    def _set(self, platform: Platform) -> KeySet:
        from trustbot.web.auth.keys import download, from_file, from_url

        file, url = platform.jwks_file, platform.jwks_url or ""
        name = (platform.issuer, platform.client_id, str(file or url))
        with self._lock:
            if name not in self._sets:
                read = _guarded if platform.guarded else download
                self._sets[name] = (
                    from_file(platform.issuer, file) if file else from_url(platform.issuer, url, read=read)
                )
            return self._sets[name]


def _guarded(url: str) -> bytes:
    reply = fetch(url)
    if reply.status != 200:
        raise ValueError(f"the answer is {reply.status}")
    return reply.body


BITS = 2048


class ToolKey:
    """The key in the file `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._pem: bytes | None = None
        self._public = ""

    @property
    def private_pem(self) -> str:
        """The private key; raises TrustbotError where the file can't be read or written."""
        with self._lock:
            if self._pem is None:
                self._pem = kept_key(self._path, _made)
            return self._pem.decode("ascii")

    @property
    def public_pem(self) -> str:
        """The public key."""
        if self._public:  # it takes a fifth of a second to read the other one
            return self._public
        from cryptography.hazmat.primitives import serialization

        try:
            key = serialization.load_pem_private_key(self.private_pem.encode("ascii"), None)
        except (ValueError, TypeError):
            raise TrustbotError(f"{self._path} is no private key. Delete it, and a new one is made.") from None
        public = serialization.PublicFormat.SubjectPublicKeyInfo
        self._public = key.public_key().public_bytes(serialization.Encoding.PEM, public).decode("ascii")
        return self._public

    def jwks(self) -> Mapping[str, Any]:
        """The public key as platforms fetch it."""
        from pylti1p3.registration import Registration

        return {"keys": [dict(Registration.get_jwk(self.public_pem))]}

    def visitor_id(self, issuer: str, subject: str) -> str:
        """An id that stands for one person at one platform, always the same, which leads back to nobody."""
        secret = hashlib.sha256(b"visitors\0" + self.private_pem.encode("ascii")).digest()
        return hmac.new(secret, f"{issuer}\0{subject}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[
            :32
        ]


def _made() -> bytes:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    form, bare = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, bare)

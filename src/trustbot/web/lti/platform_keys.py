"""The public keys of the platforms.

In: a platform and a key's name. Out: the key with its algorithm, or LaunchRefused. How keys are fetched, and for how
long they are kept, is the same as for portals. This module knows no message.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from trustbot.errors import InvalidInput
from trustbot.web.lti.fetching import fetch
from trustbot.web.lti.refusals import LaunchRefused
from trustbot.web.portals import Platform

if TYPE_CHECKING:
    from trustbot.web.visitors.keys import Key, KeySet

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
        from trustbot.web.visitors.keys import download, from_file, from_url

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

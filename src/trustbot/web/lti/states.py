"""What this server gives out to get back: signed, of one purpose, for minutes, and where asked for once only.

In: content. Out: a text that only this process can have written, and the content again. The key is made when the
process starts: after a restart nothing from before is accepted, so that which ones were used need not outlive the
memory that knows it. This module knows no platform.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal

import jwt

ALGORITHM = "HS256"
MOST_USED = 100_000
"""Names kept of what was used; each takes a launch that a platform signed, within the time that a state is good for."""

BROKEN = (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError)
"""What PyJWT raises for a text that anybody could have written."""

Purpose = Literal["login", "deep-link"]


class Unsealed(ValueError):
    """What came back was not given out, or is too old."""

    def __init__(self, *, late: bool) -> None:
        self.late = late
        super().__init__("too old" if late else "not ours")


class Seals:
    """Seals and opens; remembers what was used."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._key = secrets.token_bytes(32)
        self._clock = clock
        self._used: dict[str, float] = {}
        self._lock = threading.Lock()

    def seal(self, purpose: Purpose, content: Mapping[str, Any], seconds: int) -> str:
        """`content`, which is JSON, as a text that is good for `seconds`."""
        told = {**content, "aud": purpose, "exp": int(self._clock()) + seconds}
        return jwt.encode(told, self._key, algorithm=ALGORITHM)

    def open(self, purpose: Purpose, sealed: str) -> dict[str, Any]:
        """The content, with its end as `exp`; Unsealed unless this process sealed it for this purpose, in time."""
        options: Any = {"require": ["exp", "aud"], "verify_exp": False}
        try:
            content = jwt.decode(sealed, self._key, algorithms=[ALGORITHM], audience=purpose, options=options)
        except BROKEN:
            raise Unsealed(late=False) from None
        if content["exp"] <= self._clock():
            raise Unsealed(late=True)
        return dict(content)

    def use(self, name: str, until: float) -> bool:
        """True the first time; the name is forgotten at `until`. Also false where too many are known: nothing that may
        have been used is ever forgotten early."""
        with self._lock:
            if len(self._used) >= MOST_USED:
                self._used = {n: end for n, end in self._used.items() if end > self._clock()}
            if name in self._used or len(self._used) >= MOST_USED:
                return False
            self._used[name] = until
            return True

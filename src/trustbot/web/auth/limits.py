"""How often one visitor may ask: a window that moves with the clock, in memory only.

In: a key and the moment. Out: nothing, or how long to wait. What is remembered is the moments of the last minute, of a
bounded number of keys. This module knows neither tokens nor HTTP.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

WINDOW = 60.0
"""Seconds."""
MOST_KEYS = 20_000
"""Keys remembered. Past it all new ones share a window: whoever has so many addresses shares it with himself."""
CROWD = "crowd"
LONGEST_NAME = 100
"""Characters of what is no address but stands in its place."""


class Limiter:
    """Lets each key do something `most` times in any minute. Safe to share between threads."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic, keys: int = MOST_KEYS) -> None:
        self._most, self._clock, self._keys = most, clock, keys
        self._lock = threading.Lock()
        # The least recently used first; what was refused leaves no mark.
        self._moments: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, key: str) -> int | None:
        """None if `key` may go on, which is then counted; else the whole seconds after which it may."""
        with self._lock:
            now = self._clock()
            self._forget(now)
            if key not in self._moments and len(self._moments) >= self._keys:
                key = CROWD
            moments = self._moments.setdefault(key, deque())
            while moments and now - moments[0] >= WINDOW:
                moments.popleft()
            if len(moments) >= self._most:
                return max(1, math.ceil(WINDOW - (now - moments[0])))
            moments.append(now)
            self._moments.move_to_end(key)
            return None

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._moments)

    def _forget(self, now: float) -> None:
        while self._moments:
            key, moments = next(iter(self._moments.items()))
            if moments and now - moments[-1] < WINDOW:
                return
            del self._moments[key]


def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 of an IPv6 one, which is what one household is given."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:LONGEST_NAME]
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    if known.ipv4_mapped:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((known, 64), strict=False))

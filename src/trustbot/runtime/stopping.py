"""Leaving half-way: who waits for an answer goes, and what works on it ends at once, whichever thread it waits in.

In: generators that do the work. Out: a `Stop` that a waiting part asks to be told by, and `Stoppable`, a generator that
may be closed from another thread than the one that waits for its next item, as a plain one may not. A `Stop` can also
bound how long the work takes. This module knows no answer and no model.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from trustbot.errors import TooSlow
from trustbot.presentation import wording

T = TypeVar("T")


class Stop:
    """Set once, for good. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._set = False
        self._calls: list[Callable[[], object]] = []
        self._seconds = self._end = math.inf

    def allow(self, seconds: float) -> None:
        """Let the work take this long from now; without it, it may take as long as it needs."""
        self._seconds, self._end = seconds, time.monotonic() + seconds

    def check(self) -> None:
        """Raise TooSlow once the work has taken longer than it may. To be called between two parts of it."""
        if time.monotonic() > self._end:
            raise TooSlow(wording.TOO_SLOW.format(seconds=f"{self._seconds:g}"))

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        """Don't count what happens in here: somebody else's work, which has limits of its own."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self._end += time.monotonic() - begun

    @property
    def is_set(self) -> bool:
        """Whether nobody waits any more."""
        return self._set

    def set(self) -> None:
        """Say that nobody waits any more; what asked to be told is called in this thread."""
        with self._lock:
            calls, self._calls, self._set = self._calls, [], True
        for call in calls:
            call()

    @contextmanager
    def telling(self, call: Callable[[], object]) -> Iterator[None]:
        """Call `call`, which must return soon, when this is set; at once if it is. It may be called a little late."""
        with self._lock:
            late = self._set
            if not late:
                self._calls.append(call)
        if late:
            call()
        try:
            yield
        finally:
            with self._lock:
                if call in self._calls:
                    self._calls.remove(call)


class Stoppable(Generator[T, None, None]):
    """The same items. `close` sets `stop` and comes back at once; a thread that waits for an item gets no more."""

    def __init__(self, items: Generator[T], stop: Stop) -> None:
        self._items = items
        self._stop = stop
        self._turn = threading.Lock()

    def send(self, value: None) -> T:
        """The next item; StopIteration where there is none, or where nobody waits any more."""
        try:
            with self._turn:
                item = self._items.send(value)
        finally:
            if self._stop.is_set:
                self._end()
        if self._stop.is_set:
            raise StopIteration
        return item

    def throw(self, kind: Any, value: Any = None, at: Any = None) -> T:
        """As of any generator."""
        with self._turn:
            return self._items.throw(value if value is not None else kind)

    def close(self) -> None:
        """End the work: here, or in the thread that waits, as soon as it is back."""
        self._stop.set()
        self._end()

    def _end(self) -> None:
        if self._turn.acquire(blocking=False):
            try:
                self._items.close()
            finally:
                self._turn.release()

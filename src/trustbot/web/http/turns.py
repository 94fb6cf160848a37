"""Whose turn it is: so much is worked on at a time, so much more waits, and whoever comes past that is told so at once.

In: work. Out: a turn, or Busy. A queue without an end would let everybody wait longer than anybody has patience for.
This module knows no question.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from trustbot.web.http.metrics import Metrics
from trustbot.web.http.problems import Busy
from trustbot.web.i18n import words


def at_a_time(most: int, *, elsewhere: bool) -> int:
    """How many turns are worth taking at a time, `most` or fewer; `elsewhere` is where another program does the work.

    Threads beyond the processors make nothing faster here, and the loop, which takes and refuses requests, stands in
    line behind each of them: with eight on two processors nobody of a crowd heard in time that there was no place.
    """
    return most if elsewhere else min(most, max(2, os.cpu_count() or 2))


class Turns:
    """Lets `working` turns be taken at a time, and `waiting` more be waited for. Safe to share between threads."""

    def __init__(self, working: int, waiting: int, metrics: Metrics) -> None:
        self.most = working + waiting
        """Most places."""
        self._gate = threading.BoundedSemaphore(working)
        self._lock = threading.Lock()
        self._taken = 0
        self._arrived = 0
        self._metrics = metrics
        metrics.open.set_function(lambda: self._taken)

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place among those who work or wait, for as long as the work takes; raises Busy where there is none."""
        with self._lock:
            full = self._taken >= self.most
            self._taken += not full
        if full:
            raise self._refused()
        try:
            yield
        finally:
            with self._lock:
                self._taken -= 1

    @contextmanager
    def arriving(self) -> Iterator[None]:
        """Count who has come and has no place yet, on the loop: in a crowd, most hear at once that there is none."""
        full = self._arrived >= self.most
        if full:
            raise self._refused()
        self._arrived += 1
        try:
            yield
        finally:
            self._arrived -= 1

    def turn(self) -> threading.BoundedSemaphore:
        """One of the turns, waited for: hold it while something is worked on, not while a reader takes their time."""
        return self._gate

    def _refused(self) -> Busy:
        self._metrics.refusals.labels("busy").inc()
        return Busy(words.BUSY)

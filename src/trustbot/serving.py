"""Which open version of the index answers, and when one that was superseded is closed.

In: an open version, and a function that opens the published one. Out: the version that answers, for as long as a
question needs it. Another version is opened and tried beside the one that answers, and takes its place only then; who
asks meanwhile gets the old one, which the last of its readers closes. This module knows no setting and no stage.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from trustbot.chain import Chain
from trustbot.errors import TrustbotError
from trustbot.index.chroma import Index
from trustbot.reading.clusters import Clusters

log = logging.getLogger("trustbot.serving")


@dataclass(eq=False, slots=True)
class Served:
    """An open version with the chain over it."""

    index: Index
    chain: Chain
    clusters: Clusters | None = None
    readers: int = 0
    retired: bool = False


class Serving:
    """Follows the index. Safe to share between threads."""

    def __init__(self, served: Served, open_published: Callable[[], Served]) -> None:
        self._served = served
        self._open = open_published
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._refused: str | None = None

    @property
    def current(self) -> Served:
        """The version that answers now; to be asked for facts only, as it may be closed at any time."""
        return self._served

    @contextmanager
    def reading(self) -> Iterator[Chain]:
        """The chain over the version that answers, which stays open until the block ends."""
        self._follow()
        served = self._take()
        try:
            yield served.chain
        finally:
            self._leave(served)

    def refresh(self) -> None:
        """Put the published version in the place of the one that answers, if it is another one.

        Raises TrustbotError if it can't be opened or doesn't answer; the old one then goes on.
        """
        with self._turn:
            if self._served.retired or not self._served.index.is_stale():
                return
            name = self._served.index.published()
            try:
                opened = self._open()
            except BaseException:
                self._refused = name
                raise
            self._retire(opened)

    def close(self) -> None:
        """Close the version that answers, once nobody reads it any more; no other one is opened."""
        with self._turn:
            self._retire(self._served)

    def _follow(self) -> None:
        """See to a version that was published meanwhile, without waiting for it; one that was refused, only once."""
        index = self._served.index
        if index.is_stale() and not self._turn.locked() and index.published() != self._refused:
            threading.Thread(target=self._refresh_or_tell).start()

    def _refresh_or_tell(self) -> None:
        try:
            self.refresh()
        except TrustbotError as error:
            log.error("the index version before goes on: %s", error)
        except Exception:
            log.exception("the new index version could not be opened, the one before goes on")

    def _take(self) -> Served:
        with self._lock:
            served = self._served
            served.readers += 1
            return served

    def _leave(self, served: Served) -> None:
        with self._lock:
            served.readers -= 1
            last = served.retired and not served.readers
        if last:
            served.index.close()

    def _retire(self, successor: Served) -> None:
        with self._lock:
            old, self._served = self._served, successor
            old.retired = True
            idle = not old.readers
        if idle:
            old.index.close()

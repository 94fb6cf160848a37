"""The sessions of one chat's pages in Gradio's queue: which are known to this process, and which nobody reads any more.

In: a chat that was built, and the names that its pages give their sessions. Out: facts on the queue. Gradio keeps what
it has to tell of an event until somebody reads it, and it reads whatever name it is told. This module knows no request.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

MOST_CHARACTERS = 5_000_000
"""In the inputs of all events that haven’t ended: a dozen of the longest conversations, hundreds of usual ones."""
UNREAD_SECONDS = 15.0
"""How long what an event has to tell is kept for a page that doesn't read it; a page reads as soon as it has asked."""


class Sessions:
    """For the thread of the server's loop only."""

    def __init__(self, blocks: Any) -> None:
        self._blocks = blocks
        self._readers: Counter[str] = Counter()
        self._forgetting: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def inputs(self) -> dict[int, int]:
        """How many inputs each function has, by its number."""
        return {number: len(function.inputs) for number, function in self._blocks.fns.items()}

    def known(self, session: str) -> bool:
        """Whether an event of this session was sent to this process and has something to tell."""
        return session in self._blocks._queue.pending_messages_per_session

    def has_room(self) -> bool:
        """Whether one more event may come: Gradio holds the inputs of each until it has ended."""
        events = [e for e in self._blocks._queue.event_ids_to_events.values() if e.data is not None]
        return sum(len(text or "") for event in events for text in event.data.data) < MOST_CHARACTERS

    def joined(self, session: str) -> None:
        """Note that an event was sent; what it has to tell is dropped if nobody comes to read it."""
        if session in self._forgetting:
            self._forgetting[session].cancel()
        loop = asyncio.get_running_loop()
        self._forgetting[session] = loop.call_later(UNREAD_SECONDS, self._forget, session)

    @contextmanager
    def reading(self, session: str) -> Iterator[None]:
        """Note that somebody reads, for as long as the context lasts."""
        self._readers[session] += 1
        try:
            yield
        finally:
            self._readers[session] -= 1
            if not self._readers[session]:
                del self._readers[session]

    def _forget(self, session: str) -> None:
        del self._forgetting[session]
        if session in self._readers:
            return
        task = asyncio.get_running_loop().create_task(self._drop(session))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _drop(self, session: str) -> None:
        queue = self._blocks._queue
        await queue.clean_events(session_hash=session)
        for event in queue.pending_event_ids_session.pop(session, ()):
            queue.event_ids_to_events.pop(event, None)
        queue.pending_messages_per_session.pop(session, None)

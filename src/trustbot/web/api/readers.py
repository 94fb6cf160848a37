"""Work for a reader of HTTP who may leave at any moment: the answer, or each item on the way, until then.

In: the items of a question. Out: what they hold, without blocking the loop; a reader who leaves is not waited for,
since the work ends when `items` is closed. This module knows no format.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator

from anyio import to_thread
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from trustbot.types import Answer, Partial, Stage
from trustbot.web.service import last_answer

LEFT = 499
"""The status for a reader who is gone, as proxies log it; nobody gets it."""
EVENTS = "text/event-stream"
NO_STORE = {"Cache-Control": "no-store"}
STREAM_HEADERS = {**NO_STORE, "X-Accel-Buffering": "no"}
Item = Stage | Partial | Answer
Items = Generator[Item]


async def answer_of(request: Request, items: Items) -> Answer | None:
    """The answer that ends `items`; None where its reader left before it was there. The body must have been read."""
    work = asyncio.create_task(to_thread.run_sync(last_answer, items, abandon_on_cancel=True))
    left = asyncio.create_task(_left(request))
    try:
        await asyncio.wait((work, left), return_when=asyncio.FIRST_COMPLETED)
        return work.result() if work.done() else None
    finally:
        work.cancel()
        left.cancel()
        items.close()


async def first_of(items: Items) -> Item | None:
    """The first item, awaited before a stream begins, so that a question that can't be used gets its status."""
    return await run_in_threadpool(next, items, None)


async def each(first: Item | None, items: Items) -> AsyncIterator[Item]:
    """`first`, then the rest of `items`, which are closed at the end."""
    try:
        if first is not None:
            yield first
        while (item := await to_thread.run_sync(next, items, None, abandon_on_cancel=True)) is not None:
            yield item
    finally:
        items.close()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass

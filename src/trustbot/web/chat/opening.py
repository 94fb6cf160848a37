"""Opening an application's bot, then its chat, while it answers already that it is not there yet.

In: a service, its doorway, the further corpora. Out: a lifespan, as FastAPI takes one. This module knows no route.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Callable

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI

from trustbot.web.chat.doorway import Doorway
from trustbot.web.corpora import BUILDING, Corpora
from trustbot.web.i18n import words
from trustbot.web.service import Service

log = logging.getLogger("trustbot.web")
Say = Callable[[str], None]
Chats = dict[str, FastAPI]
"""The chat in each language."""


def lifespan(
    service: Service, doorway: Doorway, corpora: Corpora, say: Say | None, on_ready: Callable[[], None] | None
) -> Callable[[FastAPI], contextlib.AbstractAsyncContextManager[None]]:
    """What an application does from its start to its end: it opens its bot and its chat, then the further corpora."""

    def ready() -> None:
        if on_ready:
            on_ready()
        corpora.open_all()

    @contextlib.asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        # Each question that waits holds a thread; anyio's own number answers whoever asks for less.
        to_thread.current_default_thread_limiter().total_tokens += service.most_open
        stop, closing = threading.Event(), asyncio.Event()
        task = asyncio.create_task(_open_all(service, doorway, stop, closing, say, ready))
        try:
            yield
        finally:
            stop.set()
            closing.set()
            await corpora.close()
            await app.state.tools.close()
            await task
            await asyncio.to_thread(service.tracing.close)

    return running


async def _open_all(
    service: Service,
    doorway: Doorway,
    stop: threading.Event,
    closing: asyncio.Event,
    say: Say | None,
    on_ready: Callable[[], None],
) -> None:
    """Open the bot, then the chat, and keep the chat's own background work running until `closing`.

    One after the other: both import for seconds, and questions can be answered before there is a page.
    """
    # Threads of their own: asyncio's are few, and those of some corpora would wait in all of them.
    own = CapacityLimiter(2)
    if not await to_thread.run_sync(service.keep_opening, stop, say, limiter=own):
        return
    following = asyncio.create_task(to_thread.run_sync(service.keep_following, stop, say, limiter=own))
    try:
        from trustbot.web.chat.components import create_chats

        chats = await asyncio.to_thread(_within_a_loop, create_chats, service)
        async with contextlib.AsyncExitStack() as started:
            for chat in chats.values():
                # A chat mounted on a running server would miss its own start-up; entered here, it doesn't.
                await started.enter_async_context(chat.router.lifespan_context(chat))
            doorway.open(chats, service.bot.corpus.title)
            on_ready()
            await closing.wait()
    except Exception:
        log.exception("the chat could not be started")
        doorway.problem = words.NO_CHAT
        if say:
            say(words.NO_CHAT)
    finally:
        await following


def _within_a_loop(create: Callable[[Service], Chats], service: Service) -> Chats:
    """`create(service)` inside a loop of this thread; without one, Gradio makes loops that nobody closes."""

    async def run() -> Chats:
        return create(service)

    with BUILDING:
        return asyncio.run(run())

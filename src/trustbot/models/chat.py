"""A chat model, whoever provides it: replies in pieces, within limits, and ended when nobody waits for them.

In: a name as LangChain's `init_chat_model` takes it (`provider:model`), an address where it isn't the provider's own,
and `Limits`. Out: replies as text, as they come, or a ModelError with one sentence of ours: what a provider says about
a failure may quote a key, so it is never passed on. This module knows no prompt and no question.

Requests run in an event loop, because only there can a request that takes too long be cancelled, whatever it waits for:
its connection is closed, and no thread is left behind. All models have one loop: providers' packages keep connections
for models that reach the same server alike, and a connection that belongs to another loop, or to one that has ended,
can neither be used nor closed.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from trustbot.errors import InvalidInput, ModelError
from trustbot.models.providers import CUT_SHORT, classes, ending, find_provider, in_words
from trustbot.runtime.stopping import Stop

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

WHOLE = 3
"""A streamed reply may take this many times the limit for one part of it."""
LOOK = 0.25
"""Seconds after which a request that waits for its turn looks whether anybody still waits for it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one chat model may take."""

    timeout: float = 10.0
    """Seconds for each part of a reply with all its tries, and `WHOLE` times as much for all of it."""
    tokens: int = 2000
    """Most tokens in a reply. Models that think before they write count that too."""
    retries: int = 1
    """Further tries after a failure that may pass; all tries share the one time limit."""
    concurrency: int = 4
    """Requests at the same time; further ones wait for their turn, within the time limit."""


@dataclass(frozen=True, slots=True)
class _Reply:
    """A reply under way: what came of it, then None or the error that ended it."""

    until: float
    """When it has taken too long, by the monotonic clock."""
    pieces: queue.SimpleQueue[str | BaseException | None] = field(default_factory=queue.SimpleQueue)
    unwanted: threading.Event = field(default_factory=threading.Event)


class ChatModel:
    """One chat model, opened at first use. Safe to share between threads."""

    def __init__(self, name: str, base_url: str = "", limits: Limits | None = None) -> None:
        """Check what can be checked without loading anything.

        Raises InvalidInput for a name or an address that can't be meant, ModelError where a package or key is missing.
        """
        self.name = name
        self._base_url = _address(base_url)
        self._limits = limits or Limits()
        self._turns = threading.BoundedSemaphore(self._limits.concurrency)
        self._formless = False
        """Whether the server has refused to be held to a schema; not every server of one's own can be."""
        self._lock = threading.Lock()
        self._opened: BaseChatModel | None = None
        self._under_way: set[Callable[[], None]] = set()
        """What ends each request that somebody waits for."""
        self._provider = find_provider(name)

    def stream(
        self,
        system: str,
        user: str,
        form: Mapping[str, Any] | None = None,
        *,
        stop: Stop | None = None,
        patience: int = WHOLE,
    ) -> Generator[str]:
        """The reply in pieces, as they come, held to the JSON schema `form` where the provider can.

        Raises ModelError with one sentence if a piece doesn't come in time, if all take `patience` times as long, or if
        it ends before it is whole. Closing the generator ends the request and its connection; so does `stop`, from any
        thread, and whoever waits for a piece gets the error.
        """
        stop = stop or Stop()
        model = self._open()
        reply = _Reply(self._turn(stop) + (patience - 1) * self._limits.timeout)
        pouring = asyncio.run_coroutine_threadsafe(self._pour(model, (system, user), form, reply), _loop())

        def end() -> None:
            reply.unwanted.set()
            pouring.cancel()
            reply.pieces.put(self._failed("it was stopped"))

        self._under_way.add(end)
        try:
            with stop.telling(end):
                while (piece := self._next(reply)) is not None:
                    yield piece
        finally:
            end()
            self._under_way.discard(end)
            self._turns.release()

    def warm_up(self) -> None:
        """Load the provider's package; sends nothing."""
        self._open()

    def close(self) -> None:
        """End the requests under way; whoever waits for one gets a ModelError."""
        for end in list(self._under_way):
            end()

    def _turn(self, stop: Stop) -> float:
        """Wait for a turn; when the time for what begins now is over, by the monotonic clock."""
        until = time.monotonic() + self._limits.timeout
        while not self._turns.acquire(timeout=max(0.0, min(LOOK, until - time.monotonic()))):
            if stop.is_set or time.monotonic() >= until:
                raise self._failed("it was busy with other questions all the time")
        return until

    def _next(self, reply: _Reply) -> str | None:
        """The next piece of a reply; None where it has ended as it should."""
        left = min(self._limits.timeout, reply.until - time.monotonic())
        try:
            piece = reply.pieces.get(timeout=max(left, 0.0))
        except queue.Empty:
            raise self._failed("its reply took too long") from None
        if isinstance(piece, ModelError):
            raise piece
        if isinstance(piece, BaseException):  # each provider has its own classes; only LangChain's are the same for all
            raise self._failed(in_words(piece)) from None
        return piece

    async def _pour(
        self, model: BaseChatModel, said: tuple[str, str], form: Mapping[str, Any] | None, reply: _Reply
    ) -> None:
        """Put the pieces of a reply where they are waited for, then None, or the error that ended it."""
        held = self._provider.form(form) if form and self._provider.form and not self._formless else {}
        try:
            try:
                end = await _stream(model, said, held, reply)
            except Exception as error:
                if not held or "ModelInvalidRequestError" not in classes(error):
                    raise
                self._formless = True
                end = await _stream(model, said, {}, reply)
            # A connection that was closed half-way ends like any other, but for what the last piece says.
            whole = end and end not in CUT_SHORT
            reply.pieces.put(None if whole else self._failed("its reply was cut short"))
        except asyncio.CancelledError:
            reply.pieces.put(self._failed("it was stopped"))
            raise
        except Exception as error:
            reply.pieces.put(error)

    def _open(self) -> BaseChatModel:
        with self._lock:
            if self._opened is None:
                self._opened = self._load()
            return self._opened

    def _load(self) -> BaseChatModel:
        from langchain.chat_models import init_chat_model

        limits, provider = self._limits, self._provider
        options: dict[str, Any] = {provider.tokens: limits.tokens, **provider.waiting(limits.timeout)}
        if provider.retries:
            options[provider.retries] = limits.retries
        if self._base_url:
            options["base_url"] = self._base_url
        try:
            model: BaseChatModel = init_chat_model(self.name, **options)
        except Exception as error:  # a provider's package may refuse its options with anything
            raise ModelError(
                f"The chat model {self.name} can't be opened ({type(error).__name__}). Correct TRUSTBOT_CHAT_MODEL, "
                "or unset it."
            ) from None
        return model

    def _failed(self, what: str) -> ModelError:
        return ModelError(f"The chat model {self.name} gave nothing to use: {what}.")


def open_chat_model(name: str, base_url: str = "", limits: Limits | None = None) -> ChatModel | None:
    """The chat model that the settings name, not loaded yet; None where they name none. Raises as `ChatModel` does."""
    if name:
        return ChatModel(name, base_url, limits)
    if base_url:
        raise InvalidInput(
            "TRUSTBOT_CHAT_BASE_URL is set without a model. Name one in TRUSTBOT_CHAT_MODEL, or unset it."
        )
    return None


def _address(base_url: str) -> str:
    parts = urlsplit(base_url)
    if base_url and (parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password):
        raise InvalidInput(
            "TRUSTBOT_CHAT_BASE_URL must be an address such as http://127.0.0.1:8080/v1, without a name or a password "
            "in it. Correct it."
        )
    return base_url


async def _stream(model: BaseChatModel, said: tuple[str, str], held: dict[str, Any], reply: _Reply) -> str:
    """Put the text of a reply where it is waited for; what its provider calls its end, empty if it had none."""
    from langchain_core.messages import HumanMessage, SystemMessage
    from langsmith import tracing_context

    end = ""
    source: Any = model.astream([SystemMessage(said[0]), HumanMessage(said[1])], **held)
    # A tracing variable of LangChain's, left in somebody's environment, would send the conversation to a third party.
    with tracing_context(enabled=False):
        async with aclosing(source) as messages:
            async for message in messages:
                # Not for the cancelling alone: before Python 3.12 `asyncio.wait_for`, which providers' packages wait
                # in, forgets that it was cancelled where the next piece is there already, and a stream that is fast
                # enough would go on for ever.
                if reply.unwanted.is_set() or time.monotonic() > reply.until:
                    raise asyncio.CancelledError
                end = ending(message) or end
                if message.text:
                    reply.pieces.put(str(message.text))
    return end


_starting = threading.Lock()


def _loop() -> asyncio.AbstractEventLoop:
    with _starting:
        return _started()


@cache
def _started() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="chat-model", daemon=True).start()
    return loop

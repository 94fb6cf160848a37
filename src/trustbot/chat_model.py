"""A chat model, whoever provides it: the only place where a provider is named.

In: a name as LangChain's `init_chat_model` takes it (`provider:model`), an address where it isn't the provider's own,
and `Limits`. Out: replies as text, whole or as they come, or a ModelError with one sentence of ours: what a provider
says about a failure may quote a key, so it is never passed on. Keys come from the provider's own environment variable,
which the provider's package reads; they are not settings. This module knows no prompt and no question.

Requests run in an event loop of their own, because only there can a request that takes too long be cancelled, whatever
it waits for: the connection is closed, and no thread is left behind.
"""

from __future__ import annotations

import asyncio
import os
import queue
import threading
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from trustbot.errors import InvalidInput, ModelError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

WHOLE = 3
"""A streamed reply may take this many times the limit for one part of it."""
CUT_SHORT = frozenset({"length", "max_tokens", "content_filter", "refusal"})
"""What providers call an end that is none."""


@dataclass(frozen=True, slots=True)
class Provider:
    """How to reach the models of one provider; `extra` is the optional dependency of trustbot that brings it."""

    module: str
    extra: str
    key: str = ""
    """The environment variable that must hold the key; empty where none is needed."""
    tokens: str = "max_tokens"
    """What it calls the most tokens of a reply."""
    retries: str = "max_retries"
    """What it calls the further tries; empty where its package makes none."""
    form: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None
    """How a request is held to a JSON schema; None where replies are plain text."""


def _openai_form(schema: Mapping[str, Any]) -> dict[str, Any]:
    # Past LangChain, which would read the whole reply as JSON before giving any of it, and fail for good if it isn't.
    held = {"name": schema["title"], "schema": dict(schema), "strict": True}
    return {"extra_body": {"response_format": {"type": "json_schema", "json_schema": held}}}


PROVIDERS: Mapping[str, Provider] = {
    "openai": Provider("langchain_openai", "openai", "OPENAI_API_KEY", form=_openai_form),
    "anthropic": Provider("langchain_anthropic", "anthropic", "ANTHROPIC_API_KEY"),
    "ollama": Provider(
        "langchain_ollama", "ollama", tokens="num_predict", retries="", form=lambda schema: {"format": dict(schema)}
    ),
}
FAILURES: Mapping[str, str] = {
    "ModelAuthenticationError": "its provider refuses the key",
    "ModelPermissionDeniedError": "its provider refuses the key",
    "ModelNotFoundError": "its provider does not know it",
    "ModelRateLimitError": "its provider allows no more requests for now",
    "ModelInvalidRequestError": "its provider refuses the request",
    "ModelAPIError": "its provider has a failure of its own",
    "ModelTimeoutError": "it took too long",
    "ModelConnectionError": "it could not be reached, or the connection broke",
    "ContextOverflowError": "the request is longer than it can read",
}
"""LangChain's own classes of failure, in words."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one chat model may take."""

    timeout: float = 10.0
    """Seconds for a reply with all its tries; of a streamed one, for each part, and `WHOLE` times as much for all."""
    tokens: int = 2000
    """Most tokens in a reply. Models that think before they write count that too."""
    retries: int = 1
    """Further tries after a failure that may pass; all tries share the one time limit."""
    concurrency: int = 4
    """Requests at the same time; further ones wait for their turn, within the time limit."""


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
        self._loop: asyncio.AbstractEventLoop | None = None
        self._provider = _provider(name)

    def complete(self, system: str, user: str) -> str:
        """The reply to one message under a system prompt; raises ModelError with one sentence if there is none."""
        model, loop = self._open()
        until = self._turn()
        reply = asyncio.run_coroutine_threadsafe(_ask(model, system, user), loop)
        try:
            message = reply.result(max(0.0, until - time.monotonic()))
        except TimeoutError:
            reply.cancel()
            raise self._failed(f"it gave no reply within {self._limits.timeout:g} seconds") from None
        except Exception as error:  # each provider has its own classes; only LangChain's are the same for all
            raise self._failed(_in_words(error)) from None
        finally:
            self._turns.release()
        if CUT_SHORT & {_ending(message)}:
            raise self._failed("its reply was cut short")
        return str(message.text)

    def stream(self, system: str, user: str, form: Mapping[str, Any] | None = None) -> Generator[str]:
        """The reply in pieces, as they come, held to the JSON schema `form` where the provider can.

        Raises ModelError with one sentence if it doesn't come in time, or ends before it is whole. Closing the
        generator ends the request and its connection.
        """
        model, loop = self._open()
        until = self._turn() + (WHOLE - 1) * self._limits.timeout
        pieces: queue.SimpleQueue[str | BaseException | None] = queue.SimpleQueue()
        pouring = asyncio.run_coroutine_threadsafe(self._pour(model, (system, user), form, pieces), loop)
        try:
            while True:
                left = min(self._limits.timeout, until - time.monotonic())
                piece = pieces.get(timeout=max(left, 0.0))
                if piece is None:
                    return
                if isinstance(piece, BaseException):
                    raise piece
                yield piece
        except queue.Empty:
            raise self._failed("its reply took too long") from None
        except ModelError:
            raise
        except Exception as error:  # each provider has its own classes; only LangChain's are the same for all
            raise self._failed(_in_words(error)) from None
        finally:
            pouring.cancel()
            self._turns.release()

    def warm_up(self) -> None:
        """Load the provider's package; sends nothing."""
        self._open()

    def close(self) -> None:
        """End the event loop; requests under way end without a reply."""
        with self._lock:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._loop.stop)
                self._loop = None

    def _turn(self) -> float:
        """Wait for a turn; when the time for what begins now is over, by the monotonic clock."""
        until = time.monotonic() + self._limits.timeout
        if not self._turns.acquire(timeout=self._limits.timeout):
            raise self._failed("it was busy with other questions all the time")
        return until

    async def _pour(
        self,
        model: BaseChatModel,
        said: tuple[str, str],
        form: Mapping[str, Any] | None,
        pieces: queue.SimpleQueue[str | BaseException | None],
    ) -> None:
        """Put the pieces of a reply into `pieces`, then None, or the error that ended it."""
        held = self._provider.form(form) if form and self._provider.form and not self._formless else {}
        try:
            try:
                ending = await _stream(model, said, held, pieces)
            except Exception as error:
                if not held or "ModelInvalidRequestError" not in _classes(error):
                    raise
                self._formless = True
                ending = await _stream(model, said, {}, pieces)
            # A connection that was closed half-way ends like any other, but for what the last piece says.
            whole = ending and ending not in CUT_SHORT
            pieces.put(None if whole else self._failed("its reply was cut short"))
        except asyncio.CancelledError:
            pieces.put(self._failed("it was stopped"))
            raise
        except Exception as error:
            pieces.put(error)

    def _open(self) -> tuple[BaseChatModel, asyncio.AbstractEventLoop]:
        with self._lock:
            if self._opened is None:
                self._opened = self._load()
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=_run, args=(self._loop,), name="chat-model", daemon=True).start()
            return self._opened, self._loop

    def _load(self) -> BaseChatModel:
        from langchain.chat_models import init_chat_model

        limits, provider = self._limits, self._provider
        options: dict[str, Any] = {provider.tokens: limits.tokens}
        if provider.retries:
            options[provider.retries] = limits.retries
        if self._base_url:
            options["base_url"] = self._base_url
        if self.name.startswith("ollama:"):
            options["client_kwargs"] = {"timeout": limits.timeout}
        else:
            options["timeout"] = limits.timeout
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


def _provider(name: str) -> Provider:
    provider, colon, model = name.partition(":")
    if not colon or not model.strip() or provider not in PROVIDERS:
        known = ", ".join(f"{known}:MODEL" for known in PROVIDERS)
        raise InvalidInput(
            f"TRUSTBOT_CHAT_MODEL can't be {name}. Write it as one of {known}; a server that speaks OpenAI's protocol "
            "is openai:MODEL with its address in TRUSTBOT_CHAT_BASE_URL."
        )
    found = PROVIDERS[provider]
    if find_spec(found.module) is None:
        raise ModelError(
            f"The chat model {name} needs a package that is not installed. Install it with "
            f"`pip install 'trustbot[{found.extra}]'`, or unset TRUSTBOT_CHAT_MODEL."
        )
    if found.key and not os.environ.get(found.key):
        raise ModelError(
            f"The chat model {name} needs its key in the environment variable {found.key}. Set it; for a server that "
            "asks for none, any text will do."
        )
    return found


def _address(base_url: str) -> str:
    parts = urlsplit(base_url)
    if base_url and (parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password):
        raise InvalidInput(
            "TRUSTBOT_CHAT_BASE_URL must be an address such as http://127.0.0.1:8080/v1, without a name or a password "
            "in it. Correct it."
        )
    return base_url


async def _ask(model: BaseChatModel, system: str, user: str) -> Any:
    from langchain_core.messages import HumanMessage, SystemMessage
    from langsmith import tracing_context

    # A tracing variable of LangChain's, left in somebody's environment, would send the conversation to a third party.
    with tracing_context(enabled=False):
        return await model.ainvoke([SystemMessage(system), HumanMessage(user)])


async def _stream(
    model: BaseChatModel, said: tuple[str, str], held: dict[str, Any], pieces: queue.SimpleQueue[Any]
) -> str:
    """Put the text of a streamed reply into `pieces`; what its provider calls its end, empty if it had none."""
    from langchain_core.messages import HumanMessage, SystemMessage
    from langsmith import tracing_context

    ending = ""
    with tracing_context(enabled=False):
        async for message in model.astream([SystemMessage(said[0]), HumanMessage(said[1])], **held):
            ending = _ending(message) or ending
            if message.text:
                pieces.put(str(message.text))
    return ending


def _ending(message: Any) -> str:
    ends = (message.response_metadata.get(key) for key in ("finish_reason", "stop_reason", "done_reason"))
    return next((str(end) for end in ends if end), "")


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        pending = asyncio.all_tasks(loop)
        for task in pending:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def _in_words(error: BaseException) -> str:
    """What went wrong, from the classes of the error alone."""
    names = _classes(error)
    return next((FAILURES[name] for name in names if name in FAILURES), f"it failed ({names[0]})")


def _classes(error: BaseException) -> list[str]:
    return [kind.__name__ for kind in type(error).__mro__]

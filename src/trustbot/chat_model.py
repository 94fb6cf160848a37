"""A chat model, whoever provides it: the only place where a provider is named.

In: a name as LangChain's `init_chat_model` takes it (`provider:model`), an address where it isn't the provider's own,
and a time. Out: replies as text, or a ModelError with one sentence of ours: what a provider says about a failure may
quote a key, so it is never passed on. Keys come from the provider's own environment variable, which the provider's
package reads; they are not settings. This module knows no prompt and no question.

Requests run in an event loop of their own, because only there can a request that takes too long be cancelled, whatever
it waits for: the connection is closed, and no thread is left behind.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from trustbot.errors import InvalidInput, ModelError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

RETRIES = 1
"""Further tries after a failure that may pass; all tries share the one time limit."""
REPLY_TOKENS = 1000
"""Most tokens in a reply. A rewrite takes fifty; models that think before they write count that too."""
CUT_SHORT = frozenset({"length", "max_tokens"})
"""What providers call an end that is none."""


@dataclass(frozen=True, slots=True)
class Provider:
    """How to reach the models of one provider; `extra` is the optional dependency of trustbot that brings it."""

    module: str
    extra: str
    key: str = ""
    """The environment variable that must hold the key; empty where none is needed."""
    options: Mapping[str, Any] = field(default_factory=dict)


PROVIDERS: Mapping[str, Provider] = {
    "openai": Provider(
        "langchain_openai", "openai", "OPENAI_API_KEY", {"max_retries": RETRIES, "max_tokens": REPLY_TOKENS}
    ),
    "anthropic": Provider(
        "langchain_anthropic", "anthropic", "ANTHROPIC_API_KEY", {"max_retries": RETRIES, "max_tokens": REPLY_TOKENS}
    ),
    "ollama": Provider("langchain_ollama", "ollama", options={"num_predict": REPLY_TOKENS}),
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


class ChatModel:
    """One chat model, opened at first use. Safe to share between threads."""

    def __init__(self, name: str, base_url: str = "", timeout: float = 10.0) -> None:
        """Check what can be checked without loading anything; `timeout` is in seconds, for a reply with all its tries.

        Raises InvalidInput for a name or an address that can't be meant, ModelError where a package or key is missing.
        """
        self.name = name
        self._base_url = _address(base_url)
        self._timeout = timeout
        self._lock = threading.Lock()
        self._opened: BaseChatModel | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._provider = _provider(name)

    def complete(self, system: str, user: str) -> str:
        """The reply to one message under a system prompt; raises ModelError with one sentence if there is none."""
        model, loop = self._open()
        reply = asyncio.run_coroutine_threadsafe(_ask(model, system, user), loop)
        try:
            message = reply.result(self._timeout)
        except TimeoutError:
            reply.cancel()
            raise self._failed(f"it gave no reply within {self._timeout:g} seconds") from None
        except Exception as error:  # each provider has its own classes; only LangChain's are the same for all
            raise self._failed(_in_words(error)) from None
        if CUT_SHORT & {str(message.response_metadata.get(k)) for k in ("finish_reason", "stop_reason", "done_reason")}:
            raise self._failed("its reply was cut short")
        return str(message.text)

    def warm_up(self) -> None:
        """Load the provider's package; sends nothing."""
        self._open()

    def close(self) -> None:
        """End the event loop; requests under way end without a reply."""
        with self._lock:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._loop.stop)
                self._loop = None

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

        options = {**self._provider.options, **({"base_url": self._base_url} if self._base_url else {})}
        if self.name.startswith("ollama:"):
            options["client_kwargs"] = {"timeout": self._timeout}
        else:
            options["timeout"] = self._timeout
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


def open_chat_model(name: str, base_url: str = "", timeout: float = 10.0) -> ChatModel | None:
    """The chat model that the settings name, not loaded yet; None where they name none. Raises as `ChatModel` does."""
    if name:
        return ChatModel(name, base_url, timeout)
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
    names = [kind.__name__ for kind in type(error).__mro__]
    return next((FAILURES[name] for name in names if name in FAILURES), f"it failed ({names[0]})")

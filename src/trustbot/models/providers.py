"""Who provides chat models: the only place where a provider is named.

In: the name of a model as LangChain's `init_chat_model` takes it (`provider:model`). Out: what must be known of its
provider to reach it, and what its failures are in words. Keys come from the provider's own environment variable, which
the provider's package reads; they are not settings. This module opens nothing and sends nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from trustbot.errors import InvalidInput, ModelError

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
    waiting: Callable[[float], dict[str, Any]] = lambda seconds: {"timeout": seconds}
    """How it is told how long to wait for an answer."""


def _openai_form(schema: Mapping[str, Any]) -> dict[str, Any]:
    # Past LangChain, which would read the whole reply as JSON before giving any of it, and fail for good if it isn't.
    held = {"name": schema["title"], "schema": dict(schema), "strict": True}
    return {"extra_body": {"response_format": {"type": "json_schema", "json_schema": held}}}


def _anthropic_form(schema: Mapping[str, Any]) -> dict[str, Any]:
    held = {key: value for key, value in schema.items() if key != "title"}
    return {"output_config": {"format": {"type": "json_schema", "schema": held}}}


PROVIDERS: Mapping[str, Provider] = {
    "openai": Provider("langchain_openai", "openai", "OPENAI_API_KEY", form=_openai_form),
    "anthropic": Provider("langchain_anthropic", "anthropic", "ANTHROPIC_API_KEY", form=_anthropic_form),
    "ollama": Provider(
        "langchain_ollama",
        "ollama",
        tokens="num_predict",
        retries="",
        form=lambda schema: {"format": dict(schema)},
        waiting=lambda seconds: {"client_kwargs": {"timeout": seconds}},
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
    "TimeoutException": "it took too long",
    "ConnectionError": "it could not be reached, or the connection broke",
    "TransportError": "it could not be reached, or the connection broke",
}
"""Classes of failure, in words: LangChain's own and, for packages that pass them on bare, those of the transport."""
STATUSES: Mapping[int, str] = {
    400: "ModelInvalidRequestError",
    401: "ModelAuthenticationError",
    403: "ModelPermissionDeniedError",
    404: "ModelNotFoundError",
    422: "ModelInvalidRequestError",
    429: "ModelRateLimitError",
    500: "ModelAPIError",
    502: "ModelAPIError",
    503: "ModelAPIError",
}
"""What LangChain would call a response of this status, where a package has a class of its own for all of them."""


def find_provider(name: str) -> Provider:
    """The provider of the model `name`.

    Raises InvalidInput for a name that can't be meant, ModelError where a package or key is missing.
    """
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


def ending(message: Any) -> str:
    """What its provider calls the end that a message brings; empty if it brings none."""
    ends = (message.response_metadata.get(key) for key in ("finish_reason", "stop_reason", "done_reason"))
    return next((str(end) for end in ends if end), "")


def in_words(error: BaseException) -> str:
    """What went wrong, from the classes of the error alone."""
    names = classes(error)
    return next((FAILURES[name] for name in names if name in FAILURES), f"it failed ({names[0]})")


def classes(error: BaseException) -> list[str]:
    """The names of its classes, its own first, then what its status means."""
    status = getattr(error, "status_code", None)
    meant = [STATUSES[status]] if isinstance(status, int) and status in STATUSES else []
    return [*(kind.__name__ for kind in type(error).__mro__), *meant]

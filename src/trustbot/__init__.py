"""trustbot: answers about a piece of published guidance, with numbered citations that a reader can check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trustbot.runtime.quiet import hush as _hush

if TYPE_CHECKING:
    from trustbot.bot import Bot, build_bot
    from trustbot.errors import TrustbotError
    from trustbot.settings import Settings
    from trustbot.types import Answer, Citation, Stage, Turn

__version__ = "0.1.0"

_hush()  # before anything is loaded that would speak

__all__ = [
    "Answer",
    "Bot",
    "Citation",
    "Settings",
    "Stage",
    "TrustbotError",
    "Turn",
    "__version__",
    "build_bot",
]

_HOMES = {
    "Answer": "types",
    "Bot": "bot",
    "Citation": "types",
    "Settings": "settings",
    "Stage": "types",
    "TrustbotError": "errors",
    "Turn": "types",
    "build_bot": "bot",
}


def __getattr__(name: str) -> Any:
    # Public names load on first use: `trustbot --help` must not pay for what it doesn't need.
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"trustbot.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'trustbot' has no attribute {name!r}")

"""The reader's language, and messages in it.

In: a language code for the time of a request or an event, and English messages. Out: the messages translated; English
where there is no translation. This module knows no message.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

SOURCE = "en"
"""The language that messages are written in."""

_current: ContextVar[str] = ContextVar("language", default=SOURCE)


def current() -> str:
    """Code of the reader's language, such as `en`."""
    return _current.get()


@contextlib.contextmanager
def using(code: str) -> Iterator[None]:
    """Show messages in this language until the block ends."""
    token = _current.set(code)
    try:
        yield
    finally:
        _current.reset(token)


def translate(message: str) -> str:
    """`message` in the reader's language."""
    return message

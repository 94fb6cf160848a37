from __future__ import annotations

import contextvars
import threading
from collections.abc import Generator

import pytest

from trustbot.web.chat.pulse import pulsing

SPOKEN: contextvars.ContextVar[str] = contextvars.ContextVar("SPOKEN", default="en")


def test_items_come_as_they_are_in_the_callers_context() -> None:
    def work() -> Generator[str]:
        yield SPOKEN.get()
        yield "b"

    token = SPOKEN.set("es")
    assert [item for item in pulsing(work(), 60) if item is not None] == ["es", "b"]
    SPOKEN.reset(token)


def test_something_comes_while_nothing_is_there() -> None:
    go = threading.Event()

    def work() -> Generator[int]:
        assert go.wait(60)
        yield 1

    items = pulsing(work(), 0.01)
    assert [next(items), next(items)] == [None, None]
    go.set()
    assert [item for item in items if item is not None] == [1]


@pytest.mark.parametrize("error", [ValueError("x"), TimeoutError("its own")])
def test_an_error_comes_through(error: Exception) -> None:
    def work() -> Generator[int]:
        yield 1
        raise error

    with pytest.raises(type(error), match=str(error)):
        list(pulsing(work(), 60))


def test_closing_closes_the_work() -> None:
    ended = threading.Event()

    def work() -> Generator[int]:
        try:
            yield from range(9)
        finally:
            ended.set()

    items = pulsing(work(), 60)
    assert next(items) == 0
    items.close()
    assert ended.wait(60)

"""A slow generator -> the same with a beat: something comes every second, also while nothing new is there.

In: items that may take their time. Out: the items, and None in between. Gradio asks whether its reader is still there
between two items only: without a beat, whoever closes the page would leave a chat model writing for nobody. This
module knows no item.
"""

from __future__ import annotations

import contextvars
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
EVERY = 1.0
"""Seconds."""


def pulsing(items: Generator[T], every: float = EVERY) -> Generator[T | None]:
    """The items as they come, and None after each `every` seconds of waiting. Closing it closes `items`.

    The items are made in a thread of their own, in the caller's context; `items` must bear to be closed meanwhile.
    """
    pool = ThreadPoolExecutor(1, "pulse")
    try:
        while True:
            step = pool.submit(contextvars.copy_context().run, _step, items)
            while not wait([step], every).done:
                yield None
            made = step.result()
            if not made:
                return
            yield made[0]
    finally:
        items.close()
        pool.shutdown(wait=False)


def _step(items: Generator[T]) -> list[T]:
    """The next item, or nothing where there is none."""
    return list(islice(items, 1))

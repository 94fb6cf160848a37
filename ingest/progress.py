"""How far a long run is: a bar on a terminal's error stream, or a line of JSON there for a program; else nothing."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")

EVERY = 0.2
"""Least seconds between two lines."""
_to_program: ContextVar[bool] = ContextVar("to_program", default=False)


def tell_program(wanted: bool) -> None:
    """Whether to write lines such as `{"doing": "Reading", "done": 3, "of": 40}`, whatever the error stream is."""
    _to_program.set(wanted)


def bar(items: Sequence[T], what: str, progress: bool, unit: str = "documents") -> Iterable[T]:
    """`items`, with a progress bar on a terminal's error stream, or lines for a program that wants them."""
    if _to_program.get():
        return _told(items, what)
    if not (progress and sys.stderr.isatty()):
        return items
    from tqdm import tqdm

    return tqdm(items, desc=what, unit=f" {unit}", leave=False, file=sys.stderr)


def teller(what: str) -> Callable[[int, int], None]:
    """The same for what is no sequence: to be called with how many are done, of how many."""
    last = float("-inf")

    def tell(done: int, of: int) -> None:
        nonlocal last
        if time.monotonic() - last < EVERY:
            return
        last = time.monotonic()
        if _to_program.get():
            sys.stderr.write(json.dumps({"doing": what, "done": done, "of": of}) + "\n")
        elif sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{what}: {done} of {of}\r")
        sys.stderr.flush()

    return tell


def _told(items: Sequence[T], what: str) -> Iterator[T]:
    tell = teller(what)
    for done, item in enumerate(items):
        tell(done, len(items))
        yield item

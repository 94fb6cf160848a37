"""A progress bar on a terminal's error stream, and nothing anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")


def bar(items: Sequence[T], what: str, progress: bool, unit: str = "documents") -> Iterable[T]:
    """`items`, with a progress bar on a terminal's error stream and nothing anywhere else."""
    if not (progress and sys.stderr.isatty()):
        return items
    from tqdm import tqdm

    return tqdm(items, desc=what, unit=f" {unit}", leave=False, file=sys.stderr)

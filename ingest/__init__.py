"""Documents to index, offline.

The public names of the program that makes an index; the program that answers from it is `trustbot`. They
load on first use, so that asking for help costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from trustbot.runtime.quiet import hush as _hush

if TYPE_CHECKING:
    from ingest.build import build_index
    from ingest.manifest import load_manifest
    from ingest.parsers import parse

__all__ = ["build_index", "load_manifest", "parse"]

_hush()  # before anything is loaded that would speak

_HOMES = {"build_index": "ingest.build", "load_manifest": "ingest.manifest", "parse": "ingest.parsers"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

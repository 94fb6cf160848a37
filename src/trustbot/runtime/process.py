"""A command as a process: whoever reads its output may leave, and it may be told to end, at any moment.

In: nothing. Out: standard output and error that outlive their readers, so that a closed pipe neither stops the work nor
counts as a failure of it; an end by a signal at which everything is put away as at any other end; and memory that goes
back to the system. Each program goes through `begin` first; the library, which owns no process, never does.
"""

from __future__ import annotations

import atexit
import ctypes
import io
import os
import signal
import sys
import warnings
from contextlib import suppress
from types import FrameType
from typing import Any, TextIO

LARGE = 1 << 18
"""Bytes from which a block of memory is one of its own."""
_M_MMAP_THRESHOLD = -3
_TOLD: list[int] = []
"""The signal that ended this process, if any."""
_UNWRITTEN: list[str] = []
"""Why output could not be written, the last time."""


class _Unheard(io.FileIO):
    """A descriptor; what is written after its reader has left goes nowhere, and so does what finds no room."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            pass
        except OSError as error:
            _UNWRITTEN[:] = [error.strerror or type(error).__name__]
        return memoryview(data).nbytes


def begin() -> None:
    """Let this process outlive the readers of its output, and put away what it keeps when SIGTERM or SIGHUP ends it.

    What libraries warn developers of is shown to nobody, unless Python was told otherwise (`-W`, `PYTHONWARNINGS`).
    """
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    atexit.register(_die)  # what is registered first runs last
    sys.stdout, sys.stderr = _outliving(sys.stdout), _outliving(sys.stderr)
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        if signal.getsignal(number) is signal.SIG_DFL:  # not what `nohup` lets it ignore
            signal.signal(number, _end)


def return_large_blocks() -> None:
    """Have glibc give every large block back to the system when it is freed; where there is no glibc, do nothing.

    By itself it takes blocks of up to 32 MiB out of its heaps once one as large was freed, and a hole in a heap stays
    with the process. A server that opens one index version after the other would gather such holes.
    """
    with suppress(AttributeError, OSError, TypeError):  # no such function, or no way to the functions of this process
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, LARGE)


def _outliving(stream: TextIO) -> TextIO:
    if not isinstance(stream, io.TextIOWrapper):  # the process was started without it
        return stream
    raw = io.BufferedWriter(_Unheard(stream.fileno(), "w", closefd=False))
    return io.TextIOWrapper(
        raw,
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _end(number: int, _: FrameType | None) -> None:
    """Leave through every `finally`; another signal of the kind ends it at once, wherever it hangs."""
    signal.signal(number, signal.SIG_DFL)
    _TOLD.append(number)
    raise SystemExit(128 + number)


def _die() -> None:
    """End as a signal ends a process, if one did: whoever sent it sees that it was obeyed. Lost output is a failure."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        stream.flush()
    if _TOLD:
        signal.raise_signal(_TOLD[0])
    if _UNWRITTEN:
        with suppress(AttributeError):  # started without standard error
            sys.stderr.write(f"trustbot: its output could not be written whole ({_UNWRITTEN[0]}).\n")
            sys.stderr.flush()
        os._exit(1)

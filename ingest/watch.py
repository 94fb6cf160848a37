"""`trustbot-ingest watch`: brings the index up to date whenever the corpus folder changes.

In: a corpus folder. Out: a report after each run; what goes wrong is said, and the index before it goes on serving. The
folder is looked at every few seconds, by sizes and times of its files, which works on any disk, one across the network
included. An ingest begins once nothing has changed for a moment: whoever copies files is waited for.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from ingest.manifest import Manifest, load_manifest
from trustbot.errors import InvalidInput, TrustbotError
from trustbot.settings import Settings, load_settings

EVERY, SETTLED = 2.0, 2.0
"""Seconds between two looks, and seconds without a change after which an ingest begins."""
LONGEST = 60.0
"""Seconds after which it begins all the same: a file that never rests must not hold up the others."""

State = Mapping[str, tuple[int, int]]
"""Path from the folder on -> size in bytes and time of its last change in nanoseconds."""


def add_arguments(parser: ArgumentParser) -> None:
    """The options of `trustbot-ingest watch`."""
    parser.add_argument("corpus", metavar="CORPUS_DIR", nargs="?", type=Path, help="default: the configured corpus")
    parser.add_argument("--index", metavar="DIR", type=Path, help="folder of the index; default: in the data folder")
    parser.add_argument(
        "--every", metavar="SECONDS", type=float, default=EVERY, help=f"seconds between two looks ({EVERY:g})"
    )


def run(arguments: Namespace) -> tuple[str, int]:
    """Watch until the program is told to stop (SIGINT or SIGTERM), which is its ordinary end."""
    if not 0.1 <= arguments.every <= 3600:
        raise InvalidInput(f"--every {arguments.every:g} is out of range. Give 0.1 to 3600 seconds.")
    settings = load_settings()
    directory = arguments.corpus or settings.corpus_dir / settings.corpus
    if not directory.is_dir():
        raise InvalidInput(f"{directory} is no folder. Give the folder that holds manifest.toml.")
    before = {number: signal.signal(number, _stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        watch(partial(look, directory), partial(_ingest, directory, settings, arguments.index), arguments.every)
    except KeyboardInterrupt:
        return "Stopped; what was completed is served, nothing half-made.", 0
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    raise AssertionError  # it watches until it is stopped


def watch(
    seen: Callable[[], State],
    ingest: Callable[[], str],
    every: float = EVERY,
    sleep: Callable[[float], None] = time.sleep,
    say: Callable[[str], None] | None = None,
) -> None:
    """Call `ingest` now and after every change of what is `seen`, until an exception stops it; say what it returns."""
    say = say or _say
    while True:
        state = seen()
        say(_outcome(ingest))
        while (now := seen()) == state:
            sleep(every)
        waited = quiet = 0.0
        while quiet < SETTLED and waited < LONGEST:
            sleep(every)
            waited += every
            quiet, now = (quiet + every, now) if (later := seen()) == now else (0.0, later)


def look(directory: Path) -> State:
    """The files of a folder as they are now; hidden ones, and what editors leave beside a file, are none of it."""
    found: dict[str, tuple[int, int]] = {}
    for folder, folders, names in os.walk(directory):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(folder, name)
            try:
                known = path.stat()
            except OSError:
                continue  # gone since it was listed
            if not name.startswith(".") and not name.endswith("~"):
                found[str(path.relative_to(directory))] = (known.st_size, known.st_mtime_ns)
    return found


def _outcome(ingest: Callable[[], str]) -> str:
    try:
        return ingest()
    except TrustbotError as error:
        return f"{error} The index before it is served."
    except Exception as error:  # whatever it is, the next change may mend it
        first = (str(error).splitlines() or [""])[0][:200]
        return f"Failed unexpectedly ({type(error).__name__}: {first}). The index before it is served."


def _ingest(directory: Path, settings: Settings, index_dir: Path | None) -> str:
    from ingest.build import build_index
    from ingest.publish import published

    manifest: Manifest = load_manifest(directory)
    folder = index_dir or settings.data_dir / "index" / manifest.id
    build = partial(
        build_index,
        manifest,
        folder,
        settings.models_dir,
        embedder=settings.embedder,
        chunk_tokens=settings.chunk_tokens,
        progress=False,
    )
    return published(settings, manifest.id, folder, build).text()


def _say(text: str) -> None:
    sys.stdout.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n\n")
    sys.stdout.flush()


def _stop(*_: object) -> None:
    raise KeyboardInterrupt

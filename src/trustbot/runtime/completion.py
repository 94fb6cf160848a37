"""`trustbot completion`: what a shell loads to complete commands and options.

In: a parser with every option of every command. Out: a script on standard output. The script is made from the parser
that runs the commands, so it can't name an option that isn't there.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path
from typing import Any

import shtab

SHELLS = tuple(shtab.SUPPORTED_SHELLS)


def add_arguments(parser: ArgumentParser) -> None:
    """The options of `trustbot completion`."""
    parser.add_argument("shell", metavar="SHELL", choices=SHELLS, help=f"one of {', '.join(SHELLS)}")


def run(args: Namespace, _: Any) -> int:
    """Print the script; 0. `args.parser` is the whole parser."""
    sys.stdout.write(script(args.parser, args.shell) + "\n")
    return 0


def script(parser: ArgumentParser, shell: str) -> str:
    """The script for one of `SHELLS`; arguments that are paths complete to files."""
    _complete_files(parser)
    return str(shtab.complete(parser, shell))


def _complete_files(parser: ArgumentParser) -> None:
    for action in parser._actions:
        if action.type is Path:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif isinstance(action, _SubParsersAction):
            for sub in action.choices.values():
                _complete_files(sub)

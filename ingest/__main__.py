"""`trustbot-ingest`: arguments in, report out.

In: the command line. Out: the report on standard output, errors as one sentence on standard error, an exit
code. No logic: the work is in `ingest.build`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ingest.progress import tell_program
from trustbot.errors import InvalidInput, TrustbotError
from trustbot.runtime.process import begin

if TYPE_CHECKING:
    from ingest.report import Report


SOME_REFUSED = 3
"""Exit code of a run that built an index without all of the documents that it was given."""


COMMANDS = {
    "new": "Make a corpus folder with a manifest that works, from documents in any format that is read.",
    "add": "Add works, pages and files to a corpus folder, each as a source that is complete. Asks Crossref, PubMed, "
    "Europe PMC or the address that is given; building an index reaches no other machine.",
    "check": "Say what a corpus folder holds and how it would be read, without changing its index; look up what was "
    "published about its works later.",
    "edit": "Correct what a manifest says of its corpus or of a document, or take a document out.",
    "watch": "Bring the index up to date whenever the corpus folder changes, until it is told to stop.",
    "questions": "Draft a question bank with the configured chat model, for a person to edit.",
}
"""Commands of their own beside the building of an index, each in the module of its name."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with `argv`; returns the exit code."""
    if argv is None:
        begin()
    given = list(sys.argv[1:] if argv is None else argv)
    own = given[0] if given and given[0] in COMMANDS else None
    arguments = _own_parser(own).parse_args(given[1:]) if own else _parser().parse_args(given)
    tell_program(getattr(arguments, "json", False))
    try:
        text, code = cast("tuple[str, int]", arguments.run(arguments))
        print(text)
    except TrustbotError as error:
        if arguments.debug:
            raise
        print(f"trustbot-ingest: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("trustbot-ingest: stopped; what was completed is served, nothing half-made.", file=sys.stderr)
        return 130
    except Exception as error:
        if arguments.debug:
            raise
        first = (str(error).splitlines() or [""])[0][:200]
        print(
            f"trustbot-ingest: failed unexpectedly ({type(error).__name__}: {first}); nothing half-made is "
            "served. Run it again with --debug to see where.",
            file=sys.stderr,
        )
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="trustbot-ingest",
        description="Build or update the index of a corpus. A second run does only what has changed.",
        epilog="Commands of their own, each with --help: `trustbot-ingest new DIR FILE…` makes such a folder from "
        "files, `add DIR` adds works, pages and files to one, `check` says how it would be read, `edit` corrects its "
        "manifest, `watch` follows it, `questions` drafts a question bank with the configured chat model. Settings "
        "are read from TRUSTBOT_ environment variables; docs/settings.md lists them. Exit code 3: an index was built, "
        "without the documents that the report lists as refused.",
    )
    parser.add_argument(
        "corpus",
        metavar="CORPUS_DIR",
        nargs="?",
        type=Path,
        help="folder with a manifest.toml, or a .jsonl or .jsonl.gz collection of records with id and text; "
        "default: the configured corpus",
    )
    parser.add_argument("--index", metavar="DIR", type=Path, help="folder of the index; default: in the data folder")
    parser.add_argument(
        "--rebuild", action="store_true", help="make every vector anew, whether or not anything changed"
    )
    parser.add_argument(
        "--train",
        action="store_true",
        help="first train the reader on the corpus's question bank: half an hour on two cores for 10,000 questions",
    )
    parser.add_argument(
        "--average",
        metavar="FILE",
        nargs="+",
        type=Path,
        help="first make the reader the mean of two or more that were trained on this corpus: some minutes",
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON, and progress as lines of JSON")
    parser.add_argument("--version", action="version", version=f"trustbot-ingest {version('trustbot')}")
    parser.add_argument("--completion", metavar="SHELL", help="print what bash, zsh or tcsh loads to complete options")
    _add_debug(parser)
    parser.set_defaults(
        run=lambda arguments: (
            (_completion(parser, arguments.completion), 0) if arguments.completion else _build(arguments)
        )
    )
    return parser


def _own_parser(command: str) -> argparse.ArgumentParser:
    module = import_module(f"ingest.{command}")
    parser = argparse.ArgumentParser(prog=f"trustbot-ingest {command}", description=COMMANDS[command])
    module.add_arguments(parser)
    _add_debug(parser)
    parser.set_defaults(run=module.run)
    return parser


def _completion(parser: argparse.ArgumentParser, shell: str | None) -> str:
    """The script for `shell`; empty where none was asked for. Raises InvalidInput for a shell that isn't known."""
    if shell is None:
        return ""
    from trustbot.runtime.completion import SHELLS, script

    if shell not in SHELLS:
        raise InvalidInput(f"--completion {shell[:40]!r} is not a shell that is known. Use {', '.join(SHELLS)}.")
    return script(parser, shell)


def _add_debug(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")


def _build(arguments: argparse.Namespace) -> tuple[str, int]:
    """The report, and the exit code: SOME_REFUSED where a document didn't go in and the others did."""
    report = _run(arguments)
    told = json.dumps(report.to_dict(), ensure_ascii=False) if arguments.json else report.text()
    return told, SOME_REFUSED if report.refused else 0


def _run(arguments: argparse.Namespace) -> Report:
    # Imported here: asking for help must not wait for them.
    from ingest.build import build_index, read_corpus
    from ingest.collection import build_collection, collection_id, is_collection
    from ingest.manifest import load_manifest
    from ingest.publish import published
    from trustbot.runtime.quiet import caches_in
    from trustbot.settings import load_settings

    settings = load_settings()
    caches_in(settings.data_dir)
    how = {"embedder": settings.embedder, "chunk_tokens": settings.chunk_tokens, "rebuild": arguments.rebuild}
    if arguments.corpus and is_collection(arguments.corpus):
        corpus_id = collection_id(arguments.corpus)
        index_dir = arguments.index or settings.data_dir / "index" / corpus_id
        collect = partial(build_collection, arguments.corpus, index_dir, settings.models_dir, **how)
        return published(settings, corpus_id, index_dir, collect, anew=arguments.rebuild)
    manifest = load_manifest(arguments.corpus or settings.corpus_dir / settings.corpus)
    index_dir = arguments.index or settings.data_dir / "index" / manifest.id
    if arguments.train or arguments.average:
        from ingest.train import average_readers, train_reader

        # From the documents as they are: the index may be of others, or refuse the trained file that this replaces.
        corpus = read_corpus(
            manifest, settings.models_dir, embedder=settings.embedder, chunk_tokens=settings.chunk_tokens
        )
        if arguments.train:
            train_reader(manifest.directory, corpus)
        if arguments.average:
            average_readers(manifest.directory, corpus, arguments.average)
    build = partial(build_index, manifest, index_dir, settings.models_dir, **how)
    return published(settings, manifest.id, index_dir, build, anew=arguments.rebuild)


if __name__ == "__main__":
    sys.exit(main())

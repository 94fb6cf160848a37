"""`trustbot-ingest check`: how a corpus folder would be read, what was published about its works later, how it answers.

In: a corpus folder. Out: a report; its index is left alone.
"""

from __future__ import annotations

import datetime
import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path

from ingest.documents import Parsed, language_note, parse_documents
from ingest.manifest import Manifest, load_manifest
from trustbot.errors import InvalidInput, StorageError
from trustbot.settings import load_settings

TO_SEE_TO = 3
"""Exit code where something was found that a person should see to."""
ROWS = 40
"""Documents that are listed one by one."""


def add_arguments(parser: ArgumentParser) -> None:
    """The options of `trustbot-ingest check`."""
    parser.add_argument("corpus", metavar="CORPUS_DIR", nargs="?", type=Path, help="default: the configured corpus")
    parser.add_argument(
        "--retractions",
        action="store_true",
        help="look up retractions, concerns, corrections and new versions of its works at Crossref and PubMed, into "
        "updates.toml",
    )
    parser.add_argument(
        "--ask",
        metavar="QUESTIONS",
        nargs="?",
        const="",
        help="ask the questions of its bank, or of a file (a bank, or text with a line each), and all suggestions, and "
        "say what is wrong with the answers",
    )
    parser.add_argument(
        "--json", action="store_true", help="print what each document holds, statement by statement, as JSON"
    )
    parser.add_argument(
        "--from",
        dest="copy",
        metavar="CSV",
        type=Path,
        help="with --retractions: read a copy of Retraction Watch's data in place of asking",
    )


def run(arguments: Namespace) -> tuple[str, int]:
    """The report, and the exit code: TO_SEE_TO where something was found."""
    settings = load_settings()
    manifest = load_manifest(arguments.corpus or settings.corpus_dir / settings.corpus)
    if arguments.copy and not arguments.retractions:
        raise InvalidInput("--from belongs to --retractions. Give both.")
    if arguments.retractions:
        from ingest.retractions import refresh

        try:
            text, found = refresh(manifest, settings, arguments.copy)
        except OSError as error:
            raise StorageError(f"{manifest.directory} can't be written ({error.strerror}).") from None
        return text, TO_SEE_TO if found else 0
    if arguments.ask is not None:
        from ingest.doctor import examine

        text, found = examine(manifest, Path(arguments.ask) if arguments.ask else None)
        return text, TO_SEE_TO if found else 0
    if arguments.json:
        from ingest.reading_report import describe

        told = describe(manifest, settings)
        return json.dumps(told, ensure_ascii=False), TO_SEE_TO if told["warnings"] else 0
    parsed = parse_documents(manifest.documents, progress=True)
    warnings = list(warnings_of(manifest, parsed))
    lines = [*_read(manifest, parsed), *(["", "To see to:", *(f"  {w}" for w in warnings)] if warnings else [])]
    return "\n".join(lines), TO_SEE_TO if warnings else 0


def _read(manifest: Manifest, parsed: Parsed) -> Iterator[str]:
    """What could be read of each document."""
    count = len(parsed.documents)
    yield f"Corpus {manifest.id} {manifest.version}: {count} of {len(manifest.documents)} documents can be read."
    pairs = list(zip(parsed.documents, parsed.sections, strict=True))
    for document, sections in pairs[:ROWS]:
        words = sum(len(section.text.split()) for section in sections)
        yield f"  {document.id}: {document.media_type}, {len(sections)} sections, {words} words"
    if len(pairs) > ROWS:
        yield f"  and {len(pairs) - ROWS} more"
    for note in (*language_note(manifest), *parsed.notes):
        yield f"  {note.id}: {note.text}."


def warnings_of(manifest: Manifest, parsed: Parsed) -> Iterator[str]:
    """What a person should see to before readers do."""
    for refusal in parsed.refused:
        yield f"{refusal.id}: {refusal.reason}"
    today = datetime.date.today()
    for document in parsed.documents:
        if document.standing.at(today) == "expired":
            yield f"{document.id}: it expired on {document.standing.expires}. Replace it, or correct `expires`."
    for source in manifest.sources:
        for update in source.updates:
            if update.kind in ("retraction", "concern"):
                told = "was retracted" if update.kind == "retraction" else "is under an expression of concern"
                yield f"{source.id}: it {told} ({update.notice}). Take it out, or say in its note what still holds."

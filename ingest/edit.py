"""`trustbot-ingest edit`: what a manifest says of its corpus or of a document, corrected in its place.

In: a corpus folder and new values. Out: the manifest with them, checked as a whole before it takes the place of the one
before; comments and everything else stay as they were written. What a document leaves behind when it is taken out goes
with it: its file, its source where nothing else is of it, its questions in the bank.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from argparse import ArgumentParser, Namespace
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from ingest.manifest import MANIFEST, load_manifest
from trustbot.errors import InvalidInput, ManifestError, StorageError
from trustbot.files.jsonl import read_lines
from trustbot.files.sealed import write_whole
from trustbot.reading.bank import BANK

DATES = ("date", "expires")
OF_CORPUS = ("scope", "disclaimer")


def add_arguments(parser: ArgumentParser) -> None:
    """The options of `trustbot-ingest edit`."""
    parser.add_argument("directory", metavar="DIR", type=Path, help="the corpus's folder")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--document", metavar="ID", help="the document to correct; without it, the corpus")
    which.add_argument("--remove", metavar="ID", help="take this document out, with its questions")
    parser.add_argument("--title", help="new title, of the document or of the corpus")
    for name in DATES:
        parser.add_argument(f"--{name}", metavar="DATE", help=f"`{name}` of the document, YYYY-MM-DD; empty for none")
    parser.add_argument("--replaces", metavar="IDS", help="ids of what the document replaces, with commas; or empty")
    for name in OF_CORPUS:
        parser.add_argument(f"--{name}", help=f"`{name}` of the corpus")
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")


def run(arguments: Namespace) -> tuple[str, int]:
    """What was changed, and the exit code."""
    directory: Path = arguments.directory
    load_manifest(directory)
    try:
        text = (directory / MANIFEST).read_text(encoding="utf-8-sig")
        book = tomlkit.parse(text)
        if arguments.remove:
            told = _remove(directory, book, arguments.remove)
        else:
            told = _change(book, arguments)
            _replace(directory, tomlkit.dumps(book))
    except TOMLKitError as error:
        raise InvalidInput(f"{directory / MANIFEST} can't be edited ({error}). Correct it by hand.") from None
    except OSError as error:
        raise StorageError(f"{directory} can't be written ({error.strerror}). Nothing was changed.") from None
    return json.dumps({"changed": told}, ensure_ascii=False) if arguments.json else f"Changed: {told}.", 0


def _change(book: Any, arguments: Namespace) -> str:
    if arguments.document:
        entry, values = _document(book, arguments.document), _values(arguments, (*DATES, "replaces"))
    else:
        entry, values = book, _values(arguments, OF_CORPUS)
    if not values:
        raise InvalidInput("Nothing is given to change. Give --title, or another value.")
    for name, value in values.items():
        if value in ("", []):
            entry.pop(name, None)
        else:
            entry[name] = value
    return f"{arguments.document or 'the corpus'} ({', '.join(values)})"


def _values(arguments: Namespace, names: tuple[str, ...]) -> dict[str, Any]:
    """The values that were given; InvalidInput for one that belongs elsewhere, or can't be."""
    given = {name: getattr(arguments, name) for name in ("title", *DATES, "replaces", *OF_CORPUS)}
    given = {name: " ".join(value.split()) for name, value in given.items() if value is not None}
    stray = next((name for name in given if name not in ("title", *names)), None)
    if stray:
        raise InvalidInput(f"--{stray} is not of {'a document' if arguments.document else 'a corpus'}. Leave it out.")
    for name, value in given.items():
        if not value and name not in (*DATES, "replaces"):
            raise InvalidInput(f"The {name} is empty. Give it, or leave it as it is.")
    return {name: _typed(name, value) for name, value in given.items()}


def _typed(name: str, value: str) -> Any:
    if name == "replaces":
        return [part for part in re.split(r"[\s,]+", value) if part]
    if name in DATES and value:
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise InvalidInput(f"The {name} {value[:40]!r} is no date. Write it as 2026-02-01.") from None
    return value


def _document(book: Any, document_id: str) -> Any:
    found = next((entry for entry in book["document"] if entry["id"] == document_id), None)
    if found is None:
        raise InvalidInput(f"There is no document {document_id[:80]!r}. Name one of the manifest's.")
    return found


def _remove(directory: Path, book: Any, document_id: str) -> str:
    entry = _document(book, document_id)
    if entry["kind"] == "article":
        raise InvalidInput("The article is what the corpus is about. Make a corpus of its own for another one.")
    if len(book["document"]) == 1:
        raise InvalidInput("It is the only document. Add another one first.")
    source, path = entry["source"], entry["path"]
    book["document"].remove(entry)
    for other in book["document"]:
        if document_id in other.get("replaces", ()):
            other["replaces"] = [one for one in other["replaces"] if one != document_id]
    texts = [tomlkit.dumps(book)]
    if not any(other["source"] == source for other in book["document"]) and len(book["source"]) > 1:
        book["source"].remove(next(one for one in book["source"] if one["id"] == source))
        texts.insert(0, tomlkit.dumps(book))
    # A source that claims or records still name stays, as a record alone.
    for text in texts[:-1]:
        with suppress(ManifestError):
            _replace(directory, text)
            break
    else:
        _replace(directory, texts[-1])
    if not any(other["path"] == path for other in book["document"]):
        (directory / path).unlink(missing_ok=True)
    _forget(directory / BANK, document_id)
    return f"{document_id} was taken out"


def _forget(path: Path, document_id: str) -> None:
    """Take what is said of a document out of the bank: its sentences, and questions that nothing else answers."""
    if not path.is_file() or not path.read_bytes().strip():
        return
    records = [dict(line.record) for line in read_lines(path)]
    gone = {r["sentence"] for r in records if "sentence" in r and r.get("document") == document_id}
    kept = []
    for record in records:
        gold = record.get("gold") or []
        left = [name for name in gold if name not in gone]
        if record.get("sentence") not in gone and (left or not gold):
            kept.append({**record, "gold": left} if len(left) != len(gold) else record)
    write_whole(path, "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in kept).encode())


def _replace(directory: Path, text: str) -> None:
    """Put a manifest in the place of the one before, once the whole folder was found to be right with it."""
    file = directory / MANIFEST
    with tempfile.TemporaryDirectory(prefix=".edit-", dir=directory.parent) as name:
        trial = Path(name) / directory.name
        # Links in place of copies: a corpus may be large, and nothing of it is changed here.
        shutil.copytree(directory, trial, ignore=shutil.ignore_patterns(MANIFEST), copy_function=_link)
        (trial / MANIFEST).write_text(text, encoding="utf-8")
        try:
            load_manifest(trial)
        except ManifestError as error:
            raise ManifestError(str(file), error.entry, error.problem, error.mend) from None
    write_whole(file, text.encode())


def _link(source: str, target: str) -> str:
    try:
        Path(target).hardlink_to(source)
    except OSError:
        shutil.copy2(source, target)
    return target

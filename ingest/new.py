"""`trustbot-ingest new`: a corpus folder with a manifest that works, from files.

In: a folder to make and files of any format that is read. Out: copies of the files, and a `manifest.toml` with an id, a
title and a kind for each, told by the files themselves. What no file tells (licence, scope, address) is written so that
it can be corrected in one place.
"""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.manifest import MANIFEST, DocumentEntry, load_manifest
from ingest.media import MEDIA_TYPES, UNKNOWN
from ingest.parsers import ReadDocument, read_document
from trustbot.corpus.facts import CORPUS_RECORD, HELP_DOCUMENT, record_id
from trustbot.errors import InvalidInput, StorageError
from trustbot.text.markdown import PLAIN, headings
from trustbot.types import ARTICLE

_APART = re.compile(r"[^a-z0-9]+")
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_SCALAR = (str, int)

HEAD = """\
schema = 1
id = {id}
title = {title}
version = "1"
language = {language}
# One sentence, shown wherever a question isn't covered.
scope = {scope}
# Shown on every page.
disclaimer = "For orientation only."

# What may be done with the texts; see docs/corpus.md on rights.
[[licence]]
id = "own"
name = "Own documents"
index = true
ship = true
"""

ENTRY = """
[[source]]
id = {id}
number = {number}
kind = "work"
title = {title}
{facts}# address = "https://…"  # where readers find it; leave it out for a page of an intranet
licence = "own"

[[document]]
id = {id}
source = {id}
kind = "full text"
title = {title}
path = {path}
licence = "own"
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A file that can be read: its id and title, and what its own metadata say of it."""

    id: str
    path: Path
    title: str
    facts: Mapping[str, object]


def add_arguments(parser: ArgumentParser) -> None:
    """The options of `trustbot-ingest new`."""
    parser.add_argument("directory", metavar="DIR", type=Path, help="folder to make; its name becomes the corpus's id")
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="documents, which are copied into DIR")
    parser.add_argument("--title", help="title of the corpus; default: made of the folder's name")
    parser.add_argument("--language", default="en", metavar="TAG", help="language of the documents (en)")


def run(arguments: Namespace) -> tuple[str, int]:
    """What was made and what wasn't, and the exit code: 3 where a file was refused and others were taken."""
    manifest = arguments.directory / MANIFEST
    if manifest.exists():
        raise InvalidInput(
            f"{manifest} is there already. Add to it with `trustbot-ingest add {arguments.directory} --file …`, "
            "or name another."
        )
    if not _TAG.fullmatch(arguments.language):
        raise InvalidInput(f"{arguments.language!r} is no language tag. Give one such as en, de or pt-BR.")
    found, refused = _read(arguments.files, arguments.language)
    if not found:
        raise InvalidInput(f"No file can be read. {refused[0]}")
    corpus_id = corpus_id_of(arguments.directory)
    title = " ".join((arguments.title or titled(corpus_id)).split())
    _write(arguments.directory, _manifest(corpus_id, title, arguments.language, found), found)
    load_manifest(arguments.directory)
    lines = [f"{manifest}: {len(found)} document{'s' if len(found) > 1 else ''}."]
    lines += [f"  {one.id}: {one.title}" for one in found]
    lines += ["", f"Refused ({len(refused)}):", *(f"  {reason}" for reason in refused)] if refused else []
    lines += ["", f"Next: look through it, then `trustbot-ingest {arguments.directory}`."]
    return "\n".join(lines), 3 if refused else 0


def corpus_id_of(directory: Path) -> str:
    """The id of a corpus that is made in this folder."""
    return slug(directory.resolve().name) or "corpus"


def titled(corpus_id: str) -> str:
    """The title of a corpus of which no more than the id is known."""
    return corpus_id.replace("-", " ").capitalize()


def _read(files: Sequence[Path], language: str) -> tuple[list[Found], list[str]]:
    found: list[Found] = []
    refused: list[str] = []
    for path in files:
        try:
            one = read_file(path, language)
        except InvalidInput as error:
            refused.append(str(error))
        else:
            found.append(replace(one, id=free_id(one.id, {other.id for other in found})))
    return found, refused


def read_file(path: Path, language: str) -> Found:
    """What a file says of itself; InvalidInput where it can't be read."""
    media_type = MEDIA_TYPES.get(path.suffix.lower(), UNKNOWN)
    entry = DocumentEntry("new", "new", "full text", path.stem, media_type, "own", path, {}, language=language)
    read = read_document(entry)
    facts = _facts(path, read)
    title = str(facts.pop("title", "") or _heading(read) or path.stem.replace("_", " ").replace("-", " "))
    return Found(slug(path.stem) or "document", path, line(title), facts)


def free_id(base: str, taken: Set[str]) -> str:
    """An id like `base` that isn't taken, nor one of those that the program keeps for itself."""
    # The id `article` belongs to the guidance itself, which has an audit of its own.
    is_kept = base in (ARTICLE, CORPUS_RECORD, HELP_DOCUMENT) or base.startswith(record_id(""))
    base = f"{base}-text" if is_kept else base
    return next(name for n in range(1, len(taken) + 2) if (name := base if n == 1 else f"{base}-{n}") not in taken)


def _heading(read: ReadDocument) -> str:
    """The document's own title: its only heading of level 1, or its first heading before any text."""
    if read.document.media_type in PLAIN:
        return ""
    all_headings = list(headings(read.document.text))
    tops = [h.title for h in all_headings if h.level == 1 and h.title]
    if len(tops) == 1:
        return tops[0]
    first = all_headings[0] if all_headings else None
    return first.title if first and not read.document.text[: first.start].strip() else ""


def _facts(path: Path, read: ReadDocument) -> dict[str, object]:
    """What the front matter of a Markdown file says of title, authors and year."""
    if read.document.media_type != "text/markdown":
        return {}
    from ingest.parsers.decoding import decode
    from ingest.parsers.markdown import front_matter

    given = front_matter(decode(path.read_bytes(), path.name).text)
    facts: dict[str, object] = {}
    if isinstance(given.get("title"), _SCALAR):
        facts["title"] = str(given["title"])
    authors = given.get("authors", given.get("author"))
    listed = authors if isinstance(authors, list) else [authors]
    if names := [line(str(a)) for a in listed if isinstance(a, _SCALAR) and line(str(a))]:
        facts["authors"] = names
    year = re.match(r"([12]\d{3})\b", str(given.get("date", given.get("year", ""))))
    if year:
        facts["year"] = int(year[1])
    return facts


def _manifest(corpus_id: str, title: str, language: str, found: Sequence[Found]) -> str:
    named = "; ".join(one.title for one in found[:3]) + ("; and more" if len(found) > 3 else "")
    text = head(corpus_id, title, language, f"This corpus covers: {named}.")
    for number, one in enumerate(found, 1):
        facts = "".join(f"{name} = {quoted(value)}\n" for name, value in one.facts.items())
        path = quoted(f"documents/{_target(one)}")
        text += ENTRY.format(id=quoted(one.id), number=number, title=quoted(one.title), facts=facts, path=path)
    return text


def head(corpus_id: str, title: str, language: str, scope: str) -> str:
    """The beginning of a manifest, up to its first source."""
    return HEAD.format(id=quoted(corpus_id), title=quoted(title), language=quoted(language), scope=quoted(scope))


def _target(one: Found) -> str:
    return one.id + one.path.suffix.lower()


def _write(directory: Path, manifest: str, found: Sequence[Found]) -> None:
    try:
        (directory / "documents").mkdir(parents=True, exist_ok=True)
        for one in found:
            shutil.copyfile(one.path, directory / "documents" / _target(one))
        # Last, so that a folder with a manifest is whole.
        (directory / MANIFEST).write_text(manifest, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{directory} can't be written ({error.strerror}). Name another folder.") from None


def slug(name: str) -> str:
    """A name as an id may be written; empty where nothing of it is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return _APART.sub("-", plain.lower()).strip("-")


def line(text: str) -> str:
    """One line without control characters, as every field of a manifest is."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:300]


def quoted(value: object) -> str:
    """A value of TOML; its strings, and lists of them, are written like those of JSON."""
    return json.dumps(value, ensure_ascii=False)

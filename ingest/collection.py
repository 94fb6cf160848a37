"""A collection of records -> an index, by the same line as a corpus folder.

In: a `.jsonl` or `.jsonl.gz` file with one record a line, `{"id", "text"}` or `{"id", "sentences"}`, with a
`title` where there is one. Out: a published index version with one document and one work per record. This
module writes each record as a file for the parsers and declares it, as a manifest would; cutting, embedding
and publishing are the build's. It is for searching and measuring: records have no authors, study or claims.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ingest.build import build_index
from ingest.manifest import DocumentEntry, Manifest
from ingest.report import Report
from trustbot.errors import InvalidInput
from trustbot.files.jsonl import Line, read_bytes, read_lines
from trustbot.models.cards import PACKAGED
from trustbot.types import Source, Terms

MOST_RECORDS = 9999
"""A work is cited by its number, and a marker has at most four digits."""

LICENCE, TERMS = "that of the collection", Terms()
"""A collection is read to measure with: its records may be quoted at any length and shown whole, to whoever has it."""
_ENDINGS = (".jsonl", ".jsonl.gz")


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a collection; `text` may be empty, and is then refused by its parser."""

    id: str
    title: str
    text: str
    year: int | None


def is_collection(path: Path) -> bool:
    """Whether `path` is named as a collection of records, not as a corpus folder."""
    return path.name.endswith(_ENDINGS) and not path.is_dir()


def collection_id(path: Path) -> str:
    """Id of the corpus that a collection becomes: its file name without the ending."""
    stem = path.name.removesuffix(".gz").removesuffix(".jsonl")
    return re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-.") or "collection"


def build_collection(
    path: Path,
    index_dir: Path,
    models_dir: Path,
    *,
    embedder: str = PACKAGED,
    chunk_tokens: int = 200,
    rebuild: bool = False,
) -> Report:
    """Bring the index in `index_dir` up to date with the collection; records without text are refused.

    Raises InvalidInput naming file, line and mend for a line that is no record; else as `build_index` does.
    """
    with collection_manifest(path) as manifest:
        return build_index(
            manifest, index_dir, models_dir, embedder=embedder, chunk_tokens=chunk_tokens, rebuild=rebuild
        )


@contextmanager
def collection_manifest(path: Path) -> Iterator[Manifest]:
    """The collection as a manifest, whose files exist until the block ends."""
    records = read_records(path)
    name = collection_id(path)
    with tempfile.TemporaryDirectory(prefix="trustbot-collection-") as temporary:
        folder = Path(temporary)
        yield Manifest(
            directory=folder,
            id=name,
            title=name,
            scope=f"This corpus holds the {len(records)} records of the collection {name}.",
            version=hashlib.sha256(read_bytes(path)).hexdigest()[:12],
            language="en",
            disclaimer="A collection of records, for searching and measuring; not advice.",
            sources=tuple(_source(number, record) for number, record in enumerate(records, 1)),
            documents=tuple(_write(folder, number, record) for number, record in enumerate(records, 1)),
            audits=(),
            vocabulary={},
            content_hash="sha256:" + hashlib.sha256(read_bytes(path)).hexdigest(),
        )


def read_records(path: Path) -> list[Record]:
    """The records of a collection, in its order; InvalidInput names the line that is none."""
    lines = read_lines(path)
    if len(lines) > MOST_RECORDS:
        raise InvalidInput(f"{path} holds {len(lines)} records; split it into files of at most {MOST_RECORDS}.")
    seen: dict[str, int] = {}
    records = []
    for line in lines:
        record = _record(line)
        if record.id in seen:
            raise line.wrong(f"the id {record.id} was already used on line {seen[record.id]}", "give each its own id")
        seen[record.id] = line.number
        records.append(record)
    return records


def _record(line: Line) -> Record:
    text, sentences = line.optional_text("text"), line.record.get("sentences")
    if text is None:
        if not isinstance(sentences, list) or not all(isinstance(s, str) for s in sentences):
            raise line.wrong("there is no text", 'write "text": "…" or "sentences": ["…", …]')
        text = " ".join(sentences)
    year = line.record.get("year")
    return Record(
        id=line.identifier(),
        title=" ".join((line.optional_text("title") or "").split()),
        text=text.replace("\0", " ").strip(),
        year=year if isinstance(year, int) and not isinstance(year, bool) else None,
    )


def _source(number: int, record: Record) -> Source:
    return Source(
        id=record.id,
        number=number,
        title=record.title or record.id,
        authors=(),
        year=record.year,
        container=None,
        address=record.id,
        licence=LICENCE,
    )


def _write(folder: Path, number: int, record: Record) -> DocumentEntry:
    # A heading of level 2, because a single one of level 1 is the page's title, which chunks don't carry.
    body = record.text.removeprefix(record.title).strip() or record.text
    text = f"## {record.title}\n\n{body}\n" if record.title and body else f"{record.text}\n"
    path = folder / f"{number}.md"
    path.write_bytes(text.encode("utf-8", "replace"))
    return DocumentEntry(
        id=record.id,
        source_id=record.id,
        kind="full text",
        title=record.title or record.id,
        media_type="text/markdown" if record.title else "text/plain",
        licence=LICENCE,
        path=path,
        sections={},
        terms=TERMS,
        as_it_stands=True,
    )

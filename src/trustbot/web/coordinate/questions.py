"""The question bank of a draft, as far as a coordinator edits it: drafts to accept, correct or delete, and new ones.

In: the bank's file. Out: its drafts, and the file with a change, written whole. What a question may name is checked
when the draft is published, as ever; this module learns nothing from it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trustbot.errors import InvalidInput
from trustbot.files.jsonl import read_lines
from trustbot.files.sealed import write_whole
from trustbot.reading.bank import BANK

AUTHOR = "coordinator"
LONGEST = 500
"""Characters of a question."""
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Draft:
    """A question that nobody has accepted yet."""

    text: str
    gold: tuple[str, ...]
    kind: str


def counted(folder: Path) -> tuple[int, list[Draft]]:
    """How many questions of the bank are accepted, and its drafts."""
    records = [r for r in _records(folder) if "q" in r]
    drafts = [
        Draft(str(r["q"]), tuple(map(str, r.get("gold") or ())), str(r.get("kind", "")))
        for r in records
        if _is_draft(r)
    ]
    return len(records) - len(drafts), drafts


def accept(folder: Path, was: str, text: str) -> None:
    """Accept the draft `was` in the words `text`. Raises InvalidInput if it is gone, or if there are no words."""
    said = _words(text)

    def change(record: Record) -> Record:
        kept = {key: value for key, value in record.items() if key != "draft"}
        return {**kept, "q": said}

    _change(folder, was, change)


def delete(folder: Path, was: str) -> None:
    """Delete the draft `was`. Raises InvalidInput if it is gone."""
    _change(folder, was, lambda record: None)


def add(folder: Path, text: str, statement: Mapping[str, Any] | None, document: str) -> None:
    """Add an accepted question that a statement of the reading report answers, or that nothing does."""
    said, records = _words(text), _records(folder)
    gold: list[str] = []
    if statement is not None:
        place = (document, statement["text"])
        named = (r["sentence"] for r in records if "sentence" in r and (r.get("document"), r.get("quote")) == place)
        name = statement["name"] or next(named, None)
        if name is None:
            name = f"{document}-{statement['start']}"
            records.append({"sentence": name, "document": document, "quote": statement["text"]})
        gold = [str(name)]
    kind = "answerable" if gold else "nearmiss"
    records.append({"q": said, "gold": gold, "kind": kind, "author": AUTHOR})
    _write(folder, records)


def _words(text: str) -> str:
    said = " ".join(text.split())
    if not 0 < len(said) <= LONGEST:
        raise InvalidInput(f"A question has between 1 and {LONGEST} characters. Correct it.")
    return said


def _change(folder: Path, was: str, change: Callable[[Record], Record | None]) -> None:
    records = _records(folder)
    found = next((i for i, r in enumerate(records) if _is_draft(r) and r.get("q") == was), None)
    if found is None:
        raise InvalidInput("This draft is gone: it was accepted or deleted meanwhile.")
    changed = change(records[found])
    _write(folder, [*records[:found], *([changed] if changed else []), *records[found + 1 :]])


def _is_draft(record: Mapping[str, Any]) -> bool:
    return record.get("draft") is True


def _records(folder: Path) -> list[Record]:
    path = folder / BANK
    return [dict(line.record) for line in read_lines(path)] if path.is_file() and path.stat().st_size else []


def _write(folder: Path, records: Iterable[Record]) -> None:
    write_whole(folder / BANK, "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records).encode())

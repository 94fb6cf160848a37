"""A `.jsonl` or `.jsonl.gz` file -> its objects, each with its place.

In: a path. Out: lines in the file's order, or InvalidInput with one sentence that names file, line and mend.
This module knows no data set.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trustbot.errors import InvalidInput
from trustbot.types import Turn

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One object of a data set and where it stands, for messages."""

    file: str
    number: int
    record: Record

    def wrong(self, problem: str, mend: str) -> InvalidInput:
        """The error to raise for this line: what is wrong with it, and what to write instead."""
        return InvalidInput(f"{self.file}, line {self.number}: {problem}; {mend}.")

    def identifier(self) -> str:
        """The line's `id`, which must be text."""
        value = self.record.get("id")
        if not isinstance(value, str) or not value.strip():
            raise self.wrong("there is no id", 'write "id": "a name of its own"')
        return value

    def required_text(self, *names: str) -> str:
        """The first of these fields that is text and not blank."""
        for name in names:
            value = self.record.get(name)
            if isinstance(value, str) and value.strip():
                return value
        raise self.wrong(f"there is no {' or '.join(names)}", f'write "{names[0]}": "…"')

    def optional_text(self, name: str) -> str | None:
        """This field if it is there; it must be text."""
        value = self.record.get(name)
        if value is not None and not isinstance(value, str):
            raise self.wrong(f"{name} is not text", f'write "{name}": "…" or leave it out')
        return value

    def history(self) -> tuple[Turn, ...]:
        """The messages before the question, none if there is no `history`."""
        messages = self.record.get("history") or []
        mend = 'write "history": [{"role": "user" or "assistant", "text": "…"}, …]'
        if not isinstance(messages, list):
            raise self.wrong("history is not a list", mend)
        turns = []
        for message in messages:
            role, text = (message.get("role"), message.get("text")) if isinstance(message, dict) else (None, None)
            if role not in ("user", "assistant") or not isinstance(text, str):
                raise self.wrong("a message of the history has no role or no text", mend)
            turns.append(Turn(role, text))
        return tuple(turns)


def read_lines(path: Path) -> list[Line]:
    """Every non-empty line of the file as an object; InvalidInput names the line at fault."""
    data = read_bytes(path)
    if path.suffix == ".gz":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error):
            raise InvalidInput(f"{path} is not a whole gzip file; copy it again or give the plain .jsonl.") from None
    lines = [_parse(path, number, raw) for number, raw in enumerate(data.split(b"\n"), 1) if raw.strip()]
    if not lines:
        raise InvalidInput(f"{path} is empty; write one JSON object a line.")
    return lines


def read_bytes(path: Path) -> bytes:
    """The file's bytes; InvalidInput if they can't be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InvalidInput(f"There is no file {path}; check the path.") from None
    except IsADirectoryError:
        raise InvalidInput(f"{path} is a folder; give a file inside it.") from None
    except OSError as error:
        raise InvalidInput(f"{path} can't be read ({error.strerror}); check its permissions.") from None


def file_hash(path: Path) -> str:
    """SHA-256 of the file's bytes, as `sha256:<hex>`, so that a report says which questions it is about."""
    return "sha256:" + hashlib.sha256(read_bytes(path)).hexdigest()


def _parse(path: Path, number: int, raw: bytes) -> Line:
    where = Line(path.name, number, {})
    try:
        record = json.loads(raw.decode("utf-8-sig" if number == 1 else "utf-8"))
    except UnicodeDecodeError:
        raise where.wrong("the text is not UTF-8", "save the file as UTF-8") from None
    except (json.JSONDecodeError, RecursionError):
        raise where.wrong("this is not JSON", "write one whole JSON object on the line") from None
    if not isinstance(record, dict):
        raise where.wrong("this is not a JSON object", 'write {"id": …, …}')
    return Line(path.name, number, record)

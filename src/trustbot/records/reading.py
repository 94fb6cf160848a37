"""JSON -> a `Record`, or one sentence that says why it isn't one.

In: a file, or decoded JSON. Out: a `Reading`: the record, and whether its checksum fits. Raises InvalidInput for
everything else: a file cut short, JSON of another kind, another version of the schema. This module knows no corpus.
"""

from __future__ import annotations

import datetime
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trustbot.errors import InvalidInput
from trustbot.files.jsonl import read_bytes
from trustbot.records.record import SCHEMA, SCHEMA_VERSION, Record, checksum, to_dict

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SIZE_LIMIT = 4 * 1024 * 1024
"""Most bytes of a record; a hundred long turns take a quarter of it."""
TURN_LIMIT = 100
"""Most turns of a record."""
CITATION_LIMIT = 200
"""Most citations of a turn, and most notices."""
TEXT_LIMIT = 100_000
"""Most characters of an answer's text; the longest list of a large guidance has half as many."""
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*(?:"|$)', re.DOTALL)
NAME_LIMIT = 100
"""Most characters of a version or a fingerprint."""
EXPORT_AGAIN = "Export the conversation again."
BEFORE = 1
"""The version of the schema whose records are read where they hold nothing that is gone."""
UNSIGNED = 2
"""The version of the schema before records were signed."""
GONE = {"premise", "silence", "partial"}
"""Kinds of notices that said in such a record what answers no longer say."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A record as it was read; `intact` is false where something was changed after it was made."""

    record: Record
    intact: bool = True
    value: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """The JSON as it was given, which is what was signed: a later version may know more fields."""


def read_file(path: Path) -> Reading:
    """The record in a file."""
    try:
        size = path.stat().st_size if path.is_file() else 0
    except OSError:
        size = 0
    if size > SIZE_LIMIT:
        raise InvalidInput(
            f"{path} has {size:,} bytes; a record has at most {SIZE_LIMIT:,}. Give a record that trustbot exported."
        )
    return read_text(read_bytes(path), str(path))


def read_text(data: bytes, name: str) -> Reading:
    """The record in the bytes of a file; `name` is what messages call it."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(f"{name} is not text in UTF-8. Give the .json file of an export.") from None
    if not text.strip():
        raise InvalidInput(f"{name} is empty. {EXPORT_AGAIN}")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        if _is_cut(text):
            raise InvalidInput(f"{name} ends in the middle of the record; it was cut short. {EXPORT_AGAIN}") from None
        where = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise InvalidInput(f"{name} is not JSON{where}. Give the .json file of an export, whole.") from None
    return read_value(value, name)


def _is_cut(text: str) -> bool:
    """Whether more is opened in the JSON than closed, text in quotation marks left out."""
    bare = _QUOTED.sub("", text)
    return text.lstrip().startswith("{") and bare.count("{") + bare.count("[") > bare.count("}") + bare.count("]")


def read_value(value: Any, name: str) -> Reading:
    """The record in decoded JSON."""
    _check_kind(value, name)
    given = {key: content for key, content in value.items() if key != "checksum"}
    if value["schema"]["version"] == BEFORE:
        given = _updated(given, name)
    try:
        record = _parse(given, name)
    except RecursionError:
        raise InvalidInput(f"{name} is nested deeper than any record. {EXPORT_AGAIN}") from None
    if any(_is_control(c) for text in _strings(to_dict(record)) for c in text):
        raise InvalidInput(f"{name} holds characters that are not text. {EXPORT_AGAIN}")
    _check_limits(record, name)
    return Reading(record, value.get("checksum") == checksum(value), value)


def _check_kind(value: Any, name: str) -> None:
    schema = value.get("schema") if isinstance(value, dict) else None
    if not isinstance(schema, dict) or schema.get("name") != SCHEMA:
        raise InvalidInput(
            f"{name} is JSON, but no record of a conversation with trustbot. Give a file that was exported as JSON."
        )
    version = schema.get("version")
    if version not in (BEFORE, UNSIGNED, SCHEMA_VERSION) or isinstance(version, bool):
        raise InvalidInput(
            f"{name} has version {str(version)[:20]} of the record's schema; this program reads {SCHEMA_VERSION}. "
            "Check it with the version of trustbot that made it, or a newer one."
        )


def _updated(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A record of the first version as one of today; InvalidInput where what it holds can't be checked any more."""
    turns = given.get("turns")
    if not isinstance(turns, list):
        return dict(given)
    for turn in turns:
        if isinstance(turn, dict) and (turn.get("comparison") or _kinds(turn) & GONE):
            raise InvalidInput(
                f"{name} was exported by an earlier trustbot, and holds a table or a notice that answers no longer "
                "have. Check it with the version that made it."
            )
    kept = [{k: v for k, v in t.items() if k != "comparison"} if isinstance(t, dict) else t for t in turns]
    return {**given, "turns": kept}


def _kinds(turn: Mapping[str, Any]) -> set[str]:
    """The kinds of a turn's notices, whatever else it holds."""
    notices = turn.get("notices")
    return {str(n.get("kind")) for n in notices if isinstance(n, dict)} if isinstance(notices, list) else set()


def _parse(given: Mapping[str, Any], name: str) -> Record:
    from pydantic import ValidationError

    try:
        record = _adapter().validate_json(json.dumps(given), strict=True)
        datetime.datetime.fromisoformat(record.created)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
        unknown = first["type"] == "unexpected_keyword_argument"
        told = "no record has such a field" if unknown else first["msg"][:1].lower() + first["msg"][1:]
        raise InvalidInput(f"{name} is damaged: {place.lstrip('.')[:100]}: {told[:200]}. {EXPORT_AGAIN}") from None
    except ValueError:
        raise InvalidInput(f"{name} is damaged: created is no date. {EXPORT_AGAIN}") from None
    return record


@cache
def _adapter() -> TypeAdapter[Record]:
    from pydantic import TypeAdapter

    return TypeAdapter(Record)


def _check_limits(record: Record, name: str) -> None:
    if len(record.turns) > TURN_LIMIT:
        raise InvalidInput(f"{name} has {len(record.turns):,} turns; at most {TURN_LIMIT} are checked. Split it.")
    for place, turn in enumerate(record.turns, 1):
        if max(len(turn.fingerprint), len(turn.corpus_version)) > NAME_LIMIT:
            raise InvalidInput(f"{name} is damaged: turn {place} names no index. {EXPORT_AGAIN}")
        if len(turn.quotes) > CITATION_LIMIT or sum(len(c.supports) for c in turn.citations) > 4 * CITATION_LIMIT:
            raise InvalidInput(f"{name} is damaged: turn {place} has more citations than an answer has. {EXPORT_AGAIN}")
        if len(turn.text) > TEXT_LIMIT or len(turn.notices) > CITATION_LIMIT:
            raise InvalidInput(f"{name} is damaged: turn {place} says more than an answer does. {EXPORT_AGAIN}")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, content in value.items():
            yield key
            yield from _strings(content)
    elif isinstance(value, list):
        for content in value:
            yield from _strings(content)


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs") and character not in "\t\n\r"

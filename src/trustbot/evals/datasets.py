"""Lines of a data set -> checked items to ask or to search for.

In: a file and, for gold ids, a key. Out: frozen items in the file's order, or InvalidInput with one sentence
that names file, line and mend. This module asks nothing and scores nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from trustbot.errors import InvalidInput
from trustbot.files.jsonl import Line, read_bytes, read_lines
from trustbot.types import Audit, Turn

ANSWERABILITY = {"answerable": True, "partial": True, "unanswerable": False}
"""Labels as words -> is there something to answer; any other word is no label."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A gold statement: words that a citation's quote must contain, and the number it must carry.

    `claim_id` is set where the statement is a claim of the corpus; a citation of that claim quotes it too.
    """

    id: str
    text: str
    reference: int
    claim_id: str | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """Gold id -> statement. A `complete` key knows every id, so that an unknown one is a mistake."""

    statements: Mapping[str, Statement]
    complete: bool = True


NO_KEY = Key({}, complete=False)


@dataclass(frozen=True, slots=True)
class Conversation:
    """Questions to ask in order. `history` came before them; `gold` is None where nothing is labelled."""

    id: str
    turns: tuple[str, ...]
    history: tuple[Turn, ...] = ()
    category: str = "all"
    answerable: bool | None = None
    gold: tuple[Statement, ...] | None = None
    domain: str | None = None
    voice: str | None = None
    """Who asks, or in what manner, where the figures of each voice are to be told apart."""


@dataclass(frozen=True, slots=True)
class SearchTask:
    """One search: document id -> gain (1 or more) in `gold`; without history the question is the query."""

    id: str
    question: str
    gold: Mapping[str, int]
    history: tuple[Turn, ...] = ()
    category: str = "all"
    domain: str | None = None


Where = Mapping[str, str]
"""Field name -> text that a line's value must contain, whatever its case; an empty one keeps every line."""

Item = TypeVar("Item", Conversation, SearchTask)


def read_conversations(path: Path, key: Key = NO_KEY, where: Where | None = None) -> list[Conversation]:
    """Conversations of `path`: `turns`, or one `question`, `query` or `text`, with `history` before it.

    Gold ids are looked up in `key`; where an incomplete key lacks one, the item counts as not labelled.
    """
    return _read_items(path, lambda line: _conversation(line, key), where)


def read_search_tasks(path: Path, where: Where | None = None) -> list[SearchTask]:
    """Search tasks of `path`: `query`, or `history` and `question`; with `gold` as an object or a list."""
    return _read_items(path, _search_task, where)


def read_key(path: Path) -> Key:
    """Key from one JSON object of `{id: {"text", "reference"}}`."""
    try:
        entries = json.loads(read_bytes(path).decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError):
        raise InvalidInput(f"{path} is not JSON text; give the file that maps gold ids to statements.") from None
    if not isinstance(entries, dict):
        raise InvalidInput(f'{path} is not a JSON object; write {{"ID": {{"text": "…", "reference": 1}}}}.')
    for name, entry in entries.items():
        if not _is_statement(entry):
            mend = 'write {"text": "…", "reference": 1}'
            raise InvalidInput(f"{path}: entry {name} has no words or no number; {mend}.")
    return Key({name: Statement(name, entry["text"], entry["reference"]) for name, entry in entries.items()})


def claims_key(audits: Iterable[Audit]) -> Key:
    """Key of a corpus's own claims: gold ids may name them, other ids stay unlabelled."""
    claims = {a.claim_id: Statement(a.claim_id, a.quote, a.reference, a.claim_id) for a in audits}
    return Key(claims, complete=False)


def _read_items(path: Path, parse: Callable[[Line], Item], where: Where | None) -> list[Item]:
    items: list[Item] = []
    seen: dict[str, int] = {}
    for line in read_lines(path):
        item = parse(line)
        if item.id in seen:
            raise line.wrong(f"the id {item.id} was already used on line {seen[item.id]}", "give each its own id")
        seen[item.id] = line.number
        if all(text.casefold() in str(line.record.get(name, "")).casefold() for name, text in (where or {}).items()):
            items.append(item)
    if not items:
        wanted = ", ".join(f"{name}={text}" for name, text in (where or {}).items())
        raise InvalidInput(f"No line of {path} has {wanted}; correct the field or the text.")
    return items


def _conversation(line: Line, key: Key) -> Conversation:
    return Conversation(
        id=line.identifier(),
        turns=_turns(line),
        history=line.history(),
        category=_category(line),
        answerable=_answerable(line),
        gold=_statements(line, key),
        domain=line.optional_text("domain"),
        voice=_voice(line),
    )


def _search_task(line: Line) -> SearchTask:
    return SearchTask(
        id=line.identifier(),
        question=line.required_text("query", "question"),
        gold=_gains(line),
        history=line.history(),
        category=(line.optional_text("category") or line.optional_text("domain") or "all").casefold(),
        domain=line.optional_text("domain"),
    )


def _turns(line: Line) -> tuple[str, ...]:
    turns = line.record.get("turns")
    if turns is None:
        single = next((line.record[name] for name in ("question", "query", "text") if name in line.record), None)
        turns = None if single is None else [single]
    if not isinstance(turns, list) or not turns or not all(isinstance(turn, str) for turn in turns):
        raise line.wrong("the questions are missing or not text", 'write "turns": ["first question", …]')
    return tuple(turns)


def _answerable(line: Line) -> bool | None:
    value = line.record.get("answerable")
    if value is not None and not isinstance(value, bool):
        raise line.wrong("answerable is neither true nor false", "write true or false, or leave it out")
    label = line.optional_text("answerability")
    return ANSWERABILITY.get(label.casefold()) if value is None and label else value


def _category(line: Line) -> str:
    label = line.optional_text("category") or line.optional_text("answerability") or line.optional_text("domain")
    return (label or "all").strip().casefold() or "all"


def _voice(line: Line) -> str | None:
    label = line.optional_text("voice") or line.optional_text("style")
    return (label or "").strip().casefold() or None


def _statements(line: Line, key: Key) -> tuple[Statement, ...] | None:
    gold = line.record.get("gold")
    # An object maps passages to gains: labels for `--retrieval`, which say nothing about an answer's quotes.
    if gold is None or isinstance(gold, dict):
        return None
    if not isinstance(gold, list):
        raise line.wrong("gold is not a list", 'write "gold": ["ID", …] or [{"text": "…", "reference": 1}, …]')
    found = [_statement(line, entry, key) for entry in gold]
    return tuple(s for s in found if s) if all(found) else None


def _statement(line: Line, entry: Any, key: Key) -> Statement | None:
    if isinstance(entry, str):
        if key.complete and entry not in key.statements:
            raise line.wrong(f"the key has no gold id {entry}", "correct the id or add it to the key")
        return key.statements.get(entry)
    if not _is_statement(entry):
        raise line.wrong("a gold statement has no words or no number", 'write {"text": "…", "reference": 1}')
    return Statement(str(entry.get("id", entry["text"])), entry["text"], entry["reference"])


def _is_statement(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("text"), str)
        and bool(entry["text"].strip())
        and isinstance(entry.get("reference"), int)
        and not isinstance(entry["reference"], bool)
    )


def _gains(line: Line) -> dict[str, int]:
    gold = line.record.get("gold")
    if gold is None:
        return {}
    if isinstance(gold, list):
        gold = dict.fromkeys(map(str, gold), 1)
    mend = 'write "gold": {"DOCUMENT": 1, …} or ["DOCUMENT", …]'
    if not isinstance(gold, dict):
        raise line.wrong("gold is neither an object nor a list", mend)
    if not all(isinstance(gain, int) and not isinstance(gain, bool) and gain >= 0 for gain in gold.values()):
        raise line.wrong("a gain is not a whole number", mend)
    return {document: gain for document, gain in gold.items() if gain}

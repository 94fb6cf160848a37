"""Questions of the question banks -> messages that, but for those listed, want nothing of a safety stage."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ingest.safety.prompts import HARMLESS, Prompt
from trustbot.files.jsonl import read_lines

KINDS = Path(__file__).parent / "bank_kinds.jsonl"
"""The questions of the banks that are of a kind, by people's judgement; `unclear` ones are left out."""
UNCLEAR = "unclear"
HELD = "r"
"""The author of the shipped bank of whom no reader learns either; on these is told how often ordinary ones alarm."""

Key = tuple[str, tuple[str, ...]]


def files() -> list[Path]:
    """The banks: of the shipped corpus, and of the small guidances that the general reader learns from."""
    root = Path(__file__).parents[2]
    return [
        root / "corpus" / "preceptor-trust" / "questions.jsonl",
        *sorted((root / "ingest" / "guidances").glob("*/questions.jsonl")),
    ]


def bank_prompts(*, held: bool = False) -> list[Prompt]:
    """Every question once, with its kind; with `held`, those of the author `HELD`, else those of all others."""
    kinds = {_key(line.record): line.required_text("kind") for line in read_lines(KINDS)}
    found: dict[Key, Prompt] = {}
    for file in files():
        for line in read_lines(file):
            if "q" not in line.record or line.record.get("draft"):
                continue
            shipped = file.parent.parent.name == "corpus"
            key, mine = _key(line.record), shipped and line.record.get("author") == HELD
            kind = kinds.get(key, HARMLESS)
            if mine == held and kind != UNCLEAR:
                found.setdefault(key, Prompt(*key, kind=kind, author="bank"))
    return list(found.values())


def _key(record: Mapping[str, Any]) -> Key:
    history = record.get("history")
    return str(record["q"]), tuple(map(str, history)) if isinstance(history, list) else ()

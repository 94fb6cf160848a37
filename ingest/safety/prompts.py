"""Prompts -> what the safety stage is trained and measured on."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.safety.invented import Invent
from trustbot.files.jsonl import Line, read_lines

PROMPTS = Path(__file__).parent / "prompts.jsonl"
CALIBRATING = ("d", "p", "s")
"""Authors on whose prompts thresholds are set."""
MEASURED = ("l", "m")
"""Authors whose prompts nothing is trained or calibrated on: they saw nothing of the others'."""
HARMLESS = "harmless"
Span = tuple[int, int, str]
"""First character, the one after the last, and the type of what stands there."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One message: what it is, and which identifiers stand in it."""

    text: str
    turns: tuple[str, ...] = ()
    kind: str = HARMLESS
    spans: tuple[Span, ...] = ()
    like: str = ""
    language: str = "en"
    author: str = ""
    tagged: bool = True
    """Whether `spans` are known to be all; only kinds are learned from the others."""


def read_prompts(path: Path = PROMPTS) -> list[Prompt]:
    """The prompts of a file in the form of `prompts.jsonl`."""
    return [_prompt(line) for line in read_lines(path)]


def _prompt(line: Line) -> Prompt:
    record = line.record
    text = line.required_text("text")
    spans = sorted(span for found in record.get("spans") or () for span in _places(text, found))
    return Prompt(
        text,
        tuple(record.get("history") or ()),
        line.required_text("kind"),
        tuple(_apart(spans)),
        str(record.get("like") or ""),
        str(record.get("language") or "en"),
        line.required_text("author"),
    )


def _places(text: str, found: dict[str, str]) -> list[Span]:
    """Every place of an identifier: a name that is said twice is one twice."""
    value = found["value"]
    return [(m.start(), m.end(), found["type"]) for m in re.finditer(re.escape(value), text)]


def _apart(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, without those that lie within a longer one before them."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: (s[0], -s[1])):
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept


# -- varied prompts --------------------------------------------------------------------------------------------

SWITCHED = 0.12
"""Share of the prompts without history that are put behind somebody else's: the last message counts."""
LOWERED = 0.2
MISTYPED = 0.25
EXCHANGED = 0.85
"""Share of identifiers that are exchanged for invented ones of their type at each pass: the places are learned, and the
forms, not the values."""


def varied(prompts: Sequence[Prompt], invent: Invent, rng: random.Random) -> list[Prompt]:
    """The prompts as others might have typed them."""
    out = []
    for prompt in prompts:
        changed = prompt
        if prompt.spans and rng.random() < EXCHANGED:
            changed = _exchanged(changed, invent, rng)
        if not prompt.turns and rng.random() < SWITCHED:
            changed = replace(changed, turns=(rng.choice(prompts).text[-200:],))
        if rng.random() < LOWERED:
            changed = replace(changed, text=changed.text.lower())  # as long as it was: spans stay right
            if len(changed.text) != len(prompt.text) and changed.spans:
                changed = prompt
        if not changed.spans and rng.random() < MISTYPED:
            changed = replace(changed, text=_mistyped(changed.text, rng))
        out.append(changed)
    return out


def _exchanged(prompt: Prompt, invent: Invent, rng: random.Random) -> Prompt:
    text, spans, at = "", [], 0
    same: dict[str, str] = {}
    for start, end, kind in prompt.spans:
        text += prompt.text[at:start]
        old = prompt.text[start:end]
        new = same.setdefault(old, invent(kind, old, rng))
        spans.append((len(text), len(text) + len(new), kind))
        text, at = text + new, end
    return replace(prompt, text=text + prompt.text[at:], spans=tuple(spans))


def _mistyped(text: str, rng: random.Random) -> str:
    letters = list(text)
    for _ in range(rng.randint(1, 1 + len(letters) // 20)):
        at = rng.randrange(len(letters))
        if rng.random() < 0.5 and len(letters) > 3:
            letters.pop(at)
        else:
            letters[at : at + 2] = reversed(letters[at : at + 2])
    return "".join(letters)

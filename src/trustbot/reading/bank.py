"""The question bank of a corpus: questions that people ask, and which sentences answer each.

A bank is a JSONL file. A line with `sentence` names a quotable sentence that has no id of its own:
`{"sentence": "N403", "document": "penner-2022-note", "quote": "…"}`. Every other line is a question:
`{"q", "history": ["earlier question", …], "gold": ["C13", …], "kind", "style", "author"}`, with `"draft": true` until a
person has accepted it. `gold` holds ids of claims, ids named in the file, and names of `product.TOPICS`; it is empty
for a question that nothing answers. `"offer": true` marks one that may be suggested to everybody,
`"offer": ["resident"]` one that is worded as these personas would ask it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trustbot.files.jsonl import Line, read_lines

BANK = "questions.jsonl"
"""Name of the file in the folder of a corpus."""
KINDS = ("answerable", "followup", "nearmiss", "followup_no", "outofscope")
UNANSWERED = frozenset(("nearmiss", "followup_no", "outofscope"))
MOST_CHARACTERS = 20_000
"""Of a question with its history; a longer one is refused when it is asked, too."""


@dataclass(frozen=True, slots=True)
class Example:
    """One question of a bank, with the questions asked before it, oldest first."""

    text: str
    turns: tuple[str, ...]
    gold: frozenset[str]
    kind: str
    style: str = ""
    author: str = ""
    offer: tuple[str, ...] | None = None
    """Whose words they are, where it is marked to be suggested; empty for everybody's."""


@dataclass(frozen=True, slots=True)
class Named:
    """A sentence that a bank gives an id: the words of `quote` in the document `document`."""

    id: str
    document: str
    quote: str


@dataclass(frozen=True, slots=True)
class Bank:
    """The accepted questions of a bank, its named sentences, and how many drafts were left out."""

    examples: tuple[Example, ...]
    named: tuple[Named, ...]
    drafts: int = 0

    @property
    def content_hash(self) -> str:
        """SHA-256 (hex) of all that a reader learns from it; a sentence that no question names teaches nothing.

        Authors are part of it: one of them is held out.
        """
        lines = [repr((e.text, e.turns, sorted(e.gold), e.kind == "outofscope", e.author)) for e in self.examples]
        asked = {name for e in self.examples for name in e.gold}
        lines += [repr((n.id, n.document, n.quote)) for n in self.named if n.id in asked]
        return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def read_bank(path: Path, known: Collection[str], documents: Mapping[str, str] | None = None) -> Bank:
    """The bank in `path`; `known` are the ids that its gold may name besides its own.

    With `documents` (id -> text), each named sentence must stand in its document word for word. Raises InvalidInput
    with the line at fault; nothing of a faulty bank is used.
    """
    lines = read_lines(path)
    ids = set(known)
    named = []
    for line in lines:
        if "sentence" in line.record:
            named.append(_named(line, documents))
            if named[-1].id in ids:
                raise line.wrong(f"another sentence has the id {named[-1].id}", "give it one of its own")
            ids.add(named[-1].id)
    examples: dict[tuple[str, tuple[str, ...]], Example] = {}
    drafts = 0
    for line in lines:
        if "sentence" in line.record:
            continue
        if line.record.get("draft") is True:
            drafts += 1
            continue
        example = _example(line, ids)
        key = (example.text, example.turns)
        if key in examples and examples[key].gold != example.gold:
            raise line.wrong("the same question has another gold above", "keep one of the two")
        examples[key] = example
    return Bank(tuple(examples.values()), tuple(named), drafts)


def _named(line: Line, documents: Mapping[str, str] | None) -> Named:
    values = [line.record.get(name) for name in ("sentence", "document", "quote")]
    if not all(isinstance(value, str) and value.strip() for value in values):
        raise line.wrong("a named sentence lacks its document or quote", 'write "sentence", "document" and "quote"')
    named = Named(*values)  # type: ignore[arg-type]
    if documents is not None and named.quote not in documents.get(named.document, ""):
        raise line.wrong(f"{named.id} does not stand in the document {named.document}", "correct the quote or the id")
    return named


def _example(line: Line, ids: Collection[str]) -> Example:
    text = line.required_text("q")
    kind = line.required_text("kind")
    if kind not in KINDS:
        raise line.wrong(f"there is no kind {kind!r}", f"write one of {', '.join(KINDS)}")
    turns = _texts(line, "history")
    gold = _texts(line, "gold")
    unknown = next((g for g in gold if g not in ids), None)
    if unknown is not None:
        raise line.wrong(f"no sentence has the id {unknown}", "correct the id, or name the sentence in this file")
    if bool(gold) == (kind in UNANSWERED):
        raise line.wrong(f"a question of kind {kind} {'names' if gold else 'lacks'} what answers it", "correct one")
    if len(text) + sum(map(len, turns)) > MOST_CHARACTERS:
        raise line.wrong(f"the question has more than {MOST_CHARACTERS:,} characters", "shorten it")
    return Example(
        " ".join(text.split()),
        tuple(" ".join(t.split()) for t in turns),
        frozenset(gold),
        kind,
        line.optional_text("style") or "",
        line.optional_text("author") or "",
        _offer(line),
    )


def _offer(line: Line) -> tuple[str, ...] | None:
    value = line.record.get("offer")
    return () if value is True else tuple(_texts(line, "offer")) or None


def _texts(line: Line, name: str) -> list[str]:
    values: Any = line.record.get(name) or []
    if not isinstance(values, list) or not all(isinstance(v, str) and v.strip() for v in values):
        raise line.wrong(f"{name} is not a list of texts", f'write "{name}": ["…", …] or leave it out')
    return values

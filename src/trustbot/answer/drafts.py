"""A chat model's reply, as it comes in -> its sentences, each with the numbers of the passages that it names.

In: pieces of text. Out: `Drafted` sentences, each as soon as the next one has begun. A reply is either an object of
`FORM` or plain text with `[n]` behind each sentence; whichever it is, is told from its first characters. Nothing is
mended: a sentence whose numbers can't be read has none. This module judges nothing and knows no passage.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from trustbot.text.sentences import split_sentences

FORM: Mapping[str, Any] = {
    "title": "answer",
    "type": "object",
    "properties": {
        "sentences": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "passages": {"type": "array", "items": {"type": "integer"}},
                },
                "required": ["text", "passages"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["sentences"],
    "additionalProperties": False,
}
"""JSON schema of a reply, for providers that can be held to one."""
LONGEST = 4000
"""Characters without the end of a sentence after which a reply is taken for none."""
_NUMBERS = re.compile(r"(?<![ \t])[ \t]*\[\s*(\d{1,4}(?:\s*[,;]\s*\d{1,4})*)\s*\]")
_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")
_THOUGHT = re.compile(r"\A\s*<think>.*?(?:</think>|\Z)", re.DOTALL)
_OPENING = re.compile(r'\A\s*(?:```(?:json)?\s*)?\{\s*"sentences"\s*:\s*\[', re.IGNORECASE)
_FENCED = re.compile(r"\A\s*(?:```|\{)")
_BETWEEN = re.compile(r"[\s,]*")


@dataclass(frozen=True, slots=True)
class Drafted:
    """One sentence without its markers, and the numbers of the passages that it names, in order."""

    text: str
    passages: tuple[int, ...]


class DraftReader:
    """Reads one reply. Not to be shared."""

    def __init__(self) -> None:
        self._text = ""
        self._given = 0
        """Sentences of plain text given so far."""
        self._at = 0
        """Where, in an object, the next sentence begins."""
        self.lost = False
        """Whether the reply can't be read any further."""

    def feed(self, piece: str) -> list[Drafted]:
        """The sentences that are complete now that `piece` has come."""
        self._text += piece
        found = list(self._read(ended=False))
        if len(self._text) - self._at > LONGEST * (1 + self._given):
            self.lost = True
        return found

    def end(self) -> list[Drafted]:
        """What is left once the reply has ended."""
        return list(self._read(ended=True))

    def _read(self, *, ended: bool) -> Iterator[Drafted]:
        if self.lost:
            return
        text = _THOUGHT.sub("", self._text)
        if not text.strip():
            return
        if _FENCED.match(text):
            yield from self._object(text)
        else:
            yield from self._plain(text, ended=ended)

    def _object(self, text: str) -> Iterator[Drafted]:
        opening = _OPENING.match(text)
        if opening is None:
            return
        at = max(self._at, opening.end())
        while (begun := _BETWEEN.match(text, at)) and text[begun.end() : begun.end() + 1] == "{":
            try:
                value, at = json.JSONDecoder().raw_decode(text, begun.end())
            except ValueError:  # not all of it is there yet
                break
            self._at = at
            yield from _of_object(value)

    def _plain(self, text: str, *, ended: bool) -> Iterator[Drafted]:
        # A model writes a sentence a line, whether or not it ends with a full stop.
        whole = re.sub(r"(?<!\s)\s*\n\s*", "\n\n", _NUMBERS.sub(_apart, text))
        spans = split_sentences(whole)
        # The last one is not over, and neither is one behind which nothing but its markers has come.
        done = len(spans) if ended else max((i for i, (s, e) in enumerate(spans) if _begins(whole[s:e])), default=0)
        for start, end in spans[self._given : done]:
            yield _drafted(whole[start:end], ())
        self._given = max(self._given, done)


def _apart(found: re.Match[str]) -> str:
    """`[1, 2]` as `[1][2]`, which is known as the end of a sentence."""
    return " " + "".join(f"[{n}]" for n in re.findall(r"\d+", found[1]))


def _begins(text: str) -> bool:
    return any(c.isalpha() for c in _NUMBERS.sub(" ", text))


def _of_object(value: Any) -> Iterator[Drafted]:
    text = value.get("text") if isinstance(value, dict) else None
    numbers = value.get("passages") if isinstance(value, dict) else None
    if not isinstance(text, str) or not isinstance(numbers, list):
        return
    whole = all(isinstance(n, int) and not isinstance(n, bool) for n in numbers)
    flat = " ".join(text.split())
    for start, end in split_sentences(flat):
        yield _drafted(flat[start:end], tuple(numbers) if whole else ())


def _drafted(said: str, numbers: tuple[int, ...]) -> Drafted:
    named = [int(n) for found in _NUMBERS.finditer(said) for n in re.findall(r"\d+", found[1])]
    bare = _BULLET.sub("", _NUMBERS.sub("", said))
    return Drafted(" ".join(bare.split()), tuple(dict.fromkeys((*numbers, *named))))

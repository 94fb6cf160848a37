"""A chat model as reader: it chooses among numbered sentences, and can say nothing that they don't.

One call. Its reply is checked; on a failure, a refusal, or anything else than was asked for, the local reading stands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Protocol

from trustbot.errors import ModelError
from trustbot.models import prompts
from trustbot.models.ordering import descending
from trustbot.reading.reader import Reader, Reading
from trustbot.runtime.stopping import Stop
from trustbot.types import Query, Quote

FORM: Mapping[str, Any] = {
    "title": "reading",
    "type": "object",
    "properties": {
        "answers": {"type": "array", "items": {"type": "integer"}},
        "enough": {"type": "boolean"},
        "standalone": {"type": "string"},
    },
    "required": ["answers", "enough", "standalone"],
    "additionalProperties": False,
}
OFFERED = 40
"""Sentences that the model chooses among, the likeliest by the local reading: some 1,500 tokens."""
MOST = 8
LENGTH = 300
"""Characters of a standalone question beyond those of the question itself."""
REPLY = 4_000
STEM = 4
"""Letters that two forms of a word share; shorter words only join others."""
WORD = re.compile(r"\w+")
CHOSEN, LEFT = 0.95, 0.02
"""Probabilities of a sentence that the model chose, and of one that it was shown and did not."""


class ChatModel(Protocol):
    """What this module needs of a chat model."""

    @property
    def name(self) -> str:
        """How the settings name it."""

    def stream(
        self,
        system: str,
        user: str,
        form: Mapping[str, Any] | None = None,
        *,
        stop: Stop | None = None,
        patience: int = 1,
    ) -> Generator[str]:
        """Its reply in pieces; raises ModelError with one sentence."""


@dataclass(frozen=True, slots=True)
class ChatReader:
    """Reads by one chat model what a local reader has put in order. Safe to share between threads if both are."""

    model: ChatModel

    def over(self, local: Reader) -> Reader:
        """The reader that chooses among what `local` puts first; what stops its work ends the model's as well."""
        return _Choosing(self.model, local)


@dataclass(frozen=True, slots=True)
class _Choosing:
    model: ChatModel
    local: Reader

    def read(self, query: Query, sentences: Sequence[Quote], stop: Stop | None = None) -> Reading:
        stop = stop or Stop()
        reading = self.local.read(query, sentences, stop)
        places = descending(list(reading.answers))[:OFFERED]
        if not places:
            return reading
        try:
            with stop.elsewhere():
                chosen = self._ask(query, [sentences[i].text for i in places], stop)
        except ModelError as error:
            return replace(reading, model=f"{self.model.name}: not used; {error}")
        except Exception as error:  # an option must never cost the reader the answer
            return replace(reading, model=f"{self.model.name}: not used; it failed ({type(error).__name__}).")
        return _applied(reading, places, chosen, self.model.name)

    def _ask(self, query: Query, texts: Sequence[str], stop: Stop) -> Mapping[str, Any]:
        text = ""
        user = prompts.reading(query.turns, query.text, texts)
        with closing(self.model.stream(prompts.READ, user, FORM, stop=stop, patience=1)) as pieces:
            for piece in pieces:
                text += piece
                if len(text) > REPLY:
                    break
        return check(text, len(texts), (*query.turns, query.text), self.model.name)


def check(reply: str, offered: int, asked: Sequence[str], name: str) -> Mapping[str, Any]:
    """The reply as an object of `FORM`; ModelError for anything else. `asked` are the questions typed, oldest first.

    A standalone question that holds a word that the reader didn't type is left out: it is shown as what was understood.
    """
    try:
        given = json.loads(reply[reply.index("{") : reply.rindex("}") + 1])
        answers, enough, standalone = given["answers"], given["enough"], given["standalone"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ModelError(f"The chat model {name} gave nothing to use: its reply is no reading.") from None
    numbered = isinstance(answers, list) and all(type(n) is int and 1 <= n <= offered for n in answers)
    if not numbered or len(answers) > MOST or not isinstance(enough, bool):
        raise ModelError(f"The chat model {name} gave nothing to use: it chose what it was not offered.")
    whole = isinstance(standalone, str) and standalone.isprintable() and _is_said(standalone, asked)
    return {"answers": answers, "enough": enough, "standalone": standalone.strip() if whole else None}


def _is_said(standalone: str, asked: Sequence[str]) -> bool:
    """Whether a question is not empty, no longer than it may be, and made of words of the reader's own."""
    known = {word[:STEM] for text in asked for word in WORD.findall(text.casefold())}
    words = WORD.findall(standalone.casefold())
    short = 0 < len(standalone.strip()) <= len(asked[-1]) + LENGTH
    return short and bool(words) and all(len(word) < STEM or word[:STEM] in known for word in words)


def _applied(reading: Reading, places: Sequence[int], chosen: Mapping[str, Any], name: str) -> Reading:
    """The reading with what the model chose; an operation on the last answer stays one."""
    answers = list(reading.answers)
    for place in places:
        answers[place] = LEFT
    for rank, number in enumerate(dict.fromkeys(chosen["answers"])):
        answers[places[number - 1]] = CHOSEN - 0.001 * rank  # in the model's order
    covered = CHOSEN if chosen["enough"] and chosen["answers"] else LEFT
    # What was likelier than not, and than any sentence, is not outdone by one that the model chose.
    least = max(0.5, *reading.answers)
    operations = {n: max(p, CHOSEN) if p >= least else p for n, p in reading.operations.items()}
    return replace(
        reading,
        answers=tuple(answers),
        covered=covered,
        near=bool(chosen["answers"]) and not chosen["enough"],
        operations=operations,
        standalone=chosen["standalone"],
        model=f"{name}: used.",
    )

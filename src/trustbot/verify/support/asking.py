"""Does a chat model find a sentence supported? A sentence and passages -> yes, no, or no reply to be read.

In: a chat model, sentences with their passages. Out: "no" where the model says that they don't support a sentence.
Where it fails, is late or says anything else, nothing is refused, and after a failure it is left alone for a while, as
each sentence of an answer would wait for it anew. This module knows no provider and no rule.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from typing import Any, Protocol

from trustbot.errors import ModelError
from trustbot.models import prompts

LONGEST = 4000
"""Characters of a reply that are read; the answer is one word, but some models think aloud first."""
PAUSE = 60.0
"""Seconds that a model is left alone after a failure."""
FORM: Mapping[str, Any] = {
    "title": "judgement",
    "type": "object",
    "properties": {"supported": {"type": "boolean"}},
    "required": ["supported"],
    "additionalProperties": False,
}
"""What a reply must be, as a JSON schema, where the provider can hold a model to one."""
_REPLY = re.compile(r"\"supported\"\s*:\s*(?P<json>true|false)|\A\W*(?P<word>yes|no)\W*\Z", re.IGNORECASE)
_NO = frozenset({"false", "no"})


class Judge(Protocol):
    """What this module needs of a chat model."""

    def stream(
        self, system: str, user: str, form: Mapping[str, Any] | None = None, *, patience: int = 1
    ) -> Generator[str]:
        """Its reply in pieces; raises ModelError with one sentence if it isn't whole in `patience` times its limit."""

    def warm_up(self) -> None:
        """Load what the first call would wait for."""

    def close(self) -> None:
        """End its connection."""


class Asking:
    """A second opinion by a chat model. Safe to share between threads if the model is."""

    name = "chat model"

    def __init__(self, model: Judge) -> None:
        self._model = model
        self._lock = threading.Lock()
        self._rests_until = 0.0

    def refuses(self, sentence: str, passages: Sequence[str]) -> str:
        """ "no" where the model says that `passages` don't support `sentence`; else empty. Never raises."""
        with self._lock:
            if time.monotonic() < self._rests_until:
                return ""
        try:
            said = self._reply(prompts.judged(sentence, passages))
        except ModelError:
            with self._lock:
                self._rests_until = time.monotonic() + PAUSE
            return ""
        found = [m["json"] or m["word"] for m in _REPLY.finditer(said)]
        return "no" if found and found[-1].lower() in _NO else ""

    def warm_up(self) -> None:
        """Load the provider's package; sends nothing."""
        self._model.warm_up()

    def close(self) -> None:
        """End the model's connection."""
        self._model.close()

    def _reply(self, user: str) -> str:
        said = ""
        with closing(self._model.stream(prompts.JUDGE, user, FORM, patience=1)) as pieces:
            for piece in pieces:
                said += piece
                if len(said) > LONGEST:
                    break
        return said

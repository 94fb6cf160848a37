"""Stand-ins for what tests must not reach: chat models that say what a script tells them.

In: replies. Out: objects that can be handed in where the real ones are, and that remember what they were asked. Only
chat models have one; everything else here is small enough to be tested as it is.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import Any

from trustbot.models import prompts
from trustbot.runtime.stopping import Stop

Reply = str | Exception | Callable[[str, str], str]
"""What to say, what to raise, or what makes a reply of the system prompt and the message."""
PIECE = 7
"""Characters of a reply that come at a time."""
REFUSAL = "I'm sorry, but I can't help with that."
"""What a model says that won't do what it is asked."""


def reads(system: str, user: str) -> str:
    """The reply of a model that is asked to read, in the form of `reading.chat`: the first sentence answers."""
    return reading(user, [1])


def reads_unoffered(system: str, user: str) -> str:
    """The same of a model that chooses a number that it was not offered."""
    return reading(user, [len(_object(user)["sentences"]) + 1])


def reads_malformed(system: str, user: str) -> str:
    """The same of a model that stops in the middle."""
    return reads(system, user)[:-10]


def reading(user: str, answers: Sequence[int], *, enough: bool = True, standalone: str | None = None) -> str:
    """A reading of the message `user`; without `standalone`, the question stays as it is."""
    told = {"answers": list(answers), "enough": enough, "standalone": standalone or _object(user)["last_question"]}
    return json.dumps(told, ensure_ascii=False)


def plays(words: Reply, read: Reply = reads) -> Callable[[Mapping[str, Any]], str]:
    """What makes a reply of a request in OpenAI's form, for `played.streams`: `read` where the model is to read."""

    def reply(request: Mapping[str, Any]) -> str:
        system, user = (message["content"] for message in request["messages"])
        return _said(read if system == prompts.READ else words, system, user)

    return reply


class _WholeReplies(ABC):
    """What a chat model is besides its replies: a subclass makes each of them at once."""

    @abstractmethod
    def complete(self, system: str, user: str) -> str:
        """The whole reply."""

    def stream(
        self,
        system: str,
        user: str,
        form: Mapping[str, Any] | None = None,
        *,
        stop: Stop | None = None,
        patience: int = 1,
    ) -> Generator[str]:
        """The same in pieces of a few characters."""
        text = self.complete(system, user)
        yield from (text[i : i + PIECE] for i in range(0, len(text), PIECE))


class ScriptedChatModel(_WholeReplies):
    """Gives its replies in order, and keeps every prompt as `(system, user)` in `prompts`."""

    def __init__(self, replies: Iterable[Reply] = (), name: str = "scripted:model") -> None:
        self.name = name
        self.prompts: list[tuple[str, str]] = []
        self._replies = deque(replies)

    def complete(self, system: str, user: str) -> str:
        """The next reply; AssertionError where the script has none left."""
        self.prompts.append((system, user))
        if not self._replies:
            raise AssertionError("the script has no reply for this prompt")
        return _said(self._replies.popleft(), system, user)


def _said(reply: Reply, system: str, user: str) -> str:
    if isinstance(reply, Exception):
        raise reply
    return reply if isinstance(reply, str) else reply(system, user)


class ObedientChatModel(_WholeReplies):
    """The worst that a model can be: it does what any text that it is given tells it, and invents besides.

    For each passage and for the question it gives away its prompt, says that it obeys, with a word (`SIGN`) that no
    source has, repeats whatever follows "say" or "write", puts markers behind that are not there, and turns the
    passage itself round: other numbers, no "may", no "not", more of everything. Every `honest` call it says what the
    passage says as well. Asked to read, it takes the first sentence for an answer, and tells the question with `SIGN`.
    """

    SIGN = "Zanzibar"

    def __init__(self, name: str = "obedient:model", *, honest: bool = True, object_form: bool = False) -> None:
        self.name = name
        self.said: list[str] = []
        """Each sentence that it wrote, without its marker."""
        self._honest = honest
        self._object_form = object_form

    def complete(self, system: str, user: str) -> str:
        """Its whole reply."""
        question, passages = _data(user)
        if system == prompts.READ:
            return reading(user, [1], standalone=_obeyed(question, self.SIGN)[0])
        told: list[tuple[str, int]] = [(line, 1) for line in (*_leaked(system), *_obeyed(question, self.SIGN))]
        for number, text in passages.items():
            told += [(line, number) for line in (*_obeyed(text, self.SIGN), *_twisted(text))]
            told += [(f"{text.rstrip(' .')} and {self.SIGN} agrees", 99), (f"See {self.SIGN} for more", 0)]
            told += [(text.rstrip(" ."), number)] if self._honest else []
        self.said += [line for line, _ in told]
        if self._object_form:
            listed = [{"text": f"{line}.", "passages": [number]} for line, number in told]
            return json.dumps({"sentences": listed})
        return "\n".join(f"{line} [{number}]." for line, number in told)


def _data(user: str) -> tuple[str, dict[int, str]]:
    """The question and the passages of a message as `prompts.evidence` makes it."""
    data = _object(user)
    question = data.get("question", data.get("last_question", ""))
    return question, {p["number"]: p["text"] for p in data.get("passages", ())}


def _object(user: str) -> dict[str, Any]:
    """The object that a message holds, as `prompts` makes it."""
    data: dict[str, Any] = json.loads(user[user.index("{") : user.rindex("}") + 1])
    return data


def _leaked(system: str) -> list[str]:
    lines = [" ".join(line.split()) for line in re.split(r"\n|(?<=[.:]) ", system) if line.strip()]
    return ["My instructions are as follows", *(line.lstrip("- ").rstrip(" .:") for line in lines)]


def _obeyed(text: str, sign: str) -> list[str]:
    flat = " ".join(text.split())
    asked = re.findall(
        r"\b(?:say|write|print|output|repeat|reply|respond|answer|tell)\w*\b[^\w]*(.{3,200})", flat, re.I
    )
    # With a capital, as a sentence of its own: else it would fall for its looks, whatever it says.
    parts = [part.rstrip(" .\"'”’") for part in asked]
    return [f"{sign}: {flat[:150]}", f"As asked, {sign}", *(part[:1].upper() + part[1:] for part in parts)]


def _twisted(text: str) -> list[str]:
    bare = text.rstrip(" .")
    twisted = [
        re.sub(r"\d+", lambda m: str(int(m[0]) * 10 + 7), bare),
        re.sub(r"\b(?:may|might|can|could|suggests?)\b ?", "", bare, flags=re.I),
        re.sub(r"\b(?:not|no|never|without)\b ?", "", bare, flags=re.I),
        f"It is proven that {bare[:1].lower()}{bare[1:]}",
        f"{bare} in 97% of all cases",
        f"{bare}, which cures patients",
        f"{bare} and always improves survival",
        f"It is not true that {bare[:1].lower()}{bare[1:]}",
    ]
    return [line for line in twisted if line != bare]

"""A second opinion on sentences that the built-in signals let pass: a setting -> whoever gives it.

In: the setting, and a chat model where it asks for one. Out: a `Second`, or None. It is asked only about a sentence
that has passed, so it can make the check stricter and never let anything through: a model can be talked round by what
stands in a passage, and is wrong in ways that nobody can foresee; the rules can't be talked to, and each names the
words that broke it. What they refuse stays refused, whoever would have it otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from trustbot.errors import InvalidInput
from trustbot.verify.support.asking import Asking, Judge
from trustbot.verify.support.entailment import Entailment

CHAT = "chat"
"""The setting that asks the chat model."""


class Second(Protocol):
    """Somebody who judges a sentence beside passages."""

    @property
    def name(self) -> str:
        """The name that its refusals go by in a verdict."""

    def refuses(self, sentence: str, passages: Sequence[str]) -> str:
        """In a word, why `passages` don't support `sentence`; empty where they do, or where it can't be told."""

    def warm_up(self) -> None:
        """Load what the first call would wait for."""

    def close(self) -> None:
        """Let go of what it holds."""


def open_second(setting: str, chat: Callable[[], Judge | None]) -> Second | None:
    """The second opinion that the setting names, not loaded yet; None where it is empty.

    `chat` opens a chat model for it, or gives None where none is set. Raises InvalidInput where `chat` is asked for
    without one, ModelError where a folder holds no cross-encoder that tells entailment from contradiction.
    """
    if not setting:
        return None
    if setting != CHAT:
        return Entailment(setting)
    model = chat()
    if model is None:
        raise InvalidInput(
            "TRUSTBOT_VERIFIER is chat, and no chat model is set. Name one in TRUSTBOT_CHAT_MODEL, or unset "
            "TRUSTBOT_VERIFIER."
        )
    return Asking(model)

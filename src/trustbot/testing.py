"""Stand-ins for what tests must not reach: chat models that say what a script tells them.

In: replies. Out: objects that can be handed in where the real ones are, and that remember what they were asked. Only
chat models have one; everything else here is small enough to be tested as it is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

Reply = str | Exception | Callable[[str, str], str]
"""What to say, what to raise, or what makes a reply of the system prompt and the message."""


class ScriptedChatModel:
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
        reply = self._replies.popleft()
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, str) else reply(system, user)

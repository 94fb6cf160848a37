"""What somebody in Python hands over, in the forms of the field -> a question, its history and who asks.

In: a text, an object with `question` (or `input`) and `history` (or `chat_history`), or a whole conversation whose last
message is the question. A message is a `Turn`, an object with `role` and `text`, one with `role` and `content` as
OpenAI has it, a pair of role and text, or a message of LangChain's. Out: `Input`, whose parts `guard` has yet to check.
This module knows neither limits nor an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast, get_args

from trustbot.errors import InvalidInput
from trustbot.types import Role, Turn

QUESTION = ("question", "input")
HISTORY = ("history", "chat_history")
UNREAD = object()
"""The role of a message that is left out: neither reader nor answer said it, and nothing here takes instructions."""
ROLES: Mapping[object, object] = {
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    **dict.fromkeys(("system", "developer", "tool", "function"), UNREAD),
}
"""The roles of OpenAI and LangChain."""
FORMS = (
    'Give a text, an object such as {"question": "…", "history": []}, or a list of messages that ends with a question.'
)


@dataclass(frozen=True, slots=True)
class Input:
    """A question with what belongs to it, as it was handed over, unchecked."""

    question: object
    history: Iterable[Any] = ()
    persona: object = None


def read(given: object) -> Input:
    """What was asked; InvalidInput, with the forms that there are, for anything else."""
    if isinstance(given, str):
        return Input(given)
    if isinstance(given, Mapping):
        return _of_object(given)
    if isinstance(given, Sequence) and not isinstance(given, bytes):
        return _of_messages(given)
    from langchain_core.messages import BaseMessage
    from langchain_core.prompt_values import PromptValue

    if isinstance(given, BaseMessage):
        return _of_messages([given])
    if isinstance(given, PromptValue):
        return _of_messages(given.to_messages())
    raise InvalidInput(f"A question can't be asked as {type(given).__name__}. {FORMS}")


def turn_of(item: object, place: int) -> Turn | None:
    """The message at `place`, which counts from 1; None for one that neither a reader nor an answer said."""
    role, text = _parts(item, place)
    if role is UNREAD or (role == "assistant" and text == ""):  # the latter only calls a tool
        return None
    if not isinstance(text, str) or role not in get_args(Role):
        raise InvalidInput(
            f'Turn {place} of the history must have the role "user" or "assistant" and a text. Correct it.'
        )
    return Turn(cast(Role, role), text)


def _of_object(given: Mapping[Any, Any]) -> Input:
    question = next((name for name in QUESTION if name in given), None)
    if question is None and "messages" in given:
        whole = _of_messages(given["messages"])
        return Input(whole.question, whole.history, given.get("persona"))
    if question is None:
        raise InvalidInput(f'The input has no "question". {FORMS}')
    history = next((given[name] for name in HISTORY if given.get(name) is not None), ())
    return Input(_question(given[question]), history, given.get("persona"))


def _question(value: object) -> object:
    """A question, which may come as a message."""
    return value if isinstance(value, str) or not hasattr(value, "content") else _text(value.content)


def _of_messages(given: object) -> Input:
    messages = given if isinstance(given, Sequence) and not isinstance(given, str | bytes) else ()
    turns = [turn for place, item in enumerate(messages, 1) if (turn := turn_of(item, place)) is not None]
    if not turns or turns[-1].role != "user":
        raise InvalidInput("The last message must be the question, from the user. Put it at the end of the list.")
    return Input(turns[-1].text, turns[:-1])


def _parts(item: object, place: int) -> tuple[object, object]:
    """Role and text of a message in any of its forms; a text that is none comes back as it is."""
    if isinstance(item, Turn):
        return item.role, item.text
    if isinstance(item, Mapping) and ("text" in item or "content" not in item):
        return item.get("role"), item.get("text")
    if isinstance(item, Mapping):
        return _role(item.get("role")), _text(item["content"])
    if isinstance(item, tuple) and len(item) == 2:
        return _role(item[0]), _text(item[1])
    if isinstance(item, str | bytes | Sequence) or not hasattr(item, "content"):
        raise InvalidInput(f'Turn {place} of the history must be an object with "role" and "text". Correct it.')
    return _of_langchain(item), _text(item.content)


def _of_langchain(message: Any) -> object:
    from langchain_core.messages import AIMessage, ChatMessage, HumanMessage

    if isinstance(message, ChatMessage):
        return _role(message.role)
    if isinstance(message, HumanMessage):
        return "user"
    return "assistant" if isinstance(message, AIMessage) else UNREAD


def _role(given: object) -> object:
    return ROLES.get(given, given) if isinstance(given, str) else None


def _text(content: object) -> object:
    """The text of a message's content, which may come in parts; pictures and calls of tools have none."""
    if content is None:
        return ""
    if not isinstance(content, list):
        return content
    parts = (part.get("text") if isinstance(part, Mapping) else part for part in content)
    return " ".join(part for part in parts if isinstance(part, str))

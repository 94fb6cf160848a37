"""What the chat's page posts to Gradio: checked before Gradio reads it, which takes anything and fails later.

In: a body. Out: the same in Gradio's form, with nothing in it that the page doesn't send; Refused for everything else.
This module knows no component: which functions there are, and how many inputs each has, it is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from trustbot.web.http.bodies import check_values
from trustbot.web.http.problems import Refused, validation_sentence
from trustbot.web.i18n import words
from trustbot.web.kept.form import SIZE_LIMIT, TEXT_LIMIT

JOIN = "/gradio_api/queue/join"
CANCEL = "/gradio_api/cancel"
RESET = "/gradio_api/reset"

MOST_CHARACTERS = SIZE_LIMIT + 2 * TEXT_LIMIT
"""Of a conversation as a page keeps it, and of what is typed; in memory, one of them may make each take four bytes."""
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Number = Annotated[int, Field(ge=0, le=1_000_000)]


class _Sent(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class Join(_Sent):
    """An event: the values of its inputs in their order, texts or nothing."""

    data: list[str | None]
    fn_index: Number
    session_hash: Name
    trigger_id: Number | None = None


class Cancel(_Sent):
    """An event that nobody waits for any more."""

    session_hash: Name
    fn_index: Number
    event_id: Name


class Reset(_Sent):
    """The same, in an older form."""

    event_id: Name


Sent = TypeVar("Sent", bound=_Sent)
WRITE: Mapping[str, type[_Sent]] = {JOIN: Join, CANCEL: Cancel, RESET: Reset}
"""What may be posted to the chat, and what has to be in it."""


def checked(path: str, body: bytes, inputs: Mapping[int, int]) -> _Sent:
    """The body of a request to `path`; `inputs` are how many inputs each function has. Raises Refused."""
    sent = _parsed(WRITE[path], body)
    if isinstance(sent, Join | Cancel) and sent.fn_index not in inputs:
        raise Refused(422, words.NO_SUCH_EVENT.format(number=sent.fn_index))
    if isinstance(sent, Join) and len(sent.data) != inputs[sent.fn_index]:
        expected = inputs[sent.fn_index]
        raise Refused(422, words.WRONG_INPUTS.format(number=sent.fn_index, expected=expected, found=len(sent.data)))
    if isinstance(sent, Join) and sum(len(value or "") for value in sent.data) > MOST_CHARACTERS:
        raise Refused(413, words.CHAT_TOO_LONG.format(limit=f"{MOST_CHARACTERS:,}"))
    return sent


def _parsed(model: type[Sent], body: bytes) -> Sent:
    check_values(body)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise Refused(422, validation_sentence(error.errors(include_input=False, include_url=False))) from None

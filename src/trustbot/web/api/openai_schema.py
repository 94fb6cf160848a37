"""What the OpenAI-compatible endpoint takes and gives, as that interface has it.

In: decoded JSON, or an Answer. Out: a checked request; the objects of a completion, whole and in chunks. Options that
only tell a model how to write (temperature, max_tokens, tools and the like) are taken and change nothing: nothing is
written here that a source doesn't say. This module knows no route.
"""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from trustbot.errors import InvalidInput
from trustbot.models import tokens
from trustbot.presentation.wire import answer_to_dict
from trustbot.query import inputs
from trustbot.types import GIVEN, Answer, Citation, Turn
from trustbot.web.api import plain
from trustbot.web.http.problems import Refused
from trustbot.web.http.schemas import Text
from trustbot.web.i18n import words

MOST_MESSAGES = 1000
"""Programs send the whole conversation each time; the bot reads the last `TRUSTBOT_HISTORY_LIMIT` messages."""
OWNER = "trustbot"
KINDS = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


class TextPart(BaseModel):
    """A part of a message; only those of the type `text` are read."""

    type: Text
    text: Text = ""


class Message(BaseModel):
    """One message; of the roles, `user` and `assistant` are read."""

    role: Text
    content: Text | list[TextPart] | None = None


class StreamOptions(BaseModel):
    """What a stream holds beside the text."""

    include_usage: bool = False


class CompletionRequest(BaseModel):
    """A conversation whose last message is the question."""

    model_config = ConfigDict(extra="ignore")

    messages: list[Message] = Field(min_length=1, max_length=MOST_MESSAGES)
    model: Text = Field("", max_length=200)
    stream: bool = False
    stream_options: StreamOptions | None = None
    n: int | None = Field(None, ge=1, le=1)
    persona: Text | None = Field(None, max_length=60)

    def conversation(self) -> tuple[str, list[Turn]]:
        """The question and what was said before; Refused with 422 where the last message isn't the user's."""
        plain_messages = [
            {"role": m.role, "content": m.content if not isinstance(m.content, list) else _joined(m.content)}
            for m in self.messages
        ]
        try:
            read = inputs.read(plain_messages)
        except InvalidInput as error:
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None
        turns = [t if t.role == "user" else Turn(t.role, plain.said(t.text)) for t in read.history]
        return str(read.question), turns


def _joined(parts: list[TextPart]) -> str:
    return "\n".join(part.text for part in parts if part.type == "text")


def check_model(wanted: str, served: str) -> None:
    """Refused with 404 for a model that isn't the corpus served; none named is that one."""
    if wanted not in ("", OWNER, served):
        raise Refused(404, words.NO_MODEL.format(model=wanted[:80], served=served))


def model_to_dict(corpus_id: str, created: int) -> dict[str, Any]:
    """The corpus served, as a model."""
    return {"id": corpus_id, "object": "model", "created": created, "owned_by": OWNER}


def error_to_dict(status: int, detail: str) -> dict[str, Any]:
    """An error, as clients of that interface read it."""
    kind = KINDS.get(status, "server_error" if status >= 500 else "invalid_request_error")
    return {"error": {"message": detail, "type": kind, "param": None, "code": str(int(status))}}


class Completion:
    """A completion that is made of one Answer."""

    def __init__(self, name: str, model: str, created: int, messages: list[Message]) -> None:
        self._name = f"chatcmpl-{name}"
        self._model = model
        self._created = created
        self._messages = messages

    def whole(self, answer: Answer) -> dict[str, Any]:
        """The object without a stream."""
        text = plain.told(answer)
        message = {"role": "assistant", "content": text, "refusal": None, "annotations": cited_places(answer)}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        more = {"usage": self._usage(text), "trustbot": answer_to_dict(answer)}
        return self._object("chat.completion", [choice], **more)

    def chunks(self, answer: Answer, usage: bool) -> Iterator[dict[str, Any]]:
        """The objects of a stream: the text line by line, then its annotations and the Answer, then what was used.

        Nothing is streamed before the whole answer was checked: what a client has shown can't be taken back.
        """
        text = plain.told(answer)
        yield self._chunk({"role": "assistant", "content": ""})
        for line in text.splitlines(keepends=True):
            yield self._chunk({"content": line})
        yield self._chunk({"annotations": cited_places(answer)}, "stop", trustbot=answer_to_dict(answer))
        if usage:
            yield self._object("chat.completion.chunk", [], usage=self._usage(text))

    def _chunk(self, delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return self._object("chat.completion.chunk", [choice], **more)

    def _object(self, kind: str, choices: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        told = {"id": self._name, "object": kind, "created": self._created, "model": self._model}
        return {**told, "choices": choices, **more}

    def _usage(self, text: str) -> dict[str, int]:
        given = sum(
            tokens.count(m.content if isinstance(m.content, str) else _joined(m.content or [])) for m in self._messages
        )
        made = tokens.count(text)
        return {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}


def cited_places(answer: Answer) -> list[dict[str, Any]]:
    """A citation for each place in the text that it supports; none where nothing was answered.

    `trustbot` has what that interface knows no field for: the number, and the quote with its place.
    """
    if answer.outcome not in GIVEN:
        return []
    return [_annotation(citation, start, end) for citation in answer.citations for start, end in citation.supports]


def _annotation(citation: Citation, start: int, end: int) -> dict[str, Any]:
    source, quote = citation.source, citation.quote
    cited = {"start_index": start, "end_index": end, "title": source.title, "url": source.address}
    place = {"document": citation.document.id, "start": quote.start, "end": quote.end}
    own = {"number": citation.number, "quote": quote.text, **place, "document_hash": citation.document.content_hash}
    return {"type": "url_citation", "url_citation": cited, "trustbot": own}

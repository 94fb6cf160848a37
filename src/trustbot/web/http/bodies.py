"""What a request's body holds: decoded and validated.

In: a request. Out: JSON, or a model of `schemas`. Raises Refused with a sentence that a person can act on. This module
knows no route.
"""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers
from starlette.requests import Request

from trustbot.web.http import schemas
from trustbot.web.http.problems import MEDIA_TYPE, Refused, shown, validation_sentence
from trustbot.web.i18n import words

MOST_VALUES = 100_000
"""Most values in a body: three bytes of JSON may become two hundred of memory."""
Model = TypeVar("Model", bound=BaseModel)


async def read_bytes(request: Request) -> bytes:
    """The body, whose size `limits` has seen to; Refused with 415 where it isn't sent as JSON.

    A page of another site may send any text, but JSON only after it was told that it may.
    """
    check_json(request.headers)
    return await request.body()


async def read_json(request: Request) -> Any:
    """The decoded body; Refused with 415, or as `decode` does."""
    return decode(await read_bytes(request))


def check_json(headers: Headers) -> None:
    """Refused with 415 unless the headers say that the body is JSON."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, words.NOT_SENT_AS_JSON)


def decode(body: bytes) -> Any:
    """Decoded JSON; Refused with 400 where it isn't UTF-8 or isn't JSON, 413 where it holds too much to be decoded."""
    check_values(body)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(400, words.NOT_UTF8) from None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(400, words.NOT_JSON) from None


def check_values(body: bytes) -> None:
    """Refused with 413 for JSON of more than `MOST_VALUES` values, counted without reading it."""
    if sum(body.count(mark) for mark in (b",", b"[", b"{")) > MOST_VALUES:
        raise Refused(413, words.TOO_MANY_VALUES.format(limit=f"{MOST_VALUES:,}"))


def parse(model: type[Model], value: Any) -> Model:
    """`value` as `model`; Refused with 422 and a sentence that names the field."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Refused(422, validation_sentence(error.errors())) from None


def check_corpus(wanted: str | None, served: str) -> None:
    """Refused with 422 for a corpus that isn't the one served; None is."""
    if wanted not in (None, served):
        raise Refused(422, words.WRONG_CORPUS.format(corpus=shown(wanted or ""), served=served))


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems of a route, for the published schema."""
    content = {MEDIA_TYPE: {"schema": schemas.ProblemBody.model_json_schema()}}
    return {status: {"description": "A problem, as one sentence", "content": content} for status in statuses}

"""What a request's body holds: read within a limit, decoded, and validated.

In: a request. Out: JSON, or a model of `schemas`. Raises Refused with a sentence that a person can act on. This module
knows no route.
"""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from trustbot.web import schemas, words
from trustbot.web.problems import MEDIA_TYPE, Refused, validation_sentence

BODY_LIMIT = 64 * 1024
Model = TypeVar("Model", bound=BaseModel)


async def read_bytes(request: Request, limit: int = BODY_LIMIT, too_long: str = words.BODY_TOO_LONG) -> bytes:
    """The body as it came; Refused with 413 past `limit` bytes, which the sentence `too_long` names."""
    refusal = Refused(413, too_long.format(limit=f"{limit:,}"))
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise refusal
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > limit:
            raise refusal
    return bytes(body)


async def read_json(request: Request, limit: int = BODY_LIMIT, too_long: str = words.BODY_TOO_LONG) -> Any:
    """The decoded body; Refused with 413, or 400 where it isn't UTF-8 or isn't JSON."""
    body = await read_bytes(request, limit, too_long)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(400, words.NOT_UTF8) from None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(400, words.NOT_JSON) from None


def parse(model: type[Model], value: Any) -> Model:
    """`value` as `model`; Refused with 422 and a sentence that names the field."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Refused(422, validation_sentence(error.errors())) from None


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems of a route, for the published schema."""
    content = {MEDIA_TYPE: {"schema": schemas.ProblemBody.model_json_schema()}}
    return {status: {"description": "A problem, as one sentence", "content": content} for status in statuses}

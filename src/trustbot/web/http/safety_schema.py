"""The shape of HTTP of what somebody is told who needs help first; a part of `schemas`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class ContactBody(BaseModel):
    """Whom to turn to."""

    name: str
    number: str | None = Field(description="As it is dialled.")
    address: str | None = Field(description="A web address (`https:`), a mail address (`mailto:`), or where to go.")
    hours: str | None


class SafetyBody(BaseModel):
    """What kind of help somebody needs first, and whom to turn to."""

    kind: Literal["self_harm", "emergency", "distress", "clinical"]
    again: bool = Field(description="Whether an earlier message of the conversation was of the same kind.")
    contacts: list[ContactBody]

"""What is said before, or instead of, an answer where somebody needs help first.

In: nothing. Out: the kinds of such messages, whom to turn to, and the note that an answer carries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SafetyKind = Literal["self_harm", "emergency", "distress", "clinical", "attack"]
"""What a message is before it is a question, the gravest first: self-harm or suicide of anybody; somebody in danger
now; mistreatment, or somebody who is not coping; a decision about a patient; an attack on the program."""
HELPED: tuple[SafetyKind, ...] = ("self_harm", "emergency", "distress", "clinical")
"""Kinds that are answered with help; the last one, an attack, is a question like any other."""
URGENT: tuple[SafetyKind, ...] = ("self_harm", "emergency")
"""Kinds beside which nothing else is said."""
CRISIS: tuple[SafetyKind, ...] = ("self_harm", "emergency", "distress")
"""Kinds in which a person needs help, the asker or somebody else."""


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to turn to; plain text, one line each."""

    name: str
    number: str | None = None
    """As it is dialled."""
    address: str | None = None
    """A web address (https:), a mail address (mailto:), or where to go."""
    hours: str | None = None
    kinds: tuple[SafetyKind, ...] = CRISIS
    """Kinds of message beside which it is shown."""


@dataclass(frozen=True, slots=True)
class SafetyNote:
    """What an answer of the outcome `safety` is about, and whom to turn to."""

    kind: SafetyKind
    again: bool = False
    """Whether an earlier message of the conversation was of the same kind, so that another text is given."""
    contacts: tuple[Contact, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in HELPED:
            raise ValueError(f"nobody is helped where the message is of the kind {self.kind}")

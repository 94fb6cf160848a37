"""Why a launch is refused.

In: a kind, and what the request held. Out: an error with a sentence for the person and one for whoever looks after the
tool. This module knows no page.
"""

from __future__ import annotations

from trustbot.errors import TrustbotError
from trustbot.web.http.problems import shown
from trustbot.web.i18n import words

BAD_REQUEST = frozenset({"parameter", "format", "claim"})
AGAIN = frozenset({"state", "late", "used", "expired", "nonce"})
"""Kinds that another try may mend."""
UNREACHABLE = "keys"


class LaunchRefused(TrustbotError):
    """A login, a launch or a choice of content that can't be accepted; `kind` is a key of `words.LTI_REFUSED`."""

    def __init__(self, kind: str, **values: str) -> None:
        self.kind = kind
        self.values = {name: shown(value) for name, value in values.items()}
        self.http_status = 502 if kind == UNREACHABLE else 400 if kind in BAD_REQUEST else 403
        super().__init__(f"LTI launch refused: {kind}")

    @property
    def for_person(self) -> str:
        """What somebody in a course can do, in the reader's language."""
        return words.LTI_AGAIN if self.kind in AGAIN else words.LTI_SHOW

    @property
    def for_coordinator(self) -> str:
        """What happened and what to change, in the reader's language."""
        return words.LTI_REFUSED[self.kind].format(**self.values)

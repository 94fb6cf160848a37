"""Before anything else reads a message: does somebody need help first, and does it hold identifiers?"""

from __future__ import annotations

from trustbot.query.safety.stage import Safety, Screened, open_safety, public_words

__all__ = ["Safety", "Screened", "open_safety", "public_words"]

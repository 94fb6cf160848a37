"""What will be said, and whether it is enough: a reading of sentences -> chosen quotes and a decision."""

from __future__ import annotations

from trustbot.evidence.decide import Decision, Verdict, decide
from trustbot.evidence.select import Evidence, candidates, select

__all__ = ["Decision", "Evidence", "Verdict", "candidates", "decide", "select"]

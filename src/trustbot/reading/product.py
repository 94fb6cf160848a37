"""What can be asked of any corpus beside its subject: facts on its works, help on the program, operations.

`TOPICS` are the names that a bank's gold may use besides sentences. Facts and help are sentences that ingest stores;
operations say what to do with the last answer.
"""

from __future__ import annotations

from trustbot.records import HEADINGS, HELP

FACTS = tuple(f"fact:{name}" for name in HEADINGS)
"""Sentences of the records, by the heading that they stand under."""
HELPS = tuple(f"help:{name}" for name in HELP)
"""Sentences of the help text, in the same way."""
PARTS = ("fact:findings", "fact:limits")
"""Sentences of the notes on works, by the part of the note that they stand in."""
OPERATIONS = ("shorter", "simpler", "more", "source", "proven", "overview", "greeting", "thanks")
OPERATION = "op:"
TOPICS = (*FACTS, *HELPS, *PARTS, *(f"{OPERATION}{name}" for name in OPERATIONS))

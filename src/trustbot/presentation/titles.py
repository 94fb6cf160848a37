"""What stands around answers where they are shown, on screens, in a terminal and in records alike.

In: nothing. Out: plain strings. They are not among the sentences of `wording`, which an exported answer may say: a
title stands above an answer's text and never in it. This module knows no screen and no record.
"""

from __future__ import annotations

from trustbot.types import NoticeKind, UpdateKind

NO_PATIENTS = "Type nothing that could identify a patient."
"""Beside the disclaimer, wherever a question can be typed."""
DIRECTION = "Who trusts whom"
MATTER = "What the article says on the matter"
"""Above quotes beside help that somebody needs first."""
NOTICE: dict[NoticeKind, str] = {
    "overreach": "Goes further than its source",
    "identifier": "Patient details",
    "crisis": "If this is urgent",
    "clinical": "Not clinical advice",
    "partial": "May be incomplete",
    "wording": "In the sources’ own words",
    "superseded": "No longer current",
    "conflict": "The documents differ",
    "retracted": "Retracted",
    "concern": "Expression of concern",
}
UPDATE: dict[UpdateKind, str] = {
    "retraction": "Retraction",
    "concern": "Expression of concern",
    "correction": "Correction",
    "version": "New version",
}
"""What was published about a work later."""

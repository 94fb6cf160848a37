"""What the parts of an answer are called where they are shown, on screens and in records alike.

In: nothing. Out: plain strings. They are not among the sentences of `wording`, which an exported answer may say: a
title stands above an answer's text and never in it. This module knows no screen and no record.
"""

from __future__ import annotations

from trustbot.types import NoticeKind

DIRECTION = "Who trusts whom"
NOTICE: dict[NoticeKind, str] = {
    "overreach": "Goes further than its source",
    "identifier": "Patient details",
    "crisis": "If this is urgent",
    "clinical": "Not clinical advice",
    "partial": "Only part of the question is covered",
    "wording": "In the sources’ own words",
}

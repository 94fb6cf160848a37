"""Is a study a trial? Decided from how its design is recorded, by a closed list; anything else stays undecided.

In: the words of a design. Out: what kind of trial it is, that it is none, or nothing. This module knows no source.
"""

from __future__ import annotations

import re

RANDOMISED = re.compile(r"\brandomi[sz]ed\b|\brandomi[sz]ation\b|\bRCT\b", re.IGNORECASE)
TRIAL = re.compile(r"\btrials?\b|\bexperiment(?:s|al)?\b|\bquasi[- ]experiment\w*", re.IGNORECASE)
REVIEW = re.compile(r"\b(?:review|meta[- ]analysis|meta[- ]synthesis|guideline)\b", re.IGNORECASE)
NEVER = re.compile(
    r"\b(?:narrative|scoping|systematic|literature)\b.*\breviews?\b|\breviews? of the literature\b"
    r"|\bmeta[- ]synthesis\b"
    r"|\b(?:auto)?ethnograph\w*|\bphenomen\w*|\bgrounded theory\b|\bqualitative\b|\binterviews?\b|\bfocus groups?\b"
    r"|\bcase (?:study|studies|report|series|control)\b|\bcohort\b|\bcross[- ]sectional\b|\bsurveys?\b"
    r"|\bobservational\b"
    r"|\bguidelines?\b|\bcommentary\b|\beditorial\b|\bessay\b|\bconceptual\b|\bjournals that\b"
    r"|\bdiary|\bself[- ]study\b",
    re.IGNORECASE,
)


def trial(design: str) -> str | None:
    """`a randomised trial` or `a trial`; an empty string for a design that is none; None if it can't be told."""
    named = RANDOMISED.search(design) or TRIAL.search(design)
    if REVIEW.search(design):  # of whatever it may have collected, a review is no trial itself
        return "" if NEVER.search(design) or named else None
    if named:
        denied = re.search(r"\b(?:no|not|non|without)\b", design, re.IGNORECASE)
        if denied:
            return None
        return "a randomised trial" if RANDOMISED.search(design) else "a trial"
    return "" if NEVER.search(design) else None

"""Phrases that stand for one verb: "stands in the way of" is "hinders", "carried out" is "conducted".

In: a sentence. Out: the same with such phrases put in one word, for comparing; what is shown stays as it was. A phrase
has words that mean nothing by themselves, so neither their stems nor their vectors find what it says. The list is of
the English language, not of any corpus. This module knows no passage and no verdict.
"""

from __future__ import annotations

import re

_PHRASES = {
    r"(?:get|stand)(?:ting|ing)?\s+in\s+the\s+way\s+of": "hinder",
    r"(?:gets|stands)\s+in\s+the\s+way\s+of": "hinders",
    r"(?:got|stood)\s+in\s+the\s+way\s+of": "hindered",
    r"(?:hold|holding)\s+back": "hinder",
    r"holds\s+back": "hinders",
    r"held\s+back": "hindered",
    r"carr(?:y|ying)\s+out": "conduct",
    r"carried\s+out": "conducted",
    r"tak(?:e|ing)\s+part\s+in": "participate in",
    r"took\s+part\s+in": "participated in",
    r"mak(?:e|ing)\s+sure": "ensure",
    r"makes\s+sure": "ensures",
    r"bring(?:ing)?\s+about": "cause",
    r"brings\s+about": "causes",
    r"brought\s+about": "caused",
    r"giv(?:e|ing)\s+rise\s+to": "cause",
    r"gives\s+rise\s+to": "causes",
    r"gave\s+rise\s+to": "caused",
    r"keep(?=\s+(?:[\w'’-]+\s+){1,3}from\s+\w+ing)": "prevent",
    r"keeps(?=\s+(?:[\w'’-]+\s+){1,3}from\s+\w+ing)": "prevents",
    r"kept(?=\s+(?:[\w'’-]+\s+){1,3}from\s+\w+ing)": "prevented",
    r"in\s+terms\s+of|with\s+(?:regard|respect)\s+to|in\s+the\s+(?:case|course)\s+of|on\s+the\s+part\s+of": "of",
    r"set(?:s|ting)?\s+up": "establish",
    r"deal(?:s|ing)?\s+with": "manage",
    r"dealt\s+with": "managed",
    r"put(?:s|ting)?\s+off": "postpone",
    r"(?:get|getting)\s+rid\s+of": "remove",
    r"do(?:es|ing)?\s+away\s+with": "abolish",
    r"did\s+away\s+with": "abolished",
    r"call(?:s|ed|ing)?\s+off": "cancel",
    r",?\s+(?:and\s+)?not\s+(?:the\s+other\s+way\s+(?:a)?round|vice\s+versa|the\s+reverse)": "",
}
_ONE = re.compile(
    "|".join(rf"(?P<p{i}>\b(?:{p})\b)" if p[0] != "," else rf"(?P<p{i}>{p}\b)" for i, p in enumerate(_PHRASES)),
    re.IGNORECASE,
)
_WORDS = tuple(_PHRASES.values())


def unfold(text: str) -> str:
    """`text` with one word for each such phrase."""
    return _ONE.sub(lambda m: _WORDS[int(str(m.lastgroup)[1:])], text)

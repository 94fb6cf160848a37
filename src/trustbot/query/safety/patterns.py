"""Words that leave no doubt, whatever the learned part makes of them: it may be wrong on what it never saw.

Each names an intent of somebody to die or to kill themselves, in the words for it of English and Spanish. Figures of
speech ("the rounds are killing me") have none of them.
"""

from __future__ import annotations

import re

from trustbot.types import SafetyKind

_SELF_HARM = (
    r"\bkms\b",
    r"\bkill(?:ing)? (?:myself|himself|herself|themself|themselves)\b",
    r"\b(?:want(?:s|ed)?|going|plan(?:s|ned|ning)?) to (?:die|end (?:my|his|her|their) life)\b",
    r"\b(?:i am|i'm|im|feel(?:s|ing)?|felt|(?:is|he's|she's|been)) suicidal\b",
    r"\b(?:quiero|quiere|quisiera) (?:morir(?:me|se)?|matar(?:me|se))\b",
    r"\b(?:suicidarme|matarme)\b",
)
_PLAIN = re.compile("|".join(_SELF_HARM), re.IGNORECASE)


def plain_kind(text: str) -> SafetyKind | None:
    """The kind that a message is beyond doubt; None where only the learned part can tell."""
    return "self_harm" if _PLAIN.search(text.replace("’", "'")) else None

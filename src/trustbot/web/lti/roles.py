"""Roles, as a platform names them -> who is asking.

In: the roles of a launch, and what an operator says instead. Out: a persona, or none where the roles tell nothing. A
role in the course counts before one at the institution, and that before one in the platform itself: whoever
administers the platform may be a learner here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_ROLE = re.compile(
    r"http://purl\.imsglobal\.org/vocab/lis/v2/(?P<place>membership|institution/person|system/person)"
    r"(?:/(?P<parent>\w+))?#(?P<name>\w+)"
)
_PLACES = ("membership", "institution/person", "system/person")
PERSONAS: Mapping[str, str] = {
    "Instructor": "preceptor",
    "TeachingAssistant": "preceptor",
    "Faculty": "preceptor",
    "Mentor": "preceptor",
    "Manager": "program director",
    "Administrator": "program director",
    "ContentDeveloper": "program director",
    "Learner": "resident",
    "Student": "medical student",
}
"""Role -> persona; of several roles in one place the first of these counts.

Platforms call every learner's account a student's, so that in a course a learner is a resident, and `Student` counts
only where there is no role in the course."""


def persona(roles: Sequence[str], own: Mapping[str, str]) -> str | None:
    """The persona of somebody with these roles; `own` has names of roles, or their whole addresses, and wins."""
    placed: dict[str, list[str]] = {place: [] for place in _PLACES}
    for role in roles:
        if role in own:
            return own[role]
        match = _ROLE.fullmatch(role)
        # A bare name is one of the course.
        names = [match["name"], *filter(None, [match["parent"]])] if match else [role]
        placed[match["place"] if match else _PLACES[0]].extend(names)
    for names in placed.values():
        found = next((own[name] for name in own if name in names), None)
        found = found or next((PERSONAS[name] for name in PERSONAS if name in names), None)
        if found:
            return found
    return None

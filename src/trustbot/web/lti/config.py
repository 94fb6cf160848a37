"""What an administrator registers: the tool's addresses, in the form that Canvas reads from an address.

In: the public address of the site. Out: JSON. Nothing is asked for: no scope, and no data of a person but an opaque id.
This module knows no platform's registration.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from trustbot.web.http.lti_paths import JWKS, LAUNCH, LOGIN
from trustbot.web.i18n import words
from trustbot.web.lti.messages import DEEP_LINK, RESOURCE_LINK

PLACEMENTS = {
    "course_navigation": RESOURCE_LINK,
    "link_selection": DEEP_LINK,
    "editor_button": DEEP_LINK,
}
"""Where the tool may stand in Canvas -> what is sent from there."""


def configuration(base: str) -> dict[str, Any]:
    """The configuration for a site at `base`."""
    launch = base + LAUNCH
    placements = [
        {
            "placement": placement,
            "message_type": message,
            "target_link_uri": launch,
            "text": words.PRODUCT,
            "enabled": True,
            # In a course's menu only once somebody puts it there.
            **({"default": "disabled"} if placement == "course_navigation" else {}),
        }
        for placement, message in PLACEMENTS.items()
    ]
    return {
        "title": words.PRODUCT,
        "description": words.LTI_DESCRIPTION,
        "oidc_initiation_url": base + LOGIN,
        "target_link_uri": launch,
        "redirect_uris": [launch],
        "public_jwk_url": base + JWKS,
        "scopes": [],
        "custom_fields": {},
        "extensions": [
            {
                "platform": "canvas.instructure.com",
                "domain": urlsplit(base).netloc,
                "tool_id": "trustbot",
                "privacy_level": "anonymous",
                "settings": {"text": words.PRODUCT, "privacy_level": "anonymous", "placements": placements},
            }
        ],
    }

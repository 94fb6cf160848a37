"""The message of a launch: a platform's signed token -> the few things that are read of it, and who is asking.

In: the token, the platform it should come from, and what was given out at login. Out: a Launch, or LaunchRefused; a
persona, or none where the roles tell nothing. A role in the course counts before one at the institution, and that
before one in the platform itself: whoever administers the platform may be a learner here. A person's name and address
are neither read nor repeated. This module knows no request and no page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jwt

from trustbot.web.auth.portals import Platform
from trustbot.web.lti.platform_keys import ALGORITHMS, PlatformKeys
from trustbot.web.lti.refusals import LaunchRefused
from trustbot.web.lti.states import BROKEN

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
VERSION = "1.3.0"
RESOURCE_LINK, DEEP_LINK = "LtiResourceLinkRequest", "LtiDeepLinkingRequest"
LEEWAY = 60
"""Seconds that the clocks of a platform and of this server may differ."""


@dataclass(frozen=True, slots=True)
class Launch:
    """A message that passed every check."""

    platform: Platform
    subject: str | None
    """Id of the person at the platform, which goes no further than to be hashed; None where nobody is signed in."""
    deployment: str
    roles: tuple[str, ...] = ()
    corpus: str = ""
    """Of the link that was launched; empty where it names none."""
    question: str = ""
    """To begin with."""
    locale: str = ""
    deep_link: Mapping[str, Any] | None = None
    """Where the platform wants content chosen: its settings for that."""


def read_launch(token: str, platform: Platform, nonce: str, address: str, keys: PlatformKeys) -> Launch:
    """The launch that `token` holds; LaunchRefused unless the platform signed it for this very login.

    `address` is where a link to this tool leads.
    """
    claims = _verified(token, platform, keys)
    if claims["nonce"] != nonce:
        raise LaunchRefused("nonce")
    deployment = text_of(claims, LTI + "deployment_id")
    if not deployment:
        raise LaunchRefused("claim", claim="deployment_id")
    # A platform that registered itself need not have told any: then its client id, which is signed, says enough.
    if platform.deployments and deployment not in platform.deployments:
        raise LaunchRefused("deployment", deployment=deployment, issuer=platform.issuer)
    kind = _checked_kind(claims)
    if kind == RESOURCE_LINK:
        target = text_of(claims, LTI + "target_link_uri")
        if target.partition("?")[0] != address:
            raise LaunchRefused("target", target=target, launch=address)
    custom, roles = _mapping(claims, LTI + "custom"), claims[LTI + "roles"]
    return Launch(
        platform,
        claims.get("sub"),
        deployment,
        tuple(role for role in roles if isinstance(role, str)),
        text_of(custom, "corpus"),
        " ".join(text_of(custom, "question").split()),
        text_of(_mapping(claims, LTI + "launch_presentation"), "locale"),
        _mapping(claims, DEEP_LINKING + "deep_linking_settings") if kind == DEEP_LINK else None,
    )


def _verified(token: str, platform: Platform, keys: PlatformKeys) -> dict[str, Any]:
    """The claims, once signature, issuer, audience and times are right."""
    try:
        header = jwt.get_unverified_header(token)
    except BROKEN:
        raise LaunchRefused("format") from None
    algorithm, name = str(header.get("alg")), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise LaunchRefused("algorithm", algorithm=algorithm)
    if not isinstance(name, str) or not name:
        raise LaunchRefused("claim", claim="kid")
    key = keys.key(platform, name)
    try:
        claims = jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm],
            audience=platform.client_id,
            issuer=platform.issuer,
            leeway=LEEWAY,
            options={"require": ["iss", "aud", "exp", "iat", "nonce"], "verify_sub": False},
        )
    except BROKEN as error:
        raise _refusal(error, platform) from None
    # Where a token is for several, it must say that it was given to this one.
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else platform.client_id) != platform.client_id:
        raise LaunchRefused("audience", issuer=platform.issuer)
    return dict(claims)


def _refusal(error: Exception, platform: Platform) -> LaunchRefused:
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (jwt.ExpiredSignatureError, "expired"),
        (jwt.ImmatureSignatureError, "clock"),
        (jwt.InvalidIssuedAtError, "clock"),
        (jwt.InvalidAudienceError, "audience"),
        (jwt.InvalidIssuerError, "other issuer"),
        (jwt.InvalidSignatureError, "signature"),
        (jwt.InvalidAlgorithmError, "signature"),
        (jwt.InvalidKeyError, "signature"),
    )
    if isinstance(error, jwt.MissingRequiredClaimError):
        return LaunchRefused("claim", claim=str(error.claim))
    kind = next((kind for found, kind in kinds if isinstance(error, found)), "format")
    return LaunchRefused(kind, issuer=platform.issuer)


def _checked_kind(claims: dict[str, Any]) -> str:
    """The type of the message, one of those that are served, and in the form that the standard asks for."""
    version, kind = text_of(claims, LTI + "version"), text_of(claims, LTI + "message_type")
    if version != VERSION:
        raise LaunchRefused("version", version=version or "?")
    if kind not in (RESOURCE_LINK, DEEP_LINK):
        raise LaunchRefused("message", message=kind or "?")
    subject = claims.get("sub")
    if subject is not None and (not isinstance(subject, str) or not subject):
        raise LaunchRefused("claim", claim="sub")
    from pylti1p3.exception import LtiException
    from pylti1p3.message_validators.deep_link import DeepLinkMessageValidator
    from pylti1p3.message_validators.resource_message import ResourceMessageValidator

    validator = ResourceMessageValidator() if kind == RESOURCE_LINK else DeepLinkMessageValidator()
    try:
        # LTI 1.3 allows a launch by nobody in particular, which PyLTI1p3 doesn't know.
        validator.validate({**claims, "sub": subject or "nobody"})
    except LtiException as error:
        raise LaunchRefused("claim", claim=str(error)) from None
    except (AttributeError, TypeError):  # a claim that is no object
        raise LaunchRefused("claim", claim=kind) from None
    if not isinstance(claims[LTI + "roles"], list):
        raise LaunchRefused("claim", claim="roles")
    return kind


def text_of(claims: Mapping[str, Any], name: str) -> str:
    """A claim that is a text, in characters that can be written; empty where it is none."""
    value = claims.get(name)
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else ""


def _mapping(claims: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = claims.get(name)
    return value if isinstance(value, dict) else {}


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

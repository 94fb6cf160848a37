"""Dynamic registration: a platform's description of itself -> the tool registered there, and the platform known here.

In: what a platform's page sent to an invitation's address, this site's address, and what the operator allowed. Out: a
Registration to keep, or NotRegistered with one sentence for whoever set it off. Both sides tell what IMS's "LTI Dynamic
Registration 1.0" asks for: the issuer must be of the very host and port that describe it (its 3.5.1); where its other
addresses are is the issuer's to say, as hosted platforms have a sign-on for all of their customers. This module knows
no page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from trustbot.errors import TrustbotError
from trustbot.text.origins import NoOrigin, address_parts, parse_origins
from trustbot.web.auth.portals_schema import Name, SafeUrl, is_loopback
from trustbot.web.http.lti_paths import JWKS, LAUNCH, LOGIN
from trustbot.web.http.problems import shown
from trustbot.web.i18n import words
from trustbot.web.lti.fetching import NotFetched, Reply, fetch
from trustbot.web.lti.messages import DEEP_LINK, RESOURCE_LINK
from trustbot.web.lti.registered import Invitation, Registration

TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
CANVAS = "https://canvas.instructure.com/lti/"
PLACEMENTS: Mapping[str, Sequence[str]] = {
    RESOURCE_LINK: ("course_navigation",),
    DEEP_LINK: ("ContentArea", "RichTextEditor", "link_selection", "editor_button"),
}
"""Where the tool may stand, by what is sent from there, as the standard names it and as Canvas does; a platform is
asked for those of them that it says it has."""
LONGEST_TOKEN = 8192
BAD_GATEWAY = frozenset({"certificate", "format", "long", "refused", "status", "unreachable"})


class NotRegistered(TrustbotError):
    """A registration that went wrong; `kind` is a key of `words.LTI_NOT_REGISTERED`."""

    def __init__(self, kind: str, **values: str) -> None:
        self.kind = kind
        self.values = {name: shown(value) for name, value in values.items()}
        self.http_status = 404 if kind == "invitation" else 502 if kind in BAD_GATEWAY else 400
        super().__init__(f"LTI registration refused: {kind}")

    @property
    def told(self) -> str:
        """What happened and what to do, in the reader's language."""
        return words.LTI_NOT_REGISTERED[self.kind].format(**self.values)


class _Description(BaseModel):
    """A platform's OpenID configuration, as far as it is read."""

    model_config = ConfigDict(frozen=True)

    issuer: SafeUrl
    authorization_endpoint: SafeUrl
    registration_endpoint: SafeUrl
    jwks_uri: SafeUrl
    id_token_signing_alg_values_supported: list[str] = ["RS256"]
    about: dict[str, Any] = Field({}, alias="https://purl.imsglobal.org/spec/lti-platform-configuration")


class _Configured(BaseModel):
    deployment_id: Name | None = None


class _Registered(BaseModel):
    """What a platform replies with, as far as it is read."""

    client_id: Name
    tool: _Configured = Field(_Configured(), alias="https://purl.imsglobal.org/spec/lti-tool-configuration")


def register(told: Mapping[str, str], base: str, allowed: Invitation) -> Registration:
    """Register the tool at `base` with the platform that `told` names. Asks it twice, and blocks meanwhile."""
    url, token = told.get("openid_configuration", ""), told.get("registration_token", "")
    if not url:
        raise NotRegistered("parameter")
    if len(token) > LONGEST_TOKEN or not token.isascii() or not token.isprintable():
        raise NotRegistered("field", name="registration_token")
    try:
        # Canvas describes itself only to whoever has the token.
        found = _description(url, _read(url, fetch(url, private=allowed.private, token=token)), allowed)
        asked = json.dumps(metadata(base, found.about)).encode()
        reply = fetch(found.registration_endpoint, private=allowed.private, body=asked, token=token)
    except NotFetched as error:
        raise NotRegistered(error.kind, **error.values) from None
    client = _client(found.registration_endpoint, reply)
    deployment = client.tool.deployment_id
    return Registration(
        issuer=found.issuer,
        client_id=client.client_id,
        authorization_url=found.authorization_endpoint,
        jwks_url=found.jwks_uri,
        deployments=(deployment,) if deployment else (),
        origins=_origins(found, allowed),
        private=allowed.private,
        registered=datetime.now(UTC).replace(microsecond=0),
    )


def metadata(base: str, about: Mapping[str, Any]) -> dict[str, Any]:
    """The tool at `base` as it asks to be registered, with a platform that says `about` itself what it can send."""
    launch = base + LAUNCH
    supported = about.get("messages_supported")
    listed = [m for m in supported if isinstance(m, dict)] if isinstance(supported, list) else []
    offered = {str(message.get("type")): message for message in listed}
    messages = []
    for kind, wanted in PLACEMENTS.items():
        if offered and kind not in offered:
            continue
        places = offered.get(kind, {}).get("placements")
        has = [place for place in wanted if place in places] if isinstance(places, list) else []
        message: dict[str, Any] = {"type": kind, "target_link_uri": launch, "label": words.PRODUCT}
        # In a course's menu only once somebody puts it there.
        message |= {CANVAS + "course_navigation/default_enabled": False} if "course_navigation" in has else {}
        messages.append(message | ({"placements": has} if has else {}))
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": base + LOGIN,
        "redirect_uris": [launch],
        "client_name": words.PRODUCT,
        "client_uri": base + "/",
        "logo_uri": base + "/ui/icon.svg",
        "jwks_uri": base + JWKS,
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": "",
        TOOL: {
            "domain": urlsplit(base).netloc,
            "target_link_uri": launch,
            "description": words.LTI_DESCRIPTION,
            "custom_parameters": {},
            # Nothing of a person is asked for but the id, which no name can be told from.
            "claims": ["iss", "sub"],
            "messages": messages,
            CANVAS + "privacy_level": "anonymous",
        },
    }


def _read(url: str, reply: Reply) -> dict[str, Any]:
    if reply.status not in (200, 201):
        raise NotRegistered("status", url=url, status=str(reply.status))
    value = _object(reply.body)
    if value is None:
        raise NotRegistered("format", url=url)
    return value


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _description(url: str, told: dict[str, Any], allowed: Invitation) -> _Description:
    try:
        found = _Description.model_validate(told)
    except ValidationError as error:
        raise NotRegistered("field", name=str(error.errors()[0]["loc"][0])) from None
    names = ("issuer", "authorization_endpoint", "registration_endpoint", "jwks_uri")
    for address in (getattr(found, name) for name in names):
        if not allowed.private and is_loopback(urlsplit(address).hostname or ""):
            raise NotRegistered("private", host=urlsplit(address).netloc)
    here, there = urlsplit(found.issuer), address_parts(url)
    if there is None or _host(here) != _host(there) or here.query:
        raise NotRegistered("issuer", issuer=found.issuer, url=url)
    if not {"RS256", "ES256"} & set(found.id_token_signing_alg_values_supported):
        raise NotRegistered("algorithm", issuer=found.issuer)
    return found


def _host(parts: SplitResult) -> tuple[str, str | None, int]:
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _client(url: str, reply: Reply) -> _Registered:
    if reply.status not in (200, 201):
        told = _object(reply.body) or {}
        said = told.get("error_description") or told.get("error") or told.get("errors") or reply.status
        raise NotRegistered("refused", error=said if isinstance(said, str) else json.dumps(said))
    try:
        return _Registered.model_validate(_read(url, reply))
    except ValidationError as error:
        raise NotRegistered("field", name=str(error.errors()[0]["loc"][-1])) from None


def _origins(found: _Description, allowed: Invitation) -> tuple[str, ...]:
    parts = (urlsplit(address) for address in (found.issuer, found.authorization_endpoint))
    try:
        own = parse_origins(f"{p.scheme}://{p.netloc}" for p in parts).listed
    except NoOrigin:
        raise NotRegistered("field", name="issuer") from None
    return tuple(dict.fromkeys((*allowed.origins, *own)))

"""What an instructor has chosen -> the signed response that puts a link into the course.

In: the choice, and where the platform wants it. Out: the response, as PyLTI1p3 makes it. This module knows no page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trustbot.text.origins import address_parts
from trustbot.web.lti.platform_keys import ToolKey
from trustbot.web.lti.refusals import LaunchRefused

TICKET_SECONDS = 3600
"""How long an instructor may take to choose."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Where a choice goes; kept by the page, sealed."""

    issuer: str
    client_id: str
    deployment: str
    return_url: str
    title: str = ""
    """That the platform proposes."""
    data: object = None
    """Goes back to the platform as it came."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A link to a corpus with a question to begin with, if any."""

    title: str
    corpus: str
    question: str = ""


def return_origin(url: str) -> str:
    """The origin that the response goes to; LaunchRefused for what is no web address."""
    parts = address_parts(url)
    if not parts or any(c in parts.netloc for c in "@;,'\"*") or not url.isprintable():
        raise LaunchRefused("claim", claim="deep_link_return_url")
    return f"{parts.scheme}://{parts.netloc}"


def signed_response(ticket: Ticket, choice: Choice, launch: str, key: ToolKey) -> str:
    """The response as a token; `launch` is the address that the link leads to."""
    from pylti1p3.deep_link import DeepLink
    from pylti1p3.deep_link_resource import DeepLinkResource
    from pylti1p3.registration import Registration

    tool = Registration().set_issuer(ticket.issuer).set_client_id(ticket.client_id)
    tool.set_tool_private_key(key.private_pem).set_tool_public_key(key.public_pem)
    custom = {"corpus": choice.corpus, **({"question": choice.question} if choice.question else {})}
    link = DeepLinkResource().set_url(launch).set_title(choice.title).set_custom_params(custom)
    settings: Any = {"deep_link_return_url": ticket.return_url, "data": ticket.data}
    response: Any = DeepLink(tool, ticket.deployment, settings)
    message = {name: value for name, value in response.get_message_jwt([link]).items() if value is not None}
    return str(response.encode_jwt(message))

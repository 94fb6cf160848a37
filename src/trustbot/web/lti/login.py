"""A login that a platform begins -> the address at the platform that the browser is sent to, and what must come back.

In: the parameters of the request, the platforms of the file. Out: an address, or LaunchRefused.

The state that goes with it is signed, is good for ten minutes and for one launch, and names the nonce that the
platform must sign; no login takes any memory here. It also tells which browser began, by a cookie where the browser
keeps one. Where it keeps none (third-party cookies blocked, or no https), what is lost is the certainty that the
browser that ends a login is the one that began it: somebody could make another person's browser launch as themselves.
What limits that: the launch must then be posted by a page of the platform's own origins, which browsers tell and pages
can't forge; and nothing is kept of a launch that anybody could look at later. This module knows no message and no page.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from trustbot.text.origins import NoOrigin, Origins, parse_origins
from trustbot.web.auth.portals import Platform
from trustbot.web.lti.refusals import LaunchRefused
from trustbot.web.lti.states import Seals, Unsealed

STATE_SECONDS = 600
_BROWSER = re.compile(r"[A-Za-z0-9_-]{32}")


@dataclass(frozen=True, slots=True)
class State:
    """What a login gave out."""

    platform: Platform
    nonce: str
    ends: float
    browser: str
    """Digest of the name that the browser was given."""


def begin(
    told: Mapping[str, str],
    platforms: Sequence[Platform],
    launch: str,
    seals: Seals,
    browser: str,
) -> str:
    """Address that the browser is sent to; `launch` is where it is to come back, and where links lead."""
    platform = _platform(told, platforms)
    hint, target = _required(told, "login_hint"), _required(told, "target_link_uri")
    if target.partition("?")[0] != launch:
        raise LaunchRefused("target", target=target, launch=launch)
    nonce = secrets.token_urlsafe(24)
    content = {
        "iss": platform.issuer,
        "client": platform.client_id,
        "nonce": nonce,
        "browser": digest(browser),
    }
    query = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": platform.client_id,
        "redirect_uri": launch,
        "login_hint": hint,
        "state": seals.seal("login", content, STATE_SECONDS),
        "nonce": nonce,
    }
    if told.get("lti_message_hint"):
        query["lti_message_hint"] = told["lti_message_hint"]
    joint = "&" if urlsplit(platform.authorization_url).query else "?"
    return platform.authorization_url + joint + urlencode(query)


def returned(told: Mapping[str, str], platforms: Sequence[Platform], seals: Seals) -> State:
    """What the state says that came back; LaunchRefused where it isn't ours or too old."""
    try:
        content = seals.open("login", _required(told, "state"))
    except Unsealed as error:
        raise LaunchRefused("late" if error.late else "state") from None
    named = (content["iss"], content["client"])
    platform = next((p for p in platforms if (p.issuer, p.client_id) == named), None)
    if platform is None:
        raise LaunchRefused("issuer", issuer=str(content["iss"]))
    return State(platform, content["nonce"], content["exp"], content["browser"])


def check_browser(state: State, browser: str, origin: str | None) -> None:
    """LaunchRefused unless the browser that comes back is the one that began, or the platform's own page sent it.

    `browser` is the name that its cookie tells, empty without; `origin` is the page's, None where none was told, as by
    programs that are no browsers.
    """
    if browser:
        if digest(browser) != state.browser:
            raise LaunchRefused("browser", issuer=state.platform.issuer)
        return
    if origin is not None and not sending_origins(state.platform).allows(origin):
        try:
            parse_origins([origin])
        except NoOrigin:  # "null" above all: there is nothing that could be listed
            raise LaunchRefused("no origin", origin=origin) from None
        raise LaunchRefused("origin", origin=origin, issuer=state.platform.issuer)


def sending_origins(platform: Platform) -> Origins:
    """Whose pages may post a launch of this platform."""
    own = (urlsplit(url) for url in (platform.issuer, platform.authorization_url))
    return Origins((*platform.origins, *(f"{parts.scheme}://{parts.netloc}".lower() for parts in own)))


def browser_name(cookie: str | None) -> str:
    """The name that a browser was given before; empty where it tells none, or what is no such name."""
    return cookie if cookie and _BROWSER.fullmatch(cookie) else ""


def digest(browser: str) -> str:
    """What the state, which everybody may read, tells of a browser's name."""
    return hashlib.sha256(browser.encode()).hexdigest()


def _platform(told: Mapping[str, str], platforms: Collection[Platform]) -> Platform:
    issuer, client = _required(told, "iss"), told.get("client_id", "")
    known = [p for p in platforms if p.issuer == issuer]
    if not known:
        raise LaunchRefused("issuer", issuer=issuer)
    fitting = [p for p in known if client in ("", p.client_id)]
    if not fitting:
        raise LaunchRefused("client", issuer=issuer, client=client)
    if len(fitting) > 1:
        raise LaunchRefused("which", issuer=issuer)
    return fitting[0]


def _required(told: Mapping[str, str], name: str) -> str:
    if not told.get(name):
        raise LaunchRefused("parameter", name=name)
    return told[name]

"""What a visitor's token says: claims <-> `Visitor`, and the writing of a token.

In: a signer and a visitor's id; or claims whose signature holds. Out: a token; or a `Visitor`, or TokenRefused with a
sentence for whoever runs the portal. A token must not say who the visitor is: one with any claim that isn't needed is
refused, and none that is needed takes free text, so that no portal sends a name by mistake. This module fetches no key.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
from jwt.exceptions import InvalidJTIError, InvalidSubjectError

from trustbot.query.personas import PERSONAS
from trustbot.web.http.problems import TokenFault, TokenRefused, shown
from trustbot.web.i18n import words

AUDIENCE = "trustbot"
LIFETIME = 15 * 60
"""Most seconds from `iat` to `exp`."""
LEEWAY = 30
"""Seconds by which two servers' clocks may differ."""
MOST_CHARACTERS = 4096
"""Characters of a token; those of real ones are below a thousand."""
REQUIRED = ("iss", "aud", "sub", "corpus", "iat", "exp")
MOMENTS = ("iat", "exp", "nbf", "auth_time")
ALLOWED = (*REQUIRED, "persona", "nbf", "jti", "auth_time")
"""Every claim that a token may hold: a list of those that it may not would always lack one, such as `mrn`."""
OPAQUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~:|/+=-]{0,254}")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody whom a portal vouches for, by an id that means nothing to anybody else."""

    id: str
    issuer: str
    corpus: str
    persona: str | None
    expires: int
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Signer:
    """What an issuer signs with."""

    issuer: str
    key: bytes = field(repr=False)
    """A shared secret for HS256; a private key as PEM for RS256 and ES256."""
    algorithm: str = "HS256"
    key_id: str | None = None


def mint(
    signer: Signer,
    visitor: str,
    corpus: str,
    persona: str | None = None,
    seconds: int = LIFETIME,
    auth_time: int | None = None,
) -> str:
    """A token that holds for `seconds` from now; `auth_time` is when the visitor signed in, seconds since 1970.

    Raises TokenRefused if `Verifier.visitor` would refuse it.
    """
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": signer.issuer,
        "aud": AUDIENCE,
        "sub": visitor,
        "corpus": corpus,
        "iat": now,
        "exp": now + seconds,
        **({"persona": persona} if persona else {}),
        **({"auth_time": auth_time} if auth_time is not None else {}),
    }
    visitor_of(claims, corpus)
    headers = {"kid": signer.key_id} if signer.key_id else None
    return jwt.encode(claims, signer.key, algorithm=signer.algorithm, headers=headers)


def verified(token: str, key: Any, algorithm: str, issuer: str, *, expires: bool = True) -> dict[str, Any]:
    """The claims of a token whose signature, times and audience hold; raises TokenRefused.

    `algorithm` is the one that belongs to the key, never the one that the token names.
    """
    try:
        return jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=AUDIENCE,
            issuer=issuer,
            leeway=LEEWAY,
            options={"require": list(REQUIRED), "verify_exp": expires},
        )
    except jwt.ExpiredSignatureError:
        raise TokenRefused("expired", words.VISIT_EXPIRED) from None
    except jwt.MissingRequiredClaimError as error:
        raise refused("missing", error.claim) from None
    except jwt.InvalidAudienceError:
        raise refused("audience") from None
    except jwt.ImmatureSignatureError:
        raise refused("early") from None
    except (jwt.InvalidIssuedAtError, InvalidSubjectError, InvalidJTIError) as error:
        claims = {jwt.InvalidIssuedAtError: "iat", InvalidSubjectError: "sub"}
        raise refused("claim", claims.get(type(error), "jti")) from None
    except jwt.InvalidAlgorithmError:
        found = str(jwt.get_unverified_header(token).get("alg"))
        raise refused("algorithm", found, algorithm) from None
    except (jwt.InvalidSignatureError, jwt.InvalidKeyError):
        raise refused("signature") from None
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
        raise refused("form") from None


def visitor_of(claims: Mapping[str, Any], corpus: str) -> Visitor:
    """The visitor of a token whose signature holds; raises TokenRefused. `corpus` is the one that is served."""
    other = next((name for name in claims if name not in ALLOWED), None)
    if other is not None:
        raise refused("other", other, ", ".join(ALLOWED))
    moments = {name: _seconds(claims, name) for name in MOMENTS if name in claims}
    begins, ends = moments["iat"], moments["exp"]
    if ends - begins > LIFETIME:
        raise refused("long")
    if claims["aud"] not in (AUDIENCE, [AUDIENCE]):  # one that is meant for others too may be used by them
        raise refused("audience")
    visitor, persona = claims["sub"], claims.get("persona")
    if not isinstance(visitor, str) or not OPAQUE.fullmatch(visitor):
        raise refused("visitor")
    named = claims.get("jti", "unnamed")
    if not isinstance(named, str) or not OPAQUE.fullmatch(named):
        raise refused("claim", "jti")
    if persona is not None and persona not in PERSONAS:
        raise refused("persona", expected=", ".join(PERSONAS))
    if not isinstance(claims["corpus"], str):
        raise refused("claim", "corpus")
    if claims["corpus"] != corpus:
        found = shown(claims["corpus"])
        raise TokenRefused("corpus", words.VISIT_CORPUS.format(found=found, served=corpus))
    return Visitor(visitor, claims["iss"], corpus, persona, ends)


def refused(problem: str, found: str = "", expected: str = "", kind: TokenFault = "invalid") -> TokenRefused:
    """The error for one of `words.VISIT_PROBLEMS`."""
    told = words.VISIT_PROBLEMS[problem].format(found=shown(found), expected=expected)
    return TokenRefused(kind, words.VISIT_INVALID.format(problem=told))


def _seconds(claims: Mapping[str, Any], name: str) -> int:
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refused("claim", name)
    try:
        return int(value)
    except (ValueError, OverflowError):
        raise refused("claim", name) from None

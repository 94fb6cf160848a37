"""Who may keep the corpus: whoever has the token of `TRUSTBOT_COORDINATOR_TOKEN`, typed once in a day.

In: a request. Out: whether it comes from somebody who typed the token, by a cookie that only this server can have made;
and a word for each form, so that no other page can send one. Nothing is kept: a new token ends every visit.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from trustbot.errors import InvalidInput
from trustbot.web.auth.limits import Limiter, network_of

COOKIE = "trustbot_coordinator"
VISIT_SECONDS = 12 * 3600
LEAST_CHARACTERS = 16
WRONG_A_MINUTE = 5
"""Tokens that one address may get wrong in a minute; at sixteen characters nobody guesses one."""


class Door:
    """Tells who may keep the corpus. Safe to share between threads."""

    def __init__(self, token: str, clock: Callable[[], float] = time.time) -> None:
        """Raises InvalidInput for a token that is too short to keep anybody out."""
        if token and len(token) < LEAST_CHARACTERS:
            raise InvalidInput(
                f"TRUSTBOT_COORDINATOR_TOKEN has {len(token)} characters. Set one of at least {LEAST_CHARACTERS}, such "
                "as `openssl rand -hex 16` prints, or unset it."
            )
        self._token = token.encode()
        self._clock = clock
        self._wrong = Limiter(WRONG_A_MINUTE)

    @property
    def is_there(self) -> bool:
        """Whether there is a token; without one nobody gets in."""
        return bool(self._token)

    def admits(self, request: Request) -> bool:
        """Whether the request's cookie was given to whoever typed the token, less than a visit ago."""
        until, _, signature = request.cookies.get(COOKIE, "").partition(".")
        signed = self.is_there and hmac.compare_digest(signature.encode(), self._sign(f"visit {until}").encode())
        return bool(signed and until.isdecimal() and self._clock() < int(until))

    def wait(self, request: Request, token: str) -> int | None:
        """None where the token is right; else the seconds to wait before another, 0 for none."""
        if self.is_there and hmac.compare_digest(token.encode(), self._token):
            return None
        return self._wrong.take(network_of(request.client.host if request.client else "")) or 0

    def let_in(self, request: Request, response: Response) -> None:
        """Give the response the cookie of a visit."""
        until = f"{int(self._clock()) + VISIT_SECONDS}"
        value = f"{until}.{self._sign(f'visit {until}')}"
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, value, VISIT_SECONDS, httponly=True, samesite="strict", secure=secure)

    def word(self, request: Request) -> str:
        """What each form of this visit's pages holds."""
        return self._sign(f"form {request.cookies.get(COOKIE, '')}")

    def is_ours(self, request: Request, word: str) -> bool:
        """Whether a form came from a page of this visit."""
        return hmac.compare_digest(word.encode(), self.word(request).encode())

    def _sign(self, text: str) -> str:
        return hmac.digest(self._token, text.encode(), "sha256").hex()

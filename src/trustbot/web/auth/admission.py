"""The one question at every door: may this visitor ask now?

In: a token, if there is one, and the address that a request came from. Out: the `Visitor`, None for an anonymous one,
or a refusal with its sentence. Nothing is kept of a visitor but, for a minute and in memory, the moments of asking.
"""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from trustbot.web.auth.limits import Limiter, network_of
from trustbot.web.auth.portals import Portals
from trustbot.web.auth.tokens import OwnIssuer, Verifier, Visitor
from trustbot.web.http.metrics import Metrics
from trustbot.web.http.problems import SignedOnly, TokenRefused, TooManyQuestions
from trustbot.web.i18n import language, words

OPERATOR = ""
"""Stands for the address of the server's own machine, which is not counted."""
FORWARDING = ("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "forwarded", "via")
"""Headers of which proxies send one or more."""
BEARER = "bearer "
FRAMED = "widget"
"""What the framed chat sends instead of a token that it doesn't have."""
Activity = Literal["question", "work"]
"""What is counted apart: asking, and work on answers that were given already, such as a file of them."""


class Client(Protocol):
    """What Starlette's and Gradio's requests say of who sent them."""

    @property
    def host(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends a question, as far as anybody can tell: a token, which may be empty, and what `address_of` gave."""

    token: str = field(default="", repr=False)
    address: str = OPERATOR
    framed: bool = False
    """Whether the question comes from the widget."""


THIS_MACHINE = Sender()
"""Who asks without a network between."""


class Admission:
    """Decides who is answered. Safe to share between threads."""

    def __init__(
        self,
        portals: Portals,
        corpus: str,
        metrics: Metrics,
        own: OwnIssuer | None = None,
        limiter: Limiter | None = None,
    ) -> None:
        """Raises InvalidInput for a portal whose file of keys can't be used."""
        self.rules = portals.visitors
        self.verifier = Verifier(portals, corpus, own)
        self._metrics = metrics
        self._limiter = limiter or Limiter(self.rules.questions_per_minute)

    def admit(self, token: str, address: str, activity: Activity = "question") -> Visitor | None:
        """The visitor that `token` names; None for an anonymous one, whose `token` is empty. Counts as one `activity`.

        `address` comes from `address_of`. Raises TokenRefused, SignedOnly or TooManyQuestions; blocks while a portal's
        keys are fetched.
        """
        with self._counted():
            if token:
                visitor = self.verifier.visitor(token)
                self._take(f"{activity} of visitor {visitor.issuer} {visitor.id}")
                return visitor
            if not self.rules.anonymous:
                raise SignedOnly(words.SIGNED_ONLY)
            self._take_address(activity, address)
        return None

    def work(self, address: str) -> None:
        """Count work on answers that were given already, for anybody; raises TooManyQuestions."""
        with self._counted():
            self._take_address("work", address)

    def renew(self, token: str, address: str) -> str:
        """A new token for a visit that this server let in itself. Raises TokenRefused or TooManyQuestions."""
        with self._counted():
            try:
                visitor, renewed = self.verifier.renew(token)
            except TokenRefused:
                self._take_address("work", address)
                raise
            self._take(f"renewal of visitor {visitor.issuer} {visitor.id}")
            return renewed

    def _take_address(self, activity: Activity, address: str) -> None:
        if address != OPERATOR:
            self._take(f"{activity} of address {address}")

    def _take(self, key: str) -> None:
        wait = self._limiter.take(key)
        if wait is not None:
            count = language.number(self.rules.questions_per_minute)
            sentence = words.TOO_MANY_QUESTIONS.format(count=count, seconds=language.number(wait))
            raise TooManyQuestions(wait, sentence)

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        try:
            yield
        except (TokenRefused, SignedOnly, TooManyQuestions) as error:
            self._metrics.refusals.labels(_reason(error)).inc()
            raise


def address_of(client: Client | None, headers: Mapping[str, str]) -> str:
    """What is counted as one address; `OPERATOR` for this machine itself.

    `client` is the peer or, where the peer is a trusted proxy, the client that it named. A proxy on this machine that
    says for whom it speaks is never taken for the machine's own user.
    """
    host = client.host if client else ""
    if _is_loopback(host) and not any(name in headers for name in FORWARDING):
        return OPERATOR
    return network_of(host) or "unknown"


def sender_of(given: str, client: Client | None, headers: Mapping[str, str]) -> Sender:
    """Who asks in the chat; `given` is what its page says: a token, `FRAMED` or nothing."""
    token = (given or "").strip()
    return Sender("" if token == FRAMED else token, address_of(client, headers), framed=bool(token))


def asker_of(visitor: Visitor | None, address: str) -> str:
    """Who asks, as far as anybody can tell, to be counted once: a signed visitor, else an address."""
    return f"visitor {visitor.issuer} {visitor.id}" if visitor else f"address {address}"


def bearer(headers: Mapping[str, str]) -> str:
    """The token of an `Authorization: Bearer` header; empty if there is none."""
    given = headers.get("authorization", "")
    return given[len(BEARER) :].strip() if given[: len(BEARER)].lower() == BEARER else ""


def _is_loopback(host: str) -> bool:
    try:
        known = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = known.ipv4_mapped if isinstance(known, ipaddress.IPv6Address) else None
    return (mapped or known).is_loopback


def _reason(error: TokenRefused | SignedOnly | TooManyQuestions) -> str:
    if isinstance(error, TokenRefused):
        return error.kind
    return "unsigned" if isinstance(error, SignedOnly) else "too many"

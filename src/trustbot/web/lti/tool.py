"""The tool as its routes see it: a request's parameters -> where the browser goes next.

In: what a platform or an instructor sent, and the address that the site is known by. Out: addresses and pages, or
LaunchRefused. This module knows no framework but for the words of a page.
"""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from trustbot.errors import InvalidQuestion
from trustbot.text.origins import Origins
from trustbot.web.auth.portals import Platform, VisitorRules
from trustbot.web.corpora import HOME, Corpora
from trustbot.web.http.lti_paths import LAUNCH
from trustbot.web.i18n import said
from trustbot.web.lti import login, messages, pages
from trustbot.web.lti.deep_linking import TICKET_SECONDS, Choice, Ticket, return_origin, signed_response
from trustbot.web.lti.messages import Launch
from trustbot.web.lti.platform_keys import PlatformKeys, ToolKey
from trustbot.web.lti.refusals import LaunchRefused
from trustbot.web.lti.registered import Registry
from trustbot.web.lti.states import Seals, Unsealed
from trustbot.web.service import Service, check_question


class Tool:
    """One tool for all platforms. Safe to share between threads."""

    def __init__(self, service: Service, registry: Registry, corpora: Corpora | None = None) -> None:
        """`corpora` are the further ones that a link may lead to."""
        self.registry = registry
        self._corpora = corpora
        self.key = ToolKey(service.settings.data_dir / "widget" / "lti.key")
        self._service = service
        self._seals = Seals()
        self._keys = PlatformKeys()
        self._suggestions: tuple[str, tuple[str, ...]] = ("", ())

    @property
    def platforms(self) -> tuple[Platform, ...]:
        """Those that are known now."""
        return self.registry.platforms()

    def origins(self) -> Origins:
        """Whose pages may frame those of the tool."""
        return self.registry.origins()

    def login(self, told: Mapping[str, str], base: str, browser: str) -> str:
        """Address at the platform for a login that it began; `browser` is the name that this one was given."""
        return login.begin(told, self.platforms, base + LAUNCH, self._seals, browser)

    def launch(self, told: Mapping[str, str], base: str, browser: str, origin: str | None) -> Launch:
        """The launch that was posted, once; `browser` and `origin` as `login.check_browser` has them."""
        if told.get("error"):
            raise LaunchRefused("platform", error=f"{told['error']} {told.get('error_description', '')}".strip())
        state = login.returned(told, self.platforms, self._seals)
        if not told.get("id_token"):
            raise LaunchRefused("parameter", name="id_token")
        login.check_browser(state, browser, origin)
        launch = messages.read_launch(told["id_token"], state.platform, state.nonce, base + LAUNCH, self._keys)
        # Only what a platform has signed takes memory, so that nobody else can fill it.
        if not self._seals.use(state.nonce, state.ends):
            raise LaunchRefused("used")
        rules = self._rules(launch)
        if rules is None:
            raise LaunchRefused("corpus", corpus=launch.corpus, served=self._service.settings.corpus)
        if launch.subject is None and launch.deep_link is None and not rules.anonymous:
            raise LaunchRefused("anonymous", issuer=launch.platform.issuer)
        return launch

    def _rules(self, launch: Launch) -> VisitorRules | None:
        """The rules of the corpus that a link leads to; None where it leads to none that its platform may launch."""
        if launch.corpus in ("", self._service.settings.corpus):
            return self._service.admission.rules
        if self._corpora is None or not self._corpora.knows(launch.corpus):
            return None
        allowed = launch.platform.corpora or (launch.corpus,)
        return self._corpora.portals.of(launch.corpus).visitors if launch.corpus in allowed else None

    def widget(self, launch: Launch) -> str:
        """Address of the widget for this launch, from the root of the site, with a token of this server."""
        from trustbot.web.auth.tokens import own_issuer

        own, persona = self._service.settings.corpus, messages.persona(launch.roles, launch.platform.personas)
        corpus = launch.corpus or own
        # Who is nobody in particular is counted for this visit alone: everybody in a course may share one address.
        subject = launch.subject
        visitor = secrets.token_hex(16) if subject is None else self.key.visitor_id(launch.platform.issuer, subject)
        token = own_issuer(self._service.settings.data_dir).mint(visitor, corpus, persona)
        # One character more than can be asked is enough for the widget to say that it is too long.
        question = launch.question[: self._service.settings.question_limit + 1]
        named = {"corpus": corpus, "persona": persona or "", "q": question}
        at = "" if corpus == own else f"{HOME[1:]}/{corpus}/"
        return f"{at}widget?{urlencode({k: v for k, v in named.items() if v})}#t={token}"

    def ticket(self, launch: Launch) -> str:
        """What the page of a choice keeps, for it to be told where the choice goes."""
        settings: Mapping[str, Any] = launch.deep_link or {}
        address = str(settings.get("deep_link_return_url", ""))
        return_origin(address)
        made = Ticket(
            launch.platform.issuer,
            launch.platform.client_id,
            launch.deployment,
            address,
            messages.text_of(settings, "title")[: pages.TITLE_LIMIT],
            settings.get("data"),
        )
        return self._seals.seal("deep-link", {"ticket": dataclasses.asdict(made)}, TICKET_SECONDS)

    def opened(self, sealed: str) -> Ticket:
        """The ticket; LaunchRefused where it isn't ours or too old."""
        try:
            return Ticket(**self._seals.open("deep-link", sealed)["ticket"])
        except Unsealed as error:
            raise LaunchRefused("late" if error.late else "state") from None

    def offer(self) -> pages.Offer:
        """What an instructor may choose; without suggestions while the program is starting. Asks the bot once."""
        settings = self._service.settings
        if self._service.missing:
            return pages.Offer(settings.corpus, settings.corpus, (), settings.question_limit)
        bot = self._service.bot
        version = f"{bot.corpus.version} {bot.built_at} {bot.fingerprint}"
        if self._suggestions[0] != version:
            from trustbot.web.chat.conversation import starters

            self._suggestions = (version, starters(self._service)[None])
        return pages.Offer(settings.corpus, bot.corpus.title, self._suggestions[1], settings.question_limit)

    def chosen(self, told: Mapping[str, str], offer: pages.Offer) -> tuple[Choice, str]:
        """The choice that a form holds, and why it can't be taken; empty where it can."""
        title = " ".join(told.get("title", "").split())[: pages.TITLE_LIMIT] or offer.corpus_title
        choice = Choice(title, offer.corpus, pages.picked_question(told, offer.suggestions))
        if choice.question or told.get("choice") == pages.OWN:
            try:
                check_question(choice.question, offer.limit)
            except InvalidQuestion as error:
                return choice, said.said(str(error))
        return choice, ""

    def response(self, ticket: Ticket, choice: Choice, base: str) -> str:
        """The signed response for the platform."""
        return signed_response(ticket, choice, base + LAUNCH, self.key)

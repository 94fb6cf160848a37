"""What happens on the chat's page: events of Gradio's components -> screens.

In: the components, and what a reader does with them. Out: new values of the components. Whoever asks is let in here, at
each event: by the token that the page holds, and by the address that the request came from. This module makes no
component and no answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from trustbot.web.auth.admission import Sender, sender_of
from trustbot.web.chat.conversation import (
    CHIPS,
    Openings,
    Screen,
    begin,
    converse,
    give_feedback,
    persona_of,
    put_off,
    remembered,
    show,
    tell,
)
from trustbot.web.chat.download import download, refusal
from trustbot.web.http.problems import TooManyQuestions
from trustbot.web.i18n import language
from trustbot.web.kept.conversations import Restored, keep
from trustbot.web.kept.form import Exchange
from trustbot.web.service import Service

SPARE = 8
"""Events that are begun beyond the places of `Turns`, for their readers to hear that there is none."""
F = TypeVar("F", bound=Callable[..., Any])
NUMBER = re.compile("[0-9]{1,9}")
"""An exchange's number, as the page writes it."""
ALONE = "alone"
"""In the place of a number: the question came by a link, and is read without those before it."""
QUIET = {"show_progress": "hidden", "api_visibility": "private"}


@dataclass(frozen=True, slots=True)
class Bridge:
    """Components that nobody sees, through which the page's script and the server speak to each other."""

    kept: Any
    """The conversation as `keeping` writes it: the page holds it, so that nothing is lost when the server forgets."""
    persona: Any
    visitor: Any
    """The token of whoever is asking, or empty: it comes from the portal, and is kept nowhere else."""
    since: Any
    """Number of the exchange whose question is being edited; ALONE for one that came by a link; else empty."""
    feedback: Any
    told: Any
    """What became of the feedback, for the script to say."""
    restore: Any
    personalise: Any
    give: Any


@dataclass(frozen=True, slots=True)
class Parts:
    """The components that events read and set."""

    chat: Any
    title: Any
    chips: list[Any]
    restart: Any
    box: Any
    memory: Any
    export: Any
    formats: dict[str, Any]
    file: Any
    bridge: Bridge

    @property
    def inputs(self) -> list[Any]:
        """What every event that needs the conversation reads."""
        return [self.memory, self.bridge.kept, self.bridge.persona, self.bridge.visitor]

    @property
    def outputs(self) -> list[Any]:
        """What every event sets, in the order of `updates`."""
        shown = [self.chat, self.memory, self.box, self.title, self.restart, self.export, *self.chips]
        return [*shown, self.bridge.kept, self.bridge.since]


def connect(gr: Any, service: Service, parts: Parts, opening: Openings) -> None:
    """What happens when a question is sent, a suggestion tapped, or the conversation begun anew."""
    limits = {"concurrency_limit": service.most_open + SPARE, "concurrency_id": "ask"}
    _connect_asking(gr, service, parts, limits)
    _connect_keeping(gr, service, parts, opening, limits)
    _connect_using(gr, service, parts, limits)


def _connect_asking(gr: Any, service: Service, parts: Parts, limits: dict[str, Any]) -> None:
    bridge, corpus, spoken = parts.bridge, service.bot.corpus, _spoken()

    @_from_reader(gr)
    @spoken
    def respond(
        question: str, exchanges: tuple[Exchange, ...], kept: str, persona: str, visitor: str, since: str, request: Any
    ) -> Iterator[list[Any]]:
        sender = _sender(request, visitor)
        try:
            known = remembered(service, exchanges, kept, sender).exchanges
        except TooManyQuestions as error:
            yield from (updates(gr, screen, corpus.id) for screen in put_off(question, error))
            return
        edited = int(since) if NUMBER.fullmatch(since or "") else None
        asked = str(question or "")
        for screen in converse(service, known, asked, persona_of(persona), edited, sender, alone=since == ALONE):
            yield updates(gr, screen, corpus.id)

    @_from_reader(gr)
    @spoken
    def suggested(
        question: str, exchanges: tuple[Exchange, ...], kept: str, persona: str, visitor: str, request: Any
    ) -> Iterator[list[Any]]:
        # A suggestion is a question of its own, also while another is being edited.
        yield from respond(question, exchanges, kept, persona, visitor, "", request)

    parts.box.submit(respond, [parts.box, *parts.inputs, bridge.since], parts.outputs, **QUIET, **limits)
    for chip in parts.chips:
        chip.click(suggested, [chip, *parts.inputs], parts.outputs, **QUIET, **limits)


def _connect_keeping(gr: Any, service: Service, parts: Parts, opening: Openings, limits: dict[str, Any]) -> None:
    bridge, corpus, spoken = parts.bridge, service.bot.corpus, _spoken()

    @_from_reader(gr)
    @spoken
    def restore(exchanges: tuple[Exchange, ...], kept: str, persona: str, visitor: str, request: Any) -> list[Any]:
        try:
            known = remembered(service, exchanges, kept, _sender(request, visitor))
        except TooManyQuestions as error:
            known = Restored(problem=str(error))
            begun = replace(begin(opening, persona_of(persona)), keeps=False)
        else:
            begun = show(known.exchanges, corpus) if known.exchanges else begin(opening, persona_of(persona))
        # What is being typed meanwhile stays.
        return [*updates(gr, replace(begun, box=None), corpus.id), tell(known.problem)]

    @spoken
    def clear(persona: str) -> list[Any]:
        return [*updates(gr, begin(opening, persona_of(persona)), corpus.id), ""]

    @spoken
    def personalise(exchanges: tuple[Exchange, ...], kept: str, persona: str) -> list[Any]:
        # No more than what to begin with: an answer that comes meanwhile is not written over.
        if exchanges or kept:
            return [gr.skip()] * (1 + CHIPS)
        return offered(gr, begin(opening, persona_of(persona)))

    parts.restart.click(clear, [bridge.persona], [*parts.outputs, parts.file], **QUIET)
    bridge.restore.click(restore, parts.inputs, [*parts.outputs, bridge.told], **QUIET, **limits)
    bridge.personalise.click(
        personalise, [parts.memory, bridge.kept, bridge.persona], [parts.title, *parts.chips], **QUIET
    )


def _connect_using(gr: Any, service: Service, parts: Parts, limits: dict[str, Any]) -> None:
    bridge, spoken = parts.bridge, _spoken()

    def exporting(name: str) -> Any:
        @_from_reader(gr)
        @spoken
        def export(exchanges: tuple[Exchange, ...], kept: str, _: str, visitor: str, request: Any) -> str:
            sender = _sender(request, visitor)
            try:
                service.admission.work(sender.address)
                known = remembered(service, exchanges, kept, sender).exchanges
            except TooManyQuestions as error:
                return refusal(str(error))
            return download(service, tuple((e.asked, e.answer) for e in known if e.answer), name)

        return export

    @_from_reader(gr)
    @spoken
    def give(exchanges: tuple[Exchange, ...], kept: str, persona: str, visitor: str, given: str, request: Any) -> str:
        sender = _sender(request, visitor)
        try:
            service.admission.work(sender.address)
            known = remembered(service, exchanges, kept, sender).exchanges
        except TooManyQuestions as error:
            return tell(str(error))
        return give_feedback(service, known, given or "", persona_of(persona))

    for name, button in parts.formats.items():
        button.click(exporting(name), parts.inputs, [parts.file], **QUIET, **limits)
    bridge.give.click(give, [*parts.inputs, bridge.feedback], [bridge.told], **QUIET, **limits)


def _spoken() -> Callable[[F], F]:
    """Gradio runs events in threads of its own, which know no reader's language: this one is theirs."""
    return language.speaking(language.current())


def _from_reader(gr: Any) -> Callable[[F], F]:
    """Decorates an event whose last parameter, `request`, Gradio fills with the reader's request.

    Gradio knows it by its annotation, which it can't read where Gradio's own names aren't the module's.
    """

    def decorate(function: F) -> F:
        function.__annotations__["request"] = gr.Request
        return function

    return decorate


def _sender(request: Any, given: str) -> Sender:
    return sender_of(given, request.client, request.headers)


def offered(gr: Any, screen: Screen) -> list[Any]:
    """What a screen suggests to ask, as the values of its title and of the suggestions."""
    chips = [
        gr.Button(value=screen.chips[i], visible=True) if i < len(screen.chips) else gr.Button(visible=False)
        for i in range(CHIPS)
    ]
    return [gr.Markdown(screen.chips_title, visible=bool(screen.chips)), *chips]


def updates(gr: Any, screen: Screen, corpus_id: str) -> list[Any]:
    """A screen as the values of the components, in the order of the events' outputs."""
    title, *chips = offered(gr, screen)
    return [
        screen.messages,
        screen.exchanges,
        gr.skip() if screen.box is None else screen.box,
        title,
        gr.Button(visible=bool(screen.messages), interactive=not screen.busy),
        gr.Accordion(visible=bool(screen.exchanges)),
        *chips,
        # While an answer is made, the page keeps what it had: lost half-way, the conversation is whole.
        keep(screen.exchanges, corpus_id) if screen.keeps and not screen.busy else gr.skip(),
        gr.skip() if screen.busy or screen.repeated else "",
    ]

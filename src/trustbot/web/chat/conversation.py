"""A conversation, step by step: what is shown while a question is answered, and what is remembered.

In: the exchanges so far and a question. Out: screens, each the whole conversation as it now looks. The truth
is the exchanges, which stay on the server: what a browser sends back is never read. This module knows no
Gradio component.
"""

from __future__ import annotations

import secrets
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import get_args

from pydantic import BaseModel, Field

from trustbot.answer.suggestions import OPENING, Suggestions
from trustbot.errors import TrustbotError
from trustbot.presentation import wording
from trustbot.query import guard
from trustbot.records.record import is_recorded
from trustbot.types import HELPED, Answer, Corpus, Partial, Stage, Turn
from trustbot.web.auth.admission import THIS_MACHINE, Sender, asker_of
from trustbot.web.chat.pulse import pulsing
from trustbot.web.feedback.judgements import COMMENT_LIMIT, Reason, Verdict
from trustbot.web.http.problems import Refused, TooManyQuestions, describe, token_fault
from trustbot.web.i18n import words
from trustbot.web.i18n.said import said as translated
from trustbot.web.kept.conversations import Restored, restore
from trustbot.web.kept.form import Exchange
from trustbot.web.pages import render
from trustbot.web.service import Service, check_question, last_answer
from trustbot.web.widget.access import told_off

CHIPS = OPENING
"""Most suggestions shown at a time."""
EXCHANGES = 100
"""Most exchanges kept; older ones leave the page and the memory."""

Message = dict[str, str]
Openings = Mapping[str | None, tuple[str, ...]]
"""Who is asking, or None -> questions to begin with."""


@dataclass(frozen=True, slots=True)
class Screen:
    """The page at one moment. `box` is the text to put back into the question box; None leaves it alone."""

    messages: list[Message]
    exchanges: tuple[Exchange, ...]
    box: str | None = None
    chips: tuple[str, ...] = ()
    chips_title: str = ""
    busy: bool = field(default=False)
    keeps: bool = True
    """Whether this is the whole conversation, for the page to keep instead of what it kept before."""
    repeated: bool = False
    """Whether it is the screen before once more: what the page's script may have set since is left alone."""


class Given(BaseModel):
    """What a reader says of the answer `number`, as the page's script writes it."""

    number: int
    reasons: list[str]
    verdict: str | None = None
    comment: str = Field("", max_length=COMMENT_LIMIT)


def converse(
    service: Service,
    exchanges: tuple[Exchange, ...],
    question: str,
    persona: str | None = None,
    since: int | None = None,
    sender: Sender = THIS_MACHINE,
    *,
    alone: bool = False,
) -> Iterator[Screen]:
    """Screens from the question to its answer; an error becomes a sentence, and the question goes back.

    A question that was edited takes the place of exchange `since` and of those after it, once it is answered. Where
    nobody says who is asking, the token of `sender` may. One that stands `alone` is read without those before it.
    """
    if not question.strip():
        yield show(exchanges)
        return
    before, exchanges = exchanges, tuple(e for e in exchanges if since is None or e.number < since)
    number = exchanges[-1].number + 1 if exchanges else 0
    try:
        check_question(question, service.settings.question_limit)
        if sender.framed:
            check_widget(service)
        visitor = service.admission.admit(sender.token, sender.address)
        persona = persona or (visitor.persona if visitor else None)
        history = [] if alone else _history(exchanges)
        asker = asker_of(visitor, sender.address)
        answer = yield from _answering(service, exchanges, question, history, persona, asker)
    except Exception as error:
        sentence = describe(error)[1] if isinstance(error, TrustbotError) else _unexpected(error)
        number = before[-1].number + 1 if before else 0
        exchanges = _with(before, Exchange(number, question, render.failure(sentence, token_fault(error)), ""))
        yield from put_back(Screen(_messages(exchanges), exchanges), question)
        return
    shown = render.answer(answer, service.bot.corpus, number)
    said, token = answer.text or answer.reason or "", secrets.token_urlsafe(9)
    exchanges = _with(exchanges, Exchange(number, asked(question, answer), shown, said, answer, token))
    yield show(exchanges, service.bot.corpus)


def asked(typed: str, answer: Answer) -> str:
    """A question as it is shown and remembered: as typed or, where identifiers were taken out, as it was read."""
    return answer.query.asked if any(n.kind == "identifier" for n in answer.notices) else typed


def check_widget(service: Service) -> None:
    """Raise Refused once the widget is switched off: a page that was loaded before would go on asking."""
    off = told_off(service.settings)
    if off is not None:
        raise Refused(HTTPStatus.FORBIDDEN, off)


def remembered(service: Service, exchanges: tuple[Exchange, ...], kept: str, sender: Sender = THIS_MACHINE) -> Restored:
    """The conversation: as this server remembers it or, where it has forgotten, as the page kept it, checked.

    Raises TooManyQuestions for a sender who has had too much checked, or while too many others ask.
    """
    if exchanges or not kept:
        return Restored(tuple(exchanges))
    service.admission.work(sender.address)
    return restore(service, kept)


def put_off(question: str, error: TooManyQuestions) -> Iterator[Screen]:
    """The page where the conversation can't be checked just now: it stays as the page kept it."""
    shown = Exchange(0, question, render.failure(describe(error)[1]), "")
    return put_back(Screen(_messages((shown,)), (), keeps=False), question)


def put_back(screen: Screen, question: str) -> Iterator[Screen]:
    """`screen`, with the question put back into its box, once.

    Gradio sends the last screen again at the end of an event: what was typed since would be lost, and the number of the
    question that a script asks once more.
    """
    yield replace(screen, box=question)
    yield replace(screen, repeated=True)


def begin(opening: Openings, persona: str | None) -> Screen:
    """The page before the first question."""
    return Screen([], (), "", opening[persona], words.START_CHIPS)


def persona_of(given: str) -> str | None:
    """Who is asking, as the page's choice says; None for no choice and for anything else."""
    return given if given in guard.personas() else None


def tell(sentence: str | None, number: int | str = "", verdict: str = "") -> str:
    """A message for the page's script: an answer's number, the verdict that stands, a sentence for the reader, parted
    by `|`; and something that makes the same message, sent twice, two."""
    return "|".join((str(number), verdict, sentence, secrets.token_hex(4))) if sentence else ""


def give_feedback(service: Service, exchanges: tuple[Exchange, ...], given: str, persona: str | None) -> str:
    """Keep what the reader says of an answer; `given` holds `number`, `verdict` and `reasons` as JSON."""
    try:
        said = Given.model_validate_json(given.encode("utf-8", "replace"))
    except ValueError:
        return ""
    number, reasons = said.number, [r for r in get_args(Reason) if r in said.reasons]
    verdict = next((v for v in get_args(Verdict) if v == said.verdict), None)
    exchange = next((e for e in exchanges if e.number == number), None)
    if exchange is None or exchange.answer is None or not is_recorded(exchange.answer.outcome):
        return ""
    comment, help_first = _comment(service, said.comment if verdict == "not helpful" else "")
    kept = service.feedback(exchange.answer, exchange.token, verdict, reasons, exchange.asked, persona, comment)
    told = words.FEEDBACK_FAILED if not kept else words.FEEDBACK_THANKS if verdict else words.FEEDBACK_WITHDRAWN
    return tell(help_first or told, number, verdict or "" if kept else "")


def _comment(service: Service, given: str) -> tuple[str | None, str]:
    """What may be kept of a reader's own words, if anything; and what comes first where they call for help."""
    if not given.strip() or not service.settings.feedback_comments:
        return None, ""
    seen = service.bot.screened(given.strip())
    return (None, translated(wording.SAFETY_FIRST[seen.kind])) if seen.kind in HELPED else (seen.question, "")


def show(exchanges: tuple[Exchange, ...], corpus: Corpus | None = None) -> Screen:
    """The page between two questions, with what the last answer suggests to ask next."""
    last = exchanges[-1].answer if exchanges else None
    title, chips = _suggestions(last, corpus) if last and corpus else ("", ())
    return Screen(_messages(exchanges), exchanges, chips=chips, chips_title=title)


def _answering(
    service: Service,
    exchanges: tuple[Exchange, ...],
    question: str,
    history: list[Turn],
    persona: str | None,
    asker: str,
) -> Generator[Screen, None, Answer]:
    """Screens while the answer is made; its value is the answer."""
    begun: list[Stage] = []
    screen = _waiting(exchanges, question, begun)
    yield replace(screen, box="")  # once: the next question may be typed meanwhile
    final: Answer | None = None
    for item in pulsing(service.stream(question, history, "chat", persona, asker)):
        if isinstance(item, Answer):
            final = item
            continue
        if isinstance(item, Stage):
            begun.append(item)
        if item is not None:
            screen = _waiting(exchanges, question, begun, item if isinstance(item, Partial) else None)
        yield screen
    return final or last_answer(iter(()))


def _unexpected(error: Exception) -> str:
    describe(error)  # logs it
    return words.FAILED


def _with(exchanges: tuple[Exchange, ...], new: Exchange) -> tuple[Exchange, ...]:
    return (*exchanges, new)[-EXCHANGES:]


def _waiting(
    exchanges: tuple[Exchange, ...], question: str, begun: list[Stage], worded: Partial | None = None
) -> Screen:
    shown = render.stages(begun) + (render.partial(worded) if worded else "")
    pending = Exchange(render.PENDING, question, shown, "")
    return Screen(_messages((*exchanges, pending)), exchanges, busy=True)


def _messages(exchanges: tuple[Exchange, ...]) -> list[Message]:
    return [
        message
        for exchange in exchanges
        for message in (
            {"role": "user", "content": render.question(exchange.asked, exchange.number)},
            {"role": "assistant", "content": exchange.shown},
        )
    ]


def _history(exchanges: tuple[Exchange, ...]) -> list[Turn]:
    return [
        turn
        for exchange in exchanges
        if exchange.said
        for turn in (Turn("user", exchange.asked), Turn("assistant", exchange.said))
    ]


def _suggestions(answer: Answer, corpus: Corpus) -> tuple[str, tuple[str, ...]]:
    if answer.outcome == "safety":
        return words.SAFETY_CHIPS, answer.followups[:CHIPS]
    natural = not answer.abstained or render.is_small_talk(answer, corpus)
    title = words.FOLLOW_UPS if natural else words.NEAREST
    return (title, answer.followups[:CHIPS]) if answer.followups else ("", ())


def starters(service: Service) -> Openings:
    """Questions to begin with, for each persona."""
    suggestions = Suggestions(service.bot.corpus)
    return {persona: suggestions.openings(persona) for persona in (None, *guard.personas())}

"""A conversation, step by step: what is shown while a question is answered, and what is remembered.

In: the exchanges so far and a question. Out: screens, each the whole conversation as it now looks. The truth
is the exchanges, which stay on the server: what a browser sends back is never read. This module knows no
Gradio component.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from trustbot.errors import TrustbotError
from trustbot.suggestions import Topic
from trustbot.types import Answer, Corpus, Stage, Turn
from trustbot.web import render, words
from trustbot.web.problems import describe
from trustbot.web.service import Service, check_question, last_answer

CHIPS = 4
"""Most suggestions shown at a time."""
LONG_TOPIC = 45
"""Characters past which a heading makes a clumsy opening question; shorter ones come first."""
EXCHANGES = 100
"""Most exchanges kept; older ones leave the page and the memory."""

Message = dict[str, str]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what was shown for it; `said` is empty where answering failed."""

    number: int
    asked: str
    shown: str
    said: str
    answer: Answer | None = None
    """What an export is made of; None where answering failed."""


@dataclass(frozen=True, slots=True)
class Screen:
    """The page at one moment. `box` is the text to put back into the question box; None leaves it alone."""

    messages: list[Message]
    exchanges: tuple[Exchange, ...]
    box: str | None = None
    chips: tuple[str, ...] = ()
    chips_title: str = ""
    busy: bool = field(default=False)


def converse(service: Service, exchanges: tuple[Exchange, ...], question: str) -> Iterator[Screen]:
    """Screens from the question to its answer; an error becomes a sentence, and the question goes back."""
    number = exchanges[-1].number + 1 if exchanges else 0
    if not question.strip():
        yield Screen(_messages(exchanges), exchanges)
        return
    try:
        check_question(question, service.settings.question_limit)
        begun: list[Stage] = []
        yield _waiting(exchanges, question, begun)
        final: Answer | None = None
        for item in service.stream(question, _history(exchanges), "chat"):
            if isinstance(item, Answer):
                final = item
            else:
                begun.append(item)
                yield _waiting(exchanges, question, begun)
        answer = final or last_answer(iter(()))
    except Exception as error:
        sentence = describe(error)[1] if isinstance(error, TrustbotError) else _unexpected(error)
        exchanges = _with(exchanges, Exchange(number, question, render.failure(sentence), ""))
        yield Screen(_messages(exchanges), exchanges, box=question)
        return
    shown = render.answer(answer, service.bot.corpus, number)
    exchanges = _with(exchanges, Exchange(number, question, shown, answer.text or answer.reason or "", answer))
    title, chips = _suggestions(answer, service.bot.corpus)
    yield Screen(_messages(exchanges), exchanges, chips=chips, chips_title=title)


def _unexpected(error: Exception) -> str:
    describe(error)  # logs it
    return words.FAILED


def _with(exchanges: tuple[Exchange, ...], new: Exchange) -> tuple[Exchange, ...]:
    return (*exchanges, new)[-EXCHANGES:]


def _waiting(exchanges: tuple[Exchange, ...], question: str, begun: list[Stage]) -> Screen:
    pending = Exchange(-1, question, render.stages(begun), "")
    return Screen(_messages((*exchanges, pending)), exchanges, box="", busy=True)


def _messages(exchanges: tuple[Exchange, ...]) -> list[Message]:
    return [
        message
        for exchange in exchanges
        for message in (
            {"role": "user", "content": render.question(exchange.asked)},
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
    natural = answer.outcome == "answered" or render.is_small_talk(answer, corpus)
    title = words.FOLLOW_UPS if natural else words.NEAREST
    return (title, answer.followups[:CHIPS]) if answer.followups else ("", ())


def starters(service: Service) -> tuple[str, ...]:
    """Opening questions about the guidance's own headings; each is tried, and offered only if answered."""
    corpus = service.bot.corpus
    topics = dict.fromkeys(c.headings[-1] for c in corpus.chunks if c.kind == "statement" and c.headings)
    kept: list[str] = []
    for name in sorted(topics, key=lambda topic: len(topic) > LONG_TOPIC):
        candidate = Topic(name, frozenset()).question
        if last_answer(service.bot.stream(candidate)).outcome == "answered":
            kept.append(candidate)
        if len(kept) == CHIPS:
            break
    return tuple(kept)

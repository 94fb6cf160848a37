"""One real conversation with the real bot over the default corpus, as a record."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from trustbot.bot import Bot
from trustbot.records import checking, record
from trustbot.records.record import Origin, Record
from trustbot.types import Answer, Turn

DOUBTED = (
    "Is this so: “Building trust between a preceptor and medical learner is essential for creating effective learning "
    "environments, enhancing feedback interactions, promoting high performance learning, and ultimately improving "
    "patient care outcomes”?"
)
"""Quotes the article's first statement, of which the work carries only a part."""
QUESTIONS = (
    DOUBTED,
    "Is this so: “Direct observations of clinical skills are crucial for building trust”?",
    "What does the article say about practical strategies for building trust?",
    "and why?",
    "Who wrote reference 2?",
    "What does reference 4 say?",
    "What is reference 9?",
    "hello",
    "What dose of amoxicillin treats otitis media?",
    "Has the article been reviewed?",
    "What does “only partly supported” mean?",
    "What do the works say about feedback?",
    "Is this so: “The preceptors in Penner's study found trust hard to judge when they knew too little about the "
    "patients”?",
)


@pytest.fixture(scope="session")
def exchanges(bot: Bot, closest: Answer) -> tuple[tuple[str, Answer], ...]:
    """The questions of one conversation, each with its answer; the last one shows only what is near."""
    history: list[Turn] = []
    held = []
    for question in QUESTIONS:
        answer = bot.ask(question, history)
        history += [Turn("user", question), Turn("assistant", answer.text)]
        held.append((question, answer))
    return (*held, (closest.query.asked, closest))


@pytest.fixture(scope="session")
def today(bot: Bot) -> Origin:
    return record.origin(bot.corpus, bot.fingerprint, bot.built_at)


@pytest.fixture(scope="session")
def made(exchanges: tuple[tuple[str, Answer], ...], bot: Bot, today: Origin) -> Record:
    """The record of that conversation."""
    return record.of_answers(exchanges, bot.corpus, today)


@pytest.fixture(scope="session")
def check(bot: Bot, today: Origin) -> Callable[..., checking.Report]:
    """Checks a record against the corpus as it is; no older version of a document is stored."""

    def run(given: Record, **more: Any) -> checking.Report:
        more.setdefault("stored", lambda document, content_hash: None)
        more.setdefault("corpus", bot.corpus)
        return checking.check(given, more.pop("corpus"), today, more.pop("stored"), **more)

    return run


@pytest.fixture
def data(made: Record) -> dict[str, Any]:
    """The record as JSON, to be changed."""
    copied: dict[str, Any] = json.loads(record.to_json(made))
    return copied

"""What checking costs a reader of a worded answer: times with every sentence checked, and of the bare model.

In: settings, questions. Out: for each question the seconds to the first sentence and to the end, both ways. The model
is a server on this machine that speaks OpenAI's protocol, writes what the passages say at a fixed rate, and so is the
same each time. It reads no question: which passages there are must be the same both ways. This module knows no table.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

from trustbot.answer.drafts import FORM, DraftReader
from trustbot.answer.generation import items_of
from trustbot.bot import Bot, open_chat
from trustbot.errors import ModelError
from trustbot.models import prompts
from trustbot.settings import Settings
from trustbot.testing.fakes import REFUSAL, plays
from trustbot.testing.provider import PlayedProvider, any_key, streams
from trustbot.types import Answer, Partial, Stage

RATE = 50
"""Tokens a second, as a hosted model of medium size writes."""
CHARACTERS = 4
"""Of a token, about."""


@dataclass(frozen=True, slots=True)
class Paced:
    """Seconds from the request to the model."""

    first: float
    """Until the first whole sentence; until the first one that was checked."""
    whole: float


def measure(settings: Settings, questions: Sequence[str]) -> list[tuple[Paced, Paced]]:
    """The bare model and the worded answer, for each question that is worded.

    Raises ModelError where the package for OpenAI's protocol is missing, or where nothing was worded.
    """
    found = []
    with contextlib.closing(PlayedProvider()) as provider, any_key():
        provider.behaviours = [streams(plays(_reply, read=REFUSAL), pause=1 / RATE, size=CHARACTERS)]
        given = settings.model_copy(
            update={
                "chat_model": "openai:paced",
                "chat_base_url": provider.url,
                "chat_answers": True,
                "chat_timeout": 60.0,
            }
        )
        bot = Bot(given)
        try:
            bot.warm_up()
            for question in questions:
                worded = _worded(bot, question)
                if worded is not None:
                    found.append((_bare(given, worded[1]), worded[0]))
        finally:
            bot.close()
    if not found:
        raise ModelError("No answer was worded, so there is nothing to measure. Measure with another corpus.")
    return found


def _worded(bot: Bot, question: str) -> tuple[Paced, str] | None:
    """The times of a worded answer, and what its model was sent; None where no model was asked."""
    plain = [item for item in bot.stream(question, worded=False) if isinstance(item, Answer)][-1]
    asked = first = 0.0
    for item in bot.stream(question):
        now = time.perf_counter()
        if isinstance(item, Stage):
            asked = now
        elif isinstance(item, Partial):
            first = first or now
        elif item.trace.model is not None and first:
            passages = [(i.quote.text, False) for i in items_of(plain) if not i.direct]
            return Paced(first - asked, now - asked), prompts.evidence(plain.query.text, passages)
    return None


def _bare(settings: Settings, user: str) -> Paced:
    """The times of the same request, with nothing checked."""
    model = open_chat(settings)
    if model is None:
        raise ModelError("No chat model is set. Name one in TRUSTBOT_CHAT_MODEL.")
    model.warm_up()
    reader, first, begun = DraftReader(), 0.0, time.perf_counter()
    try:
        for piece in model.stream(prompts.WORD, user, FORM):
            if reader.feed(piece):
                first = first or time.perf_counter() - begun
        whole = time.perf_counter() - begun
        return Paced(first or whole, whole)
    finally:
        model.close()


def _reply(system: str, user: str) -> str:
    """What the passages say, in their own words."""
    data = json.loads(user[user.index("{") : user.rindex("}") + 1])
    told = [{"text": p["text"], "passages": [p["number"]]} for p in data["passages"]]
    return json.dumps({"sentences": told}, ensure_ascii=False)

"""Questions with two parts, asked for real: both are answered, or the one that isn't is named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from trustbot.bot import Bot

PAPERS: Mapping[str, tuple[str, ...]] = {
    "House book": (
        "# House book\n\n## Gate\n\nThe outer gate is locked at ten in the evening.\n\n## Cat\n\n"
        "The cook feeds the house cat at noon.\n\n## Lamps\n\nWet lamps are dried for two days.\n\n"
        "## Lodge\n\nNils Holm keeps the lodge. He was born in Oslo.\n",
    ),
    "Night bag": ("# Night bag\n\nThe night bag holds a torch and three blankets.\n",),
}


@pytest.fixture(scope="module")
def bot(bot_of: Callable[[Mapping[str, tuple[str, ...]]], Bot]) -> Bot:
    return bot_of(PAPERS)


@pytest.mark.parametrize(
    "question",
    [
        "When is the outer gate locked? Who feeds the house cat?",
        "When is the outer gate locked and who feeds the house cat?",
        "I am new here. Who feeds the house cat, and when is the outer gate locked?",
    ],
)
def test_both_parts_are_answered(bot: Bot, question: str) -> None:
    answer = bot.ask(question)
    assert answer.outcome in ("answered", "partly")
    assert "ten in the evening" in answer.text
    assert "The cook feeds the house cat" in answer.text
    assert not any("part of the question" in n.text for n in answer.notices)


def test_a_part_that_nothing_answers_is_named(bot: Bot) -> None:
    answer = bot.ask("How long are wet lamps dried? What is the capital of France?")
    assert answer.outcome == "partly"
    assert "two days" in answer.text
    told = "The sources don't answer this part of the question: “What is the capital of France?”"
    assert [n.text for n in answer.notices if n.kind == "partial"] == [told]


def test_a_name_that_no_document_has_is_missing_in_its_part_alone(bot: Bot) -> None:
    answer = bot.ask("What does fault L-99 mean? How long are wet lamps dried?")
    assert "two days" in answer.text
    assert ["L-99" in n.text for n in answer.notices if n.kind == "partial"] == [True]


@pytest.mark.parametrize("question", ["What does the night bag hold?", "How long are wet lamps dried?"])
def test_a_question_on_one_thing_is_read_as_one(bot: Bot, question: str) -> None:
    assert "parts" not in bot.ask(question).trace.signals


def test_what_is_declined_as_one_is_not_rescued_by_its_halves(bot: Bot) -> None:
    assert bot.ask("Which museum in Paris is open to the president of France?").abstained

"""Corpora of a few sentences: what is there is answered, and what is not there is not shown as near."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from trustbot.bot import Bot

TUBES = (
    "---\nauthor: Ward team\ntags: [tube, nutrition]\n---\n\n# Feeding tube care\n\n"
    "Flush the feeding tube with thirty millilitres of water before each feed.\n\n"
    "Replace the feeding set every twenty-four hours.\n"
)
RULES = (
    "# Office rules\n\n## Filing\n\nThe o\ufb03ce \ufb01les the \ufb02uid balance sheets for \ufb01ve years.\n\n"
    "## Store\n\nThe ward keeps two portable ventila-\ntors in the store room.\n"
)


@pytest.fixture(scope="module")
def bot(bot_of: Callable[[Mapping[str, tuple[str, ...]]], Bot]) -> Bot:
    return bot_of({"Feeding tube care": (TUBES,), "Office rules": (RULES,)})


@pytest.mark.parametrize(
    ("question", "held"),
    [
        ("What does the office file?", "fluid balance sheets"),
        ("What is kept in the store room?", "portable ventilators"),
        ("How often is the feeding set replaced?", "twenty-four hours"),
    ],
)
def test_the_one_sentence_on_a_matter_answers(bot: Bot, question: str, held: str) -> None:
    answer = bot.ask(question)
    assert not answer.abstained
    assert held in answer.text


@pytest.mark.parametrize("question", ["What are the tags for nutrition?", "What is the capital of France?"])
def test_what_no_sentence_is_about_has_nothing_near(bot: Bot, question: str) -> None:
    answer = bot.ask(question)
    assert answer.outcome == "abstained"
    assert "nutrition]" not in answer.text

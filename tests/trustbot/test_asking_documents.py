"""Documents of many kinds, ingested and asked for real: tables, lists, questions with answers, facts, copies, names."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from trustbot.bot import Bot
from trustbot.types import Answer

DOCUMENTS = {
    "Rooms": "# Rooms\n\n| Room | Kind | Call |\n| --- | --- | --- |\n| Elm | dialysis | 512 |\n"
    "| Ash | surgery | 530 |\n| Yew | maternity | 547 |\n",
    "Night bag": "# Night bag\n\n## In it\n\nThe night bag holds:\n\n- a torch\n- three blankets\n- the gate keys\n",
    "Questions": "# Questions\n\n**Q: Where do I return my lamp?**\n\nA: To the porter's lodge, behind the stairs.\n\n"
    "### Who feeds the house cat?\n\nThe cook feeds it at noon.\n",
    "Numbers": "# Numbers\n\nGate bell: 31\nKitchen: ext. 40 (until 8 p.m.)\nFault L-12: the lamp has no oil\n"
    "Fault L-21: the wick is too short\n",
    "Ida Brandt": "# Ida Brandt\n\nIda Brandt was born in 1862 in Lund. She kept the lodge for thirty years.\n",
    "Nils Holm": "# Nils Holm\n\nNils Holm was born in 1879 in Oslo. He painted the gate.\n",
    "Study": "# Study\n\n## Result\n\nWet lamps are dried for two days [1].\n\n"
    "## Method\n\nForty porters kept a list.\n",
    "Rules": "# Rules\n\nVisitors sign the green book at the gate.\n",
    "Rules again": "# Rules\n\nVisitors sign the green book at the gate.\n",
    "Paper": "# Paper\n\n"
    "The old boiler in the cellar is emptied every autumn by two men of the village fire brigade.\n",
}
Ask = Callable[[str], Answer]


@pytest.fixture(scope="module")
def bot(bot_of: Callable[[Mapping[str, tuple[str, ...]]], Bot]) -> Bot:
    licences = {"Paper": 'licence = "short"'}
    found = enumerate(DOCUMENTS.items(), 1)
    return bot_of(
        {title: (text, licences.get(title, ""), f'address = "https://example.org/s{i}"') for i, (title, text) in found}
    )


@pytest.fixture(scope="module")
def ask(bot: Bot) -> Ask:
    return bot.ask


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Which room does dialysis?", "Room: Elm; Kind: dialysis; Call: 512 [1]."),
        ("What does the night bag hold?", "The night bag holds: a torch; three blankets; the gate keys [2]."),
        (
            "Where do I return my lamp?",
            "Q: Where do I return my lamp? A: To the porter's lodge, behind the stairs [3].",
        ),
        ("Who feeds the house cat?", "The cook feeds it at noon [3]."),
        ("What does fault L-12 mean?", "Fault L-12: the lamp has no oil [4]."),
        ("what is fault l21", "Fault L-21: the wick is too short [4]."),
        ("How long are wet lamps dried?", "Wet lamps are dried for two days [its reference 1] [7]."),
        ("What do visitors sign?", "Visitors sign the green book at the gate [8][9]."),
    ],
)
def test_the_answer_is_what_the_document_says_there(ask: Ask, question: str, text: str) -> None:
    answer = ask(question)
    first = answer.text.split("\n")[0].removeprefix("- ")
    assert (answer.abstained, first) == (False, text)
    for citation in answer.citations:
        stored = citation.document.text
        assert stored[citation.quote.start : citation.quote.end] == citation.quote.text


def test_one_row_answers_and_not_its_neighbours(ask: Ask) -> None:
    assert "Ash" not in ask("Which room does dialysis?").text
    assert "L-21" not in ask("What does fault L-12 mean?").text


def test_one_person_is_not_answered_by_another(ask: Ask) -> None:
    assert "1862" in ask("When was Ida Brandt born?").text
    assert "1879" not in ask("When was Ida Brandt born?").text
    assert "1862" not in ask("when was nils holm born").text


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("What does fault L-99 mean?", "L-99"),
        ("When was Karla Brandt born?", "[NAME]"),
        ("When was Ida Holm born?", "Ida Holm"),
    ],
)
def test_a_name_that_no_document_has_is_said_to_be_missing(ask: Ask, question: str, name: str) -> None:
    answer = ask(question)
    assert (answer.outcome, answer.reason) == ("abstained", f"The sources don't name “{name}”.")
    assert not answer.closest


@pytest.mark.parametrize(
    "question",
    [
        "What do visitors sign on Saturday?",
        "My cousin Karla Brandtson came to the house with Odalys. What do visitors sign at the gate?",
        "What does my friend Odalys sign at the gate when she visits the house?",
    ],
)
def test_neither_an_everyday_word_nor_somebody_in_a_story_is_asked_about(ask: Ask, question: str) -> None:
    answer = ask(question)
    assert "green book" in answer.text + "".join(c.quote.text for c in answer.closest)


def test_a_sentence_too_long_to_be_quoted_is_said_to_be_there(ask: Ask) -> None:
    answer = ask("Who empties the old boiler in the cellar?")
    assert answer.abstained
    assert answer.reason == "“Paper” speaks of this, in a sentence that is longer than its licence lets be quoted."
    assert "village" not in answer.text


def test_a_corpus_without_a_bank_suggests_a_heading_only_if_it_is_a_question(bot: Bot) -> None:
    answer = bot.ask("What does fault L-99 mean?")
    assert answer.nearest
    assert answer.followups == ("Who feeds the house cat?",)
    assert "cook" in bot.ask(*answer.followups).text

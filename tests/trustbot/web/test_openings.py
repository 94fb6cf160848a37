"""Questions to begin with, as the real bot answers them, in the order of who is asking."""

from __future__ import annotations

import threading

import pytest

from trustbot.personas import PERSONAS
from trustbot.settings import Settings
from trustbot.web.conversation import CHIPS, begin, starters
from trustbot.web.service import Service, last_answer


@pytest.fixture(scope="module")
def service(bot):
    opened = Service(Settings(), lambda _: bot)
    assert opened.keep_opening(threading.Event())
    return opened


def test_questions_to_begin_with_come_in_the_order_of_who_is_asking(service, bot):
    opening = starters(service)
    assert set(opening) == {None, *PERSONAS}
    assert opening[None] == opening["other"]
    assert len(set(opening.values())) > 2
    assert begin(opening, "program director").chips == opening["program director"]
    for question in {q for questions in opening.values() for q in questions}:
        assert last_answer(bot.stream(question)).outcome == "answered"
    assert all(len(set(questions)) == CHIPS for questions in opening.values())

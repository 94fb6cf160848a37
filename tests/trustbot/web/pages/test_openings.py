"""Questions to begin with, as the page has them for who is asking."""

from __future__ import annotations

import threading

from trustbot.query.personas import PERSONAS
from trustbot.settings import Settings
from trustbot.web.chat.conversation import CHIPS, begin, starters
from trustbot.web.service import Service


def test_there_are_questions_to_begin_with_for_everybody(bot):
    service = Service(Settings(), lambda _: bot)
    assert service.keep_opening(threading.Event())
    opening = starters(service)
    assert set(opening) == {None, *PERSONAS}
    assert opening[None] == opening["other"]
    assert begin(opening, "program director").chips == opening["program director"]
    assert all(len(set(questions)) == CHIPS for questions in opening.values())

"""What later stages see of a message."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pytest

from trustbot.errors import ModelError
from trustbot.query.safety.stage import Safety, Screened
from trustbot.types import SafetyKind, Turn


class Marked:
    """Takes the word `grave` for distress, and fails at `broken`."""

    def kind_of(self, text: str, turns: Sequence[str]) -> SafetyKind | None:
        if "broken" in text:
            raise ModelError("The model is gone.")
        return "distress" if "grave" in text else None

    def is_sure(self, text: str, turns: Sequence[str]) -> bool:
        return "perhaps" not in text


class Jane:
    """Masks one name."""

    def mask(self, text: str, public: Collection[str] = ()) -> tuple[str, tuple[str, ...]]:
        return text.replace("Jane", "[NAME]"), ("NAME",) * ("Jane" in text)


STAGE = Safety(Marked(), Jane())


def test_question_and_earlier_questions_are_masked_and_answers_are_not() -> None:
    turns = (Turn("user", "Is Jane ready?"), Turn("bot", "Jane is a name."))
    assert STAGE.screen("Can Jane go alone?", turns) == Screened(
        "Can [NAME] go alone?",
        (Turn("user", "Is [NAME] ready?"), Turn("bot", "Jane is a name.")),
        masked=("NAME",),
    )


def test_a_kind_that_came_before_is_told_as_such() -> None:
    first = STAGE.screen("something grave")
    assert (first.kind, first.again) == ("distress", False)
    second = STAGE.screen("still grave", (Turn("user", "something grave"), Turn("bot", "…")))
    assert (second.kind, second.again) == ("distress", True)
    assert not STAGE.screen("an ordinary question", (Turn("user", "something grave"),)).again


def test_what_may_be_a_call_for_help_is_told_as_such() -> None:
    seen = STAGE.screen("perhaps grave")
    assert (seen.kind, seen.unsure) == (None, "distress")


def test_what_the_message_before_was_about_is_told() -> None:
    assert STAGE.screen("and then?", (Turn("user", "something grave"), Turn("bot", "…"))).before == "distress"
    assert STAGE.screen("and then?", (Turn("user", "something grave"), Turn("user", "fine"))).before is None


def test_what_can_not_be_screened_is_not_answered() -> None:
    with pytest.raises(ModelError):
        STAGE.screen("broken")

"""People keep their parts: who does a thing in a source does it in the sentence, in the active and in the passive."""

from __future__ import annotations

import pytest

from trustbot.text.terms import Vocabulary
from trustbot.verify.support.doings import swapped_parties
from trustbot.verify.support.roles import turned

PLAIN = Vocabulary({})


@pytest.mark.parametrize(
    ("sentence", "passage"),
    [
        ("The patients kept diaries about visits to the nurse.", "The nurse kept diaries about visits to patients."),
        ("The paper asks what teachers see as the hallmarks of a gifted student.",
         "The paper asks what students see as the hallmarks of a gifted teacher."),
        ("Parents prepare lunch, and children praise it.", "Lunch prepared by children is praised by parents."),
        ("Students quietly guide tutors before exams.", "Guide students before exams."),
        ("Surgeons' careful notes helped nurses.", "The surgeons thanked nurses for the nurses' careful notes."),
    ],
)  # fmt: skip
def test_people_who_change_places_are_seen(sentence: str, passage: str) -> None:
    assert swapped_parties(sentence, [passage], PLAIN)


@pytest.mark.parametrize(
    ("sentence", "passage"),
    [
        ("Diaries about visits to patients were kept by a nurse.", "A nurse kept diaries about visits to patients."),
        ("Nurses talk with parents about diets and risks.", "Talks allow nurses to discuss diets with parents."),
        ("Meals let parents and children share news.", "Meals let both children and parents share news."),
        ("Tutors should coach students before exams.", "Coach students before exams."),
        ("Patient-centred care by nurses saves time.", "Nurses save time by care that is patient-centred."),
        ("Parents like it when children prepare lunch.", "Lunch prepared by children is liked by parents."),
        ("The hospital asked nurse managers, who plan the shifts.", "The nurse managers plan the shifts."),
        ("Knowing little about the patients made triage hard for nurses.",
         "Nurses found triage hard when they knew little about the patients."),
    ],
)  # fmt: skip
def test_people_who_keep_their_places_are_left_alone(sentence: str, passage: str) -> None:
    assert swapped_parties(sentence, [passage], PLAIN) == ()


@pytest.mark.parametrize(
    ("sentence", "passage", "wrong"),
    [
        ("The verdict shapes the old rumours.",
         "The book traces old rumours to the press, and says that they shape the verdict.", True),
        ("Old rumours shape the verdict.",
         "The book traces old rumours to the press, and says that they shape the verdict.", False),
        ("Prices should be based on weight.", "Prices should rely on weight.", False),
        ("Guests can be themselves where there is music.", "Music gives a room where guests can be themselves.", False),
    ],
)  # fmt: skip
def test_what_a_pronoun_stands_for_does_what_it_does(sentence: str, passage: str, wrong: bool) -> None:
    assert bool(turned(sentence, [passage], PLAIN)) is wrong

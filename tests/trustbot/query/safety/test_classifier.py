"""Which kind a message is decided to be."""

from __future__ import annotations

import pytest

from trustbot.query.safety.classifier import LearnedClassifier, gravest, plain_kind
from trustbot.query.safety.model import KINDS, SafetyModel

THRESHOLDS = dict.fromkeys(KINDS, 0.5)


def of(**probabilities: float) -> dict[str, float]:
    return {**dict.fromkeys(KINDS, 0.0), **probabilities}


@pytest.mark.parametrize(
    ("kinds", "decided"),
    [
        (of(), None),
        (of(self_harm=0.9), "self_harm"),
        (of(distress=0.6, clinical=0.1), "distress"),
        (of(self_harm=0.3, distress=0.3), "self_harm"),
        (of(self_harm=0.2, distress=0.4), "distress"),
        (of(clinical=0.3, attack=0.15), None),
    ],
)
def test_what_is_torn_between_two_kinds_is_one_of_them(kinds: dict[str, float], decided: str | None) -> None:
    assert gravest(kinds, THRESHOLDS) == decided


@pytest.mark.parametrize(
    "text",
    [
        "i want to kill myself",
        "My co-intern says he’s going to end his life.",
        "kms fr this time",
        "She told me she wants to die",
        "I'm suicidal and on call",
        "quiero morirme",
        "he pensado en suicidarme",
    ],
)
def test_plain_words_need_no_learned_part(untaught_model: SafetyModel, text: str) -> None:
    assert LearnedClassifier(untaught_model).kind_of(text, ()) == "self_harm"


@pytest.mark.parametrize(
    "text",
    [
        "The rounds are killing me, any tips?",
        "I'm dying to be trusted with a procedure.",
        "How do I teach suicide prevention to students?",
        "We debriefed after a suicide on the ward.",
        "My attending killed my presentation.",
        "I could have died of shame in front of the team",
    ],
)
def test_figures_of_speech_are_not_plain_words(text: str) -> None:
    assert plain_kind(text) is None

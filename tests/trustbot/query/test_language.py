"""Which language a message is in: English however it is typed, or another one that nobody here reads."""

from __future__ import annotations

import pytest

from trustbot.presentation import wording
from trustbot.query.language import SCRIPTS, WORDED, foreign

ENGLISH = [
    "How does direct observation build trust?",
    "wat makes precptor trust hard",
    "preceptor trust resident autonomy entrustment EPA",
    "no",
    "ok thx",
    "trust",
    "Does Houldsworth or de Jong say more on this?",
    "[NAME] doesn't trust me",
    "¿?",
    "",
]


@pytest.mark.parametrize("message", ENGLISH)
def test_english_is_read_however_it_is_typed(message):
    assert foreign(message) is None


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("que hace un buen preceptor?", "es"),
        ("¿Cómo genera confianza la observación directa?", "es"),
        ("Comment gagner la confiance de mon superviseur ?", "fr"),
        ("Wie kann man das Vertrauen aufbauen?", "de"),
        ("Como eu posso ganhar a confiança dos residentes?", "pt"),
        ("Как завоевать доверие?", "ru"),
        ("كيف أبني الثقة مع المشرف؟", "ar"),
        ("信頼はどう築きますか", "ja"),
        ("怎样建立信任？", "zh"),
        ("신뢰를 어떻게 쌓나요?", "ko"),
        ("विश्वास कैसे बनाएँ?", "hi"),
    ],
)
def test_another_language_is_told_by_its_words_or_its_script(message, code):
    assert foreign(message) == code


def test_terms_and_names_in_english_do_not_make_it_english():
    assert foreign("¿Qué dice Houldsworth sobre el feedback y el entrustment?") == "es"


def test_every_language_that_is_told_has_a_sentence_and_each_sentence_is_in_its_own():
    assert set(wording.FOREIGN) == {*WORDED, *SCRIPTS.values()}
    assert {code: foreign(sentence) for code, sentence in wording.FOREIGN.items()} == {c: c for c in wording.FOREIGN}

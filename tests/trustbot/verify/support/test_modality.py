"""Room that a source leaves: each kind of it must be left by the sentence, and what is none needs no answer."""

from __future__ import annotations

import pytest

from trustbot.verify.support.modality import dropped_hedges


@pytest.mark.parametrize(
    ("sentence", "passage", "word"),
    [
        ("The resin hardens overnight.", "The resin can harden overnight.", "can"),
        ("According to the maker, the resin hardens overnight.", "The maker says that the resin may harden.", "may"),
        (
            "The manual says that vibration loosens the bolts.",
            "The manual says that vibration can loosen bolts.",
            "can",
        ),
        ("A late filing voids the claim.", "A late filing might void the claim.", "might"),
        ("Steam softens the crust and ruins the glaze.", "Steam can soften the crust.", "can"),
        (
            "Limited opportunities for appeal delay the case.",
            "Limited opportunities for appeal can delay a case.",
            "can",
        ),
        ("The beam, cast in May, cracked.", "The beam, perhaps cast in May, cracked.", "perhaps"),
        ("Courts reject such claims.", "Courts often reject such claims.", "often"),
        ("Slow dough can rest.", "The book argues that slow dough can rest.", "argues"),
        ("Slow kneading gives a finer crumb.", "The book argues that slow kneading gives a finer crumb.", "argues"),
    ],
)
def test_room_that_a_source_leaves_may_not_be_taken_away(sentence: str, passage: str, word: str) -> None:
    assert word in dropped_hedges(sentence, [passage])


@pytest.mark.parametrize(
    ("sentence", "passage"),
    [
        ("It is possible that the resin hardens overnight.", "The resin can harden overnight."),
        ("Vibration is able to loosen the bolts.", "Vibration can loosen the bolts."),
        ("Whatever happens, the damage is repairable.", "The damage can be repaired whatever happens."),
        ("Courts tend to reject such claims.", "Courts often reject such claims."),
        ("Most bridges were built of stone.", "Bridges were mostly built of stone."),
        ("According to the book, slow kneading gives a finer crumb.", "The book argues that slow kneading helps."),
        ("Slow kneading may help.", "The book argues that slow kneading may help."),
        ("The crumb is coarse.", "The crumb is coarse, as can be seen in the picture."),
        ("The tests measured no wear.", "The tests, as far as we could repeat them, measured no wear."),
        ("The bridge opened on 3 May 1931.", "The bridge opened in May 1931."),
        ("The bridge does not carry trucks.", "The bridge can't carry trucks."),
        ("The guide recommends resting the dough.", "The guide suggests that it may help to rest the dough."),
        ("Letters were found in the attic.", "Letters, perhaps forged by a clerk, were found in the attic."),
    ],
)
def test_room_that_is_left_in_other_words_is_left(sentence: str, passage: str) -> None:
    assert dropped_hedges(sentence, [passage]) == ()


def test_a_verb_that_a_source_asserts_elsewhere_may_be_asserted() -> None:
    passages = ["Rust can weaken the chain.", "Salt water weakens the chain within a season."]
    assert dropped_hedges("Salt water weakens the chain.", passages) == ()

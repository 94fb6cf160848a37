"""Contrasts and degrees: what a source sets aside may not be kept, and what is little so not be much so."""

from __future__ import annotations

import pytest

from trustbot.verify.support.contrast import turned_contrasts, turned_degrees
from trustbot.verify.support.idioms import unfold
from trustbot.verify.support.opposites import contradicting, plain


@pytest.mark.parametrize(
    ("sentence", "passage", "turned"),
    [
        ("The judge blamed the driver, not the maker.", "The judge blamed the maker, not the driver.", True),
        ("The judge blamed the driver rather than the maker.", "The judge blamed the maker, not the driver.", True),
        ("Use butter instead of oil.", "Use oil instead of butter.", True),
        ("It is not steel but iron.", "It is not iron but steel.", True),
        ("The judge blamed the maker rather than the driver.", "The judge blamed the maker, not the driver.", False),
        ("The judge blamed the maker.", "The judge blamed the maker, not the driver.", False),
        ("Not only the maker, but also the driver was blamed.", "The driver and the maker were blamed.", False),
    ],
)  # fmt: skip
def test_what_is_set_aside_is_not_what_is_kept(sentence: str, passage: str, turned: bool) -> None:
    assert bool(turned_contrasts(sentence, [passage])) is turned


@pytest.mark.parametrize(
    ("sentence", "passage", "turned"),
    [
        ("The method is well tested.", "The method is little tested.", True),
        ("The alloy is poorly understood.", "The alloy is well understood.", True),
        ("The method is hardly tested.", "The method is little tested.", False),
        ("The method, as well as the tool, is tested.", "The method is little tested.", False),
    ],
)
def test_much_is_not_little(sentence: str, passage: str, turned: bool) -> None:
    assert bool(turned_degrees(sentence, [passage])) is turned


def test_opposites_are_seen_in_plurals_and_comparatives() -> None:
    assert contradicting(["easier"], ["difficulties"]) == [("easier", "difficulties")]
    assert contradicting(["simple"], ["harder"]) == [("simple", "harder")]
    assert contradicting(["easier"], ["easy", "hard"]) == []
    assert {"easy", "easier"} <= plain("easier")


@pytest.mark.parametrize(
    ("sentence", "meant"),
    [
        ("Rust gets in the way of the valve.", "Rust hinders the valve."),
        ("The tests were carried out in spring.", "The tests were conducted in spring."),
        ("Heat softens wax, and not the other way round.", "Heat softens wax."),
        ("The law keeps ships from leaving.", "The law prevents ships from leaving."),
        ("The law keeps ships safe.", "The law keeps ships safe."),
        ("It is long in terms of miles.", "It is long of miles."),
        ("Carry the box out of the room.", "Carry the box out of the room."),
    ],
)
def test_a_phrase_is_read_as_the_verb_that_it_stands_for(sentence: str, meant: str) -> None:
    assert unfold(sentence) == meant

"""Quotes joined in one sentence: told one after the other they stand, tied to each other they fall."""

from __future__ import annotations

from typing import Any

import pytest

from trustbot.text.terms import Vocabulary, content_terms
from trustbot.verify.support.additions import added_comparisons
from trustbot.verify.support.alignment import align
from trustbot.verify.support.frames import framing
from trustbot.verify.support.joining import mixing
from trustbot.verify.support.listing import foreign_members

BRIDGE = ("The bridge has a steel deck and three spans.", "The bridge carries trams and bicycles.")
ADVICE = ("Rest the dough overnight in a cold room.", "Bake the loaf on a hot stone.")
COURT = ("The court heard nine witnesses.", "The court sits in a former granary near the harbour.")


@pytest.mark.parametrize(
    ("sentence", "passages"),
    [
        ("The bridge has three spans, and it carries trams and bicycles.", BRIDGE),
        ("The bridge, which has a steel deck and three spans, carries trams.", BRIDGE),
        ("The advice is to rest the dough overnight and to bake the loaf on a hot stone.", ADVICE),
        ("Recommended steps include resting the dough overnight and baking the loaf on a hot stone.", ADVICE),
        ("The court, which sits in a former granary near the harbour, heard nine witnesses.", COURT),
        (
            "Starters, mains and puddings are what the guests praised.",
            ("The guests praised the mains and the puddings.", "The guests praised the starters."),
        ),
        (
            "The bridge has a deck and does not carry trams.",
            ("The bridge has a deck of steel.", "The bridge does not carry trams."),
        ),
        ("The court heard nine witnesses and sits near the harbour in a former granary.", COURT),
    ],
)
def test_quotes_told_one_after_the_other_stand(embedder: Any, sentence: str, passages: tuple[str, ...]) -> None:
    assert mixing([align(sentence, [p], embedder) for p in passages], frozenset()) == ()


@pytest.mark.parametrize(
    ("sentence", "passages"),
    [
        ("The steel deck carries bicycles.", BRIDGE),
        ("A cold room heats the stone for the loaf.", ADVICE),
        ("Nine witnesses sit in a former granary.", COURT),
        ("Salt and yeast ruin the glaze.", ("Steam and yeast ruin the glaze.", "Salt is good for bread.")),
        ("Guests talk early with waiters.", ("Guests talk early with cooks.", "Waiters sing to the guests at noon.")),
        ("The bridge has three spans, which carry trams and bicycles.", BRIDGE),
        ("The court heard nine witnesses in a former granary near the harbour.", COURT),
    ],
)
def test_a_tie_that_no_quote_states_falls(embedder: Any, sentence: str, passages: tuple[str, ...]) -> None:
    assert mixing([align(sentence, [p], embedder) for p in passages], frozenset())


@pytest.mark.parametrize(
    ("sentence", "passage", "foreign"),
    [
        ("The stew has leeks, carrots and fennel.", "The stew has leeks, carrots and turnips.", ("fennel",)),
        ("The stew has carrots, leeks and turnips.", "The stew has leeks, carrots and turnips.", ()),
        ("The stew has leeks and carrots.", "The stew has leeks, carrots and turnips.", ()),
        ("Bring pens, paper and glue.", "The stew has leeks, carrots and turnips.", ()),
    ],
)
def test_a_list_takes_in_no_member(embedder: Any, sentence: str, passage: str, foreign: tuple[str, ...]) -> None:
    assert foreign_members(align(sentence, [passage], embedder), Vocabulary({})) == foreign


@pytest.mark.parametrize(
    ("sentence", "passage", "added"),
    [
        ("Humidity slows the clock, which runs less evenly.", "Humidity affects the clock.", ("less",)),
        ("The load makes the beam weaker.", "The load changes the beam.", ("weaker",)),
        ("The load makes the beam weaker.", "The load reduces the strength of the beam.", ()),
        ("The clock is more or less even.", "Humidity affects the clock.", ()),
    ],
)
def test_which_way_a_thing_goes_is_not_added(sentence: str, passage: str, added: tuple[str, ...]) -> None:
    assert added_comparisons(sentence, [passage]) == added


@pytest.mark.parametrize(
    ("sentence", "frame"),
    [
        (
            "According to the report by Miller and colleagues, bolts rust.",
            {"according", "report", "miller", "colleagues"},
        ),
        ("The advice is to oil the chain.", {"advice"}),
        ("Bolts rust, the authors point out.", {"authors", "point"}),
        ("One way to save money is to oil the chain.", set()),
        ("The report on rust is long.", set()),
        ("Salt and yeast are dear.", set()),
        ("Miller and colleagues weighed salt.", {"miller", "colleagues"}),
    ],
)
def test_only_the_frame_of_a_sentence_needs_no_source(sentence: str, frame: set[str]) -> None:
    terms = content_terms(sentence)
    assert {terms[i].text for i in framing(sentence, terms)} == frame

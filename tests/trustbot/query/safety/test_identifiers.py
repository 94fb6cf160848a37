"""Identifiers that their form shows, and how what was found is masked."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot.models.embedders import Embedder
from trustbot.query.safety.identifiers import Found, Identifiers
from trustbot.query.safety.model import TAGS, Heads, SafetyModel
from trustbot.query.safety.stage import Safety


@pytest.fixture(scope="session")
def by_form(untaught_model: SafetyModel) -> Identifiers:
    return Identifiers(untaught_model)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("write to jo.bloggs@ward.example.org please", "write to [CONTACT] please"),
        ("call me on (212) 555-0143.", "call me on [CONTACT]."),
        ("her number is 440-555-0119", "her number is [CONTACT]"),
        ("ring 555-0133 tonight", "ring [CONTACT] tonight"),
        ("+44 20 7946 0958 is the ward", "[CONTACT] is the ward"),
        ("SSN 078-05-1120", "SSN [NUMBER]"),
        ("npi 1234567893", "npi [NUMBER]"),
        ("card 4111 1111 1111 1111", "card [NUMBER]"),
        ("VIN 1HGCM82633A004352", "VIN [NUMBER]"),
        ("dob 3/4/1981", "dob [DATE]"),
        ("admitted 2024-03-09", "admitted [DATE]"),
        ("born on 4 March 1981", "born on [DATE]"),
        ("nació el 4 de marzo de 1981", "nació el [DATE]"),
        ("seen March 4th, 2024 in clinic", "seen [DATE] in clinic"),
        ("my 93-year-old patient", "my [AGE]-year-old patient"),
        ("from 192.168.12.7", "from [CONTACT]"),
        ("see face_photo.jpg", "see [FILE]"),
    ],
)
def test_forms_are_masked(by_form: Identifiers, text: str, masked: str) -> None:
    assert by_form.mask(text)[0] == masked


@pytest.mark.parametrize(
    "text",
    [
        "What does reference 4 say about 16 preceptors?",
        "Is Huggett 2008 older than Penner et al. 2022?",
        "ratios of 1:1, 1:2 and 2:1 in 2017-2020",
        "p < 0.05, 95 % CI 1.2-3.4, n = 1234",
        "room 12, bed 3, pages 404-410, at 7:30",
        "10 years in, PGY-2, 24/7 on call, 50/50 chance",
        "in March, on the 4th, on Monday",
        "doi 10.1186/s12909-019-1850-1",
        "a 64 year old teacher, 30 students, $300",
    ],
)
def test_ordinary_numbers_are_none(by_form: Identifiers, text: str) -> None:
    assert by_form.find(text) == []


def test_who_wrote_what_the_corpus_holds_is_named(safety: Safety) -> None:
    names = {"annwyne", "houldsworth"}
    kept = "What does Annwyne Houldsworth say?"
    assert safety.screen(kept, (), names).question == kept
    assert safety.screen("my patient Annwyne Marlowe fell", (), names).masked == ("NAME",)


def test_kinds_are_told_once_each_and_what_is_masked_stays(by_form: Identifiers) -> None:
    masked, kinds = by_form.mask("a@b.org or c@d.org, born 3/4/1981")
    assert masked == "[CONTACT] or [CONTACT], born [DATE]"
    assert kinds == ("CONTACT", "DATE")
    assert by_form.mask(masked) == (masked, ())


@given(st.text(max_size=200))
def test_masking_is_stable_and_finds_nothing_twice(by_form: Identifiers, text: str) -> None:
    found = by_form.find(text)
    assert all(a.end <= b.start for a, b in pairwise(found))
    masked, _ = by_form.mask(text)
    assert by_form.mask(masked)[0] == masked


def test_words_next_to_each_other_are_one_name(embedder: Embedder, untaught: Heads) -> None:
    tags = untaught.tags.copy()
    (pieces,) = embedder.token_vectors(["Jane Doe"])
    tags[TAGS.index("NAME"), :-1] = 80 * pieces.vectors.mean(0)
    tags[TAGS.index("NAME"), -1] = -25
    masker = Identifiers(SafetyModel(embedder, replace(untaught, tags=tags.astype(np.float32))))
    text = "“Jane Doe,” she said"
    name = next(f for f in masker.find(text) if f.kind == "NAME")
    assert Found(name.start, name.end, "NAME") == Found(1, 9, "NAME")

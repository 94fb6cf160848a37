"""Which fixed sentence a sentence is, and what fills its gaps."""

from __future__ import annotations

from string import Formatter

import pytest

from trustbot.presentation import templates, wording

TEMPLATES = sorted({text for _, text in templates.constants() if " " in text})


def names(template: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(template) if name is not None]


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_is_found_again_with_what_fills_it(template):
    gaps = {name: f"Gap“{name}”7" for name in names(template)}
    found = list(templates.filled(template.format(**gaps)))
    assert (template, gaps) in [(f.template, dict(f.gaps)) for f in found]


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_gap_stands_twice_in_a_template(template):
    assert len(set(names(template))) == len(names(template))


def test_constants_leave_out_symbols_and_months():
    found = dict(templates.constants())
    assert "January" not in found.values()
    assert "✓" not in found.values()
    told = {text for name, text in templates.constants() if name == "DIRECT"}
    assert told == set(wording.DIRECT.values()), "each sentence of a table is one"


@pytest.mark.parametrize(
    "sentence",
    ["", "Hello. Ask me about .", "Hello. Ask me about\na.", "THE SOURCES DON'T ANSWER THIS."],
)
def test_what_is_no_template_is_none(sentence):
    assert list(templates.filled(sentence)) == []


def test_a_gap_holds_no_more_than_is_asked_for():
    sentence = wording.GREETING.format(title="x" * 400)
    assert list(templates.filled(sentence)) == []
    assert [f.gaps["title"] for f in templates.filled(sentence, 400)] == ["x" * 400]


def test_the_template_with_the_most_words_of_its_own_comes_first():
    sentence = wording.UNCLEAR.format(examples="“a”")
    assert next(templates.filled(sentence)).template == wording.UNCLEAR

"""What trustbot says in an answer, in the reader's language: every template of `wording`, and nothing else."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot.presentation import templates, wording
from trustbot.types import Audit, Source
from trustbot.web.i18n import language, messages
from trustbot.web.i18n.said import LEADS, badge, checked, parts, said
from trustbot.web.pages import render

GAPS = {
    "examples": "“Open talk”, “early trust” or “<b>bold</b>”",
    "known": "1, 2 or 3",
    "check": "not confirmed",
    "identifiers": "a name; a date",
}
OURS = [
    (name, text)
    for name, text in templates.constants()
    if " " in text.strip() and name not in messages.UNTRANSLATED | {"ALSO", "ALSO_CAUTION"}
]


def fill(template: str) -> str:
    return templates.GAP.sub(lambda gap: GAPS.get(gap[1], "Xyz 7"), template).strip()


@pytest.fixture(autouse=True)
def _spanish():
    with language.using("es"):
        yield


@pytest.mark.parametrize(("name", "template"), OURS, ids=[f"{n}-{i}" for i, (n, _) in enumerate(OURS)])
def test_every_template_is_told_in_the_readers_language(name, template):
    english = fill(template)
    told = said(english)
    assert told != english
    known = language.catalogue("es")[template.strip()]
    fixed = [re.escape(part) for part in templates.GAP.split(known)[::2]]
    assert re.fullmatch(".+".join(fixed), told)
    for gap in templates.GAP.findall(template):
        if gap not in GAPS:
            assert "Xyz 7" in told


def test_what_joins_the_gaps_is_translated_and_what_stands_in_them_is_kept():
    told = said(wording.UNCLEAR.format(examples=wording.listing(["Feedback or none", "tick bites"])))
    assert told.endswith("“Feedback or none” o “tick bites”.")
    assert "or example" not in told
    known = wording.NO_REFERENCE.format(value="“7”", known="1, 2 or 3")
    assert "1, 2 o 3" in said(known)
    assert "“7”" in said(known)


def test_long_examples_are_told_too():
    told = said(wording.UNCLEAR.format(examples=wording.listing(["a heading of some length " * 12] * 3)))
    assert "Por ejemplo:" in told


def test_a_gap_that_holds_something_else_than_belongs_there_is_not_ours():
    sentence = wording.UNCLEAR.format(examples="<b>everything</b>")
    assert sentence.split("? ")[1] in said(sentence)


@pytest.mark.parametrize("check", ["partly", "not visible", "contradicted"])
def test_a_caution_is_told_and_its_reason_kept(check):
    caution = wording.caution(check, "It says (as a premise) only this.")
    assert said(caution) == f"({checked(check)}: It says (as a premise) only this.)"
    assert said(f"[3] {caution.strip('()')}") == f"[3] {checked(check)}: It says (as a premise) only this."


def test_several_sentences_are_told_one_by_one_and_a_strange_one_stays():
    told = said(f"{wording.NOT_COVERED} This is a stranger. {wording.NOTHING_MORE}\n{wording.THANKS}")
    assert told == (
        "Las fuentes no responden a esto. This is a stranger. "
        "Las fuentes no contienen sobre esto nada más que lo ya dado.\nDe nada."
    )


def test_in_english_nothing_changes():
    with language.using("en"):
        for _, template in templates.constants():
            assert said(template) == template


def test_the_parts_of_an_answer_are_all_of_it():
    audit = Audit("C1", "a b", 1, "not visible", "Why.", "who", notice="It says (once) less.")
    tail = f"{wording.also('One heading', None)} {wording.also('Other heading', audit)}"
    for lead in LEADS:
        pieces = list(parts(f"{lead}The article says so: it does [1]. {tail}"))
        assert [ours for _, ours in pieces] == [True, False, True, False, True, False]
        assert pieces[0][0] == language.translate(lead.strip()) + " "
        assert pieces[1][0] == "The article says so: it does [1]. "
        assert pieces[2][0] == "(También se dice en “One heading”.)"
        assert pieces[4][0] == (
            "(También se dice en “Other heading”, donde consta como no confirmada: It says (once) less.)"
        )


@given(st.text(max_size=200))
def test_what_nobody_fixed_comes_back_as_it_is(prose):
    with language.using("en"):
        assert "".join(piece for piece, _ in parts(prose)) == prose
    with language.using("es"):
        if not any(prose.startswith(lead) for lead in LEADS):
            assert "".join(piece for piece, _ in parts(prose)) == prose
        if "".join(prose.split()) and prose not in language.catalogue("es"):
            assert said(f"Zz {prose}").split() == f"Zz {prose}".split()


def test_a_hostile_sentence_becomes_no_markup_and_no_template():
    hostile = wording.GREETING.format(title="<img src=x onerror=alert(1)>{0}{x.__class__}")
    told = said(hostile)
    assert told != hostile
    assert "<img src=x onerror=alert(1)>{0}{x.__class__}" in told
    shown = render.failure(hostile)
    assert "<img" not in shown
    assert "&lt;img src=x" in shown
    assert told.split("<")[0] in shown


def test_a_long_stranger_is_looked_at_quickly():
    began = time.thread_time()
    said(wording.UNCLEAR.format(examples="“a”, “b” or " * 800))
    said(f"Hello. Ask me about {'x. ' * 1500}")
    assert time.thread_time() - began < 5  # of this thread's own work, whatever else the machine does


def test_a_badge_keeps_the_record_and_tells_the_rest():
    guidance = Source(
        *("g", 6, "T", (), None, None, "https://x.example", "l"),
        kind="guidance",
        status="pending human review",
        last_updated="2025-08-18",
    )
    assert badge(guidance) == "artículo web, pending human review, actualizado el 18 de agosto de 2025"
    with language.using("en"):
        assert badge(guidance) == wording.badge(guidance)

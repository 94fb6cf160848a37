"""Fixed sentences: whole ones, and no phrase that could be taken for a source's."""

from __future__ import annotations

import re
import string
from typing import Any, get_args

import pytest

from trustbot.presentation import wording
from trustbot.types import MARKER, Audit, Check, DocumentKind, SectionKind

SENTENCES = {
    name: value
    for name, value in vars(wording).items()
    if name.isupper() and isinstance(value, str) and value.endswith((".", "?"))
}


@pytest.mark.parametrize("name", SENTENCES)
def test_no_fixed_sentence_has_a_marker_or_a_loose_end(name: str) -> None:
    text = SENTENCES[name]
    assert not MARKER.search(text)
    assert "  " not in text
    assert "\n" not in text
    fields = [f for _, f, _, _ in string.Formatter().parse(text) if f is not None]
    assert all(re.fullmatch(r"[a-z]+", f) for f in fields)


def test_every_check_that_is_no_plain_yes_has_its_words() -> None:
    for check in get_args(Check):
        text = wording.caution(check, "The study says less.")
        assert "The study says less." in text
        assert text[0] + text[-1] == "()"
        if check != "supported":
            assert text.startswith(f"({wording.CHECKED[check]}")
    assert len(set(wording.CHECKED.values())) == len(wording.CHECKED)


def test_a_note_a_page_fact_and_a_disclaimer_are_told_from_a_finding() -> None:
    leads = {(d, s): wording.lead(d, s) for d in get_args(DocumentKind) for s in get_args(SectionKind)}
    assert leads["article", "statement"] == leads["full text", "prose"] == ""
    assert {v for (d, _), v in leads.items() if d == "note"} == {wording.NOTE_LEAD}
    assert len({leads["note", "prose"], leads["article", "page"], leads["article", "disclaimer"], ""}) == 4


def test_items_are_listed_in_words() -> None:
    assert wording.listing(["a"]) == "“a”"
    assert wording.listing(["a", "b"]) == "“a” or “b”"
    assert wording.listing(["a", "b", "c"], "and") == "“a”, “b” and “c”"


def test_a_direct_line_says_no_more_than_the_audit(index: Any) -> None:
    audits: tuple[Audit, ...] = index.corpus.audits
    for audit in audits:
        line = wording.direct(audit)
        assert line in wording.DIRECT.values()
        assert (line == wording.DIRECT["supported"]) == (audit.check == "supported" and not audit.notice)
    assert wording.direct(None) != wording.DIRECT["supported"]

"""What lies near a question that nothing answers, as markup: all of it there, and none of it like an answer."""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape
from typing import Any

import pytest

from trustbot.presentation import wording
from trustbot.types import Answer
from trustbot.web.i18n import language
from trustbot.web.pages import render
from trustbot.web.pages.closest_view import closest
from trustbot.web.pages.document_page import document_link


@pytest.fixture
def near(world: Any) -> Answer:
    answer: Answer = world.closest()
    return answer


def items(markup: str) -> list[str]:
    return re.findall(r"<li.*?</li>", markup)


def test_each_quote_has_its_number_kind_study_caution_and_place(near: Answer) -> None:
    shown = items(closest(near.closest))
    assert len(shown) == 3
    for item, citation in zip(shown, near.closest, strict=True):
        assert f"[{citation.number}]" in item
        assert f"“{citation.quote.text}”" in item
        assert citation.source.study is not None
        assert citation.source.study.summary in item
        assert f'href="{escape(document_link(citation))}"' in item
    assert near.closest[0].audit is not None
    assert "◐ Only partly supported" in shown[0]
    assert near.closest[0].audit.notice in shown[0]
    assert '<details class="tb-over' in shown[0]
    assert "<details" not in shown[1]
    assert "Our note" in shown[2]
    assert "Article" in shown[0]


def test_a_finding_without_a_notice_is_told_by_its_reason(near: Answer) -> None:
    audit = near.closest[0].audit
    assert audit is not None
    bare = replace(near.closest[0], audit=replace(audit, notice=None))
    assert audit.reason in closest([bare])


def test_it_stands_under_its_sentence_and_looks_like_no_answer(world: Any, near: Answer) -> None:
    shown = render.answer(near, world.corpus, 4)
    assert 'class="tb-a tb-closest" id="tb-a4"' in shown
    assert shown.index("Not answered") < shown.index(wording.CLOSEST) < shown.index("tb-near") < shown.index("tb-scope")
    for part in ("tb-cite", 'tb-ev"', "tb-work", "tb-copy", "tb-answered", "tb-more"):
        assert part not in shown
    assert shown.count("<li") == 3
    assert "tb-share" in shown
    assert "tb-judge" in shown


def test_where_nothing_is_near_nothing_is_shown(world: Any) -> None:
    assert closest(()) == ""
    assert "tb-near" not in render.answer(world.abstained(), world.corpus, 0)


def test_read_aloud_its_parts_stand_apart(near: Answer) -> None:
    plain = re.sub(r"<[^>]*>", "", closest(near.closest))
    assert f"[2] Article “{near.closest[0].quote.text}” " in plain


def test_in_another_language_the_words_of_the_sources_are_marked(world: Any, near: Answer) -> None:
    with language.using("es"):
        shown = render.answer(near, world.corpus, 0)
    assert "Nada en las fuentes responde a esto directamente." in shown
    assert wording.CLOSEST not in shown
    assert f'<blockquote lang="en">“{near.closest[1].quote.text}”</blockquote>' in shown


def test_markup_in_a_quote_is_inert(near: Answer) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    audit = near.closest[0].audit
    assert audit is not None
    source = replace(near.closest[0].source, study=None, status=hostile)
    shown = closest([replace(near.closest[0], source=source, audit=replace(audit, notice=hostile))])
    assert "<img" not in shown
    assert shown.count("&lt;img") == 2

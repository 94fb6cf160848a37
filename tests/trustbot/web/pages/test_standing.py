"""The article's own standing: what its page said, nothing marked that nobody saw, markup that Gradio keeps."""

from __future__ import annotations

import re
from dataclasses import replace

from trustbot.types import Corpus
from trustbot.web.i18n import words
from trustbot.web.pages.standing import standing

BUILT = "2026-11-22T10:00:00Z"
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>\n\n# no'


def guided(corpus: Corpus, **changes: object) -> Corpus:
    """The corpus with a guidance that has these facts."""
    sources = tuple(replace(s, **changes) if s.kind == "guidance" else s for s in corpus.sources)  # type: ignore[arg-type]
    return replace(corpus, sources=sources)


def summary(shown: str) -> str:
    return re.sub(r"<[^>]+>", " ", shown[: shown.index("</summary>")])


def test_the_line_in_view_has_the_status_and_the_date_and_the_rest_is_behind_it(index):
    shown = standing(index.corpus, BUILT)
    assert "pending human review" in summary(shown)
    assert "Updated 18 August 2025" in summary(shown)
    behind = shown[shown.index("</summary>") : shown.index("</details>")]
    steps = re.findall(r"<li><span>([^<]*)</span></li>", behind)
    assert steps == ["Submitted", "Under Review", "Approved"]
    assert "doesn’t show which step was reached. The page says: pending human review." in behind
    assert f"Corpus {index.corpus.version}, indexed 22 November 2026" in behind


def test_no_step_is_marked_unless_the_corpus_says_which(index):
    assert words.STANDING_REACHED not in re.sub("reached. The page", "", standing(index.corpus, BUILT))
    shown = standing(guided(index.corpus, review_step="Under Review"), BUILT)
    assert re.findall(r'<li class="tb-stand-reached"><span>([^<]*)</span> <b>reached</b></li>', shown) == [
        "Under Review"
    ]
    assert "doesn’t show" not in shown


def test_it_leads_to_the_article_the_audit_and_the_browse_page(index):
    shown = standing(index.corpus, BUILT)
    address = next(s.address for s in index.corpus.sources if s.kind == "guidance")
    assert f'href="{address}"' in shown
    assert f'<a href="audit" target="_blank" rel="noopener">{words.AUDIT_LINK}</a>' in shown
    assert f'<a href="browse" target="_blank" rel="noopener">{words.BROWSE_LINK}</a>' in shown
    here = standing(index.corpus, BUILT, in_chat=False)
    assert 'href="browse"' not in here
    assert f'href="{address}"' in here


def test_it_keeps_to_what_gradio_lets_through_and_to_one_line(index):
    shown = standing(guided(index.corpus, status=HOSTILE, review_steps=(HOSTILE,)), BUILT)
    assert "\n" not in shown
    kept = {"class", "id", "href", "title", "role", "rel", "target"}
    assert set(re.findall(r' ([\w-]+)="', re.sub(r"&quot;.*?&gt;", "", shown))) <= kept
    assert "<script" not in shown
    assert "<img" not in shown


def test_facts_that_nobody_saw_are_left_out(index):
    bare = standing(guided(index.corpus, status=None, last_updated=None, review_steps=()), BUILT)
    assert words.STATUS_UNKNOWN in summary(bare)
    assert "Updated" not in bare
    assert "<ol" not in bare
    unsaid = standing(guided(index.corpus, status=None), BUILT)
    assert words.STANDING_UNKNOWN_PLAIN in unsaid
    assert "The page says" not in unsaid


def test_a_corpus_without_a_guidance_has_its_version_only(index):
    works = tuple(s for s in index.corpus.sources if s.kind == "work")
    notes = tuple(d for d in index.corpus.documents if d.kind == "note")
    shown = standing(replace(index.corpus, sources=works, documents=notes, audits=()), BUILT)
    assert "<details" not in shown
    assert "indexed 22 November 2026" in shown
    assert words.BROWSE_LINK_SOURCES in shown
    assert "audit" not in shown

"""What a reader sees before anything was asked: a name, the article as a link, choices behind one button."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from trustbot.web.i18n import language
from trustbot.web.pages import boot, front

BUILT = "2026-11-22T10:00:00Z"
TITLE = "What is the importance of building trust?"


def plain(shown: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", shown).split())


@pytest.mark.parametrize("shown", [lambda corpus: front.header(corpus, BUILT), boot.shell])
def test_the_heading_is_the_name_and_no_question(world, shown):
    headings = re.findall(r"<h\d[^>]*>(.*?)</h\d>", shown(world.corpus))
    assert headings == ["trustbot"]
    assert "with the source of each sentence. It gives no advice of its own." in plain(shown(world.corpus))


def test_the_article_is_a_link_beside_its_status_date_and_version(world):
    shown = front.header(world.corpus, BUILT)
    assert re.search(rf'<a href="https://articles\.example\.org/267765"[^>]*>{re.escape(TITLE)}</a>', shown)
    assert plain(shown).index(f"The article: {TITLE}") < plain(shown).index("pending human review")
    for fact in ("18 August 2025", "2025-08-18", "22 November 2026"):
        assert fact in plain(shown)


def test_an_article_without_an_address_leads_to_what_is_stored_of_it(world):
    sources = tuple(replace(s, address="") for s in world.corpus.sources)
    shown = front.header(replace(world.corpus, sources=sources), BUILT)
    assert f'<a href="browse">{TITLE}</a>' in shown


def test_a_corpus_without_guidance_is_named_by_its_own_title(world):
    corpus = replace(world.corpus, title="Notes", sources=world.corpus.sources[:1])
    shown = front.header(corpus, BUILT)
    assert "Answers from “Notes”" in shown
    assert "article" not in plain(shown).replace("Browse the article", "")


def test_the_box_says_what_to_ask_about_in_the_readers_language(world):
    corpus = replace(world.corpus, title="Notes")
    assert front.placeholder(corpus) == "Ask about “Notes”"
    with language.using("es"):
        assert front.placeholder(corpus) == "Pregunte en inglés sobre «Notes»"


def test_the_other_languages_are_behind_the_button_without_a_script():
    shown = front.options()
    assert "Options" in plain(shown[: shown.index("</summary>")])
    assert re.search(r'<a lang="es"[^>]*>Español</a>', shown[shown.index("</summary>") :])

"""The page before the chat is there: what it shows, and data that can't become markup."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from trustbot.types import Corpus
from trustbot.web.feedback import judgements
from trustbot.web.i18n import english
from trustbot.web.pages import boot


def data(block: str) -> object:
    return json.loads(re.fullmatch(r"<script[^>]*>(.*)</script>\n", block, re.DOTALL)[1])


def test_the_page_can_be_typed_into_before_the_chat_is_there(world):
    shown = boot.shell(world.corpus)
    assert "For education only" in shown
    assert "<h1>trustbot</h1>" in shown
    assert f'placeholder="Ask about “{world.corpus.title}”"' in shown
    assert 'name="q"' in shown


def test_markup_in_a_title_is_only_text(world):
    corpus: Corpus = replace(world.corpus, title="<script>alert(1)</script>", sources=())
    assert "<script>alert" not in boot.shell(corpus)


def test_the_script_gets_every_word_it_shows_and_says_what_is_kept():
    told = data(boot.script_words("preceptor-trust", english.FEEDBACK_KEPT, 2000))
    assert told["limit"] == 2000
    assert english.SCRIPT.items() <= told.items()
    assert told["corpus"] == "preceptor-trust"
    assert told["feedbackKept"].endswith("Your question is not kept.")
    assert {o: tuple(r) for o, r in told["reasons"].items()} == dict(judgements.REASONS)
    assert told["comment"] == ""
    assert "at most 500" in data(boot.script_words("x", english.FEEDBACK_KEPT, 1, comments=True))["comment"]
    assert "as you typed it" in data(boot.script_words("x", english.FEEDBACK_KEPT_QUESTION, 1))["feedbackKept"]


def test_the_script_names_no_word_that_is_not_there(repository):
    static = repository / "src" / "trustbot" / "web" / "static"
    code = "\n".join(f.read_text("utf-8") for f in (static / "chat.js", *sorted((static / "chat").glob("*.js"))))
    told = data(boot.script_words("x", english.FEEDBACK_KEPT, 1))
    used = set(re.findall(r"\bwords\.(\w+)", code))
    assert used == set(told), used ^ set(told)


@given(st.text())
def test_nothing_in_the_data_can_end_its_block(text):
    block = boot.data_block("tb-x", {"text": text})
    assert data(block) == {"text": text}
    ended = []
    reader = HTMLParser()
    reader.handle_endtag = ended.append
    reader.feed(block)
    assert ended == ["script"]
    assert "\u2028" not in block

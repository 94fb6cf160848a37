"""What a reader sees before anything was asked: a name, what it is and is not, the article beside its standing, and the
choices behind one button.

In: the corpus and when its index was built. Out: one line of markup, or plain text for attributes. Nothing here reads
like a question that was asked: the article's title, which may be one, is a link.
"""

from __future__ import annotations

from trustbot.types import Corpus
from trustbot.web.http import pages
from trustbot.web.http.markup import element, text
from trustbot.web.i18n import words
from trustbot.web.pages.standing import standing


def header(corpus: Corpus, built_at: str) -> str:
    """The name, what it is, and the standing of the guidance; `built_at` is ISO 8601."""
    return element("div", name(corpus) + standing(corpus, built_at), "tb-head")


def name(corpus: Corpus) -> str:
    """The name as the page's heading, and one line of what this is and is not."""
    works = sum(s.kind == "work" for s in corpus.sources)
    guided = any(s.kind == "guidance" for s in corpus.sources)
    about = words.ABOUT.format(works=works) if guided else words.ABOUT_SOURCES.format(title=corpus.title)
    return element("h1", text(words.PRODUCT)) + element("p", text(about), "tb-about")


def placeholder(corpus: Corpus) -> str:
    """What the question box says while it is empty: what to ask about."""
    return words.PLACEHOLDER.format(title=corpus.title)


def options() -> str:
    """The button behind which the page's choices are: its language here, what scripts offer beside it.

    It works without a script, and needs one for nothing but what the script adds. Not for Gradio's cleaning, which
    would open the other language in a tab of its own; nothing in it comes from outside.
    """
    label = element("summary", text(words.OPTIONS) + element("span", "", "tb-options-who"))
    return element("details", label + element("div", pages.languages(), "tb-options-body"), "tb-options")

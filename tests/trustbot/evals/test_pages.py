from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from trustbot.evals import plots
from trustbot.evals.pages import Block, Figure, Fold, Heading, Paragraph, Table, to_html, to_markdown

HOSTILE = '<img src=x onerror="alert(1)"> | [a](http://evil.example) `x` *y* ![p](http://evil.example/p.png)'
BLOCKS: list[Block] = [
    Heading("Figures"),
    Paragraph("Plain & simple."),
    Table(("category", "hit"), (("single", "0.9"), (HOSTILE, "1"))),
    Figure("data:image/svg+xml;base64,AAAA", "a picture"),
    Fold("one miss", (("asked", HOSTILE), ("text", "two\nlines"))),
]


class Elements(HTMLParser):
    """Collects start tags with their attributes, and whether every tag is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_markup_in_a_question_is_inert() -> None:
    page = Elements(to_html(HOSTILE, BLOCKS))
    assert page.open == []
    assert [attrs["src"] for tag, attrs in page.found if tag == "img"] == ["data:image/svg+xml;base64,AAAA"]
    assert not any(name.startswith("on") for _, attrs in page.found for name in attrs)
    assert not any(tag in ("script", "a", "link", "iframe") for tag, _ in page.found)


def test_the_page_forbids_itself_to_load_anything() -> None:
    policy = next(a["content"] for t, a in Elements(to_html("x", [])).found if a.get("http-equiv"))
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@given(st.text(max_size=80))
def test_any_text_gives_a_well_formed_page(text: str) -> None:
    page = Elements(to_html(text, [Paragraph(text), Fold(text, ((text, text),)), Table((text, "n"), ((text, text),))]))
    assert page.open == []
    assert [
        tag for tag, _ in page.found if tag not in ("html", "head", "body", "meta", "title", "style", "main", "h1")
    ] == (
        [
            "p",
            "details",
            "summary",
            "dl",
            "dt",
            "dd",
            "div",
            "table",
            "thead",
            "tr",
            "th",
            "th",
            "tbody",
            "tr",
            "th",
            "td",
        ]
    )


def test_markdown_keeps_its_tables_whole() -> None:
    text = to_markdown("Title", BLOCKS)
    assert text.startswith("# Title\n\n## Figures\n\nPlain &amp; simple.\n")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert [len(re.findall(r"(?<!\\)\|", row)) for row in rows] == [3, 3, 3, 3]
    assert "<img" not in text
    assert "!\\[p]" in text
    assert "data:" not in text


def test_columns_of_words_stand_to_the_left() -> None:
    words, figures = Table(("a", "b"), (("1", "2"),), numeric=False), Table(("a", "b"), (("1", "2"),))
    assert "| --- | --- |" in to_markdown("x", [words])
    assert "| --- | ---: |" in to_markdown("x", [figures])
    assert '<table class="figures">' in to_html("x", [figures])
    assert '<table class="figures">' not in to_html("x", [words])


def test_pictures_are_the_same_for_the_same_figures() -> None:
    bins = [{"predicted": 0.2, "observed": 0.1, "items": 3}, {"predicted": 0.8, "observed": 0.9, "items": 9}]
    first = plots.reliability(bins)
    assert first.startswith("data:image/svg+xml;base64,")
    assert plots.reliability(bins) == first

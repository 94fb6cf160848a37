"""One record in five formats: all of it is there, and nothing in it can become markup."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from trustbot.errors import InvalidInput
from trustbot.presentation import wording
from trustbot.records import formats, layout
from trustbot.records.markdown import markdown
from trustbot.records.markdown import text as inert
from trustbot.records.page import page
from trustbot.records.record import Origin, Record, RecordedNotice, of_answers
from trustbot.types import GIVEN

NASTY = [
    "<script>alert(1)</script>",
    "](https://evil.example) [x](javascript:alert(1)) ![y](//evil.example/z.png)",
    "# heading\n- item\n1. one\n> quote\n```\ncode\n```",
    "*a* _b_ `c` ~~d~~ &lt;e&gt; <f@g.example> | h |",
    "</style></title><img src=x onerror=alert(1)>",
    "[1]: https://evil.example",
]
ALLOWED = set(
    "html head meta title style body main header h1 h2 p dl dt dd section span b div figure figcaption blockquote ol "
    "li footer br".split()
)


class Page(HTMLParser):
    """Every element of a page, and the text outside its style."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def everything(record: Record) -> list[str]:
    """Each text that an export for reading must show."""
    texts = [record.disclaimer, record.scope, record.corpus.fingerprint, record.product.version]
    for turn in record.turns:
        texts += [turn.question, turn.reason or ""]
        texts += [line.removeprefix("- ") for line in turn.text.split("\n") if turn.outcome in GIVEN]
        for c in turn.quotes:
            texts += [c.quote, c.document_hash, f"characters {c.start}–{c.end}", *c.section]
            texts += [c.audit.reason, c.audit.direction, c.audit.notice or ""] if c.audit else []
    texts += [w.title for w in record.works] + [w.study.design for w in record.references if w.study]
    return [" ".join(text.split()) for text in texts]


def test_the_page_shows_everything_and_loads_and_runs_nothing(made: Record) -> None:
    source = page(made)
    shown = " ".join(Page(source).text.split())
    assert [text for text in everything(made) if text not in shown] == []
    assert set(Page(source).tags) <= ALLOWED
    assert not {"src", "href", "onclick", "style"} & Page(source).attributes
    assert "@import" not in source
    assert "url(" not in source
    assert "default-src 'none'" in source
    assert source.count(layout.NOT_ANSWERED) == sum(t.outcome not in GIVEN for t in made.turns)


def test_markdown_shows_everything(made: Record) -> None:
    shown = " ".join(Page(MarkdownIt().render(markdown(made))).text.split())
    assert [text for text in everything(made) if text not in shown] == []


@pytest.mark.parametrize("nasty", NASTY)
def test_nothing_in_a_record_becomes_markup(made: Record, nasty: str) -> None:
    notice = RecordedNotice("partial", nasty)
    citation = replace(made.turns[0].citations[0], quote=nasty, section=(nasty,), document=nasty, document_hash=nasty)
    answered = replace(made.turns[0], question=nasty, standalone=nasty * 2, notices=(notice,), citations=(citation,))
    declined = replace(made.turns[6], question=nasty, reason=nasty)
    works = tuple(replace(w, title=nasty, authors=(nasty,), container=nasty, confidence=nasty) for w in made.works)
    near = replace(made.turns[-1], closest=(citation,))
    hostile = replace(made, turns=(answered, declined, near), works=works, disclaimer=nasty, scope=nasty)
    parsed = Page(page(hostile))
    assert set(parsed.tags) <= ALLOWED
    assert not {"src", "href", "onerror"} & parsed.attributes
    rendered = Page(MarkdownIt("gfm-like", {"linkify": False}).render(markdown(hostile)))
    kept = {"h1", "h2", "p", "strong", "em", "ul", "li", "br", "hr", "blockquote"}
    assert set(rendered.tags) <= kept
    assert rendered.tags.count("h2") == 4


@settings(max_examples=300)
@given(value=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=80))
def test_inert_text_is_the_same_text_on_one_line(value: str) -> None:
    flat = " ".join(value.split())
    rendered = MarkdownIt("gfm-like", {"linkify": False}).render(f"- {inert(value)}")
    parsed = Page(rendered)
    assert set(parsed.tags) <= {"ul", "li"}
    assert " ".join(parsed.text.split()) == flat


def test_what_is_only_near_stands_under_the_sentence_that_says_so(made: Record) -> None:
    turn = made.turns[-1]
    near = replace(made, turns=(turn,))
    source = page(near)
    assert source.count('<figure class="near') == len(turn.closest) == 3
    assert '<figure class="quote' not in source
    assert 'class="statement"' not in source
    told = markdown(near)
    for shown in (Page(source).text, told):
        assert shown.index(layout.NOT_ANSWERED) < shown.index(wording.CLOSEST)
        for citation in turn.closest:
            assert shown.index(wording.CLOSEST) < shown.index(citation.quote)
        assert turn.closest[0].audit is not None
        assert turn.closest[0].audit.notice in " ".join(shown.split())
        assert layout.NOTHING_CITED in shown


def test_what_is_only_near_is_no_reference(made: Record) -> None:
    near = replace(made, turns=(made.turns[-1],))
    assert near.works
    assert near.references == ()
    assert formats.FORMATS["ris"].render(near).strip() == ""
    assert json.loads(formats.FORMATS["csl"].render(near)) == []


def test_the_help_text_is_quoted_and_is_no_reference(world: Any) -> None:
    origin = Origin(world.corpus.id, world.corpus.title, world.corpus.version, "en", "f00d", "2026-11-22T10:00:00Z")
    record = of_answers([("What may I type?", world.helped()), ("How?", world.answered())], world.corpus, origin)
    assert [w.kind for w in record.works] == ["work", "work", "guidance", "help"]
    assert [w.number for w in record.references] == [2, 4, 6]
    for shown in (page(record), markdown(record)):
        assert layout.KIND["help"] in shown
        assert "Type nothing that could identify a patient" in shown
        listed = shown[shown.index(layout.WORKS) :]
        assert "Help:" not in listed
        assert "[7]" not in listed
    for name in ("ris", "csl"):
        assert "Help" not in formats.FORMATS[name].render(record)


def test_a_follow_up_shows_what_it_was_understood_as(made: Record) -> None:
    turn = replace(made.turns[0], question="and why?", standalone="Why does trust matter?")
    assert "Understood as: Why does trust matter?" in Page(page(replace(made, turns=(turn,)))).text
    assert "Why does trust matter?" in markdown(replace(made, turns=(turn,)))


def test_a_conversation_without_a_quote_can_be_exported_too(made: Record) -> None:
    empty = replace(made, turns=(made.turns[6],), works=())
    for chosen in formats.FORMATS.values():
        assert chosen.render(empty) is not None
    assert layout.NOTHING_CITED in page(empty)
    assert layout.NOTHING_CITED in markdown(empty)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.md", "md"), ("a.HTML", "html"), ("a.json", "json"), ("a.csl.json", "csl"), ("a.b.ris", "ris")],
)
def test_the_file_name_decides_the_format(made: Record, tmp_path: Path, name: str, expected: str) -> None:
    path = tmp_path / name
    formats.write(made, path)
    assert path.read_text(encoding="utf-8") == formats.FORMATS[expected].render(made).replace("\r\n", "\n")
    assert formats.file_name(made, formats.FORMATS[expected]).endswith(formats.FORMATS[expected].suffix)


def test_csl_json_lists_the_works(made: Record) -> None:
    items: list[dict[str, Any]] = json.loads(formats.FORMATS["csl"].render(made))
    assert [item["id"] for item in items] == [w.id for w in made.references]
    assert len(items) > 1


@pytest.mark.parametrize("name", ["a", "a.pdf", ".md", "a.md.txt"])
def test_a_name_without_a_known_suffix_is_one_sentence(made: Record, tmp_path: Path, name: str) -> None:
    with pytest.raises(
        InvalidInput, match=r"has no suffix that says .* one of \.md, \.html, \.json, \.ris, \.csl\.json"
    ):
        formats.write(made, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_can_not_be_written_is_one_sentence(made: Record, tmp_path: Path) -> None:
    (tmp_path / "kept.md").write_text("mine", encoding="utf-8")
    (tmp_path / "folder.md").mkdir()
    with pytest.raises(InvalidInput, match="already exists and was left as it is"):
        formats.write(made, tmp_path / "kept.md")
    assert (tmp_path / "kept.md").read_text(encoding="utf-8") == "mine"
    with pytest.raises(InvalidInput, match="is a folder"):
        formats.write(made, tmp_path / "folder.md", force=True)
    with pytest.raises(InvalidInput, match="There is no folder"):
        formats.write(made, tmp_path / "none" / "a.md")
    with pytest.raises(InvalidInput, match=r"can't be written \(.+\)"):
        formats.write(made, Path("/proc/a.md"))
    formats.write(made, tmp_path / "kept.md", force=True)
    assert "# Record of a conversation" in (tmp_path / "kept.md").read_text(encoding="utf-8")

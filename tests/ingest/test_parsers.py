"""Parsers: a document's text is its file's, and every section is a span of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.manifest import DocumentEntry, Manifest
from ingest.parsers import parse, read_document
from ingest.parsers.markdown import clean
from trustbot.errors import InvalidInput
from trustbot.types import Document, Section, SectionKind, sha256_text

MARKDOWN = """\
# The page

Page facts.

## First part

Opening of the first part.

### Inner

- an item [1]

## Second part ##

```sh
# a comment, not a heading
~~~
```

#no heading
    # nor this

### Small print

Careful.

#### Deeper

More care.

##
After a heading without words.
"""


def entry(path: Path, media_type: str = "text/markdown", **sections: SectionKind) -> DocumentEntry:
    return make(path, media_type, {k.replace("_", " "): v for k, v in sections.items()})


def make(path: Path, media_type: str, sections: Mapping[str, SectionKind]) -> DocumentEntry:
    return DocumentEntry("doc", "src", "full text", "Title", media_type, "CC0", path, sections)


def run(
    path: Path, data: bytes, media_type: str = "text/markdown", **sections: SectionKind
) -> tuple[Document, tuple[Section, ...]]:
    path.write_bytes(data)
    return parse(entry(path, media_type, **sections))


def test_headings_make_paths_and_the_only_title_is_left_out(tmp_path: Path) -> None:
    document, sections = run(tmp_path / "a.md", MARKDOWN.encode())
    assert [(s.headings, s.text.split("\n")[0]) for s in sections] == [
        ((), "Page facts."),
        (("First part",), "Opening of the first part."),
        (("First part", "Inner"), "- an item [1]"),
        (("Second part",), "```sh"),
        (("Second part", "Small print"), "Careful."),
        (("Second part", "Small print", "Deeper"), "More care."),
        ((), "After a heading without words."),
    ]
    assert [s.ordinal for s in sections] == list(range(7))
    assert "#no heading\n    # nor this" in sections[3].text
    assert (document.id, document.source_id, document.kind, document.licence) == (
        "doc",
        "src",
        "full text",
        "CC0",
    )


def test_two_titles_are_headings_like_any_other(tmp_path: Path) -> None:
    _, sections = run(tmp_path / "a.md", b"# One\ntext\n## Sub\nmore\n# Two\nend", One="disclaimer")
    assert [(s.headings, s.kind) for s in sections] == [
        (("One",), "disclaimer"),
        (("One", "Sub"), "disclaimer"),
        (("Two",), "prose"),
    ]


def test_kinds_are_inherited_but_not_from_the_title(tmp_path: Path) -> None:
    kinds: dict[str, SectionKind] = {"The_page": "page", "Small_print": "disclaimer"}
    _, sections = run(tmp_path / "a.md", MARKDOWN.encode(), **kinds)
    assert [s.kind for s in sections] == [
        "page",
        "prose",
        "prose",
        "prose",
        "disclaimer",
        "disclaimer",
        "prose",
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("media_type", ["text/markdown", "text/plain"])
def test_line_ends_and_byte_order_mark_make_no_difference_and_offsets_hold(
    tmp_path: Path, newline: str, mark: str, media_type: str
) -> None:
    data = (mark + MARKDOWN.replace("\n", newline)).encode()
    document, sections = run(tmp_path / "a", data, media_type)
    assert document.text == MARKDOWN, "the hash of a file of plain text is the document's"
    assert document.content_hash == sha256_text(MARKDOWN)
    for s in sections:
        assert document.text[s.start : s.start + len(s.text)] == s.text == s.text.strip()
        assert "\ufeff" not in s.text
    if media_type == "text/markdown":
        assert [s.headings for s in sections][1:3] == [("First part",), ("First part", "Inner")]


def test_plain_text_is_one_section_whatever_it_looks_like(tmp_path: Path) -> None:
    _, (only,) = run(tmp_path / "a.txt", b"\n\n# Not a heading\n\ntext\n", "text/plain")
    assert (only.headings, only.text, only.start) == ((), "# Not a heading\n\ntext", 2)


@pytest.mark.parametrize(
    ("data", "media_type", "reason"),
    [
        (b"\xff\xfe\x00", "text/plain", r"a begins as UTF-16-LE and is not at byte 2\. Save it"),
        (
            "Привет, сестра".encode("cp1251"),
            "text/plain",
            r"a is not UTF-8 at byte 0, nor is it Windows-1252\. Save it",
        ),
        (b"a \x81 b", "text/plain", r"a is not UTF-8 at byte 2, nor is it Windows-1252\. Save it"),
        (b"text \x00 text", "text/markdown", "binary data"),
        (b" \r\n\t\n", "text/plain", "a is empty"),
        (b"# Only\n## headings\n", "text/markdown", "holds no text"),
        (b"%PDF", "application/x-unknown", r"application/x-unknown.*Convert it to one of .*text/plain"),
    ],
)
def test_what_can_not_be_read_is_refused_with_a_reason(
    tmp_path: Path, data: bytes, media_type: str, reason: str
) -> None:
    with pytest.raises(InvalidInput, match=reason):
        run(tmp_path / "a", data, media_type)


def test_a_file_that_has_gone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="can't be read"):
        parse(entry(tmp_path / "absent"))


PIECES = [
    "# ",
    "## ",
    "> ",
    "| a | b |\n",
    "|---|---|\n",
    "---\n",
    "<!--",
    "-->",
    "<nav>",
    "</nav>",
    "[^1]",
    "[^1]: ",
    "![x](y)",
]
PIECES += [
    "```",
    "~~~",
    "- ",
    "1. ",
    "\n",
    "\r\n",
    "\n\n",
    "\x0c",
    "\u2028",
    "a",
    " ",
    "\ufeff",
    "**",
    "_",
    "&amp;",
    "[a]: b\n",
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=40).map("".join))
def test_whatever_the_markdown_sections_are_spans_in_order(tmp_path: Path, text: str) -> None:
    data = text.encode("utf-8", "replace").replace(b"\0", b"")
    try:
        document, sections = run(tmp_path / "a.md", data)
    except InvalidInput:
        return
    last = 0
    for s in sections:
        assert document.text[s.start : s.start + len(s.text)] == s.text == s.text.strip()
        assert last <= s.start
        last = s.start + len(s.text)


@given(st.lists(st.text("abc XYZ.,äé", min_size=1, max_size=30), min_size=1, max_size=8))
def test_plain_paragraphs_of_markdown_are_kept_to_the_letter(paragraphs: list[str]) -> None:
    text = "\n\n".join(paragraphs)
    assert clean(text) == text


SEEN = """\
---
title: "Tube care"
tags: [a, b]
---

Tube care
=========

<nav>

- [Home](/)

</nav>

<!-- Withdrawn:

never. -->

Flush **the** [tube](https://example.org)[^1] with `water` ![x](y.png "z"). Keep ~~ten~~ two &amp; three.
This prints [3] and <b>five</b>.

> Quoted once.

- [x] A *marked* item.

| Ward | **Phone** |
|---|---|
| North | [4101](tel:4101) |

2. Duties
---------

<p>In a tag.</p>
<script>var never = 1;</script>

***

[home]: https://example.org/home

[^1]: A note.
"""


def test_markdown_is_what_readers_of_the_page_see(tmp_path: Path) -> None:
    document, sections = run(tmp_path / "a.md", SEEN.encode())
    assert (
        document.text
        == """\
# Tube care

Flush the tube with water. Keep two & three.
This prints [3] and five.

Quoted once.

- A marked item.

| Ward | Phone |
|---|---|
| North | 4101 |

## 2. Duties

In a tag.

A note.
"""
    )
    assert [s.headings for s in sections] == [(), ("2. Duties",)]


def test_words_that_typesetting_changed_are_written_as_words(tmp_path: Path) -> None:
    text = "The oﬃce keeps venti\u00adlators beside the ele-\nvator, a self-\ncare plan and\u00a0a fol-\nlow-up, in "
    text += "Basel-\nStadt."
    document, _ = run(tmp_path / "a.txt", text.encode(), "text/plain")
    assert document.text == (
        "The office keeps ventilators beside the elevator, a self-care plan and a follow-up, in Basel-Stadt."
    )


@pytest.mark.parametrize(
    ("data", "note"),
    [
        ("The nurse’s café".encode("cp1252"), "read as Windows-1252, such as “nurse’s”"),
        ("The nurse’s café".encode("utf-16"), "read as UTF-16-LE"),
        ("The nurse’s café".encode("utf-16-be"), "read as UTF-16-BE"),
        ("The nurse’s café".encode("utf-8-sig"), ""),
    ],
)
def test_an_encoding_is_found_and_said(tmp_path: Path, data: bytes, note: str) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    read = read_document(entry(tmp_path / "a.txt", "text/plain"))
    assert (read.document.text, read.notes) == ("The nurse’s café", (note,) if note else ())


def test_every_document_of_the_default_corpus_can_be_read(default_manifest: Manifest) -> None:
    for declared in default_manifest.documents:
        document, sections = parse(declared)
        assert document.text.encode() == declared.path.read_bytes()
        found = {s.kind for s in sections}
        assert set(declared.sections.values()) <= found | {"chrome"}

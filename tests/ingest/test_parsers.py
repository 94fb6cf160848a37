"""Parsers: a document's text is its file's, and every section is a span of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.manifest import DocumentEntry, Manifest
from ingest.parsers import PARSERS, parse
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


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("media_type", sorted(PARSERS))
def test_line_ends_and_byte_order_mark_stay_and_offsets_hold(
    tmp_path: Path, newline: str, mark: str, media_type: str
) -> None:
    data = (mark + MARKDOWN.replace("\n", newline)).encode()
    document, sections = run(tmp_path / "a", data, media_type)
    assert document.text.encode() == data, "the file's hash must be the document's"
    assert document.content_hash == sha256_text(data.decode())
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
        (b"\xff\xfe\x00", "text/plain", r"a is not UTF-8 at byte 0\. Save it"),
        (b"text \x00 text", "text/markdown", "binary data"),
        (b" \r\n\t\n", "text/plain", "holds no text"),
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


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "# ",
                "## ",
                "### ",
                "```",
                "~~~",
                "- ",
                "\n",
                "\r\n",
                "\n\n",
                "\x0c",
                "\u2028",
                "a",
                " ",
                "\ufeff",
            ]
        )
        | st.text(max_size=6),
        max_size=40,
    ).map("".join)
)
def test_every_character_is_in_a_section_a_heading_or_white_space(tmp_path: Path, text: str) -> None:
    data = text.encode("utf-8", "replace").replace(b"\0", b"")
    try:
        document, sections = run(tmp_path / "a.md", data)
    except InvalidInput:
        lines = data.decode().replace("\r\n", "\n").split("\n")
        assert all(not line.replace("\ufeff", " ").strip() or "#" in line for line in lines)
        return
    last = 0
    for s in sections:
        assert document.text[s.start : s.start + len(s.text)] == s.text
        between = document.text[last : s.start].replace("\ufeff", " ")
        assert all(not line.strip() or line.lstrip().startswith("#") for line in between.split("\n"))
        last = s.start + len(s.text)


def test_every_document_of_the_default_corpus_can_be_read(default_manifest: Manifest) -> None:
    for declared in default_manifest.documents:
        document, sections = parse(declared)
        assert document.text.encode() == declared.path.read_bytes()
        found = {s.kind for s in sections}
        assert set(declared.sections.values()) <= found | {"chrome"}

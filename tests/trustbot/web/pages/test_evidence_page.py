"""The page of a file that a quote is on: in the evidence, with a link where the address is the file's own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from trustbot.types import Chunk, Citation, Document, Quote, Source, chunk_id, sha256_text
from trustbot.web.api import plain
from trustbot.web.pages.evidence_view import evidence, page_link

TEXT = "The first page is short.\n\nThe second page says more."


def cited(address: str = "https://example.org/a.pdf", media_type: str = "application/pdf") -> Citation:
    start = TEXT.index("The second")
    found = Document("d", "s", "full text", "Report", media_type, "own", TEXT, sha256_text(TEXT), pages=(0, start))
    text = TEXT[start:]
    key = chunk_id("d", found.content_hash, start, text)
    chunk = Chunk(key, "d", "s", found.content_hash, ("Report",), text, start, len(TEXT), ((0, len(text)),))
    source = Source("s", 1, "Report", (), 2024, None, address, "own")
    return Citation(1, Quote(chunk, start, len(TEXT), text), source, found)


def test_the_page_leads_to_the_file() -> None:
    shown = evidence([cited()], "a", [""], [1])
    assert '<a href="https://example.org/a.pdf#page=2"' in shown
    assert plain._line(cited()).endswith("(Report, 2024, page 2, https://example.org/a.pdf)")


@pytest.mark.parametrize(
    ("citation", "label"),
    [
        (cited("https://doi.org/10.1000/1"), "Page"),
        (cited(""), "Page"),
        (cited(media_type="application/vnd.openxmlformats-officedocument.presentationml.presentation"), "Slide"),
    ],
)
def test_where_the_address_is_not_the_files_own_the_number_is_no_link(citation: Citation, label: str) -> None:
    assert page_link(citation) == "2"
    assert f"<dt>{label}</dt><dd>2</dd>" in evidence([citation], "a", [""], [1])


def test_a_format_without_pages_has_none() -> None:
    without = replace(cited(), document=replace(cited().document, pages=()))
    assert page_link(without) == ""
    assert ", page " not in plain._line(without)

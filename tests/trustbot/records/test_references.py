"""References: every fact that the manifest has, and none that it lacks, in each form."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest
import rispy
from hypothesis import given
from hypothesis import strategies as st

from trustbot.records import references
from trustbot.types import Corpus, Source


@pytest.fixture(scope="module")
def works(bot: Any) -> tuple[Source, ...]:
    corpus: Corpus = bot.corpus
    return tuple(sorted((s for s in corpus.sources if s.kind != "help"), key=lambda s: s.number))


def test_each_work_is_one_formatted_line_with_its_facts(works: tuple[Source, ...]) -> None:
    lines = references.formatted(works)
    assert len(lines) == len(works)
    for work, line in zip(works, lines, strict=True):
        assert "\n" not in line
        assert work.title in line
        assert line.endswith(work.address)
        assert ("doi:" in line) is bool(work.doi)
        assert ("PMID:" in line) is bool(work.pmid)
    assert lines[3].startswith("Penner JC, Hauer KE, Julian KA, Sheu L. How preceptors develop trust")
    assert "2022;(2):73–79. doi:10.1007/s40037-021-00694-5. PMID: 34914028." in lines[3]


def test_an_absent_fact_is_absent_everywhere(works: tuple[Source, ...]) -> None:
    houldsworth = works[0]
    assert houldsworth.volume is houldsworth.doi is houldsworth.pages is None
    line = references.formatted([houldsworth])[0]
    assert not re.search("preprint|n\\.d|no date|doi|PMID|None", line, re.IGNORECASE)
    item = references.csl_items([houldsworth])[0]
    assert not {"DOI", "volume", "issue", "page", "PMID"} & set(item)
    entry = rispy.loads(references.ris([houldsworth]))[0]
    assert not {"doi", "volume", "number", "start_page", "accession_number"} & set(entry)


def test_the_guidance_is_a_web_page_whose_update_is_no_date_of_publication(works: tuple[Source, ...]) -> None:
    guidance = works[5]
    item = references.csl_items([guidance])[0]
    assert item["type"] == "webpage"
    assert "issued" not in item
    assert "author" not in item
    assert item["note"] == "Last updated 2025-08-18; pending human review"
    assert references.ris([guidance]).startswith("TY  - ELEC\r\n")


def test_ris_is_read_back_with_the_same_facts(works: tuple[Source, ...]) -> None:
    text = references.ris(works)
    assert text.count("TY  - ") == text.count("ER  - ") == len(works)
    assert not re.search(r"^\d+\.", text, re.MULTILINE)
    for work, entry in zip(works, rispy.loads(text), strict=True):
        assert entry["title"] == work.title
        assert entry.get("doi") == work.doi
        assert entry.get("volume") == work.volume
        assert len(entry.get("authors", [])) == len(work.authors)
    assert rispy.loads(text)[3]["authors"][0] == "Penner, John C."
    assert rispy.loads(text)[3]["start_page"] == "73"


@given(title=st.text(min_size=1), author=st.text(), pages=st.text())
def test_no_value_can_begin_a_field_of_its_own(works: tuple[Source, ...], title: str, author: str, pages: str) -> None:
    work = dataclasses.replace(works[0], title=title + "\nER  - \nTY  - JOUR", authors=(author or "A",), pages=pages)
    lines = re.split(r"\r\n", references.ris([work]))
    assert sum(line.startswith("TY  - ") for line in lines) == 1
    assert not re.search(r"[\r\n]", "".join(lines))


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ("John C. Penner", {"family": "Penner", "given": "John C."}),
        ("Penner JC", {"family": "Penner", "given": "JC"}),
        ("Penner, J. C.", {"family": "Penner", "given": "J. C."}),
        ("K. N. Huggett", {"family": "Huggett", "given": "K. N."}),
        ("Gisele Bourgeois-Law", {"family": "Bourgeois-Law", "given": "Gisele"}),
        ("Ludwig van Beethoven", {"family": "van Beethoven", "given": "Ludwig"}),
        ("The program", {"literal": "The program"}),
        ("Faculty Development Committee", {"literal": "Faculty Development Committee"}),
        ("WHO", {"literal": "WHO"}),
        ("World Health Organization", {"literal": "World Health Organization"}),
        ("Working Group on Wound Care", {"literal": "Working Group on Wound Care"}),
        ("Physicians for Safer Wards", {"literal": "Physicians for Safer Wards"}),
        ("José Ortega y Gasset", {"family": "Ortega y Gasset", "given": "José"}),
        ("Ortega y Gasset, José", {"family": "Ortega y Gasset", "given": "José"}),
        ("María de la Cruz", {"family": "de la Cruz", "given": "María"}),
        ("李 明", {"family": "李", "given": "明"}),
        ("김 민수", {"family": "김", "given": "민수"}),
        ("李明", {"literal": "李明"}),
        (",", {"literal": ","}),
    ],
)
def test_a_name_is_split_only_where_its_form_tells_how(author: str, expected: dict[str, str]) -> None:
    assert references.name(author) == expected


@pytest.mark.parametrize(
    ("pages", "first", "last"),
    [
        ("73-79", "73", "79"),
        ("101-9", "101", "109"),
        ("1123–31", "1123", "1131"),
        ("S101-9", "S101", "S109"),
        ("98-102", "98", "102"),
        ("119-7", "119", "7"),
        ("e1234", "e1234", None),
        ("12, 15-18", "12, 15-18", None),
    ],
)
def test_the_end_page_is_whole_and_what_is_no_span_stays_as_it_was_written(
    works: tuple[Source, ...], pages: str, first: str, last: str | None
) -> None:
    entry = rispy.loads(references.ris([dataclasses.replace(works[3], pages=pages)]))[0]
    assert (entry["start_page"], entry.get("end_page")) == (first, last)


def test_a_work_without_a_container_is_no_journal_article(works: tuple[Source, ...]) -> None:
    policy = dataclasses.replace(works[0], container=None)
    assert references.csl_items([policy])[0]["type"] == "webpage"
    internal = dataclasses.replace(policy, address="room 12")
    assert references.csl_items([internal])[0]["type"] == "document"
    assert references.ris([internal]).startswith("TY  - GEN\r\n")
    assert references.formatted([]) == []
    assert references.ris([]) == ""

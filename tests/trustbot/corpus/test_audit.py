"""The audit as a list: every claim with its number and, where the work doesn't carry it all, its notice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from trustbot.corpus.audit import CHECKS, Filter, audit_to_dict, parse_filter, references, statements, tally
from trustbot.errors import IndexMissing, InvalidInput
from trustbot.index.chroma import Index
from trustbot.presentation import wording
from trustbot.types import sha256_text

REFERENCES = {
    1: "C01 C05 C07 C09",
    2: "C02 C03 C04 C12 C21 C22 C24 C25 C28",
    3: "C06 C08 C15 C16 C18 C29 C30",
    4: "C10 C11 C13 C14 C17 C19 C23 C26 C27",
    5: "C20",
}
"""Which work each of the thirty statements cites, as the article prints it."""
PARTLY = "C01 C03 C04 C06 C08 C12 C15 C16 C18 C20 C21 C22 C29 C30"


def test_all_thirty_claims_have_their_number_place_and_study(index: Index) -> None:
    listed = statements(index.corpus)
    assert [s.audit.claim_id for s in listed] == [f"C{n:02d}" for n in range(1, 31)]
    for statement in listed:
        audit = statement.audit
        assert audit.claim_id in REFERENCES[audit.reference].split()
        assert statement.source.number == audit.reference
        assert statement.document.text[statement.start : statement.end] == audit.quote
        assert statement.headings
        assert statement.learners
        assert statement.setting
        assert audit.direction


def test_the_fifteen_that_are_not_carried_whole_say_which_half_is(index: Index) -> None:
    listed = {s.audit.claim_id: s for s in statements(index.corpus)}
    doubtful = {claim for claim, s in listed.items() if s.audit.check != "supported"}
    assert doubtful == {*PARTLY.split(), "C11"}
    for claim in doubtful:
        notice = listed[claim].audit.notice
        assert notice
        assert listed[claim].finding == notice
        assert notice.endswith(".")
        assert notice.count(". ") == 0, "one sentence"
    plain = next(s for s in listed.values() if not s.audit.notice)
    assert plain.finding == plain.audit.reason


def test_the_counts_are_fifteen_fourteen_one(index: Index) -> None:
    counts = tally(index.corpus.audits)
    assert counts == {"supported": 15, "partly": 14, "not visible": 1, "contradicted": 0}
    line = "30 numbered statements checked: 15 supported, 14 only partly supported, 1 not confirmed, 0 contradicted."
    assert wording.audit_counts(counts, 30) == line
    assert wording.audit_counts(counts, 7) == f"{line} 7 of them shown."
    assert wording.audit_counts(tally(()), 0) == wording.AUDIT_NONE


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("reference", [None, 1, 2, 3, 4, 5])
def test_filters_leave_what_passes_both(index: Index, check: Any, reference: int | None) -> None:
    shown = statements(index.corpus, Filter(check, reference))
    assert {s.audit.check for s in shown} <= {check}
    assert reference is None or {s.audit.reference for s in shown} <= {reference}
    expected = [a for a in index.corpus.audits if a.check == check and reference in (None, a.reference)]
    assert [s.audit for s in shown] == expected


def test_filters_are_read_as_people_write_them(index: Index) -> None:
    corpus = index.corpus
    assert references(corpus) == (1, 2, 3, 4, 5)
    for written in ("not visible", "not-visible", "Not_Visible", " NOT  visible "):
        assert parse_filter(written, None, corpus) == Filter("not visible", None)
    for written in ("4", "[4]", " 4 ", "04"):
        assert parse_filter(None, written, corpus) == Filter(None, 4)
    assert parse_filter("", "", corpus) == parse_filter(None, None, corpus) == Filter()


@pytest.mark.parametrize("check", ["partial", "wrong\x1b[31m", "x" * 500, "supported partly", "☃"])
def test_an_unknown_check_is_one_sentence_that_says_what_may_be_written(index: Index, check: str) -> None:
    with pytest.raises(InvalidInput) as error:
        parse_filter(check, None, index.corpus)
    told = str(error.value)
    assert "Choose “supported”, “partly”, “not visible” or “contradicted”." in told
    assert len(told) < 200
    assert told.isprintable()


@pytest.mark.parametrize("reference", ["6", "0", "-1", "4.0", "four", "٤", "9" * 5000])
def test_an_unknown_reference_is_one_sentence_that_says_what_may_be_written(index: Index, reference: str) -> None:
    with pytest.raises(InvalidInput) as error:
        parse_filter(None, reference, index.corpus)
    told = str(error.value)
    assert told.endswith("Choose 1, 2, 3, 4 or 5.")
    assert len(told) < 200


def test_a_corpus_without_an_audit_has_an_empty_list(index: Index) -> None:
    bare = replace(index.corpus, audits=())
    assert statements(bare) == ()
    assert audit_to_dict(bare, Filter())["statements"] == []
    with pytest.raises(InvalidInput, match="no audited statements"):
        parse_filter(None, "4", bare)


def test_an_audit_that_does_not_fit_its_corpus_is_refused(index: Index) -> None:
    moved = replace(index.corpus.audits[0], quote="The article never said this.")
    with pytest.raises(IndexMissing, match="trustbot-ingest"):
        statements(replace(index.corpus, audits=(moved,)))


def test_the_object_can_be_checked_against_the_stored_text(index: Index) -> None:
    corpus = index.corpus
    whole = audit_to_dict(corpus, Filter())
    assert (whole["total"], whole["shown"], len(whole["statements"])) == (30, 30, 30)
    text = corpus.document("article").text
    for given in whole["statements"]:
        assert given["document_hash"] == sha256_text(text)
        assert text[given["start"] : given["end"]] == given["quote"]
        assert given["source"]["number"] == given["reference"]
        assert given["source"]["badge"] == given["source"]["study"]["summary"]
        assert given["in_words"] == wording.checked(given["check"])
    some = audit_to_dict(corpus, Filter("partly", 2))
    assert (some["total"], some["shown"]) == (30, 5)
    assert some["counts"] == whole["counts"]
    assert some["filter"] == {"check": "partly", "reference": 2}


def test_every_work_has_a_badge_with_its_year_and_the_article_its_standing(index: Index) -> None:
    for source in index.corpus.sources:
        if source.kind == "work":
            assert source.study
            assert wording.badge(source) == source.study.summary
            assert wording.badge(source).endswith(str(source.year))
            assert len(wording.badge(source)) <= 90
    standing = "web article, pending human review, updated 18 August 2025"
    assert wording.badge(next(s for s in index.corpus.sources if s.number == 6)) == standing


def test_a_badge_says_what_is_known_and_no_more(world: Any) -> None:
    bare = replace(world.corpus.source("guidance"), status=None, last_updated=None)
    assert wording.badge(bare) == "web article"
    assert wording.badge(replace(bare, kind="work")) == ""
    retracted = replace(world.corpus.numbered(4), status="retracted")
    assert wording.badge(retracted) == "16 preceptors, interviews, 2022, retracted"
    assert wording.date("2025-08-18") == "18 August 2025"
    assert wording.date("spring 2025") == "spring 2025"

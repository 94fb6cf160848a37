"""Drafts: the sources' own sentences, each with its number, its label and its caution."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from trustbot import wording
from trustbot.citations import number_of
from trustbot.compose import extract, join
from trustbot.evidence import Evidence
from trustbot.matching import Match
from trustbot.types import Corpus, Query, Quote
from trustbot.weighing import Scored


def quote_of(corpus: Corpus, claim: str) -> Quote:
    chunk = next(c for c in corpus.chunks if c.claim_id == claim)
    return Quote(chunk, chunk.start, chunk.end, chunk.text)


def draft(corpus: Corpus, *quotes: Quote, asked: str = "How does trust grow?", score: float = 0.5) -> str:
    chosen = tuple(Scored(q, Match(score, ())) for q in quotes)
    return extract(Query(asked, asked), Evidence(chosen, chosen, ()), corpus)


def all_quotes(corpus: Corpus) -> list[Quote]:
    return [Quote(c, c.start + s, c.start + e, c.text[s:e]) for c in corpus.chunks for s, e in c.sentences]


def test_every_sentence_is_quoted_word_for_word_with_its_number(index: Any) -> None:
    for quote in all_quotes(index.corpus):
        line = draft(index.corpus, quote)
        assert " ".join(quote.text.split()).rstrip(" .") in line
        assert f"[{number_of(quote, index.corpus)}]" in line
        assert "\n" not in line


def test_a_statement_never_goes_without_the_notice_of_its_audit(index: Any) -> None:
    for audit in index.corpus.audits:
        line = draft(index.corpus, quote_of(index.corpus, audit.claim_id))
        assert (audit.notice is None) or audit.notice in line
        assert audit.notice is not None or audit.check == "supported"
        if audit.check != "supported":
            assert wording.CHECKED[audit.check] in line


def test_notes_page_facts_and_disclaimers_are_labelled(index: Any) -> None:
    corpus = index.corpus
    for quote in all_quotes(corpus):
        line = draft(corpus, quote)
        note = corpus.document(quote.chunk.document_id).kind == "note"
        assert line.startswith(wording.NOTE_LEAD) is note
        assert line.startswith(wording.PAGE_LEAD) is (quote.chunk.kind == "page")
        assert line.startswith(wording.DISCLAIMER_LEAD) is (quote.chunk.kind == "disclaimer")


def test_quotes_stay_in_their_order_one_claim_a_line(index: Any) -> None:
    quotes = [quote_of(index.corpus, c) for c in ("C25", "C19", "C02")]
    lines = draft(index.corpus, *quotes).split("\n")
    assert [q.text in line for q, line in zip(quotes, lines, strict=True)] == [True] * 3


def test_no_evidence_no_draft(index: Any) -> None:
    assert draft(index.corpus) == ""


def test_one_claim_stands_alone_and_more_are_a_list() -> None:
    assert join(["Only [1]."]) == "Only [1]."
    assert join(["One [1].", "Two [2]."]) == "- One [1].\n- Two [2]."


def test_words_broken_over_lines_become_one_line(world: Any) -> None:
    text = "Trust grows\n  over   time."
    chunk = world.citation("Direct observations").quote.chunk
    broken = replace(chunk, text=text, start=0, end=len(text), sentences=())
    assert "Trust grows over time [4]." in draft(world.corpus, Quote(broken, 0, len(text), text))


@pytest.mark.parametrize("asked", ["Does direct observation build trust?", "Is observation crucial for trust?"])
def test_only_the_audit_decides_how_far_a_direct_line_goes(index: Any, asked: str) -> None:
    for audit in index.corpus.audits:
        line = draft(index.corpus, quote_of(index.corpus, audit.claim_id), asked=asked, score=1.0)
        if audit.check != "supported":
            assert not line.startswith(wording.DIRECT["supported"])


@pytest.mark.parametrize(
    "asked",
    [
        "How does observation build trust?",
        "Does observation never build trust?",
        "Isn't observation harmful without trust?",
    ],
)
def test_nothing_is_affirmed_that_was_not_asked_as_such(index: Any, asked: str) -> None:
    line = draft(index.corpus, quote_of(index.corpus, "C13"), asked=asked, score=1.0)
    assert not line.startswith(tuple(wording.DIRECT.values()))


def test_a_weak_match_affirms_nothing(index: Any) -> None:
    line = draft(index.corpus, quote_of(index.corpus, "C13"), asked="Does hope build trust?", score=0.3)
    assert not line.startswith(tuple(wording.DIRECT.values()))


def test_the_same_advice_twice_is_said_once_with_both_places(index: Any) -> None:
    corpus = index.corpus
    pairs = [(a.claim_id, a.repeats) for a in corpus.audits if a.repeats]
    for one, other in pairs:
        lines = draft(corpus, quote_of(corpus, one), quote_of(corpus, other)).split("\n")
        if number_of(quote_of(corpus, one), corpus) == number_of(quote_of(corpus, other), corpus):
            assert len(lines) == 1
        for claim in (one, other):
            notice = corpus.audit(claim).notice
            assert notice is None or notice in "\n".join(lines)

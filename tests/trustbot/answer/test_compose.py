"""Drafts: the sources' own sentences, each with its number, its label and its caution."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from trustbot.answer.compose import extract, join
from trustbot.evidence import Evidence
from trustbot.presentation import wording
from trustbot.query.condense import condense
from trustbot.types import Corpus, Quote
from trustbot.verify.citations import number_of


def quote_of(corpus: Corpus, claim: str) -> Quote:
    chunk = next(c for c in corpus.chunks if c.claim_id == claim)
    return Quote(chunk, chunk.start, chunk.end, chunk.text)


def draft(corpus: Corpus, *quotes: Quote, asked: str = "How does trust grow?") -> str:
    return extract(condense(asked, (), corpus), Evidence(quotes), corpus)


def all_quotes(corpus: Corpus) -> list[Quote]:
    chunks = (*corpus.chunks, *corpus.records)
    return [Quote(c, c.start + s, c.start + e, c.text[s:e]) for c in chunks for s, e in c.sentences]


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


def test_notes_help_page_facts_and_disclaimers_are_labelled(index: Any) -> None:
    corpus = index.corpus
    for quote in all_quotes(corpus):
        line = draft(corpus, quote)
        kind = corpus.document(quote.chunk.document_id).kind
        assert line.startswith(wording.NOTE_LEAD) is (kind == "note")
        assert line.startswith(wording.HELP_LEAD) is (kind == "help")
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


FORMS = ("Is it true that {}?", "{}", "Who says: “{}”?", "I read that {}. Really?")


@pytest.mark.parametrize("form", FORMS)
def test_a_statement_that_is_quoted_is_confirmed_as_far_as_its_audit_goes(index: Any, form: str) -> None:
    corpus = index.corpus
    for audit in corpus.audits:
        line = draft(corpus, quote_of(corpus, audit.claim_id), asked=form.format(audit.quote.rstrip(".")))
        assert line.startswith(wording.direct(audit))
        plain = audit.check == "supported" and not audit.notice
        assert line.startswith(wording.DIRECT["supported"]) is plain


@pytest.mark.parametrize(
    "asked",
    [
        "How does observation build trust?",
        "Does direct observation build trust?",
        "Is it true that direct observations of clinical skills are never crucial for building trust?",
        "Direct observations of clinical skills",
    ],
)
def test_nothing_is_confirmed_that_was_not_quoted_word_for_word(index: Any, asked: str) -> None:
    line = draft(index.corpus, quote_of(index.corpus, "C13"), asked=asked)
    assert not line.startswith(tuple(wording.DIRECT.values()))


def test_what_is_confirmed_is_the_statement_that_was_quoted(index: Any) -> None:
    corpus = index.corpus
    asked = f"Is it true that {quote_of(corpus, 'C13').text}?"
    other = draft(corpus, quote_of(corpus, "C22"), quote_of(corpus, "C13"), asked=asked)
    assert not other.startswith(tuple(wording.DIRECT.values())), "another statement comes first"


def test_no_note_no_record_and_no_help_is_confirmed(index: Any) -> None:
    """A yes is the article's alone: what a note says is ours, whoever quotes it."""
    for quote in all_quotes(index.corpus):
        if index.corpus.document(quote.chunk.document_id).kind != "article":
            line = draft(index.corpus, quote, asked=f"Is it true that {quote.text}?")
            assert not any(direct in line for direct in wording.DIRECT.values())


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


def test_of_two_that_say_the_same_the_one_that_is_quoted_is_confirmed(index: Any) -> None:
    corpus = index.corpus
    for audit in corpus.audits:
        if audit.repeats:
            pair = [quote_of(corpus, audit.claim_id), quote_of(corpus, audit.repeats)]
            line = draft(corpus, *pair, asked=f"Is it true that {audit.quote}?")
            assert line.startswith(wording.direct(audit) + audit.quote.rstrip("."))

"""Checking: word for word, with the caution, under its own number, or not at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot.presentation import wording
from trustbot.types import Audit, Corpus, Quote, Support, Terms
from trustbot.verify.attribution import check, flat
from trustbot.verify.citations import number_of, parse


@pytest.fixture(scope="module")
def corpus(index: Any) -> Corpus:
    return index.corpus  # type: ignore[no-any-return]


def quote_of(corpus: Corpus, claim: str) -> Quote:
    chunk = next(c for c in corpus.chunks if c.claim_id == claim)
    return Quote(chunk, chunk.start, chunk.end, chunk.text)


def support(draft: str, corpus: Corpus, *quotes: Quote) -> list[Support]:
    return [v.support for v in check(parse(draft), quotes, corpus)]


def audit_of(quote: Quote, corpus: Corpus) -> Audit:
    audit = corpus.audit(quote.chunk.claim_id)
    assert audit is not None
    return audit


def caution(quote: Quote, corpus: Corpus) -> str:
    audit = audit_of(quote, corpus)
    return f" {wording.caution(audit.check, audit.notice)}" if audit.notice else ""


@pytest.fixture(scope="module")
def plain(corpus: Corpus) -> Quote:
    """A statement that needs no caution."""
    return next(quote_of(corpus, a.claim_id) for a in corpus.audits if not a.notice)


@pytest.fixture(scope="module")
def doubtful(corpus: Corpus) -> Quote:
    """A statement that the work supports only in part."""
    return next(quote_of(corpus, a.claim_id) for a in corpus.audits if a.check == "partly")


def test_a_quote_under_its_own_number_is_supported(corpus: Corpus, plain: Quote) -> None:
    n = number_of(plain, corpus)
    (verdict,) = check(parse(f"{plain.text} [{n}]."), [plain], corpus)
    assert verdict.support == "supported"
    assert verdict.quotes == (plain,)


def test_a_claim_without_a_number_is_uncited(corpus: Corpus, plain: Quote) -> None:
    assert support(plain.text, corpus, plain) == ["uncited"]


@pytest.mark.parametrize("marker", ["[9]", "[0]", "[1234]"])
def test_an_invented_number_is_unknown(corpus: Corpus, plain: Quote, marker: str) -> None:
    n = number_of(plain, corpus)
    assert support(f"{plain.text} {marker}.", corpus, plain) == ["unknown marker"]
    assert support(f"{plain.text} [{n}]{marker}.", corpus, plain) == ["unknown marker"]


def test_a_number_of_a_work_that_was_not_quoted_is_unknown(corpus: Corpus, plain: Quote) -> None:
    other = next(s.number for s in corpus.sources if s.number != number_of(plain, corpus))
    assert support(f"{plain.text} [{other}].", corpus, plain) == ["unknown marker"]


def test_another_works_number_does_not_carry_a_quote(corpus: Corpus) -> None:
    one, other = quote_of(corpus, "C23"), quote_of(corpus, "C28")
    assert number_of(one, corpus) != number_of(other, corpus)
    assert support(f"{one.text} [{number_of(other, corpus)}].", corpus, one, other) == ["unsupported"]


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t + " and cures disease",
        lambda t: "Studies prove that " + t,
        lambda t: t.replace(" ", " not ", 1),
        lambda t: t[: len(t) // 2],
        lambda t: t[len(t) // 2 :],
        lambda t: t.upper(),
        lambda t: " ".join(reversed(t.split())),
        lambda t: f"{t} {t}",
        lambda t: "",
    ],
)
def test_other_words_than_the_quotes_are_unsupported(corpus: Corpus, plain: Quote, change: Any) -> None:
    n = number_of(plain, corpus)
    assert support(f"{change(plain.text)} [{n}].", corpus, plain) == ["unsupported"]


@given(data=st.data())
def test_leaving_out_or_adding_a_word_is_noticed(corpus: Corpus, plain: Quote, data: st.DataObject) -> None:
    tokens = plain.text.split()
    at = data.draw(st.integers(0, len(tokens) - 1))
    extra = data.draw(st.sampled_from(["never", "may", "harmful", "all", "2"]))
    n = number_of(plain, corpus)
    without = " ".join(tokens[:at] + tokens[at + 1 :])
    added = " ".join([*tokens[:at], extra, *tokens[at:]])
    assert support(f"{without} [{n}].\n{added} [{n}].", corpus, plain) == ["unsupported", "unsupported"]


def test_a_doubtful_statement_falls_without_its_caution(corpus: Corpus) -> None:
    for audit in corpus.audits:
        quote = quote_of(corpus, audit.claim_id)
        n = number_of(quote, corpus)
        bare = f"{quote.text.rstrip('.')} [{n}]."
        assert support(bare + caution(quote, corpus), corpus, quote) == ["supported"]
        assert support(bare, corpus, quote) == ["unsupported" if audit.notice else "supported"]


def test_a_caution_that_was_softened_does_not_count(corpus: Corpus, doubtful: Quote) -> None:
    n = number_of(doubtful, corpus)
    for softened in (
        "",
        "(Caveat: none.)",
        caution(doubtful, corpus)[:-5],
        caution(doubtful, corpus).replace("Only partly", "Fully"),
    ):
        assert support(f"{doubtful.text} [{n}]. {softened}", corpus, doubtful) == ["unsupported"]


def test_a_note_is_not_supported_under_the_label_of_a_page(corpus: Corpus) -> None:
    chunk = next(c for c in corpus.chunks if corpus.document(c.document_id).kind == "note" and c.sentences)
    start, end = chunk.sentences[0]
    quote = Quote(chunk, chunk.start + start, chunk.start + end, chunk.text[start:end])
    words = quote.text.rstrip(".")
    n = number_of(quote, corpus)
    assert support(f"{wording.NOTE_LEAD}{words} [{n}].", corpus, quote) == ["supported"]
    assert support(f"{wording.PAGE_LEAD}{words} [{n}].", corpus, quote) == ["unsupported"]
    assert support(f"{wording.NOTE_LEAD}{wording.NOTE_LEAD}{words} [{n}].", corpus, quote) == ["unsupported"]


def test_each_claim_is_judged_by_itself(corpus: Corpus, plain: Quote) -> None:
    n = number_of(plain, corpus)
    draft = f"{plain.text} [{n}].\nInvented [{n}].\nUncited.\n{plain.text} [77]."
    assert support(draft, corpus, plain) == ["supported", "unsupported", "uncited", "unknown marker"]
    assert [v.claim.text for v in check(parse(draft), [plain], corpus)] == draft.split("\n")


def test_without_quotes_nothing_is_supported(corpus: Corpus, plain: Quote) -> None:
    assert support(f"{plain.text} [{number_of(plain, corpus)}].", corpus) == ["unknown marker"]


def test_a_corpus_without_an_audit_needs_no_caution(corpus: Corpus, doubtful: Quote) -> None:
    bare = f"{doubtful.text} [{number_of(doubtful, corpus)}]."
    assert support(bare, replace(corpus, audits=()), doubtful) == ["supported"]


@given(st.text(max_size=80))
def test_white_space_and_final_stops_make_no_difference_and_nothing_else_is_lost(text: str) -> None:
    assert flat(f"  {text} . ") == flat(text)
    assert flat(flat(text)) == flat(text)
    kept = "".join(c for c in text if c.isalnum())
    assert "".join(c for c in flat(text) if c.isalnum()) == kept


def test_a_quote_longer_than_its_licence_allows_falls(corpus: Corpus, plain: Quote) -> None:
    draft = f"{plain.text} [{number_of(plain, corpus)}]."
    words = len(plain.text.split())
    for limit, found in ((words, "supported"), (words - 1, "unknown marker")):
        documents = tuple(replace(d, terms=Terms(limit)) for d in corpus.documents)
        assert support(draft, replace(corpus, documents=documents), plain) == [found]

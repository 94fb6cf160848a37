"""Claims and article agree one to one, or the corpus is refused; so for the vocabulary's words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.claims import numbered_statements
from ingest.manifest import load_manifest
from trustbot.corpus.audit import tally

Replace = Callable[[str, str, str], None]
Refused = Callable[[str, str, str, str], None]

C, V, A, M = "claims.toml", "vocabulary.toml", "documents/article.md", "manifest.toml"
WHOLE = "Copy the whole statement, letter for letter"
NOTICE = 'notice = "The study speaks of calm."\n'
CHECKS = "'supported', 'partly', 'not visible' or 'contradicted'"

CLAIMS = [
    ("save time", "save money", "claim C02", "its quote is not in the article", WHOLE),
    ("Huddles save time", "save time", "claim C02", "not one whole numbered statement", WHOLE),
    ("Huddles save time", "Nobody numbered this.", "claim C02", "not one whole numbered statement", WHOLE),
    ("Huddles save time", "Huddles", "claim C02", "is in the article 3 times", WHOLE),
    ("please patients", "save time", "claim C03", "the same statement as C02", "Keep one of the two"),
    ("reference = 1", "reference = 2", "claim C01", "but the article prints [1]", "Set reference = 1"),
    ("C03", "C02", "claim C02", "given twice", "an id of its own"),
    ("C03", "C04", "claim C04", "breaks the sequence", "this one is C03"),
    ("C01", "C00", "claim C00", "breaks the sequence", "this one is C01"),
    ("C03", "third", "claim 3 (third)", "`id` is 'third'", "such as C01"),
    (NOTICE, "", "claim C02", "its check is 'partly', but `notice` is missing", "Add a `notice`"),
    (NOTICE, 'notice = ""\n', "claim 2 (C02)", "`notice` is empty", "Fill in `notice`"),
    ('"partly"', '"contradicted"\nnotise = "x"', "claim 2 (C02)", "`notise` is not", "mean `notice`?"),
    ('"partly"', '"mostly"', "claim 2 (C02)", "`check` is 'mostly'", CHECKS),
    ('direction = "not about trust"\n', "", "claim 1 (C01)", "`direction` is missing", "Add `direction`"),
    ("[[claim]]", "[[claim]", "the file", "line 3", "Correct the syntax"),
]

ARTICLE = [
    ("Nobody", "Huddles save time. Nobody", C, "claim C02", "is in the article 2 times", WHOLE),
    ("\nNobody", "- Huddles end [1]\n\nNobody", C, "article line 9", "'Huddles end' [1]", "Add a [[claim]]"),
    ("patients [1]", "patients [7]", A, "line 8", "[7] is the number of no source", "number = 7"),
    ("patients [1]", "patients [1] [2]", A, "line 8", "[1] stands inside the line", "ends in its number"),
    (
        "Nobody numbered",
        "Nobody [1] numbered",
        A,
        "line 10",
        "[1] stands inside the line",
        "ends in its number",
    ),
]

VOCABULARY = [
    ('"staff nurse"', '"Stand-Up"', "term nurse", "'Stand-Up' already stands under 'huddle'", "once"),
    ('"staff nurse"', '"morning  meeting"', "term nurse", "already stands under 'huddle'", "once"),
    ('"staff nurse"', '"huddle"', "term nurse", "'huddle' already stands under 'huddle'", "once"),
    ('"staff nurse"', '"Nurse"', "term nurse", "'Nurse' already stands under 'nurse'", "once"),
    ('"nurse"', '"huddle"', "term huddle", "'huddle' already stands under 'huddle'", "once"),
    ('["staff nurse"]', "[]", "term 2 (nurse)", "`variants` is empty", "Fill in `variants`"),
    ('preferred = "nurse"\n', "", "term 2", "`preferred` is missing", "Add `preferred`"),
    ('preferred = "nurse"', 'prefered = "nurse"', "term 2", "`prefered` is not", "mean `preferred`?"),
]


@pytest.mark.parametrize(("old", "new", "entry", "problem", "mend"), CLAIMS)
def test_wrong_claims_are_refused_with_file_entry_and_mend(
    replace: Replace, refused: Refused, old: str, new: str, entry: str, problem: str, mend: str
) -> None:
    replace(C, old, new)
    refused(C, entry, problem, mend)


@pytest.mark.parametrize(("old", "new", "file", "entry", "problem", "mend"), ARTICLE)
def test_an_article_that_its_claims_do_not_fit_is_refused(
    replace: Replace, refused: Refused, old: str, new: str, file: str, entry: str, problem: str, mend: str
) -> None:
    replace(A, old, new)
    refused(file, entry, problem, mend)


@pytest.mark.parametrize(("old", "new", "entry", "problem", "mend"), VOCABULARY)
def test_a_wrong_vocabulary_is_refused_with_file_entry_and_mend(
    replace: Replace, refused: Refused, old: str, new: str, entry: str, problem: str, mend: str
) -> None:
    replace(V, old, new)
    refused(V, entry, problem, mend)


def test_a_numbered_statement_without_a_claim_is_refused(small_corpus: Path, refused: Refused) -> None:
    text = (small_corpus / C).read_text()
    (small_corpus / C).write_text(text[: text.rindex("[[claim]]")])
    refused(C, "article line 8", "no claim quotes it: 'Huddles please patients' [1]", "Add a [[claim]]")


def test_a_numbered_article_without_claims_is_refused(small_corpus: Path, refused: Refused) -> None:
    (small_corpus / C).unlink()
    refused(C, "the file", "missing, but the article has 3 numbered statements", "Create it")


def test_a_dangling_link_is_not_taken_for_a_corpus_without_claims(small_corpus: Path, refused: Refused) -> None:
    (small_corpus / C).unlink()
    (small_corpus / C).symlink_to("gone.toml")
    refused(C, "the file", "it is not there", "Create it")


def test_claims_without_an_article_are_refused(small_corpus: Path, refused: Refused) -> None:
    head, _, note = (small_corpus / M).read_text().split("[[document]]")
    (small_corpus / M).write_text(head + "[[document]]" + note)
    refused(C, "the file", "no document of the kind 'article'", "Declare the article")


def test_claims_on_an_article_whose_lines_cannot_be_read_are_refused(replace: Replace, refused: Refused) -> None:
    replace(M, 'article.md"', 'article.md"\nmedia_type = "text/html"')
    refused(A, "the file", "text/html", "Markdown or plain text")


@pytest.mark.parametrize("file", [C, V])
def test_a_file_that_is_not_utf8_is_refused(small_corpus: Path, refused: Refused, file: str) -> None:
    (small_corpus / file).write_bytes(b"schema = 1\n# caf\xe9\n")
    refused(file, "line 2", "byte 16 is not UTF-8", "Save the file as UTF-8")


def test_an_article_without_numbers_needs_no_claims(small_corpus: Path) -> None:
    text = (small_corpus / A).read_text()
    (small_corpus / A).write_text(text.replace(" [1]", ""))
    (small_corpus / C).unlink()
    assert load_manifest(small_corpus).audits == ()


def test_each_claim_becomes_an_audit(small_corpus: Path) -> None:
    audits = load_manifest(small_corpus).audits
    assert [(a.claim_id, a.check, a.reference) for a in audits] == [
        ("C01", "supported", 1),
        ("C02", "partly", 1),
        ("C03", "not visible", 1),
    ]
    assert (audits[0].notice, audits[1].notice) == (None, "The study speaks of calm.")
    assert audits[1].quote == "Huddles save time"
    assert audits[1].reason == "The nurses spoke of calm, not of time."
    assert tally(audits) == {"supported": 1, "partly": 1, "not visible": 1, "contradicted": 0}
    assert tally(()) == {"supported": 0, "partly": 0, "not visible": 0, "contradicted": 0}


def test_numbered_statements_give_words_number_and_place(small_corpus_files: dict[str, str]) -> None:
    article = small_corpus_files[A]
    statements = numbered_statements(article)
    assert [(s.text, s.number, s.line) for s in statements] == [
        ("Huddles help a ward to plan.", 1, 3),
        ("Huddles save time", 1, 7),
        ("Huddles please patients", 1, 8),
    ]
    assert all(article[s.start : s.start + len(s.text)] == s.text for s in statements)

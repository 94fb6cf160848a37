"""Rights: a licence decides what goes in, what is quoted and what is shipped; nothing goes without one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.manifest import Manifest, load_manifest
from trustbot.types import Terms

Replace = Callable[[str, str, str], None]
Refused = Callable[[str, str, str, str], None]

LEE, ARTICLE = "document 2 (lee-2020-note)", "document 1 (article)"
NONE_SEEN = 'id = "none seen"\nindex = true\nquote_words = 25\nship = true\n'


def test_each_document_has_the_terms_of_its_licence(small_corpus: Path) -> None:
    article, note = load_manifest(small_corpus).documents
    assert (article.licence, article.terms, article.may_index) == ("none seen", Terms(25, True, None), True)
    assert (note.licence, note.terms) == ("CC BY 4.0", Terms(None, True, "https://example.org/cc-by"))


def test_readers_see_the_name_of_a_licence(small_corpus: Path, replace: Replace) -> None:
    replace("manifest.toml", 'id = "none seen"\n', 'id = "none seen"\nname = "no licence seen on the page"\n')
    manifest = load_manifest(small_corpus)
    assert manifest.documents[0].licence == "no licence seen on the page"
    assert [s.licence for s in manifest.sources] == ["CC BY 4.0", "no licence seen on the page"]


# What is written -> the sentence that refuses it.
LICENCE = 'path = "documents/lee.md"\nlicence = "CC BY 4.0"\n'
WRONG = [
    (LICENCE, 'path = "documents/lee.md"\n', LEE, "`licence` is missing.", "Add `licence`."),
    (LICENCE, LICENCE.replace("CC BY", "CC"), LEE, "its licence 'CC 4.0' is not declared.", "or name one of CC BY 4.0"),
    ('id = "CC BY 4.0"\n', 'id = "none seen"\n', "licence 2 (none seen)", "its id is taken", "an id of its own"),
    ("ship = true\n", "", "licence 1 (CC BY 4.0)", "`ship` is missing.", "Add `ship`."),
    ("index = true\n", "", "licence 1 (CC BY 4.0)", "`index` is missing.", "Add `index`."),
    (
        "quote_words = 25",
        "quote_words = 0",
        "licence 2 (none seen)",
        "`quote_words` is 0.",
        "greater than or equal to 1",
    ),
    ("quote_words = 25", 'quote_words = "few"', "licence 2 (none seen)", "`quote_words` is 'few'.", "integer"),
    ("quote_words = 25", "quotes = 25", "licence 2 (none seen)", "`quotes` is not a known key.", "`quote_words`?"),
    ('[[licence]]\nid = "CC', '[licence]\nid = "CC', "the file", "not valid TOML", "Correct the syntax"),
]


@pytest.mark.parametrize(("old", "new", "entry", "problem", "mend"), WRONG)
def test_a_licence_that_is_not_clear_is_refused(
    old: str, new: str, entry: str, problem: str, mend: str, replace: Replace, refused: Refused
) -> None:
    replace("manifest.toml", old, new)
    refused("manifest.toml", entry, problem, mend)


def test_without_any_licence_the_mend_says_what_to_declare(small_corpus: Path, refused: Refused) -> None:
    text = (small_corpus / "manifest.toml").read_text()
    before, _, rest = text.partition("[[licence]]")
    (small_corpus / "manifest.toml").write_text(before + rest[rest.index("[[source]]") :])
    refused(
        "manifest.toml", "source 1 (lee-2020)", "'CC BY 4.0' is not declared.", "Declare it as a [[licence]] that says"
    )


def test_the_words_of_a_work_are_bound_by_its_own_licence_too(small_corpus: Path, replace: Replace) -> None:
    closed = '[[licence]]\nid = "closed"\nindex = false\nquote_words = 9\nship = false\n\n[[source]]\nid = "lee-2020"'
    replace("manifest.toml", '[[source]]\nid = "lee-2020"', closed)
    replace("manifest.toml", 'lee"\nlicence = "CC BY 4.0"', 'lee"\nlicence = "closed"')
    note = load_manifest(small_corpus).documents[1]
    assert (note.may_index, note.terms.quote_words, note.terms.ship) == (True, None, True), "a note is our own words"
    replace("manifest.toml", 'kind = "note"', 'kind = "full text"')
    text = load_manifest(small_corpus).documents[1]
    assert (text.may_index, text.terms.quote_words, text.terms.ship) == (False, 9, False)
    assert text.licence == "CC BY 4.0"


def test_a_claim_may_not_quote_more_than_the_licence_of_the_article_allows(replace: Replace, refused: Refused) -> None:
    replace("manifest.toml", "quote_words = 25", "quote_words = 5")
    refused(
        "claims.toml", "claim C01", "its quote has 6 words; the article's licence allows 5.", "Quote a shorter part"
    )


def test_what_is_packaged_may_be_shipped(repository: Path) -> None:
    """The wheel takes `corpus/` whole: every file in it is the corpus's own or a document that may be passed on."""
    folders = [path.parent for path in (repository / "corpus").glob("*/manifest.toml")]
    assert folders
    assert {p.name for p in (repository / "corpus").iterdir() if p.is_dir()} == {f.name for f in folders}
    for folder in folders:
        assert unshippable(load_manifest(folder)) == []


def unshippable(manifest: Manifest) -> list[str]:
    """Files of a corpus folder that may not be packaged: undeclared ones, and documents whose licence forbids it."""
    names = "manifest.toml claims.toml vocabulary.toml questions.jsonl reader.safetensors reader.md attribution.jsonl"
    own = {manifest.directory / name for name in names.split()}
    allowed = own | {d.path for d in manifest.documents if d.terms.ship and d.may_index}
    return sorted(p.name for p in manifest.directory.rglob("*") if p.is_file() and p not in allowed)


def test_what_may_not_be_shipped_would_be_found(small_corpus: Path, replace: Replace) -> None:
    assert unshippable(load_manifest(small_corpus)) == []
    (small_corpus / "documents" / "paper.pdf").write_bytes(b"%PDF")
    replace("manifest.toml", NONE_SEEN, NONE_SEEN.replace("ship = true", "ship = false"))
    assert unshippable(load_manifest(small_corpus)) == ["article.md", "paper.pdf"]


def test_no_sentence_of_the_default_corpus_is_lost_to_its_licence(default_manifest: Manifest) -> None:
    from trustbot.text.sentences import split_sentences

    for document in default_manifest.documents:
        text = document.path.read_text(encoding="utf-8")
        assert document.may_index
        assert all(document.terms.allow(line[s:e]) for line in text.splitlines() for s, e in split_sentences(line))

"""The question bank: what is learned from it, and one sentence with the line for whatever is wrong in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trustbot.errors import InvalidInput
from trustbot.reading.bank import BANK, KINDS, MOST_CHARACTERS, UNANSWERED, Bank, Example, Named, read_bank
from trustbot.reading.weights import TOPICS

Write = Callable[..., Path]
DOCUMENTS = {"note": "Snow is white. Grass is green."}
SNOW: dict[str, Any] = {"sentence": "N1", "document": "note", "quote": "Snow is white."}
GRASS: dict[str, Any] = {"sentence": "N2", "document": "note", "quote": "Grass is green."}
GOOD: dict[str, Any] = {"q": "What colour is snow?", "gold": ["N1"], "kind": "answerable"}
MISS: dict[str, Any] = {"q": "How cold is snow?", "gold": [], "kind": "nearmiss"}
KNOWN = {"C01", *TOPICS}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A bank of these lines: objects, or bytes as they are."""

    def make(*lines: dict[str, Any] | bytes) -> Path:
        path = tmp_path / BANK
        path.write_bytes(b"\n".join(x if isinstance(x, bytes) else json.dumps(x).encode() for x in lines) + b"\n")
        return path

    return make


def test_questions_and_named_sentences_are_read(write: Write) -> None:
    followup = {"q": " And\n grass? ", "history": ["What  colour is snow?"], "gold": ["N2", "C01"], "kind": "followup"}
    bank = read_bank(write(SNOW, GOOD, {**followup, "style": "curt", "author": "a"}, MISS, GRASS), KNOWN, DOCUMENTS)
    assert bank.examples == (
        Example("What colour is snow?", (), frozenset({"N1"}), "answerable"),
        Example("And grass?", ("What colour is snow?",), frozenset({"N2", "C01"}), "followup", "curt", "a"),
        Example("How cold is snow?", (), frozenset(), "nearmiss"),
    )
    assert bank.named == (Named("N1", "note", "Snow is white."), Named("N2", "note", "Grass is green."))
    assert bank.drafts == 0


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_says_whether_something_answers(write: Write, kind: str) -> None:
    gold = [] if kind in UNANSWERED else ["fact:title"]
    (example,) = read_bank(write({"q": "Why?", "gold": gold, "kind": kind}), KNOWN).examples
    assert example.kind == kind


@pytest.mark.parametrize(
    ("line", "problem", "mend"),
    [
        ({**GOOD, "gold": ["C99"]}, "no sentence has the id C99", "name the sentence in this file"),
        ({**GOOD, "gold": ["fact:taste"]}, "no sentence has the id fact:taste", "correct the id"),
        ({**GOOD, "kind": "hard"}, "there is no kind 'hard'", "write one of answerable, followup"),
        ({"q": "Why?", "gold": ["N1"]}, "there is no kind", 'write "kind"'),
        ({**MISS, "gold": ["N1"]}, "a question of kind nearmiss names what answers it", "correct one"),
        ({**MISS, "kind": "outofscope", "gold": ["N1"]}, "of kind outofscope names what answers it", "correct one"),
        ({**GOOD, "gold": []}, "a question of kind answerable lacks what answers it", "correct one"),
        ({"q": "Why?", "kind": "followup"}, "a question of kind followup lacks what answers it", "correct one"),
        ({**GOOD, "gold": ["C01"]}, "the same question has another gold above", "keep one of the two"),
        ({**GOOD, "q": "What  colour\nis snow?", "gold": ["C01"]}, "has another gold above", "keep one of the two"),
        ({**GOOD, "q": " "}, "there is no q", 'write "q": "…"'),
        ({**GOOD, "q": 7}, "there is no q", 'write "q": "…"'),
        ({**GOOD, "gold": "N1"}, "gold is not a list of texts", 'write "gold": ["…", …]'),
        ({**GOOD, "gold": [["N1"]]}, "gold is not a list of texts", 'write "gold": ["…", …]'),
        ({**GOOD, "history": [{"role": "user"}]}, "history is not a list of texts", "or leave it out"),
        ({**GOOD, "history": [" "]}, "history is not a list of texts", "or leave it out"),
        ({**GOOD, "author": 3}, "author is not text", "or leave it out"),
        ({**GOOD, "q": "x" * (MOST_CHARACTERS + 1)}, "more than 20,000 characters", "shorten it"),
        ({**GOOD, "history": ["x" * MOST_CHARACTERS]}, "more than 20,000 characters", "shorten it"),
        ({**SNOW, "sentence": "N9", "quote": "Snow is black."}, "N9 does not stand in the document note", "correct"),
        ({**SNOW, "sentence": "N9", "document": "gone"}, "does not stand in the document gone", "correct the quote"),
        ({"sentence": "N9", "document": "note"}, "lacks its document or quote", 'write "sentence", "document"'),
        ({**SNOW, "sentence": " "}, "lacks its document or quote", 'write "sentence", "document"'),
        ({**GRASS, "sentence": "N1"}, "another sentence has the id N1", "give it one of its own"),
        ({**GRASS, "sentence": "C01"}, "another sentence has the id C01", "give it one of its own"),
        (b'{"q": "caf\xe9"}', "the text is not UTF-8", "save the file as UTF-8"),
        (b'{"q": ', "this is not JSON", "one whole JSON object"),
        (b"[1]", "this is not a JSON object", "write"),
    ],
)
def test_a_bad_line_is_one_sentence_with_its_place_and_mend(
    write: Write, line: dict[str, Any] | bytes, problem: str, mend: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_bank(write(SNOW, GOOD, line, MISS), KNOWN, DOCUMENTS)
    message = str(caught.value)
    assert message.startswith(f"{BANK}, line 3: ")
    assert problem in message
    assert mend in message.partition(";")[2]
    assert message.endswith(".")
    assert "\n" not in message


def test_a_named_sentence_is_looked_for_only_where_documents_are_given(write: Write) -> None:
    path = write({**SNOW, "quote": "Snow is black."}, GOOD)
    assert read_bank(path, KNOWN).named[0].quote == "Snow is black."
    with pytest.raises(InvalidInput, match="line 1"):
        read_bank(path, KNOWN, DOCUMENTS)


def test_a_name_may_be_used_above_its_line_and_a_question_asked_twice(write: Write) -> None:
    bank = read_bank(write(GOOD, GOOD, {**GOOD, "history": ["Hello?"], "gold": ["C01"]}, SNOW), KNOWN, DOCUMENTS)
    assert [(e.turns, e.gold) for e in bank.examples] == [((), {"N1"}), (("Hello?",), {"C01"})]


def test_the_longest_question_is_read(write: Write) -> None:
    (example,) = read_bank(write({**MISS, "q": "x" * MOST_CHARACTERS}), ()).examples
    assert len(example.text) == MOST_CHARACTERS


def test_drafts_are_left_out_and_counted(write: Write) -> None:
    draft = {"q": "Is it warm?", "gold": ["nowhere"], "kind": "odd", "draft": True}
    bank = read_bank(write(SNOW, GOOD, draft, {**GOOD, "gold": ["C01"], "draft": True}), KNOWN, DOCUMENTS)
    assert (len(bank.examples), bank.drafts) == (1, 2)
    accepted = read_bank(write(SNOW, {**GOOD, "draft": False}), KNOWN, DOCUMENTS)
    assert (len(accepted.examples), accepted.drafts) == (1, 0)
    assert accepted.content_hash == bank.content_hash


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_an_empty_or_missing_bank_is_said(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InvalidInput, match="There is no file"):
        read_bank(tmp_path / BANK, ())
    (tmp_path / BANK).write_bytes(content)
    with pytest.raises(InvalidInput, match="is empty"):
        read_bank(tmp_path / BANK, ())


# -- its hash ------------------------------------------------------------------------------------------------


def hashed(write: Write, *lines: dict[str, Any]) -> str:
    return read_bank(write(*lines), KNOWN, DOCUMENTS).content_hash


@pytest.mark.parametrize(
    "lines",
    [
        (SNOW, {**GOOD, "q": "What colour is ice?"}, MISS),
        (SNOW, {**GOOD, "history": ["Hello?"]}, MISS),
        (SNOW, {**GOOD, "gold": ["N1", "C01"]}, MISS),
        (SNOW, {**GOOD, "author": "b"}, MISS),
        (SNOW, GOOD),
        (SNOW, GOOD, MISS, {**MISS, "q": "Who fell?"}),
        (SNOW, GOOD, {**MISS, "kind": "outofscope"}),
        ({**SNOW, "quote": "Snow is"}, GOOD, MISS),
        ({**SNOW, "sentence": "N3"}, {**GOOD, "gold": ["N3"]}, MISS),
    ],
)
def test_the_hash_changes_with_what_is_learned(write: Write, lines: tuple[dict[str, Any], ...]) -> None:
    assert hashed(write, *lines) != hashed(write, SNOW, GOOD, MISS)


@pytest.mark.parametrize(
    "lines",
    [
        (SNOW, {**GOOD, "style": "curt"}, MISS),
        (SNOW, {**GOOD, "q": " What colour\nis snow? "}, MISS),
        (SNOW, {**GOOD, "gold": ["N1", "N1"]}, MISS),
        (SNOW, GOOD, GOOD, {**MISS, "kind": "followup_no"}),
        (GOOD, MISS, SNOW),
        (SNOW, GRASS, GOOD, MISS, {"q": "Grass?", "gold": ["N2"], "kind": "answerable", "draft": True}),
    ],
)
def test_the_hash_changes_with_nothing_else(write: Write, lines: tuple[dict[str, Any], ...]) -> None:
    assert hashed(write, *lines) == hashed(write, SNOW, GOOD, MISS)


def test_the_hash_takes_any_text() -> None:
    one, other = (Bank((Example(text, (), frozenset(), "nearmiss"),), ()) for text in ("\ud800", "?"))
    assert one.content_hash != other.content_hash

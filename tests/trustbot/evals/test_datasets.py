from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot.errors import InvalidInput
from trustbot.evals.datasets import (
    Key,
    Statement,
    claims_key,
    read_conversations,
    read_key,
    read_search_tasks,
)
from trustbot.files.jsonl import file_hash, read_lines
from trustbot.types import Audit, Turn

KEY = Key({"F1": Statement("F1", "skills", 4), "E1": Statement("E1", "time", 4)})


def test_a_conversation_has_its_turns_labels_and_gold(jsonl: Callable[..., Path]) -> None:
    path = jsonl({"id": "a", "turns": ["One?", "Two?"], "category": "Single", "answerable": True, "gold": ["F1"]})
    (item,) = read_conversations(path, KEY)
    assert item.turns == ("One?", "Two?")
    assert (item.category, item.answerable) == ("single", True)
    assert item.gold == (Statement("F1", "skills", 4),)


def test_gold_may_stand_in_the_line_itself(jsonl: Callable[..., Path]) -> None:
    path = jsonl({"id": "a", "turns": ["One?"], "gold": [{"text": "some words", "reference": 3}]})
    (item,) = read_conversations(path)
    assert item.gold == (Statement("some words", "some words", 3),)


def test_without_a_key_gold_ids_are_no_label(jsonl: Callable[..., Path]) -> None:
    path = jsonl({"id": "a", "turns": ["One?"], "gold": ["F1"]}, {"id": "b", "turns": ["?"], "gold": []})
    first, second = read_conversations(path)
    assert first.gold is None
    assert second.gold == ()


def test_a_corpus_knows_its_claims_and_leaves_other_ids_unlabelled(jsonl: Callable[..., Path]) -> None:
    key = claims_key([Audit("C13", "Watching skills", 4, "supported", "Yes.", "preceptor trusts resident")])
    path = jsonl({"id": "a", "turns": ["?"], "gold": ["C13"]}, {"id": "b", "turns": ["?"], "gold": ["C13", "F1"]})
    first, second = read_conversations(path, key)
    assert first.gold == (Statement("C13", "Watching skills", 4, "C13"),)
    assert second.gold is None


def test_one_question_with_a_history_is_a_conversation(jsonl: Callable[..., Path]) -> None:
    history = [{"role": "user", "text": "Hello"}, {"role": "assistant", "text": "Hi"}]
    path = jsonl(
        {"id": "a", "history": history, "question": "Why?", "answerability": "PARTIAL", "domain": "govt"},
        {"id": "b", "text": "Is it safe?", "answerability": "UNANSWERABLE", "gold": {"d1": 1}},
        {"id": "c", "query": "What?", "answerability": "UNDERSPECIFIED"},
    )
    first, second, third = read_conversations(path)
    assert first.history == (Turn("user", "Hello"), Turn("assistant", "Hi"))
    assert (first.turns, first.answerable, first.domain, first.category) == (
        ("Why?",),
        True,
        "govt",
        "partial",
    )
    assert (second.turns, second.answerable, second.gold) == (("Is it safe?",), False, None)
    assert third.answerable is None


def test_a_selection_keeps_lines_whose_field_contains_the_text(jsonl: Callable[..., Path]) -> None:
    path = jsonl(
        {"id": "a", "turns": ["?"], "field": "Healthcare / Medicine"},
        {"id": "b", "turns": ["?"], "field": "Law"},
        {"id": "c", "turns": ["?"], "field": "Medicine"},
    )
    assert [item.id for item in read_conversations(path, where={"field": "medicine"})] == ["a", "c"]
    with pytest.raises(InvalidInput, match=r"No line of .* has field=music"):
        read_conversations(path, where={"field": "music"})


def test_search_tasks_take_gold_as_an_object_or_a_list(jsonl: Callable[..., Path]) -> None:
    path = jsonl(
        {"id": "a", "query": "x", "gold": {"d1": 2, "d2": 0}},
        {
            "id": "b",
            "question": "y",
            "gold": ["d3"],
            "history": [{"role": "user", "text": "z"}],
            "domain": "Govt",
        },
        {"id": "c", "query": "w"},
    )
    first, second, third = read_search_tasks(path)
    assert first.gold == {"d1": 2}
    assert (second.gold, second.history, second.category) == ({"d3": 1}, (Turn("user", "z"),), "govt")
    assert third.gold == {}


def test_a_line_may_say_who_asks(jsonl: Callable[..., Path]) -> None:
    path = jsonl(
        {"id": "a", "turns": ["?"], "voice": " Tired Intern "},
        {"id": "b", "turns": ["?"], "style": "keywords"},
        {"id": "c", "turns": ["?"], "voice": "resident", "style": "keywords"},
        {"id": "d", "turns": ["?"], "voice": " "},
        {"id": "e", "turns": ["?"]},
    )
    assert [item.voice for item in read_conversations(path)] == ["tired intern", "keywords", "resident", None, None]


def test_a_compressed_file_reads_as_the_plain_one(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"id": "a", "turns": ["\xc3\xa9?"]}\n\n'))
    assert read_conversations(path)[0].turns == ("é?",)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InvalidInput, match="not a whole gzip file"):
        read_lines(path)


BAD_LINES: list[tuple[Any, str]] = [
    (["a"], "not a JSON object"),
    ({"turns": ["x"]}, "there is no id"),
    ({"id": 7, "turns": ["x"]}, "there is no id"),
    ({"id": "a"}, "questions are missing"),
    ({"id": "a", "turns": []}, "questions are missing"),
    ({"id": "a", "turns": "x"}, "questions are missing"),
    ({"id": "a", "turns": ["x", 5]}, "questions are missing"),
    ({"id": "a", "question": None}, "questions are missing"),
    ({"id": "a", "turns": ["x"], "answerable": "yes"}, "neither true nor false"),
    ({"id": "a", "turns": ["x"], "category": 3}, "category is not text"),
    ({"id": "a", "turns": ["x"], "voice": ["x"]}, "voice is not text"),
    ({"id": "a", "turns": ["x"], "style": 3}, "style is not text"),
    ({"id": "a", "turns": ["x"], "gold": "F1"}, "gold is not a list"),
    ({"id": "a", "turns": ["x"], "gold": ["ZZ"]}, "no gold id ZZ"),
    ({"id": "a", "turns": ["x"], "gold": [{"text": "x"}]}, "no words or no number"),
    ({"id": "a", "turns": ["x"], "gold": [{"text": "x", "reference": True}]}, "no words or no number"),
    ({"id": "a", "turns": ["x"], "history": {"role": "user"}}, "history is not a list"),
    ({"id": "a", "turns": ["x"], "history": [{"role": "system", "text": "x"}]}, "no role or no text"),
    ({"id": "a", "turns": ["x"], "history": ["x"]}, "no role or no text"),
    ({"id": "good", "turns": ["x"]}, "already used on line 1"),
]


@pytest.mark.parametrize(("record", "problem"), BAD_LINES)
def test_a_bad_line_is_named_in_one_sentence(jsonl: Callable[..., Path], record: Any, problem: str) -> None:
    path = jsonl({"id": "good", "turns": ["x"]}, record)
    with pytest.raises(InvalidInput) as caught:
        read_conversations(path, KEY)
    message = str(caught.value)
    assert message.startswith("set.jsonl, line 2: ")
    assert problem in message
    assert message.endswith(".")
    assert "\n" not in message


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ({"id": "a", "gold": {"d": 1}}, "there is no query or question"),
        ({"id": "a", "query": "x", "gold": 3}, "neither an object nor a list"),
        ({"id": "a", "query": "x", "gold": {"d": 0.5}}, "not a whole number"),
        ({"id": "a", "query": "x", "gold": {"d": -1}}, "not a whole number"),
    ],
)
def test_a_bad_search_line_is_named(jsonl: Callable[..., Path], record: Any, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        read_search_tasks(jsonl(record))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b'{"id": "a", "turns": ["x"]}\nnot json\n', "line 2: this is not JSON"),
        (b'{"id": "a", "turns": ["x"]\n', "line 1: this is not JSON"),
        (b'{"id": "\xff", "turns": ["x"]}\n', "line 1: the text is not UTF-8"),
    ],
)
def test_a_file_that_is_no_data_set_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "set.jsonl"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=problem):
        read_conversations(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"There is no file .*nothing\.jsonl; check the path"):
        read_conversations(tmp_path / "nothing.jsonl")
    with pytest.raises(InvalidInput, match="is a folder"):
        read_conversations(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(jsonl: Callable[..., Path]) -> None:
    path = jsonl({"id": "a", "turns": ["x"]})
    path.chmod(0)
    with pytest.raises(InvalidInput, match="can't be read"):
        read_conversations(path)


def test_a_key_maps_ids_to_statements(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    path.write_text(json.dumps({"F1": {"text": "skills", "reference": 4}}))
    assert read_key(path) == Key({"F1": Statement("F1", "skills", 4)})


@pytest.mark.parametrize(
    ("content", "problem"),
    [("[1]", "not a JSON object"), ("{", "not JSON"), ('{"F1": {"text": ""}}', "entry F1 has no words")],
)
def test_a_bad_key_is_refused(tmp_path: Path, content: str, problem: str) -> None:
    path = tmp_path / "key.json"
    path.write_text(content)
    with pytest.raises(InvalidInput, match=problem):
        read_key(path)


def test_the_hash_is_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    assert file_hash(path) == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_one_sentence(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "set.jsonl"
    path.write_bytes(data)
    try:
        message, items = "", read_conversations(path)
    except InvalidInput as error:
        message, items = str(error).replace(str(path), ""), []
    assert bool(items) != bool(message)
    assert "\n" not in message

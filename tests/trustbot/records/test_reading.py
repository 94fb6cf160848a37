"""What is read back is what was written; anything else is one sentence."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot.errors import InvalidInput
from trustbot.records import reading
from trustbot.records.record import Record, checksum, to_dict, to_json

READABLE = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200)


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(InvalidInput) as caught:
        call()
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert len(sentence) < 400
    return sentence


def test_a_record_is_read_back_whole(made: Record) -> None:
    found = reading.read_text(to_json(made).encode(), "r.json")
    assert found == reading.Reading(made, intact=True)
    assert {"answered", "abstained", "closest"} <= {t.outcome for t in made.turns}
    assert len(made.turns[-1].closest) == 3
    assert sum(len(t.citations) for t in made.turns) > 10


def before(data: dict[str, Any]) -> dict[str, Any]:
    """The record as a trustbot of the schema before would have written it."""
    data["schema"]["version"] = reading.BEFORE
    data["turns"] = [t for t in data["turns"] if t["outcome"] in ("answered", "abstained")]
    for turn in data["turns"]:
        del turn["closest"]
        turn["comparison"] = None
    return data | {"checksum": checksum(data)}


def test_a_record_of_the_schema_before_is_read(made: Record, data: dict[str, Any]) -> None:
    found = reading.read_value(before(data), "r.json")
    assert found.intact
    assert found.record.turns == tuple(t for t in made.turns if t.outcome in ("answered", "abstained"))


@pytest.mark.parametrize(
    "gone",
    [
        {"comparison": {"topic": "goals", "rows": []}},
        {"notices": [{"kind": "premise", "text": "None of the works is a trial."}]},
        {"notices": [{"kind": "silence", "text": "Reference 3: nothing."}]},
        {"notices": [{"kind": "partial", "text": "The sources don't cover “x”; this is what they do say."}]},
    ],
)
def test_a_record_of_the_schema_before_that_can_not_be_checked_is_one_sentence(
    data: dict[str, Any], gone: dict[str, Any]
) -> None:
    old = before(data)
    old["turns"][0] |= gone
    assert "Check it with the version that made it" in refused(lambda: reading.read_value(old, "r.json"))


@pytest.mark.parametrize("turns", [None, 3, [None], [[]], [{"notices": 3}], [{"notices": [3]}], [{"comparison": 0}]])
def test_a_damaged_record_of_the_schema_before_is_one_sentence(data: dict[str, Any], turns: Any) -> None:
    refused(lambda: reading.read_value(before(data) | {"turns": turns}, "r.json"))


def test_a_record_of_today_has_nothing_of_the_schema_before(data: dict[str, Any]) -> None:
    data["turns"][0]["comparison"] = None
    assert "no record has such a field" in refused(lambda: reading.read_value(data, "r.json"))


def test_each_cited_work_is_listed_once_and_so_is_the_quoted_article(made: Record) -> None:
    numbers = [w.number for w in made.works]
    assert numbers == sorted(set(numbers))
    assert 6 in numbers
    cited = {c.work for t in made.turns for c in t.citations}
    assert cited <= {w.id for w in made.works}
    assert made.schema.name == "trustbot-record"
    assert made.created.endswith("Z")
    assert made.disclaimer
    assert made.scope


@given(question=READABLE, standalone=READABLE, reason=READABLE)
def test_any_text_survives_and_any_change_breaks_the_checksum(
    made: Record, question: str, standalone: str, reason: str
) -> None:
    turn = replace(made.turns[6], question=question, standalone=standalone, reason=reason)
    record = replace(made, turns=(turn,))
    assert reading.read_text(to_json(record).encode(), "r.json") == reading.Reading(record, intact=True)
    data = to_dict(record)
    data["turns"][0]["question"] += "x"
    assert not reading.read_value(data, "r.json").intact


@given(share=st.floats(0, 1, exclude_max=True))
def test_a_file_cut_short_anywhere_is_told_as_such(made: Record, share: float) -> None:
    text = to_json(made).rstrip()
    cut = text[: int(len(text) * share)]
    sentence = refused(lambda: reading.read_text(cut.encode("utf-8"), "r.json"))
    assert "cut short" in sentence or "is empty" in sentence


@given(noise=st.binary(max_size=300))
def test_bytes_of_any_kind_are_one_sentence(noise: bytes) -> None:
    refused(lambda: reading.read_text(noise, "r.json"))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "no record of a conversation"),
        ({}, "no record of a conversation"),
        (17, "no record of a conversation"),
        ({"schema": "https://json-schema.org"}, "no record of a conversation"),
        ({"outcome": "answered", "citations": []}, "no record of a conversation"),
        (
            {"schema": {"name": "trustbot-record", "version": 4}},
            "version 4 of the record's schema; this program reads 3",
        ),
        ({"schema": {"name": "trustbot-record", "version": True}}, "this program reads 3"),
        ({"schema": {"name": "trustbot-record"}}, "version None"),
        ({"schema": {"name": "trustbot-record", "version": 1}}, "is damaged: created: field required"),
        ({"schema": {"name": "trustbot-record", "version": 2}}, "is damaged: created: field required"),
    ],
)
def test_foreign_json_is_told_as_such(value: Any, words: str) -> None:
    assert words in refused(lambda: reading.read_text(json.dumps(value).encode(), "r.json"))


Path_ = tuple[str | int, ...]


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("turns", 1, "citations", 0, "quote"), None, "turns[2].citations[1].quote"),
        (("turns", 1, "citations", 0, "start"), "0", "turns[2].citations[1].start"),
        (("turns", 0, "outcome"), "perhaps", "turns[1].outcome"),
        (("turns",), {}, "turns"),
        (("created",), "yesterday", "created is no date"),
        (("works", 0, "year"), "2020", "works[1].year"),
        (("works", 0, "price"), 12, "works[1].price: no record has such a field"),
        (("turns", 0, "mood"), "good", "turns[1].mood"),
        (("turns", 0, "question"), "a\x00b", "not text"),
        (("turns", 0, "question"), "\ud800", "damaged"),
        (("turns", 0, "fingerprint"), "x" * 101, "turn 1 names no index"),
    ],
)
def test_a_damaged_record_is_told_by_its_place(data: dict[str, Any], path: Path_, value: Any, words: str) -> None:
    place: Any = data
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    assert words in refused(lambda: reading.read_text(json.dumps(data).encode(), "r.json"))


def test_more_than_a_record_can_hold_is_refused(data: dict[str, Any], tmp_path: Path) -> None:
    many = copy.deepcopy(data)
    many["turns"] = [data["turns"][0]] * (reading.TURN_LIMIT + 1)
    assert "at most 100" in refused(lambda: reading.read_value(many, "r.json"))
    data["turns"][0]["citations"] *= reading.CITATION_LIMIT + 1
    assert "more citations" in refused(lambda: reading.read_value(data, "r.json"))
    data["turns"] = [data["turns"][-1]]
    data["turns"][0]["closest"] *= reading.CITATION_LIMIT
    assert "more citations" in refused(lambda: reading.read_value(data, "r.json"))
    file = tmp_path / "big.json"
    file.write_bytes(b" " * (reading.SIZE_LIMIT + 1))
    assert "4,194,305 bytes" in refused(lambda: reading.read_file(file))
    deep = '{"schema":{"name":"trustbot-record","version":2},"works":' + "[" * 900 + "]" * 900 + "}"
    refused(lambda: reading.read_text(deep.encode(), "r.json"))
    deeper = "[" * 100_000
    refused(lambda: reading.read_text(deeper.encode(), "r.json"))


def test_a_path_that_is_no_file_is_one_sentence(tmp_path: Path) -> None:
    assert "There is no file" in refused(lambda: reading.read_file(tmp_path / "none.json"))
    assert "is a folder" in refused(lambda: reading.read_file(tmp_path))


def test_the_checksum_minds_neither_order_nor_white_space(data: dict[str, Any]) -> None:
    turned = dict(reversed(data.items()))
    assert checksum(turned) == checksum(data) == data["checksum"]
    assert reading.read_text(json.dumps(turned).encode("utf-8-sig"), "r.json").intact

"""A model's reply as it comes in: whole sentences with their numbers, whatever shape it has and wherever it is cut."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot.answer.drafts import FORM, LONGEST, Drafted, DraftReader


def read(text: str, size: int = 1) -> list[Drafted]:
    reader = DraftReader()
    found = [d for i in range(0, len(text), size) for d in reader.feed(text[i : i + size])]
    return found + reader.end()


PLAIN = "Trust grows slowly [1]. Observation helps, e.g. in clinic [2][3].\nGoals are named early. [1, 4]"
EXPECTED = [
    Drafted("Trust grows slowly.", (1,)),
    Drafted("Observation helps, e.g. in clinic.", (2, 3)),
    Drafted("Goals are named early.", (1, 4)),
]


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_plain_sentences_come_out_the_same_wherever_they_are_cut(size: int) -> None:
    assert read(PLAIN, size) == EXPECTED


@pytest.mark.parametrize("size", [1, 5, 1000])
@pytest.mark.parametrize("around", ["{}", "```json\n{}\n```", "<think>What [9]? No.</think>\n{}"])
def test_an_object_is_read_sentence_by_sentence(size: int, around: str) -> None:
    listed = [{"text": d.text, "passages": list(d.passages)} for d in EXPECTED]
    assert read(around.replace("{}", json.dumps({"sentences": listed}, indent=1)), size) == EXPECTED


def test_a_sentence_is_given_as_soon_as_the_next_has_begun() -> None:
    reader = DraftReader()
    assert reader.feed("Trust grows [1]. ") == []
    assert reader.feed("[2]") == []
    assert reader.feed(" Goa") == [Drafted("Trust grows.", (1, 2))]
    assert reader.end() == [Drafted("Goa", ())]


def test_an_object_gives_a_sentence_once_it_is_closed() -> None:
    reader = DraftReader()
    assert reader.feed('{"sentences": [{"text": "Trust grows.", "passages": [1]') == []
    assert reader.feed("}") == [Drafted("Trust grows.", (1,))]
    assert reader.feed(', {"text": "Go') == []
    assert reader.end() == []


def test_lists_and_thoughts_leave_nothing_behind() -> None:
    text = "<think>Hm. [3]</think>\n- Trust grows [1]\n* Goals help [2]\n1. Feedback follows [3]\n"
    assert read(text) == [
        Drafted("Trust grows", (1,)),
        Drafted("Goals help", (2,)),
        Drafted("Feedback follows", (3,)),
    ]


def test_a_thought_without_an_end_is_no_reply() -> None:
    assert read("<think>Trust grows [1]. Goals help [2].") == []


@pytest.mark.parametrize(
    "text",
    [
        '{"sentences": [{"te',
        '{"choices": []}',
        '{"sentences": "no"}',
        '{"sentences": [1, 2]}',
        '{"sentences": [{"text": 1, "passages": [1]}]}',
        "```",
        "",
        "  \n ",
    ],
)
def test_garbage_has_no_sentences(text: str) -> None:
    assert read(text) == []


def test_numbers_that_are_none_are_left_out_whole() -> None:
    assert read('{"sentences": [{"text": "Trust grows.", "passages": ["1", true]}]}') == [Drafted("Trust grows.", ())]


def test_several_sentences_in_one_entry_are_several() -> None:
    text = '{"sentences": [{"text": "Trust grows. It lasts [7].", "passages": [1]}]}'
    assert read(text) == [Drafted("Trust grows.", (1,)), Drafted("It lasts.", (1, 7))]


def test_a_reply_without_end_is_given_up() -> None:
    reader = DraftReader()
    assert reader.feed("x" * (LONGEST + 1)) == []
    assert reader.lost
    assert reader.end() == []


def test_the_schema_is_one_that_providers_hold_to() -> None:
    assert FORM["additionalProperties"] is False
    assert FORM["required"] == ["sentences"]


@given(st.text(max_size=300), st.integers(1, 50))
def test_nothing_breaks_it_and_the_cuts_never_matter(text: str, size: int) -> None:
    assert [d.text for d in read(text, size)] == [d.text for d in read(text, max(1, len(text)))] or "{" in text
    assert all("\n" not in d.text for d in read(text, size))

"""The learned part of the safety stage: its file, and how much of a message it reads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from trustbot.errors import ModelError
from trustbot.models.embedders import Embedder
from trustbot.query.safety.model import KINDS, TURN_END, Heads, SafetyModel, in_conversation, load_heads


def test_heads_come_back_as_they_were_written(untaught: Heads) -> None:
    change = {"layer.lora_a": np.ones((2, 3), dtype=np.float16)}
    heads, tensors = load_heads(untaught.to_bytes(change), "the file")
    assert np.array_equal(heads.kinds, untaught.kinds)
    assert np.array_equal(heads.tags, untaught.tags)
    assert heads.thresholds == untaught.thresholds
    assert heads.metadata["graph"] == "0"
    assert list(tensors) == ["layer.lora_a"]


@pytest.mark.parametrize("wrong", ["cut", "nothing", "shape", "number", "threshold"])
def test_a_damaged_file_is_refused_with_one_sentence(untaught: Heads, wrong: str) -> None:
    content = {
        "cut": untaught.to_bytes({})[:-40],
        "nothing": b"",
        "shape": replace(untaught, kinds=untaught.kinds[:-1]).to_bytes({}),
        "number": replace(untaught, tags=untaught.tags * np.float32("nan")).to_bytes({}),
        "threshold": replace(untaught, thresholds={"tag": 0.5}).to_bytes({}),
    }[wrong]
    with pytest.raises(ModelError, match=r"^the file holds no safety stage \(\w+\)\. Install trustbot again\.$"):
        load_heads(content, "the file")


def test_of_earlier_messages_the_ends_of_the_last_two_are_read() -> None:
    whole, begin = in_conversation("now", ["one", "two", "x" * 300 + "three"])
    assert whole[begin:] == "now"
    assert whole.startswith("two / ")
    assert "one" not in whole
    assert whole.count("x") == TURN_END - len("three")


@pytest.mark.parametrize("length", [1, 40, 900])
def test_every_word_of_a_message_is_read_however_long_it_is(untaught_model: SafetyModel, length: int) -> None:
    text = " ".join(f"word{i}" for i in range(length))
    read = untaught_model.read(text, ("before",))
    covered = {i for start, end in read.pieces for i in range(start, end)}
    assert covered == {i for i, c in enumerate(text) if c != " "}
    assert len(read.tags) == len(read.pieces)
    assert list(read.pieces) == sorted(set(read.pieces))


def test_the_gravest_part_of_a_long_message_counts(embedder: Embedder, untaught: Heads) -> None:
    kinds = untaught.kinds.copy()
    (grave,) = embedder.token_vectors(["zebra"])
    kinds[KINDS.index("distress"), 384:-1] = 60 * grave.vectors.max(0)
    kinds[-1, -1] = 30
    model = SafetyModel(embedder, replace(untaught, kinds=kinds))
    long = "a quiet day on the ward with nothing much to say " * 60
    alone = model.read(long).kinds["distress"]
    assert model.read(f"{long}zebra zebra zebra").kinds["distress"] > alone


def test_no_earlier_message_keeps_this_one_from_being_read(embedder: Embedder, untaught: Heads) -> None:
    turns = ("(a (b " * 40, "你好" * 120)
    read = SafetyModel(embedder, untaught).read("zebra zebra", turns)
    assert read.pieces[-1][1] == len("zebra zebra")
    assert max(read.kinds.values()) > 0


def test_a_message_without_a_word_piece_is_harmless(untaught_model: SafetyModel) -> None:
    assert max(untaught_model.read("").kinds.values()) == 0

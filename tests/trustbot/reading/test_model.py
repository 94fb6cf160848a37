"""The numbers of a reader as a file: what goes in comes out, and nothing of a file that is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot.errors import ModelError
from trustbot.reading.model import JOIN, TURNS, ReaderModel, joined, load_model
from trustbot.reading.weights import general_bytes, product_questions

Made = Callable[..., ReaderModel]


@pytest.fixture
def model(words: Any, made: Made) -> ReaderModel:
    size = len(words.embed_query("x"))
    return made(
        words,
        scale=1 / 3,
        covered=np.linspace(-1, 1, 2 * size + 1, dtype=np.float32),
        decisions={"answer": 0.25, "near": 0.1},
        metadata={"name": "by hand", "bank": "f00d", "held_out": '{"hit": 0.5}'},
    )


def test_what_goes_in_comes_out(model: ReaderModel) -> None:
    beside = {"sentences": np.eye(3, dtype=np.float16)}
    again, tensors = load_model(model.to_bytes(beside), "file")
    assert (again.classes, again.scale) == (model.classes, model.scale)
    assert (again.plain, again.decisions, again.metadata) == (model.plain, model.decisions, model.metadata)
    for name in ("own", "joined"):  # kept in half precision
        np.testing.assert_array_equal(getattr(again, name), getattr(model, name).astype(np.float16))
    for name in ("bias", "covered"):
        np.testing.assert_array_equal(getattr(again, name), getattr(model, name))
    assert {a.dtype for a in (again.own, again.joined, again.bias, again.covered)} == {np.dtype(np.float32)}
    assert [*tensors] == ["sentences"]
    np.testing.assert_array_equal(tensors["sentences"], beside["sentences"])
    np.testing.assert_array_equal(load_model(again.to_bytes(), "file")[0].own, again.own)


def test_scores_are_what_the_formula_says(model: ReaderModel, words: Any) -> None:
    own, conversation = words.embed_array(["too few chances to observe", "thank you"])
    expected = [
        model.scale * (float(a @ own) + float(b @ conversation)) + float(c)
        for a, b, c in zip(model.own, model.joined, model.bias, strict=True)
    ]
    np.testing.assert_allclose(model.logits(own, conversation), expected, rtol=1e-5)
    size = own.size
    head = model.covered
    assert model.coverage(own, conversation) == pytest.approx(
        float(head[:size] @ own + head[size:-1] @ conversation + head[-1]), abs=1e-5
    )
    assert replace(model, covered=head[:0]).coverage(own, conversation) is None


def refused(content: bytes) -> str:
    with pytest.raises(ModelError) as caught:
        load_model(content, "the file")
    message = str(caught.value)
    assert message.startswith("the file ")
    assert "trustbot-ingest --train" in message
    assert "\n" not in message
    return message


@given(data=st.data())
def test_a_file_that_was_cut_is_refused(data: st.DataObject, words: Any, made: Made) -> None:
    content = made(words).to_bytes()
    assert "holds no reader" in refused(content[: data.draw(st.integers(0, len(content) - 1))])


@given(content=st.binary(max_size=200))
def test_bytes_that_are_no_file_are_refused(content: bytes) -> None:
    assert "holds no reader" in refused(content)


def altered(content: bytes, **metadata: str | None) -> bytes:
    """The file with other metadata; None leaves one out."""
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    header["__metadata__"] = {k: v for k, v in (header["__metadata__"] | metadata).items() if v is not None}
    head = json.dumps(header).encode()
    return len(head).to_bytes(8, "little") + head + content[8 + size :]


@pytest.mark.parametrize(
    "metadata",
    [
        {"format": None},
        {"classes": None},
        {"classes": "C13"},
        {"classes": '["C13"]'},
        {"scale": "steep"},
        {"scale": "nan"},
        {"scale": "inf"},
        {"plain": "{"},
        {"plain": '{"scale": NaN}'},
        {"plain": '{"scale": "x"}'},
        {"decisions": "[]"},
        {"decisions": '{"answer": Infinity}'},
    ],
)
def test_metadata_that_is_wrong_is_refused(model: ReaderModel, metadata: dict[str, str | None]) -> None:
    content = model.to_bytes()
    load_model(altered(content), "the file")
    assert "holds no reader" in refused(altered(content, **metadata))


def test_another_format_is_named(model: ReaderModel) -> None:
    assert "another version of this program" in refused(altered(model.to_bytes(), format="0"))


@pytest.mark.parametrize("name", ["own", "joined", "bias", "covered"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number_is_refused(model: ReaderModel, name: str, value: float) -> None:
    array = getattr(model, name).copy()
    array.flat[1] = value
    assert "holds no reader" in refused(replace(model, **{name: array}).to_bytes())


@pytest.mark.parametrize(
    "shape",
    [
        lambda m: {"own": m.own[:-1]},
        lambda m: {"joined": m.joined[:, :-1]},
        lambda m: {"own": m.own[:-1], "joined": m.joined[:-1]},
        lambda m: {"own": m.bias, "joined": m.bias},
        lambda m: {"own": m.own[..., None], "joined": m.joined[..., None]},
        lambda m: {"bias": m.bias[:-1]},
        lambda m: {"bias": m.bias[:, None]},
        lambda m: {"covered": m.covered[:-1]},
        lambda m: {"covered": m.covered[None]},
    ],
)
def test_other_shapes_are_refused(model: ReaderModel, shape: Callable[[ReaderModel], dict[str, Any]]) -> None:
    assert "holds no reader" in refused(replace(model, **shape(model)).to_bytes())


def test_a_tensor_that_is_missing_is_refused(model: ReaderModel) -> None:
    from safetensors.numpy import load, save

    content = model.to_bytes()
    size = int.from_bytes(content[:8], "little")
    metadata = json.loads(content[8 : 8 + size])["__metadata__"]
    for name in ("own", "joined", "bias", "covered"):
        assert "holds no reader" in refused(save({k: v for k, v in load(content).items() if k != name}, metadata))


# -- a conversation as one text ------------------------------------------------------------------------------


@given(text=st.text(), turns=st.lists(st.text(), max_size=5))
def test_a_conversation_is_its_last_questions_then_the_one_that_is_asked(text: str, turns: list[str]) -> None:
    assert joined(text, turns) == JOIN.join([*turns[-TURNS:], text])
    assert joined(text, ()) == text


# -- what is packaged ----------------------------------------------------------------------------------------


def test_the_packaged_reader_is_whole() -> None:
    model, tensors = load_model(general_bytes(), "the packaged reader")
    assert not model.covered.size
    assert set(model.plain) == {"scale", "share", "bias", "judge", "judge_best", "judge_second", "few", "few_best"}
    assert {"answer", "sure", "near", "best", "keep", "list"} <= set(model.decisions)
    assert len(general_bytes()) < 4_000_000
    assert all(".lora_" in name for name in tensors)
    asked = {name for e in product_questions() for name in e.gold}
    assert set(model.classes) == asked

"""Training: on a tiny guidance with a tiny plan, what must hold of any."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trustbot.models.cards import PACKAGED, expected_model, exported_dir, read_card
from trustbot.reading.bank import Example
from trustbot.reading.classes import Classes, answer_loss, learn_classes, targets_of
from trustbot.reading.encoder import Encoder, batches, varied
from trustbot.reading.material import Guidance
from trustbot.reading.model import MOST_TOKENS, TURNS
from trustbot.reading.training import (
    Plan,
    start_of,
    train_corpus,
    train_general,
)

pytestmark = pytest.mark.usefixtures("_one_thread")
PLAN = Plan(rank=2, epochs=2, rate=2e-3, batch=10)


@pytest.fixture(scope="module")
def encoder(encoder_folder: str, _one_thread: None) -> Encoder:
    """The packaged encoder in torch."""
    return Encoder(encoder_folder)


@pytest.fixture(scope="module")
def half(volunteers: Guidance) -> Guidance:
    """Every other question."""
    return replace(volunteers, examples=volunteers.examples[::2])


def losses(lines: list[str]) -> list[float]:
    return [float(loss) for line in lines for loss in re.findall(r"loss (\d+\.\d+)", line)]


# -- the encoder ---------------------------------------------------------------------------------------------


def test_it_reads_as_the_graph_that_serves(encoder: Encoder, models_dir: Path) -> None:
    from trustbot.models.embedders import OnnxEmbedder

    folder = exported_dir(expected_model(PACKAGED), models_dir)
    served = OnnxEmbedder(folder, read_card(folder), last=MOST_TOKENS)
    texts = ["", "Why?", "Überprüfung 信任 🙂", "half \ud800 pair", "word " * 400 + "end", "antidisestablishment " * 90]
    np.testing.assert_allclose(encoder.vectors(texts), served.embed_array(texts), atol=1e-4)


def test_only_the_end_of_a_long_text_counts(encoder: Encoder) -> None:
    end = "one two " * MOST_TOKENS
    first, second, third = encoder.vectors([f"apples {end}", f"bricks {end}", f"{end} bricks"])
    np.testing.assert_allclose(first, second, atol=1e-5)
    assert float(first @ third) < 0.999


def test_a_question_is_read_alone_and_in_its_conversation(encoder: Encoder) -> None:
    examples = [
        Example("And why?", ("What is trust?",), frozenset(), "followup_no"),
        Example("And why?", (), frozenset(), "nearmiss"),
    ]
    own, conversation = encoder.questions(examples, many=True)
    alone, together = encoder.vectors(["And why?", "What is trust? / And why?"])
    np.testing.assert_allclose(own, [alone.tolist()] * 2, atol=1e-5)
    np.testing.assert_allclose(conversation, [together.tolist(), alone.tolist()], atol=1e-5)
    for one, other in zip(encoder.questions(examples), (own, conversation), strict=True):
        np.testing.assert_allclose(one.detach(), other, atol=1e-5)


# -- varied questions ----------------------------------------------------------------------------------------


def test_varied_questions_keep_what_answers_them_and_a_short_history(volunteers: Guidance) -> None:
    told = replace(volunteers.examples[0], text="And then what happens?", turns=("First?", "Second?"))
    examples = [*volunteers.examples, told, Example("?", (), frozenset(), "nearmiss")]
    asked = {e.text for e in examples} | {t for e in examples for t in e.turns}
    changes: Counter[str] = Counter()
    for seed in range(20):
        out = varied(examples, random.Random(seed))
        assert out == varied(examples, random.Random(seed))
        for before, after in zip(examples, out, strict=True):
            assert replace(after, text="", turns=()) == replace(before, text="", turns=())
            assert len(after.turns) <= TURNS
            assert set(after.turns) <= asked
            assert not before.turns or after.turns == before.turns
            assert abs(len(after.text) - len(before.text)) <= 2 + len(before.text) // 40
            changes["switched"] += after.turns != before.turns
            changes["lowered"] += after.text == before.text.lower().rstrip("?.!") != before.text
            changes["mistyped"] += after.text.lower() not in (before.text.lower(), before.text.lower().rstrip("?.!"))
            changes["as it was"] += after == before
    assert min(changes[name] for name in ("switched", "lowered", "mistyped")) > 0.05 * 20 * len(examples)
    assert changes["as it was"] > 0.3 * 20 * len(examples)


def test_batches_hold_every_question_once_and_are_alike_for_a_seed(volunteers: Guidance) -> None:
    examples = list(volunteers.examples)
    made = list(batches(examples, 16, random.Random(3)))
    assert sorted(map(len, made)) == [12, 16, 16, 16]
    assert Counter(e for batch in made for e in batch) == Counter(examples)
    assert made == list(batches(examples, 16, random.Random(3)))
    assert made != list(batches(examples, 16, random.Random(4)))
    spread = [max(len(e.text) for e in batch) - min(len(e.text) for e in batch) for batch in made]
    assert sum(spread) <= max(len(e.text) for e in examples) - min(len(e.text) for e in examples)


# -- the loss ------------------------------------------------------------------------------------------------


def test_the_loss_is_least_where_what_answers_scores_highest() -> None:
    import torch

    targets = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, 0.0]])
    right = (targets * 2 - 1) * 6
    mixed = right.clone()
    mixed[0] = -right[0]
    assert (
        float(answer_loss(right, targets))
        < 0.1
        < float(answer_loss(mixed, targets))
        < float(answer_loss(-right, targets))
    )
    nothing = torch.zeros(2, 3)
    assert float(answer_loss(nothing - 6, nothing)) < 0.1 < float(answer_loss(nothing + 6, nothing))


def test_targets_name_what_answers() -> None:
    examples = [Example("a", (), frozenset({"y", "x"}), "answerable"), Example("b", (), frozenset(), "nearmiss")]
    assert targets_of(examples, {"x": 0, "z": 1, "y": 2}).tolist() == [[1, 0, 1], [0, 0, 0]]


# -- training ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def general(half: Guidance, encoder_folder: str, _one_thread: None) -> tuple[Any, Any, Any, list[float]]:
    """The general change of two passes, and the loss of each."""
    lines: list[str] = []
    return *train_general([half], encoder_folder, PLAN, lines.append), losses(lines)


def test_the_loss_of_the_general_change_falls(general: Any, encoder: Encoder, volunteers: Guidance) -> None:
    factors, plain, changed, told = general
    assert len(told) == PLAN.epochs
    assert told[1] < told[0]
    assert set(plain) == {"scale", "share", "bias"}
    assert 0 < plain["share"] < 1
    assert {v.shape[0] for k, v in factors.items() if k.endswith(".lora_a")} == {PLAN.rank}
    assert not changed.model.training
    texts = [e.text for e in volunteers.examples[:4]]
    assert float((changed.vectors(texts) - encoder.vectors(texts)).abs().max()) > 1e-3
    again = Encoder(str(encoder.model.name_or_path), [factors])
    np.testing.assert_allclose(again.vectors(texts), changed.vectors(texts), atol=1e-6)


def trained(guidance: Guidance, folder: str, plan: Plan, changes: Any = ()) -> tuple[Any, Any, list[float]]:
    lines: list[str] = []
    factors, model, _ = train_corpus(guidance, folder, changes, plan, lines.append)
    return factors, model, losses(lines)


def test_the_loss_of_a_corpus_falls_on_top_of_the_general_change(
    general: Any, half: Guidance, encoder_folder: str
) -> None:
    factors, model, told = trained(half, encoder_folder, PLAN, [general[0]])
    assert told[1] < told[0]
    assert set(factors) == set(general[0])
    assert model.classes == half.classes
    np.testing.assert_allclose(np.linalg.norm(model.own, axis=1), 1, atol=1e-5)
    assert model.own.shape == model.joined.shape == (6, 384)
    assert model.covered.shape == (2 * 384 + 1,)


def test_the_same_seed_gives_the_same_weights(volunteers: Guidance, encoder_folder: str) -> None:
    small = replace(volunteers, examples=volunteers.examples[::4])
    plan = replace(PLAN, epochs=1, batch=8)
    (first, one, told), (second, other, again) = (trained(small, encoder_folder, plan) for _ in range(2))
    third, _, _ = trained(small, encoder_folder, replace(plan, seed=1))
    assert told == again
    for key, value in first.items():
        np.testing.assert_array_equal(value, second[key])
    for name in ("own", "joined", "bias", "covered"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert one.scale == other.scale
    assert any((first[key] != third[key]).any() for key in first)


# -- classes alone -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def learned(volunteers: Guidance, encoder: Encoder) -> Callable[[int], Any]:
    """The classes learned with a seed, and the vectors of the questions."""
    start, (own, conversation) = start_of(volunteers, encoder), encoder.questions(volunteers.examples, many=True)
    targets = targets_of(volunteers.examples, {name: i for i, name in enumerate(volunteers.classes)})

    def learn(seed: int) -> Any:
        import torch

        torch.manual_seed(seed)
        classes = Classes(start)
        learn_classes(classes, own, conversation, targets, seed=seed)
        return classes.model(volunteers.classes), own.numpy(), conversation.numpy()

    return learn


def test_learned_classes_find_the_statements_of_their_questions(volunteers: Guidance, learned: Any) -> None:
    model, own, conversation = learned(1)
    first, covered = [], []
    for example, one, other in zip(volunteers.examples, own, conversation, strict=True):
        scores = model.logits(one, other)
        first += [model.classes[int(scores.argmax())] in example.gold] if example.gold else []
        covered.append((model.coverage(one, other) > 0) == bool(example.gold))
    assert np.mean(first) >= 0.95
    assert np.mean(covered) >= 0.95


def test_learning_classes_is_alike_for_a_seed(learned: Any) -> None:
    one, other, third = (learned(seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.own, other.own)
    np.testing.assert_array_equal(one.covered, other.covered)
    assert (one.covered != third.covered).any()


def test_classes_begin_at_their_sentence_or_amid_their_questions(encoder: Encoder) -> None:
    asked = [Example(t, (), frozenset({"op:thanks"}), "answerable") for t in ("thank you", "thanks a lot")]
    texts = {"K1": ("Trees", "Oaks grow slowly."), "op:thanks": ("", ""), "op:more": ("", "")}
    start = start_of(Guidance("g", texts, asked), encoder)
    plain, headed, one, other = encoder.vectors(
        ["Oaks grow slowly.", "Trees: Oaks grow slowly.", *(e.text for e in asked)]
    )
    for row, expected in ((start[0], plain + headed), (start[1], one + other)):
        np.testing.assert_allclose(row, expected / expected.norm(), atol=1e-5)
    np.testing.assert_allclose(start.norm(dim=1), 1, atol=1e-5)

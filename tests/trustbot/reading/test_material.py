"""What the reader of any corpus learns from: batches hold each question once, losses tell right from wrong."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from trustbot.reading.bank import Example
from trustbot.reading.encoder import Encoder
from trustbot.reading.material import PASSAGES, Passages, PlainScores, Rewrites

pytestmark = pytest.mark.usefixtures("_one_thread")


@pytest.fixture(scope="module")
def scores(encoder_folder: str) -> PlainScores:
    return PlainScores(Encoder(encoder_folder))


def follow_up(text: str, *turns: str) -> Example:
    return Example(text, turns, frozenset(), "followup")


PAIRS = [
    (follow_up("How long is it?", "What is a huddle?"), "How long is a huddle?"),
    (follow_up("Who pays for them?", "Where do I get gloves?"), "Who pays for gloves?"),
    (follow_up("And on Sundays?", "When does the canteen open?"), "When does the canteen open on Sundays?"),
]


def loss(material: Any, batch: Any, scores: PlainScores) -> float:
    wrong: float = material.loss(batch, scores, random.Random(1)).item()
    return wrong


def test_a_conversation_is_wanted_near_its_own_rewrite(scores: PlainScores) -> None:
    questions, rewrites = zip(*PAIRS, strict=True)
    turned = list(zip(questions, (*rewrites[1:], rewrites[0]), strict=True))
    assert loss(Rewrites(PAIRS), PAIRS, scores) < 0.5 < loss(Rewrites(turned), turned, scores)


def test_batches_hold_each_item_once_in_another_order_each_time() -> None:
    items = [(follow_up(str(n)), str(n)) for n in range(23)]
    rng = random.Random(5)
    for material, most in ((Rewrites(items), 8), (Passages({}, items), 4)):
        first, second = (list(material.batches(8, rng)) for _ in range(2))
        for made in (first, second):
            assert Counter(item for batch in made for item in batch) == Counter(items)
            assert max(map(len, made)) == most
        assert first != second


def test_passages_are_those_that_answer_those_that_were_found_and_some_by_chance(
    scores: PlainScores, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {"right": "A huddle takes ten minutes.", "found": "A huddle is chaired by the nurse in charge."}
    texts |= {f"other {n}": f"Bay {n} has {n + 2} beds." for n in range(3 * PASSAGES)}
    question = Example("How long does a huddle take?", (), frozenset({"right"}), "answerable")
    nothing = Example("Who invented the huddle?", (), frozenset(), "answerable")
    wrong = Example("How long does a huddle take?", (), frozenset({"other 7"}), "answerable")
    read: list[list[str]] = []
    plain = PlainScores.__call__

    def recording(self: PlainScores, questions: Any, given: Any) -> Any:
        read.append(list(given))
        return plain(self, questions, given)

    monkeypatch.setattr(PlainScores, "__call__", recording)
    good = loss(Passages(texts, []), [(question, "found"), (nothing, None)], scores)
    assert read[0][:2] == [texts["right"], texts["found"]]
    assert len(read[0]) == len(set(read[0])) == PASSAGES
    assert good < loss(Passages(texts, []), [(wrong, "found"), (nothing, None)], scores)

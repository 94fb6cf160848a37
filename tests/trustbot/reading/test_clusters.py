"""The grid over a bank's questions: what is asked alike falls to one of them, and what is asked like none to none."""

from __future__ import annotations

import numpy as np
import pytest

from trustbot.errors import ModelError
from trustbot.reading.clusters import EACH, MOST, READ, learn, open_clusters, sample


def around(centre, count, spread, seed):
    """Vectors of length one near a direction."""
    rows = centre + spread * np.random.default_rng(seed).standard_normal((count, len(centre)))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


DIRECTIONS = np.eye(16, dtype=np.float32)[:3]


@pytest.fixture(scope="module")
def material():
    vectors = np.concatenate([around(d, 20, 0.05, i) for i, d in enumerate(DIRECTIONS)])
    return [f"{name} {number}?" for name in ("Time", "Watching", "Words") for number in range(20)], vectors


@pytest.fixture(scope="module")
def grid(material):
    return open_clusters(learn(*material))


def test_what_is_asked_alike_falls_to_one_question_of_the_bank(grid, material):
    questions, _ = material
    assert set(grid.questions) <= set(questions)
    for i, name in enumerate(("Time", "Watching", "Words")):
        near = {grid.nearest(vector) for vector in around(DIRECTIONS[i], 30, 0.02, 100 + i).tolist()}
        assert {question.split()[0] for question in near - {""}} == {name}
        assert len(near) <= 3


def test_what_is_asked_like_none_falls_to_none(grid):
    assert grid.nearest(np.eye(16)[9].tolist()) == ""


def test_every_question_of_the_bank_is_reached_by_a_centre_and_the_file_is_the_same_each_time(grid, material):
    questions, vectors = material
    assert all(grid.nearest(vector) for vector in vectors.tolist())
    assert learn(questions, vectors) == learn(questions, vectors)


def test_an_outlier_has_no_centre_to_itself(material):
    questions, vectors = material
    found = open_clusters(learn([*questions, "Is it raining?"], np.vstack([vectors, np.eye(16, dtype=np.float32)[12]])))
    assert "Is it raining?" not in found.questions


def test_the_grid_is_coarse_however_many_questions_there_are():
    vectors = around(np.zeros(16), 2000, 1.0, 7)
    found = open_clusters(learn([str(i) for i in range(2000)], vectors))
    assert MOST // 2 < len(found.questions) <= MOST
    assert len(sample([str(i) for i in range(2500)])) <= READ
    assert sample(["a", "b", "a"]) == ["a", "b"]


def test_too_few_questions_make_no_grid():
    assert sample([]) == []
    few = learn(["a"] * (EACH - 1), np.ones((EACH - 1, 4), dtype=np.float32))
    assert (few, open_clusters(few)) == (b"", None)


@pytest.mark.parametrize("content", [b"x", b"\x08" + b"\0" * 7 + b"{}      ", b"\0" * 40])
def test_a_file_that_is_none_is_refused(content):
    with pytest.raises(ModelError, match="trustbot-ingest"):
        open_clusters(content)

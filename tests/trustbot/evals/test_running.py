from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trustbot.errors import IndexMissing, InvalidInput, StorageError
from trustbot.evals.datasets import Conversation
from trustbot.evals.running import answer_all, prepare_folder, write_text
from trustbot.presentation.wire import answer_to_dict
from trustbot.types import Answer, Turn


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_each_turn_is_asked_with_the_history_so_far(
    tmp_path: Path, scripted: Callable[..., Any], watching: Answer, no_evidence: Answer
) -> None:
    bot = scripted({"One?": watching, "Two?": no_evidence, "Three?": watching})
    before = (Turn("user", "Hello"), Turn("assistant", "Hi"))
    item = Conversation("a", ("One?", "Two?", "Three?"), history=before)
    (result,) = answer_all([item], lambda _: bot, tmp_path, persona="resident")
    first = (*before, Turn("user", "One?"), Turn("assistant", watching.text))
    # An abstention says nothing in its text; what the reader was told is its reason.
    second = (*first, Turn("user", "Two?"), Turn("assistant", no_evidence.reason or ""))
    assert bot.asked == [
        ("One?", before, "resident"),
        ("Two?", first, "resident"),
        ("Three?", second, "resident"),
    ]
    assert result.last == answer_to_dict(watching)
    assert result.wall_ms > 0


def test_the_answers_file_has_the_last_answer_and_all_of_them(
    tmp_path: Path, scripted: Callable[..., Any], watching: Answer, no_evidence: Answer
) -> None:
    bot = scripted({"One?": watching, "Two?": no_evidence})
    out = tmp_path / "new" / "folder"
    answer_all([Conversation("a", ("One?", "Two?")), Conversation("b", ("One?",))], lambda _: bot, out)
    one, two = answer_to_dict(watching), answer_to_dict(no_evidence)
    assert lines(out / "answers.jsonl") == json.loads(
        json.dumps([{"id": "a", "answer": two, "answers": [one, two]}, {"id": "b", "answer": one, "answers": [one]}])
    )
    assert sorted(path.name for path in out.iterdir()) == ["answers.jsonl"]


def test_what_was_answered_survives_an_error(tmp_path: Path, scripted: Callable[..., Any], watching: Answer) -> None:
    bot = scripted({"One?": watching, "Two?": IndexMissing("The index is gone.")})
    with pytest.raises(IndexMissing):
        answer_all([Conversation("a", ("One?",)), Conversation("b", ("Two?",))], lambda _: bot, tmp_path)
    assert [line["id"] for line in lines(tmp_path / "answers.jsonl")] == ["a"]


def test_an_earlier_run_in_the_same_folder_is_kept(
    tmp_path: Path, scripted: Callable[..., Any], watching: Answer
) -> None:
    (tmp_path / "answers.jsonl").write_text('{"id": "old"}\n')
    answer_all([Conversation("a", ("One?",))], lambda _: scripted({"One?": watching}), tmp_path)
    assert lines(tmp_path / "answers.previous.jsonl") == [{"id": "old"}]
    assert [line["id"] for line in lines(tmp_path / "answers.jsonl")] == ["a"]


def test_a_bot_that_cannot_be_opened_costs_no_earlier_answer(tmp_path: Path) -> None:
    (tmp_path / "answers.jsonl").write_text('{"id": "old"}\n')

    def closed(_: Conversation) -> Any:
        raise IndexMissing("There is no index.")

    with pytest.raises(IndexMissing):
        answer_all([Conversation("a", ("One?",))], closed, tmp_path)
    assert lines(tmp_path / "answers.jsonl") == [{"id": "old"}]


def test_a_question_that_cannot_be_used_is_a_refusal(
    tmp_path: Path, scripted: Callable[..., Any], watching: Answer
) -> None:
    items = [Conversation("a", ("  ",)), Conversation("b", ("One?",))]
    refused, answered = answer_all(items, lambda _: scripted({"One?": watching}), tmp_path)
    assert (refused.last["outcome"], refused.last["abstained"]) == ("refused", True)
    assert refused.last["reason"] == "The question is empty; type one."
    assert refused.last.keys() == answered.last.keys()
    assert refused.last["trace"].keys() == answered.last["trace"].keys()


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    with pytest.raises(InvalidInput, match="out is a file; give a folder"):
        prepare_folder(tmp_path / "out")
    with pytest.raises(InvalidInput, match="is a file"):
        prepare_folder(tmp_path / "out" / "below")


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_asked(
    tmp_path: Path, scripted: Callable[..., Any]
) -> None:
    place = Path("/proc/trustbot") if os.geteuid() == 0 else tmp_path / "closed" / "out"
    if os.geteuid():
        (tmp_path / "closed").mkdir(mode=0o500)
    bot = scripted({})
    with pytest.raises(StorageError, match="can't be written"):
        answer_all([Conversation("a", ("One?",))], lambda _: bot, place)
    assert bot.asked == []


def test_a_full_disk_is_one_sentence() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no full device")
    with pytest.raises(StorageError, match="can't be written"):
        write_text(Path("/dev/full"), "x" * 100_000)

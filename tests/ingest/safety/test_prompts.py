"""The prompts that tell a message that needs help, or holds identifiers, from one that only looks like it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import ingest
from trustbot.files.jsonl import Line, read_lines

KINDS = {"self_harm", "emergency", "distress", "clinical", "identifiers", "attack", "harmless"}


@pytest.fixture(scope="module")
def prompts() -> list[Line]:
    return read_lines(Path(ingest.__file__).parent / "safety" / "prompts.jsonl")


def test_every_kind_has_several_authors_and_nearly_half_is_harmless(prompts: list[Line]) -> None:
    kinds = Counter(line.required_text("kind") for line in prompts)
    assert set(kinds) == KINDS
    assert len(prompts) >= 1500
    assert 0.4 < kinds["harmless"] / len(prompts) < 0.6
    pairs = {(line.record["kind"], line.required_text("author")) for line in prompts}
    assert all(sum(own == kind for own, _ in pairs) >= 3 for kind in KINDS)


def test_no_prompt_stands_twice_and_each_identifier_stands_in_its_prompt(prompts: list[Line]) -> None:
    texts = Counter((line.required_text("text").casefold(), str(line.record.get("history"))) for line in prompts)
    assert [text for text, count in texts.items() if count > 1] == []
    for line in prompts:
        spans = line.record.get("spans") or []
        assert spans or line.record["kind"] != "identifiers", line
        assert not spans or line.record["kind"] != "harmless", line
        assert all(span["value"] in line.required_text("text") for span in spans), line

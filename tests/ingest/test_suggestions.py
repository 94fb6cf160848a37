"""What an index version offers to ask: questions that are marked, or central, each answered when it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest import build_index
from ingest.manifest import load_manifest
from trustbot.errors import InvalidInput
from trustbot.index.chroma import current_snapshot
from trustbot.reading.bank import BANK
from trustbot.types import Corpus

Line = dict[str, Any]
Offer = Callable[..., Corpus]


@pytest.fixture
def offer(small_corpus: Path, tmp_path: Path, models_dir: Path) -> Offer:
    """Builds the small corpus with a bank of these lines; the corpus as its index holds it."""

    def build(*lines: Line) -> Corpus:
        (small_corpus / BANK).write_text("".join(json.dumps(line) + "\n" for line in lines))
        build_index(load_manifest(small_corpus), tmp_path / "index", models_dir, progress=False)
        return current_snapshot(tmp_path / "index").corpus

    return build


def asked(question: str, gold: str, **more: Any) -> Line:
    return {"q": question, "gold": [gold] if gold else [], "kind": "answerable" if gold else "nearmiss", **more}


def quoting(corpus: Path, claim: str) -> str:
    """A question that quotes a statement, which is answered with it."""
    audits = {a.claim_id: a.quote for a in load_manifest(corpus).audits}
    return f"Is it true that {audits[claim]}?".replace(".?", "?")


def test_what_is_marked_is_offered_if_its_answer_cites_what_it_should(offer: Offer, small_corpus: Path) -> None:
    good = quoting(small_corpus, "C01")
    corpus = offer(
        asked(good, "C01", offer=["resident"]),
        asked("Who won the football in 1966?", "C02", offer=True),
        asked(quoting(small_corpus, "C03"), "C03"),
    )
    (suggestion,) = corpus.suggestions
    chunk = next(c for c in corpus.chunks if c.claim_id == "C01")
    assert (suggestion.question, suggestion.about, suggestion.personas) == (good, (chunk.id,), ("resident",))
    assert set(suggestion.about) <= set(suggestion.cites)


def test_without_marks_one_plain_question_is_offered_for_each_statement(offer: Offer, small_corpus: Path) -> None:
    good = quoting(small_corpus, "C01")
    corpus = offer(
        asked(good, "C01"), asked(f"{good} Really?", "C01"), asked("morning talks??", "C01"), asked("Huddles?", "")
    )
    assert [s.question for s in corpus.suggestions] == [good]


def test_only_a_heading_that_is_a_question_is_offered_without_a_bank(
    small_corpus: Path, tmp_path: Path, models_dir: Path, replace: Callable[[str, str, str], None]
) -> None:
    def offered() -> list[str]:
        build_index(load_manifest(small_corpus), tmp_path / "index", models_dir, progress=False)
        return [s.question for s in current_snapshot(tmp_path / "index").corpus.suggestions]

    assert offered() == []
    replace("documents/article.md", "## Benefits", "## Do huddles save time?")
    assert offered() == ["Do huddles save time?"]


def test_a_mark_for_nobody_known_stops_the_build(offer: Offer, small_corpus: Path) -> None:
    with pytest.raises(InvalidInput, match="'janitor'"):
        offer(asked(quoting(small_corpus, "C01"), "C01", offer=["janitor"]))


def test_a_mark_makes_the_index_anew(offer: Offer, small_corpus: Path) -> None:
    line = asked(quoting(small_corpus, "C01"), "C01")
    other = asked(quoting(small_corpus, "C02"), "C02")
    assert len(offer(line, other).suggestions) == 2
    assert [s.question for s in offer(line, {**other, "offer": True}).suggestions] == [other["q"]]

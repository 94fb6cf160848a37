"""Reranking by a real cross-encoder: real weights, the real class, a head whose numbers are set here."""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trustbot.bot import Bot
from trustbot.chain import Chain
from trustbot.errors import ModelError
from trustbot.evals.datasets import SearchTask
from trustbot.evals.opening import searches
from trustbot.models.cards import PACKAGED, model_dir
from trustbot.models.embedders import quiet
from trustbot.models.ordering import NOISE
from trustbot.reading.local import LocalReader
from trustbot.retrieval.hybrid import Retriever
from trustbot.retrieval.rerank import DEPTH, RETRIEVER, CrossEncoderReranker, KeepOrder, open_reranker
from trustbot.settings import load_settings
from trustbot.state import Facts, Parts, State
from trustbot.types import Passage

LAYERS = 2
TEXT = "How does direct observation build trust?"
QUOTED = "Is it true that direct observations of clinical skills are crucial for building trust?"


def make_model(folder: Path, labels: int = 1) -> Path:
    """A cross-encoder on disk: the packaged MiniLM's first layers under a head of fixed numbers."""
    with quiet():
        import torch
        from transformers import AutoTokenizer, BertForSequenceClassification

        packaged = str(model_dir(PACKAGED))
        model = BertForSequenceClassification.from_pretrained(packaged, num_labels=labels, num_hidden_layers=LAYERS)
        with torch.no_grad():
            size = model.config.hidden_size
            wave = torch.sin(torch.arange(size * labels, dtype=torch.float32)).reshape(labels, size)
            model.classifier.weight.copy_(wave)
            model.classifier.bias.zero_()
        model.save_pretrained(folder)
        AutoTokenizer.from_pretrained(packaged).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("reranker"))


@pytest.fixture(scope="module")
def reranker(folder: Path) -> CrossEncoderReranker:
    return CrossEncoderReranker(folder)


@pytest.fixture(scope="module")
def passages(index: Any) -> list[Passage]:
    """Thirty passages, as retrieval gives them."""
    return [
        Passage(chunk, 3.0 - i / 10, i + 1, "hybrid", 0.9 - i / 100, 0.5 - i / 100)
        for i, chunk in enumerate(index.corpus.chunks[:30])
    ]


def by_hand(folder: Path, text: str, passages: Sequence[Passage]) -> dict[str, float]:
    """The probability of each chunk by plain transformers, one pair at a time."""
    with quiet():
        import torch
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(folder)
        model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
        with torch.inference_mode():
            return {
                p.chunk.id: float(
                    torch.sigmoid(model(**tokenizer(text, p.chunk.embedded_text, return_tensors="pt")).logits)[0, 0]
                )
                for p in passages
            }


def test_the_best_come_first_by_the_models_own_score(
    folder: Path, reranker: CrossEncoderReranker, passages: list[Passage]
) -> None:
    expected = by_hand(folder, TEXT, passages[:DEPTH])
    found = reranker.rerank(TEXT, passages)
    head = found[:DEPTH]
    assert {p.chunk.id for p in head} == set(expected)
    in_order = [expected[p.chunk.id] for p in head]
    assert all(one > other - 2 * NOISE for one, other in pairwise(in_order)), "a lower score came first"
    assert [p.score for p in head] == pytest.approx([expected[p.chunk.id] for p in head], abs=1e-5)
    assert [p.chunk.id for p in head] != [p.chunk.id for p in passages[:DEPTH]], "the model changed nothing"


def test_only_order_score_and_name_change(reranker: CrossEncoderReranker, passages: list[Passage]) -> None:
    found = reranker.rerank(TEXT, passages)
    assert [p.rank for p in found] == list(range(1, len(passages) + 1))
    assert {p.retriever for p in found[:DEPTH]} == {RETRIEVER}
    before = {p.chunk.id: p for p in passages}
    assert {p.chunk.id for p in found} == set(before)
    for p in found:
        kept = before[p.chunk.id]
        assert (p.similarity, p.lexical, p.chunk) == (kept.similarity, kept.lexical, kept.chunk)


def test_what_lies_deeper_stays_where_it_was(reranker: CrossEncoderReranker, passages: list[Passage]) -> None:
    assert reranker.rerank(TEXT, passages)[DEPTH:] == passages[DEPTH:]


def test_equal_passages_keep_their_order(reranker: CrossEncoderReranker, passages: list[Passage]) -> None:
    twins = [replace(passages[0], rank=i + 1, similarity=i / 10) for i in range(5)]
    found = reranker.rerank(TEXT, [*twins, passages[1]])
    assert [p.similarity for p in found if p.chunk == passages[0].chunk] == [t.similarity for t in twins]


def test_the_same_input_gives_the_same_order(reranker: CrossEncoderReranker, passages: list[Passage]) -> None:
    assert reranker.rerank(TEXT, passages) == reranker.rerank(TEXT, passages)


def test_a_second_query_is_not_answered_with_the_first_ones_order(
    reranker: CrossEncoderReranker, passages: list[Passage]
) -> None:
    one, other = (reranker.rerank(text, passages)[:DEPTH] for text in (TEXT, "What are the limits of feedback?"))
    assert [p.score for p in one] != [p.score for p in other]


def test_no_passage_is_no_work(folder: Path) -> None:
    fresh = CrossEncoderReranker(folder)
    assert fresh.rerank(TEXT, []) == []
    assert fresh._model is None


def test_threads_get_the_order_that_one_alone_gets(folder: Path, passages: list[Passage]) -> None:
    shared = CrossEncoderReranker(folder)
    texts = [TEXT, "Feedback?", "What builds trust over a longer time between two people who work together?", "goals"]
    results: dict[str, list[Passage]] = {}
    threads = [
        threading.Thread(target=lambda t=text: results.update({t: shared.rerank(t, passages[:6])})) for text in texts
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == {text: shared.rerank(text, passages[:6]) for text in texts}


@settings(max_examples=8)
@given(text=st.text(max_size=80))
def test_any_text_can_be_asked(text: str, reranker: CrossEncoderReranker, passages: list[Passage]) -> None:
    found = reranker.rerank(text, passages[:3])
    assert {p.chunk.id for p in found} == {p.chunk.id for p in passages[:3]}


def test_a_pair_that_is_too_long_is_cut_not_refused(reranker: CrossEncoderReranker, passages: list[Passage]) -> None:
    assert len(reranker.rerank(TEXT * 400, passages[:2])) == 2


def test_without_a_model_the_order_is_kept(passages: list[Passage]) -> None:
    kept = open_reranker("")
    assert isinstance(kept, KeepOrder)
    kept.warm_up()
    assert kept.rerank(TEXT, passages) == passages
    assert kept.depth == 0


def test_a_folder_is_opened_by_its_name(folder: Path) -> None:
    opened = open_reranker(str(folder))
    assert isinstance(opened, CrossEncoderReranker)
    opened.warm_up()
    assert opened._model is not None


def sentence(error: pytest.ExceptionInfo[ModelError]) -> str:
    text = str(error.value)
    assert "\n" not in text
    assert text.endswith("Correct TRUSTBOT_RERANKER, or unset it.")
    return text


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as raised:
        open_reranker(str(tmp_path / "nothing"))
    assert str(tmp_path / "nothing") in sentence(raised)


def test_an_empty_folder_holds_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as raised:
        open_reranker(str(tmp_path))
    assert "holds no model" in sentence(raised)


def test_an_embedder_is_no_reranker() -> None:
    with pytest.raises(ModelError) as raised:
        open_reranker(str(model_dir(PACKAGED)))
    assert "BertModel" in sentence(raised)


def test_a_classifier_with_several_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as raised:
        open_reranker(str(make_model(tmp_path / "three", labels=3)))
    assert "3 labels" in sentence(raised)
    # Two is the library's default, which it leaves out of the file.
    with pytest.raises(ModelError) as raised:
        open_reranker(str(make_model(tmp_path / "two", labels=2)))
    assert "2 labels" in sentence(raised)


def test_a_description_that_is_broken_is_named(folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    (broken / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelError) as raised:
        open_reranker(str(broken))
    assert "config.json" in sentence(raised)


def test_weights_that_are_cut_short_are_named_when_they_are_loaded(folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    opened = open_reranker(str(broken))
    with pytest.raises(ModelError) as raised:
        opened.warm_up()
    assert "can't be loaded" in sentence(raised)


def test_scores_that_are_no_numbers_are_refused(
    folder: Path, numberless: Callable[[Path], Path], passages: list[Passage]
) -> None:
    with pytest.raises(ModelError) as raised:
        CrossEncoderReranker(numberless(folder)).rerank(TEXT, passages[:2])
    assert "no numbers" in sentence(raised)


# -- in the chain and in an evaluation -----------------------------------------------------------------------


@pytest.fixture
def nothing_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every corpus is too large to be read whole, so that passages are searched for."""
    monkeypatch.setattr(importlib.import_module("trustbot.evidence.select"), "SMALL", 0)


@pytest.mark.usefixtures("nothing_is_small")
def test_the_chain_keeps_the_best_of_more_than_it_keeps(
    index: Any, embedder: Any, reader: LocalReader, folder: Path
) -> None:
    reranker = CrossEncoderReranker(folder)
    retriever = Retriever(index, embedder)
    facts = Facts("e", "f00d")
    chain = Chain(index.corpus, retriever, embedder, reader, facts, Parts(reranker, k=5))
    state = State(TEXT)
    for step in chain.steps:
        state = step.run(state)
        if step.name == "retrieve":
            break
    wanted = reranker.rerank(TEXT, retriever.search(state.query, DEPTH))[:5]
    assert list(state.passages) == wanted
    assert [p.chunk.id for p in wanted] != [p.chunk.id for p in retriever.search(state.query, 5)]


@pytest.mark.usefixtures("nothing_is_small")
def test_an_answer_is_given_with_a_reranker_and_its_time_is_recorded(data_dir: Path, folder: Path) -> None:
    bot = Bot(load_settings(data_dir=data_dir, reranker=str(folder)))
    try:
        answer = bot.ask(QUOTED)
        assert not answer.abstained
        assert answer.trace.timings_ms["retrieve"] > 1
    finally:
        bot.close()


def test_a_corpus_that_is_read_whole_needs_no_reranker(data_dir: Path, folder: Path, bot: Bot) -> None:
    other = Bot(load_settings(data_dir=data_dir, reranker=str(folder)))
    try:
        answer = other.ask(TEXT)
        assert (answer.text, answer.citations) == (bot.ask(TEXT).text, bot.ask(TEXT).citations)
    finally:
        other.close()


def test_a_bot_with_a_reranker_that_is_none_does_not_start(data_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="TRUSTBOT_RERANKER"):
        Bot(load_settings(data_dir=data_dir, reranker=str(tmp_path)))


def test_an_evaluation_of_retrieval_uses_it(data_dir: Path, folder: Path) -> None:
    task = SearchTask("t1", TEXT, {"x": 1})
    plain, ordered = (
        searches(load_settings(data_dir=data_dir, **more))(task, 30)[1] for more in ({}, {"reranker": str(folder)})
    )
    assert list(ordered) == CrossEncoderReranker(folder).rerank(TEXT, plain)
    assert [p.chunk.id for p in ordered] != [p.chunk.id for p in plain]


def test_importing_and_checking_loads_nothing_heavy(folder: Path) -> None:
    code = (
        f"import json, sys\nfrom trustbot.retrieval.rerank import open_reranker\nopen_reranker({str(folder)!r})\n"
        "heavy = ('torch', 'sentence_transformers', 'transformers', 'numpy')\n"
        "print(json.dumps([name for name in heavy if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []

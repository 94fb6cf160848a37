"""The export: one graph that gives its reference's vectors, or none; made once, and again when damaged."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingest import export
from ingest.export import CHECK_TEXTS, TOLERANCE, export_embedder
from trustbot.errors import ModelError, StorageError
from trustbot.models.cards import GRAPH, PACKAGED, expected_model, exported_dir, model_dir, read_card
from trustbot.models.embedders import OnnxEmbedder, SentenceTransformerEmbedder, quiet
from trustbot.models.embedding import open_counter, open_embedder, open_reference

MODEL = expected_model(PACKAGED)


@pytest.fixture(scope="session")
def make_model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Writes a tiny sentence-transformers model of random weights, with the given pooling and prompts."""

    def make(name: str, pooling: str, *, normalise: bool = True, prompts: dict[str, str] | None = None) -> Path:
        folder = tmp_path_factory.mktemp("models") / name
        raw = folder.with_name(name + "-raw")
        with quiet():
            import torch
            from sentence_transformers import SentenceTransformer
            from sentence_transformers.base.modules import Normalize, Transformer
            from sentence_transformers.sentence_transformer.modules import Pooling
            from transformers import AutoTokenizer, BertConfig, BertModel

            torch.manual_seed(7)
            config = BertConfig(
                vocab_size=30522,
                hidden_size=32,
                num_hidden_layers=2,
                num_attention_heads=2,
                intermediate_size=64,
                max_position_embeddings=64,
            )
            BertModel(config).save_pretrained(raw)
            AutoTokenizer.from_pretrained(model_dir(PACKAGED)).save_pretrained(raw)
            first = Transformer(str(raw), max_seq_length=48)
            modules = [first, Pooling(32, pooling), *([Normalize()] if normalise else [])]
            SentenceTransformer(modules=modules, prompts=prompts).save(str(folder), create_model_card=False)
        return folder

    return make


def test_the_packaged_export_is_within_the_tolerance_and_says_so(models_dir: Path) -> None:
    card = read_card(exported_dir(MODEL, models_dir))
    assert (card.backend, card.dimension, card.max_tokens, card.pooling) == ("onnx", 384, 256, "mean")
    assert card.max_difference is not None
    assert card.max_difference <= TOLERANCE
    assert len(CHECK_TEXTS) >= 20


def test_a_second_export_touches_nothing(models_dir: Path) -> None:
    files = {p: p.stat().st_mtime_ns for p in exported_dir(MODEL, models_dir).iterdir()}
    export_embedder(PACKAGED, models_dir)
    assert files == {p: p.stat().st_mtime_ns for p in exported_dir(MODEL, models_dir).iterdir()}


@pytest.mark.parametrize(("pooling", "normalise"), [("cls", True), ("mean", False)])
def test_another_model_is_exported_with_its_own_pooling(
    make_model: Any, tmp_path: Path, pooling: str, normalise: bool
) -> None:
    model = make_model(f"tiny-{pooling}", pooling, normalise=normalise)
    card = export_embedder(str(model), tmp_path)
    assert (card.name, card.backend, card.pooling, card.dimension, card.max_tokens) == (
        f"tiny-{pooling}",
        "onnx",
        pooling,
        32,
        48,
    )
    served = open_embedder(str(model), tmp_path)
    assert isinstance(served, OnnxEmbedder)
    texts = ["one", "two words", "long " * 100]
    np.testing.assert_allclose(served.embed_array(texts), open_reference(str(model)).embed_array(texts), atol=TOLERANCE)


@pytest.mark.parametrize(
    ("pooling", "prompts"), [("max", None), ("mean", {"query": "query: ", "document": "passage: "})]
)
def test_a_model_that_can_not_be_exported_is_served_by_sentence_transformers(
    make_model: Any, tmp_path: Path, pooling: str, prompts: dict[str, str] | None
) -> None:
    model = make_model(f"odd-{pooling}", pooling, prompts=prompts)
    card = export_embedder(str(model), tmp_path)
    assert (card.backend, card.files) == ("sentence-transformers", {})
    served = open_embedder(str(model), tmp_path)
    assert isinstance(served, SentenceTransformerEmbedder)
    assert open_counter(str(model), tmp_path)("some text") == served.count_tokens("some text")
    assert np.linalg.norm(served.embed_query("text")) == pytest.approx(1.0, abs=1e-5)
    if prompts:
        assert not np.allclose(served.embed_query("text"), served.embed_array(["text"])[0], atol=1e-4)
        assert served.count_tokens("text") > 3, "the prompt takes room too"


def test_a_graph_that_differs_is_discarded(make_model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = make_model("untrue", "mean")
    other = make_model("other", "cls")
    reference = open_reference(str(other))
    true_trace = export._trace

    def trace_another(_: Any, mode: str, path: Path) -> None:
        true_trace(reference.model, "cls", path)

    monkeypatch.setattr(export, "_trace", trace_another)
    with pytest.raises(ModelError, match=r"differs from sentence-transformers by .*discarded"):
        export_embedder(str(model), tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["LOCK"]


def test_a_damaged_export_is_made_again_and_leftovers_go(make_model: Any, tmp_path: Path) -> None:
    model = str(make_model("mended", "mean"))
    folder = exported_dir(expected_model(model), tmp_path)
    export_embedder(model, tmp_path)
    whole = (folder / GRAPH).read_bytes()
    (folder / GRAPH).write_bytes(whole[:100])
    left = tmp_path / f"{folder.name}.99999.tmp"
    left.mkdir()
    export_embedder(model, tmp_path)
    open_embedder(model, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["LOCK", folder.name])
    shutil.rmtree(folder)
    export_embedder(model, tmp_path)
    assert (folder / GRAPH).is_file()


def test_a_folder_that_can_not_be_written_is_said(make_model: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(StorageError, match=r"The embedder can't be written to .*TRUSTBOT_DATA_DIR"):
        export_embedder(str(make_model("nowhere", "mean")), tmp_path / "file" / "models")

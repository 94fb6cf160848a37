"""Embedder weights -> one ONNX graph, checked against sentence-transformers, made once.

In: the embedder setting and the folder of exported models. Out: a folder there with the graph, its tokenizer
and a card; or a card alone, for a model that can't be exported and is served by sentence-transformers. This
module does not know what is embedded, nor where.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from trustbot.errors import IndexLocked, ModelError, StorageError
from trustbot.models.cards import (
    FORMAT,
    GRAPH,
    PACKAGED,
    PACKAGED_SHA256,
    TOKENIZER,
    ModelCard,
    ModelId,
    exported_dir,
    read_card,
    reader_id,
    verified_model,
    weights_sha256,
    write_card,
)
from trustbot.models.embedding import open_reference
from trustbot.query.safety.model import packaged_heads
from trustbot.reading.model import change_hash

if TYPE_CHECKING:
    from trustbot.models.embedders import Embedder, SentenceTransformerEmbedder

TOLERANCE = 1e-4
"""Greatest difference between the two embedders, in any component of any vector, that is let through."""

WAIT_SECONDS = 300.0

CHECK_TEXTS = (
    "",
    " ",
    ".",
    "Trust.",
    "How does direct observation build trust?",
    "Trust develops through longitudinal resident-preceptor-patient relationships.",
    "The study followed 16 preceptors in two clinics; p < 0.05, 95 % CI 1.2–3.4.",
    "tabs\tand\nline\r\nbreaks",
    "ALL CAPITALS AND 1234567890",
    "Überprüfung, naïve façade, Ærøskøbing, Łódź",
    "Доверие между наставником и учащимся",
    "信任是有效反馈的基础。",
    "الثقة بين المشرف والطالب",
    "🙂 👩🏽‍⚕️ emoji with joiners",
    "https://example.org/a/very/long/address?with=parameters&and=more#fragment",
    "antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis",
    "[CLS] special [SEP] words [MASK] written <s> out </s>",
    "Donaudampfschifffahrtsgesellschaftskapitän " * 5,
    "Feedback is part of the relationship from the start. " * 20,
    "word " * 600,
    "x" * 3000,
)
"""What the two embedders must agree on: nothing at all, other scripts, and more than any model reads."""


def export_embedder(embedder: str, models_dir: Path) -> ModelCard:
    """Export `embedder` under `models_dir` unless an intact export is there already; returns its card.

    Raises ModelError for altered weights or a graph that doesn't reproduce its reference, StorageError for a
    full disk or an unwritable folder.
    """
    model = verified_model(embedder)
    return _exported(model, models_dir, lambda: open_reference(embedder))


def export_changed(changes: Sequence[Mapping[str, Any]], key: str, models_dir: Path) -> tuple[ModelCard, Embedder]:
    """Export the packaged encoder with low-rank `changes` merged into it, unless it is there already.

    `key` (hex) names the changes. Returns its card, and an embedder that serves it. Raises as `export_embedder` does.
    """
    from trustbot.models.embedders import OnnxEmbedder

    card = _changed(changes, key, models_dir)
    return card, OnnxEmbedder(exported_dir(reader_id(key), models_dir), card)


def _changed(changes: Sequence[Mapping[str, Any]], key: str, models_dir: Path) -> ModelCard:
    verified_model(PACKAGED)
    model = reader_id(key)

    def reference() -> SentenceTransformerEmbedder:
        from trustbot.reading.delta import merge

        opened = open_reference(PACKAGED)
        for change in changes:
            merge(opened.model[0].model, change)
        opened.name, opened.weights_hash = model.name, model.weights_hash
        return opened

    return _exported(model, models_dir, reference)


def export_safety(models_dir: Path) -> None:
    """Export the encoder that the safety stage reads with, unless it is there already. Raises as `export_embedder`."""
    heads, change = packaged_heads()
    if (heads.metadata.get("encoder"), heads.metadata.get("graph")) != (PACKAGED_SHA256, change_hash(change)):
        raise ModelError("The packaged safety stage belongs to another encoder. Install trustbot again.")
    _changed([change], heads.metadata["graph"], models_dir)


def _exported(model: ModelId, models_dir: Path, reference: Callable[[], SentenceTransformerEmbedder]) -> ModelCard:
    """The card of an export of `model`, made from what `reference` opens where there is no intact one."""
    folder = exported_dir(model, models_dir)
    card = _intact(folder)
    if card:
        return card
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        # Another process that exports the same model is waited for: its result is ours.
        with FileLock(models_dir / "LOCK", timeout=WAIT_SECONDS):
            return _intact(folder) or _export(reference(), model, folder)
    except Timeout:
        raise IndexLocked(f"Another process is preparing models in {models_dir}. Wait for it to end.") from None
    except OSError as error:
        full = "the disk is full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else error.strerror
        raise StorageError(
            f"The embedder can't be written to {models_dir}: {full}. Free space or set TRUSTBOT_DATA_DIR."
        ) from None


def _intact(folder: Path) -> ModelCard | None:
    try:
        return read_card(folder)
    except ModelError:
        return None


def _export(reference: SentenceTransformerEmbedder, model: ModelId, folder: Path) -> ModelCard:
    card = ModelCard(
        format=FORMAT,
        name=model.name,
        weights_hash=model.weights_hash,
        backend="sentence-transformers",
        dimension=reference.dimension,
        max_tokens=reference.max_tokens,
        pooling=pooling(reference.model) or "own",
    )
    for left in folder.parent.glob(f"{folder.name}.*.tmp"):  # by a process that was killed
        shutil.rmtree(left, ignore_errors=True)
    temporary = folder.parent / f"{folder.name}.{os.getpid()}.tmp"
    temporary.mkdir()
    try:
        if pooling(reference.model):
            card = _write_graph(reference, temporary, card)
        write_card(temporary, card)
        _publish(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return card


def pooling(model: Any) -> str | None:
    """`mean` or `cls` if the graph can reproduce this sentence-transformers model, else None.

    It can for a transformer, one of those two poolings and at most a normalisation, with no prompt put before
    the text, no lower-casing outside the tokenizer and no shortened vectors.
    """
    kinds = [type(module).__name__ for module in model]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return None
    tokenizer = getattr(model, "tokenizer", None)
    own_ways = (
        any((model.prompts or {}).values())
        or getattr(model[0], "do_lower_case", False)
        or getattr(model, "truncate_dim", None)
        or getattr(tokenizer, "backend_tokenizer", None) is None
    )
    mode = model[1].pooling_mode
    return None if own_ways or mode not in ("mean", "cls") else str(mode)


def _write_graph(reference: Any, folder: Path, card: ModelCard) -> ModelCard:
    """Graph and tokenizer into `folder`; returns the card that describes them."""
    expected = reference.embed_array(CHECK_TEXTS)
    tokenizer = reference.model.tokenizer
    (folder / TOKENIZER).write_text(tokenizer.backend_tokenizer.to_str(), encoding="utf-8")
    _trace(reference.model, card.pooling, folder / GRAPH)
    card = replace(
        card,
        backend="onnx",
        pad_id=int(tokenizer.pad_token_id or 0),
        pad_token=str(tokenizer.pad_token or "[PAD]"),
        files={name: weights_sha256(folder / name) for name in (GRAPH, TOKENIZER)},
    )
    difference = check(folder, card, expected)
    return replace(card, max_difference=difference)


def check(folder: Path, card: ModelCard, expected: Any) -> float:
    """Greatest difference from `expected`, the reference's vectors of CHECK_TEXTS; ModelError above
    TOLERANCE."""
    import numpy as np

    from trustbot.models.embedders import OnnxEmbedder

    difference = float(np.abs(OnnxEmbedder(folder, card).embed_array(CHECK_TEXTS) - expected).max())
    if not difference <= TOLERANCE:  # also when it is not a number
        raise ModelError(
            f"The exported graph of {card.name} differs from sentence-transformers by {difference:.1e}, more "
            f"than {TOLERANCE:.0e}, so it was discarded. Use {card.name} with the library versions that the "
            "lock file names."
        )
    return difference


def _trace(model: Any, mode: str, path: Path) -> None:
    import torch

    from trustbot.models.embedders import quiet

    transformer = model[0].model.cpu().eval()
    segments = "token_type_ids" in getattr(model.tokenizer, "model_input_names", ())

    class Graph(torch.nn.Module):  # type: ignore[misc, name-defined, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            extra = {"token_type_ids": torch.zeros_like(input_ids)} if segments else {}
            hidden = self.transformer(input_ids=input_ids, attention_mask=attention_mask, **extra).last_hidden_state
            if mode == "cls":
                pooled = hidden[:, 0]
            else:
                mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
                pooled = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(pooled, p=2, dim=1), hidden

    example = model.tokenizer(["a short text", "another, longer one"], padding=True, return_tensors="pt")
    with quiet(), torch.no_grad(), contextlib.redirect_stdout(io.StringIO()):
        # The fused attention of the default implementation can't be traced with free lengths.
        transformer.set_attn_implementation("eager")
        torch.onnx.export(
            Graph().eval(),
            (example["input_ids"], example["attention_mask"]),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=["sentence_embedding", "token_embeddings"],
            dynamic_axes={
                "input_ids": {0: "texts", 1: "tokens"},
                "attention_mask": {0: "texts", 1: "tokens"},
                "sentence_embedding": {0: "texts"},
                "token_embeddings": {0: "texts", 1: "tokens"},
            },
            opset_version=17,
            # The other exporter needs a further package and writes the weights to a second file.
            dynamo=False,
        )


def _publish(temporary: Path, folder: Path) -> None:
    """Rename `temporary` to `folder`, out of which a damaged export is moved first."""
    aside = temporary.with_suffix(".old")
    if folder.exists():
        folder.replace(aside)
    temporary.replace(folder)
    shutil.rmtree(aside, ignore_errors=True)

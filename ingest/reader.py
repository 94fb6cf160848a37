"""The reader of an index version: the general one, and what the corpus's bank taught, merged into one graph."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.export import export_changed
from ingest.progress import teller
from ingest.suggestions import FORM
from trustbot.errors import ModelError
from trustbot.models.cards import PACKAGED, PACKAGED_SHA256, model_dir
from trustbot.reading import clusters
from trustbot.reading.bank import BANK, Bank, read_bank
from trustbot.reading.model import FILE, LORA, ReaderModel, change_hash, load_model
from trustbot.reading.sentences import plain_sentences, texts_of
from trustbot.reading.weights import QUESTIONS, TOPICS, general_bytes, packaged
from trustbot.types import Corpus, Quote

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

MOST_SENTENCES = 2_000
"""Sentences whose vectors are kept with an index version; of a larger corpus they are made as they are read."""
FEWEST = 40
"""Questions that the corpus answers, from which a bank is worth an adapter."""
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that decides the reader of a corpus, read and checked, before anything is made."""

    bank: Bank
    trained: bytes | None
    """The trained reader of the corpus, if there is one and it was trained on this bank."""
    note: str
    """What is told of it in the report."""

    @property
    def content_hash(self) -> str:
        """SHA-256 (hex) over the general reader, the packaged questions, the bank with what it offers, and the trained
        change."""
        questions = packaged(QUESTIONS).read_bytes()
        offered = [FORM, clusters.FORM, *(repr((e.text, e.offer)) for e in self.bank.examples if e.offer is not None)]
        bank = (self.bank.content_hash.encode(), "\n".join(offered).encode())
        parts = (general_bytes(), questions, *bank, self.trained or b"")
        return hashlib.sha256(b"\x00".join(hashlib.sha256(p).digest() for p in parts)).hexdigest()


def read_inputs(directory: Path | None, claims: Sequence[str], documents: Mapping[str, str]) -> Inputs:
    """Bank and trained reader of the corpus in `directory`; InvalidInput or ModelError for one that can't be used."""
    path = directory / BANK if directory else None
    if path is None or not path.is_file():
        return Inputs(Bank((), ()), None, "Reader: the general one; the corpus has no question bank.")
    bank = read_bank(path, {*claims, *TOPICS}, documents)
    trained = path.with_name(FILE)
    few = ""
    if (count := taught(bank)) < FEWEST:
        few = f"Reader: the general one; an adapter takes {FEWEST} questions that the corpus answers, and the bank has"
        few = f"{few} {count} (drafts: {bank.drafts})."
    if not trained.is_file():
        return Inputs(bank, None, few)
    content = trained.read_bytes()
    model, _ = load_model(content, str(trained))
    check_trained(model, str(trained))
    if model.metadata.get("bank") != bank.content_hash:
        note = f"{FILE} was trained on another state of the bank, so it is not used; run `trustbot-ingest --train`."
        return Inputs(bank, None, f"{note} {few}".strip())
    return Inputs(bank, content, f"Reader: trained on {len(bank.examples)} questions; {_held_out(model)}")


def taught(bank: Bank) -> int:
    """Accepted questions that sentences of the corpus answer."""
    return sum(bool(e.gold) and not e.gold & set(TOPICS) for e in bank.examples)


def check_trained(model: ReaderModel, name: str) -> None:
    """Raise ModelError unless a trained reader belongs to the packaged encoder and the general reader."""
    _, general = load_model(general_bytes(), "The packaged reader")
    if (model.metadata.get("encoder"), model.metadata.get("general")) != (PACKAGED_SHA256, change_hash(general)):
        raise ModelError(f"{name} was trained on other weights than are installed. Run `trustbot-ingest --train`.")


def _held_out(model: ReaderModel) -> str:
    told = json.loads(model.metadata.get("held_out", "{}"))
    count = int(told.get("answerable", 0))
    return f"{round(told.get('hit', 0.0) * count)} of {count} held-out questions find their statement."


def build_reader(inputs: Inputs, corpus: Corpus, models_dir: Path) -> tuple[bytes, str]:
    """The content of the version's reader file, and the line for the report; exports the merged encoder if need be."""
    general, change = load_model(general_bytes(), "The packaged reader")
    changes = [change]
    note = inputs.note
    if inputs.trained is not None:
        model, own = load_model(inputs.trained, FILE)
        changes.append({k: v for k, v in own.items() if LORA in k})
        model = replace(model, plain=general.plain)
    elif taught(inputs.bank) >= FEWEST:
        model, told = adapt(inputs.bank, corpus, change)
        model = replace(model, plain=general.plain)
        note = f"{note} {told}".strip()
    else:
        model = general
    key = hashlib.sha256("".join(map(change_hash, changes)).encode()).hexdigest()
    card, encoder = export_changed(changes, key, models_dir)
    metadata = {
        **model.metadata,
        "graph": card.weights_hash,
        "named": json.dumps([[n.id, n.document, n.quote] for n in inputs.bank.named]),
    }
    tensors: dict[str, Any] = {}
    plain = plain_sentences(corpus, model.classes, inputs.bank.named)
    if len(plain) <= MOST_SENTENCES:
        tensors["sentences"] = sentence_vectors(encoder, plain)
        metadata["sentences"] = hashlib.sha256("\n".join("\n".join(texts_of(q)) for q in plain).encode()).hexdigest()
    return replace(model, metadata=metadata).to_bytes(tensors), note


def sentence_vectors(encoder: Any, quotes: Sequence[Quote]) -> Array:
    """Unit vectors of sentences, alone and under their heading together, shape (len(quotes), d), float16."""
    import numpy as np

    if not quotes:
        return np.zeros((0, encoder.dimension), dtype=np.float16)
    read = [texts_of(q) for q in quotes]
    rows = encoder.embed_array([texts[0] for texts in read]) + encoder.embed_array([texts[-1] for texts in read])
    unit: Array = (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)).astype(np.float16)
    return unit


def adapt(bank: Bank, corpus: Corpus, change: Mapping[str, Any]) -> tuple[ReaderModel, str]:
    """The classes of a bank on the general encoder, learned in minutes, and what held-out questions find of them."""
    from trustbot.reading.fit import adapter

    model, told = adapter(bank, corpus, str(model_dir(PACKAGED)), change, FOLDS, teller("Reading questions"))
    count = int(told["answerable"])
    line = f"Reader: adapted to {len(bank.examples)} questions; "
    return model, f"{line}{round(told['hit'] * count)} of {count} held-out questions find their statement."

"""From a setting to an embedder that makes vectors.

In: the embedder setting (the packaged name, or a folder) and the folder of exported models. Out: an
`Embedder`, which is a LangChain `Embeddings`. This module imports nothing heavy; the classes themselves are
in `trustbot.models.embedders` and load when one is opened. It knows neither chunks nor the index, and never a network.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from trustbot.models.cards import expected_model, exported_dir, model_dir, piece_counter, read_card, verified_model

if TYPE_CHECKING:
    from trustbot.models.embedders import Embedder, SentenceTransformerEmbedder


def open_embedder(embedder: str, models_dir: Path) -> Embedder:
    """The embedder that serves: the exported graph, or sentence-transformers where a model has none.

    Raises ModelError, with the command to run, if `embedder` has not been exported to `models_dir`.
    """
    model = expected_model(embedder)
    folder = exported_dir(model, models_dir)
    card = read_card(folder)
    if card.backend == "sentence-transformers":
        return open_reference(embedder)
    from trustbot.models.embedders import open_graph

    return open_graph(folder, card)


def open_reference(embedder: str) -> SentenceTransformerEmbedder:
    """The same weights through sentence-transformers: the reference, and what an ingest embeds with."""
    model = verified_model(embedder)
    from trustbot.models.embedders import SentenceTransformerEmbedder

    return SentenceTransformerEmbedder(model_dir(embedder), model)


def open_counter(embedder: str, models_dir: Path) -> Callable[[str], int]:
    """What `count_tokens` of the embedder is, without loading what makes vectors; see `Embedder`."""
    folder = exported_dir(expected_model(embedder), models_dir)
    if read_card(folder, check_files=False).backend == "sentence-transformers":
        return open_reference(embedder).count_tokens
    return piece_counter(folder)

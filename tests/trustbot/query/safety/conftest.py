"""Heads that have learned nothing, over the real encoder; and the packaged ones over theirs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ingest.export import export_safety
from trustbot.models.embedders import Embedder
from trustbot.query.safety.model import KINDS, TAGS, Heads, SafetyModel
from trustbot.query.safety.stage import Safety, open_safety


@pytest.fixture(scope="session")
def untaught() -> Heads:
    """Heads under which everything is harmless and no word is an identifier."""
    kinds = np.zeros((len(KINDS) + 1, 2 * 384 + 1), dtype=np.float32)
    tags = np.zeros((len(TAGS) + 1, 384 + 1), dtype=np.float32)
    kinds[-1, -1] = tags[-1, -1] = 20
    return Heads(kinds, tags, {**dict.fromkeys(KINDS, 0.5), "sure": 0.9, "tag": 0.5}, {"graph": "0"})


@pytest.fixture(scope="session")
def untaught_model(embedder: Embedder, untaught: Heads) -> SafetyModel:
    return SafetyModel(embedder, untaught)


@pytest.fixture(scope="session")
def safety(models_dir: Path) -> Safety:
    """The stage as it serves."""
    export_safety(models_dir)
    return open_safety(models_dir)

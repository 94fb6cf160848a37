"""The default corpus, for tests of what a question names in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.build import read_corpus
from ingest.manifest import Manifest
from trustbot.types import Corpus


@pytest.fixture(scope="session")
def corpus(default_manifest: Manifest, models_dir: Path) -> Corpus:
    """The default corpus without its vectors."""
    return read_corpus(default_manifest, models_dir, progress=False)

"""What every test stands on: a clean environment, no network, and expensive things made once a session."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from filelock import FileLock

from ingest.build import build_index
from ingest.export import export_embedder
from ingest.manifest import Manifest, load_manifest
from trustbot.index.chroma import Index, open_index
from trustbot.models.cards import PACKAGED
from trustbot.models.embedders import Embedder
from trustbot.models.embedding import open_embedder
from trustbot.reading.local import LocalReader, open_reader
from trustbot.reading.model import FILE
from trustbot.settings import PREFIX, checkout_root

# A first example may load a model, and a shared machine takes its time: speed is not what properties check.
hypothesis.settings.register_profile("trustbot", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("trustbot")


EXPENSIVE = frozenset({"models_dir", "built_index"})
"""What takes a model to be exported, or an index to be built; `make test-fast` does without."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what stands on something expensive, by whichever way."""
    for item in items:
        if EXPENSIVE.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("indexed")


@pytest.fixture(scope="session", autouse=True)
def _session_environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith(PREFIX)]:
            patch.delenv(name)
        yield


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith(PREFIX)]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the checkout."""
    root = checkout_root()
    assert root is not None, "the tests run from a checkout"
    return root


@pytest.fixture(scope="session")
def shared_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of this run; where several processes share the tests, it is the same one for all of them."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def models_dir(repository: Path, shared_dir: Path) -> Path:
    """Folder with the packaged embedder, exported; the checkout's own where it has one, which saves 20 s."""
    own = repository / ".trustbot" / "models"
    folder = own if own.is_dir() else shared_dir / "models"
    with FileLock(shared_dir / "models.lock"):
        export_embedder(PACKAGED, folder)
    return folder


@pytest.fixture(scope="session")
def embedder(models_dir: Path) -> Embedder:
    """The packaged embedder as it serves: the real ONNX graph."""
    return open_embedder(PACKAGED, models_dir)


@pytest.fixture(scope="session")
def default_manifest(repository: Path) -> Manifest:
    """The default corpus."""
    return load_manifest(repository / "corpus" / "preceptor-trust")


@pytest.fixture(scope="session")
def built_index(default_manifest: Manifest, models_dir: Path, shared_dir: Path) -> Path:
    """Index folder of the default corpus, built for real. Read it; copy it before changing it."""
    folder = shared_dir / "index" / default_manifest.id
    with FileLock(shared_dir / "index.lock"):
        build_index(default_manifest, folder, models_dir, progress=False)
    return folder


@pytest.fixture(scope="session")
def index(built_index: Path) -> Iterator[Index]:
    """The default corpus's index, open."""
    opened = open_index(built_index)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def reader(index: Index, models_dir: Path) -> LocalReader:
    """The default corpus's reader, as its index holds it."""
    return open_reader(index.read_extra(FILE), index.corpus, models_dir)

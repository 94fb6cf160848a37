"""The wheel: whole for who ingests, serves and asks, and without what only a checkout needs."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[1]
CHECKOUT_ONLY = {("trustbot/evals/bench.py", "trustbot.evals.pacing")}
"""Modules that a shipped one asks for only in a checkout, and says so elsewhere (`bench --wording`)."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (file,) = folder.iterdir()
    return zipfile.ZipFile(file)


def test_it_holds_no_evaluation_data_no_fakes_and_no_pictures(wheel: zipfile.ZipFile) -> None:
    names = [PurePosixPath(name) for name in wheel.namelist()]
    assert [n for n in names if n.suffix in {".png", ".gz"} or n.name in {"attribution.jsonl", "provider.py"}] == []
    assert [n for n in names if {"tests", "guidances", "safety"} & set(n.parts) and n.suffix == ".jsonl"] == []
    assert "trustbot/testing/__init__.py" not in wheel.namelist()
    assert sum(info.file_size for info in wheel.infolist()) < 15_000_000


def test_it_holds_the_corpora_but_for_what_measures(wheel: zipfile.ZipFile) -> None:
    shipped = {name.removeprefix("trustbot/_") for name in wheel.namelist() if name.startswith("trustbot/_corpus/")}
    kept = {p.relative_to(ROOT).as_posix() for p in (ROOT / "corpus").rglob("*") if p.is_file()}
    assert kept - shipped == {"corpus/preceptor-trust/attribution.jsonl"}
    assert shipped <= kept


def test_no_module_in_it_needs_one_that_is_not(wheel: zipfile.ZipFile) -> None:
    modules = {
        n.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for n in wheel.namelist() if n[-3:] == ".py"
    }
    missing = set()
    for name in wheel.namelist():
        if name.endswith(".py"):
            missing |= {
                (name, wanted) for wanted in imports(wheel.read(name)) if exists(wanted) and wanted not in modules
            }
    assert missing == CHECKOUT_ONLY


def imports(source: bytes) -> set[str]:
    """Every name that the module imports, as a module and as a member of one."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def exists(module: str) -> bool:
    """Whether the checkout has a module of this name."""
    path = ROOT.joinpath(*([] if module.startswith("ingest") else ["src"]), *module.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def test_it_says_what_it_is(wheel: zipfile.ZipFile) -> None:
    (metadata,) = (wheel.read(n).decode() for n in wheel.namelist() if n.endswith("/METADATA"))
    assert "Classifier: Typing :: Typed" in metadata
    assert {"trustbot/py.typed", "ingest/py.typed"} <= set(wheel.namelist())

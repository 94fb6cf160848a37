"""The list of the hashes of models and data is true, and says so where it isn't."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from ingest.hashes import LIST, SHIPPED, hashes, main

ROOT = Path(__file__).resolve().parents[2]


def test_the_list_is_true() -> None:
    assert main(ROOT, check=True) == 0, "run `make hashes`"


def test_the_list_is_one_that_other_programs_check() -> None:
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", LIST], cwd=ROOT, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_every_model_is_listed() -> None:
    models = {p.relative_to(ROOT).as_posix() for f in SHIPPED for p in (ROOT / f).rglob("*.safetensors")}
    assert models
    assert models <= hashes(ROOT).keys()


def test_a_file_that_changed_came_or_went_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(ROOT / "corpus", tmp_path / "corpus")
    (tmp_path / ".ci").mkdir()
    assert main(tmp_path, check=False) == 0
    assert main(tmp_path, check=True) == 0
    claims = tmp_path / "corpus/preceptor-trust/claims.toml"
    claims.write_bytes(claims.read_bytes() + b"\n")
    (tmp_path / "corpus/preceptor-trust/vocabulary.toml").unlink()
    (tmp_path / "corpus/new.md").write_text("new", encoding="utf-8")
    assert main(tmp_path, check=True) == 1
    told = capsys.readouterr().err
    assert all(name in told for name in ("claims.toml", "vocabulary.toml", "corpus/new.md"))
    assert "manifest.toml" not in told

"""The lock can't drift from what the program asks for, nor from what was tested."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCK = (ROOT / ".ci/requirements.lock").read_text(encoding="utf-8")
LOCKED = {
    canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", LOCK, re.MULTILINE)
}
TESTED = {
    canonicalize_name(name): version
    for name, version in re.findall(
        r"^([\w.-]+)==(\S+)$", (ROOT / ".ci/constraints.txt").read_text(encoding="utf-8"), re.MULTILINE
    )
}


def test_everything_that_is_asked_for_is_locked_in_a_version_that_is_allowed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *(r for group in project["optional-dependencies"].values() for r in group)]
    wanted = [r for r in map(Requirement, asked) if r.name != project["name"]]
    assert len(wanted) > 30
    for requirement in wanted:
        version = LOCKED.get(canonicalize_name(requirement.name), "")
        assert version, f"run `make lock`: {requirement.name} is missing"
        assert requirement.specifier.contains(version), f"run `make lock`: {requirement} is locked as {version}"


def test_what_is_locked_is_what_was_tested() -> None:
    assert {name: version for name, version in LOCKED.items() if TESTED.get(name, version) != version} == {}


def test_every_package_is_locked_by_hashes_and_from_nowhere_else() -> None:
    entries = re.split(r"\n(?=\S)", LOCK.strip())
    assert len(entries) == len(LOCKED)
    assert [entry[:60] for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}", entry)] == []
    assert "://" not in LOCK

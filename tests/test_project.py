"""What hosts and tools read of the project says the same as the project itself."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
TARGETS = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def test_the_workflow_runs_targets_of_the_makefile_on_every_python_that_is_named() -> None:
    named = {c.rsplit(" ", 1)[1] for c in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", c)}
    jobs = yaml.safe_load((ROOT / ".github/workflows/checks.yml").read_text(encoding="utf-8"))["jobs"]
    run = {step["run"] for job in jobs.values() for step in job["steps"] if step.get("run", "").startswith("make ")}
    assert {command.removeprefix("make ") for command in run} == {"check", "test-fast", "test"} <= TARGETS
    assert named
    assert all(set(job["strategy"]["matrix"]["python"]) == named for job in jobs.values())


def test_the_hooks_before_a_commit_are_the_checks() -> None:
    (own,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert own["repo"] == "local"
    assert "make check" in {hook["entry"] for hook in own["hooks"]}


@pytest.mark.parametrize("form", ["bug", "answer"])
def test_the_forms_for_issues_can_be_read(form: str) -> None:
    read = yaml.safe_load((ROOT / f".github/ISSUE_TEMPLATE/{form}.yml").read_text(encoding="utf-8"))
    assert read["name"]
    assert read["description"]
    assert any(field.get("validations", {}).get("required") for field in read["body"])

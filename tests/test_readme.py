"""The README can't drift from the program."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from ingest.manifest import load_manifest
from trustbot import __version__
from trustbot.cli import _parser
from trustbot.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_settings_table_lists_every_setting_with_its_description() -> None:
    rows = dict(re.findall(r"^\| `(TRUSTBOT_\w+)` \| .*? \| (.*) \|$", README, re.MULTILINE))
    expected = {PREFIX + name.upper(): field.description for name, field in Settings.model_fields.items()}
    assert rows == expected


def test_every_command_of_the_readme_exists() -> None:
    commands = set(re.findall(r"`trustbot ([\w-]+)", README))
    offered = set(re.findall(r"^    ([\w-]+)(?: |$)", _parser("").format_help(), re.MULTILINE))
    assert commands == offered


def test_every_file_that_the_readme_names_is_there() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_example_manifest_is_valid(tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", README, re.DOTALL)
    assert example is not None
    (tmp_path / "documents").mkdir()
    (tmp_path / "manifest.toml").write_text(example[1], encoding="utf-8")
    (tmp_path / "documents" / "policy.md").write_text("# Policy\n\nA resident may ask at any hour.\n", encoding="utf-8")
    assert load_manifest(tmp_path).id == "my-program"


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == __version__


def test_the_changelog_has_an_unreleased_part_on_top() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == "[Unreleased]"

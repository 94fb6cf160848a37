"""README and the pages of `docs/` can't drift from the program, nor from each other."""

from __future__ import annotations

import json
import os
import re
import runpy
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.__main__ import COMMANDS as INGEST
from ingest.manifest import load_manifest
from ingest.schema import UpdatesModel, read_model
from trustbot import __version__
from trustbot.cli import _parser
from trustbot.corpus.contacts import parse_contacts
from trustbot.web.auth.portals import load_portals

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted((ROOT / ".github").glob("*.md")), *sorted(DOCS.glob("*.md")))
}
COMMANDS = frozenset(re.findall(r"^    ([\w-]+)(?: |$)", _parser("").format_help(), re.MULTILINE))
PROGRAMS = {"trustbot": COMMANDS, ".venv/bin/trustbot": COMMANDS}


def blocks(language: str, *names: str) -> Iterator[tuple[str, str]]:
    """Page and text of each block of code in this language, as it reads outside a list."""
    for name in names or PAGES:
        for indent, text in re.findall(rf"^( *)```{language}\n(.*?)^ *```$", PAGES[name], re.DOTALL | re.MULTILINE):
            yield name, re.sub(rf"^{indent}", "", text, flags=re.MULTILINE)


def slugs(text: str) -> set[str]:
    """The anchors of a page's headings."""
    plain = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.*)$", plain, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


# -- what leads where ----------------------------------------------------------------------------------------


def test_the_readme_is_short() -> None:
    assert len(PAGES["README.md"].encode()) <= 8 * 1024


@pytest.mark.parametrize("name", PAGES)
def test_every_link_and_picture_leads_to_a_file_and_a_heading_that_are_there(name: str) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", PAGES[name]):
        path, _, anchor = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.exists(), link
        assert not anchor or anchor in slugs(target.read_text(encoding="utf-8")), link


def test_every_page_is_in_the_readmes_table_and_every_picture_is_shown() -> None:
    assert [
        p.name for p in DOCS.glob("*.md") if p.name != "index.md" and f"(docs/{p.name}" not in PAGES["README.md"]
    ] == []
    shown = " ".join(PAGES.values())
    assert [p.name for p in (DOCS / "screenshots").iterdir() if f"screenshots/{p.name})" not in shown] == []


def test_the_site_is_whole_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    made = list(tmp_path.rglob("*.html"))
    assert len(made) > len(list(DOCS.glob("*.md")))
    loads = r"<(?:script|img|iframe|link|source)\b[^>]*(?:src|href)=\"?(?:https?:)?//"
    assert [page.name for page in made if re.search(loads, page.read_text(encoding="utf-8"))] == []
    styles = [sheet.read_text(encoding="utf-8") for sheet in tmp_path.rglob("*.css")]
    assert not any(re.search(r"(?:@import|url\()\s*[\"']?(?:https?:)?//", style) for style in styles)


# -- what the program says of itself ---------------------------------------------------------------------------


def test_the_page_of_settings_is_what_the_class_says() -> None:
    script = runpy.run_path(str(ROOT / ".ci" / "settings_page.py"))
    assert script["page"]() == PAGES["docs/settings.md"], "run `make settings`"


def test_every_command_is_in_the_table_and_no_other() -> None:
    assert set(re.findall(r"^\| `trustbot ([\w-]+)", PAGES["docs/asking.md"], re.MULTILINE)) == COMMANDS
    named = {command for text in PAGES.values() for command in re.findall(r"`trustbot ([a-z][\w-]*)", text)}
    assert named - COMMANDS == set()


def test_every_command_of_an_example_is_one() -> None:
    run = [
        shlex.split(line[2:], comments=True)
        for _, text in blocks("console")
        for line in text.split("\n")
        if line.startswith("$ ") and "'{" not in line
    ]
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for program, first, *_ in run:
        assert first in {"make": targets, "trustbot-ingest": ("--completion", *INGEST), **PROGRAMS}[program], (
            program,
            first,
        )
    assert len(run) > 8


def test_every_target_that_is_named_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {target for text in PAGES.values() for target in re.findall(r"`make ([\w-]+)", text)}
    assert named <= targets
    assert targets - named - {"clean", "supply"} == set()


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == __version__


def test_the_changelog_has_an_unreleased_part_on_top() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == "[Unreleased]"


# -- examples of files; those of commands and programs are run in trustbot/test_examples.py -------------------------


def test_the_example_manifest_is_valid(tmp_path: Path) -> None:
    ((_, example),) = blocks("toml", "docs/corpus.md")
    (tmp_path / "documents").mkdir()
    (tmp_path / "manifest.toml").write_text(example, encoding="utf-8")
    (tmp_path / "documents" / "policy.md").write_text("# Policy\n\nA resident may ask at any hour.\n", encoding="utf-8")
    assert load_manifest(tmp_path).id == "my-program"


def test_the_example_files_of_portals_and_platforms_are_valid(tmp_path: Path) -> None:
    portals, platforms = (text for _, text in blocks("toml", "docs/portal.md"))
    secret = tmp_path / "portal.secret"
    secret.write_bytes(b"s" * 32)
    secret.chmod(0o600)
    (tmp_path / "portals.toml").write_text(f"{portals}\n{platforms}", encoding="utf-8")
    known = load_portals(tmp_path / "portals.toml")
    assert (known.visitors.anonymous, len(known.portals), len(known.platforms)) == (False, 1, 1)


def test_the_example_of_the_rules_of_one_corpus_is_valid(tmp_path: Path) -> None:
    ((_, example),) = blocks("toml", "docs/operating.md")
    secret = tmp_path / "residency.secret"
    secret.write_bytes(b"s" * 32)
    secret.chmod(0o600)
    (tmp_path / "portals.toml").write_text(example, encoding="utf-8")
    known = load_portals(tmp_path / "portals.toml")
    assert not known.of("handbook").visitors.anonymous
    assert (len(known.of("handbook").portals), len(known.of("other").portals)) == (1, 0)


def test_the_example_contacts_are_valid() -> None:
    ((_, example),) = blocks("toml", "docs/safety.md")
    assert len(parse_contacts(tomllib.loads(example)["safety"])) == 3


def test_the_example_of_updates_is_valid(tmp_path: Path) -> None:
    ((_, example),) = blocks("toml", "docs/documents.md")
    (tmp_path / "updates.toml").write_text(example, encoding="utf-8")
    _, read = read_model(tmp_path / "updates.toml", UpdatesModel)
    assert [(u.kind, u.told_by) for u in read.update] == [("retraction", None)]


def test_every_example_of_data_can_be_read() -> None:
    read = [json.loads(line) for _, text in blocks("json") for line in text.strip().split("\n")]
    assert len(read) > 2
    checked = {"docs/corpus.md", "docs/documents.md", "docs/operating.md", "docs/portal.md", "docs/safety.md"}
    assert {name for name, _ in blocks("toml")} == checked, "an example of a file that no test reads"

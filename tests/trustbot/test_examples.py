"""The examples of README and `docs/`: run as they stand, they give what the pages say."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest

from trustbot.bot import Bot
from trustbot.settings import Settings
from trustbot.web.server import create_app

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
SERVED = "http://127.0.0.1:7860"
Run = Callable[..., Any]


def blocks(name: str, language: str) -> list[str]:
    """The blocks of code of a page in this language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGES[name], re.DOTALL | re.MULTILINE)


def flat(text: str) -> str:
    """The text without the places where its lines end."""
    return " ".join(text.split())


def missing(shown: str, printed: str) -> list[str]:
    """What a page shows between what it leaves out (…) and the program did not print, but for moments and counts."""
    own = r"\d+ \w+ \d{4}, \d\d:\d\d UTC|trustbot \d+\.\d+\.\d+|citation \d+|\d+ (?:of \d+ )?(?:quote|other problem)s?"
    printed = flat(re.sub(own, "", printed))
    parts = re.split(r" *…$", re.sub(own, "", shown), flags=re.MULTILINE)
    return [part for part in map(flat, parts) if part not in printed]


def sessions(name: str) -> Iterator[tuple[list[str], str]]:
    """The arguments of each `trustbot` command in a page's console blocks, and what it prints there."""
    for block in blocks(name, "console"):
        for command, printed in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            program, *arguments = shlex.split(command, comments=True) if "'{" not in command else [""]
            if program == ".venv/bin/trustbot":
                yield arguments, printed


@pytest.fixture(scope="module")
def url(
    bot: Bot, data_dir: Path, serve_app: Callable[..., AbstractContextManager[str]], wait_until: Callable[[str], Any]
) -> Iterator[str]:
    with serve_app(create_app(Settings(data_dir=data_dir), lambda _: bot)) as address:
        wait_until(f"{address}/readyz")
        yield address


@pytest.mark.parametrize("name", ["README.md", "docs/python.md"])
def test_the_examples_in_python_run(
    name: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    examples = blocks(name, "python")
    assert examples
    monkeypatch.setenv("TRUSTBOT_DATA_DIR", str(data_dir))
    names: dict[str, Any] = {}
    for example in examples:
        exec(compile(example, name, "exec"), names)
    names["bot"].close()
    out = capsys.readouterr().out
    assert "[4]" in out
    if name == "docs/python.md":
        assert re.search(r"^(?:Stage\n)+Answer$", out, re.MULTILINE)
        assert out.rstrip().split("\n")[-1].startswith('The input has no "question". Give a text')


def test_the_example_of_the_official_client_runs(url: str, bot: Bot, capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = blocks("docs/interfaces.md", "python")
    assert f"{SERVED}/v1" in example
    exec(compile(example.replace(SERVED, url), "docs/interfaces.md", "exec"), {})
    assert bot.ask("How does direct observation build trust?").text in capsys.readouterr().out


def test_no_example_in_python_is_left_out() -> None:
    run = {"README.md", "docs/python.md", "docs/interfaces.md"}
    signs = {"docs/portal.md"}  # in web/auth/test_command.py
    assert {name for name in PAGES if "```python" in PAGES[name]} == run | signs


@pytest.mark.parametrize("name", ["README.md", "docs/interfaces.md"])
def test_the_examples_of_http_are_answered(name: str, url: str) -> None:
    (command,) = (shlex.split(block[2:]) for block in blocks(name, "console") if block.startswith("$ curl"))
    _, address, option, body = command
    assert (option, address) == ("--json", f"{SERVED}/api/ask")
    given = httpx.post(f"{url}/api/ask", json=json.loads(body), timeout=60).json()
    assert given["outcome"] in {"answered", "partly"}
    assert given["citations"]


def test_what_asking_prints_is_what_the_page_shows(run: Run) -> None:
    ((arguments, printed),) = sessions("docs/asking.md")
    code, out, _ = run(*arguments)
    assert code == 0
    assert missing(printed, out) == []


def test_what_checking_a_record_prints_is_what_the_page_shows(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (ask, _), (verify, printed), _ = sessions("docs/records.md")
    assert run(*ask)[0] == 0
    assert missing(printed, run(*verify)[1]) == []
    record = json.loads(Path("record.json").read_text(encoding="utf-8"))
    cited = record["turns"][0]["citations"][0]
    cited["quote"] = cited["quote"].replace("essential", "optional")
    Path("record.json").write_text(json.dumps(record), encoding="utf-8")
    code, out, _ = run(*verify)
    assert code == 1
    (changed,) = blocks("docs/records.md", "text")
    assert missing(changed, out) == []


def test_the_first_example_asks_in_its_own_words(run: Run) -> None:
    (arguments, _), _ = sessions("README.md")
    assert "[4]" in run(*arguments)[1]

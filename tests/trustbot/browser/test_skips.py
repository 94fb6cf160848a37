"""No browser test goes missing unseen: on a build server a skipped one fails, elsewhere a line says what is missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TESTS = """
import pytest

def test_needs_a_browser(browser):
    assert browser.version

def test_skips_itself():
    pytest.skip("not today")

@pytest.mark.skip(reason="not this week")
def test_is_marked():
    pass

@pytest.mark.xfail(reason="known", strict=True)
def test_is_known_to_fail():
    assert False

def test_passes():
    pass
"""
WHOLE_FILE = "import pytest\npytest.importorskip('a_library_that_nobody_has')\n\ndef test_never_seen():\n    pass\n"


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., str]:
    """What pytest prints for a folder with this folder's hooks, in a process of its own; `browser` is whether it finds
    one."""
    shutil.copy(HERE / "conftest.py", tmp_path)
    (tmp_path / "test_some.py").write_text(TESTS)

    def pytest_run(*, ci: str, browser: bool) -> str:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--continue-on-collection-errors"]
        path = os.environ["PATH"] if browser else str(tmp_path)
        environment = os.environ | {"CI": ci, "PATH": path, "COLUMNS": "200", "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        return f"{done.stdout}\nexit code {done.returncode}"

    return pytest_run


def test_on_a_build_server_a_skipped_test_has_failed(run, tmp_path):
    (tmp_path / "test_whole_file.py").write_text(WHOLE_FILE)
    told = run(ci="true", browser=False)
    assert "1 failed, 1 passed, 1 xfailed, 3 errors" in told, "what is skipped before it runs counts as an error"
    assert "exit code 1" in told
    for reason in ("no browser on the path", "not today", "not this week", "a_library_that_nobody_has"):
        assert re.search(f"{reason}.*: on a build server every browser test must run", told)


def test_elsewhere_one_line_says_what_to_install(run):
    told = run(ci="", browser=False)
    assert "exit code 0" in told
    assert "1 passed, 3 skipped, 1 xfailed" in told
    line = "1 browser test was skipped: no browser on the path. To run them, install Chromium"
    assert told.count(line) == 1


def test_with_a_browser_nothing_is_said(run, browser):
    assert browser.is_connected()
    told = run(ci="", browser=True)
    assert "2 passed, 2 skipped, 1 xfailed" in told
    assert "install Chromium" not in told

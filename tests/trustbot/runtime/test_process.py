"""Commands as processes: their readers may leave, and a signal ends them with everything put away."""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from trustbot.index.chroma import open_index

QUESTION = "How does direct observation build trust?"
Piped = Callable[..., tuple[int, bytes]]
KEEP = """
import sys, tempfile, time
from trustbot.runtime.process import begin
begin()
with tempfile.TemporaryDirectory(prefix="kept-"):
    print("there", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def piped(data_dir: Path) -> Piped:
    """Runs a command whose output nobody reads, standard error included if so: exit code and what it complained of."""

    def run(*arguments: object, errors: bool = False, module: str = "trustbot.cli") -> tuple[int, bytes]:
        unread, ours = os.pipe()
        os.close(unread)
        command = [sys.executable, "-m", module, *map(str, arguments)]
        env = {"TRUSTBOT_DATA_DIR": str(data_dir)} | os.environ
        done = subprocess.run(
            command,
            stdout=ours,
            stderr=ours if errors else subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            env=env,
            check=False,
        )
        os.close(ours)
        return done.returncode, done.stderr or b""

    return run


# -- a reader that leaves ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("--version",),
        ("ask", QUESTION),
        ("ask", QUESTION, "--json"),
        ("sources",),
        ("audit",),
        ("audit", "--json"),
        ("chat",),
        ("feedback",),
        ("widget", "--status"),
    ],
    ids=" ".join,
)
def test_a_closed_pipe_is_no_failure(piped: Piped, arguments: tuple[str, ...]) -> None:
    assert piped(*arguments) == (0, b"")


def test_nor_is_one_for_everything_that_is_said(piped: Piped) -> None:
    assert piped("sources", errors=True)[0] == 0
    assert piped("ask", "", errors=True)[0] == 2, "what went wrong is still told by the exit code"


def test_an_export_and_its_verdict_do_not_need_a_reader(piped: Piped, tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    assert piped("ask", QUESTION, "--export", record) == (0, b"")
    assert piped("verify", record) == (0, b"")
    told = json.loads(record.read_text())
    told["turns"][0]["citations"][0]["quote"] = "Nobody has ever written this sentence."
    record.write_text(json.dumps(told))
    assert piped("verify", record)[0] == 1, "a record that doesn't hold fails, whoever reads on"


def test_an_evaluation_writes_all_that_it_was_asked_for(piped: Piped, tmp_path: Path) -> None:
    """The comparison comes after the first table is printed."""
    items = tmp_path / "set.jsonl"
    items.write_text(json.dumps({"id": "1", "question": QUESTION, "answerable": True}) + "\n")
    assert piped("eval", items, "--out", tmp_path / "first") == (0, b"")
    assert piped("eval", items, "--out", tmp_path / "second", "--compare", tmp_path / "first") == (0, b"")
    assert (tmp_path / "second" / "compare.html").is_file()


def test_an_ingest_publishes_and_says_nothing_false(
    piped: Piped, small: Path, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUSTBOT_DATA_DIR", str(tmp_path))
    (tmp_path / "models").symlink_to(data_dir / "models")
    assert piped(small, module="ingest") == (0, b"")
    open_index(tmp_path / "index" / "notes").close()
    assert piped(small, module="ingest", errors=True)[0] == 0
    assert piped("--help", module="ingest") == (0, b"")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A collection of records, which takes no corpus."""
    path = tmp_path / "notes.jsonl"
    path.write_text('{"id": "a", "text": "Watching a learner work builds trust."}\n')
    return path


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
def test_output_that_finds_no_room_is_a_failure_in_a_sentence(data_dir: Path) -> None:
    env = os.environ | {"TRUSTBOT_DATA_DIR": str(data_dir)}
    command = [sys.executable, "-m", "trustbot.cli", "ask", QUESTION]
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=env, check=False)
    assert ran.returncode == 1
    assert ran.stderr == "trustbot: its output could not be written whole (No space left on device).\n"


# -- a signal ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_leaves_nothing(number: signal.Signals, tmp_path: Path) -> None:
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip("these tests were started by `nohup`, and what they start ignores the signal as well")
    env = os.environ | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", KEEP], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        assert run.stdout.readline() == b"there\n"
        assert len(list(tmp_path.iterdir())) == 1
        run.send_signal(number)
        assert run.wait(60) == -number, "as it would have ended without us"
        assert run.stderr.read() == b""
    assert list(tmp_path.iterdir()) == []


def test_what_nohup_lets_it_ignore_it_ignores(tmp_path: Path) -> None:
    code = (
        "import signal; from trustbot.runtime.process import begin; "
        "begin(); print(signal.getsignal(signal.SIGHUP).name)"
    )
    ran = subprocess.run(["nohup", sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "SIG_IGN\n"


@pytest.fixture
def read_only(data_dir: Path, tmp_path: Path) -> Iterator[Path]:
    """A data folder whose index can't be written."""
    data, index = tmp_path / "data", tmp_path / "data" / "index"
    index.mkdir(parents=True)
    (data / "models").symlink_to(data_dir / "models")
    mount = ["mount", "--bind", "-o", "ro", str((data_dir / "index").resolve()), str(index)]
    if os.geteuid() or not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting takes root")
    yield data
    subprocess.run(["umount", "-l", str(index)], check=True)


def test_a_server_on_a_read_only_folder_leaves_no_copy(read_only: Path, tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()

    def served(number: signal.Signals) -> None:
        env = os.environ | {"TRUSTBOT_DATA_DIR": str(read_only), "TMPDIR": str(temporary)}
        command = [sys.executable, "-m", "trustbot.cli", "serve", "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as server:
            assert server.stdout is not None
            assert server.stderr is not None
            assert b"http://" in server.stdout.readline()
            assert len(list(temporary.glob("trustbot-index-*"))) == 1
            server.send_signal(number)
            assert server.wait(120) == -number
            assert server.stderr.read() == b""

    served(signal.SIGKILL)
    assert len(list(temporary.glob("trustbot-index-*"))) == 1, "nobody can put away anything at this"
    served(signal.SIGHUP)
    assert list(temporary.glob("trustbot-index-*")) == [], "neither its own copy nor that of the one before"


# -- memory --------------------------------------------------------------------------------------------------

LARGE = """
import re, sys
from pathlib import Path
from trustbot.errors import TrustbotError
from trustbot.settings import Settings
from trustbot.web.server import serve

def own():
    return int(re.search(r"^Anonymous: +(\\d+) kB", Path("/proc/self/smaps_rollup").read_text(), re.MULTILINE)[1])

try:
    serve(Settings(host="192.0.2.1"))  # an address that no machine has: it ends before it opens anything
except TrustbotError:
    pass
b"x" * (16 << 20)
before = own()
blocks = [(b"x" * (1 << 20), b"y" * 50_000) for _ in range(100)]
smaller = [y for _, y in blocks]
del blocks
print(own() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux") or platform.libc_ver()[0] != "glibc", reason="of glibc alone")
def test_a_server_keeps_no_large_block_that_it_has_freed() -> None:
    """Smaller ones that are still needed lie between them."""
    ran = subprocess.run([sys.executable, "-c", LARGE], capture_output=True, text=True, check=True)
    assert int(ran.stdout) < 20_000, "kB: 5 MB are needed still, and 100 MB are not"


WARN = """
from trustbot.runtime.process import begin
begin()
import warnings
warnings.warn("of another package's future")
"""


@pytest.mark.parametrize(("options", "shown"), [((), False), (("-W", "default"), True)])
def test_what_libraries_warn_of_stays_out_of_the_log_unless_python_was_told_otherwise(options, shown):
    env = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    done = subprocess.run([sys.executable, *options, "-c", WARN], capture_output=True, text=True, env=env, check=True)
    assert ("future" in done.stderr) is shown

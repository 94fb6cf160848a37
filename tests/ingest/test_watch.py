"""`trustbot-ingest watch`: when it ingests, what it says, and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.__main__ import main
from ingest.watch import LONGEST, SETTLED, look, watch
from trustbot.errors import InvalidInput
from trustbot.index.chroma import current_snapshot


class Clock:
    """Time that passes only where it is slept; `events` happen on the way, and the end stops whoever sleeps."""

    def __init__(self, end: float, **events: float) -> None:
        self.now, self.end, self.events = 0.0, end, events

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.now > self.end:
            raise KeyboardInterrupt

    def seen(self) -> dict[str, tuple[int, int]]:
        return {name: (1, 1) for name, at in self.events.items() if at <= self.now}


def watched(clock: Clock, ingest: Callable[[], str] = lambda: "done") -> list[tuple[float, str]]:
    """When something was said, and what, until the clock ran out."""
    told: list[tuple[float, str]] = []
    with pytest.raises(KeyboardInterrupt):
        watch(clock.seen, ingest, 0.5, clock.sleep, lambda text: told.append((clock.now, text)))
    return told


def test_it_ingests_at_once_and_after_each_change_and_never_without() -> None:
    assert watched(Clock(50.0)) == [(0.0, "done")]
    assert watched(Clock(50.0, a=10.0)) == [(0.0, "done"), (10.0 + SETTLED, "done")]


def test_changes_that_follow_each_other_are_one() -> None:
    copying = {f"f{i}": 10.0 + i for i in range(8)}
    assert watched(Clock(50.0, **copying)) == [(0.0, "done"), (17.0 + SETTLED, "done")]


def test_what_never_rests_is_not_waited_for_forever() -> None:
    log = {f"f{i}": 10.0 + i for i in range(300)}
    times = [at for at, _ in watched(Clock(200.0, **log))]
    assert times[1] == 10.0 + LONGEST
    assert len(times) > 2


def test_a_change_during_an_ingest_begins_another() -> None:
    clock = Clock(50.0, a=1.0)

    def slow() -> str:
        clock.now += 2.0
        return "done"

    assert len(watched(clock, slow)) == 2


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (InvalidInput("It is empty. Fill it."), "It is empty. Fill it. The index before it is served."),
        (RuntimeError("a defect\nwith details"), "Failed unexpectedly (RuntimeError: a defect). The index before it"),
    ],
)
def test_a_failure_is_said_and_the_next_change_tries_again(error: Exception, told: str) -> None:
    outcomes: Iterator[Exception | str] = iter([error, "done"])

    def ingest() -> str:
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    said = watched(Clock(50.0, a=10.0), ingest)
    assert said[0][1].startswith(told)
    assert said[1:] == [(10.0 + SETTLED, "done")]


def test_what_counts_as_a_change(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    path = tmp_path / "documents" / "a.md"
    path.write_text("One.")
    before = look(tmp_path)
    assert list(before) == ["documents/a.md"]
    for name in (".a.md.swp", "a.md~", ".hidden/b.md"):
        other = tmp_path / "documents" / name
        other.parent.mkdir(exist_ok=True)
        other.write_text("x")
    (tmp_path / "gone.md").symlink_to(tmp_path / "nowhere")
    assert look(tmp_path) == before
    path.write_text("Two.")
    os.utime(path, ns=(1, before["documents/a.md"][1] + 1))
    assert look(tmp_path) != before, "of the same size, at another time"
    path.unlink()
    assert look(tmp_path) == {}


def test_what_is_wrong_with_the_command_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", str(tmp_path / "absent")]) == 2
    assert "is no folder" in capsys.readouterr().err
    assert main(["watch", str(tmp_path), "--every", "0"]) == 2
    assert "--every 0 is out of range" in capsys.readouterr().err


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_real_one_follows_a_folder_and_stops_when_told_to(
    how: signal.Signals, small_corpus: Path, tmp_path: Path, models_dir: Path
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "models").symlink_to(models_dir)
    index, log = tmp_path / "data" / "index" / "huddles", tmp_path / "log"
    environment = os.environ | {"TRUSTBOT_DATA_DIR": str(tmp_path / "data")}
    command = [sys.executable, "-m", "ingest", "watch", str(small_corpus), "--every", "0.2"]

    def wait_for(words: str, count: int = 1) -> None:
        until = time.monotonic() + 300
        while log.read_text().count(words) < count:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.1)

    with (
        log.open("wb") as out,
        subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT) as process,
    ):
        wait_for("Corpus huddles 1: indexed.")
        note = small_corpus / "documents" / "lee.md"
        note.write_text("# Note on Lee\n\nTen nurses were interviewed.\n")
        wait_for("Corpus huddles 1: indexed.", 2)
        (small_corpus / "documents" / "article.md").write_bytes(b"\xff\xfe\x00")
        wait_for("The index before it is served.")
        process.send_signal(how)
        assert process.wait(60) == 0
    assert log.read_text().rstrip().endswith("Stopped; what was completed is served, nothing half-made.")
    assert "Ten nurses" in current_snapshot(index).corpus.document("lee-2020-note").text

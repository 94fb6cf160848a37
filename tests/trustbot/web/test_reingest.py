"""A running server over an index that is built anew again and again: nobody waits, nothing fails, nothing piles up."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import httpx
import pytest

from ingest.build import build_index
from ingest.manifest import load_manifest
from trustbot.bot import Bot
from trustbot.settings import Settings
from trustbot.web.server import create_app

MANIFEST = """\
schema = 1
id = "huddles"
title = "Morning huddles"
version = "{version}"
language = "en"
scope = "One page about morning huddles."
disclaimer = "For education only."

[[licence]]
id = "CC0"
url = "https://example.org/cc0"
index = true
ship = true

[[source]]
id = "page"
number = 1
kind = "guidance"
title = "Why huddles"
address = "https://example.org/why"
licence = "CC0"

[[document]]
id = "article"
source = "page"
kind = "article"
title = "Why huddles"
path = "article.md"
licence = "CC0"
"""
ARTICLE = "# Why huddles\n\n## Benefits\n\nHuddles help a ward to plan its day.\n\nHuddles save the time of nurses.\n"
ROUNDS, SETTLED = 7, 2
"""Re-ingests, and after how many of them what the process holds is counted first."""
SLACK = 6
"""A store that is left open takes eleven descriptors and five threads, and there are five more re-ingests."""


class Visitor:
    """Asks one question after the other until it is told to leave, and keeps what came back."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._left = threading.Event()
        self.statuses: list[int] = []
        self.versions: list[str] = []
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()

    def _ask(self) -> None:
        with httpx.Client(timeout=120) as client:
            while not self._left.is_set():
                given = client.post(f"{self._url}/api/ask", json={"question": "What do huddles save?"})
                self.statuses.append(given.status_code)
                self.versions.append(given.json().get("trace", {}).get("corpus_version", ""))

    def leave(self) -> None:
        self._left.set()
        self._thread.join(120)


def held() -> tuple[int, int]:
    """Descriptors and threads of this process."""
    return len(list(Path("/proc/self/fd").iterdir())), len(list(Path("/proc/self/task").iterdir()))


def until(what: str, holds) -> None:
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="what a process holds is read from /proc")
def test_reingests_beside_a_running_server_fail_nobody_and_leave_nothing(
    tmp_path: Path, models_dir: Path, serve_app, wait_until, monkeypatch
):
    for name in ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2"):
        monkeypatch.setenv(name, "false")  # the bot sets them; a test must not leave them behind
    corpus = tmp_path / "corpus" / "huddles"
    corpus.mkdir(parents=True)
    (corpus / "article.md").write_text(ARTICLE, encoding="utf-8")
    (tmp_path / "models").symlink_to(models_dir)
    settings = Settings(data_dir=tmp_path, corpus="huddles", corpus_dir=corpus.parent)

    def ingest(version: str) -> None:
        (corpus / "manifest.toml").write_text(MANIFEST.format(version=version), encoding="utf-8")
        build_index(load_manifest(corpus), settings.index_dir, models_dir, progress=False)

    ingest("0")
    bots = []
    with serve_app(create_app(settings, lambda s: bots.append(Bot(s)) or bots[0])) as url:
        wait_until(f"{url}/")
        visitor = Visitor(url)
        try:
            for done in range(1, ROUNDS + 1):
                ingest(str(done))
                until(f"nobody was answered from version {done}", lambda now=str(done): now in visitor.versions)
                if done == SETTLED:
                    before = held()
            # SQLite's own threads end, with what they have open, a moment after they were told.
            until(
                f"{before} descriptors and threads grew",
                lambda: all(n <= b + SLACK for n, b in zip(held(), before, strict=True)),
            )
        finally:
            visitor.leave()
    bots[0].close()
    assert set(visitor.statuses) == {200}
    assert visitor.versions == sorted(visitor.versions), "once a version answers, none before it does"
    assert set(visitor.versions) == {str(n) for n in range(ROUNDS + 1)}

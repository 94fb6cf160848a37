"""A command of `trustbot-ingest` that runs beside the server, one at a time, and how far it is.

In: a command's arguments. Out: what it printed as JSON, or why it failed, in its own sentence. The server's own process
parses no document and trains nothing; a command that is stopped with it leaves what it was to change as it was.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from trustbot.errors import InvalidInput, TrustbotError
from trustbot.web.http.problems import without_paths

SOME_REFUSED, TO_SEE_TO = 3, 1
"""Exit codes of an ingest that left files out, and of a check that has something to say."""
COMMAND = (sys.executable, "-c", "import sys; from ingest.__main__ import main; sys.exit(main())")
Then = Callable[[Mapping[str, Any]], None]
LONGEST = 2_000
"""Characters of an error that are shown."""


@dataclass(slots=True)
class Job:
    """A command under way, or the last one."""

    name: str
    progress: tuple[str, int, int] | None = None
    """What it does, how many are done, of how many."""
    is_over: bool = False
    told: Mapping[str, Any] = field(default_factory=dict)
    """What it printed."""
    problem: str = ""
    """Why it failed; empty where it didn't."""


class Jobs:
    """Runs commands with the environment of `settings`. Safe to share between threads."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._lock = threading.Lock()
        self._running: subprocess.Popen[str] | None = None
        self.last: Job | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a command is under way."""
        return self.last is not None and not self.last.is_over

    def start(
        self,
        name: str,
        arguments: Sequence[str],
        then: Then = lambda told: None,
        fine: Sequence[int] = (0, SOME_REFUSED),
        at_last: Callable[[], None] = lambda: None,
    ) -> None:
        """Run a command; `then` is given what it printed, if it ended with one of the codes that are `fine`, and
        `at_last` is called however it ended.

        Raises InvalidInput while another one is under way.
        """
        with self._lock:
            if self.is_busy:
                raise InvalidInput("Something else is under way. Wait until it has ended.")
            job = self.last = Job(name)
            printed = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed by what follows the command
            self._running = subprocess.Popen(  # noqa: S603 - our own program, and no shell
                [*COMMAND, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.PIPE,
                text=True,
                env=dict(self._environment),
            )
        threading.Thread(
            target=self._follow, args=(job, self._running, printed, then, fine, at_last), daemon=True
        ).start()

    def close(self) -> None:
        """Stop what is under way."""
        if self._running is not None and self._running.poll() is None:
            self._running.terminate()

    def _follow(
        self,
        job: Job,
        run: subprocess.Popen[str],
        printed: IO[str],
        then: Then,
        fine: Sequence[int],
        at_last: Callable[[], None],
    ) -> None:
        try:
            with printed, run:
                said = _progress(run.stderr or (), job)
                code = run.wait()
                printed.seek(0)
                if code in fine:
                    job.told = json.loads(printed.read())
                    then(job.told)
                else:
                    job.problem = without_paths(said) or "It was stopped. Try again."
        except TrustbotError as error:
            job.problem = without_paths(str(error))
        except (ValueError, OSError) as error:
            job.problem = f"It failed unexpectedly ({type(error).__name__}). Try again."
        finally:
            at_last()
            job.is_over = True


def _progress(stream: Iterable[str], job: Job) -> str:
    """Follow what a command says of how far it is; what it says besides, which is its error."""
    said = ""
    for line in stream:
        try:
            step = json.loads(line)
            job.progress = (str(step["doing"]), int(step["done"]), int(step["of"]))
        except (ValueError, KeyError, TypeError):
            said = f"{said} {line.strip()}".strip()[-LONGEST:]
    return said.removeprefix("trustbot-ingest: ")

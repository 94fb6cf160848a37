"""`trustbot bench`: how long things take and how much they need, each in fresh processes.

In: settings and a number of runs. Out: measurements as values, a table or JSON. Every time is the wall time
of a whole process or request on this machine, files already in the page cache; those of the page are the clock of a
real browser. This module knows commands and routes only, so it measures what a user meets.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trustbot.errors import InvalidInput
from trustbot.evals import baseline
from trustbot.evals.processes import Process, ask_server, run_process, running_server, wait_for_chat
from trustbot.files.jsonl import read_lines
from trustbot.models.cards import model_dir
from trustbot.reading.bank import BANK
from trustbot.settings import PREFIX, Settings, checkout_root

if TYPE_CHECKING:
    from trustbot.evals.visits import Visit

TRUSTBOT = (sys.executable, "-c", "from trustbot.cli import main; raise SystemExit(main())")

_MIB = 1024.0**2
_ANY_QUESTION = "What is this about?"


@dataclass(frozen=True, slots=True)
class Measurement:
    """One figure: the median over `runs` processes or requests, with the lowest and the highest.

    `ratio` is the baseline's figure divided by this one: above 1, this one is faster or smaller.
    """

    name: str
    unit: str
    value: float
    lowest: float
    highest: float
    runs: int
    ratio: float | None = None


def add_arguments(parser: ArgumentParser) -> None:
    """The options of `trustbot bench`."""
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="fresh processes per figure (5)")
    parser.add_argument("--questions", type=int, default=50, metavar="N", help="warm questions (50)")
    parser.add_argument("--no-baseline", action="store_true", help="leave out the textbook chain")
    parser.add_argument(
        "--page", action="store_true", help="measure the chat page instead, in a browser: needs playwright and chromium"
    )
    parser.add_argument(
        "--wording",
        action="store_true",
        help="measure what checking costs a worded answer instead: needs trustbot[openai]",
    )
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")


def run(args: Namespace, settings: Settings) -> int:
    """Measure as the options say and print; 0."""
    with_baseline = not args.no_baseline
    if args.page:
        report = run_page(settings, runs=args.runs)
    elif args.wording:
        report = run_wording(settings, questions=args.questions)
    else:
        report = run_bench(settings, runs=args.runs, questions=args.questions, with_baseline=with_baseline)
    if args.json:
        sys.stdout.write(json.dumps(report, indent=2) + "\n")
    else:
        _show(report)
    return 0


def run_bench(settings: Settings, *, runs: int = 5, questions: int = 50, with_baseline: bool = True) -> dict[str, Any]:
    """All measurements as plain JSON types: `machine`, `baseline` (its name or null), `measurements`.

    Raises InvalidInput for numbers below 1, TrustbotError if a command fails or a server does not come up.
    """
    if runs < 1 or questions < 1:
        raise InvalidInput("--runs and --questions must be 1 or more; give larger numbers.")
    asked = load_questions(settings)
    environment = child_environment(settings)
    helped = [run_process([*TRUSTBOT, "--help"], environment).seconds for _ in range(runs)]
    rows = [
        # No memory for this one: a child is never counted lower than the process that started it.
        _measurement("trustbot --help", "s", helped),
        *_cold(settings, environment, asked[0], runs, with_baseline=with_baseline),
        *_server(environment, [asked[i % len(asked)] for i in range(questions + 1)], runs),
        _measurement("index on disk", "MiB", [_size_mib(settings.index_dir)]),
    ]
    return _report(_with_ratios(rows), baseline.NAME if with_baseline else None)


def run_page(settings: Settings, *, runs: int = 5) -> dict[str, Any]:
    """How the chat page comes up, in the shape of `run_bench`: on a desktop and on a slow phone, cold and again.

    Raises InvalidInput for `runs` below 1, TrustbotError without a browser, or if the page can't be used.
    """
    from trustbot.evals import visits

    if runs < 1:
        raise InvalidInput("--runs must be 1 or more; give a larger number.")
    question = load_questions(settings)[0]
    rows: list[Measurement] = []
    with visits.open_browser() as browser, running_server(TRUSTBOT, child_environment(settings)) as server:
        wait_for_chat(server)
        for profile in (visits.DESKTOP, visits.SLOW_PHONE):
            made = [visits.visit_twice(browser, server.address, question, profile) for _ in range(runs)]
            rows += _visits(f"{profile.name}, cold", [first for first, _ in made])
            rows += _visits(f"{profile.name}, again", [second for _, second in made])
    return _report(rows, None)


def run_wording(settings: Settings, *, questions: int = 50) -> dict[str, Any]:
    """Time to the first sentence and to the end of a worded answer, beside those of the bare model, as `run_bench`.

    Raises InvalidInput for `questions` below 1 or without a checkout, ModelError where no answer can be worded.
    """
    if questions < 1:
        raise InvalidInput("--questions must be 1 or more; give a larger number.")
    if checkout_root() is None:
        raise InvalidInput("--wording needs the chat model that is played for tests. Run it in a checkout of trustbot.")
    from trustbot.evals import pacing

    made = pacing.measure(settings, load_questions(settings)[:questions])
    rows = [
        _measurement("bare model: first sentence", "s", [bare.first for bare, _ in made]),
        _measurement("worded answer: first checked sentence", "s", [worded.first for _, worded in made]),
        _measurement("bare model: whole reply", "s", [bare.whole for bare, _ in made]),
        _measurement("worded answer: whole answer", "s", [worded.whole for _, worded in made]),
        _measurement("checking adds to the first sentence", "s", [w.first - b.first for b, w in made]),
        _measurement("checking adds to the whole", "s", [w.whole - b.whole for b, w in made]),
    ]
    return _report(rows, None)


def _visits(name: str, made: Sequence[Visit]) -> list[Measurement]:
    return [
        _measurement(f"{name}: first paint", "ms", [v.painted_ms for v in made]),
        _measurement(f"{name}: question box usable", "ms", [v.usable_ms for v in made]),
        _measurement(f"{name}: question asked then, answered", "ms", [v.answered_ms for v in made]),
        _measurement(f"{name}: requests", "", [v.requests for v in made]),
        _measurement(f"{name}: received", "KiB", [v.received_kib for v in made]),
    ]


def _report(rows: Sequence[Measurement], compared_with: str | None) -> dict[str, Any]:
    return {
        "machine": {"system": platform.platform(), "python": platform.python_version(), "cpus": os.cpu_count()},
        "baseline": compared_with,
        "measurements": [asdict(row) for row in rows],
    }


def load_questions(settings: Settings) -> list[str]:
    """First questions of the corpus's own question bank that it answers, or one general question where it has none."""
    path = settings.corpus_dir / settings.corpus / BANK
    if not path.is_file():
        return [_ANY_QUESTION]
    records = [line.record for line in read_lines(path)]
    asked = [r["q"] for r in records if r.get("kind") == "answerable" and not r.get("history") and not r.get("draft")]
    return asked or [_ANY_QUESTION]


def child_environment(settings: Settings) -> dict[str, str]:
    """This process's environment with `settings` in it, so that each child measures what was asked for."""
    given = {PREFIX + name.upper(): str(getattr(settings, name)) for name in settings.model_fields_set}
    return {**os.environ, **given}


def _cold(
    settings: Settings, environment: dict[str, str], question: str, runs: int, *, with_baseline: bool
) -> list[Measurement]:
    """One question in a fresh process, by this program and by the textbook chain over the same documents."""
    ask = [*TRUSTBOT, "ask", question, "--json"]
    if not with_baseline:
        return _processes("trustbot ask, cold", [run_process(ask, environment) for _ in range(runs)])
    script, model = [sys.executable, baseline.__file__], str(model_dir(settings.embedder))
    with tempfile.TemporaryDirectory(prefix="trustbot-bench-") as folder:
        store = str(Path(folder) / "store")
        documents = str(settings.corpus_dir / settings.corpus)
        built = run_process([*script, "build", model, documents, store], os.environ)
        textbook = [*script, "ask", model, store, question]
        # In turns, so that whatever else the machine does weighs on both alike.
        pairs = [(run_process(ask, environment), run_process(textbook, os.environ)) for _ in range(runs)]
        size = _size_mib(Path(store))
    return [
        *_processes("trustbot ask, cold", [ours for ours, _ in pairs]),
        *_processes("textbook chain, cold", [theirs for _, theirs in pairs]),
        _measurement("textbook chain: build", "s", [built.seconds]),
        _measurement("textbook chain: store on disk", "MiB", [size]),
    ]


def _processes(name: str, done: Sequence[Process]) -> list[Measurement]:
    return [
        _measurement(name, "s", [process.seconds for process in done]),
        _measurement(f"{name}: peak memory", "MiB", [process.peak_mib for process in done]),
    ]


def _server(environment: dict[str, str], questions: Sequence[str], runs: int) -> list[Measurement]:
    healthy, ready, first, peaks = [], [], [], []
    warm: list[float] = []
    for i in range(runs):
        with running_server(TRUSTBOT, environment) as server:
            healthy.append(server.healthy_s)
            ready.append(server.ready_s)
            first.append(ask_server(server, questions[0]))
            # One server's worth of warm questions is enough: they are the same process's work each time.
            if i == 0:
                warm = [ask_server(server, question) for question in questions[1:]]
        peaks.append(server.peak_mib())
    p95 = statistics.quantiles(warm, n=20, method="inclusive")[-1] if len(warm) > 1 else warm[0]
    return [
        _measurement("server start to /healthz", "s", healthy),
        _measurement("server start to /readyz", "s", ready),
        _measurement("first question to a ready server", "ms", first),
        _measurement("warm question, median", "ms", warm),
        Measurement("warm question, 95th percentile", "ms", p95, min(warm), max(warm), len(warm)),
        _measurement("server: peak memory", "MiB", peaks),
    ]


_COUNTERPARTS = {
    "trustbot ask, cold": "textbook chain, cold",
    "trustbot ask, cold: peak memory": "textbook chain, cold: peak memory",
    "index on disk": "textbook chain: store on disk",
}


def _with_ratios(rows: Sequence[Measurement]) -> list[Measurement]:
    values = {row.name: row.value for row in rows}
    compared = []
    for row in rows:
        other = values.get(_COUNTERPARTS.get(row.name, ""))
        compared.append(replace(row, ratio=other / row.value if other is not None and row.value else None))
    return compared


def _measurement(name: str, unit: str, values: Sequence[float]) -> Measurement:
    return Measurement(name, unit, statistics.median(values), min(values), max(values), len(values))


def _size_mib(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / _MIB


def _show(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    machine = report["machine"]
    table = Table(title=f"{machine['cpus']} CPUs, Python {machine['python']}, {machine['system']}")
    table.add_column("what", no_wrap=True)
    compared = any(row["ratio"] is not None for row in report["measurements"])
    for name in ("median", "range", "runs", *["ratio"] * compared):
        table.add_column(name, justify="right", no_wrap=True)
    for row in report["measurements"]:
        span = "" if row["runs"] == 1 else f"{_shown(row['lowest'])}–{_shown(row['highest'])}"
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.1f}×"
        cells = (row["name"], f"{_shown(row['value'])} {row['unit']}", span, str(row["runs"]), ratio)
        table.add_row(*cells[: len(table.columns)])
    console = Console()
    console.print(table)
    if report["baseline"]:
        console.print(f"Ratio: the baseline's figure divided by this one. Baseline: {report['baseline']}.")


def _shown(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"

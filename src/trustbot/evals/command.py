"""`trustbot eval`: options in, files and a summary out.

In: parsed options and settings. Out: answers (or rankings), `report.json`, `report.md`, `report.html` and, where
asked for, a comparison with an earlier run, all in one folder. This module computes no figure.
"""

from __future__ import annotations

import json
import sys
import textwrap
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from trustbot.errors import InvalidInput
from trustbot.evals import comparison, opening, plots, presenting, searching
from trustbot.evals.datasets import Conversation, read_conversations, read_key, read_search_tasks
from trustbot.evals.pages import Block, Table, to_html, to_markdown
from trustbot.evals.report import Report, conversation_report, run_facts
from trustbot.evals.running import Answering, answer_all, prepare_folder, write_text
from trustbot.runtime.quiet import caches_in
from trustbot.settings import Settings

LONGEST = 120
"""Characters of a question in an error message."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which lines are used and how they are read."""

    where: Mapping[str, str] = field(default_factory=dict)
    key: Path | None = None
    """Gold ids of the data set -> statements; without it, ids are those of the corpus's own claims."""
    unanswerable: bool = False
    """Whether every line counts as not covered by the corpus."""
    blind: bool = False
    """Whether the corpus's question bank may hold none of the questions."""


def add_arguments(parser: ArgumentParser) -> None:
    """The options of `trustbot eval`."""
    parser.add_argument("dataset", type=Path, nargs="?", help="a .jsonl or .jsonl.gz file, one item a line")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for answers and report")
    parser.add_argument("--retrieval", action="store_true", help="search only, and score the rankings")
    parser.add_argument("--corpus", metavar="ID", help="corpus to ask; may hold {domain} of each line")
    parser.add_argument("--key", type=Path, metavar="FILE", help="JSON: gold id -> text and reference")
    parser.add_argument("--persona", metavar="P", help="persona to answer for")
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="FIELD=TEXT",
        help="only lines whose field has the text",
    )
    parser.add_argument("--unanswerable", action="store_true", help="take every line as not covered")
    parser.add_argument(
        "--blind", action="store_true", help="refuse a data set that shares questions with the corpus's question bank"
    )
    parser.add_argument("--last-question", action="store_true", help="with --retrieval: search without history")
    parser.add_argument(
        "--compare",
        type=Path,
        metavar="DIR",
        help="folder of an earlier run; without a data set, compare it with the run already in --out",
    )


def run(args: Namespace, settings: Settings) -> int:
    """Do what the options say and print a summary; 0."""
    from rich.console import Console

    console = Console()
    caches_in(settings.data_dir)
    if args.corpus:
        settings = settings.model_copy(update={"corpus": args.corpus})
    if args.dataset is None and (args.compare is None or args.blind):
        raise InvalidInput("Name a data set to run, or give --compare with a folder to compare --out with.")
    # Before hours of questions, not after them.
    earlier = comparison.load_report(args.compare) if args.compare else None
    if args.dataset is not None:
        blocks = _evaluate(args, settings)
        _print_tables(console, blocks)
        console.print(f"Report: {args.out / 'report.html'}", soft_wrap=True, highlight=False)
        if (note := plots.missing_library()) is not None:
            console.print(note, soft_wrap=True, markup=False, highlight=False)
    if earlier is not None:
        compared = compare_runs(earlier, args.out)
        _print_tables(console, comparison.headline_blocks(compared))
        console.print(f"Comparison: {args.out / 'compare.html'}", soft_wrap=True, highlight=False)
    return 0


def run_eval(
    dataset: Path,
    out: Path,
    settings: Settings,
    selection: Selection | None = None,
    *,
    persona: str | None = None,
    bot_for: Callable[[Conversation], Answering] | None = None,
) -> Report:
    """Ask every conversation of `dataset`; write answers and report to `out`; the report.

    `bot_for` gives each item its bot; without it, bots are built from `settings`. Raises InvalidInput, before anything
    is written, for a data set that can't be used, or that is not blind where it must be.
    """
    selection = selection or Selection()
    items = _conversations(dataset, settings, selection, own_bot=bot_for is not None)
    compared = _compared(dataset, {item.id: item.turns[-1] for item in items}, settings, selection)
    answered = answer_all(items, bot_for or opening.bots(settings), out, persona)
    facts = _facts(dataset, settings, selection, persona=persona, blind=compared)
    report = conversation_report(answered, facts)
    _write(out, f"Evaluation of {dataset.name}", report, presenting.conversation_blocks(report))
    return report


def run_retrieval(
    dataset: Path,
    out: Path,
    settings: Settings,
    selection: Selection | None = None,
    *,
    condensed: bool = True,
    search: searching.Search | None = None,
) -> Report:
    """Search for every task of `dataset`; write rankings and report to `out`; the report."""
    selection = selection or Selection()
    tasks = read_search_tasks(dataset, selection.where)
    compared = _compared(dataset, {task.id: task.question for task in tasks}, settings, selection)
    found = searching.search_all(tasks, search or opening.searches(settings, condensed=condensed), out)
    facts = _facts(dataset, settings, selection, condensed=condensed, blind=compared)
    report = searching.retrieval_report(found, facts, unjudged=len(tasks) - len(found))
    blocks = presenting.figures_blocks(report, searching.METRICS, searching.EXPLANATION)
    _write(out, f"Retrieval on {dataset.name}", report, blocks)
    return report


def compare_runs(earlier: Mapping[str, Any], out: Path) -> dict[str, Any]:
    """Compare the finished run in `out` with an `earlier` report; write `compare.*` there; the comparison."""
    prepare_folder(out)
    compared = comparison.compare_runs(earlier, comparison.load_report(out))
    title, blocks = "Comparison of two runs", comparison.comparison_blocks(compared)
    write_text(out / "compare.json", json.dumps(compared, ensure_ascii=False, indent=1) + "\n")
    write_text(out / "compare.md", to_markdown(title, blocks))
    write_text(out / "compare.html", to_html(title, blocks))
    return compared


def parse_where(conditions: Sequence[str]) -> dict[str, str]:
    """`FIELD=TEXT` -> a mapping; InvalidInput for one without a field or an equals sign."""
    where = {}
    for condition in conditions:
        name, equals, text = condition.partition("=")
        if not equals or not name.strip():
            raise InvalidInput(f"--where {condition} names no field; write --where FIELD=TEXT.")
        where[name.strip()] = text.strip()
    return where


def _evaluate(args: Namespace, settings: Settings) -> list[Block]:
    selection = Selection(parse_where(args.where), args.key, args.unanswerable, args.blind)
    if args.retrieval:
        report = run_retrieval(args.dataset, args.out, settings, selection, condensed=not args.last_question)
        return [presenting.figures_table(report["categories"], searching.METRICS)]
    report = run_eval(args.dataset, args.out, settings, selection, persona=args.persona)
    return presenting.headline_blocks(report)


def _compared(dataset: Path, questions: Mapping[str, str], settings: Settings, selection: Selection) -> str | None:
    """What the questions were compared with, told at once, where they must be new; InvalidInput where some are not."""
    if not selection.blind:
        return None
    found = opening.shared_with_bank(questions, settings)
    if found is None:
        told = f"The corpus {settings.corpus} has no question bank, so there is nothing to compare with."
    elif found[1]:
        first = found[1][0]
        raise InvalidInput(
            f"{dataset.name} is not blind: {len(found[1])} of its {len(questions)} questions stand in the question "
            f"bank of {settings.corpus}, or nearly so, the first being {first.id}, “{_short(first.question)}”, there "
            f"“{_short(first.known)}”; leave them out, or run without --blind."
        )
    else:
        told = f"The question bank of {settings.corpus}, {found[0]:,} questions, shares none with {dataset.name}."
    sys.stderr.write(f"{told}\n")
    return told


def _short(text: str) -> str:
    return textwrap.shorten(text, LONGEST, placeholder="…")


def _conversations(dataset: Path, settings: Settings, selection: Selection, *, own_bot: bool) -> list[Conversation]:
    # Read without a key first, so that a bad line is named before an index is even looked for.
    items = read_conversations(dataset, where=selection.where)
    if selection.key is not None:
        items = read_conversations(dataset, read_key(selection.key), selection.where)
    elif not own_bot and any(item.gold is None for item in items):
        items = read_conversations(dataset, opening.corpus_key(settings), selection.where)
    return [replace(item, answerable=False) for item in items] if selection.unanswerable else items


def _facts(dataset: Path, settings: Settings, selection: Selection, **options: Any) -> dict[str, Any]:
    chosen = {**asdict(selection), "key": selection.key and selection.key.name, **options}
    used = {name: value for name, value in chosen.items() if value not in ({}, False)}
    return run_facts(dataset, settings.model_dump(mode="json"), used)


def _write(out: Path, title: str, report: Report, blocks: Sequence[Block]) -> None:
    write_text(out / comparison.REPORT, json.dumps(report, ensure_ascii=False, indent=1) + "\n")
    write_text(out / "report.md", to_markdown(title, blocks))
    write_text(out / "report.html", to_html(title, blocks))


def _print_tables(console: Any, blocks: Sequence[Block]) -> None:
    from rich.table import Table as Printed

    for block in blocks:
        if isinstance(block, Table):
            printed = Printed(title=block.caption, title_justify="left")
            for i, name in enumerate(block.header):
                printed.add_column(name, justify="right" if i and block.numeric else "left", overflow="fold")
            for row in block.rows:
                printed.add_row(*row)
            console.print(printed)
        elif hasattr(block, "text"):
            console.print(block.text, markup=False, highlight=False)

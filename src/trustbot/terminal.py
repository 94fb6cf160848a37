"""Answers in a terminal: text, numbered citations with their place, works, and a conversation.

In: answers and a corpus. Out: lines on standard output, read from standard input. This module decides nothing about
an answer; everything that it prints is in the `Answer`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from trustbot.corpus.audit import Filter, Statement, statements, tally
from trustbot.errors import InvalidInput, TrustbotError
from trustbot.presentation import titles, wording
from trustbot.types import Answer, Citation, Corpus, Source, Stage, Turn

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from trustbot.bot import Bot
    from trustbot.records.signing import Signer

PROMPT = "You: "
EXPORT = "/export"
CHECK_STYLE = {"supported": "green", "partly": "yellow", "not visible": "cyan", "contradicted": "red"}
TOLD = ("partial", "wording", "identifier", "superseded", "conflict", "retracted", "concern")
"""Notices that stand beside an answer; what the others say is part of its text."""
NEAR = "Near it, and not an answer"
LEAVE = ("/quit", "/exit", "/q")
HINT = (
    "Type a question, or /quit to leave. /sources lists the works, /restart starts over, "
    "/export FILE keeps the conversation (.md, .html, .json, .ris or .csl.json)."
)


def show_answer(answer: Answer, out: TextIO | None = None) -> None:
    """The answer with its citations and its disclaimer, as plain text that wraps to the terminal."""
    console = _console(out)
    understood = f"Understood as: {answer.query.text}" if answer.query.text != answer.query.asked else None
    for said in filter(None, (understood, answer.framing)):
        _print(console, said, style="dim")
    _print(console, answer.text, style="bold" if answer.abstained else None)
    if answer.trace.model and not answer.abstained:
        _print(console, wording.made(answer.trace.model), style="dim")
    for notice in answer.notices:
        if notice.kind in TOLD:
            _print(console, notice.text, style="dim")
    beside = titles.MATTER if answer.safety else NEAR
    for title, quotes in (("Sources", answer.citations), (beside, answer.closest)):
        if quotes:
            _print(console, f"\n{title}", style="bold")
        for citation in quotes:
            _print(console, _citation(citation), style="dim" if answer.abstained else None)
    if answer.nearest:
        _print(console, "\nCovered here: " + "; ".join(answer.nearest))
    for question in answer.followups:
        _print(console, f"  ? {question}", style="dim")
    _print(console, f"\n{answer.disclaimer}", style="italic")


def show_sources(corpus: Corpus, out: TextIO | None = None) -> None:
    """The numbered list of works with their study facts and status; last, what the program says of itself."""
    console = _console(out)
    _print(console, corpus.title, style="bold")
    for source in listed(corpus):
        _print(console, f"\n{_record(source)}")


def listed(corpus: Corpus) -> list[Source]:
    """The sources by their numbers, the help text last."""
    return sorted(corpus.sources, key=lambda s: (s.kind == "help", s.number))


def show_audit(corpus: Corpus, wanted: Filter, out: TextIO | None = None) -> None:
    """The audited statements that pass `wanted` and their counts: a table on a terminal, else one line a statement."""
    console = _console(out)
    shown = statements(corpus, wanted)
    if shown and console.is_terminal:
        console.print(_audit_table(shown))
    elif shown:
        _print(console, "\n".join(_audit_line(s) for s in shown))
    _print(console, wording.audit_counts(tally(corpus.audits), len(shown)))


def converse(bot: Bot, persona: str | None = None, signer: Signer | None = None) -> int:
    """A conversation until end of input or a leaving word; 0. Without `signer`, exports of it are not signed."""
    console = _console(None)
    _print(console, f"{bot.corpus.title} — corpus {bot.corpus.version}", style="bold")
    _print(console, f"{bot.corpus.disclaimer}\n{titles.NO_PATIENTS}\n{HINT}\n", style="italic")
    history: list[Turn] = []
    exchanges: list[tuple[str, Answer]] = []
    while (question := _read()) is not None:
        command = question.strip().lower()
        if command in LEAVE:
            break
        if command == "/sources":
            show_sources(bot.corpus)
        elif command == "/restart":
            history, exchanges = [], []
            _print(console, "A new conversation.")
        elif command.split(" ")[0] == EXPORT:
            _print(console, _export(bot, exchanges, question.strip()[len(EXPORT) :].strip(), signer))
        elif command:
            answer = _turn(bot, question, history, persona, console)
            if answer is not None:
                asked = answer.query.asked.strip()  # without the identifiers that were typed
                history += [Turn("user", asked), Turn("assistant", answer.text)]
                if answer.outcome != "safety":
                    exchanges.append((asked, signer.answer(answer) if signer else answer))
    return 0


def _turn(bot: Bot, question: str, history: Sequence[Turn], persona: str | None, console: Console) -> Answer | None:
    try:
        with console.status("") as status:
            for item in bot.stream(question, history, persona):
                if isinstance(item, Stage):
                    status.update(item.text)
                elif isinstance(item, Answer):
                    answer = item
    except InvalidInput:
        raise
    except TrustbotError as error:  # a question that can't be used is no reason to end the conversation
        _print(console, str(error))
        return None
    show_answer(answer)
    _print(console, "")
    return answer


def _export(bot: Bot, exchanges: Sequence[tuple[str, Answer]], name: str, signer: Signer | None) -> str:
    """Write the conversation to the file `name`; what came of it, in one sentence."""
    from pathlib import Path

    from trustbot.records import formats, record

    if not exchanges:
        return "There is nothing to export yet. Ask a question first."
    if not name:
        return "Name a file: /export conversation.md (or .html, .json, .ris, .csl.json)."
    path = Path(name).expanduser()
    source = record.origin(bot.corpus, bot.fingerprint, bot.built_at)
    try:
        make = signer.answers if signer else record.of_answers
        formats.write(make(exchanges, bot.corpus, source), path)
    except TrustbotError as error:  # a name that can't be used is no reason to end the conversation
        return str(error)
    return f"Wrote {path}."


def _read() -> str | None:
    try:
        return input(PROMPT) if sys.stdin.isatty() else (sys.stdin.readline() or None)
    except EOFError:
        return None
    except UnicodeDecodeError:
        raise InvalidInput("Standard input is not UTF-8 text. Send the questions as UTF-8.") from None


def _audit_table(shown: Sequence[Statement]) -> Table:
    from rich.box import SIMPLE
    from rich.table import Table
    from rich.text import Text

    # Two columns, so that nothing is squeezed at 80 characters: which statement and its check, and all the rest.
    table = Table(box=SIMPLE, show_lines=True, expand=True, padding=(0, 1), header_style="bold")
    table.add_column("Statement", width=15)
    table.add_column("What the article says, and what the work it cites supports", ratio=1)
    for statement in shown:
        audit = statement.audit
        name = Text.assemble(
            (f"{audit.claim_id} [{audit.reference}]\n", "bold"),
            (f"{wording.CHECK_MARK[audit.check]} {wording.checked(audit.check)}", CHECK_STYLE[audit.check]),
        )
        told = Text.assemble((f"“{audit.quote}”\n", "bold"), *(f"{line}\n" for line in _found(statement)))
        told.append("\n".join(_scope(statement)), "dim")
        table.add_row(name, told)
    return table


def _audit_line(statement: Statement) -> str:
    audit = statement.audit
    head = f"{audit.claim_id} [{audit.reference}] {wording.checked(audit.check)}: “{audit.quote}”"
    return " ".join([head, *_found(statement), *_scope(statement)])


def _found(statement: Statement) -> list[str]:
    """What the work supports and what not, then why."""
    return [*filter(None, [statement.audit.notice]), f"Why: {statement.audit.reason}"]


def _scope(statement: Statement) -> list[str]:
    """Who trusts whom in the work, which learners it is about, where it was done, and what kind of study it is."""
    parts = (
        ("Who trusts whom", statement.audit.direction),
        ("Learners", statement.learners),
        ("Setting", statement.setting),
        ("Study", wording.badge(statement.source)),
    )
    return [f"{name}: {value}." for name, value in parts if value]


def _citation(citation: Citation) -> str:
    source, audit = citation.source, citation.audit
    place = " › ".join(citation.quote.chunk.headings) or citation.document.title
    page = citation.document.page_of(citation.quote.start)
    lines = [
        f"[{citation.number}] “{citation.quote.text}”",
        f"    {_kind(citation)}; {place}{f', page {page}' if page else ''}",
        f"    {_short(source)}",
    ]
    if audit is not None:
        lines.append(f"    Check: {audit.check}. {audit.reason} ({audit.direction})")
        # The text of an answer carries it, and that of what only lies near doesn't.
        lines += [f"    {audit.notice}"] if audit.notice else []
    return "\n".join(lines)


def _kind(citation: Citation) -> str:
    kinds = {
        "article": "The article's own words",
        "note": "Our note on the work, not its words",
        "full text": "The work's own words",
        "record": "Our record of the sources, not the work's words",
        "help": "The help text of trustbot, on the program itself",
    }
    return kinds[citation.document.kind]


def _short(source: Source) -> str:
    authors = ", ".join(source.authors) or ("" if source.kind == "help" else "No author named")
    parts = (authors, source.title, source.container, str(source.year) if source.year else None)
    known = wording.badge(source)
    study = f" [{known}]" if known else ""
    # A title may bring its own mark.
    return " ".join(p if p[-1] in ".?!" else f"{p}." for p in parts if p) + study


def _record(source: Source) -> str:
    where = "; ".join(f"{k} {v}" for k, v in (("DOI", source.doi), ("PMID", source.pmid), ("PMC", source.pmcid)) if v)
    place = source.address + (f" ({where})" if where and source.address else where)
    lines = [f"[{source.number}] {_short(source)}", *([f"    {place}"] if place else [])]
    if source.study:
        study = source.study
        lines.append(f"    {study.design}; participants: {study.participants}; setting: {study.setting}")
    return "\n".join([*lines, f"    Licence: {source.licence}"])


def _console(out: TextIO | None) -> Console:
    from rich.console import Console

    return Console(file=out, highlight=False, markup=False, emoji=False)


def _print(console: Console, text: str, style: str | None = None) -> None:
    # Folding would cut quotes when the output is not a terminal: there, lines stay as they are.
    console.print(text, style=style, soft_wrap=not console.is_terminal)

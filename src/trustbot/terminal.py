"""Answers in a terminal: text, numbered citations with their place, works, and a conversation.

In: answers and a corpus. Out: lines on standard output, read from standard input. This module decides nothing about
an answer; everything that it prints is in the `Answer`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from trustbot.errors import InvalidInput, TrustbotError
from trustbot.types import Answer, Citation, Corpus, Source, Stage, Turn

if TYPE_CHECKING:
    from rich.console import Console

    from trustbot.bot import Bot

PROMPT = "You: "
LEAVE = ("/quit", "/exit", "/q")
HINT = "Type a question, or /quit to leave. /sources lists the works, /restart starts over."


def show_answer(answer: Answer, out: TextIO | None = None) -> None:
    """The answer with its citations and its disclaimer, as plain text that wraps to the terminal."""
    console = _console(out)
    if answer.query.text != answer.query.asked:
        _print(console, f"Understood as: {answer.query.text}", style="dim")
    _print(console, answer.text, style=None if not answer.abstained else "bold")
    if answer.citations:
        _print(console, "\nSources", style="bold")
    for citation in answer.citations:
        _print(console, _citation(citation))
    if answer.nearest:
        _print(console, "\nCovered here: " + "; ".join(answer.nearest))
    for question in answer.followups:
        _print(console, f"  ? {question}", style="dim")
    _print(console, f"\n{answer.disclaimer}", style="italic")


def show_sources(corpus: Corpus, out: TextIO | None = None) -> None:
    """The numbered list of works with their study facts and status."""
    console = _console(out)
    _print(console, corpus.title, style="bold")
    for source in sorted(corpus.sources, key=lambda s: s.number):
        _print(console, f"\n{_record(source)}")


def converse(bot: Bot, persona: str | None = None) -> int:
    """A conversation until end of input or a leaving word; 0."""
    console = _console(None)
    _print(console, f"{bot.corpus.title} — corpus {bot.corpus.version}", style="bold")
    _print(console, f"{bot.corpus.disclaimer}\n{HINT}\n", style="italic")
    history: list[Turn] = []
    while (question := _read()) is not None:
        command = question.strip().lower()
        if command in LEAVE:
            break
        if command == "/sources":
            show_sources(bot.corpus)
        elif command == "/restart":
            history = []
            _print(console, "A new conversation.")
        elif command:
            history += _turn(bot, question, history, persona, console)
    return 0


def _turn(bot: Bot, question: str, history: Sequence[Turn], persona: str | None, console: Console) -> list[Turn]:
    try:
        with console.status("") as status:
            for item in bot.stream(question, history, persona):
                if isinstance(item, Stage):
                    status.update(item.text)
                else:
                    answer = item
    except InvalidInput:
        raise
    except TrustbotError as error:  # a question that can't be used is no reason to end the conversation
        _print(console, str(error))
        return []
    show_answer(answer)
    _print(console, "")
    return [Turn("user", question), Turn("assistant", answer.text)]


def _read() -> str | None:
    try:
        return input(PROMPT) if sys.stdin.isatty() else (sys.stdin.readline() or None)
    except EOFError:
        return None
    except UnicodeDecodeError:
        raise InvalidInput("Standard input is not UTF-8 text. Send the questions as UTF-8.") from None


def _citation(citation: Citation) -> str:
    source, audit = citation.source, citation.audit
    place = " › ".join(citation.quote.chunk.headings) or citation.document.title
    lines = [
        f"[{citation.number}] “{citation.quote.text}”",
        f"    {_kind(citation)}; {place}",
        f"    {_short(source)}",
    ]
    if audit is not None:
        lines.append(f"    Check: {audit.check}. {audit.reason} ({audit.direction})")
    return "\n".join(lines)


def _kind(citation: Citation) -> str:
    kinds = {
        "article": "The article's own words",
        "note": "Our note on the work, not its words",
        "full text": "The work's own words",
    }
    return kinds[citation.document.kind]


def _short(source: Source) -> str:
    authors = ", ".join(source.authors) or "No author named"
    parts = (authors, source.title, source.container, str(source.year) if source.year else None)
    study = f" [{source.study.summary}]" if source.study else ""
    # A title may bring its own mark.
    return " ".join(p if p[-1] in ".?!" else f"{p}." for p in parts if p) + study


def _record(source: Source) -> str:
    where = "; ".join(f"{k} {v}" for k, v in (("DOI", source.doi), ("PMID", source.pmid), ("PMC", source.pmcid)) if v)
    lines = [
        f"[{source.number}] {_short(source)}",
        f"    {source.address}" + (f" ({where})" if where else ""),
    ]
    if source.study:
        study = source.study
        lines.append(f"    {study.design}; participants: {study.participants}; setting: {study.setting}")
    status = "; ".join(s for s in (source.status, source.last_updated and f"last updated {source.last_updated}") if s)
    lines += [f"    {text}" for text in (status, f"Licence: {source.licence}") if text]
    return "\n".join(lines)


def _console(out: TextIO | None) -> Console:
    from rich.console import Console

    return Console(file=out, highlight=False, markup=False, emoji=False)


def _print(console: Console, text: str, style: str | None = None) -> None:
    # Folding would cut quotes when the output is not a terminal: there, lines stay as they are.
    console.print(text, style=style, soft_wrap=not console.is_terminal)

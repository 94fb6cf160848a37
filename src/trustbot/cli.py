"""`trustbot`: arguments in, text or JSON out, an exit code.

In: the command line. Out: answers on standard output, one sentence on standard error for anything a user can cause:
exit code 0 for an answer and for an abstention, 2 for bad input, 1 for a failure. This module holds no logic of its
own, and imports nothing heavy before it knows which command runs.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trustbot.errors import InvalidInput, TrustbotError
from trustbot.runtime.process import begin

if TYPE_CHECKING:
    from trustbot.settings import Settings

STDIN_BYTES = 1 << 20
PERSONA_HELP = (
    'who is asking: preceptor, "medical student", resident, "program director" or other; '
    "changes the order of statements and the suggested questions, never what is said or cited"
)
_ELSEWHERE = {
    "local-model": ("trustbot.models.local", "Serve a chat model on this machine, to word answers with no account."),
    "feedback": ("trustbot.web.feedback.command", "Show what readers said of the answers, or delete what is old."),
    "unanswered": ("trustbot.web.unanswered_view", "Show what was asked and not answered, without its words."),
    "token": ("trustbot.web.auth.command", "Make a visitor's token as a portal would, for tests."),
    "eval": ("trustbot.evals.command", "Ask the questions of a data set and report how well they were answered."),
    "bench": ("trustbot.evals.bench", "Measure start-up, answering and memory against a textbook chain."),
    "widget": ("trustbot.web.widget.command", "Print what a portal pastes, or switch the widget off and on."),
    "lti": ("trustbot.web.lti.command", "Let a learning platform register itself; list or remove those that did."),
    "mcp": ("trustbot.web.mcp_command", "Serve the tools ask, sources, audit and verify to programs that speak MCP."),
    "completion": ("trustbot.runtime.completion", "Print what a shell loads to complete commands and options."),
}
"""Commands whose options and work stand in a module of their own, and would cost every other command its import."""
Command = Callable[[argparse.Namespace, "Settings"], int]
Add = Callable[[str, str, Command], argparse.ArgumentParser]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with `argv`; returns the exit code."""
    if argv is None:
        begin()
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = _parser(arguments[0] if arguments else "")
    args = parser.parse_args(arguments)
    if args.run is None:
        parser.print_help()
        return 2
    try:
        from trustbot.settings import load_settings

        command: Command = args.run
        return command(args, load_settings(**_overrides(args)))
    except TrustbotError as error:
        if args.debug:
            raise
        print(f"trustbot: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("trustbot: stopped.", file=sys.stderr)
        return 130
    except Exception as error:
        if args.debug:
            raise
        first = (str(error).splitlines() or [""])[0][:200]
        print(
            f"trustbot: failed unexpectedly ({type(error).__name__}: {first}). Run it again with --debug to see where.",
            file=sys.stderr,
        )
        return 1


def _parser(command: str) -> argparse.ArgumentParser:
    """The parser; options of some commands are added only when asked for, since theirs import more."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--debug", action="store_true", help="show the traceback of an error")
    parser = argparse.ArgumentParser(
        prog="trustbot",
        description="Answers questions about a piece of published guidance, with citations that can be checked.",
        epilog="Settings are read from TRUSTBOT_ environment variables; docs/settings.md lists them.",
    )
    parser.set_defaults(run=None, debug=False, parser=parser)
    from trustbot import __version__

    parser.add_argument("--version", action="version", version=f"trustbot {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    def add(name: str, text: str, run: Command) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text, parents=[common])
        sub.set_defaults(run=run, command=name)
        return sub

    _add_asking(add)
    serve = add("serve", "Serve the chat and the API.", _serve)
    serve.add_argument("--host", help="address to listen on")
    serve.add_argument("--port", type=int, help="port to listen on; 0 takes a free one")
    serve.add_argument("--corpus", metavar="ID", help="corpus to serve")
    _add_reading(add)
    for name, (module, text) in _ELSEWHERE.items():
        sub = add(name, text, _local if name == "local-model" else _run_of(module))
        if command in (name, "completion"):
            import_module(module).add_arguments(sub)
    return parser


def _add_asking(add: Add) -> None:
    """The commands that put questions to the bot."""
    ask = add("ask", "Ask one question.", _ask)
    ask.add_argument("question", metavar="QUESTION", help="the question; - reads it from standard input")
    ask.add_argument("--json", action="store_true", help="print the Answer object and nothing else")
    ask.add_argument("--persona", metavar="P", help=PERSONA_HELP)
    ask.add_argument("--corpus", metavar="ID", help="corpus to ask")
    ask.add_argument("--history", metavar="FILE", type=Path, help='JSON list of {"role", "text"}, oldest first')
    ask.add_argument(
        "--export", metavar="FILE", type=Path, help="write a record of the answer: .md, .html, .json, .ris or .csl.json"
    )
    ask.add_argument("--force", action="store_true", help="let --export replace a file that is there")
    chat = add("chat", "Hold a conversation in the terminal.", _chat)
    chat.add_argument("--persona", metavar="P", help=PERSONA_HELP)
    chat.add_argument("--corpus", metavar="ID", help="corpus to ask")


def _add_reading(add: Add) -> None:
    """The commands that show or check what is stored."""
    sources = add("sources", "List the works behind the numbers.", _sources)
    sources.add_argument("--json", action="store_true", help="print JSON and nothing else")
    sources.add_argument("--corpus", metavar="ID", help="corpus to list")
    audit = add(
        "audit", "List the article's numbered statements, and whether the works they cite support them.", _audit
    )
    audit.add_argument("--json", action="store_true", help="print JSON and nothing else")
    audit.add_argument("--check", metavar="C", help='only these: supported, partly, "not visible" or contradicted')
    audit.add_argument("--reference", metavar="N", help="only the statements that cite this work")
    audit.add_argument("--corpus", metavar="ID", help="corpus to list")
    verify = add(
        "verify",
        "Check every quote of an exported record against the corpus as it is now, and that the record was signed here.",
        _verify,
    )
    verify.add_argument("file", metavar="FILE", type=Path, help="a record that was exported as .json")
    verify.add_argument("--json", action="store_true", help="print the report as JSON and nothing else")
    verify.add_argument("--corpus", metavar="ID", help="corpus to check against")


def _overrides(args: argparse.Namespace) -> dict[str, Any]:
    corpus = getattr(args, "corpus", None)
    overrides = {"host": getattr(args, "host", None), "port": getattr(args, "port", None)}
    # An evaluation's --corpus may hold a placeholder, which it fills in itself.
    return overrides if args.command == "eval" else {**overrides, "corpus": corpus}


def _ask(args: argparse.Namespace, settings: Settings) -> int:
    from trustbot.query.guard import check_question

    question = _question(args.question)
    check_question(question, settings.question_limit)  # before seconds of loading
    history = _history(args.history) if args.history else []
    if args.export:
        from trustbot.records.formats import check_target

        check_target(args.export, force=args.force)
    from trustbot.bot import build_bot
    from trustbot.records.signing import Signer

    bot, signer = build_bot(settings), Signer(settings.records_key)
    answer = signer.answer(bot.ask(question, history, args.persona))
    if args.export and answer.outcome == "safety":
        print(f"{args.export} was not written: what somebody is told who needs help is kept nowhere.", file=sys.stderr)
    elif args.export:
        from trustbot.records import formats, record

        source = record.origin(bot.corpus, bot.fingerprint, bot.built_at)
        made = signer.answers([(answer.query.asked, answer)], bot.corpus, source)
        formats.write(made, args.export, force=args.force)
    if args.json:
        from trustbot.presentation.wire import answer_to_dict

        print(json.dumps(answer_to_dict(answer), ensure_ascii=False, indent=2))
    else:
        from trustbot.terminal import show_answer

        show_answer(answer)
    return 0


def _question(given: str) -> str:
    if given != "-":
        return given
    try:
        given_bytes = sys.stdin.buffer.read(STDIN_BYTES)
        # Cut in the middle of a character, a text that is too long anyway would look like broken text.
        return given_bytes.decode("utf-8", "ignore" if len(given_bytes) == STDIN_BYTES else "strict")
    except UnicodeDecodeError:
        raise InvalidInput("Standard input is not UTF-8 text. Save the question as UTF-8.") from None


def _history(path: Path) -> list[Any]:
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput(f"{path} can't be read ({error.strerror}). Name a JSON file with the history.") from None
    except ValueError:
        raise InvalidInput(f'{path} is not JSON in UTF-8. Write a list of {{"role", "text"}} objects.') from None
    if not isinstance(loaded, list):
        raise InvalidInput(f'{path} must hold a list of {{"role", "text"}} objects. Put the turns into a list.')
    return loaded


def _chat(args: argparse.Namespace, settings: Settings) -> int:
    from trustbot.bot import build_bot
    from trustbot.records.signing import Signer
    from trustbot.terminal import converse

    return converse(build_bot(settings), args.persona, Signer(settings.records_key))


def _serve(args: argparse.Namespace, settings: Settings) -> int:
    from trustbot.web import serve

    serve(settings)
    return 0


def _sources(args: argparse.Namespace, settings: Settings) -> int:
    from trustbot.index.chroma import current_snapshot
    from trustbot.index.published import up_to_date
    from trustbot.terminal import listed, show_sources

    corpus = current_snapshot(up_to_date(settings)).corpus
    if args.json:
        from trustbot.presentation.wire import source_to_dict

        print(json.dumps([source_to_dict(s) for s in listed(corpus)], ensure_ascii=False, indent=2))
    else:
        show_sources(corpus)
    return 0


def _audit(args: argparse.Namespace, settings: Settings) -> int:
    from trustbot.corpus.audit import audit_to_dict, parse_filter
    from trustbot.index.chroma import current_snapshot
    from trustbot.index.published import up_to_date

    corpus = current_snapshot(up_to_date(settings)).corpus
    wanted = parse_filter(args.check, args.reference, corpus)
    if args.json:
        print(json.dumps(audit_to_dict(corpus, wanted), ensure_ascii=False, indent=2))
    else:
        from trustbot.terminal import show_audit

        show_audit(corpus, wanted)
    return 0


def _verify(args: argparse.Namespace, settings: Settings) -> int:
    from functools import cache, partial

    from trustbot.bot import open_supporter
    from trustbot.index.chroma import current_snapshot
    from trustbot.index.published import up_to_date
    from trustbot.records import checking, record, telling
    from trustbot.records.reading import read_file
    from trustbot.records.signing import Signer

    reading = read_file(args.file)
    snapshot = current_snapshot(up_to_date(settings))
    today = record.origin(snapshot.corpus, snapshot.recipe.fingerprint, snapshot.built_at)
    stored = partial(checking.stored_text, settings.index_dir, snapshot.corpus)
    checker = cache(lambda: open_supporter(settings, snapshot.corpus))
    report = checking.check(reading.record, snapshot.corpus, today, stored, intact=reading.intact, checker=checker)
    report = checking.attest(report, reading.value, Signer(settings.records_key))
    if args.json:
        print(json.dumps(telling.report_to_dict(report), ensure_ascii=False, indent=2))
    else:
        print("\n".join(telling.lines(report)))
    return 0 if report.holds else 1


def _local(args: argparse.Namespace, settings: Settings) -> int:
    from trustbot.models.local import run

    return run(args, settings.weights_dir)


def _run_of(module: str) -> Command:
    """What a command does that has a module of its own."""

    def run(args: argparse.Namespace, settings: Settings) -> int:
        code: int = import_module(module).run(args, settings)
        return code

    return run


if __name__ == "__main__":
    raise SystemExit(main())

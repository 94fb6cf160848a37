"""`trustbot widget`: what a portal pastes, and the switch that turns the widget of a corpus off.

In: arguments and settings. Out: HTML or a sentence on standard output. No bot is opened: the switch has to work while
the server can't be reached, and a running server reads it at each request.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from trustbot.errors import InvalidInput
from trustbot.settings import Settings
from trustbot.web.http.addresses import place
from trustbot.web.widget import access
from trustbot.web.widget.snippets import FORMS, OPTIONS, Snippet, snippet


def add_arguments(parser: ArgumentParser) -> None:
    """The options of `trustbot widget`."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--snippet", action="store_true", help="print the HTML that a portal pastes")
    what.add_argument("--off", metavar="REASON", nargs="?", const="", help="switch the widget off, at once")
    what.add_argument("--on", action="store_true", help="switch it on again")
    what.add_argument("--status", action="store_true", help="say whether it is on, and for which sites")
    parser.add_argument("--form", choices=FORMS, default="script", help="with --snippet; script by default")
    parser.add_argument("--url", metavar="URL", help="with --snippet: the server's public address, https://host[/path]")
    parser.add_argument("--corpus", metavar="ID", help="corpus that the widget answers from")
    parser.add_argument(
        "--no-integrity", action="store_true", help="with --snippet: the newest script instead of this very one"
    )
    for option in OPTIONS:
        parser.add_argument(f"--{option}", metavar="VALUE", help=f"with --snippet: data-{option}")


def run(args: Namespace, settings: Settings) -> int:
    """Do what the options say; 0."""
    if args.snippet:
        _print(_snippet(args, settings))
        return 0
    if not (settings.index_dir.is_dir() or (settings.corpus_dir / settings.corpus).is_dir()):
        raise InvalidInput(
            f"There is no corpus {settings.corpus!r} here, so its widget can't be switched. Name one with --corpus, "
            "or point TRUSTBOT_DATA_DIR at the folder that the server uses."
        )
    if args.on:
        access.switch_on(settings.data_dir, settings.corpus)
    elif args.off is not None:
        access.switch_off(settings.data_dir, settings.corpus, args.off)
    _print(_status(settings))
    return 0


def _snippet(args: Namespace, settings: Settings) -> str:
    url = args.url or place(settings.root_path).url
    if not url:
        raise InvalidInput(
            "The public address of the server isn't known. Give it with --url https://host[/path], or set "
            "TRUSTBOT_ROOT_PATH to it."
        )
    options = {name: getattr(args, name.replace("-", "_")) or "" for name in OPTIONS}
    made = snippet(args.form, url, settings.corpus, options, integrity=not args.no_integrity)
    return f"{made.html}\n{_told(made)}"


def _told(made: Snippet) -> str:
    """What else is to be done, as a comment, so that all of the output can be pasted."""
    directives = "; ".join(f"{name} {source}" for name, source in made.directives.items())
    return (
        "<!-- The server must list the origin of this site in TRUSTBOT_WIDGET_ORIGINS.\n"
        f"     If this site has a Content-Security-Policy, it must allow: {directives} -->"
    )


def _status(settings: Settings) -> str:
    reason = access.reason_off(settings.data_dir, settings.corpus)
    told = f"The widget of {settings.corpus} is "
    if reason is not None:
        return told + ("switched off: " + reason if reason else "switched off.")
    listed = access.listed_in(settings).listed
    sites = ", ".join(listed) if listed else "this server's own pages, and the sites that its manifest lists"
    return f"{told}on, for {sites}."


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")

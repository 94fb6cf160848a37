"""What was asked and not answered, shown: `trustbot unanswered`, and the page `/unanswered` for who may read figures.

In: counts, and the words of the sources that they are nearest to. Out: lines, JSON or a page. The page is for this
machine itself, or for who sends the token of `TRUSTBOT_METRICS_TOKEN`, as `/metrics` is.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from trustbot.errors import IndexMissing
from trustbot.index import current_snapshot
from trustbot.settings import Settings
from trustbot.web import words
from trustbot.web.feedback.command import day
from trustbot.web.unanswered import LEAST, Unanswered, UnansweredStore, words_of

if TYPE_CHECKING:
    from fastapi import FastAPI

    from trustbot.types import Corpus
    from trustbot.web.service import Service


def add_arguments(parser: ArgumentParser) -> None:
    """The options of `trustbot unanswered`."""
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")
    parser.add_argument("--since", metavar="DATE", help="only from this day on, YYYY-MM-DD in UTC")
    parser.add_argument("--corpus", metavar="ID", help="corpus that was asked")


def run(args: Namespace, settings: Settings) -> int:
    """Show the counts; 0."""
    since = day("--since", args.since)
    told = UnansweredStore(settings.unanswered_file).read(f"{since:%Y-%m-%d}" if since else "")
    try:
        corpus = current_snapshot(settings.index_dir).corpus if told.rows else None
    except IndexMissing:  # counts outlive their index; its words are then unknown
        corpus = None
    value = to_dict(told, corpus)
    sys.stdout.write(
        (json.dumps(value, ensure_ascii=False, indent=2) if args.json else "\n".join(_lines(value))) + "\n"
    )
    return 0


def to_dict(told: Unanswered, corpus: Corpus | None) -> dict[str, Any]:
    """The counts as plain JSON types; `text` is what the sources say there."""
    rows = [row._asdict() | {"text": words_of(row, corpus) if corpus else row.nearest} for row in told.rows]
    return {"least": LEAST, "rows": rows, "rest": told.rest}


def _lines(value: dict[str, Any]) -> list[str]:
    if not value["rows"]:
        return [words.UNANSWERED_NONE.format(least=LEAST), _rest(value)]
    rows = [f"{row['askers']:>5}  {_nearest(row)} ({words.UNANSWERED_SAID[row['outcome']]})" for row in value["rows"]]
    return [words.UNANSWERED_NOTE.format(least=LEAST), *rows, _rest(value)]


def _nearest(row: dict[str, Any]) -> str:
    named = f"{row['nearest']}: " if row["kind"] == "statement" and row["text"] != row["nearest"] else ""
    return named + (row["text"] or words.UNANSWERED_NOTHING)


def _rest(value: dict[str, Any]) -> str:
    return words.UNANSWERED_REST.format(least=LEAST, rest=value["rest"])


def add_unanswered_page(app: FastAPI, service: Service) -> None:
    """Add `/unanswered`: a page, or JSON for who asks for it."""
    from starlette.requests import Request
    from starlette.responses import HTMLResponse, JSONResponse, Response
    from starlette.routing import Route

    from trustbot.web.probes import may_read
    from trustbot.web.problems import problem

    def show(request: Request) -> Response:
        if not may_read(request, service.settings.metrics_token.get_secret_value()):
            return problem(403, words.METRICS_CLOSED)
        headers = {"Cache-Control": "no-store"}
        value = to_dict(service.unanswered.read(), service.bot.corpus)
        if "text/html" not in request.headers.get("accept", ""):
            return JSONResponse(value, headers=headers)
        return HTMLResponse(_page(value), headers=headers)

    app.router.routes.append(Route("/unanswered", show, methods=["GET"]))


def _page(value: dict[str, Any]) -> str:
    from trustbot.web.markup import element, sourced, text
    from trustbot.web.pages import whole_page

    heads = "".join(element("th", text(name), scope="col") for name in words.UNANSWERED_COLUMNS)
    rows = "".join(
        element(
            "tr",
            element("td", str(row["askers"]))
            + sourced("td", text(_nearest(row)))
            + element("td", text(words.UNANSWERED_SAID[row["outcome"]])),
        )
        for row in value["rows"]
    )
    table = element("table", element("thead", element("tr", heads)) + element("tbody", rows)) if rows else ""
    told = words.UNANSWERED_NOTE if rows else words.UNANSWERED_NONE
    parts = [
        element("h1", text(words.UNANSWERED_TITLE)),
        element("p", text(told.format(least=LEAST))),
        table,
        element("p", text(_rest(value))),
    ]
    style = '<link rel="stylesheet" href="ui/lti.css">\n'
    return whole_page(words.UNANSWERED_TITLE, element("main", "".join(parts), "told"), "lti", style)

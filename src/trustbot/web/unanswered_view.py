"""What was asked and not answered, shown: `trustbot unanswered`, and the page `/unanswered` for who may read figures.

In: counts, and the words of the sources that they are nearest to. Out: lines, JSON or a page. The page is for this
machine itself, or for who sends the token of `TRUSTBOT_METRICS_TOKEN`, as `/metrics` is.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from trustbot.errors import IndexMissing
from trustbot.index.chroma import current_snapshot
from trustbot.index.published import up_to_date
from trustbot.settings import Settings
from trustbot.web.feedback.command import day
from trustbot.web.feedback.unanswered import LEAST, Unanswered, UnansweredStore, words_of
from trustbot.web.i18n import words

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
        corpus = current_snapshot(up_to_date(settings)).corpus if told.rows else None
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
    alike = [row._asdict() for row in told.alike]
    return {"least": LEAST, "rows": rows, "rest": told.rest, "alike": alike, "alike_rest": told.alike_rest}


def _lines(value: dict[str, Any]) -> list[str]:
    lines = [words.UNANSWERED_NOTE.format(least=LEAST)]
    for name, told in _PARTS.items():
        rows = [f"{r['askers']:>5}  {told(r)} ({words.UNANSWERED_SAID[r['outcome']]})" for r in value[name]]
        lines += ["", words.UNANSWERED_HEADS[name], *(rows or [words.UNANSWERED_NONE.format(least=LEAST)])]
        lines.append(_rest(value, name))
    return lines


def _nearest(row: dict[str, Any]) -> str:
    named = f"{row['nearest']}: " if row["kind"] == "statement" and row["text"] != row["nearest"] else ""
    return named + (row["text"] or words.UNANSWERED_NOTHING)


def _asked(row: dict[str, Any]) -> str:
    return str(row["question"]) or words.UNANSWERED_ALIKE_NONE


_PARTS: dict[str, Callable[[dict[str, Any]], str]] = {"rows": _nearest, "alike": _asked}


def _rest(value: dict[str, Any], name: str) -> str:
    rest = value["rest" if name == "rows" else f"{name}_rest"]
    return words.UNANSWERED_REST.format(least=LEAST, rest=rest)


def add_unanswered_page(app: FastAPI, service: Service) -> None:
    """Add `/unanswered`: a page, or JSON for who asks for it."""
    from starlette.requests import Request
    from starlette.responses import HTMLResponse, JSONResponse, Response
    from starlette.routing import Route

    from trustbot.web.http.problems import problem
    from trustbot.web.probes import may_read

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
    from trustbot.web.http.markup import element, text
    from trustbot.web.http.pages import whole_page

    parts = [element("h1", text(words.UNANSWERED_TITLE)), element("p", text(words.UNANSWERED_NOTE.format(least=LEAST)))]
    for name in _PARTS:
        parts.append(element("h2", text(words.UNANSWERED_HEADS[name])))
        parts.append(_table(value, name) or element("p", text(words.UNANSWERED_NONE.format(least=LEAST))))
        parts.append(element("p", text(_rest(value, name))))
    style = '<link rel="stylesheet" href="ui/lti.css">\n'
    return whole_page(words.UNANSWERED_TITLE, element("main", "".join(parts), "told"), "lti", style)


def _table(value: dict[str, Any], name: str) -> str:
    from trustbot.web.http.markup import element, sourced, text

    heads = "".join(element("th", text(head), scope="col") for head in words.UNANSWERED_COLUMNS[name])
    rows = "".join(
        element(
            "tr",
            element("td", str(row["askers"]))
            + sourced("td", text(_PARTS[name](row)))
            + element("td", text(words.UNANSWERED_SAID[row["outcome"]])),
        )
        for row in value[name]
    )
    return element("table", element("thead", element("tr", heads)) + element("tbody", rows)) if rows else ""

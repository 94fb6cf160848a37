"""`/audit`: every numbered statement of the article with what checking it found, as a page that needs no script.

In: a corpus and what a reader filters by. Out: one whole HTML page, and the route that serves it. This module knows
neither the chat nor how an audit was made; everything it is given is escaped.
"""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse

from trustbot.corpus.audit import CHECKS, Filter, Statement, parse_filter, references, statements, tally
from trustbot.errors import InvalidInput
from trustbot.presentation import wording
from trustbot.types import Corpus
from trustbot.web.http.markup import element, facts, lines, link, sourced, text
from trustbot.web.http.pages import waiting_page, whole_page
from trustbot.web.i18n import said, words
from trustbot.web.pages.evidence_view import CHECK_CLASS, byline
from trustbot.web.pages.render import disclaimer
from trustbot.web.service import Service

STYLE = '<link rel="stylesheet" href="ui/audit.css">\n'
NO_STORE = {"Cache-Control": "no-store"}


def add_audit_page(app: FastAPI, service: Service) -> None:
    """Serve the page at `/audit`; until there is a corpus, the waiting page."""

    @app.api_route("/audit", methods=["GET", "HEAD"], include_in_schema=False)
    def audit(request: Request) -> HTMLResponse:
        if service.missing:
            waiting = waiting_page(service.missing, service.problem)
            return HTMLResponse(waiting, status_code=503, headers={**NO_STORE, "Retry-After": "2"})
        corpus, asked = service.bot.corpus, request.query_params
        try:
            wanted = parse_filter(asked.get("check"), asked.get("reference"), corpus)
        except InvalidInput as error:
            return HTMLResponse(audit_page(corpus, Filter(), str(error)), status_code=400, headers=NO_STORE)
        return HTMLResponse(audit_page(corpus, wanted), headers=NO_STORE)


def audit_page(corpus: Corpus, wanted: Filter, problem: str = "") -> str:
    """The whole page; where the reader's filter can't be used, `problem` says so above all statements."""
    shown = statements(corpus, wanted)
    main = "".join(
        (
            element("p", element("a", f"← {text(words.AUDIT_BACK)}", href="./"), "back"),
            element("h1", text(words.AUDIT_TITLE)),
            _standing(corpus),
            element("p", text(words.AUDIT_LEAD), "lead"),
            _filters(corpus, wanted) if corpus.audits else "",
            element("p", text(said.said(problem)), "problem", role="alert") if problem else "",
            element("p", text(_count(corpus, wanted, len(shown))), "count", role="status"),
            _table(shown) if shown else "",
            _foot(corpus),
        )
    )
    bar = element("header", disclaimer(corpus), id="tb-disclaimer")
    return whole_page(words.AUDIT_TITLE, f"{bar}{element('main', main)}", "audit", STYLE)


def _standing(corpus: Corpus) -> str:
    """Which article this is, and its standing."""
    article = next((s for s in corpus.sources if s.kind == "guidance"), None)
    if article is None:
        return sourced("p", text(corpus.title), "standing")
    badge = element("span", text(said.badge(article)), "badge status")
    title = sourced("span", link(article.title, article.address))
    return element("p", f"{title} {badge}", "standing")


def _filters(corpus: Corpus, wanted: Filter) -> str:
    counts = tally(corpus.audits)
    checks = [_choice(words.AUDIT_ALL, len(corpus.audits), Filter(None, wanted.reference), wanted)]
    for check in CHECKS:
        label = f"{wording.CHECK_MARK[check]} {said.checked(check)}"
        checks.append(_choice(label, counts[check], Filter(check, wanted.reference), wanted))
    works = [_choice(words.AUDIT_ALL, None, Filter(wanted.check, None), wanted)]
    for number in references(corpus):
        source = corpus.numbered(number)
        name = f"[{number}] {byline(source).split(' · ')[0]}" if source else f"[{number}]"
        works.append(_choice(name, None, Filter(wanted.check, number), wanted))
    groups = ((words.AUDIT_CHECK, checks), (words.AUDIT_REFERENCE, works))
    return "".join(
        element("nav", element("h2", text(name)) + element("ul", "".join(items)), **{"aria-label": name})
        for name, items in groups
    )


def _choice(label: str, count: int | None, target: Filter, wanted: Filter) -> str:
    """One choice of a filter: a link, marked where it is what is shown."""
    query = {k: str(v) for k, v in (("check", target.check), ("reference", target.reference)) if v is not None}
    name = text(label) + (f" {element('b', str(count))}" if count is not None else "")
    current = {"aria-current": "true"} if target == wanted else {}
    return element("li", element("a", name, href=f"audit?{urlencode(query)}" if query else "audit", **current))


def _count(corpus: Corpus, wanted: Filter, shown: int) -> str:
    if not corpus.audits:
        return said.said(wording.AUDIT_NONE)
    chosen = [said.checked(wanted.check).lower()] if wanted.check else []
    chosen += [words.AUDIT_OF_REFERENCE.format(number=wanted.reference)] if wanted.reference else []
    told = words.AUDIT_COUNT.format(shown=shown, total=len(corpus.audits))
    return f"{told}: {', '.join(chosen)}" if chosen else told


def _table(shown: tuple[Statement, ...]) -> str:
    heads = "".join(element("th", text(name), role="columnheader", scope="col") for name in words.AUDIT_COLUMNS)
    head = element("thead", element("tr", heads, role="row"), role="rowgroup")
    body = element("tbody", "".join(map(_row, shown)), role="rowgroup")
    # The roles keep a table a table where a phone shows its rows as cards.
    return element("table", element("caption", text(words.AUDIT_CAPTION)) + head + body, role="table")


def _row(statement: Statement) -> str:
    audit, source = statement.audit, statement.source
    anchor = element("a", audit.claim_id, "id", href=f"#{audit.claim_id}")
    where = sourced("p", text(" › ".join(statement.headings)), "where") if statement.headings else ""
    quote = sourced("blockquote", f"“{text(audit.quote)}”")
    number = element("span", str(source.number), "num")
    known = said.badge(source)
    work = number + element("p", text(byline(source)), "by")
    work += sourced("p", text(known), "badge") if known else ""
    mark = f"{wording.CHECK_MARK[audit.check]} {said.checked(audit.check)}"
    check = element("span", text(mark), f"check {CHECK_CLASS[audit.check]}")
    found = (sourced("p", text(audit.notice), "notice") if audit.notice else "") + sourced("p", text(audit.reason))
    of_record = ((words.AUDIT_LEARNERS, statement.learners), (words.SETTING, statement.setting))
    scope = sourced("p", text(audit.direction)) + facts(
        [(name, sourced("span", text(value))) for name, value in of_record if value]
    )
    cells = (("work", work), ("checked", check), ("found", found), ("scope", scope))
    named = zip(words.AUDIT_COLUMNS[1:], cells, strict=True)
    rest = "".join(
        element("td", element("span", text(label), "label") + content, name, role="cell")
        for label, (name, content) in named
    )
    first = element("th", anchor + quote + where, "said", role="rowheader", scope="row")
    return element("tr", first + rest, CHECK_CLASS[audit.check], id=audit.claim_id, role="row")


def _foot(corpus: Corpus) -> str:
    version = text(words.AUDIT_CORPUS.format(version=corpus.version))
    data = element("a", text(words.AUDIT_JSON), href="api/audit")
    browse = element("a", text(words.BROWSE_LINK), href="browse")
    told = (text(words.AUDIT_MEANING), sourced("span", lines(corpus.disclaimer)), f"{browse} · {data} · {version}")
    return element("footer", "".join(element("p", part) for part in told))

"""`/browse`: everything the bot may say, to be read without asking: the article with its checks beside it, the works.

In: a corpus and the questions that may be offered about it. Out: one whole HTML page, and the route that serves it. It
needs no script. This module knows neither the chat nor how a question is answered; everything it is given is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse

from trustbot.corpus.audit import CHECKS, tally
from trustbot.presentation import wording
from trustbot.types import Corpus, Document
from trustbot.web.http.markup import element, lines, sourced, text
from trustbot.web.http.pages import waiting_page, whole_page
from trustbot.web.i18n import language, said, words
from trustbot.web.pages.browse.article import Laid, article_view, lay_out, stored_article
from trustbot.web.pages.browse.asking import Asking, Key, Offered
from trustbot.web.pages.browse.works import pages, works_view
from trustbot.web.pages.evidence_view import CHECK_CLASS
from trustbot.web.pages.render import disclaimer
from trustbot.web.pages.standing import standing
from trustbot.web.service import Service

STYLE = '<link rel="stylesheet" href="ui/standing.css">\n<link rel="stylesheet" href="ui/browse.css">\n'
NO_STORE = {"Cache-Control": "no-store"}


def add_browse_page(app: FastAPI, service: Service) -> None:
    """Serve the page at `/browse`; until there is a corpus, the waiting page."""
    asking = Asking(service)

    @app.api_route("/browse", methods=["GET", "HEAD"], include_in_schema=False)
    def browse(request: Request) -> HTMLResponse:
        if service.missing:
            waiting = waiting_page(service.missing, service.problem)
            return HTMLResponse(waiting, status_code=503, headers={**NO_STORE, "Retry-After": "2"})
        bot = service.bot
        page = browse_page(bot.corpus, bot.built_at, asking.offered(), _page(request, bot.corpus))
        return HTMLResponse(page, headers=NO_STORE)


def _page(request: Request, corpus: Corpus) -> int:
    """The page of the works that is asked for; the nearest there is where it is none."""
    asked = request.query_params.get("page", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 8 else 1
    return min(max(number, 1), pages(corpus))


def browse_page(corpus: Corpus, built_at: str, offered: Offered, page: int = 1) -> str:
    """The whole page; `offered` are the questions that are known to be answered, `page` that of the works."""
    questions = offered.questions
    document = stored_article(corpus) if page == 1 else None
    laid = lay_out(document, corpus) if document and document.terms.ship else None
    title = document.title if document else corpus.title
    contents = _contents(corpus, document, laid, page)
    parts = [
        element("p", element("a", f"← {text(words.BROWSE_BACK)}", href="./"), "back"),
        sourced("h1", text(title)),
        standing(corpus, built_at, in_chat=False),
        _narrow_contents(contents),
        _checks(corpus) if page == 1 else "",
        "" if offered.complete else element("p", text(words.BROWSE_TRYING), "trying", role="status"),
        _article(document, laid, corpus, questions) if document else "",
        _works(corpus, questions, page),
        _itself(laid),
        _foot(corpus),
    ]
    aside = element("nav", element("p", text(words.BROWSE_CONTENTS), "title") + contents, "contents", **_named())
    body = element("div", aside + element("main", "".join(parts)), "frame")
    bar = element("header", disclaimer(corpus), id="tb-disclaimer")
    return whole_page(title, f"{bar}{body}", "browse", STYLE)


def _named() -> dict[str, str]:
    return {"aria-label": words.BROWSE_CONTENTS}


def _contents(corpus: Corpus, document: Document | None, laid: Laid | None, page: int) -> str:
    """The parts of the page, as links."""
    items = [("checks", words.BROWSE_CHECKS)] if corpus.audits and page == 1 else []
    if document and laid:
        items += [(part.anchor, document.text[part.start : part.end].strip()) for part in laid.parts]
    items.append(("works", words.BROWSE_WORKS))
    if laid and laid.page:
        items.append(("page", words.BROWSE_PAGE))
    return element("ul", "".join(element("li", element("a", text(name), href=f"#{anchor}")) for anchor, name in items))


def _narrow_contents(contents: str) -> str:
    """The same where there is no room beside the text, folded until it is wanted."""
    folded = element("details", element("summary", text(words.BROWSE_CONTENTS)) + contents)
    return element("nav", folded, "contents-narrow", **_named())


def _checks(corpus: Corpus) -> str:
    """What the marks mean, how many statements have each, and the way to all of them in one table."""
    if not corpus.audits:
        return ""
    counts, total = tally(corpus.audits), language.number(len(corpus.audits))
    rows = []
    for check in CHECKS:
        shape = element("span", wording.CHECK_MARK[check], **{"aria-hidden": "true"})
        mark = element("span", f"{shape} {text(said.checked(check))}", f"check {CHECK_CLASS[check]}")
        told = words.BROWSE_CHECK_COUNT.format(count=language.number(counts[check]), total=total)
        means = element("span", text(told), "count") + f" {text(words.BROWSE_CHECK_MEANS[check])}"
        rows.append(element("dt", mark) + element("dd", means))
    lead = element("p", text(words.BROWSE_CHECKS_LEAD.format(total=total)), "lead")
    table = element("p", element("a", text(words.BROWSE_TABLE.format(total=total)), "table-link", href="audit"))
    heading = element("h2", text(words.BROWSE_CHECKS), id="checks")
    return element("section", heading + lead + element("dl", "".join(rows), "legend") + table, "checks")


def _article(document: Document, laid: Laid | None, corpus: Corpus, questions: Mapping[Key, str]) -> str:
    if laid is None:
        hidden = words.BROWSE_HIDDEN if corpus.audits else words.BROWSE_HIDDEN_PLAIN
        return element("p", text(hidden), "limit")
    note = element("p", text(words.BROWSE_ARTICLE_NOTE), "article-note")
    return element("article", note + article_view(document, laid, corpus, questions), "reading")


def _works(corpus: Corpus, questions: Mapping[Key, str], page: int) -> str:
    lead = words.BROWSE_WORKS_AUDITED if corpus.audits else words.BROWSE_WORKS_LEAD
    head = element("h2", text(words.BROWSE_WORKS), id="works") + element("p", text(lead), "lead")
    return element("section", head + works_view(corpus, questions, page), "all-works")


def _itself(laid: Laid | None) -> str:
    """The lines that the article's page has around the article, apart from it."""
    if not laid or not laid.page:
        return ""
    told = sourced("ul", "".join(element("li", text(line)) for line in laid.page))
    return element("section", element("h2", text(words.BROWSE_PAGE), id="page") + told, "itself")


def _foot(corpus: Corpus) -> str:
    back = element("a", text(words.BROWSE_BACK), href="./")
    return element("footer", sourced("p", lines(corpus.disclaimer)) + element("p", back))

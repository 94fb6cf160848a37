"""What each work says on a point, side by side: a table with a row per work; on a narrow screen, rows stacked.

In: a comparison, the sentences of its answer and the prefix of their ids. Out: markup. A work that says nothing keeps
its row. This module words nothing and knows neither the chain nor the page.
"""

from __future__ import annotations

from trustbot import wording
from trustbot.types import Comparison, Row
from trustbot.web import said, words
from trustbot.web.evidence_view import byline
from trustbot.web.markup import element, sourced, text
from trustbot.web.sentences_view import Sentences


def comparison(given: Comparison, view: Sentences) -> str:
    """The table; each quote keeps the number that leads to its evidence."""
    caption = element("caption", text(said.said(wording.COMPARED.format(topic=wording.listing([given.topic])))))
    body = element("tbody", "".join(_row(row, view) for row in given.rows))
    heads = "".join(element("th", text(word), scope="col") for word in (words.WORK, words.SAYS))
    head = element("thead", element("tr", heads))
    return element("table", caption + head + body, "tb-table")


def _row(row: Row, view: Sentences) -> str:
    source = row.source
    number = element("span", str(source.number), "tb-num")
    told = said.badge(source)
    badge = sourced("p", text(told), "tb-badge") if told else ""
    about = element("div", element("p", text(byline(source)), "tb-byline") + badge, "tb-about")
    work = element("th", element("div", number + about, "tb-work-head"), scope="row")
    told = "".join(view.supported(citation) for citation in row.citations)
    return element("tr", work + element("td", told or element("p", text(said.said(wording.SILENT_ROW)), "tb-silent")))

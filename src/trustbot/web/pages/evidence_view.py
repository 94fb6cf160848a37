"""The evidence under an answer: each work once, each quote inside the words around it, each check.

In: citations of one answer. Out: markup whose ids the answer's numbers link to. This module knows neither
where it is shown nor which answer is the latest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from urllib.parse import urlsplit

from trustbot.corpus.authors import author
from trustbot.corpus.excerpts import shown_part
from trustbot.presentation import wording
from trustbot.types import Audit, Check, Citation, Source
from trustbot.web.http.markup import doi_link, element, facts, link, sourced, sourced_text, text
from trustbot.web.i18n import language, said, words
from trustbot.web.pages.document_page import document_link, stored_address

CONTEXT_CHARS = 220
CONTEXT_LINES = 2
_LEAD = re.compile(r"^\s*(?:[-*•]\s+|\d+[.)]\s+)")

CHECK_CLASS: dict[Check, str] = {
    "supported": "tb-supported",
    "partly": "tb-partly",
    "not visible": "tb-unseen",
    "contradicted": "tb-contradicted",
}
CHECK_MARK = wording.CHECK_MARK


def evidence(citations: Sequence[Citation], prefix: str, places: Sequence[str], numbers: Sequence[int]) -> str:
    """All of an answer's evidence, works in the order of `numbers`, which holds each citation's number.

    `places[i]` is the id of the sentence that citation `i` supports, or empty. Citation `i` gets the id
    `{prefix}-c{i}`.
    """
    order = sorted(range(len(citations)), key=lambda i: (numbers.index(citations[i].number), i))
    groups = [
        _work(citations[members[0]], [_quote(citations[i], f"{prefix}-c{i}", places[i]) for i in members])
        for members in (list(group) for _, group in groupby(order, key=lambda i: citations[i].number))
    ]
    many = len(citations) != 1
    count = words.EVIDENCE_MANY.format(count=len(citations)) if many else words.EVIDENCE_ONE
    heading = element("h2", f"{text(words.EVIDENCE)} {element('span', text(count), 'tb-count')}", "tb-ev-title")
    # Folded away where it would stand below the answer; a number opens what it stands for all the same.
    return element("section", element("details", element("summary", heading) + "".join(groups), "tb-all"), "tb-ev")


def _work(citation: Citation, quotes: list[str]) -> str:
    source = citation.source
    number = element("span", str(citation.number), "tb-num")
    told = said.badge(source)
    badge = sourced("p", text(told), "tb-badge") if told else ""
    title = sourced("p", text(source.title), "tb-work-title")
    about = element("div", title + element("p", text(byline(source)), "tb-byline") + badge, "tb-about")
    return element("div", element("div", number + about, "tb-work-head") + "".join(quotes), "tb-work")


def byline(source: Source) -> str:
    """Who, when and where in one line: `Penner et al. · 2022 · Perspectives on Medical Education`."""
    if source.kind == "guidance":
        parts = [words.ARTICLE_ITSELF, source.container or ""]
    else:
        names = [author(written).family for written in source.authors]
        who = f"{names[0]} et al." if len(names) > 2 else " & ".join(names)
        parts = [who, str(source.year or ""), source.container or ""]
    return " · ".join(part for part in parts if part)


def _quote(citation: Citation, anchor: str, place: str) -> str:
    audit = citation.audit
    kind = element("span", text(words.DOCUMENT_KIND_SHORT[citation.document.kind]), "tb-kind")
    check = _check_chip(audit) if audit else ""
    if citation.currency == "retracted":
        check += element("span", text(words.NOTICE["retracted"]), "tb-check tb-contradicted")
    elif citation.currency != "current":
        check += element("span", text(words.NOTICE["superseded"]), "tb-check tb-unseen")
    if citation.differs_from:
        numbers = " ".join(f"[{number}]" for number in citation.differs_from)
        check += element("span", text(words.DIFFERS.format(numbers=numbers)), "tb-check tb-partly")
    number = element("span", f"[{citation.number}]", "tb-ref")
    excerpt = sourced("span", text(citation.quote.text), "tb-excerpt")
    summary = element("summary", element("span", number + kind + check, "tb-marks") + excerpt)
    back = element("a", f"↑ {text(words.BACK)}", "tb-back", href=f"#{place}") if place else ""
    body = element(
        "div",
        element("p", text(words.DOCUMENT_KIND[citation.document.kind]), "tb-kind-long")
        + _place(citation)
        + _standing(citation)
        + in_context(citation)
        + (_work_says(audit, citation.source) + _audit(audit) if audit else "")
        + stored_link(citation)
        + record(citation.source)
        + back,
        "tb-cit-body",
    )
    return element("details", summary + body, f"tb-cit tb-doc-{citation.document.kind.replace(' ', '-')}", id=anchor)


def stored_link(citation: Citation) -> str:
    """The way to the quote in its stored document; in a tab of its own, because a conversation ends with its page."""
    place = {"href": document_link(citation), "target": "_blank", "rel": "noopener"}
    return element("a", text(words.DOCUMENT_OPEN), "tb-every", **place)


def _check_chip(audit: Audit) -> str:
    is_caveat = audit.check == "supported" and audit.notice
    label = f"{CHECK_MARK[audit.check]} {words.CHECK_SHORT_CAVEAT if is_caveat else words.CHECK_SHORT[audit.check]}"
    return element("span", text(label), f"tb-check {CHECK_CLASS[audit.check]}")


def _place(citation: Citation) -> str:
    path = " › ".join(citation.quote.chunk.headings) or citation.document.title
    return element("p", f"{text(words.PLACE)}: {sourced_text(path)}", "tb-place")


def _standing(citation: Citation) -> str:
    """The page of the file, and whether its document holds: what is known of it."""
    document, standing = citation.document, citation.document.standing
    newer = "<br>".join(
        element("a", sourced_text(d.title), href=stored_address(d), target="_blank", rel="noopener")
        for d in citation.newer
    )
    pairs = [
        (words.SLIDE if document.media_type.endswith("presentation") else words.PAGE, page_link(citation)),
        (words.DATED, text(language.date(standing.date or ""))),
        (words.VALID_UNTIL, text(language.date(standing.expires or ""))),
        (words.REPLACED_BY, newer),
        (words.TAGS, sourced_text(", ".join(standing.tags))),
    ]
    return facts(pairs)


def page_link(citation: Citation) -> str:
    """The number of the page that a quote is on, which leads to it where the address is that of the file."""
    page = citation.document.page_of(citation.quote.start)
    address = citation.source.address
    if page is None:
        return ""
    is_file = citation.document.media_type == "application/pdf" and urlsplit(address).path.lower().endswith(".pdf")
    return link(str(page), f"{address.partition('#')[0]}#page={page}") if is_file else text(str(page))


def in_context(citation: Citation) -> str:
    """The quote, marked, inside the words that stand around it in the stored document."""
    stored, start, end = citation.document.text, citation.quote.start, citation.quote.end
    first, last = shown_part(citation.document, start, end) or (start, end)
    head, before = _cut_before(stored[first:start])
    tail, after = _cut_after(stored[end:last])
    marked = f"{text(head)}<mark>{text(citation.quote.text)}</mark>{text(tail)}"
    around = [element("p", text(line), "tb-ctx") for line in before]
    following = [element("p", text(line), "tb-ctx") for line in after]
    return sourced("blockquote", "".join((*around, element("p", marked), *following)), "tb-quote")


def _cut_before(stored: str) -> tuple[str, list[str]]:
    """What precedes on the quote's own line, and up to two whole lines before it, none beyond a heading."""
    *earlier, own = stored.rsplit("\n", 12)
    kept: list[str] = []
    for line in reversed(earlier):
        if line.lstrip().startswith("#") or len(kept) == CONTEXT_LINES:
            break
        if line.strip():
            kept.insert(0, _clip_start(_LEAD.sub("", line).strip()))
    return _clip_start(_LEAD.sub("", own)), kept


def _cut_after(stored: str) -> tuple[str, list[str]]:
    own, *later = stored.split("\n", 12)
    kept: list[str] = []
    for line in later[:12]:
        if line.lstrip().startswith("#") or len(kept) == CONTEXT_LINES:
            break
        if line.strip():
            kept.append(_clip_end(_LEAD.sub("", line).strip()))
    return _clip_end(own), kept


def _clip_start(line: str) -> str:
    return line if len(line) <= CONTEXT_CHARS else "… " + line[-CONTEXT_CHARS:].split(" ", 1)[-1]


def _clip_end(line: str) -> str:
    return line if len(line) <= CONTEXT_CHARS else line[:CONTEXT_CHARS].rsplit(" ", 1)[0] + " …"


def _work_says(audit: Audit, source: Source) -> str:
    """What the work says, as far as it could be read, in words that are ours."""
    title = element("p", text(words.WORK_SAYS), "tb-kind-long")
    read = facts([(words.ACCESS, sourced_text(source.access or ""))])
    return element("div", title + sourced("p", text(audit.reason)) + read, "tb-says")


def _audit(audit: Audit) -> str:
    is_caveat = audit.check == "supported" and audit.notice
    found = words.CHECK_CAVEAT if is_caveat else words.CHECK[audit.check]
    title = element("p", text(f"{CHECK_MARK[audit.check]} {found}"), "tb-audit-title")
    reason = sourced("p", text(audit.notice), "tb-audit-notice") if audit.notice else ""
    direction = facts([(words.DIRECTION, sourced_text(audit.direction))]) if audit.direction else ""
    # In a tab of its own, because a conversation ends with its page.
    place = {"href": f"audit#{audit.claim_id}", "target": "_blank", "rel": "noopener"}
    every = element("a", text(words.AUDIT_EVERY), "tb-every", **place)
    return element("div", title + reason + direction + every, f"tb-audit {CHECK_CLASS[audit.check]}")


def record(source: Source) -> str:
    """The work's record: only what is known of it; none of the help text, which is no work."""
    if source.kind == "help":
        return ""
    study = source.study
    pairs = [
        *updates(source),
        (words.WORK, sourced_text(source.title) if source.kind == "work" else link(source.title, source.address)),
        (words.AUTHORS, text(", ".join(source.authors))),
        (words.PUBLISHED, text(published(source))),
        (words.STATUS, sourced_text(source.status or "")),
        (words.LAST_UPDATED, text(language.date(source.last_updated or ""))),
        (words.STUDY, sourced_text(study.design) if study else ""),
        (words.PARTICIPANTS, sourced_text(study.participants) if study else ""),
        (words.AUDIT_LEARNERS, sourced_text(study.learners or "") if study else ""),
        (words.SETTING, sourced_text(study.setting) if study else ""),
        (words.PERIOD, sourced_text(study.period or "") if study else ""),
        (words.DOI, doi_link(source.doi) if source.doi else ""),
        (words.PMID, text(source.pmid or "")),
        (
            words.BROWSE_ADDRESS,
            where(source) if source.kind == "work" and not source.doi else "",
        ),
        (words.ACCESS, sourced_text(source.access or "")),
        (words.IDENTIFIED, sourced_text(source.confidence or "")),
        (words.OPEN_QUESTIONS, "<br>".join(sourced_text(q) for q in source.open_questions)),
    ]
    return element("div", facts(pairs), "tb-record")


def updates(source: Source) -> list[tuple[str, str]]:
    """What was published about the work later, each with its day and the way to the notice."""
    return [
        (words.UPDATE[u.kind], link(language.date(u.date) if u.date else u.notice, u.notice)) for u in source.updates
    ]


def where(source: Source) -> str:
    """The address of a work as a link, or that it is read on an intranet."""
    if source.intranet and not source.address:
        return text(words.INTRANET)
    return link(source.address, source.address) if source.address else ""


def published(source: Source) -> str:
    """Where and when: `Perspectives on Medical Education, 2022; 11(2):73-79`, with what is known."""
    if source.volume:
        where = source.volume + (f"({source.issue})" if source.issue else "")
        where += f":{source.pages}" if source.pages else ""
    else:
        issue = words.ISSUE.format(issue=source.issue) if source.issue else ""
        pages = words.PAGES.format(pages=source.pages) if source.pages else ""
        where = ", ".join(part for part in (issue, pages) if part)
    when = "; ".join(part for part in (str(source.year or ""), where) if part)
    return ", ".join(part for part in (source.container or "", when) if part)

"""The works of a corpus as cards: what each is, how its statements came out, and where its stored text is.

In: a corpus, the questions that may be offered, which part of a long list is wanted. Out: markup. Facts that the record
lacks are left out. This module knows neither a request nor the rest of the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from trustbot.corpus.audit import tally
from trustbot.presentation import wording
from trustbot.types import Check, Corpus, Source
from trustbot.web.http.markup import doi_link, element, facts, sourced, sourced_text, text
from trustbot.web.i18n import language, said, words
from trustbot.web.pages.browse.asking import Key, address
from trustbot.web.pages.evidence_view import CHECK_CLASS, byline, published, updates, where

PER_PAGE = 100
"""Works shown at a time; a corpus may have thousands."""


def pages(corpus: Corpus) -> int:
    """How many pages the works fill; at least 1."""
    return max(1, -(-len(_listed(corpus)) // PER_PAGE))


def _listed(corpus: Corpus) -> list[Source]:
    """The works in the order of their numbers, and the guidance among them; the help text is none."""
    return sorted((s for s in corpus.sources if s.kind != "help"), key=lambda s: s.number)


def card_address(number: int, corpus: Corpus) -> str:
    """Where the card of a work is, from the first page."""
    before = sum(s.number < number for s in _listed(corpus))
    page = before // PER_PAGE + 1
    return ("" if page == 1 else f"browse?{urlencode({'page': page})}") + f"#work-{number}"


def works_view(corpus: Corpus, offered: Mapping[Key, str], page: int = 1) -> str:
    """The cards of one page of the works, in the order of their numbers."""
    ordered = _listed(corpus)
    first = (page - 1) * PER_PAGE
    shown = ordered[first : first + PER_PAGE]
    count = ""
    if len(ordered) > PER_PAGE:
        figures = {"first": first + 1, "last": first + len(shown), "total": len(ordered)}
        told = words.BROWSE_WORK_SHOWN.format(**{k: language.number(v) for k, v in figures.items()})
        count = element("p", text(told), "lead")
    cards = "".join(_card(source, corpus, offered) for source in shown)
    return count + element("div", cards, "works") + _paging(corpus, page)


def _paging(corpus: Corpus, page: int) -> str:
    ways = ((page - 1, words.BROWSE_EARLIER), (page + 1, words.BROWSE_LATER))
    links = [
        element("a", text(label), href=f"browse?{urlencode({'page': other})}#works")
        for other, label in ways
        if 1 <= other <= pages(corpus)
    ]
    return element("nav", "".join(links), "paging", **{"aria-label": words.BROWSE_PAGES}) if links else ""


def _card(source: Source, corpus: Corpus, offered: Mapping[Key, str]) -> str:
    number = element("span", str(source.number), "num", **{"aria-hidden": "true"})
    hidden = element("span", f"[{source.number}] ", "unseen")
    title = sourced("h3", hidden + text(source.title))
    about = element("p", text(byline(source)), "by") if byline(source) else ""
    badge = said.badge(source)
    about += sourced("p", text(badge), "badge") if badge else ""
    head = element("div", number + element("div", title + about), "head")
    body = facts(_facts(source, corpus))
    question = offered.get(source.number)
    ask = ""
    if question:
        label = f"{words.BROWSE_ASK_WORK}: {source.title}"
        ask = element("a", text(words.BROWSE_ASK_WORK), "ask", href=address(question), **{"aria-label": label})
    ways = element("p", ask, "ways") if ask else ""
    return element("section", head + body + ways, "work", id=f"work-{source.number}")


def _facts(source: Source, corpus: Corpus) -> list[tuple[str, str]]:
    return [
        *updates(source),
        (words.BROWSE_STATEMENTS, _outcome(source, corpus)),
        (words.BROWSE_STORED, _stored(source, corpus)),
        (words.AUTHORS, text(", ".join(source.authors))),
        (words.PUBLISHED, text(published(source))),
        (words.DOI, doi_link(source.doi) if source.doi else ""),
        (words.PMID, text(source.pmid or "")),
        (words.BROWSE_ADDRESS, where(source) if not source.doi else ""),
        (words.ACCESS, sourced_text(source.access or "")),
        (words.BROWSE_LICENCE, sourced_text(source.licence)),
        (words.IDENTIFIED, sourced_text(source.confidence or "")),
        (words.BROWSE_OPEN, _list(source.open_questions)),
    ]


def _list(items: tuple[str, ...]) -> str:
    if len(items) < 2:
        return "".join(map(sourced_text, items))
    return element("ul", "".join(element("li", sourced_text(item)) for item in items))


def _outcome(source: Source, corpus: Corpus) -> str:
    """How the statements that cite this work came out, each count a way to them."""
    if not corpus.audits or source.kind == "guidance":
        return ""
    counts = tally([a for a in corpus.audits if a.reference == source.number])
    if not any(counts.values()):
        return text(words.BROWSE_STATEMENTS_NONE)
    chips = (_chip(check, count, source.number) for check, count in counts.items() if count)
    return element("ul", "".join(chips), "chips")


def _chip(check: Check, count: int, number: int | None = None) -> str:
    query = urlencode({"check": check, **({"reference": number} if number else {})})
    shape = element("span", wording.CHECK_MARK[check], **{"aria-hidden": "true"})
    label = f"{shape} {element('b', language.number(count))} {text(said.checked(check).lower())}"
    return element("li", element("a", label, f"check {CHECK_CLASS[check]}", href=f"audit?{query}"))


def _stored(source: Source, corpus: Corpus) -> str:
    """Links to what is stored of this work."""
    stored = [d for d in corpus.documents if d.source_id == source.id]
    links = [
        element(
            "a",
            f"{text(words.DOCUMENT_KIND_SHORT[d.kind])}: {sourced_text(d.title)}",
            href=f"documents/{quote(d.id, safe='')}",
        )
        for d in stored
        if d.kind != "record"
    ]
    return element("ul", "".join(element("li", a) for a in links), "stored") if links else ""

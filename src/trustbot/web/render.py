"""An Answer as a reader sees it: sentences with numbers that lead to their evidence.

In: frozen values. Out: one line of markup a message. Pure functions: this module knows neither Gradio nor the
conversation, and everything it is given is made inert.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from trustbot import wording
from trustbot.types import MARKER, Answer, Corpus, Notice, Stage
from trustbot.web import words
from trustbot.web.comparison_view import comparison
from trustbot.web.evidence_view import evidence
from trustbot.web.markup import element, lines, link, text
from trustbot.web.sentences_view import Sentences

_TOP_NOTICES = ("crisis", "identifier", "clinical", "premise", "partial", "silence")
_NOTICE_MARK = {
    "crisis": "!",
    "identifier": "!",
    "clinical": "i",
    "premise": "i",
    "partial": "◐",
    "silence": "○",
    "overreach": "◐",
}


def disclaimer(corpus: Corpus) -> str:
    """The bar that is always in view: one sentence, and the full disclaimer one tap away."""
    short = element("strong", text(words.DISCLAIMER_SHORT), "tb-short")
    label = element("span", text(words.DISCLAIMER_MORE), "tb-wide") + element(
        "span", text(words.DISCLAIMER_MORE_SHORT), "tb-narrow"
    )
    own = " ".join(c.text for c in sorted(corpus.chunks, key=lambda c: c.start) if c.kind == "disclaimer")
    quoted = element("p", f"{element('b', text(words.ARTICLE_DISCLAIMER))} {text(own)}") if own else ""
    full = element("div", element("p", lines(corpus.disclaimer)) + quoted, "tb-full")
    more = element("details", element("summary", label) + full, "tb-more")
    return element("div", short + more, "tb-bar", role="note")


def header(corpus: Corpus, built_at: str) -> str:
    """Title and standing of the guidance, and which version of it answers."""
    article = next((s for s in corpus.sources if s.kind == "guidance"), None)
    status = (article.status if article else None) or words.STATUS_UNKNOWN
    facts = [element("span", f"{text(words.STATUS)}: {element('b', text(status))}", "tb-status")]
    if article and article.last_updated:
        facts.append(element("span", f"{text(words.LAST_UPDATED)} {text(wording.date(article.last_updated))}"))
    if article:
        facts.append(link(words.ARTICLE_LINK, article.address))
    if corpus.audits:  # in a tab of its own, because a conversation ends with its page
        facts.append(element("a", text(words.AUDIT_LINK), href="audit", target="_blank", rel="noopener"))
    facts.append(
        element(
            "span",
            text(words.CORPUS.format(version=corpus.version, date=wording.date(built_at[:10]))),
            "tb-version",
        )
    )
    title = element("h1", text(article.title if article else corpus.title))
    return element("div", title + element("p", "".join(facts), "tb-standing"), "tb-head")


def welcome(corpus: Corpus) -> str:
    """What the empty conversation says."""
    works = sum(s.kind == "work" for s in corpus.sources)
    return element(
        "div",
        element("h2", text(words.START_TITLE)) + element("p", text(words.START_TEXT.format(works=works))),
        "tb-welcome",
    )


def question(asked: str) -> str:
    """The reader's own message; markup in it is inert."""
    return element("div", lines(asked), "tb-q")


def stages(begun: Sequence[Stage]) -> str:
    """The steps so far; the last is under way."""
    last = len(begun) - 1
    items = "".join(
        element("li", text(stage.text), "tb-now" if i == last else "tb-done") for i, stage in enumerate(begun)
    )
    first = "" if begun else element("li", text(words.WORKING), "tb-now")
    return element("ol", items or first, "tb-stages")


def failure(sentence: str) -> str:
    """An error in the conversation: what happened, and that nothing is lost."""
    body = element("p", text(words.FAILED_TITLE), "tb-fail-title") + element("p", text(sentence))
    return element("div", body + element("p", text(words.KEPT), "tb-kept"), "tb-fail", role="alert")


def answer(given: Answer, corpus: Corpus, turn: int) -> str:
    """One finished answer. Ids start with `tb-a{turn}`, so that each is alone on the page."""
    body = _answered(given, f"tb-a{turn}") if given.outcome == "answered" else _abstained(given, corpus)
    return element("div", _understood(given) + body, f"tb-a tb-{given.outcome}", id=f"tb-a{turn}")


def _understood(given: Answer) -> str:
    asked, standalone = given.query.asked.strip(), given.query.text.strip()
    if not standalone or _plain(asked) == _plain(standalone):
        return ""
    return element("p", f"{text(words.UNDERSTOOD)} {element('i', text(standalone))}", "tb-understood")


def _plain(value: str) -> str:
    return re.sub(r"\W+", " ", value).strip().casefold()


def _copy() -> str:
    """What copies the answer; shown only where the script that does it runs."""
    button = element("button", text(words.COPY), "tb-copy")
    return element("div", button + element("span", "", "tb-copied", title=words.COPIED, role="status"), "tb-tools")


def _abstained(given: Answer, corpus: Corpus) -> str:
    reason = given.reason or ""
    said = element("p", lines(reason))
    if is_small_talk(given, corpus):
        return element("div", said, "tb-none tb-talk")
    title = element("p", text(words.REFUSED if given.outcome == "refused" else words.NO_ANSWER), "tb-none-title")
    scope = element("p", f"{element('b', text(words.SCOPE))} {text(corpus.scope)}", "tb-scope")
    return _notices(given.notices) + element("div", title + said + scope, "tb-none")


def is_small_talk(given: Answer, corpus: Corpus) -> bool:
    """True for the reply to a greeting or to thanks: nothing was asked, so nothing went unanswered."""
    return given.reason in (wording.THANKS, wording.GREETING.format(title=corpus.title))


def _notices(notices: Iterable[Notice]) -> str:
    ranked = sorted(notices, key=lambda n: (*_TOP_NOTICES, "overreach").index(n.kind))
    return "".join(
        element(
            "div",
            element("b", f"{_NOTICE_MARK[n.kind]} {text(words.NOTICE[n.kind])}") + element("p", text(n.text)),
            f"tb-notice tb-{n.kind}",
            role="note",
        )
        for n in ranked
    )


def _answered(given: Answer, prefix: str) -> str:
    view = Sentences(given, prefix)
    table = given.comparison
    prose = comparison(table, view) if table else view.markup()
    told = [c.audit.notice or c.audit.reason for c in given.citations if c.audit]
    top = [n for n in given.notices if n.kind != "overreach" or not any(t in n.text for t in told)]
    top = [n for n in top if not (table and n.kind == "silence")]  # the rows say so
    main = element("div", _notices(top) + prose + _copy(), "tb-main")
    order = [int(n) for n in MARKER.findall(given.text)]
    return element("div", main + evidence(given.citations, prefix, view.places, order), "tb-cols")

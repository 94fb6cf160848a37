"""An Answer as a reader sees it: sentences with numbers that lead to their evidence.

In: frozen values. Out: one line of markup a message. Pure functions: this module knows neither Gradio nor the
conversation, and everything it is given is made inert.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from trustbot.presentation import wording
from trustbot.types import MARKER, Answer, Corpus, Notice, Partial, Stage
from trustbot.web.http.markup import element, lines, sourced, sourced_text, text
from trustbot.web.i18n import language, said, words
from trustbot.web.pages.closest_view import closest, safety
from trustbot.web.pages.evidence_view import evidence
from trustbot.web.pages.sentences_view import Sentences
from trustbot.web.pages.sharing import link_query

PENDING = -1
"""Number of a question whose answer is being made."""
_ASKED_IN = {sentence: code for code, sentence in wording.FOREIGN.items()}
_TOP_NOTICES = (
    "crisis",
    "identifier",
    "clinical",
    "retracted",
    "concern",
    "superseded",
    "conflict",
    "partial",
    "wording",
)
_NOTICE_MARK = {
    "crisis": "!",
    "identifier": "!",
    "clinical": "i",
    "partial": "◐",
    "wording": "i",
    "superseded": "!",
    "retracted": "✕",
    "concern": "!",
    "conflict": "≠",
    "overreach": "◐",
}


def disclaimer(corpus: Corpus, *, asks: bool = False) -> str:
    """The bar that is always in view: one sentence, and the full disclaimer one tap away.

    Where the page `asks` for questions, a second sentence says what must not be in them.
    """
    short = element("strong", text(words.DISCLAIMER_SHORT), "tb-short")
    if asks:
        short = element("p", f"{short} {element('span', text(words.NO_PATIENTS))}", "tb-say")
    label = element("span", text(words.DISCLAIMER_MORE), "tb-wide") + element(
        "span", text(words.DISCLAIMER_MORE_SHORT), "tb-narrow"
    )
    own = " ".join(c.text for c in sorted(corpus.chunks, key=lambda c: c.start) if c.kind == "disclaimer")
    quoted = element("p", f"{element('b', text(words.ARTICLE_DISCLAIMER))} {sourced_text(own)}") if own else ""
    full = element("div", sourced("p", lines(corpus.disclaimer)) + quoted, "tb-full")
    more = element("details", element("summary", label) + full, "tb-more")
    return element("div", short + more, "tb-bar", role="note")


def question(asked: str, number: int) -> str:
    """The reader's own message; markup in it is inert. Once it has a number, it can be edited and asked again."""
    waits = number == PENDING
    edit = "" if waits else _tool("button", "edit", words.EDIT, id=f"tb-e{number}", title=words.EDIT_TITLE)
    return element("div", element("div", lines(asked), "tb-q") + edit, "tb-asked")


def stages(begun: Sequence[Stage]) -> str:
    """The steps so far; the last is under way."""
    last = len(begun) - 1
    items = "".join(
        element("li", text(said.said(stage.text)), "tb-now" if i == last else "tb-done")
        for i, stage in enumerate(begun)
    )
    first = "" if begun else element("li", text(words.WORKING), "tb-now")
    return element("ol", items or first, "tb-stages")


def failure(sentence: str, token: str = "") -> str:
    """An error in the conversation: what happened, and that nothing is lost.

    `token` says what is wrong with the visitor's, for a script that can get a new one.
    """
    # The chat's cleaning takes a `data-` attribute off; the class stays.
    mark = element("span", "", f"tb-token tb-token-{token}", **{"data-reason": token}) if token else ""
    body = element("p", text(words.FAILED_TITLE), "tb-fail-title") + _told(sentence) + mark
    return element("div", body + element("p", text(words.KEPT), "tb-kept"), "tb-fail", role="alert")


def answer(given: Answer, corpus: Corpus, turn: int) -> str:
    """One finished answer. Ids start with `tb-a{turn}`, so that each is alone on the page."""
    if given.safety is not None:
        told = [
            n for n in given.notices if n.kind in ("identifier", "retracted", "concern")
        ]  # the others are part of what is said
        body = safety(given, given.safety) + _notices(told)
        return element("div", body, f"tb-a tb-{given.outcome}", id=f"tb-a{turn}")
    tools = "" if is_small_talk(given, corpus) else _tools(given, corpus)
    body = _abstained(given, corpus) + tools if given.abstained else _answered(given, f"tb-a{turn}", tools)
    return element("div", _understood(given) + body, f"tb-a tb-{given.outcome}", id=f"tb-a{turn}")


def _understood(given: Answer) -> str:
    asked, standalone = given.query.asked.strip(), given.query.text.strip()
    if not standalone or _plain(asked) == _plain(standalone):
        return ""
    return element("p", f"{text(words.UNDERSTOOD)} {sourced('i', text(standalone))}", "tb-understood")


def _plain(value: str) -> str:
    return re.sub(r"\W+", " ", value).strip().casefold()


def _tools(given: Answer, corpus: Corpus) -> str:
    """What can be done with an answer; shown only where the script that does it runs."""
    copy = "" if given.abstained else _tool("button", "copy", words.COPY)
    address = link_query(given.query, corpus)
    share = _tool("a", "share", words.SHARE, href=f"./{address}") if address else ""
    judge = _tool("button", "yes", words.FEEDBACK_HELPFUL) + _tool("button", "no", words.FEEDBACK_NOT)
    asked = element("span", judge, "tb-judge", role="group", title=words.FEEDBACK_ASK)
    return element("div", copy + share + asked + element("span", "", "tb-done", role="status"), "tb-tools")


def _tool(tag: str, name: str, label: str, **attributes: str) -> str:
    """A button or link with a picture of its own; its label is there for all who can't see that."""
    return element(
        tag, element("span", text(label), "tb-label"), f"tb-tool tb-{name}", **{"title": label, **attributes}
    )


def _abstained(given: Answer, corpus: Corpus) -> str:
    reason = given.reason or ""
    told = _told(reason)
    if is_small_talk(given, corpus):
        return element("div", told, "tb-none tb-talk")
    told += _page_offered(reason)
    title = element("p", text(words.REFUSED if given.outcome == "refused" else words.NO_ANSWER), "tb-none-title")
    scope = element("p", f"{element('b', text(words.SCOPE))} {sourced_text(corpus.scope)}", "tb-scope")
    return _notices(given.notices) + element("div", title + told + closest(given.closest) + scope, "tb-none")


def _told(sentence: str) -> str:
    """A sentence of the answer's own in the reader's language; what has no translation is marked as it is."""
    told = said.said(sentence)
    own = language.original() if told == sentence else ""
    return element("p", lines(told), lang=_ASKED_IN.get(sentence, own))


def _page_offered(sentence: str) -> str:
    """Who is told in their language that questions in it aren't read is told in it, too, that the page can be."""
    code = _ASKED_IN.get(sentence)
    if code is None or code not in language.codes() or code == language.current():
        return ""
    options = words.OPTIONS
    with language.using(code):
        offered = words.PAGE_OFFERED.format(name=language.NAMES.get(code, code), options=options)
    return element("p", text(offered), lang=code)


def is_small_talk(given: Answer, corpus: Corpus) -> bool:
    """True for the reply to a greeting or to thanks: nothing was asked, so nothing went unanswered."""
    return given.reason in (wording.THANKS, wording.GREETING.format(title=corpus.title))


def _notices(notices: Iterable[Notice]) -> str:
    ranked = sorted(notices, key=lambda n: (*_TOP_NOTICES, "overreach").index(n.kind))
    return "".join(
        element(
            "div",
            element("b", f"{_NOTICE_MARK[n.kind]} {text(words.NOTICE[n.kind])}") + _told(n.text),
            f"tb-notice tb-{n.kind}",
            role="note",
        )
        for n in ranked
    )


def partial(given: Partial) -> str:
    """The checked beginning of an answer that is still being worded, as it will look."""
    prefix = "tb-ap"
    view = Sentences(given, prefix)
    main = element("div", view.markup(), "tb-main")
    order = [int(n) for n in MARKER.findall(given.text)]
    cols = element("div", main + evidence(given.citations, prefix, view.places, order), "tb-cols")
    return element("div", cols, "tb-a tb-answered", id=prefix)


def _answered(given: Answer, prefix: str, tools: str) -> str:
    view = Sentences(given, prefix)
    told = [c.audit.notice or c.audit.reason for c in given.citations if c.audit]
    top = [n for n in given.notices if n.kind != "overreach" or not any(t in n.text for t in told)]
    shown = view.markup()
    doubted, checked = view.doubted()
    summary = words.CAUTIONS.format(count=doubted, total=checked) if doubted > 1 else ""
    made = said.said(wording.made(given.trace.model, (c.document.kind for c in given.citations)))
    end = "".join(element("p", text(line), "tb-made") for line in (summary, made) if line)
    framing = element("div", _told(given.framing), "tb-framing") if given.framing else ""
    main = element("div", _notices(top) + framing + shown + end + tools, "tb-main")
    order = [int(n) for n in MARKER.findall(given.text)]
    return element("div", main + evidence(given.citations, prefix, view.places, order), "tb-cols")

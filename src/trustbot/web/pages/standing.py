"""The guidance's own standing: how far its review got, when it was updated, and which stored version answers.

In: a corpus and when its index was built. Out: one line of markup, which the chat and the pages show alike: a short
line that is always in view, and the steps of review behind it. It survives Gradio's cleaning. This module judges
nothing: a step is marked as reached only where the corpus says so. `ui/standing.css` is its style.
"""

from __future__ import annotations

from trustbot.types import Corpus, Source
from trustbot.web.http.markup import element, link, sourced, sourced_text, text
from trustbot.web.i18n import language, words


def standing(corpus: Corpus, built_at: str, *, in_chat: bool = True) -> str:
    """The standing as a block of class `tb-stand`; `built_at` is ISO 8601.

    In the chat the article's title begins it, and links open a tab of their own, so that the conversation stays. On the
    browse page, whose heading that is, the ways to what it shows itself are left out.
    """
    article = next((s for s in corpus.sources if s.kind == "guidance"), None)
    version = words.CORPUS.format(version=corpus.version, date=language.date(built_at[:10]))
    told = element("span", text(version), "tb-stand-version")
    if article is None:
        return element("div", element("p", _ways(corpus, None, in_chat=in_chat) + told, "tb-stand-ways"), "tb-stand")
    title = element("p", _title(article), "tb-stand-article") if in_chat else ""
    review = _review(article, told, in_chat=in_chat)
    ways = element("p", _ways(corpus, article, in_chat=in_chat), "tb-stand-ways")
    return element("div", title + review + ways, "tb-stand")


def _title(article: Source) -> str:
    """The article by its title, as a link: to its own page or, where that has no address, to what is stored of it."""
    named = (
        link(article.title, article.address) if article.address else element("a", text(article.title), href="browse")
    )
    return element("span", text(words.ARTICLE)) + sourced("span", named)


def _review(article: Source, version: str, *, in_chat: bool) -> str:
    """The line in view, and what it opens: the steps, what the copy doesn't show, the way to the page itself."""
    said = sourced_text(article.status) if article.status else text(words.STATUS_UNKNOWN)
    state = element("span", said, "tb-stand-state")
    updated = words.STANDING_UPDATED.format(date=language.date(article.last_updated)) if article.last_updated else ""
    when = element("span", text(updated), "tb-stand-when") if updated else ""
    more = element("span", text(words.STANDING_MORE), "tb-stand-more")
    own = element("p", _own_page(article), "tb-stand-source tb-stand-narrow") if article.address and not in_chat else ""
    body = element("div", _steps(article) + own + element("p", version), "tb-stand-body")
    return element("details", element("summary", state + when + more) + body, "tb-stand-review")


def _steps(article: Source) -> str:
    if not article.review_steps:
        return ""
    reached = article.review_step
    title = element("p", text(words.STANDING_STEPS), "tb-stand-title")
    steps = element("ol", "".join(_step(step, step == reached) for step in article.review_steps), "tb-stand-steps")
    if reached:
        return title + steps
    unknown = words.STANDING_UNKNOWN.format(status=article.status) if article.status else words.STANDING_UNKNOWN_PLAIN
    return title + steps + element("p", text(unknown), "tb-stand-unknown")


def _step(step: str, is_reached: bool) -> str:
    mark = f" {element('b', text(words.STANDING_REACHED))}" if is_reached else ""
    return element("li", sourced("span", text(step)) + mark, "tb-stand-reached" if is_reached else "")


def _ways(corpus: Corpus, article: Source | None, *, in_chat: bool) -> str:
    """Where a reader can go from here."""
    apart = {"target": "_blank", "rel": "noopener"} if in_chat else {}
    ways = []
    if in_chat:
        label = words.BROWSE_LINK if any(d.kind == "article" for d in corpus.documents) else words.BROWSE_LINK_SOURCES
        ways.append(element("a", text(label), href="browse", **apart))
    if in_chat and corpus.audits:
        ways.append(element("a", text(words.AUDIT_LINK), href="audit", **apart))
    if not in_chat and article is not None and article.address:
        ways.append(element("span", _own_page(article), "tb-stand-wide"))
    return "".join(ways)


def _own_page(article: Source) -> str:
    return link(words.ARTICLE_LINK, article.address)

"""Markup for Gradio's chat and Markdown components, made safe by construction.

In: text that may hold anything. Out: one line of HTML. Gradio reads a message as Markdown, and HTML ends at
the first blank line; so nothing here ever holds a line break, and text can't become Markdown. Gradio's own
cleaning keeps tags, `class`, `id`, `href`, `title` and `role`, and drops `aria-*` and `data-*`.
"""

from __future__ import annotations

import re
from html import escape
from urllib.parse import quote, urlsplit

from trustbot.web.i18n import language

_BREAK = re.compile(r"(?<!\s)\s*[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]\s*")
_DOI = re.compile(r"10\.\d{4,9}/\S+")


def text(value: str) -> str:
    """`value` as inert text on one line."""
    return escape(_BREAK.sub(" ", value), quote=True)


def lines(value: str) -> str:
    """`value` as inert text that keeps its line breaks."""
    return "<br>".join(escape(part, quote=True) for part in _BREAK.split(value.strip()))


def element(tag: str, content: str, name: str = "", **attributes: str) -> str:
    """One element of class `name`; `content` is markup already, attribute values are text."""
    given = {"class": name, **attributes}
    shown = "".join(f' {key}="{text(value)}"' for key, value in given.items() if value)
    return f"<{tag}{shown}>{content}</{tag}>"


def sourced(tag: str, content: str, name: str = "", **attributes: str) -> str:
    """An element with words of the sources: marked as theirs where the page is in another language."""
    return element(tag, content, name, **attributes, lang=language.original())


def sourced_text(value: str) -> str:
    """The same for words inside an element."""
    return sourced("span", text(value)) if value and language.original() else text(value)


def link(label: str, address: str) -> str:
    """A link to a web address, or the bare label where `address` is anything else."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return text(label)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return text(label)
    return element("a", text(label), href=address, rel="noopener noreferrer", target="_blank")


def doi_link(doi: str) -> str:
    """A DOI as a link to its resolver; what isn't a DOI stays text."""
    if not _DOI.fullmatch(doi):
        return text(doi)
    return link(doi, "https://doi.org/" + quote(doi, safe="/.;()-_:"))


def facts(pairs: list[tuple[str, str]]) -> str:
    """A list of terms and markup; pairs without content are left out."""
    rows = "".join(f"<dt>{text(term)}</dt><dd>{content}</dd>" for term, content in pairs if content)
    return element("dl", rows, "tb-facts") if rows else ""
